"""The published truth against a count made anew from the clean files, by other means."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import cast

import numpy as np
import polars as pl

from synthetic.country import Country
from synthetic.days import FAR, day
from synthetic.truth import _under_another_identity
from tests.synthetic.conftest import LAS, Made

ATTENDED = ["/", "\\", "L", "B", "K", "P", "V", "W", "J"]
ABSENT = ["C", "C1", "C2", "E", "H", "I", "J1", "M", "R", "S", "T", "G", "N", "O", "U"]
YEAR = 2025


def _value(made: Made, measure: str, group: str = "", la: str = "", year: int = YEAR) -> int:
    level = "Local authority" if la else "National"
    rows = made.truth("outcomes").filter(
        pl.col("year") == year, pl.col("measure") == measure, pl.col("group") == group,
        pl.col("geographic_level") == level, pl.col("la_code") == la,
    )  # fmt: skip
    assert len(rows) == 1
    return int(rows["value"][0])


def _in_need(made: Made, year: int = YEAR) -> pl.DataFrame:
    return made.cases(year).filter(
        pl.col("nfa") == "0", pl.col("closure").is_null() | (pl.col("closure") > f"{year}-03-31")
    )


def _on_plan(made: Made) -> pl.DataFrame:
    rows = [
        {"la": la, "child": child.findtext(".//LAchildID")}
        for la, root in made.trees(YEAR).items()
        for child in root.iter("Child")
        for plan in child.iter("ChildProtectionPlans")
        if (plan.findtext("CPPendDate") or "9999") > f"{YEAR}-03-31"
    ]
    return pl.DataFrame(rows)


def _episodes(made: Made) -> pl.DataFrame:
    day = pl.col("DECOM", "DEC").str.to_date("%d/%m/%Y")
    rows = made.care(YEAR, "episodes").filter(~pl.col("LS").is_in(["V3", "V4"])).with_columns(day)
    return rows.rename({"CHILD": "child"})


def _looked_after(made: Made) -> pl.DataFrame:
    open_ = pl.col("DEC").is_null() | (pl.col("DEC") > date(YEAR, 3, 31))
    return _episodes(made).filter(open_).select("la", "child").unique()


def _whole_year(made: Made) -> pl.DataFrame:
    """Children with an open episode and no start or gap inside the year."""
    rows = _episodes(made).sort("la", "child", "DECOM")
    broken = rows.filter((pl.col("RNE") == "S") & (pl.col("DECOM") > date(YEAR - 1, 4, 1))).select(
        "la", "child"
    )
    return _looked_after(made).join(broken, on=["la", "child"], how="anti")


def test_episodes_in_need_are_as_many_as_the_files_show(clean: Made) -> None:
    counted = _in_need(clean)
    assert len(counted) == _value(clean, "episodes_in_need_at_31_march") > 100
    for la in LAS:
        assert counted.filter(pl.col("la") == la).height == _value(
            clean, "episodes_in_need_at_31_march", la=la
        )
    assert counted.unique(["la", "child"]).height == _value(clean, "children_in_need_at_31_march")


def test_an_authority_made_in_2023_reports_under_its_county_before(clean: Made) -> None:
    codes = clean.truth("outcomes").filter(pl.col("year") == 2023)["la_code"].unique().to_list()
    assert "909" in codes
    assert "942" not in codes
    assert sorted(clean.trees(2023)) == ["213", "305", "306", "909"]


def test_plans_and_looked_after_children_are_as_many_as_the_files_show(clean: Made) -> None:
    assert _on_plan(clean).height == _value(clean, "protection_plans_at_31_march") > 10
    assert _looked_after(clean).height == _value(clean, "looked_after_at_31_march") > 20


def test_referrals_and_repeats_follow_from_two_years_of_files(clean: Made) -> None:
    both = pl.concat([clean.cases(YEAR - 1), clean.cases(YEAR)]).unique(["la", "child", "referral"])
    dated = both.with_columns(pl.col("referral").str.to_date()).sort("la", "child", "referral")
    earlier = pl.col("referral").shift(1).over("la", "child")
    dated = dated.with_columns(
        (earlier.dt.offset_by("12mo") >= pl.col("referral")).fill_null(False).alias("repeat")
    )
    year = dated.filter(pl.col("referral").is_between(date(YEAR - 1, 4, 1), date(YEAR, 3, 31)))
    assert year.height == _value(clean, "referrals_in_year")
    assert year["repeat"].sum() == _value(clean, "repeat_referrals_in_year") > 20


def _groups(made: Made) -> pl.DataFrame:
    """person, la, group, found through the true person behind each identifier."""
    records = made.truth("records").filter(pl.col("year") == YEAR)
    cin = records.filter(pl.col("return") == "cin").select("la", "person", child="key")
    care = records.filter(pl.col("return") == "ssda903").select("la", "person", child="key")
    keys = ["la", "child"]
    cared_for = _looked_after(made).join(care, on=keys)
    long = _whole_year(made).join(care, on=keys).with_columns(group=pl.lit("CLA12"))
    planned = _on_plan(made).join(cin, on=keys).join(cared_for, on="person", how="anti")
    in_need = _in_need(made).join(cin, on=keys).unique(["person", "la"])
    in_need = in_need.join(cared_for, on="person", how="anti").join(planned, on="person", how="anti")
    parts = [long, planned.with_columns(group=pl.lit("CPPO")), in_need.with_columns(group=pl.lit("CINO"))]
    return pl.concat([part.select("person", "la", "group") for part in parts])


SIXTH_HALF_TERM = (date(YEAR, 5, 26), date(YEAR, 7, 31))
DETAILS = [
    ("spring", "termly"), ("summer", "termly"), ("autumn", "termly"), ("autumn", "summerhalfterm2"),
]  # fmt: skip


def _attendance(made: Made) -> pl.DataFrame:
    """person, possible, absent: what counts of all enrolments of the school year."""
    parts = []
    for roll in ("pupilonroll", "pupilnolongeronroll"):
        key, short = f"{roll}tableid", "onroll" if roll == "pupilonroll" else "offroll"
        for census, kind in DETAILS:
            rows = made.school(YEAR, f"{kind}sessiondetails{short}", census)
            pupils = made.school(YEAR, roll, census).select("la", key, "dob", "entrydate")
            rows = rows.join(pupils, on=["la", key]).with_columns(
                pl.col("dob", "entrydate").str.to_date("%Y-%b-%d %H:%M:%S"), pl.col("sessions").cast(pl.Int64)
            )
            if census == "autumn":
                rows = rows.filter(~pl.col("entrydate").is_between(*SIXTH_HALF_TERM))
            if kind == "summerhalfterm2":
                rows = rows.filter(pl.col("dob") > date(YEAR - 16, 8, 31))
            counted = rows.filter(pl.col("attendancereason").is_in(ATTENDED + ABSENT))
            missed = pl.col("sessions").filter(pl.col("attendancereason").is_in(ABSENT)).sum()
            parts.append(
                counted.group_by("la", key=key).agg(possible=pl.col("sessions").sum(), absent=missed)
            )
    pupils = made.truth("records").filter(pl.col("return") == "school_census", pl.col("year") == YEAR)
    joined = pl.concat(parts).join(pupils.select("la", "key", "person"), on=["la", "key"])
    return joined.group_by("person").agg(pl.col("possible", "absent").sum())


def test_absence_of_the_three_groups_follows_from_the_school_census(clean: Made) -> None:
    born = clean.truth("people").select("person", "date_of_birth")
    of_age = pl.col("date_of_birth").is_between(date(YEAR - 17, 9, 1), date(YEAR - 6, 8, 31))
    rows = _groups(clean).join(born, on="person").filter(of_age).join(_attendance(clean), on="person")
    for group in ("CINO", "CPPO", "CLA12"):
        these = rows.filter(pl.col("group") == group)
        assert these.height == _value(clean, "pupils", group) > 3
        assert these["possible"].sum() == _value(clean, "sessions_possible", group)
        assert these["absent"].sum() == _value(clean, "sessions_absent", group)
        persistent = these.filter(pl.col("absent") * 10 >= pl.col("possible")).height
        assert persistent == _value(clean, "persistent_absentees", group)
        severe = these.filter(pl.col("absent") * 2 >= pl.col("possible")).height
        assert severe == _value(clean, "severe_absentees", group)


def _results(made: Made, measure: str) -> pl.DataFrame:
    """person, value: under a second UPN only of those whom a 903 so far says to have been adopted."""
    people = made.truth("people")
    care = (
        made.truth("records")
        .filter(pl.col("return") == "ssda903")
        .select("year", "la", "person", CHILD="key")
    )
    told = pl.concat(
        [made.care(y, "episodes").select("la", "CHILD", "REC", year=pl.lit(y)) for y in (2023, 2024, 2025)]
    )
    adopted = told.filter(pl.col("REC").is_in(["E11", "E12"])).join(
        care.with_columns(pl.col("year").cast(pl.Int32)), on=["year", "la", "CHILD"]
    )
    later = people.join(adopted, on="person", how="semi").select("person", upn="second_upn")
    sent = made.table("attainment", YEAR, "attainment.csv").filter(pl.col("measure") == measure)
    either = pl.concat([people.select("person", "upn"), later]).drop_nulls()
    return sent.join(either, on="upn").select("person", pl.col("value").cast(pl.Float64))


def test_results_of_the_three_groups_follow_from_the_files(clean: Made) -> None:
    reached = _groups(clean).join(_results(clean, "rwm_expected"), on="person")
    scored = _groups(clean).join(_results(clean, "attainment_8"), on="person")
    assert min(reached.height, scored.height) > 15
    for group in ("CINO", "CPPO", "CLA12"):
        these = reached.filter(pl.col("group") == group)
        assert these.height == _value(clean, "pupils_with_ks2", group)
        assert these["value"].sum() == _value(clean, "reached_the_standard", group)
        those = scored.filter(pl.col("group") == group)
        assert those.height == _value(clean, "pupils_with_ks4", group) > 0
        assert round(100 * those["value"].sum()) == _value(clean, "attainment_8_hundredths", group)


def test_what_a_census_tells_after_an_adoption_is_of_another_child() -> None:
    """The first was never adopted, the second in June, the third before the 31 March, as its records of the day know."""
    adopted = np.array([FAR, day(2024, 6, 1), day(2024, 3, 1)])
    country = SimpleNamespace(people=SimpleNamespace(adopted=adopted))
    told = pl.DataFrame(
        [(person, on) for on in (day(2024, 5, 16), day(2024, 10, 3)) for person in range(3)],
        schema=["person", "told_on"], orient="row",
    )  # fmt: skip
    found = _under_another_identity(cast(Country, country), told, 2024)
    assert found.to_list() == [False, False, False, False, True, False]


def test_england_and_regions_are_the_sums_of_authorities(clean: Made) -> None:
    keys = ["year", "group", "measure"]
    sums = clean.truth("outcomes").group_by(*keys, "geographic_level").agg(pl.col("value").sum())
    assert sums.group_by(keys).agg(pl.col("value").n_unique())["value"].max() == 1


def test_every_row_of_a_child_has_a_true_person(clean: Made) -> None:
    records = clean.truth("records").filter(pl.col("year") == YEAR)
    tables = {
        "header": clean.care(YEAR, "header").select("la", key="CHILD"),
        **{
            roll: pl.concat(
                clean.school(YEAR, roll, census).select("la", key=f"{roll}tableid")
                for census in ("spring", "summer", "autumn")
            )
            for roll in ("pupilonroll", "pupilnolongeronroll")
        },
        "ChildIdentifiers": clean.cases(YEAR).select("la", key="child").unique(),
    }
    for table, rows in tables.items():
        known = records.filter(pl.col("table") == table)
        assert rows.join(known, on=["la", "key"], how="anti").height == 0
        assert rows.height == known.height == known.unique(["la", "key"]).height > 0


def test_every_postcode_sent_is_in_the_directory_of_its_authority(clean: Made) -> None:
    directory = pl.read_csv(clean.root / "reference" / "onspd.csv", infer_schema=False)
    assert directory.columns == ["pcds", "oslaua", "oseast1m", "osnrth1m", "doterm"]
    assert directory["pcds"].n_unique() == directory.height
    canaries = pl.read_csv(clean.root / "truth" / "canaries.csv")["value"].to_list()
    sent = clean.care(YEAR, "episodes").select(pl.col("HOME_POST", "PL_POST").drop_nulls().unique().implode())
    codes = {code for column in sent.row(0) for code in column} - set(canaries)
    assert len(codes) > 50
    assert codes <= set(directory["pcds"])
