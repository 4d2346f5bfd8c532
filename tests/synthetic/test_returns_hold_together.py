"""A clean country's returns keep the rules that the guides set."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import polars as pl
import pytest

from tests.synthetic.conftest import YEARS, Made

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
GROUPS = [
    "CINreferralDate", "ReferralSource", "PrimaryNeedCode", "CINclosureDate", "ReasonForClosure", "DateOfInitialCPC",
    "Assessments", "CINPlanDates", "Section47", "ReferralNFA", "ChildProtectionPlans",
]  # fmt: skip
HEADERS = {
    "header": "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB",
    "episodes": "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN",
    "reviews": "CHILD,DOB,REVIEW,REVIEW_CODE",
    "uasc": "CHILD,SEX,DOB,DUC",
    "oc2": "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,HEALTH_ASSESSMENT,"
    "SUBSTANCE_MISUSE,INTERVENTION_RECEIVED,INTERVENTION_OFFERED",
    "oc3": "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM",
    "ad1": "CHILD,DOB,DATE_INT,DATE_MATCH,FOSTER_CARE,NB_ADOPTR,SEX_ADOPTR,LS_ADOPTR",
    "placed_adoption": "CHILD,DOB,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED",
    "previous_permanence": "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM",
    "missing": "CHILD,DOB,MISSING,MIS_START,MIS_END",
    "sw_episodes": "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON",
}


def _upn_is_right(upn: str) -> bool:
    values = [UPN_LETTERS.index(c) if c.isalpha() else int(c) for c in upn[1:]]
    return upn[0] == UPN_LETTERS[sum(value * weight for weight, value in enumerate(values, start=2)) % 23]


def _upns(made: Made) -> list[str]:
    found = [element.text for root in made.trees(2025).values() for element in root.iter("UPN", "FormerUPN")]
    found += made.care(2025, "header").filter(~pl.col("UPN").str.starts_with("UN"))["UPN"].to_list()
    found += made.school(2025, "pupilonroll")["upn"].to_list()
    return found


def test_every_pupil_number_has_its_check_letter_and_no_real_authority(clean: Made) -> None:
    upns = _upns(clean)
    assert len(upns) > 1000
    assert all(len(upn) == 13 and upn[1:4] == "005" and _upn_is_right(upn) for upn in upns)


def test_no_two_children_share_a_pupil_number(clean: Made) -> None:
    for la, root in clean.trees(2025).items():
        upns = [element.text for element in root.iter("UPN")]
        assert len(upns) == len(set(upns)), la
    on_roll = clean.school(2025, "pupilonroll")
    assert on_roll["upn"].n_unique() == on_roll.height


@pytest.mark.parametrize("year", YEARS)
def test_the_file_names_its_year_authority_and_day(clean: Made, year: int) -> None:
    for la, root in clean.trees(year).items():
        assert root.findtext(".//Year") == str(year)
        assert root.findtext(".//ReferenceDate") == f"{year}-03-31"
        assert root.findtext(".//LEA") == la
        assert len(root.findall("./Children/Child")) >= 5


def test_groups_of_a_case_come_in_the_order_of_the_schema(clean: Made) -> None:
    for root in clean.trees(2025).values():
        for case in root.iter("CINdetails"):
            places = [GROUPS.index(str(element.tag)) for element in case]
            assert places == sorted(places)


def test_the_sex_of_a_child_is_coded_as_the_year_asks(clean: Made) -> None:
    assert {e.text for r in clean.trees(2024).values() for e in r.iter("GenderCurrent")} <= {"0", "1", "2"}
    assert {e.text for r in clean.trees(2025).values() for e in r.iter("Sex")} <= {"M", "F", "U"}
    assert not [e for r in clean.trees(2025).values() for e in r.iter("GenderCurrent")]
    assert set(clean.care(2024, "header")["SEX"]) == {"1", "2"}
    assert set(clean.care(2025, "header")["SEX"]) == {"M", "F"}


def _dates(case: object, *names: str) -> list[str]:
    return [element.text for name in names for element in case.iter(name)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("year", YEARS)
def test_nothing_in_a_case_comes_before_its_referral_or_after_its_closure(clean: Made, year: int) -> None:
    inside = (
        "AssessmentActualStartDate", "AssessmentAuthorisationDate", "CINPlanStartDate", "CINPlanEndDate",
        "S47ActualStartDate", "DateOfInitialCPC", "CPPstartDate", "CPPendDate", "CPPreviewDate",
    )  # fmt: skip
    seen = 0
    for root in clean.trees(year).values():
        for case in root.iter("CINdetails"):
            dates = _dates(case, *inside)
            seen += len(dates)
            assert all(case.findtext("CINreferralDate") <= day for day in dates)
            assert all(day <= (case.findtext("CINclosureDate") or f"{year}-03-31") for day in dates)
    assert seen > 100


@pytest.mark.parametrize("year", YEARS)
def test_a_childs_cases_do_not_overlap_and_only_the_last_is_open(clean: Made, year: int) -> None:
    rows = clean.cases(year).filter(pl.col("nfa") == "0").sort("la", "child", "referral")
    following = pl.col("referral").shift(-1).over("la", "child")
    assert rows.filter(following.is_not_null() & pl.col("closure").is_null()).height == 0
    assert rows.filter(following < pl.col("closure")).height == 0
    assert rows.filter(pl.col("closure").is_null() != pl.col("reason").is_null()).height == 0


def test_what_is_finished_was_finished_in_the_year(clean: Made) -> None:
    for root in clean.trees(2025).values():
        for group in root.iter("Assessments"):
            end = group.findtext("AssessmentAuthorisationDate")
            day = end or group.findtext("AssessmentActualStartDate")
            assert "2024-04-01" <= day <= "2025-03-31"
            assert (end is None) == (group.find("FactorsIdentifiedAtAssessment") is None)
            factors = [element.text for element in group.iter("AssessmentFactors")]
            assert len(factors) == len(set(factors))
            assert "21" not in factors or len(factors) == 1


def test_a_plan_begins_at_a_conference_that_is_not_at_a_weekend(clean: Made) -> None:
    plans = 0
    for root in clean.trees(2025).values():
        for case in root.iter("CINdetails"):
            conferences = _dates(case, "DateOfInitialCPC")
            assert all(date.fromisoformat(day).weekday() < 5 for day in conferences)
            for start in _dates(case, "CPPstartDate"):
                plans += 1
                assert start < "2024-04-01" or start in conferences
    assert plans > 10


def test_a_plan_for_need_never_runs_beside_a_plan_for_protection(clean: Made) -> None:
    for root in clean.trees(2025).values():
        for case in root.iter("CINdetails"):
            ends = [group.findtext("CPPendDate") or "9999" for group in case.iter("ChildProtectionPlans")]
            starts = _dates(case, "CINPlanStartDate")
            assert all(end < start for end in ends for start in starts)


@pytest.mark.parametrize("table", sorted(HEADERS))
def test_a_903_table_has_the_guides_header_in_every_authority(clean: Made, table: str) -> None:
    for year in YEARS:
        for path in clean.files("ssda903", year, f"{table}.csv"):
            assert path.read_text(encoding="utf-8-sig").split("\n", 1)[0] == HEADERS[table]


def _episodes(made: Made, year: int) -> pl.DataFrame:
    days = pl.col("DECOM", "DEC").str.to_date("%d/%m/%Y")
    rows = made.care(year, "episodes").with_columns(days)
    return rows.filter(~pl.col("LS").is_in(["V3", "V4"])).sort("la", "CHILD", "DECOM")


@pytest.mark.parametrize("year", YEARS)
def test_episodes_of_care_chain(clean: Made, year: int) -> None:
    rows = _episodes(clean, year)
    following = rows.with_columns(
        next_decom=pl.col("DECOM").shift(-1).over("la", "CHILD"),
        next_rne=pl.col("RNE").shift(-1).over("la", "CHILD"),
    )
    assert following.filter(pl.col("REC") == "X1").filter(pl.col("next_decom") != pl.col("DEC")).height == 0
    assert following.filter((pl.col("REC") == "X1") & (pl.col("next_rne") == "S")).height == 0
    assert following.filter((pl.col("REC") != "X1") & (pl.col("next_rne") != "S")).height == 0
    assert following.filter(pl.col("DEC").is_null() & pl.col("next_decom").is_not_null()).height == 0
    assert following.filter(pl.col("DEC") <= pl.col("DECOM")).height == 0
    assert following.filter(pl.col("DEC").is_null() != pl.col("REC").is_null()).height == 0
    assert following.filter(pl.col("REC") == "X1").height > 20


def test_the_reason_for_an_episode_says_what_changed(clean: Made) -> None:
    rows = _episodes(clean, 2025)
    columns = ("LS", "PLACE", "PL_POST", "DEC")
    before = rows.with_columns(
        pl.col(name).shift(1).over("la", "CHILD").alias(f"old_{name}") for name in columns
    )
    chained = before.filter(pl.col("old_DEC") == pl.col("DECOM"))
    legal = pl.col("LS") != pl.col("old_LS")
    placement = pl.col("PLACE") != pl.col("old_PLACE")
    assert chained.filter(legal != pl.col("RNE").is_in(["L", "B", "U"])).height == 0
    assert chained.filter(placement & (pl.col("RNE") == "L")).height == 0
    assert (
        chained.filter(pl.col("RNE").is_in(["T", "U"]) & (pl.col("PL_POST") != pl.col("old_PL_POST"))).height
        == 0
    )


def test_this_years_first_episode_is_last_years_open_one(clean: Made) -> None:
    last = _episodes(clean, 2024).filter(pl.col("DEC").is_null())
    first = _episodes(clean, 2025).group_by("la", "CHILD").first()
    pair = last.join(first, on=["la", "CHILD"])
    same = ["DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "PL_POST", "URN"]
    assert pair.height == last.filter(pl.col("la") != "909").height > 20
    for name in same:
        assert pair.filter(pl.col(name).ne_missing(pl.col(f"{name}_right"))).height == 0, name


@pytest.mark.parametrize("table", [name for name in HEADERS if name not in ("header", "episodes")])
def test_every_child_of_a_table_is_in_the_header_with_the_same_birth(clean: Made, table: str) -> None:
    header = clean.care(2025, "header").select("la", "CHILD", born="DOB")
    rows = clean.care(2025, table)
    joined = rows.join(header, on=["la", "CHILD"], how="left")
    assert joined.filter(pl.col("DOB").ne_missing(pl.col("born"))).height == 0
    assert header.height == header.unique(["la", "CHILD"]).height


def test_supported_accommodation_has_its_code_of_the_day(clean: Made) -> None:
    rows = pl.concat([_episodes(clean, year) for year in YEARS], how="diagonal_relaxed")
    changed = date(2023, 10, 28)
    assert rows.filter((pl.col("PLACE") == "K3") & (pl.col("DECOM") < changed)).height == 0
    assert rows.filter(pl.col("PLACE").is_in(["H5", "P2"]) & (pl.col("DECOM") >= changed)).height == 0


def test_only_girls_parents_and_times_apart_from_breaks_carry_what_belongs_to_them(clean: Made) -> None:
    boys = clean.care(2025, "header").filter(pl.col("SEX") == "M")
    assert boys["MOTHER"].null_count() == boys.height
    rows = clean.care(2025, "episodes")
    breaks = rows.filter(pl.col("LS").is_in(["V3", "V4"]))
    assert breaks.height > 0
    assert breaks["PL_POST"].null_count() == breaks.height
    with_parents = rows.filter(pl.col("PLACE") == "P1")
    assert set(with_parents["PLACE_PROVIDER"]) <= {"PR0"}
    assert with_parents.filter(pl.col("LS") == "V2").height == 0


def test_possible_sessions_are_the_sum_of_their_codes(clean: Made) -> None:
    uncounted = ["D", "Q", "X", "Z", "#", "Y", *(f"Y{number}" for number in range(1, 8))]
    for year in YEARS:
        rows = clean.school(year, "termlysessiondetailsonroll").with_columns(
            pl.col("sessions").cast(pl.Int64)
        )
        sums = (
            rows.filter(~pl.col("attendancereason").is_in(uncounted))
            .group_by("pupilonrolltableid")
            .agg(pl.col("sessions").sum())
        )
        pupils = clean.school(year, "pupilonroll").with_columns(
            pl.col("termlysessionspossible").cast(pl.Int64)
        )
        joined = pupils.filter(pl.col("termlysessionspossible") > 0).join(
            sums, on="pupilonrolltableid", how="left"
        )
        assert joined.filter(pl.col("sessions").ne_missing(pl.col("termlysessionspossible"))).height == 0


def test_session_codes_are_those_of_the_school_year(clean: Made) -> None:
    before = set(clean.school(2024, "termlysessiondetailsonroll")["attendancereason"])
    after = set(clean.school(2025, "termlysessiondetailsonroll")["attendancereason"])
    assert before & {"H", "J", "Y"}
    assert not before & {"C1", "C2", "J1", "K", "Q", "Y4"}
    assert not after & {"H", "J", "Y"}
    assert after & {"C2", "J1", "K", "Y4"}


def test_details_belong_to_a_pupil_of_the_same_authority(clean: Made) -> None:
    pupils = clean.school(2025, "pupilonroll").select("la", "pupilonrolltableid", "schoolcensustableid")
    schools = clean.school(2025, "schoolcensus").select("la", "schoolcensustableid")
    assert pupils.join(schools, on=["la", "schoolcensustableid"], how="anti").height == 0
    for table in (
        "addresses",
        "termlysessiondetailsonroll",
        "termlyexclusionsonroll",
        "senneeds",
        "fsmperiod",
    ):
        rows = clean.school(2025, table)
        assert rows.height > 0
        assert rows.join(pupils, on=["la", "pupilonrolltableid"], how="anti").height == 0


def test_the_birth_of_a_baby_follows_its_expected_birth(clean: Made) -> None:
    for earlier, later in pairwise(YEARS[1:]):
        expected = {
            (la, child.findtext("LAchildID"))
            for la, root in clean.trees(earlier).items()
            for child in root.iter("ChildIdentifiers")
            if child.find("ExpectedPersonBirthDate") is not None
        }
        born = {
            (la, child.findtext("LAchildID")): child.findtext("PersonBirthDate")
            for la, root in clean.trees(later).items()
            for child in root.iter("ChildIdentifiers")
        }
        assert all(born[key] > f"{earlier}-03-31" for key in expected & set(born))
