"""Files as the department's publishing service takes them: a table and its description, screened.

`<name>.csv` holds one row per year, place and group, `<name>.meta.csv` says what each column is. The
screening follows the department's published checks, so that a file which passes here is not sent back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from schemas.indicators import Indicator, indicators

COUNTRY = ("E92000001", "England")
TIME = ("time_period", "time_identifier")
PLACES = ("geographic_level", "country_code", "country_name", "region_code", "region_name")
META = (
    "col_name", "col_type", "label", "indicator_grouping", "indicator_unit", "indicator_dp", "filter_hint",
    "filter_grouping_column", "filter_default",
)  # fmt: skip

SYMBOLS = {"z", "x", "c", "low", "u", "k"}
DIGITS = {"Reporting year": 4, "Academic year": 6, "Autumn term": 6, "Spring term": 6, "Summer term": 6,
          "Autumn and spring term": 6}  # fmt: skip
TIME_GROUPS = {"Reporting year": "", "Academic year": "", "Autumn term": "_by_term", "Spring term": "_by_term",
               "Summer term": "_by_term", "Autumn and spring term": "_two_terms"}  # fmt: skip
"""What is put behind a file's name, so that only time identifiers that may be mixed stand in one file."""
LEVELS = {"National": ("country_code", "country_name"), "Regional": ("region_code", "region_name")}
LEVEL_COLUMNS = {"region_code", "region_name"}
UNITS = {"", "%", "pp", "£", "£m", "numberstring"}


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
    """`in_need_rate_per_10000` as a reader sees it: In need rate per 10000."""
    return column.replace("_", " ").capitalize()


def rows_of(dataset: Dataset, published: pl.DataFrame, regions: dict[str, str]) -> list[dict[str, str]]:
    """The rows of a file from published figures: years, England first, then regions, then groups.

    A group that one year lacks is there as not available: every combination must be.
    """
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for member in dataset.members:
        own = published.filter(pl.col("indicator_id") == member.indicator_id)
        for figure in own.iter_rows(named=True):
            place = _place(figure, regions)
            for group in dataset.groups:
                told = {dataset.filter_by: group} if dataset.filter_by else {}
                empty = {m.column: "x" for m in dataset.measures()}
                row = rows.setdefault((*place.values(), group), {**place, **told, **empty})
                if group == (member.publication.filter or ""):
                    row |= {m.column: cell(m, figure) for m in measures_of(member)}
    order = [
        "time_period",
        "region_code",
        "time_identifier",
        *([dataset.filter_by] if dataset.filter_by else []),
    ]
    return sorted(rows.values(), key=lambda row: [row[name] for name in order])


def _place(figure: dict[str, object], regions: dict[str, str]) -> dict[str, str]:
    year, code = int(str(figure["year"])), str(figure["region_code"] or "")
    identifier = str(figure["time_identifier"])
    period = str(year) if DIGITS[identifier] == 4 else f"{year - 1}{year % 100:02d}"
    place = (str(figure["geographic_level"]), *COUNTRY, code, regions.get(code, ""))
    return dict(zip((*TIME, *PLACES), (period, identifier, *place), strict=True))


def cell(measure: Measure, figure: dict[str, object]) -> str:
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


def write(dataset: Dataset, published: pl.DataFrame, regions: dict[str, str], folder: Path) -> list[Path]:
    """Write a file and its description for each group of time identifiers; returns the paths of the data."""
    groups = [dataset.filter_by] if dataset.filter_by else []
    header = [*TIME, *PLACES, *groups, *(m.column for m in dataset.measures())]
    paths = []
    for suffix in sorted(set(TIME_GROUPS.values())):
        alike = [name for name, group in TIME_GROUPS.items() if group == suffix]
        rows = rows_of(dataset, published.filter(pl.col("time_identifier").is_in(alike)), regions)
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


# Screening


