"""The analyst's guide answers what it asks: its pieces of code are read out of the page and run.

SQL and polars must give the same answer, and an answer with something in it. R is run where R, DBI and
duckdb are at hand; where they are not, that is said.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets import publish, supplied
from assets.store import Store
from tests.pipelines.conftest import ROOT, copy_of

PAGE = ROOT / "docs" / "analyst.md"
RESULTS = """indicator_id,time_period,geographic_level,la_code,value
ks2_rwm_cino,202425,National,,30
ks2_rwm_cino,202425,Local authority,201,c
ks2_rwm_cino,202425,Local authority,202,41.5
ks2_rwm_cino,202425,Local authority,301,27
ks2_rwm_cino,202425,Local authority,888,33.1
"""
RESTATED = "indicator_id = 'cin_rate' and breakdown = 'Total' and year = 2025 and value is not null"
"""Figures that another release has otherwise, of England, regions and authorities."""
R = shutil.which("Rscript")


def sections() -> dict[str, str]:
    """Heading -> text, in the order of the page."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def code(text: str, language: str) -> str:
    """The one piece of code of a language in a section."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return str(found)


OPENING, QUESTIONS = "Before the first question", [name for name in sections() if name[0].isdigit()]


@pytest.fixture(scope="module")
def store(night_done: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published home as the page has it: figures supplied, and an earlier release with other figures."""
    home = copy_of(night_done.home, tmp_path_factory.mktemp("analyst") / "store")
    name = Store(home).current.resolve().name
    publish.publish(Store(home), name)
    (home / "landing" / "supplied").mkdir()
    (home / "landing" / "supplied" / "results.csv").write_text(RESULTS)
    marts = home / "releases" / name / "restricted" / "marts.duckdb"
    with duckdb.connect(str(marts)) as con:
        rows = supplied.read(home / "landing" / "supplied").rows
        assert rows.height == 5
        con.sql(
            "delete from outcomes.indicator where (indicator_id, year) in (select (indicator_id, year) from rows)"
        )
        con.sql("insert into outcomes.indicator by name from rows")
    earlier = home / "releases" / "r-before" / "restricted" / "marts.duckdb"
    earlier.parent.mkdir(parents=True)
    shutil.copy(marts, earlier)
    with duckdb.connect(str(earlier)) as con:
        con.sql(f"update outcomes.indicator set value = value + 1 where {RESTATED}")
    (home / "releases" / "r-after").symlink_to(name)
    return home


def here(text: str, store: Path) -> str:
    """Code for this home instead of the one in the page."""
    return text.replace("store/", f"{store}/")


def in_sql(question: str, store: Path) -> pl.DataFrame:
    with duckdb.connect(str(store / "current/restricted/marts.duckdb"), read_only=True) as con:
        *before, last = here(code(sections()[question], "sql"), store).split(";\n\n")
        for statement in before:
            for one in statement.split(";\n"):
                con.sql(one)
        answer: pl.DataFrame = con.sql(last).pl()
        return answer


def in_polars(question: str, store: Path) -> pl.DataFrame:
    names: dict[str, Any] = {}
    for section in (OPENING, question):
        exec(here(code(sections()[section], "python"), store), names)
    names["marts"].close()
    if "published" in names:
        names["published"].close()
    answer: pl.DataFrame = names["answer"]
    return answer


@pytest.fixture(scope="module")
def answers(store: Path) -> dict[str, pl.DataFrame]:
    """What SQL says, question by question."""
    return {question: in_sql(question, store) for question in QUESTIONS}


