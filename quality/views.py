"""What a rule sees: the tables of one return and year, of all authorities, with the child already a pair.

A child's number means something only inside one authority, so `child` is the pair of both, and a rule
that groups by `child` is right for one authority and for England. The same views are made from the store
and from frames in memory:

* every declared column, under the department's name;
* `row_id`, one number per row, from which the row can be walked back to its file;
* `child`; in CIN also `episode`, `assessment`, `plan` (each within its child); in the school census
  `pupil` and `school` (each within its submission);
* `unread`, the list of the row's fields whose text could not be read: `'DEC' in unread`; never NULL;
* what the department's portal adds to a looked-after return (`quality.portal`);
* `in_return`, for the few rules that compare rows of one return without regard to the child: rows of one
  authority have it in common, in whatever return and year.

A missing child, episode or pupil is NULL, and NULL equals nothing: write `where child is not null` before
grouping by it.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from quality import portal
from quality.lists import POSTCODES, REFERENCE, areas, empty_list_sql, list_sql
from quality.portal import GIVEN
from quality.registry import WHOLE_RETURN
from schemas.calendar import Period, academic_year, social_care_year
from schemas.code_sets import code_set
from schemas.duck import use_year
from schemas.returns import RETURNS, Return, named
from schemas.table import UNREAD, Table, columns

Sources = Mapping[str, str]
"""Qualified view name -> what stands after `from` in SQL: typed rows with their provenance."""

CATALOGUE = "rule_views"
_AREAS, _PLACES = f"{CATALOGUE}.main.areas", f"{CATALOGUE}.main.places"
LAST_YEAR = "last_year"
ELSEWHERE = "elsewhere"
"""Tables of the same return and year in which a rule looks for other authorities (another `in_return`)."""
ONE_FILE = ("cin",)
"""Returns sent as one file: whoever sent any of it sent all of it, and a table without rows is empty."""
KEPT_IN_PLACE = ("school_census", "daily_attendance")
"""What schools send: beyond `MOST_COPIED` rows too large to copy, so that their views read the source each time."""
MOST_COPIED = 200_000
"""A view is planned anew in each rule that reads it, which for few rows takes longer than to copy and to read them."""

_KEYS = {
    "episode": ("CINdetailsID",),
    "assessment": ("CINdetailsID", "AssessmentID"),
    "plan": ("CINdetailsID", "CPPID"),
}
_SCHOOL_KEYS = {
    "pupil": ("pupilonrolltableid", "pupilnolongeronrolltableid"),
    "school": ("schoolcensustableid",),
}


@dataclass(frozen=True)
class View:
    """One view by its qualified name: `episodes`, `last_year.episodes`, `cin.cin_details`."""

    name: str
    prefix: str
    ret: Return
    table: type[Table]

    @property
    def label(self) -> str:
        """The table as a finding names it: DfE's name, with `last_year.` or the other return before it."""
        return f"{self.prefix}.{self.table.DFE}" if self.prefix else self.table.DFE

    def beside(self, name: str) -> str:
        """Another table of the same return and year, by its qualified name."""
        return f"{self.prefix}.{name}" if self.prefix else name

    @property
    def in_words(self) -> str:
        """The table in the middle of a sentence."""
        if not self.prefix:
            return self.table.DFE
        if self.prefix == LAST_YEAR:
            return f"last year's {self.table.DFE}"
        if self.prefix == ELSEWHERE:
            return f"{self.table.DFE} of any other authority"
        return f"{self.table.DFE} of the {self.ret.name} return"


@functools.cache
def view(ret: str, name: str) -> View:
    """The view that a rule (or a caller) means by a name, in any case, also by DfE's name."""
    prefix, _, short = name.lower().rpartition(".")
    if prefix not in ("", LAST_YEAR, ELSEWHERE, *RETURNS):
        expected = f"{LAST_YEAR}, {ELSEWHERE}, {', '.join(RETURNS)}"
        raise LookupError(f"there is no {prefix}.…; expected a table name alone or after one of {expected}")
    of = named(prefix) if prefix in RETURNS else named(ret)
    if of.name == ret and prefix == ret:
        prefix = ""
    table = of.table(short)
    qualified = f"{prefix}.{table.VIEW}" if prefix else table.VIEW
    return View(qualified, prefix, of, table)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def from_store(con: duckdb.DuckDBPyConnection, ret: str, year: int) -> dict[str, str]:
    """Sources over `returns.<return>_<view>`: one year, the year before, and the other returns."""
    here = con.execute("select current_database()").fetchone()
    catalogue = quoted(str(here[0])) if here else "memory"
    held = "select lower(table_name) from information_schema.tables where table_schema = 'returns'"
    stored = {name for (name,) in con.execute(held).fetchall()}
    found: dict[str, str] = {}
    for prefix, of, when in _returns_about(ret, year):
        for table in of.tables:
            name = of.stored_as(table)
            if name.lower() in stored:
                source = f"(from {catalogue}.returns.{quoted(name)} where year = {when:d})"
                found[f"{prefix}{table.VIEW}"] = source
    return found


