"""A whole night with `--engine spark`: from the files to the release, with the people that DuckDB makes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from assets.store import Store
from linkage import spark
from schemas.duck import connect, sql_text
from tests.pipelines.conftest import copy_of, outcomes


@pytest.mark.skipif(bool(spark.missing()), reason=f"no Spark here: {spark.missing()}")
def test_a_whole_night_on_spark_makes_every_table_of_people_that_duckdb_makes(
    night_done: Store, tmp_path: Path
) -> None:
    """Row for row, ids included: the night before made them, and Spark finds nobody to rename."""
    store = Store(copy_of(night_done.home, tmp_path / "home"))
    done = outcomes("run", "--home", str(store.home), "--full", "--engine", "spark")
    assert done.returncode == 0, done.stderr
    found = differing(night_done.spine, store.spine)
    assert {"face", "face_link", "face_person", "person_at", "person_change", "review"} <= set(found)
    assert found == dict.fromkeys(found, (0, 0))
    assert not [*store.tmp.glob("weighing-*"), *store.tmp.glob("spilling-*")], (
        "what Spark was given holds names"
    )
    with connect(store.spine, read_only=True) as con:
        weighed = con.execute("select count(*) from people.face_link where stage = 'splink'").fetchall()[0][0]
        run = con.execute("select distinct run from people.face").fetchall()
    with connect(night_done.spine, read_only=True) as con:
        assert con.execute("select distinct run from people.face").fetchall() != run
    assert weighed > 10


def differing(one: Path, other: Path) -> dict[str, tuple[int, int]]:
    """Per table of `people`: how many rows stand in the one spine only, and in the other only; runs aside."""
    with connect() as con:
        for name, spine in (("one", one), ("other", other)):
            con.execute(f"attach {sql_text(spine)} as {name} (read_only)")
        tables = con.execute(
            "select database_name, table_name from duckdb_tables() where schema_name = 'people' order by all"
        ).fetchall()
        names = {place: [table for held, table in tables if held == place] for place in ("one", "other")}
        assert names["one"] == names["other"]
        return {
            table: (_only(con, "one", "other", table), _only(con, "other", "one", table))
            for table in names["one"]
        }


def _only(con: duckdb.DuckDBPyConnection, here: str, there: str, table: str) -> int:
    columns = [row[0] for row in con.execute(f"describe {here}.people.{table}").fetchall()]
    kept = ", ".join(f'"{one}"' for one in columns if one != "run" or table == "person_change")
    rows = con.execute(
        f"""select count(*) from (select {kept} from {here}.people.{table}
        except all select {kept} from {there}.people.{table})"""
    ).fetchall()
    return int(rows[0][0])