def test_ten_questions_are_answered_in_three_languages() -> None:
    assert [name.split(".")[0] for name in QUESTIONS] == [str(n) for n in range(1, 11)]
    assert all(code(sections()[name], language) for name in QUESTIONS for language in ("sql", "python", "r"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_sql_and_polars_give_the_same_answer(
    question: str, store: Path, answers: dict[str, pl.DataFrame]
) -> None:
    ours = in_polars(question, store)
    assert ours.height > 0
    assert_frame_equal(ours, answers[question], check_dtypes=False)


def test_the_answers_hold_what_the_questions_ask_about(answers: dict[str, pl.DataFrame]) -> None:
    """Each has the rows for which it is asked, so that equal answers are no two empty ones."""
    absent, longer, trend, shown, need, funnel, alike, beside, both, _ = answers.values()
    assert (absent["value_strict"].is_not_null() & (absent["link_rate"] < 1)).sum() >= 2
    assert (longer["children"] > longer["with_sessions"]).any()
    assert trend["change"].is_not_null().sum() >= 2
    assert {"a figure", "c", "x", "z"} <= set(shown["shown"])
    assert shown.group_by("indicator_id").agg(pl.col("authorities").sum())[
        "authorities"
    ].unique().to_list() == [153]
    assert need["label"].null_count() < need.height > 3
    assert funnel.height >= 3
    assert alike.height == 2
    assert beside["geographic_level"].to_list() == [
        "Local authority", "National", "Regional", "Statistical neighbours",
    ]  # fmt: skip
    assert beside.filter(geographic_level="Statistical neighbours")["value"].item() is not None
    assert both.drop_nulls().height == 2
    assert set(both.filter(pl.col("persistently_absent").is_null())["la_name"]) == {"Camden"}


def test_the_figures_that_changed_are_those_that_were_changed(
    store: Path, answers: dict[str, pl.DataFrame]
) -> None:
    moved = answers[QUESTIONS[-1]]
    with duckdb.connect(str(store / "current/restricted/marts.duckdb"), read_only=True) as con:
        ((count,),) = con.sql(f"select count(*) from outcomes.indicator where {RESTATED}").fetchall()
    assert moved.height == count
    assert {"National", "Regional", "Local authority"} <= set(moved["geographic_level"])
    assert moved.filter((pl.col("before") - pl.col("after") - 1).abs() > 1e-9).is_empty()


def test_every_word_for_a_missing_value_stands_on_the_page(store: Path) -> None:
    found: set[tuple[str, str]] = set()
    for part in ("restricted/marts.duckdb", "public/published.duckdb"):
        with duckdb.connect(str(store / "current" / part), read_only=True) as con:
            found |= set(
                con.sql("select distinct value_symbol, why_no_value from outcomes.indicator").fetchall()
            )
    page = sections()[OPENING]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, flags=re.MULTILINE))
    assert len(found) > 3
    for symbol, why in found - {(None, None)}:
        assert why in rows[symbol], (symbol, why)


def test_the_page_is_linked_from_the_readme() -> None:
    assert "docs/analyst.md" in (ROOT / "README.md").read_text(encoding="utf-8")


# --- R --------------------------------------------------------------------------------------------------


def has_r() -> bool:
    if R is None:
        return False
    asked = [R, "-e", "library(DBI); library(duckdb)"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(
    not has_r(), reason="R with DBI and duckdb is not at hand: what the guide says in R is not run"
)
@pytest.mark.parametrize("question", QUESTIONS)
def test_r_gives_the_same_answer(
    question: str, store: Path, answers: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    lines = [here(code(sections()[section], "r"), store) for section in (OPENING, question)]
    lines.append("answer[] <- lapply(answer, function(x) if (is.logical(x)) tolower(x) else x)")
    lines.append(f'write.csv(answer, "{tmp_path}/answer.csv", row.names = FALSE, na = "")')
    (tmp_path / "question.R").write_text("\n".join(lines))
    subprocess.run([str(R), str(tmp_path / "question.R")], check=True, capture_output=True)
    answers[question].write_csv(tmp_path / "expected.csv")
    found, expected = (pl.read_csv(tmp_path / f"{name}.csv") for name in ("answer", "expected"))
    assert_frame_equal(found, expected, check_dtypes=False, check_row_order=False)
