"""Marks against the truth on a made-up country, and figures that need no truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from linkage import LinkSummary, link_people, quality


@pytest.fixture(scope="module")
def marked(country: Callable[..., Any]) -> Iterator[tuple[duckdb.DuckDBPyConnection, LinkSummary]]:
    with duckdb.connect(config={"threads": 2}) as con:
        country(12000, 31).into(con)
        yield con, link_people(con, records="records", run="one")


def test_a_country_it_has_not_seen_is_linked_well(
    marked: tuple[duckdb.DuckDBPyConnection, LinkSummary],
) -> None:
    con, summary = marked
    marks = quality.against_truth(con, "truth")
    assert marks["all"]["precision"] >= 0.999
    assert marks["all"]["recall"] >= 0.985
    assert marks["by_upn"]["UPN & UPN"]["recall"] > marks["by_upn"]["no UPN & no UPN"]["recall"]
    assert summary.seconds < 60


def test_the_model_finds_children_whom_no_key_finds(
    marked: tuple[duckdb.DuckDBPyConnection, LinkSummary],
) -> None:
    con, summary = marked
    right, wrong = con.execute(
        """select count(*) filter (where x.child = y.child), count(*) filter (where x.child <> y.child)
        from people.link join truth x on x.record_id = record_a join truth y on y.record_id = record_b
        where stage = 'splink'"""
    ).fetchall()[0]
    assert right >= 80
    assert wrong <= 0.02 * right
    assert summary.splink_links == right + wrong


def test_the_parts_of_the_marks_add_up(marked: tuple[duckdb.DuckDBPyConnection, LinkSummary]) -> None:
    marks = quality.against_truth(marked[0], "truth")
    for part in ("by_source", "by_upn"):
        for name in ("pairs", "true_pairs", "false", "missed"):
            assert sum(kind[name] for kind in marks[part].values()) == marks["all"][name]


def test_the_summary_accounts_for_every_record(marked: tuple[duckdb.DuckDBPyConnection, LinkSummary]) -> None:
    con, summary = marked
    rows = quality.summary(con)
    assert sum(row["records"] for row in rows) == summary.records
    for row in rows:
        linked = row["linked_certainly"] + row["linked_by_model"] + row["linked_locally"]
        assert linked + row["unlinked"] == row["records"]
        assert row["source"] == "school_census" or 0.5 < row["school_age_link_rate"] <= 1
    assert {row["school_age_link_rate"] for row in rows if row["source"] == "school_census"} == {None}


def test_stricter_groups_are_parts_of_the_standard_ones(
    marked: tuple[duckdb.DuckDBPyConnection, LinkSummary],
) -> None:
    con, _ = marked
    counts = {}
    for level in ("strict", "loose"):
        counts[level] = con.execute(
            """select count(distinct coalesce(l.person_id, p.person_id)) from people.person p
            left join people.person_at l on l.record_id = p.record_id and l.level = ?""",
            [level],
        ).fetchall()[0][0]
    standard = con.execute("select count(distinct person_id) from people.person").fetchall()[0][0]
    assert counts["loose"] <= standard < counts["strict"]


def test_marks_by_hand(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """create schema people;
        create table people.record as select * from (values (1, 'a', 'cin', 'none'), (2, 'b', 'cin', 'valid'),
          (3, 'c', 'ssda903', 'valid'), (4, 'd', 'ssda903', 'none')) t(record_no, record_id, source, upn_status);
        create table people.person as select * from (values ('a', 'P'), ('b', 'P'), ('c', 'Q'), ('d', 'Q'))
          t(record_id, person_id);
        create table truth as select * from (values ('a', 1), ('b', 2), ('c', 2), ('d', 2)) t(record_id, child)"""
    )
    marks = quality.against_truth(con, "truth")
    assert marks["all"] == {
        **{"pairs": 2, "true_pairs": 3, "false": 1, "missed": 2},
        **{"precision": 0.5, "recall": 0.333333, "f1": 0.4},
    }
    assert marks["by_source"]["cin & cin"]["false"] == 1
    assert marks["by_source"]["cin & ssda903"]["missed"] == 2
