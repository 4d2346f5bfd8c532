"""Files as the department's publishing service takes them: a table and its description.

`<name>.csv` holds one row per year, place and group, `<name>.meta.csv` says what each column is. Time, places
and symbols are those of the department's own files on the same topics; `assets/screening.py` checks them.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from schemas.authorities import in_year
from schemas.indicators import Indicator, indicators

COUNTRY = ("E92000001", "England")
TIME = ("time_period", "time_identifier")
PLACES = (
    "geographic_level", "country_code", "country_name", "region_code", "region_name", "old_la_code", "new_la_code",
    "la_name",
)  # fmt: skip
META = (
    "col_name", "col_type", "label", "indicator_grouping", "indicator_unit", "indicator_dp", "filter_hint",
    "filter_grouping_column", "filter_default",
)  # fmt: skip

DIGITS = {"Reporting year": 4, "Academic year": 6, "Autumn term": 6, "Spring term": 6, "Summer term": 6,
          "Autumn and spring term": 6}  # fmt: skip
TIME_GROUPS = {"Reporting year": "", "Academic year": "", "Autumn term": "_by_term", "Spring term": "_by_term",
               "Summer term": "_by_term", "Autumn and spring term": "_two_terms"}  # fmt: skip
"""What is put behind a file's name, so that only time identifiers that may be mixed stand in one file."""


WORDS = {
    "10000": "10,000", "at31": "at 31 March", "attainment8": "Attainment 8", "cpp": "child protection plan",
    "rwm": "reading, writing and mathematics", "sdq": "SDQ",
}  # fmt: skip
"""What short words of a column's name are called in its label."""


@dataclass(frozen=True)
class Measure:
    """One published column: which figure of which indicator."""

    column: str
    label: str
    source: str
    """`value`, `numerator` or `denominator`."""
    unit: str
    decimals: int


@dataclass(frozen=True)
class Dataset:
    """One file: its indicators, which share columns when they are told apart by a group."""

    name: str
    members: tuple[Indicator, ...]

    @property
    def filter_by(self) -> str | None:
        """The column that tells its indicators apart, if they share the others."""
        return next((m.publication.filter_by for m in self.members if m.publication.filter_by), None)

    @property
    def groups(self) -> tuple[str, ...]:
        """What stands in that column, in order; a single blank where there is no such column."""
        return tuple(sorted({member.publication.filter or "" for member in self.members}))

    def measures(self) -> list[Measure]:
        """The columns of the file, each once."""
        found = {m.column: m for member in self.members for m in measures_of(member)}
        return list(found.values())


def datasets() -> list[Dataset]:
    """Every file, in order of name."""
    names = sorted({i.publication.file for i in indicators().values()})
    return [
        Dataset(name, tuple(i for i in indicators().values() if i.publication.file == name)) for name in names
    ]


def measures_of(indicator: Indicator) -> Iterator[Measure]:
    """The columns that one indicator fills."""
    told = indicator.publication
    if told.count:
        yield Measure(told.count, label_of(told.count), "numerator", "", 0)
    if told.base:
        yield Measure(told.base, label_of(told.base), "denominator", "", 0)
    unit = "%" if indicator.unit == "%" else ""
    yield Measure(told.column, label_of(told.column), "value", unit, told.decimals)


def label_of(column: str) -> str:
    """`in_need_rate_per_10000` as a reader sees it: In need rate per 10,000."""
    label = " ".join(WORDS.get(word, word) for word in column.split("_"))
    return label[0].upper() + label[1:]


def file_names(file: str, identifiers: Iterable[str]) -> list[str]:
    """The files that figures of these time identifiers stand in, without their endings."""
    return sorted({f"{file}{TIME_GROUPS[identifier]}" for identifier in identifiers})


