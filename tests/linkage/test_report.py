"""The linkage report: its numbers add up, and it tells no more of small groups than their size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import polars as pl
import pytest

from linkage import link_people
from linkage.report import FEWEST, LinkageReport, report, with_intervals

Con = duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def told(country: Callable[..., Any]) -> Iterator[tuple[Con, LinkageReport]]:
    with duckdb.connect(config={"threads": 2}) as con:
        country(4000, 11).into(con)
        link_people(con, records="records", run="one")
        con.execute("create table needs as select record_id, 'N1' as need from records where source = 'cin'")
        yield con, report(con, needs="needs")


def test_every_record_is_linked_in_one_way_or_not_at_all(told: tuple[Con, LinkageReport]) -> None:
    con, found = told
    ways = [name for name in found.flow.columns if name not in ("source", "records")]
    assert found.flow.select(pl.sum_horizontal(ways) == pl.col("records")).to_series().all()
    assert found.flow["records"].sum() == con.execute("select count(*) from records").fetchall()[0][0]


def test_every_record_of_another_return_has_a_school_record_or_a_reason(
    told: tuple[Con, LinkageReport],
) -> None:
    con, found = told
    sent = con.execute("select count(*) from records where source <> 'school_census'").fetchall()[0][0]
    assert found.school["records"].sum() == sent
    assert found.school["outcome"].null_count() == 0


def test_the_parts_of_every_dimension_add_up_to_all(told: tuple[Con, LinkageReport]) -> None:
    groups = told[1].groups
    whole = groups.filter(pl.col("dimension") == "All")["children"][0]
    parts = (
        groups.filter(~pl.col("dimension").is_in(["All", "Need"]))
        .group_by("dimension")
        .agg(pl.col("children").sum())
    )
    assert parts.height == 7
    assert parts["children"].unique().to_list() == [whole]


def test_a_higher_threshold_takes_fewer_pairs_and_is_expected_to_be_surer(
    told: tuple[Con, LinkageReport],
) -> None:
    rows = told[1].thresholds
    assert rows["threshold"].to_list() == ["strict", "standard", "loose"]
    assert rows["pairs"].is_sorted()
    assert rows["expected_precision"].is_sorted(descending=True)
    assert rows["expected_recall"].is_sorted()
    assert rows["expected_recall"][-1] == 1


def found_by_reviewers(weight: float, decisions: str, model: str = "children_1") -> pl.DataFrame:
    """Decisions, as letters, on pairs of one weight; each pair stands for itself."""
    return pl.DataFrame(
        {"decision": ["same" if one == "s" else "apart" for one in decisions], "weight": weight, "model": model,
         "stratum": f"{weight}", "of": len(decisions), "is_linked": True, "is_weighed": True}
    )  # fmt: skip


def test_without_labels_nothing_is_corrected(told: tuple[Con, LinkageReport]) -> None:
    rows = told[1].thresholds
    assert rows["labels"].to_list() == [0, 0, 0]
    assert rows["corrected_precision"].null_count() == rows["corrected_recall"].null_count() == 3


def test_what_people_found_moves_what_is_expected_between_two_thresholds(
    told: tuple[Con, LinkageReport],
) -> None:
    con, before = told
    rows = report(con, decided=found_by_reviewers(6.0, "s" * 15 + "a" * 5)).thresholds
    assert rows.drop("labels", "^corrected_.*$").equals(before.thresholds.drop("labels", "^corrected_.*$"))
    strict, standard, _ = rows.to_dicts()
    assert strict["corrected_precision"] == strict["expected_precision"]
    assert (strict["labels"], standard["labels"]) == (0, 20)
    between = standard["pairs"] - strict["pairs"]
    expected = between - standard["expected_false"] + strict["expected_false"]
    # twenty labels, of which three in four are one child, beside an expectation worth twenty
    one_child = strict["pairs"] - strict["expected_false"] + (expected + 0.75 * between) / 2
    assert between > 0
    assert standard["corrected_precision"] == pytest.approx(one_child / standard["pairs"], abs=2e-4)
    assert standard["corrected_precision"] < standard["expected_precision"] - 1e-3
    assert strict["corrected_recall"] > strict["expected_recall"]


def test_a_weight_of_another_model_corrects_nothing(told: tuple[Con, LinkageReport]) -> None:
    rows = report(told[0], decided=found_by_reviewers(6.0, "a" * 20, model="another")).thresholds
    assert rows["labels"].sum() == 0
    assert rows["corrected_precision"].null_count() == 3


def test_one_label_that_stands_for_many_is_worth_no_more_than_one(told: tuple[Con, LinkageReport]) -> None:
    lone = found_by_reviewers(6.0, "a").with_columns(of=5_000)
    rows = report(told[0], decided=pl.concat([lone, found_by_reviewers(6.0, "s" * 19)])).thresholds
    fair = report(told[0], decided=found_by_reviewers(6.0, "a" * 19 + "s")).thresholds
    assert fair["corrected_precision"][1] < rows["corrected_precision"][1] < rows["expected_precision"][1]


def test_the_histogram_holds_every_weighed_link(told: tuple[Con, LinkageReport]) -> None:
    con, found = told
    weighed = con.execute("select count(*) from people.face_link where match_weight is not null").fetchall()
    assert found.weights["linked"].sum() == weighed[0][0] > 0


def test_a_person_of_two_sexes_is_counted_as_implausible(con: Con) -> None:
    con.execute(
        """create table sent as select * from (values
          ('a', 'cin', 2023, '901', '7', date '2012-01-05', 'M'), ('b', 'cin', 2024, '901', '7', date '2012-01-05', 'F')
        ) t(record_id, source, year, la, la_child_id, date_of_birth, sex)"""
    )
    link_people(con, records="sent", run="one")
    counted = dict(report(con).implausible.rows())
    assert counted["records of both sexes"] in (0, 1)
    same = con.execute("select count(distinct person_id) from people.person").fetchall()[0][0] == 1
    assert counted["records of both sexes"] == int(same)


def test_intervals_by_hand_and_small_groups_untold() -> None:
    counted = pl.DataFrame(
        {
            "dimension": ["All", "Sex", "Sex"],
            "category": ["all", "F", "M"],
            "children": [100, 100 - FEWEST + 1, FEWEST - 1],
            "linked": [90, 80, 10],
        }
    )
    told = with_intervals(counted).to_dicts()
    assert (told[0]["rate"], told[0]["low"], told[0]["high"]) == (0.9, 0.8256, 0.9448)
    assert told[1]["differs"] is True
    assert told[2]["children"] == FEWEST - 1
    assert {told[2][name] for name in ("linked", "rate", "low", "high", "ratio", "differs")} == {None}
