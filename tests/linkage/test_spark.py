"""The same model takes the same decisions on Spark; without Spark the command says what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from linkage import evaluate, link_people, spark
from linkage.comparing import children_ladders
from linkage.splinking import settings

needs_spark = pytest.mark.skipif(bool(spark.missing()), reason=f"no Spark here: {spark.missing()}")


@needs_spark
def test_spark_takes_the_decisions_that_duckdb_takes(country: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    with duckdb.connect() as con:
        country(400, 5).into(con)
        con.execute(
            f"""copy (select record_id, 'list ' || year as source, forename, surname, date_of_birth, sex, postcode,
              child as truth_id from records join truth using (record_id) where source = 'school_census'
            ) to '{path}' (header)"""
        )
    here, there = evaluate(path, "truth_id"), evaluate(path, "truth_id", engine="spark")
    for strength in ("strict", "standard", "loose"):
        assert there[strength] == here[strength]
    assert there["standard"]["f1"] > 0.95


@needs_spark
def test_a_night_on_spark_makes_the_persons_that_duckdb_makes(
    country: Callable[..., Any], tmp_path: Path
) -> None:
    with duckdb.connect(config={"temp_directory": str(tmp_path)}) as con:
        country(500, 6).into(con)
        link_people(con, records="records", run="here")
        before = con.execute("from people.person order by all").fetchall()
        done = link_people(con, records="records", run="there", engine="spark")
        assert con.execute("from people.person order by all").fetchall() == before
        assert done.splink_links > 3
        assert (done.new, done.merged, done.split, done.retired) == (0, 0, 0, 0)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()], "what Spark was given holds names"


def test_every_rung_and_block_is_said_in_words_of_spark() -> None:
    wanted = settings(
        children_ladders(), ['substr(l."upn", 1, 7) = substr(r.upn, 1, 7)'], link_type="x", unique_id="no"
    )
    said = spark.translated(wanted)
    rungs = [level["sql_condition"] for one in said["comparisons"] for level in one["comparison_levels"]]
    blocks = said["blocking_rules_to_generate_predictions"]
    assert not any(ours in told for ours in spark.IN_SPARK for told in (*rungs, blocks[0]["blocking_rule"]))
    assert "arrays_overlap(split(surname_l, ' '), split(surname_r, ' '))" in rungs
    assert blocks[0] == {
        "blocking_rule": "substr(l.`upn`, 1, 7) = substr(r.upn, 1, 7)",
        "sql_dialect": "spark",
    }


@pytest.mark.parametrize(
    ("package", "java", "word"), [(None, "/usr/bin/java", "pyspark"), ("there", None, "Java")]
)
def test_what_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch, package: str | None, java: str | None, word: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: package)
    monkeypatch.setattr("shutil.which", lambda _: java)
    assert word in spark.missing()
