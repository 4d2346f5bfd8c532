"""Where one machine ends: the same declared model, weighed on Spark instead of DuckDB.

England's children need no cluster (`docs/linkage.md` says when to move). Only the weighing of pairs goes
there, which is all that grows with the square of anything; what is certain, what is impossible and who is who
stay where they are. Names travel as Parquet files in a private folder that is gone when the weighing is done.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from linkage.steps import SCRATCH, rows

IN_SPARK = {
    "jaro_winkler_similarity(": "jaro_winkler(",
    "list_has_any(": "arrays_overlap(",
    "string_split(": "split(",
    '"': "`",
}
"""What a rung says in DuckDB, and the same in Spark. Anything else that the ladders say is one in both."""


def missing() -> str:
    """What this machine lacks to run Spark, in words; nothing when it can."""
    if importlib.util.find_spec("pyspark") is None:
        return "the Python package pyspark is not installed; add it (4.x) to the environment, or leave --engine away"
    if shutil.which("java") is None:
        return "there is no Java on the path; install a Java 17 runtime, or leave --engine away"
    return ""


def translated(wanted: dict[str, Any]) -> dict[str, Any]:
    """Splink's settings in the words of Spark: the same rungs with the same m and u, the same blocks."""
    rungs = [
        one
        | {
            "comparison_levels": [
                level | {"sql_condition": _said(level["sql_condition"])} for level in one["comparison_levels"]
            ]
        }
        for one in wanted["comparisons"]
    ]
    blocks = [
        {"blocking_rule": _said(block["blocking_rule"]), "sql_dialect": "spark"}
        for block in wanted["blocking_rules_to_generate_predictions"]
    ]
    return wanted | {"comparisons": rungs, "blocking_rules_to_generate_predictions": blocks}


def _said(condition: str) -> str:
    for ours, theirs in IN_SPARK.items():
        condition = condition.replace(ours, theirs)
    return condition


@contextlib.contextmanager
def spark_session(folder: Path) -> Iterator[Any]:
    """The session of the cluster that this process was submitted to, or one of this machine's own."""
    from pyspark.sql import SparkSession  # type: ignore[import-not-found,unused-ignore]
    from splink.backends.spark import similarity_jar_location

    running = SparkSession.getActiveSession()
    settings = {
        "spark.jars": similarity_jar_location(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(_spill(folder.parent)),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.codegen.wholeStage": "false",
    }
    builder = SparkSession.builder.appName("who is who")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = running or builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")  # its messages can quote values
    session.sparkContext.setCheckpointDir(str(folder / "checkpoints"))
    try:
        yield session
    finally:
        if running is None:
            session.stop()


@functools.cache
def _spill(parent: Path) -> Path:
    """Where Spark puts down what memory does not hold. A session takes away what it wrote when it ends, but Java keeps to
    the first folder it was given for as long as it lives: so this one lives until the process ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="spilling-", dir=parent))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def score_on_spark(
    con: duckdb.DuckDBPyConnection,
    wanted: dict[str, Any],
    tables: dict[str, str],
    frequencies: dict[str, str],
    least: float,
) -> Any:
    """Weigh the pairs between the scratch tables `left` and, where there is one, `right`; an Arrow table of them."""
    from splink import Linker, SparkAPI

    with _private_folder(con) as folder, spark_session(folder) as session:
        api = SparkAPI(spark_session=session)
        sides = [
            api.register(_moved(con, session, folder, table), dataset_display_name=side)
            for side, table in tables.items()
        ]
        linker = Linker(sides[0], translated(wanted), log_level=None, validate_settings=False)
        for column, table in frequencies.items():
            frame = api.register(_moved(con, session, folder, table), table_name=f"frequency_{column}")
            linker.table_management.register_term_frequency_lookup(frame, column)
        options = {"threshold_match_weight": least, "warning_mode": "never"}
        predict = linker.inference.predict_within if len(sides) == 1 else linker.inference.predict_between
        return predict(*sides, **options).as_pyarrow_table()


@contextlib.contextmanager
def _private_folder(con: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """A folder where the connection may spill, which is the store's own; gone afterwards."""
    spill = Path(rows(con, "select current_setting('temp_directory')")[0][0] or "")
    with tempfile.TemporaryDirectory(prefix="weighing-", dir=spill if spill.is_dir() else None) as folder:
        yield Path(folder)


def _moved(con: duckdb.DuckDBPyConnection, session: Any, folder: Path, table: str) -> Any:
    """A scratch table as a frame of Spark."""
    path = folder / f"{table}.parquet"
    con.execute(f"copy (from {SCRATCH}.{table}) to '{path}' (format parquet)")
    return session.read.parquet(str(path))