@dataclass(frozen=True)
class Sent:
    """A file as the service would get it."""

    name: str
    header: list[str]
    rows: list[dict[str, str]]
    meta_header: list[str]
    meta: list[dict[str, str]]

    def filters(self) -> list[str]:
        return [row["col_name"] for row in self.meta if row.get("col_type") == "Filter"]

    def measures(self) -> list[str]:
        return [row["col_name"] for row in self.meta if row.get("col_type") == "Indicator"]

    def default(self, name: str) -> str:
        return next(
            (row.get("filter_default") or "Total" for row in self.meta if row["col_name"] == name), "Total"
        )


def screen(path: Path) -> list[str]:
    """What the department's screening would say about a data file and its description; empty when fine.

    Each complaint begins with the name of the check.
    """
    meta = path.with_name(path.name.removesuffix(".csv") + ".meta.csv")
    if not meta.exists():
        return [f"check_filenames_match: expected {meta.name} beside {path.name}"]
    header, rows = _read(path)
    meta_header, described = _read(meta)
    sent = Sent(path.name, header, rows, meta_header, described)
    if missing := _missing_columns(sent) or [
        f"precheck_cross_meta_to_data: {words}" for words in _cross(sent)
    ]:
        return missing
    return [f"{name}: {words}" for name, check in CHECKS.items() for words in check(sent)]


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), list(reader)


def _missing_columns(sent: Sent) -> list[str]:
    data = [c for c in (*TIME, *PLACES[:3]) if c not in sent.header]
    meta = [c for c in META[:8] if c not in sent.meta_header]
    return [f"precheck_col_req_data: expected the column {c}" for c in data] + [
        f"precheck_col_req_meta: expected the column {c}" for c in meta
    ]


def _file_name(sent: Sent) -> Iterator[str]:
    if not re.fullmatch(r"[a-z0-9_-]+\.csv", sent.name):
        yield f"expected lower-case letters, digits, - and _ in the name, came {sent.name}"


def _cross(sent: Sent) -> Iterator[str]:
    described = [row["col_name"] for row in sent.meta]
    own = [c for c in sent.header if c not in (*TIME, *PLACES)]
    yield from (f"{c} is described but not in the data" for c in described if c not in sent.header)
    yield from (f"{c} is in the data but not described" for c in own if c not in described)
    yield from (f"{c} is described twice" for c in set(described) if described.count(c) > 1)


def _meta_values(sent: Sent) -> Iterator[str]:
    for row in sent.meta:
        name, kind = row["col_name"], row["col_type"]
        if kind not in ("Filter", "Indicator"):
            yield f"{name}: expected col_type Filter or Indicator"
        if not row["label"]:
            yield f"{name}: expected a label"
        if row["indicator_unit"] not in UNITS:
            yield f"{name}: expected one of the units, came {row['indicator_unit']}"
        if kind == "Indicator" and not re.fullmatch(r"\d+", row["indicator_dp"]):
            yield f"{name}: expected a whole number of decimals"
        if kind == "Indicator" and (row["filter_hint"] or row["filter_grouping_column"]):
            yield f"{name}: an indicator has no filter hint or grouping"
        if kind == "Filter" and row["indicator_grouping"]:
            yield f"{name}: a filter has no indicator grouping"
    labels = [row["label"] for row in sent.meta]
    yield from (f"the label {label} stands twice" for label in set(labels) if labels.count(label) > 1)


def _no_places_described(sent: Sent) -> Iterator[str]:
    yield from (f"{r['col_name']} is time or place" for r in sent.meta if r["col_name"] in (*TIME, *PLACES))


def _column_names(sent: Sent) -> Iterator[str]:
    yield from (
        f"expected snake_case, came {c}" for c in sent.header if not re.fullmatch(r"[a-z][a-z0-9_]*", c)
    )
    yield from (f"{c} is longer than 50 characters" for c in sent.header if len(c) > 50)


