"""Waivers: findings that whoever collects the returns has accepted, for a time and with a reason.

The register is `waivers.csv` in the home, a list that a data officer edits by hand (in a spreadsheet, saved
as CSV) and nobody else can send: it is not read from the landing place. One line accepts what a rule finds
in one child's records, or in every child's, of one authority. A waiver ends after its day; from then on what
it covered counts again, and that is said. A line that cannot be read accepts nothing, and that is said too.

    authority,return,rule,child,until,reason
    202,ssda903,142,all,2026-09-30,The system's supplier repairs this in September
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from assets.fingerprint import fingerprint
from assets.store import Store
from quality.registry import rules
from schemas.authorities import authorities
from schemas.failures import WrongUse
from schemas.findings import SCHEMA, finding_codes
from schemas.returns import RETURNS

HEADINGS = ("authority", "return", "rule", "child", "until", "reason")
EVERY_CHILD = "all"
MOMENT = "%Y%m%dT%H%M%S%fZ"
REGISTER: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "la": pl.String(),
    "return": pl.String(),
    "rule": pl.String(),
    "child": pl.String(),
    "until": pl.String(),
    "reason": pl.String(),
    "state": pl.String(),
    "problem": pl.String(),
}
"""One row per line. `state` is in force, ended or unreadable; then `problem` says what is wrong with it."""


def read(store: Store, today: date) -> pl.DataFrame:
    """The register as it stands on that day; nothing where there is none."""
    path = _as_it_was(store)
    if not path.exists():
        return pl.DataFrame(schema=REGISTER)
    rows = [_line(number, told, today) for number, told in _lines(path)]
    return pl.DataFrame(rows, schema=REGISTER, infer_schema_length=None)


def keep(store: Store, now: datetime) -> None:
    """Keep a copy of the register when it is another than at the last night, so that one can look back."""
    kept = sorted(store.waivers_kept.glob("*.csv"))
    nothing = ",".join(HEADINGS).encode()
    told = store.waivers.read_bytes() if store.waivers.exists() else nothing
    if told != (kept[-1].read_bytes() if kept else nothing):
        store.waivers_kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy = store.waivers_kept / f"{now.astimezone(UTC).strftime(MOMENT)}.csv"
        copy.touch(mode=0o600)
        copy.write_bytes(told)


def _as_it_was(store: Store) -> Path:
    """The register, or the last copy of it that was kept by the moment looked at."""
    if store.as_known_at is None:
        return store.waivers
    until = store.as_known_at.astimezone(UTC).strftime(MOMENT)
    kept = [path for path in sorted(store.waivers_kept.glob("*.csv")) if path.stem <= until]
    return kept[-1] if kept else store.waivers_kept / "none"


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of the register with anything on them; Trouble where it is no such list."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="cp1252", errors="replace")
    reader = csv.reader(text.splitlines())
    heading = [name.strip().lower() for name in next(reader, [])]
    if missing := [name for name in HEADINGS if name not in heading]:
        raise WrongUse(
            f"{path}: expected a first line with {', '.join(HEADINGS)}; {', '.join(missing)} did not "
            "come. Put the headings in the first line, separated by commas"
        )
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, {name: cell.strip() for name, cell in zip(heading, cells, strict=False)}


def _line(number: int, told: Mapping[str, str], today: date) -> dict[str, object]:
    problem = _problem(told)
    child = told.get("child", "")
    return {
        "line": number,
        "la": told.get("authority", "").zfill(3),
        **{name: told.get(name, "") for name in ("return", "rule", "until", "reason")},
        "child": None if child.lower() == EVERY_CHILD else child,
        "state": "unreadable" if problem else _state(told["until"], today),
        "problem": problem,
    }


def _state(until: str, today: date) -> str:
    return "in force" if today <= date.fromisoformat(until) else "ended"


def _problem(told: Mapping[str, str]) -> str:
    """What is wrong with a line, without what stands in it: it may name a child."""
    if told.get("authority", "").zfill(3) not in set(authorities()["la_code"]):
        return "expected the three-digit code of an authority"
    ret = told.get("return", "")
    if ret not in RETURNS:
        return f"expected one of {', '.join(RETURNS)} as the return"
    if told.get("rule", "") not in {rule.code for rule in rules(ret)} | set(finding_codes()):
        return "expected the code of a rule of that return"
    if not told.get("child"):
        return f"expected the child's identifier, or {EVERY_CHILD}"
    if not told.get("reason"):
        return "expected a reason"
    return "" if _is_day(told.get("until", "")) else "expected the last day as 2026-09-30"


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("2026-09-30") and bool(date.fromisoformat(text))
    except ValueError:
        return False


def state(register: pl.DataFrame) -> str:
    """A fingerprint of what is accepted on the day: it changes when a waiver is added, changed or ends."""
    return fingerprint(register.rows())


def waived(findings: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Findings with `standing` and `waiver`: what is accepted goes before what is explained.

    `findings` name la, return, rule and child, and have `standing`.
    """
    numbered = findings.with_row_index("at")
    hits = _covered(numbered, register.filter(state="in force")).sort("line").unique("at", keep="first")
    said = hits.select("at", waiver=pl.format("until {}: {}", "until", "reason"))
    shown = numbered.join(said, on="at", how="left", maintain_order="left").drop("at")
    standing = pl.when(pl.col("waiver").is_not_null()).then(pl.lit("waived")).otherwise("standing")
    return shown.with_columns(standing=standing, waiver=pl.col("waiver").fill_null(""))


def _covered(findings: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a finding and the line that covers it: `at`, and the columns of the line."""
    lines = register.select("line", "la", "return", "rule", "until", "reason", whom="child")
    both = findings.select("at", "la", "return", "rule", "child").join(lines, on=["la", "return", "rule"])
    is_meant = pl.col("whom").is_null() | (pl.col("whom") == pl.col("child"))
    return both.filter(is_meant.fill_null(False))


def findings_about(findings: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """One finding per return, year and ended waiver that still would cover something.

    `findings` come from `waived`: what another line accepts is not asked for again.
    """
    code = finding_codes()["waiver.ended"]
    numbered = findings.filter(pl.col("standing") != "waived").with_row_index("at")
    again = _covered(numbered, register.filter(state="ended"))
    years = again.join(numbered.select("at", "year", "term", "submission", "n"), on="at")
    counted = years.group_by("la", "return", "year", "term", "submission", "rule", "until").agg(
        pl.col("n").sum()
    )
    said = pl.format("rule {}, accepted until {}: {} findings", "rule", "until", "n")
    shown = counted.sort("la", "return", "year", "term", "rule", "until", nulls_last=True).select(
        "return", "year", "term", "la", "submission", detail=said, rule=pl.lit(code.code),
        severity=pl.lit(code.severity), file=pl.lit(""), table=pl.lit(""), row=pl.lit(None), line=pl.lit(None),
        fields=pl.lit(""), n=pl.lit(1),
    )  # fmt: skip
    return shown.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
