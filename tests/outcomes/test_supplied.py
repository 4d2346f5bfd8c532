"""Figures from elsewhere are shown beside ours as they came, and a row that does not hold up is not."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest
from pydantic import ValidationError

from assets import keys, publish, release, supplied
from schemas.authorities import FOLDER
from schemas.duck import connect
from schemas.indicators import Indicator, indicators
from tests.outcomes.country import drawn, fill_store, need
from tests.outcomes.drawn import measured

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


def with_results(*years: int) -> dict[str, list[dict[str, str]]]:
    """The drawn country, in which every other child reached the standard in these years; those looked after are left out."""
    tables = drawn()
    for row in tables["cin_child_identifiers"]:
        row["UPN"] = f"of {row['LAchildID']}"
    told = {"key_stage": "KS2", "measure": "rwm_expected"}
    tables["attainment_results"] = [
        {
            "year": str(y),
            "la": la,
            "academic_year": f"{y - 1}/{y % 100}",
            "upn": f"of {c}",
            "value": str(n % 2),
            **told,
        }
        for y, la, c, n in need()
        if y in years
    ]
    return tables


BOTH_YEARS = (
    f"{HEADING}\nks2_rwm_cino,202425,National,,30\nks2_rwm_cino,202425,Local authority,202,31\n"
    "ks2_rwm_cino,202324,National,,29\nks2_rwm_cino,202324,Local authority,202,c\nhosp_inj,2025,National,,85.4\n"
)


def shown_of(con: duckdb.DuckDBPyConnection, year: int) -> list[tuple[object, ...]]:
    return con.execute(
        "select coalesce(la_code, region_code, 'England'), numerator, denominator, value, value_symbol "
        "from measured.indicator where indicator_id = 'ks2_rwm_cino' and breakdown = 'Total' and year = ? "
        "and (la_code in ('202', '301') or "
        "geographic_level = 'National') and geographic_level <> 'Statistical neighbours' order by 1",
        [year],
    ).fetchall()


def test_a_year_is_counted_or_supplied_and_never_both(tmp_path: Path) -> None:
    with measured(with_results(2025), tmp_path) as con:
        put = supplied.put_beside(con, given(tmp_path / "supplied", BOTH_YEARS))
        counted_, told = shown_of(con, 2025), shown_of(con, 2024)
        every = con.sql("from measured.indicator").pl()
    assert counted_ == [
        ("202", 13, 20, 65.0, None), ("301", 7, 10, 70.0, None), ("England", 20, 30, 66.666667, None)
    ]  # fmt: skip
    assert told == [("202", None, None, None, "c"), ("England", None, None, 29.0, None)]
    assert put.left_out == {supplied.COUNTED_HERE: 2}
    assert put.rows.height == 3
    ours, theirs = supplied.told_apart(every)
    assert theirs.select("indicator_id", "year", "value").sort("value").rows() == [
        ("ks2_rwm_cino", 2024, 29.0), ("hosp_inj", 2025, 85.4)
    ]  # fmt: skip
    own = ours.filter(pl.col("indicator_id").str.starts_with("ks2_rwm_cino"))
    assert own["year"].unique().to_list() == [2025]


def test_without_results_what_is_supplied_takes_the_place_of_nothing(tmp_path: Path) -> None:
    with measured(drawn(), tmp_path) as con:
        before = shown_of(con, 2025)
        assert {symbol for *_, symbol in before} == {"x"}
        assert supplied.told_apart(con.sql("from measured.indicator").pl())[1].is_empty()
        put = supplied.put_beside(con, given(tmp_path / "supplied", BOTH_YEARS))
        after = shown_of(con, 2025)
    assert put.left_out == {}
    assert after == [("202", None, None, 31.0, None), ("England", None, None, 30.0, None)]


def test_a_release_counts_what_was_left_out_for_being_counted_and_publishes_each_year_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(keys.PLACE, str(tmp_path / "keys"))
    monkeypatch.delenv(keys.HOME, raising=False)
    keys.new()
    store, in_force = fill_store(tmp_path / "home", tables=with_results(2025))
    store.supplied.mkdir(parents=True)
    given(store.supplied, BOTH_YEARS)
    made = release.make(store, in_force)
    manifest = release.read_manifest(store, made.release_id)
    assert manifest["supplied"]["left_out"] == {supplied.COUNTED_HERE: 2}
    assert manifest["supplied"]["rows"] == 3
    assert release.verify(store, made.release_id) == []
    public = publish.publish(store, made.release_id)
    with connect(public / "published.duckdb", read_only=True) as con:
        shown = con.execute(
            "select year, la_code, denominator, value, value_symbol from outcomes.indicator where breakdown = 'Total' "
            "and indicator_id = 'ks2_rwm_cino' and (geographic_level = 'National' or la_code = '202') order by all"
        ).fetchall()
    assert shown == [
        (2024, None, None, 29.0, None),
        (2025, "202", None, None, "c"),
        (2025, None, None, None, "x"),
    ]
    assert public == publish.publish(store, made.release_id)


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
    assert sum(indicators()[i].is_supplied for i in dashboard) == 13
    assert sum(indicators()[i].may_be_supplied for i in dashboard) == 6


@pytest.mark.parametrize("wrong", [{"among": "", "needs": ()}, {"is_supplied": True}, {"needs": ()}])
def test_an_indicator_is_either_counted_or_supplied(wrong: dict[str, object]) -> None:
    told = indicators()["cin_rate"].model_dump()
    with pytest.raises(ValidationError, match=r"expected a cohort .* or is_supplied and neither"):
        Indicator(**(told | wrong))


def test_what_is_supplied_always_need_not_say_that_it_may_be() -> None:
    told = indicators()["hosp_inj"].model_dump()
    with pytest.raises(ValidationError, match="came both"):
        Indicator(**(told | {"may_be_supplied": True}))
