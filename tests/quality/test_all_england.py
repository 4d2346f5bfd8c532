"""The tables of the benchmark over all of England: as many children as asked for, each of them another one."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from schemas.duck import connect
from schemas.identifiers import is_valid_upn

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "all_england.py"
HEADER = pl.DataFrame(
    {
        "CHILD": ["1", "2", None],
        "UPN": ["A950000178301", "UN1", None],
        "DOB": ["2014-05-01"] * 3,
        "source_file": ["a"] * 3,
        "source_row": [1, 2, 3],
    }
)


@pytest.fixture(name="benchmark", scope="module")
def _benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("all_england", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def repeated(
    benchmark: ModuleType, tmp_path: Path, ret: str, frame: pl.DataFrame, times: int
) -> pl.DataFrame:
    with connect() as con:
        benchmark.repeat(con, ret, "header", frame, times, tmp_path / "t.parquet")
    return pl.read_parquet(tmp_path / "t.parquet")


def test_every_copy_of_a_child_has_an_id_and_a_upn_of_its_own(benchmark: ModuleType, tmp_path: Path) -> None:
    rows = repeated(benchmark, tmp_path, "ssda903", HEADER, len(benchmark.PLACES))
    assert rows.columns == HEADER.columns
    assert rows["CHILD"].drop_nulls().n_unique() == 2 * len(benchmark.PLACES)
    upns = rows.filter(pl.col("UPN").str.len_chars() == 13)["UPN"]
    assert upns.n_unique() == len(benchmark.PLACES)
    assert all(is_valid_upn(upn) for upn in upns)
    assert (rows["UPN"] == "UN1").sum() == len(benchmark.PLACES)
    assert rows.select("source_file", "source_row").is_unique().all()


def test_what_is_no_child_s_stays_once(benchmark: ModuleType, tmp_path: Path) -> None:
    rows = repeated(benchmark, tmp_path, "cin", HEADER.drop("CHILD", "UPN"), 20)
    assert rows.height == HEADER.height


def test_tables_have_the_names_under_which_rules_read_them(benchmark: ModuleType, tmp_path: Path) -> None:
    for name in ("ssda903.2025.header", "ssda903.2024.header", "cin.2025.reviews", "cin.2024.reviews"):
        (tmp_path / f"{name}.parquet").touch()
    assert set(dict(benchmark.tables_of(tmp_path, "ssda903", 2025))) == {
        "header",
        "last_year.header",
        "cin.reviews",
    }