def rows_of(dataset: Dataset, published: pl.DataFrame) -> list[dict[str, str]]:
    """The rows of a file from published totals: years, England first, then regions, authorities, groups.

    A group that one year lacks is there as not available: every combination must be.
    """
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    empty = {m.column: "x" for m in dataset.measures()}
    blank = {
        group: ({dataset.filter_by: group} if dataset.filter_by else {}) | empty for group in dataset.groups
    }
    for member in dataset.members:
        own = published.filter(indicator_id=member.indicator_id, breakdown="Total")
        measures = list(measures_of(member))
        for figure in own.iter_rows(named=True):
            place = _place(figure)
            for group, untold in blank.items():
                row = rows.setdefault((*place.values(), group), {**place, **untold})
                if group == (member.publication.filter or ""):
                    row |= {m.column: cell(m, figure) for m in measures}
    groups = [dataset.filter_by] if dataset.filter_by else []
    order = ["time_period", "region_code", "old_la_code", "time_identifier", *groups]
    return sorted(rows.values(), key=lambda row: [row[name] for name in order])


def _place(figure: Mapping[str, object]) -> dict[str, str]:
    year, identifier = int(str(figure["year"])), str(figure["time_identifier"])
    period = str(year) if DIGITS[identifier] == 4 else f"{year - 1}{year % 100:02d}"
    code = str(figure["la_code"] or figure["region_code"] or "")
    place = (str(figure["geographic_level"]), *COUNTRY, *_codes_and_names(year)[code])
    return dict(zip((*TIME, *PLACES), (period, identifier, *place), strict=True))


@functools.cache
def _codes_and_names(year: int) -> dict[str, tuple[str, str, str, str, str]]:
    """Region's code and name, authority's two codes and name, by the code that our figures have."""
    rows = in_year(year).select("region_code", "region_name", "la_code", "new_la_code", "la_name").rows()
    regions = {region: (region, name, "", "", "") for region, name, *_ in rows}
    return {"": ("",) * 5, **regions, **{row[2]: row for row in rows}}


def cell(measure: Measure, figure: Mapping[str, object]) -> str:
    """A figure as text, or the symbol that says why there is none."""
    value = figure[measure.source]
    if value is None:
        return str(figure["value_symbol"] or "x")
    return f"{value:.{measure.decimals}f}" if measure.source == "value" else str(value)


def meta_rows(dataset: Dataset) -> list[dict[str, str]]:
    """The description of a file's columns."""
    blank = dict.fromkeys(META, "")
    rows = []
    if dataset.filter_by:
        label = label_of(dataset.filter_by)
        told = {"col_name": dataset.filter_by, "col_type": "Filter", "label": label}
        hint = {"filter_hint": f"Filter by {label.lower()}", "filter_default": dataset.groups[0]}
        rows.append({**blank, **told, **hint})
    for m in dataset.measures():
        told = {"col_name": m.column, "col_type": "Indicator", "label": m.label}
        rows.append({**blank, **told, "indicator_unit": m.unit, "indicator_dp": str(m.decimals)})
    return rows


def write(dataset: Dataset, published: pl.DataFrame, folder: Path) -> list[Path]:
    """Write a file and its description for each group of time identifiers; returns the paths of the data."""
    groups = [dataset.filter_by] if dataset.filter_by else []
    header = [*TIME, *PLACES, *groups, *(m.column for m in dataset.measures())]
    paths = []
    for suffix in sorted(set(TIME_GROUPS.values())):
        alike = [name for name, group in TIME_GROUPS.items() if group == suffix]
        rows = rows_of(dataset, published.filter(pl.col("time_identifier").is_in(alike)))
        if rows:
            paths.append(folder / f"{dataset.name}{suffix}.csv")
            _write(paths[-1], header, rows)
            _write(folder / f"{dataset.name}{suffix}.meta.csv", META, meta_rows(dataset))
    return paths


def _write(path: Path, header: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    path.write_text(as_csv(header, rows), encoding="utf-8", newline="")


def as_csv(header: Sequence[str], rows: Iterable[dict[str, str]]) -> str:
    """Rows as CSV, one way to write each: no quotes that are not needed, lines end in a newline."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
