"""A table that is typed portion by portion is, to the byte, the table that would have been typed at once."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.ingest import Limits, spilling, worker, writing
from assets.ingest.reading import ASIDE_SCHEMA, Spilled
from schemas import text
from schemas.returns import RETURNS
from schemas.table import columns

DATES = ("2024-05-06", "06/05/2024", "2024-May-06 00:00:00", "45418", "zz/05/2024", "soon", "", None)
NUMBERS = ("1", "12", "3.0", "9007199254740993", "many", "", None)
TEXTS = ("K1", "K1", " K1 ", "A000123456.0", "6.00", "1.2E+11", "", None)
YES = ("1", "0", "true", "perhaps", None)
BY_KIND = {"date": DATES, "int": NUMBERS, "float": NUMBERS, "bool": YES, "str": TEXTS}
TABLES = [
    ("cin", "cin_details"),
    ("ssda903", "episodes"),
    ("school_census", "pupilonroll"),
    ("school_census", "termlysessiondetailsonroll"),
]


def staged(place: Path, ret: str, view: str, n: int, height: int, *, tidy: bool) -> dict[str, Any]:
    """One file's table as it waits on disk: all odd values, or usual ones in all rows but the last."""
    lot, table = random.Random(n), RETURNS[ret].table(view)
    names = [c for c in columns(table) if lot.random() < 0.8]
    usual = {"date": DATES[ret == "ssda903"], "int": "1", "float": "1", "bool": "1", "str": "K1"}
    cells = {
        c.name: [usual[c.kind.__name__]] * (height - 1) * tidy
        + [lot.choice(BY_KIND[c.kind.__name__]) for _ in range(1 if tidy else height)]
        for c in names
    }
    frame = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String)).with_columns(
        extra=pl.lit(None, pl.String),
        source_row=pl.int_range(1, height + 1, dtype=pl.Int32),
        source_line=pl.int_range(2, height + 2, dtype=pl.Int32),
    )
    path, aside = place / f"{view}.{n}", place / f"{view}.{n}.aside"
    spill = spilling.Spill(str(path))
    for piece in frame.iter_slices(90):
        spill.write(piece)
    spill.finished()
    pl.DataFrame(
        [(height + 1, None, "row.unreadable", "?")], schema=ASIDE_SCHEMA, orient="row"
    ).write_ipc_stream(aside)
    told = {
        "sha256": f"{n}" * 64,
        "path": str(path),
        "aside": str(aside),
        "kept": height,
        "rows_in": height + 1,
    }
    return {**told, "view": view, "whole": n % 2 == 0}


def written(place: Path, ret: str, tables: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What a reading process says, with the bytes of the files that it wrote."""
    placed = {
        "year": 2025,
        "la": "202",
        "submission": "s",
        "census": "spring" if ret == "school_census" else "",
    }
    asked = {"do": "write", "ret": ret, "placed": placed, "tables": tables, "into": str(place)}
    said = worker.answer(asked, Limits())
    assert "stopped" not in said
    for table in said["tables"]:
        table["files"] = {kind: Path(path).read_bytes() for kind, path in table["files"].items()}
    return said


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions, groups of rows and lists of findings of a few rows."""
    monkeypatch.setattr(spilling, "PORTION", 37)
    monkeypatch.setattr(writing, "AS_PARQUET", {**writing.AS_PARQUET, "row_group_size": 128})
    monkeypatch.setattr(text, "MOST_CELLS_NAMED", 40)


@pytest.mark.parametrize(("ret", "view"), TABLES)
@pytest.mark.parametrize("heights", [(700,), (260, 31, 480), (5, 900)], ids=str)
@pytest.mark.parametrize("tidy", [False, True], ids=["odd", "one odd row"])
def test_portions_give_the_same_bytes_and_the_same_findings(
    ret: str, view: str, heights: tuple[int, ...], tidy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [staged(tmp_path, ret, view, n, height, tidy=tidy) for n, height in enumerate(heights)]
    at_once = written(tmp_path, ret, {view: parts})
    monkeypatch.setattr(worker, "AT_ONCE", 100)
    in_portions = written(tmp_path, ret, {view: parts})
    assert in_portions == at_once
    (table,) = at_once["tables"]
    assert set(table["files"]) == {"raw", "typed", "aside"}
    assert sum(table["rows"].values()) == sum(heights)
    codes = {finding["rule"] for finding in at_once["findings"]}
    assert {"cell.not_a_date", "cell.exponent"} <= codes or tidy or view == "termlysessiondetailsonroll"


def test_of_a_large_table_only_a_portion_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights: list[int] = []
    monkeypatch.setattr(worker, "AT_ONCE", 100)
    typing = writing._typing

    def noted(*given: Any) -> Any:
        heights.extend(raw.height for raw in given[-1])
        return typing(*given)

    monkeypatch.setattr(writing, "_typing", noted)
    written(tmp_path, "cin", {"cin_details": [staged(tmp_path, "cin", "cin_details", 0, 700, tidy=True)]})
    assert sum(heights) == 700
    assert max(heights) <= 37


def test_rows_that_are_lacking_on_disk_stop_the_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "AT_ONCE", 100)
    part = staged(tmp_path, "cin", "cin_details", 0, 300, tidy=True) | {"kept": 301}
    placed = {"year": 2025, "la": "202", "submission": "s", "census": ""}
    asked = {
        "do": "write",
        "ret": "cin",
        "placed": placed,
        "tables": {"cin_details": [part]},
        "into": str(tmp_path),
    }
    assert worker.answer(asked, Limits())["stopped"] == "file.rows_lost"


def test_what_becomes_of_a_cell_does_not_depend_on_the_cells_beside_it() -> None:
    """Else a portion, or another authority's file typed in the same go, would change it."""
    ret = RETURNS["ssda903"]
    table = ret.table("episodes")
    for name, cells in (("URN", TEXTS), ("PLACE", TEXTS)):
        together, _ = text.typed(table, pl.DataFrame({name: list(cells)}, schema={name: pl.String}), ret)
        alone = [
            text.typed(table, pl.DataFrame({name: [c]}, schema={name: pl.String}), ret)[0][name][0]
            for c in cells
        ]
        assert together[name].to_list() == alone
    assert together["PLACE"].to_list()[:6] == ["K1", "K1", "K1", "A000123456.0", "6", None]


def test_the_columns_of_a_table_on_disk_are_known_without_its_rows(tmp_path: Path) -> None:
    spill = spilling.Spill(str(tmp_path / "t"))
    spill.write(pl.DataFrame({"a": ["x", None], "source_row": [1, 2]}))
    spilled = spill.finished()
    assert spilled == Spilled(str(tmp_path / "t"), 2)
    assert spilling.no_rows_of(spilled).schema == {"a": pl.String, "source_row": pl.Int64}
    assert pl.concat(spilling.portions_of(spilled)).rows() == [("x", 1), (None, 2)]
