"""Returns without a fault: what a rule says of them is either wrong or a fair question, written down.

The synthetic authorities are made without faults on purpose. A rule that speaks all the same must stand on
`docs/rules/differences.md`, under "What the rules say of a clean return", with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from assets.ingest import read_paths
from quality.engine import Found
from quality.lists import reference_frame
from quality.run import check, with_provenance
from quality.views import LAST_YEAR
from schemas.returns import RETURNS
from synthetic import make_country
from synthetic.canaries import UNIQUE

ROOT = Path(__file__).resolve().parents[2]
PAGE, HEADING = ROOT / "docs" / "rules" / "differences.md", "## What the rules say of a clean return"
YEARS = (2024, 2025, 2026)
RETURNS_CHECKED = ("cin", "ssda903", "school_census")
LOOKED_FOR = UNIQUE["la_child_id"][0]
"""The child whose postcodes are in no directory, so that a leak can be searched for."""
Tables = dict[tuple[str, int, str], pl.DataFrame]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    las = ["301", "306", "330", "888"]
    make_country(folder, scale=0.03, years=(YEARS[0] - 1, *YEARS), seed=5, las=las, clean=True)
    return folder


@pytest.fixture(scope="module")
def tables(country: Path) -> Tables:
    """(return, year, view) -> the rows of every authority."""
    parts: dict[tuple[str, int, str], list[pl.DataFrame]] = {}
    for ret in RETURNS_CHECKED:
        for folder in sorted((country / "landing" / ret).glob("*/*")):
            year, la = int(folder.parent.name), folder.name
            for name, frame in read_paths([folder], ret, year, la, None).tables.items():
                marked = with_provenance(frame, la, year).with_columns(
                    submission=pl.lit(f"{ret} {year} {la}")
                )
                parts.setdefault((ret, year, name), []).append(marked)
    return {key: pl.concat(frames) for key, frames in parts.items()}


def explained() -> dict[str, str]:
    """Code -> reason, from the table on the page."""
    section = PAGE.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \|[^|]*\| ([^|]+) \|$", section, flags=re.MULTILINE)
    return {code: reason for code, reason in rows if code != "rule"}


def seen_by(ret: str, year: int, tables: Tables) -> Iterator[tuple[str, pl.DataFrame]]:
    for (of, when, name), frame in tables.items():
        if (of, when) == (ret, year):
            yield name, frame
        elif (of, when) == (ret, year - 1):
            yield f"{LAST_YEAR}.{name}", frame
        elif when == year:
            yield f"{of}.{name}", frame


def checked(ret: str, year: int, tables: Tables, country: Path) -> Found:
    frames = dict(seen_by(ret, year, tables))
    las = sorted({la for frame in frames.values() for la in frame["la"].unique()})
    sent = dict.fromkeys(frames, las)
    if ret == "ssda903":
        for name, file in (("postcodes", "onspd.csv"), ("providers", "providers.csv")):
            rows = pl.read_csv(country / "reference" / file, infer_schema=False)
            frames[name] = reference_frame(name, rows)
    return check(ret, year, frames, sent=sent)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("ret", RETURNS_CHECKED)
def test_a_rule_that_speaks_of_a_clean_return_is_explained(
    ret: str, year: int, tables: Tables, country: Path
) -> None:
    found = checked(ret, year, tables, country)
    assert found.coverage.filter("checked").height > 0.95 * found.coverage.height, (
        "nearly every rule must have been able to speak"
    )
    spoke = found.findings.join(
        rows_of_looked_for(tables, ret), on=["submission", "table", "row"], how="anti"
    )
    counts = spoke.filter(~pl.col("rule").is_in(list(explained()))).group_by("rule", "table").len()
    assert not counts.rows()


def rows_of_looked_for(tables: Tables, ret: str) -> pl.DataFrame:
    """Where the child stands that is looked for."""
    child = RETURNS[ret].child
    parts = [
        frame.filter(pl.col(child) == LOOKED_FOR).select("submission", "source_row")
        .with_columns(table=pl.lit(RETURNS[of].table(name).DFE))
        for (of, _, name), frame in tables.items()
        if of == ret and child in frame.columns
    ]  # fmt: skip
    none = pl.DataFrame(schema={"submission": pl.String, "source_row": pl.Int32, "table": pl.String})
    return pl.concat([none, *parts]).rename({"source_row": "row"})


def test_every_explained_rule_is_one_and_has_a_reason() -> None:
    from quality.registry import all_rules

    reasons = explained()
    assert reasons
    assert set(reasons) <= {rule.code for rule in all_rules()}
