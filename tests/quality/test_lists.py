"""Lists from elsewhere: whatever they call their columns, however they write numbers, days and places."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from quality import run_rule
from quality.lists import PROVIDERS, REFERENCE, areas, headings, reference_frame

AT_HOME = [{"CHILD": "A", "DECOM": "01/05/2024", "URN": "1234567", "PLACE": "K2", "PLACE_PROVIDER": "PR1"}]


def found(code: str, providers: Any, year: int = 2025, la: str = "202", **cells: str) -> list[int]:
    rows = [{**AT_HOME[0], **cells}]
    result = run_rule("ssda903", code, year=year, tables={"Episodes": rows}, providers=providers, la=la)
    assert result.checkable, result.reason
    return result.rows.get("Episodes", [])


@pytest.mark.parametrize("number", ["1234567", " 1234567 ", 1234567, 1234567.0])
def test_a_provider_s_number_is_the_same_as_text_and_as_a_number(number: Any) -> None:
    assert found("219", [{"URN": number, "PLACE_CODES": "K2"}]) == []
    assert found("219", pl.DataFrame({"URN": [number], "PLACE_CODES": ["K2"]})) == []


def test_a_list_of_nothing_but_numbers_can_be_held_against_other_numbers() -> None:
    listed = pl.DataFrame({"urn": [7654321, 1234567], "place_codes": ["K2", "K1"]})
    assert found("219", listed) == [1]


@pytest.mark.parametrize("codes", ["K1,K2", "K1, K2", "K1/K2", "K2;K1", " K2 "])
def test_codes_in_one_cell_may_be_separated_in_several_ways(codes: str) -> None:
    assert found("219", [{"urn": "1234567", "Placement code": codes}]) == []
    assert found("219", [{"urn": "1234567", "Placement code": codes}], PLACE="K") == [1]


@pytest.mark.parametrize(
    "closed",
    ["30/04/2024", "2024-04-30", date(2024, 4, 30), datetime(2024, 4, 30)],  # noqa: DTZ001
)
def test_the_end_of_a_registration_may_be_text_or_a_day(closed: Any) -> None:
    assert found("227", [{"URN": "1234567", "REG_END": closed}]) == [1]
    assert found("227", pl.DataFrame({"URN": ["1234567"], "Closed Date": [closed]})) == [1]


@pytest.mark.parametrize("place", ["202", "E09000007", "Camden"])
@pytest.mark.parametrize("whose", ["202", "E09000007"])
def test_an_authority_is_the_same_by_either_code_and_by_name(place: str, whose: str) -> None:
    assert found("229", [{"URN": "1234567", "LA_CODE_INFERRED": place}], la=whose) == []
    assert found("229", [{"URN": "1234567", "LA_CODE_INFERRED": place}], la="203") == [1]


def test_a_code_that_is_no_authority_s_is_left_as_it_is() -> None:
    assert found("229", [{"URN": "1234567", "LA_CODE_INFERRED": "auth"}], la="auth") == []


def test_a_rule_that_needs_a_column_which_the_list_lacks_is_not_checked() -> None:
    listed = [{"URN": "1234567", "PLACE_CODES": "K2"}]
    for code, column in (("224", "provider_codes"), ("227", "reg_end"), ("229", "authority")):
        result = run_rule(
            "ssda903", code, year=2025, tables={"Episodes": AT_HOME}, providers=listed, la="202"
        )
        assert result.reason == f"the list of registered providers came without {column}"
    assert run_rule("ssda903", "1008", year=2025, tables={"Episodes": AT_HOME}, providers=listed).checkable


def test_the_best_heading_wins_and_others_are_left_alone() -> None:
    known = headings(PROVIDERS, ["URN", "LA_NAME_FROM_FILE", "LA_CODE_INFERRED", "Overall rating"])
    assert known == {"URN": "URN", "authority": "LA_CODE_INFERRED"}
    directory = ["PCDS", "lad25cd", "CTY25CD", "east1m", "north1m", "doterm"]
    assert list(headings("postcodes", directory)) == list(REFERENCE["postcodes"])
    assert headings("postcodes", ["pcds", "oseast1m", "osnrth1m", "oslaua", "oscty"]).keys() == (
        REFERENCE["postcodes"].keys()
    )


def test_plain_text_is_the_first_column() -> None:
    assert reference_frame("postcodes", ["ZZ99 3WZ"]).to_dicts() == [{"pcds": "ZZ99 3WZ"}]


def test_every_authority_is_known_by_one_area_for_each_code_and_name() -> None:
    assert areas()["code"].is_unique().all()
    assert areas().filter(pl.col("code") == "202")["area"].to_list() == ["202"]
