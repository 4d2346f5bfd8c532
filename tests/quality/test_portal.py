"""What the portal adds: used as given, else worked out from postcodes and the table of unaccompanied children."""

from __future__ import annotations

from typing import Any

from quality import RuleResult, run_rule

HOME, NEAR, FAR, WALES, SHIRE = "ZZ99 1AA", "ZZ99 1AB", "ZZ99 2AA", "ZZ99 3AA", "ZZ99 4AA"
DIRECTORY = [
    {"pcds": HOME, "oslaua": "E09000007", "oscty": "E99999999", "oseast1m": "530000", "osnrth1m": "180000"},
    {"pcds": NEAR, "oslaua": "E09000007", "oscty": "E99999999", "oseast1m": "531609.3", "osnrth1m": "180000"},
    {"pcds": FAR, "oslaua": "E06000015", "oscty": "E99999999", "oseast1m": "530000", "osnrth1m": "744000"},
    {"pcds": WALES, "oslaua": "W06000015", "oscty": "W99999999", "oseast1m": "0", "osnrth1m": "0"},
    {"pcds": SHIRE, "oslaua": "E07000035", "oscty": "E10000007", "oseast1m": "430000", "osnrth1m": "360000"},
]


def placed(code: str, *places: str, year: int = 2026, la: str = "202", **options: Any) -> RuleResult:
    """One rule over episodes from home to each place, in a provision of the authority's own."""
    given = {"URN": "SC1", "LS": "C1", "PLACE": "K2", "PLACE_PROVIDER": "PR1", "HOME_POST": HOME}
    rows = [{"CHILD": str(n), "DECOM": "01/05/2025", **given, "PL_POST": p} for n, p in enumerate(places)]
    tables = {"Episodes": rows, **options.pop("tables", {})}
    return run_rule("ssda903", code, year=year, tables=tables, postcodes=DIRECTORY, la=la, **options)


def test_the_distance_is_a_straight_line_in_miles() -> None:
    assert placed("454", NEAR, FAR, WALES, "").rows == {"Episodes": [2]}
    last = {"last_year.Episodes": [{"CHILD": "0", "DECOM": "01/05/2025", "PL_DISTANCE": "0.8"}]}
    for distance, at_fault in (("0.8", [1]), ("0.9", []), ("1.1", []), ("1.2", [1])):
        last["last_year.Episodes"][0]["PL_DISTANCE"] = distance
        assert placed("503G", NEAR, tables=last).rows.get("Episodes", []) == at_fault


def test_the_area_is_the_authority_s_own_or_another_one_or_another_country() -> None:
    assert placed("1015", HOME, NEAR, FAR, WALES).rows == {"Episodes": [3, 4]}
    assert placed("1015", HOME, NEAR, FAR, WALES, la="E09000007").rows == {"Episodes": [3, 4]}
    assert placed("1015", HOME, FAR, la="831").rows == {"Episodes": [1]}
    assert placed("243", HOME, FAR, WALES).rows == {"Episodes": [3]}


def test_in_a_county_the_area_is_the_county_and_not_its_district() -> None:
    assert placed("1015", SHIRE, la="830").rows == {}
    assert placed("1015", SHIRE, la="831").rows == {"Episodes": [1]}


def test_a_postcode_that_is_not_in_the_directory_has_no_area_and_no_location() -> None:
    assert placed("169", NEAR, "ZZ99 9ZZ", "").rows == {"Episodes": [2, 3]}
    assert placed("179", NEAR, "ZZ99 9ZZ", "").rows == {"Episodes": [2, 3]}


def test_postcodes_need_no_space_and_a_directory_may_hold_one_twice() -> None:
    tidy = run_rule(
        "ssda903", "169", year=2026, tables={"Episodes": [{"CHILD": "A", "PL_POST": "zz991ab"}]},
        postcodes=DIRECTORY * 2,
    )  # fmt: skip
    assert tidy == RuleResult(True, "", {})


def test_tables_without_postcodes_do_not_stand_in_the_way() -> None:
    workers = {"SWEpisodes": [{"CHILD": "0", "SW_DECOM": "01/05/2025"}]}
    assert placed("169", NEAR, tables=workers).rows == {}


def test_what_is_given_is_not_worked_out_again() -> None:
    rows = [{"CHILD": "A", "DECOM": "01/05/2025", "PL_POST": NEAR, "PL_LA": None}]
    given = run_rule("ssda903", "169", year=2026, tables={"Episodes": rows}, postcodes=DIRECTORY)
    assert given.rows == {"Episodes": [1]}


def test_without_a_directory_that_tells_it_the_rule_is_not_checked() -> None:
    tables = {"Episodes": [{"CHILD": "A", "PL_POST": NEAR}]}
    assert run_rule("ssda903", "169", year=2026, tables=tables).reason == "PL_LA was not given"
    listed = run_rule("ssda903", "169", year=2026, tables=tables, postcodes=[NEAR])
    assert listed.reason == "PL_LA was not given"
    on_the_grid = [{"pcds": NEAR, "oslaua": "E09000007"}]
    assert run_rule("ssda903", "169", year=2026, tables=tables, postcodes=on_the_grid).checkable
    assert run_rule("ssda903", "454", year=2026, tables=tables, postcodes=on_the_grid).reason == (
        "PL_DISTANCE was not given"
    )


def test_last_year_s_columns_are_needed_too() -> None:
    tables = {
        "Episodes": [{"CHILD": "A", "DECOM": "01/05/2024", "PL_LA": "202"}],
        "last_year.Episodes": [{"CHILD": "A", "DECOM": "01/05/2024"}],
    }
    assert run_rule("ssda903", "503H", year=2026, tables=tables).reason == "PL_LA was not given"


def test_rules_about_the_own_area_need_to_know_whose_return_it_is() -> None:
    rows = [{"CHILD": "A", "PL_LA": "202", "PL_LOCATION": "IN"}]
    nobody = run_rule("ssda903", "411", year=2026, tables={"Episodes": rows})
    assert nobody.reason == "it is not known whose return this is"
    assert run_rule("ssda903", "411", year=2026, tables={"Episodes": rows}, la="202").rows == {}
    assert run_rule("ssda903", "411", year=2026, tables={"Episodes": rows}, la="203").rows == {
        "Episodes": [1]
    }


def test_children_are_unaccompanied_by_the_header_or_by_the_table_of_them() -> None:
    last = {"last_year.Header": [{"CHILD": "A", "UASC": "0"}]}
    episodes = [{"CHILD": c, "DECOM": "01/05/2025", "PL_DISTANCE": "1"} for c in "AB"]
    said = {"Header": [{"CHILD": "A", "UASC": 0}, {"CHILD": "B", "UASC": 1}]}
    listed = {"Header": [{"CHILD": "A"}, {"CHILD": "B"}], "UASC": [{"CHILD": "B"}]}
    for header in (said, listed):
        tables = {"Episodes": episodes, **header, **last}
        assert run_rule("ssda903", "406", year=2026, tables=tables).rows == {"Episodes": [2]}
    none = {"Episodes": episodes, "Header": listed["Header"], "UASC": [], **last}
    assert run_rule("ssda903", "406", year=2026, tables=none).rows == {}
    without = {"Episodes": episodes, "Header": listed["Header"], **last}
    assert run_rule("ssda903", "406", year=2026, tables=without).reason == "UASC was not sent"
