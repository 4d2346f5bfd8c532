"""The few words in which every return and every mart is declared.

A table is a class: its docstring says what one row is, each field says its type, its meaning, its code
set and whether it identifies a child. Types, parsing, database columns, checks and the data dictionary
are all derived from that one place.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Any, ClassVar, Union, get_args, get_origin

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

FIRST_YEAR, LAST_YEAR = 2017, 2027
"""The collection years that the product knows, both inclusive."""

SQL_TYPES: dict[type, str] = {
    str: "VARCHAR",
    int: "BIGINT",
    float: "DOUBLE",
    bool: "BOOLEAN",
    date: "DATE",
}
POLARS_TYPES: dict[type, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    date: pl.Date(),
}


def column(
    about: str,
    *,
    codes: str | None = None,
    key: bool = False,
    identifies: bool = False,
    reads: tuple[str, ...] = (),
    since: int = FIRST_YEAR,
    until: int = LAST_YEAR,
    dates_the_return: bool = False,
    unit: str | None = None,
    censuses: tuple[str, ...] = (),
    formerly: Mapping[str, int] | None = None,
    assumed: bool = False,
    element: str = "",
) -> Any:
    """Describe one column, for use in ``Annotated``.

    `codes` names a code set in `schemas/codes/`; `key` marks the columns that make a row unique;
    `identifies` marks what must not leave the store's identified part; `reads` lists other headings
    under which the column is sent (case and spaces never matter); `since` and `until` are the first
    and last collection year in which it is collected; `dates_the_return` marks the dates that tell
    which year a file without a header belongs to; `censuses` names the censuses of the year that have it,
    where not all do; `formerly` gives the headings of earlier forms with the last year of each (for a
    census: the school year in which it is held, by its end); `assumed` marks what no form that we have
    read holds; `element` is where it stands in XML, as `Parent/Element`, when its name alone does not tell.
    """
    extra: dict[str, Any] = {
        "codes": codes,
        "key": key,
        "identifies": identifies,
        "reads": list(reads),
        "since": since,
        "until": until,
        "dates_the_return": dates_the_return,
        "unit": unit,
        "censuses": list(censuses),
        "formerly": dict(formerly or {}),
        "assumed": assumed,
        "element": element,
    }
    return Field(description=about, json_schema_extra=extra)


@dataclass(frozen=True)
class Column:
    """One declared column, ready to be used by parsers, DDL, checks and pages."""

    name: str
    about: str
    kind: type
    nullable: bool
    codes: str | None
    key: bool
    identifies: bool
    reads: tuple[str, ...]
    since: int
    until: int
    dates_the_return: bool
    unit: str | None
    censuses: tuple[str, ...]
    formerly: Mapping[str, int]
    assumed: bool
    element: str

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.kind]

    @property
    def polars_type(self) -> pl.DataType:
        return POLARS_TYPES[self.kind]

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading under which the column may be sent, lower case."""
        return tuple(name.lower() for name in (self.name, *self.reads, *self.formerly))

    def heading_in(self, year: int, census: str = "") -> str:
        """Its heading in the form of that year; an autumn census is of the school year then begun."""
        form = year + (census == "autumn")
        former = [(until, name) for name, until in self.formerly.items() if form <= until]
        return min(former)[1] if former else self.name

    def applies(self, year: int) -> bool:
        return self.since <= year <= self.until

    def is_expected(self, year: int, census: str) -> bool:
        """Whether a file of that year and census must have it; of an unknown census, only what all have."""
        return self.applies(year) and (not self.censuses or census in self.censuses)


class Table(BaseModel):
    """Base of every declared table: the class docstring says what one row is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    VIEW: ClassVar[str]
    """The name in SQL: a rule view of a return, or a mart."""
    DFE: ClassVar[str] = ""
    """The name as the department prints it; findings use it."""
    ELEMENT: ClassVar[str] = ""
    """The XML element that makes one row, where the return is sent as XML."""
    SINCE: ClassVar[int] = FIRST_YEAR
    UNTIL: ClassVar[int] = LAST_YEAR
    CENSUSES: ClassVar[tuple[str, ...]] = ()
    """The censuses of the year that have the table, where not all do."""
    ASSUMED: ClassVar[bool] = False
    """No form that we have read holds the table: it is declared by what is said of it."""

    @classmethod
    def is_in_form(cls, year: int, census: str = "") -> bool:
        """Whether the form of that year and census has the table; an unknown census may have any."""
        return cls.SINCE <= year <= cls.UNTIL and (not cls.CENSUSES or census in ("", *cls.CENSUSES))

    @classmethod
    def about(cls) -> str:
        return " ".join((cls.__doc__ or "").split())


def _plain_type(annotation: Any) -> tuple[type, bool]:
    """The type without `| None`, and whether None was allowed."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return typing.cast(type, kinds[0]), len(kinds) < len(get_args(annotation))
    return annotation, False


@functools.cache
def columns(table: type[Table]) -> tuple[Column, ...]:
    """The declared columns of a table, in the order in which they are printed."""
    return tuple(_read_columns(table))


def _read_columns(table: type[Table]) -> Iterator[Column]:
    for name, field in table.model_fields.items():
        if not isinstance(field.json_schema_extra, dict):
            raise TypeError(f"{table.__name__}.{name} is not declared with column(...) in Annotated")
        kind, nullable = _plain_type(field.annotation)
        extra = typing.cast(dict[str, Any], field.json_schema_extra)
        several = {word: tuple(extra[word]) for word in ("reads", "censuses")}
        yield Column(name, field.description or "", kind, nullable, **{**extra, **several})


def column_of(table: type[Table], name: str) -> Column:
    """The declared column of that name, without regard to case."""
    for found in columns(table):
        if found.name.lower() == name.lower():
            return found
    raise LookupError(
        f"{table.__name__} declares no column {name}; it has {[c.name for c in columns(table)]}"
    )


PROVENANCE: tuple[tuple[str, pl.DataType, str], ...] = (
    ("year", pl.Int16(), "Collection year (for a school census: the academic year's end)."),
    ("la", pl.String(), "Three-digit code of the authority that sent the row, unknown:<folder>, or england."),
    ("submission", pl.String(), "Identifier of the submission the row came in."),
    ("source_file", pl.String(), "First twelve digits of the SHA-256 of the file the row came in."),
    ("source_row", pl.Int32(), "Row of that table in that file, from 1."),
    ("source_line", pl.Int32(), "Physical line in the file, where the file has lines."),
)
"""The columns that every typed row carries besides its own, so that it can be walked back."""

PROVENANCE_NAMES = tuple(name for name, _, _ in PROVENANCE)

UNREAD = "unread"
"""Beside them in a typed row: its fields whose text could not be read, with spaces between; else NULL."""


def ddl(table: type[Table], name: str, *, strict: bool = True) -> str:
    """`create table` for a declared table; `strict` puts in NOT NULL and the primary key."""
    lines = [
        f'  "{c.name}" {c.sql_type}' + (" NOT NULL" if strict and not c.nullable else "")
        for c in columns(table)
    ]
    keys = [f'"{c.name}"' for c in columns(table) if c.key]
    if strict and keys:
        lines.append(f"  PRIMARY KEY ({', '.join(keys)})")
    return f"create table {name} (\n" + ",\n".join(lines) + "\n)"


def polars_schema(table: type[Table], *, provenance: bool = True) -> dict[str, pl.DataType]:
    """Names and types of a typed frame of this table."""
    own = {c.name: c.polars_type for c in columns(table)}
    return {**own, **{name: kind for name, kind, _ in PROVENANCE}} if provenance else own
