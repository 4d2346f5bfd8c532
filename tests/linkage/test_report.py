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
