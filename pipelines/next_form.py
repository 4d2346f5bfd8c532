"""What of this year's files next year's form would refuse, so that a data officer knows before the window opens.

Each file is read as it is and held against the declared form of another year: tables and columns that end,
begin, or have another name, codes that end, authorities that end. Values are counted and never shown; of
codes only those that a code set knows are named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from assets.ingest.direct import read_each
from assets.ingest.discover import census_in_name
from assets.ingest.reading import Reading, TableRead
from assets.ingest.who import together
from pipelines.words import number
from schemas.authorities import is_authority
from schemas.code_sets import code_set
from schemas.failures import WrongUse
from schemas.returns import RETURNS, Return
from schemas.table import FIRST_YEAR, LAST_YEAR, Column, Table, columns

FEW_CODES = 12
"""So many new codes are named; more would be a list that nobody reads."""


@dataclass(frozen=True)
class Change:
    """One thing that the form of the year would refuse, or that it asks for anew."""

    table: str
    field: str
    kind: str
    """table_ends, table_begins, column_ends, column_begins, column_missing, heading, code_ends,
    code_unknown or authority_ends."""
    rows: int
    """Rows of the files that it is about."""
    says: str

    def line(self) -> str:
        where = " ".join(part for part in (self.table, self.field) if part)
        return f"  {where}: {self.says}" if where else f"  {self.says}"


@dataclass(frozen=True)
class Sent:
    """The files of one return and census, and the year that they are of."""

    ret: Return
    year: int
    census: str
    las: tuple[str, ...]
    tables: dict[type[Table], list[TableRead]]
    whole: bool
    """All of it came as XML, which has a place for every table."""


@dataclass(frozen=True)
class Compared:
    """The files of one return and what another year's form would make of them."""

    sent: Sent
    year: int
    changes: tuple[Change, ...]

    def as_dict(self) -> dict[str, object]:
        return {
            "return": self.sent.ret.name,
            "year": self.sent.year,
            "census": self.sent.census,
            "form_is_assumed": self.sent.ret.is_assumed(self.year),
            "changes": [asdict(change) for change in self.changes],
        }

    def lines(self) -> Iterator[str]:
        sent = self.sent
        of = " ".join(str(part) for part in (sent.ret.title, sent.census, sent.year) if part)
        yield f"{of} against the form of {self.year}"
        if sent.ret.is_assumed(self.year):
            yield "  (that form is assumed: put together from what is said to change, not read)"
        yield from (change.line() for change in self.changes)
        if not self.changes:
            yield "  nothing in these files would be refused by it"


@dataclass(frozen=True)
class DryRun:
    """What was compared, and how many files are no form of a return."""

    year: int
    compared: tuple[Compared, ...]
    unread: int

    def as_dict(self) -> dict[str, object]:
        """For machines."""
        compared = [one.as_dict() for one in self.compared]
        return {"year": self.year, "compared": compared, "files_not_read": self.unread}

    def lines(self) -> Iterator[str]:
        """For people: return by return."""
        for one in self.compared:
            yield from one.lines()
        if self.unread:
            yield f"{number(self.unread)} file(s) are no form of a return and were not looked at"


