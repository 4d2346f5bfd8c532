"""What the operator is told: every file that was set aside, also of returns that are in force without it."""

from __future__ import annotations

from pathlib import Path

from assets.ingest import Limits, ingest
from assets.store import Store
from pipelines.status import status_of
from tests.ingest.written import HEADER, NOW, land, land_903


def test_a_file_set_aside_from_a_return_in_force_is_told_without_its_name(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    land_903(landing, "ssda903/2025/202", "A1")
    land(landing, "ssda903/2025/202/Jane Doe.csv", b"Name,Colour,Shape\n1,2,3\n")
    land(landing, "ssda903/2025/203/h.csv", HEADER.format(child="B1"))
    store = Store(tmp_path / "home", landing)
    store.prepare()
    new_trouble = ingest(store, now=NOW, limits=Limits(workers=1)).new_trouble
    told = status_of(store)
    assert [(f["la"], f["reason"]) for f in told.set_aside] == [("202", "file.unknown_form")]
    assert len(told.set_aside) + len(told.attention) == new_trouble == 1
    assert any(line.endswith(": file.unknown_form") for line in told.lines())
    assert "Jane" not in str((told.lines(), told.as_dict()))
