"""Every authority's report and the national board, from the ledger, the findings and the spine.

An authority's own child identifiers appear in its own report and nowhere else: a list is made from one
authority's rows only, and the board holds counts.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from assets import explanations, from_feed, repaired, waivers
from assets.as_sent import file_names, unread_rows
from assets.boards import write_boards
from assets.checking import coverage_of_rules, findings_of_rules
from assets.completeness import completeness
from assets.fingerprint import fingerprint
from assets.gathered import InForce, view_returns
from assets.ingest import all_findings, ledger
from assets.quality_file import NAME as QUALITY_FILE
from assets.quality_file import write_quality
from assets.reported import counted, history, remember
from assets.store import Store
from linkage.quality import summary
from quality.listing import listing
from quality.registry import rules
from quality.report import Beside, RuleText, authority_report, england_medians, error_medians
from schemas.authorities import ENGLAND, authorities, in_year
from schemas.duck import connect, threads
from schemas.failures import guarded
from schemas.findings import finding_codes
from schemas.returns import RETURNS, Return
from schemas.table import Table

OWED = ("cin", "ssda903", "school_census")
"""Returns that every authority owes; a person-identifier file is a matter of agreement."""
ENOUGH_TO_SHARE = 20
"""From so many reports it is worth starting further processes."""
LISTED = "findings.parquet"
"""An authority's findings with its own identifiers, so that the next run can say what is new."""


@dataclass(frozen=True)
class Job:
    """One authority's report and what it is made from: rows of that authority and England's medians."""

    la: str
    la_name: str
    folder: Path
    before: Path
    """The findings of the release before, if there was one."""
    own: Mapping[str, pl.DataFrame]
    england: pl.DataFrame
    beside: Beside
    generated: str


@dataclass(frozen=True)
class Given:
    """What reports are made from besides the store."""

    in_force: InForce
    waivers: pl.DataFrame
    """The register as it stands tonight (`waivers.REGISTER`)."""
    mending: pl.DataFrame
    """Figures with and without the children at fault (`mending.SCHEMA`)."""
    repaired: pl.DataFrame
    """Rows on which a repair was made while the years were stacked (`repaired.ROWS`)."""
    is_told: bool = True
    """Whether this is what readers get, and what the next report is compared with."""


def write_reports(store: Store, restricted: Path, given: Given) -> int:
    """Write `quality/<authority>/` for everyone who sent anything, the boards, and `linkage/summary.csv`.

    The summary holds counts only, for the analyst who asks how far to trust a linked figure. Returns how
    many reports were written.
    """
    linked, out = link_summary(store), restricted / "quality"
    _write_csv(linked, restricted / "linkage" / "summary.csv")
    frames = everything(store, given, linked)
    generated = _as_at(store)
    before, now = history(store), counted(frames["receipts"], frames["findings"], frames["coverage"])
    beside = {**frames, "history": before, "mending": given.mending, "waivers": _shown_waivers(given.waivers)}
    jobs = list(_jobs(store, beside, error_medians(_known(now)), out, generated))
    _write_all(jobs)
    board = {name: frames[name] for name in ("receipts", "findings", "coverage", "link_rates")}
    write_boards(store, out, board, {job.la: job.folder.name for job in jobs}, generated)
    write_quality(restricted / QUALITY_FILE, frames["findings"], frames["coverage"])
    if given.is_told:
        remember(store, before, now)
    return len(jobs)


def _known(frame: pl.DataFrame) -> pl.DataFrame:
    """Authorities of the list only: whoever could not be told stays out of every figure of England."""
    return frame.filter(pl.col("la").is_in(authorities()["la_code"].implode()))


def _shown_waivers(register: pl.DataFrame) -> pl.DataFrame:
    return register.filter(pl.col("state") != "unreadable")