def _returns_about(ret: str, year: int) -> Iterator[tuple[str, Return, int]]:
    yield "", named(ret), year
    yield f"{LAST_YEAR}.", named(ret), year - 1
    for other in RETURNS.values():
        if other.name != ret:
            yield f"{other.name}.", other, year


@contextlib.contextmanager
def from_frames(
    con: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame]
) -> Iterator[dict[str, str]]:
    """Sources over frames in memory; the frames are let go at the end."""
    names = {name: f"rule_rows_{number}" for number, name in enumerate(frames)}
    for name, registered in names.items():
        con.register(registered, frames[name])
    try:
        yield names
    finally:
        for registered in names.values():
            con.unregister(registered)


@contextlib.contextmanager
def rule_views(
    con: duckdb.DuckDBPyConnection,
    ret: str,
    year: int,
    sources: Sources,
    *,
    needed: Iterable[str],
    code_sets: Iterable[str] = (),
    period: Period | None = None,
) -> Iterator[None]:
    """Make the needed views on a connection and speak of them by their short names inside the block.

    They live in a catalogue of their own, which is gone afterwards: nothing is written to the caller's.
    """
    before = con.execute("select current_database()").fetchone()
    use_year(con, year, period or _usual_period(ret, year))
    con.execute(f"attach ':memory:' as {CATALOGUE}")
    try:
        _make_files(con, ret, sources)
        _make_places(con, sources)
        for name in own_before_elsewhere(needed):
            _make_view(con, ret, name, sources)
        _make_codes(con, code_sets, year)
        con.execute(f"use {CATALOGUE}")
        yield
    finally:
        con.execute(f"use {quoted(str(before[0])) if before else 'memory'}")
        con.execute(f"detach {CATALOGUE}")


def own_before_elsewhere(names: Iterable[str]) -> list[str]:
    """The names, each that is read of other authorities after the same table of all of them."""
    listed = list(names)
    abroad = [name for name in listed if name.startswith(f"{ELSEWHERE}.")]
    return list(dict.fromkeys([*(n for n in listed if n not in abroad), *map(short_name, abroad), *abroad]))


def short_name(name: str) -> str:
    """The name of a table without what stands before it."""
    return name.rpartition(".")[2]


def _usual_period(ret: str, year: int) -> Period:
    """Schools count by the school year, children's social care from April to March."""
    return academic_year(year) if ret in KEPT_IN_PLACE else social_care_year(year)


def _make_files(con: duckdb.DuckDBPyConnection, ret: str, sources: Sources) -> None:
    """Number every file and every authority, so that a row's number leads back to them."""
    seen = [
        f"select {literal(name)} as view, la, coalesce(submission, '') as submission, "
        f"coalesce(source_file, '') as source_file, count(*) as rows from {source} group by all"
        for name, source in sources.items()
        if name not in REFERENCE
    ]
    nothing = (
        "select null::varchar as view, null::varchar as la, '' as submission, '' as source_file, 0 as rows "
        "where false"
    )
    con.execute(
        f"""create table {CATALOGUE}.main.files as
        select row_number() over (order by view, la, submission, source_file) as file, *,
               dense_rank() over (order by la) as in_return,
               dense_rank() over (order by la, submission) as sent_in
        from ({" union all ".join([*seen, nothing])})"""
    )
    own = ", ".join(literal(table.VIEW) for table in named(ret).tables)
    con.execute(
        f"""create table {CATALOGUE}.main.{WHOLE_RETURN} as
        select in_return::bigint as row_id, in_return, any_value(la) as la, min(submission) as submission
        from {CATALOGUE}.main.files where view in ({own}) group by in_return"""
    )


def _make_places(con: duckdb.DuckDBPyConnection, sources: Sources) -> None:
    """Know every authority by its codes and names; and where the postcodes of episodes are."""
    con.register("rule_areas", areas())
    con.execute(f"create table {_AREAS} as from rule_areas")
    con.unregister("rule_areas")
    directory = sources.get(POSTCODES)
    if directory is not None:
        directory = f"({list_sql(POSTCODES, columns_of(con, directory), directory, _AREAS)})"
    episodes = [source for name, source in sources.items() if name.rpartition(".")[2] == "episodes"]
    con.execute(f"create table {_PLACES} as {portal.places_sql(directory, episodes)}")


