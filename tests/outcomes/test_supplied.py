"""Figures from elsewhere are shown beside ours as they came, and a row that does not hold up is not."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from assets import keys, publish, release, supplied
from schemas.authorities import FOLDER
from schemas.duck import connect
from schemas.indicators import Indicator, indicators
from tests.outcomes.country import fill_store

HEADING = ",".join(supplied.COLUMNS)
GOOD = """hosp_inj,2025,National,,85.4
hosp_inj,2025,Regional,E12000001,101.2
hosp_inj,2025,Local authority,202,c
ks2_rwm_cino,202425,National,,30
sw_agency,2024,National,,k
"""


def given(folder: Path, *texts: str) -> supplied.Supplied:
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number}.csv").write_text(text, encoding="utf-8")
    return supplied.read(folder)


def test_values_symbols_and_years_are_shown_as_they_came(tmp_path: Path) -> None:
    found = given(tmp_path, f"\ufeff{HEADING}\n{GOOD}")
    columns = ["indicator_id", "year", "time_identifier", "la_code", "region_code", "value", "value_symbol"]
    assert found.left_out == {}
    assert sorted(found.rows.select(columns).rows(), key=str) == [
        ("hosp_inj", 2025, "Reporting year", "202", "E12000007", None, "c"),
        ("hosp_inj", 2025, "Reporting year", None, "E12000001", 101.2, None),
        ("hosp_inj", 2025, "Reporting year", None, None, 85.4, None),
        ("ks2_rwm_cino", 2025, "Academic year", None, None, 30.0, None),
        ("sw_agency", 2024, "Reporting year", None, None, None, "low"),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("cin_rate,2025,National,,330", "row: no supplied indicator"),
        ("hosp_inj,25,National,,85", "row: expected a time period"),
        ("hosp_inj,202425,National,,85", "row: expected a time period"),
        ("ks2_rwm_cino,2025,National,,30", "row: expected a time period"),
        ("ks2_rwm_cino,202426,National,,30", "row: expected a time period"),
        ("hosp_inj,2025,Ward,E05000001,85", "row: expected one of the levels"),
        ("hosp_inj,2025,Local authority,909,85", "row: no such place"),
        ("hosp_inj,2025,Local authority,E12000001,85", "row: no such place"),
        ("hosp_inj,2025,Local authority,,85", "row: no such place"),
        ("hosp_inj,2025,National,202,85", "row: no such place"),
        ("hosp_inj,2025,National,,many", "row: expected a number"),
        ("hosp_inj,2025,National,,", "row: expected a number"),
        ("hosp_inj,2025,National,,-1", "row: a percentage is"),
        ("sw_agency,2025,National,,101", "row: a percentage is"),
    ],
)
def test_a_row_that_does_not_hold_up_is_left_out_and_counted(tmp_path: Path, row: str, reason: str) -> None:
    found = given(tmp_path, f"{HEADING}\n{row}\n")
    assert found.rows.is_empty()
    assert [(why[: len(reason)], n) for why, n in found.left_out.items()] == [(reason, 1)]


def test_two_rows_that_differ_are_both_left_out_and_the_same_row_twice_is_one(tmp_path: Path) -> None:
    twice = f"{HEADING}\nhosp_inj,2025,National,,85\nhosp_inj,2024,National,,80\n"
    found = given(tmp_path, twice, f"{HEADING}\nhosp_inj,2025,National,,86\nhosp_inj,2024,National,,80\n")
    assert found.rows.select("year", "value").rows() == [(2024, 80.0)]
    assert found.left_out == {"row: another row tells of the same place and time otherwise": 2}


def test_a_file_of_another_form_is_left_out_without_a_word_of_what_it_holds(tmp_path: Path) -> None:
    found = given(tmp_path, "child,secret\n1,SECRETSURNAME\n", f"{HEADING}\n{GOOD}")
    assert found.rows.height == 5
    assert list(found.left_out.values()) == [1]
    assert "SECRET" not in repr(found.left_out)


def test_supplied_figures_stand_in_the_marts_and_in_what_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(keys.PLACE, str(tmp_path / "keys"))
    monkeypatch.delenv(keys.HOME, raising=False)
    keys.new()
    store, in_force = fill_store(tmp_path / "home")
    before = release.make(store, in_force)
    store.supplied.mkdir(parents=True)
    given(store.supplied, f"{HEADING}\n{GOOD}")
    made = release.make(store, in_force)
    assert made.release_id != before.release_id, "other figures are another release"
    manifest = release.read_manifest(store, made.release_id)
    assert manifest["supplied"]["rows"] == 5
    public = publish.publish(store, made.release_id)
    with connect(public / "published.duckdb", read_only=True) as con:
        shown = con.execute(
            "select region_code, la_code, value from outcomes.indicator where indicator_id = 'hosp_inj' order by 1"
        ).fetchall()
    assert shown == [("E12000001", None, 101.2), (None, None, 85.4)]
    file = pl.read_csv(public / "ees" / "hospital_admissions_for_injury.csv", infer_schema=False)
    assert file["admissions_rate_per_10000"].to_list() == ["85.4", "101.2"]


def test_every_indicator_of_the_dashboard_is_counted_or_supplied() -> None:
    dashboard = pl.read_csv(FOLDER / "dashboard.csv")["indicator_id"].to_list()
    assert len(dashboard) == 68
    assert set(dashboard) <= set(indicators())
    assert sum(indicators()[i].is_supplied for i in dashboard) == 19


@pytest.mark.parametrize("wrong", [{"among": "", "needs": ()}, {"is_supplied": True}, {"needs": ()}])
def test_an_indicator_is_either_counted_or_supplied(wrong: dict[str, object]) -> None:
    told = indicators()["cin_rate"].model_dump()
    with pytest.raises(ValidationError, match=r"expected a cohort .* or is_supplied and neither"):
        Indicator(**(told | wrong))
