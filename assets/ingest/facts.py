"""What a file says about itself: which authority, which year, which census, when it was written.

Only codes and dates are taken, never anything of a child; dates are counted by month, so that the year
of a file without a header can be told from many dates and one typing error cannot decide it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from assets.ingest.headings import declared
from assets.ingest.reading import Facts, TableRead, plain
from schemas.calendar import TERMS, year_named
from schemas.dates import dates_of
from schemas.returns import Return
from schemas.table import columns
from schemas.text import clean

MOST_VALUES = 20
Span = tuple[int, int | None]
"""The collection years in which a row with a start and an end begins and ends."""


@dataclass(frozen=True)
class Says:
    """The headings of a return's table that say who and when, as the department prints them."""

    view: str
    la: str = ""
    year: str = ""
    reference: str = ""
    term: str = ""
    sent: str = ""
    serial: str = ""


HEADERS = {
    "cin": Says("header", "LEA", "Year", "ReferenceDate", sent="DateTime", serial="SerialNo"),
    # A census row's date-time and serial number are the school's own, not the authority's.
    "school_census": Says("schoolcensus", "lea", "year", "referencedate", term="term"),
    "daily_attendance": Says("sessions", "la_code", "academic_year"),
    "daily_social_care": Says("payload", "la_code"),
    "attainment": Says("results", year="academic_year"),
}


def of_tables(ret: Return, tables: Iterable[TableRead]) -> Facts:
    """What the tables of one file say, by the return's declarations."""
    tables = tuple(tables)
    says = HEADERS.get(ret.name)
    header = next((t for t in tables if says and says.view == t.table.VIEW), None)
    told = Facts() if header is None or says is None else _from_header(header, says, ret)
    if told.years or told.reference_years:  # nobody asks the dates for the year then
        return told
    months: Counter[str] = Counter()
    spans: set[Span] = set()
    for read in tables:
        of_table, touched = _dated(ret, read)
        months.update(of_table)
        spans.update(touched)
    return replace(
        told,
        months=dict(sorted(months.items())),
        spans=tuple(sorted(spans, key=lambda span: (span[0], span[1] or 0))),
    )


def _from_header(header: TableRead, says: Says, ret: Return) -> Facts:
    told = {heading: _distinct(header, heading) for heading in vars(says).values()}
    texts = pl.DataFrame({"text": told[says.reference]}, schema={"text": pl.String})
    days = dates_of(texts, ret)[1].to_series().drop_nulls().to_list()
    terms = [term_named(value) for value in told[says.term]] or [_term_of(day) for day in days]
    serials = [int(value) for value in told[says.serial] if re.fullmatch(r"\d{1,9}", value)]
    return Facts(
        las=tuple(told[says.la]),
        years=tuple(sorted({year for value in told[says.year] if (year := year_named(value))})),
        reference_years=tuple(sorted({day.year for day in days if 2000 <= day.year < 2100})),
        terms=tuple(sorted({term for term in terms if term})) if says.term else (),
        sent=max(told[says.sent], default=""),
        serial=max(serials, default=None),
    )


def schools(tables: Iterable[TableRead]) -> tuple[str, ...]:
    """The schools that the headers of a census name, by authority and school number."""
    header = next(t.frame for t in tables if HEADERS["school_census"].view == t.table.VIEW)
    return tuple(
        f"{la.strip()}{estab.strip()}" for la, estab in header.select("lea", "estab").drop_nulls().rows()
    )


def _distinct(header: TableRead, heading: str) -> list[str]:
    """Distinct values of a column, sorted; nothing if it was not sent."""
    name = declared(header.table).get(plain(heading), "")
    values = header.frame[name].unique().to_list() if name in header.frame.columns else []
    return sorted({value.strip() for value in values if value} - {""})[:MOST_VALUES]


def term_named(text: str) -> str:
    """autumn, spring or summer from a code (`SPR`) or a name (`Spring`); "" for anything else."""
    wanted = text.strip().upper()[:3]
    return next((name for name, code in TERMS.items() if code == wanted), "")


def _term_of(census_day: date) -> str:
    """Which census a census day belongs to: January, May or October."""
    if census_day.month <= 3:
        return "spring"
    return "summer" if census_day.month <= 7 else "autumn"


def _dated(ret: Return, read: TableRead) -> tuple[Counter[str], set[Span]]:
    """How many of the dates that date the return lie in each month, and which years its rows touch."""
    names = [c.name for c in columns(read.table) if c.dates_the_return and c.name in read.frame.columns]
    if not names or not read.kept:
        return Counter(), set()
    _, dates = dates_of(read.columns(names).select(clean(name).alias(name) for name in names), ret)
    months = (_month_of(pl.col(name)).drop_nulls().value_counts(name="n").implode() for name in names)
    found = dates.select(each.alias(str(n)) for n, each in enumerate(months))
    counts: Counter[str] = Counter()
    for column in found.iter_columns():
        counts.update({_written(each["month"]): each["n"] for each in column[0]})
    return counts, _spans(dates) if len(names) == 2 else set()


def _spans(dates: pl.DataFrame) -> set[Span]:
    """For a table with a start and an end: which collection years its rows touch."""
    start, end = (_year_of(pl.col(name)).alias(str(n)) for n, name in enumerate(dates.columns))
    found = dates.select(start, end).unique()
    return {(first, last) for first, last in found.iter_rows() if first is not None}


def _month_of(day: pl.Expr) -> pl.Expr:
    return (day.dt.year() * 100 + day.dt.month()).alias("month")


def _written(month: int) -> str:
    return f"{month // 100:04d}-{month % 100:02d}"


def _year_of(day: pl.Expr) -> pl.Expr:
    return day.dt.year() + (day.dt.month() >= 4).cast(pl.Int32)