def _write_csv(frame: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    frame.write_csv(path)


OWN = ("receipts", "findings", "coverage", "link_rates")
BESIDE = ("history", "completeness", "mending", "waivers")
"""Frames with a column `la`: those that a report is made from, and those that it shows besides."""


def _jobs(
    store: Store, frames: Mapping[str, pl.DataFrame], medians: pl.DataFrame, out: Path, generated: str
) -> Iterator[Job]:
    england = england_medians(_known(frames["findings"]), _known(frames["receipts"]), frames["coverage"])
    names = _names(frames["receipts"])
    before = store.compared_with / "restricted" / "quality"
    of_all = {name: frames[name].partition_by("la", as_dict=True) for name in (*OWN, *BESIDE)}
    sent = frames["receipts"].filter(pl.col("status") != "missing")["la"].unique()
    for la in sorted(sent):
        own = {name: parts.get((la,), frames[name].clear()) for name, parts in of_all.items()}
        beside = Beside(**{name: own.pop(name) for name in BESIDE}, medians=medians)
        folder = folder_of(la)
        yield Job(la, names[la], out / folder, before / folder / LISTED, own, england, beside, generated)


def _write_all(jobs: Sequence[Job]) -> None:
    """Reports are Python's work and not the database's: with many of them every core takes its share."""
    if threads() == 1 or len(jobs) < ENOUGH_TO_SHARE:
        for job in jobs:
            _write_report(job)
        return
    with ProcessPoolExecutor(threads(), mp_context=multiprocessing.get_context("spawn")) as pool:
        for _ in pool.map(_write_report, jobs, chunksize=4):
            pass


@guarded("writing an authority's report")
def _write_report(job: Job) -> None:
    previous = pl.read_parquet(job.before) if job.before.exists() else None
    written = authority_report(
        job.folder, la=job.la, la_name=job.la_name, **job.own, rule_texts=rule_texts(), previous=previous,
        england=job.england, beside=job.beside, generated=job.generated,
    )  # fmt: skip
    written.listed.write_parquet(job.folder / LISTED)


def state_of_ledger(store: Store) -> str:
    """A fingerprint of what became of every submission: reports change with it, marts need not."""
    state = ledger.state(store).select("submission", "return", "year", "term", "la", "status", "reason")
    return fingerprint(state.rows())


def _as_at(store: Store) -> str:
    """The day of the latest arrival: a report made again from the same files says the same."""
    latest = ledger.state(store)["first_seen"].max()
    return f"{latest:%Y-%m-%d}" if isinstance(latest, datetime) else ""


def folder_of(la: str) -> str:
    """An authority's folder; a colon does not travel well."""
    return la.replace(":", "-")


def everything(store: Store, given: Given, linked: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Receipts, findings with sentence, values and standing, coverage, link rates and completeness of all."""
    with connect(scratch=store.tmp) as con:
        view_returns(con, store, given.in_force)
        fed = from_feed.findings(ledger.in_use(store))
        found = pl.concat([_all_findings(store), repaired.findings(con, given.repaired), fed])
        listed = _listed(con, store, found).join(
            file_names(store), on=["submission", "file"], how="left", maintain_order="left"
        )
        findings = _settled(store, listed, given.waivers)
        children = _children(con)
        complete = completeness(con)
    return {
        "receipts": _receipts(store, children, fed),
        "findings": findings,
        "coverage": coverage_of_rules(store),
        "link_rates": _link_rates(linked),
        "completeness": complete,
    }


def _settled(store: Store, findings: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Findings with what was explained and what is accepted, and with what explanations and waivers give rise to."""
    shown, unmatched = explanations.explained(findings, explanations.register(store))
    shown = waivers.waived(shown, register)
    about = [explanations.findings_about(store, unmatched), waivers.findings_about(shown, register)]
    return pl.concat([shown, *(_in_our_words(frame, shown) for frame in about)], how="diagonal_relaxed")


def _in_our_words(found: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """Findings about explanations and waivers in the shape of the others; nobody can explain them away."""
    meaning = {code: one.meaning for code, one in finding_codes().items()}
    words = pl.concat_str(pl.col("rule").replace_strict(meaning, default=""), pl.lit(" "), pl.col("detail"))
    told = found.with_columns(message=words, standing=pl.lit(""), explanation=pl.lit(""), waiver=pl.lit(""))
    return told.select(name for name in shown.columns if name in told.columns)


def rule_texts() -> dict[str, RuleText]:
    """What the pages say about each numbered rule, keyed `return.code`; the latest wording wins."""
    return {
        f"{ret}.{rule.code}": RuleText(
            rule.code, rule.message, rule.severity, ", ".join(rule.fields), f"{rule.since} to {rule.until}"
        )
        for ret in RETURNS
        for rule in sorted(rules(ret), key=lambda rule: rule.since)
    }


# --- findings with the authority's own words --------------------------------------------------------


def _all_findings(store: Store) -> pl.DataFrame:
    """What reading found in every submission that still matters, and what the rules found."""
    state = ledger.state(store)
    known = pl.col("submission").is_null() | pl.col("submission").is_in(state["submission"].implode())
    over = state.filter(pl.col("status").is_in(["superseded", "withdrawn"]))["submission"]
    about_content = ~pl.col("rule").str.starts_with("submission.")
    told = all_findings(store).filter(known)
    of_reading = told.filter(~(pl.col("submission").is_in(over.implode()) & about_content))
    return pl.concat([of_reading, findings_of_rules(store)])


def _listed(con: duckdb.DuckDBPyConnection, store: Store, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings beside child and values, one return and year at a time."""
    known = pl.col("return").is_in(list(RETURNS))
    groups = findings.filter(known).partition_by("return", "year", as_dict=True)
    listed = [_list_one(con, store, RETURNS[str(ret)], groups[ret, year]) for ret, year in sorted(groups)]
    return pl.concat([*listed, _of_no_return(findings.filter(~known))])


def _of_no_return(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings about files that are no form of a return: there is no row to show."""
    nothing = pl.lit(None, pl.String)
    meaning = {code: found.meaning for code, found in finding_codes().items()}
    return findings.with_columns(
        child=nothing, values=nothing, message=pl.col("rule").replace_strict(meaning, default=None)
    )


def _list_one(
    con: duckdb.DuckDBPyConnection, store: Store, ret: Return, findings: pl.DataFrame
) -> pl.DataFrame:
    """One return and year; authority by authority where a child is found through another table's key.

    Keys of different authorities may be alike, and a list must never show another authority's child.
    """
    frames = _rows_at_fault(con, ret, findings)
    unread = unread_rows(con, store, ret, frames)
    parts = findings.partition_by("la") if ret.has_terms else [findings]
    return pl.concat(_list_part(ret, part, frames, unread) for part in parts)


Frames = Mapping[str, pl.DataFrame]


def _list_part(ret: Return, findings: pl.DataFrame, frames: Frames, unread: Frames) -> pl.DataFrame:
    """The listing works file by file; the submission before the file's hash keeps equal files apart."""
    mine, text = _of_submissions(frames, findings), _of_submissions(unread, findings)
    ordered = findings.with_columns(file=pl.concat_str("submission", pl.lit("/"), "file")).sort(
        "la", "year", "rule", "table", "file", "row", nulls_last=True, maintain_order=True
    )
    rows = listing(ordered, mine, ret=ret.name, unread=text)
    return ordered.with_columns(
        rows["child"], rows["values"], rows["message"], file=pl.col("file").str.split("/").list.last()
    )


def _of_submissions(frames: Frames, findings: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rows of the submissions that the findings are about, by file of a submission."""
    whose = findings.select("submission").unique()
    file = pl.concat_str("submission", pl.lit("/"), "source_file")
    return {
        name: frame.join(whose, on="submission", how="semi").with_columns(source_file=file)
        for name, frame in frames.items()
    }


def _rows_at_fault(
    con: duckdb.DuckDBPyConnection, ret: Return, findings: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """By view, the rows that findings speak of, and the pupils that those rows belong to."""
    con.register("at_fault", findings.select("submission", "file", "table", "row"))
    frames: dict[str, pl.DataFrame] = {
        table.VIEW: con.sql(_at_fault(ret, table)).pl() for table in ret.tables
    }
    con.unregister("at_fault")
    for view in ("pupilonroll", "pupilnolongeronroll") if ret.has_terms else ():
        frames[view] = _with_pupils_of(con, ret, view, frames)
    return frames


def _at_fault(ret: Return, table: type[Table]) -> str:
    return f"""from returns."{ret.stored_as(table)}" t semi join at_fault f on f.submission = t.submission
        and f.file = t.source_file and f.row = t.source_row and f."table" = '{table.DFE}'"""


def _with_pupils_of(
    con: duckdb.DuckDBPyConnection, ret: Return, view: str, frames: dict[str, pl.DataFrame]
) -> pl.DataFrame:
    key = f"{view}tableid"
    keys = [frame.select("submission", key) for frame in frames.values() if key in frame.columns]
    con.register("pupils_at_fault", pl.concat(keys).unique())
    found: pl.DataFrame = con.sql(
        f"from returns.{ret.name}_{view} semi join pupils_at_fault using (submission, {key})"
    ).pl()
    con.unregister("pupils_at_fault")
    return found


# --- receipts and links -----------------------------------------------------------------------------


def _names(receipts: pl.DataFrame) -> dict[str, str]:
    """Everyone who sent or owes anything, by name; someone unknown keeps the code the folder gave."""
    known = dict(authorities().select("la_code", "la_name").iter_rows())
    return {la: known.get(la, la) for la in sorted(receipts["la"].unique())}


def _receipts(store: Store, children: pl.DataFrame, fed: pl.DataFrame) -> pl.DataFrame:
    """One row per submission, and `missing` for what an authority that sent something still owes.

    A list of the whole country is no authority's: it has no report and no place on the board. `fed` are the findings
    about the daily feed: of a return that is not there, `reason` is the one that says how the feed stands to it.
    """
    state = ledger.state(store).filter(pl.col("status") != "withdrawn", pl.col("la") != ENGLAND)
    came = state.join(children, on="submission", how="left").with_columns(
        received=pl.col("first_seen").dt.strftime("%Y-%m-%d"),
        sent=pl.col("sent").dt.strftime("%Y-%m-%d"),
        year=pl.col("year").cast(pl.Int64),
    )
    shown = ["la", "return", "year", "term", "status", "submission", "received", "sent", "files", "children",
             "rows_typed", "rows_quarantined", "reason"]  # fmt: skip
    told = fed.select("la", "return", pl.col("year").cast(pl.Int64), reason="rule")
    missing = _missing(came).join(told, on=["la", "return", "year"], how="left")
    return pl.concat([came.select(shown), missing], how="diagonal_relaxed")


def _missing(came: pl.DataFrame) -> pl.DataFrame:
    years = came.select("year").unique()
    owed = pl.DataFrame({"return": list(OWED)}).join(years, how="cross")
    listed = [in_year(year).select(la="la_code", year=pl.lit(year, pl.Int64)) for year in years["year"]]
    due = pl.concat(listed).join(owed, on="year") if listed else owed.with_columns(la=pl.lit(""))
    return due.join(came, on=["la", "return", "year"], how="anti").with_columns(
        status=pl.lit("missing"),
        children=pl.lit(None, pl.Int64),
        rows_typed=pl.lit(0),
        rows_quarantined=pl.lit(0),
    )


ROW_PER_CHILD = {
    "cin": "child_identifiers",
    "ssda903": "header",
    "school_census": "pupilonroll",
    "person_identifiers": "persons",
}
"""The table of each return that has one row per child (or pupil)."""


def _children(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Children per submission."""
    counts = [
        f"select submission, count(*) as children from returns.{ret}_{view} group by all"
        for ret, view in ROW_PER_CHILD.items()
    ]
    found: pl.DataFrame = con.sql(" union all ".join(counts)).pl()
    return found


def link_summary(store: Store) -> pl.DataFrame:
    """One row per return, year and authority: how many records, how they were linked, how many were not."""
    with connect(store.spine, read_only=True) as con:
        return pl.DataFrame(summary(con), infer_schema_length=None)


def _link_rates(linked: pl.DataFrame) -> pl.DataFrame:
    """Of the children of school age in CIN and the 903, how many are linked to a pupil record."""
    return linked.filter(pl.col("source").is_in(["cin", "ssda903"])).select(
        "la",
        "year",
        pl.col("source").alias("return"),
        records="school_age_children",
        linked="school_age_linked_to_census",
    )
