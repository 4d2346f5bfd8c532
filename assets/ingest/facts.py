"""What a file says about itself: which authority, which year, which census, when it was written.

Only codes and dates are taken, never anything of a child; dates are counted by month, so that the year
of a file without a header can be told from many dates and one typing error cannot decide it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.ingest.headings import declared
from assets.ingest.reading import Facts, TableRead, plain
from schemas.calendar import TERMS
from schemas.returns import Return
from schemas.table import Table, columns
from schemas.text import as_date, clean

MOST_VALUES = 20


@dataclass(frozen=True)
class Says:
    """The headings of a return's header table that say who and when, as the department prints them."""

    view: str
    la: str
    year: str
    reference: str
    term: str = ""
    sent: str = ""
    serial: str = ""


HEADERS = {
    "cin": Says("header", "LEA", "Year", "ReferenceDate", sent="DateTime", serial="SerialNo"),
    # A census row's date-time and serial number are the school's own, not the authority's.
    "school_census": Says("schoolcensus", "lea", "year", "referencedate", term="term"),
}


def of_tables(ret: Return, tables: Iterable[TableRead]) -> Facts:
    """What the tables of one file say, by the return's declarations."""
    tables = tuple(tables)
    says = HEADERS.get(ret.name)
    header = next((t for t in tables if says and says.view == t.table.VIEW), None)
    months: Counter[str] = Counter()
    spans: set[tuple[int, int | None]] = set()
    for read in tables:
        dates = _dates(ret, read.table, read.frame)
        months.update(_months(dates))
        spans.update(_spans(dates))
    told = Facts() if header is None or says is None else _from_header(header, says, ret)
    return Facts(
        las=told.las,
        years=told.years,
        reference_years=told.reference_years,
        terms=told.terms,
        sent=told.sent,
        serial=told.serial,
        months=dict(sorted(months.items())),
        spans=tuple(sorted(spans, key=lambda span: (span[0], span[1] or 0))),
    )


def _from_header(header: TableRead, says: Says, ret: Return) -> Facts:
    days = _typed(header, says.reference, ret)
    terms = [term_named(value) for value in _distinct(header, says.term)] or [_term_of(d) for d in days]
    serials = [int(value) for value in _distinct(header, says.serial) if re.fullmatch(r"\d{1,9}", value)]
    return Facts(
        las=tuple(_distinct(header, says.la)),
        years=tuple(int(value) for value in _distinct(header, says.year) if re.fullmatch(r"20\d\d", value)),
        reference_years=tuple(sorted({day.year for day in days if 2000 <= day.year < 2100})),
        terms=tuple(sorted({term for term in terms if term})) if says.term else (),
        sent=max(_distinct(header, says.sent), default=""),
        serial=max(serials, default=None),
    )


def _distinct(header: TableRead, heading: str) -> list[str]:
    """Distinct values of a column, sorted; nothing if it was not sent."""
    name = declared(header.table).get(plain(heading), "")
    if name not in header.frame.columns:
        return []
    values = header.frame.select(clean(name)).to_series()
    return [str(value) for value in values.drop_nulls().unique().sort().head(MOST_VALUES)]


def _typed(header: TableRead, heading: str, ret: Return) -> list[date]:
    texts = pl.DataFrame({"text": _distinct(header, heading)}, schema={"text": pl.String})
    days = texts.select(as_date(pl.col("text"), ret.date_formats)).to_series()
    return [day for day in days if day is not None]


def term_named(text: str) -> str:
    """autumn, spring or summer from a code (`SPR`) or a name (`Spring`); "" for anything else."""
    wanted = text.strip().upper()[:3]
    return next((name for name, code in TERMS.items() if code == wanted), "")


def _term_of(census_day: date) -> str:
    """Which census a census day belongs to: January, May or October."""
    if census_day.month <= 3:
        return "spring"
    return "summer" if census_day.month <= 7 else "autumn"


def _dates(ret: Return, table: type[Table], frame: pl.DataFrame) -> pl.DataFrame:
    """The columns that date the return, typed."""
    names = [c.name for c in columns(table) if c.dates_the_return and c.name in frame.columns]
    return frame.select(as_date(clean(name), ret.date_formats).alias(name) for name in names)


def _months(dates: pl.DataFrame) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for column in dates.iter_columns():
        found = column.drop_nulls().dt.strftime("%Y-%m").value_counts(name="n")
        counts.update(dict(found.iter_rows()))
    return counts


def _spans(dates: pl.DataFrame) -> set[tuple[int, int | None]]:
    """For a table with a start and an end: which collection years its rows touch."""
    if dates.width != 2:
        return set()
    start, end = (_year_of(pl.col(name)).alias(str(n)) for n, name in enumerate(dates.columns))
    found = dates.select(start, end).filter(pl.col("0").is_not_null()).unique()
    return {(first, last) for first, last in found.iter_rows()}


def _year_of(day: pl.Expr) -> pl.Expr:
    return day.dt.year() + (day.dt.month() >= 4).cast(pl.Int32)