def _make_view(con: duckdb.DuckDBPyConnection, ret: str, name: str, sources: Sources) -> None:
    if name == WHOLE_RETURN:
        return
    schema, _, short = name.rpartition(".")
    con.execute(f"create schema if not exists {CATALOGUE}.{schema or 'main'}")
    what = f"{CATALOGUE}.{schema or 'main'}.{quoted(short)}"
    if name in REFERENCE:
        con.execute(f"create or replace view {what} as {_reference_sql(con, name, sources.get(name))}")
        return
    if schema == ELSEWHERE and name not in sources:
        con.execute(f"create or replace view {what} as from {CATALOGUE}.main.{quoted(short)}")
        return
    found = view(ret, name)
    kind = kind_of_view(con, found.ret.name)
    con.execute(f"create or replace {kind} {what} as {_view_sql(con, found, sources)}")


def kind_of_view(con: duckdb.DuckDBPyConnection, ret: str) -> str:
    """Whether what rules read of a return is copied into a table, or is a view because it is too large for that."""
    if ret not in KEPT_IN_PLACE:
        return "table"
    found = con.execute(f"select coalesce(sum(rows), 0) from {CATALOGUE}.main.files").fetchone()
    return "table" if found and found[0] <= MOST_COPIED else "view"


def _reference_sql(con: duckdb.DuckDBPyConnection, name: str, source: str | None) -> str:
    if source is None:
        return empty_list_sql(name)
    return list_sql(name, columns_of(con, source), source, _AREAS)


def _view_sql(con: duckdb.DuckDBPyConnection, found: View, sources: Sources) -> str:
    """The query of one rule view; without a source, the same columns and no rows."""
    own = {c.name: c.sql_type for c in columns(found.table)}
    extra = GIVEN.get((found.ret.name, found.table.VIEW), {})
    source = sources.get(found.name)
    if source is None:
        nulls = ", ".join(
            f'null::{kind} as "{name}"' for name, kind in {**own, **extra, UNREAD: "VARCHAR"}.items()
        )
        place = "null as la, '' as submission, '' as source_file, 0 as source_row, null as source_line"
        source = f"(select {nulls}, {place} where false)"
    has = columns_of(con, source)
    if extra:
        source = _with_portal(found, source, has, sources)
    given = [f't."{name}"::{kind} as "{name}"' for name, kind in extra.items()]
    keys = [f"{expression} as {name}" for name, expression in _key_columns(found).items()]
    chosen = ["(f.file << 32) + t.source_row as row_id", "f.in_return", *keys]
    unread = f"coalesce(string_split(t.{UNREAD}, ' '), [])" if UNREAD in has else "[]::varchar[]"
    chosen += [f't."{name}"' for name in own] + given
    chosen += [f"{unread} as {UNREAD}", "t.source_line::integer as source_line"]
    return (
        f"select {', '.join(chosen)} from {source} t join {CATALOGUE}.main.files f "
        f"on f.view = {literal(found.name)} and f.la = t.la "
        "and f.submission = coalesce(t.submission, '') and f.source_file = coalesce(t.source_file, '')"
    )


def _with_portal(found: View, source: str, has: Collection[str], sources: Sources) -> str:
    """The source, which has these columns, with what the portal adds."""
    if found.table.VIEW == "header":
        return portal.header_sql(source, has, sources.get(found.beside("uasc")))
    return portal.episodes_sql(source, has, _AREAS, _PLACES)


def columns_of(con: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    """The names of a source's columns, lower case."""
    return {str(row[0]).lower() for row in con.execute(f"describe from {source}").fetchall()}


def _key_columns(found: View) -> dict[str, str]:
    """Our own key columns of one view and the SQL that makes each; NULL when any part is missing."""
    names = {c.name for c in columns(found.table)}
    if found.ret.name in KEPT_IN_PLACE:
        return {
            key: f"f.sent_in || ':' || t.{quoted(column)}"
            for key, options in _SCHOOL_KEYS.items()
            for column in options
            if column in names
        }
    if found.ret.child not in names:
        return {}
    child = f"f.in_return || ':' || t.{quoted(found.ret.child)}"
    keys = {
        key: " || '/' || ".join([child, *(f"t.{quoted(part)}" for part in parts)])
        for key, parts in _KEYS.items()
        if set(parts) <= names
    }
    return {"child": child, **keys}


def _make_codes(con: duckdb.DuckDBPyConnection, names: Iterable[str], year: int) -> None:
    """The named code sets as `codes.<name>`, holding what applied in the year."""
    con.execute(f"create schema {CATALOGUE}.codes")
    for name in sorted(set(names)):
        frame = code_set(name).filter(pl.col("since") <= year, pl.col("until") >= year)
        con.register("rule_codes", frame)
        con.execute(f"create table {CATALOGUE}.codes.{quoted(name)} as from rule_codes")
        con.unregister("rule_codes")
