"""Files that nobody here wrote go the whole way: in, checked, linked, measured, reported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assets.store import Store
from pipelines import night
from pipelines.status import status_of
from schemas.duck import connect

SAMPLES = Path(
    os.environ.get("NATIONAL_OUTCOMES_SAMPLES") or Path(__file__).resolve().parents[3] / "shared" / "samples"
)
EXPECTED = {
    ("ssda903", "episodes", 5050),
    ("ssda903", "reviews", 12582),
    ("ssda903", "episodes", 459),
    ("ssda903", "missing", 6),
    ("cin", "cin_details", 402),
    ("school_census", "pupilonroll", 9498),
}


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not on this machine")
def test_the_sample_files_go_the_whole_way(tmp_path: Path) -> None:
    store = Store(tmp_path / "home", SAMPLES)
    outcome = night.run(store)
    told = status_of(store)
    assert outcome.exit_code == 1, "two samples conflict and some are no return: someone has to look"
    assert {(str(f["return"]), str(f["table"]), f["rows_in"]) for f in told.files} >= EXPECTED
    assert all(f["rows_in"] == f["rows_typed"] + f["rows_quarantined"] for f in told.files)  # type: ignore[operator]
    assert [a["reason"] for a in told.attention].count("submission.conflict") == 2
    with connect(store.current / "restricted" / "marts.duckdb", read_only=True) as con:
        counted = con.execute(
            "select count(*) from outcomes.indicator where geographic_level = 'National' and numerator > 0"
        ).fetchall()
    assert counted == [(0,)], "an authority that cannot be told is kept out of England"