def _time(sent: Sent) -> Iterator[str]:
    for period, identifier in sorted({(r["time_period"], r["time_identifier"]) for r in sent.rows}):
        length = DIGITS.get(identifier)
        if length is None:
            yield f"{identifier} is not a known time identifier"
        elif not re.fullmatch(rf"\d{{{length}}}", period):
            yield f"expected {length} digits for {identifier}, came {period}"
        elif length == 6 and (int(period[2:4]) + 1) % 100 != int(period[4:]):
            yield f"expected two years that follow each other, came {period}"
    groups = {(DIGITS.get(r["time_identifier"]), TIME_GROUPS.get(r["time_identifier"])) for r in sent.rows}
    if len(groups) > 1:
        yield "time identifiers that may not be mixed stand in one file"


def _places(sent: Sent) -> Iterator[str]:
    for level in sorted({r["geographic_level"] for r in sent.rows}):
        if level not in LEVELS:
            yield f"{level or '(blank)'} is not a level that we publish"
            continue
        own = [r for r in sent.rows if r["geographic_level"] == level]
        needed = {"country_code", "country_name", *LEVELS[level]}
        yield from (
            f"{c} is blank in rows of level {level}" for c in sorted(needed) if any(not r[c] for r in own)
        )
        finer = LEVEL_COLUMNS - needed
        yield from (
            f"{c} is filled in rows of level {level}" for c in sorted(finer) if any(r[c] for r in own)
        )


def _one_name_per_place(sent: Sent) -> Iterator[str]:
    for code, name in (("country_code", "country_name"), ("region_code", "region_name")):
        pairs = {(r.get(code), r.get(name)) for r in sent.rows}
        codes = [c for c, _ in pairs]
        yield from (f"{c} has several names" for c in sorted({str(c) for c in codes if codes.count(c) > 1}))


def _no_duplicates(sent: Sent) -> Iterator[str]:
    keys = [tuple(r[c] for c in (*TIME, *PLACES, *sent.filters()) if c in r) for r in sent.rows]
    if len(keys) != len(set(keys)):
        yield f"{len(keys) - len(set(keys))} rows repeat time, place and filters of another"


def _no_blanks(sent: Sent) -> Iterator[str]:
    for name in (*sent.filters(), *sent.measures()):
        cells = {r[name] for r in sent.rows}
        if "" in cells or cells & {"NULL", "NA", "null", "NaN", "nan"}:
            yield f"{name} has blank cells or the word for one"
        if any(c != c.strip() for c in cells):
            yield f"{name} has spaces around its values"


def _filters(sent: Sent) -> Iterator[str]:
    for name in sent.filters():
        levels = {r[name] for r in sent.rows}
        if len(levels) < 2:
            yield f"{name} has fewer than two levels"
        if sent.default(name) not in levels:
            yield f"{name} has neither a Total nor its named default"


def _measured_cells(sent: Sent) -> Iterator[str]:
    for name in sent.measures():
        odd = {r[name] for r in sent.rows if not re.fullmatch(r"-?\d+(\.\d+)?", r[name])} - SYMBOLS
        if odd:
            yield f"{name} holds {len(odd)} different cells that are neither numbers nor symbols"


def _complete(sent: Sent) -> Iterator[str]:
    groups = [{r[name] for r in sent.rows} for name in sent.filters()]
    places = {tuple(r[c] for c in (*TIME, *PLACES)) for r in sent.rows}
    expected = len(places)
    for levels in groups:
        expected *= len(levels)
    if expected != len(sent.rows):
        yield f"expected every combination of filters in every place ({expected} rows), came {len(sent.rows)}"


CHECKS: dict[str, Callable[[Sent], Iterator[str]]] = {
    "check_filename_special": _file_name,
    "check_meta_values": _meta_values,
    "check_meta_geog_catch": _no_places_described,
    "check_col_snake_case": _column_names,
    "check_time_period": _time,
    "check_geog_level_completed": _places,
    "check_geog_other_dupes": _one_name_per_place,
    "check_general_dupes": _no_duplicates,
    "check_general_null": _no_blanks,
    "check_filter_ob_total": _filters,
    "check_ind_invalid_entry": _measured_cells,
    "check_filter_complete": _complete,
}
"""Our checks by the department's names, where one of theirs is the nearest."""
