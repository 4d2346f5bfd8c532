"""What a connection may hold in memory: enough for all of England, and never the whole machine."""

from __future__ import annotations

import os

import pytest

from schemas.duck import connect, memory

GIB = 2**30


@pytest.mark.parametrize(
    ("machine", "holds"), [(4, "3500MiB"), (12, "4096MiB"), (24, "7168MiB"), (256, "7168MiB")]
)
def test_a_connection_holds_a_third_of_the_machine_within_bounds(
    machine: int, holds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NATIONAL_OUTCOMES_MEMORY", raising=False)
    monkeypatch.setattr(
        os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": machine * GIB // 4096}.__getitem__
    )
    assert memory() == holds
    assert memory("2GiB") == "2GiB"


def test_who_runs_it_decides_what_it_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("NATIONAL_OUTCOMES_MEMORY", "1GiB")
    assert memory("2GiB") == "1GiB"
    with connect(scratch=tmp_path_factory.mktemp("spill")) as con:
        assert con.execute("select current_setting('memory_limit')").fetchall() == [("1.0 GiB",)]
