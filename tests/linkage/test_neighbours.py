"""What one authority sends moves no link of children that its records have nothing to do with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import duckdb

from linkage import link_people

Con = duckdb.DuckDBPyConnection
UPN = "L999000100001"


def weights(con: Con) -> dict[tuple[str, str], float]:
    told = con.execute(
        "select record_a, record_b, match_weight from people.link where match_weight is not null"
    )
    return {(a, b): weight for a, b, weight in told.fetchall()}


def test_weights_stay_when_half_of_the_country_sends_no_census(con: Con, country: Callable[..., Any]) -> None:
    """Among how many pupils a child is looked for is remembered: or every weight would fall by a bit."""
    country(4000, 19).into(con)
    link_people(con, records="records", run="one")
    before = weights(con)
    gone = "source = 'school_census' and la >= '215'"
    (pupils, left) = con.execute(
        f"select count(distinct upn), count(distinct upn) filter (where not ({gone})) from records "
        "where source = 'school_census'"
    ).fetchall()[0]
    assert left < 0.6 * pupils
    link_people(con, records=f"(from records where not ({gone}))", run="two")
    after = weights(con)
    both = before.keys() & after.keys()
    assert len(both) > 10
    assert {pair: after[pair] for pair in both} == {pair: before[pair] for pair in both}


def test_a_store_that_has_doubled_counts_anew(con: Con, country: Callable[..., Any]) -> None:
    country(1500, 19).into(con)
    link_people(con, records="(from records where la < '225')", run="one")
    first = con.execute("from people.tf_basis").fetchall()[0]
    link_people(con, records="records", run="two")
    children, pupils, residue, run = con.execute("from people.tf_basis").fetchall()[0]
    assert (first[-1], run) == ("one", "two")
    assert children > 2 * first[0]
    assert pupils > 2 * first[1]
    assert residue > 2 * first[2]


def send(con: Con, rows: list[tuple[Any, ...]]) -> None:
    con.execute(
        "create or replace table sent (record_id text, source text, year int, la text, submission text, "
        "la_child_id text, upn text, date_of_birth date, sex text, ethnicity text)"
    )
    con.executemany("insert into sent values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def test_how_alike_the_children_of_an_authority_are_is_judged_by_its_own_records(con: Con) -> None:
    """Another authority says otherwise of one child's ethnicity; two other children are linked no less."""
    born = [date(2012, 1, 2) + timedelta(days=place) for place in range(120)]
    need = [
        (f"n{place}", "cin", 2024, "201", "n", f"N{place}", None, day, "F", "WBRI")
        for place, day in enumerate(born)
    ]
    known = ("n", "cin", 2024, "201", "n", "N", UPN, date(2011, 5, 5), "F", "APKN")
    care = ("c", "ssda903", 2024, "201", "c", "C", None, born[0], "F", "WBRI")
    moved = ("m", "cin", 2025, "301", "m", "M", UPN, date(2011, 5, 5), "F", "WBRI")
    send(con, [*need, known, care, moved])
    link_people(con, records="sent", run="one")
    assert (("c", "n0") in weights(con)) or (("n0", "c") in weights(con))
    before = weights(con)
    send(con, [*need, known, care])
    link_people(con, records="sent", run="two")
    assert weights(con) == before