def dry_run(paths: Sequence[Path], year: int) -> DryRun:
    """Hold files, and those of all folders below, against the form of a year."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise WrongUse(f"--year {year} is not known; expected {FIRST_YEAR} to {LAST_YEAR}")
    read = read_each(paths)
    sent = list(_grouped(read, year))
    if not sent:
        raise WrongUse(
            f"none of the {len(read)} files is a form of a return that we know; expected CIN as XML, the "
            "SSDA903 as CSV or XML, the school census as CSV or XML"
        )
    compared = tuple(Compared(one, year, tuple(_changes(one, year))) for one in sent)
    return DryRun(year, compared, sum(not reading.usable for _, reading in read))


def _grouped(read: Iterable[tuple[str, Reading]], year: int) -> Iterator[Sent]:
    """The files by return and census, each with the year that they say themselves; else the year before."""
    groups: dict[tuple[str, str], list[tuple[str, Reading]]] = defaultdict(list)
    for name, reading in read:
        if reading.usable:
            named = census_in_name(name) if RETURNS[reading.ret].has_terms else None
            told = reading.facts.terms[0] if len(reading.facts.terms) == 1 else ""
            groups[reading.ret, told or (named[1] if named else "")].append((name, reading))
    for (ret, census), files in sorted(groups.items()):
        facts = together(reading.facts for _, reading in files)
        years = (
            facts.reference_years or facts.years or tuple(n[0] for f, _ in files if (n := census_in_name(f)))
        )
        tables: dict[type[Table], list[TableRead]] = defaultdict(list)
        for _, reading in files:
            for one in reading.tables:
                tables[one.table].append(one)
        whole = all(reading.whole for _, reading in files)
        yield Sent(RETURNS[ret], max(years, default=year - 1), census, facts.las, dict(tables), whole)


def _changes(sent: Sent, year: int) -> Iterator[Change]:
    """Everything that is otherwise in the form of the year, table by table in the order of the form."""
    for la in sent.las:
        if is_authority(la, sent.year) and not is_authority(la, year):
            says = f"authority {la} is no longer one in {year}; its successor sends the return"
            yield Change("", "", "authority_ends", 0, says)
    for table in sent.ret.tables:
        read = sent.tables.get(table, [])
        rows = sum(one.rows_in for one in read)
        has = table.is_in_form(year, sent.census)
        if rows and not has:
            when = f"begins in {table.SINCE} only" if year < table.SINCE else "is no longer collected"
            says = f"{when}; {number(rows)} row(s) of it were sent"
            yield Change(table.DFE, "", "table_ends", rows, says)
        elif not rows and has and not table.is_in_form(sent.year, sent.census):
            says = f"begins in {table.SINCE}, and nothing of it was sent. {table.about()}"
            yield Change(table.DFE, "", "table_begins", 0, says)
        elif has and read:
            yield from _of_table(sent, table, read, year)


def _of_table(sent: Sent, table: type[Table], read: Sequence[TableRead], year: int) -> Iterator[Change]:
    frame = pl.concat([one.frame for one in read], how="diagonal")
    renamed = {name for one in read for name in one.renamed}
    for column in columns(table):
        found = _of_column(sent, column, frame, renamed, year)
        yield from (Change(table.DFE, column.name, *change) for change in found)


def _of_column(
    sent: Sent, column: Column, frame: pl.DataFrame, renamed: set[str], year: int
) -> Iterator[tuple[str, int, str]]:
    """Kind, rows and words of what changes about one column."""
    has, was = column.is_expected(year, sent.census), column.is_expected(sent.year, sent.census)
    filled = _filled(frame, column.name)
    there = filled > 0 if sent.whole else column.name in frame.columns
    if there and not has and column.until < year:
        yield "column_ends", filled, f"is not collected after {column.until}; {number(filled)} row(s) have it"
    elif has and not was and not filled:
        yield "column_begins", 0, f"begins in {column.since} and is not in the files. {column.about}"
    elif has and not there and not sent.whole:
        yield "column_missing", 0, "is in the form and not in the files"
    if there and has and column.name in renamed:
        now = column.heading_in(year, sent.census)
        yield "heading", filled, f"was sent under an earlier name; the form calls it {now}"
    if filled and has and column.codes:
        yield from _of_codes(frame[column.name], column.codes, year)


def _filled(frame: pl.DataFrame, name: str) -> int:
    """Rows with something in a column; none when it was not sent."""
    return int(_clean(frame[name]).count()) if name in frame.columns else 0


def _clean(values: pl.Series) -> pl.Series:
    return values.str.strip_chars().replace("", None)


def _of_codes(values: pl.Series, name: str, year: int) -> Iterator[tuple[str, int, str]]:
    """Codes in use that the year's set does not have: by name when any year's has them, else counted."""
    known = code_set(name)
    now = known.filter(pl.col("since") <= year, pl.col("until") >= year)
    used = _clean(values).drop_nulls().rename("code").value_counts(name="rows")
    refused = used.join(now, on="code", how="anti")
    latest = known.sort("until").unique("code", keep="last").select("code", "label", "since", "until")
    for code, rows, label, since, until in refused.join(latest, on="code").sort("code").iter_rows():
        when = f"ended with {until}{_instead(now, until)}" if until < year else f"begins in {since} only"
        yield "code_ends", rows, f"code {code} ({label}) {when}; {number(rows)} row(s) have it"
    unknown = int(refused.join(latest, on="code", how="anti")["rows"].sum())
    if unknown:
        yield "code_unknown", unknown, f"{number(unknown)} row(s) have a code that no year's form has"


def _instead(now: pl.DataFrame, until: int) -> str:
    """The codes that began when another ended: what to look at in its place."""
    begun = now.filter(pl.col("since").is_in([until, until + 1]), pl.col("since") > FIRST_YEAR)["code"]
    return f", when {', '.join(begun)} began" if 0 < len(begun) <= FEW_CODES else ""
