"""What a daily feed tells stands in the census's tables as the census would have told it, cell by cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.from_feed.projection import CHILDREN, blocks, carried
from assets.from_feed.standing import TARGETS
from assets.gathered import gather, view_returns
from assets.ingest import ledger
from assets.store import Store
from schemas.duck import connect
from schemas.returns import RETURNS
from schemas.table import columns
from tests.feed.children import LA, Case, Child, Spell, as_fed, deliver, fed, receive, send_census

pytestmark = pytest.mark.usefixtures("here")
YEAR = 2025


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home", tmp_path / "landing")


def rows(store: Store, name: str, year: int = YEAR) -> list[tuple[object, ...]]:
    """The rows of one table and year, in the columns that a feed carries, in order."""
    ret, _, view = name.partition("_") if name.startswith("cin_") else ("ssda903", "", name[8:])
    own = [c.name for c in columns(RETURNS[ret].table(view)) if f"{ret}.{view}.{c.name}" in carried()]
    shown = ", ".join(f'"{column}"' for column in own)
    with connect() as con:
        view_returns(con, store, ledger.in_force(store))
        return con.execute(f"select {shown} from returns.{name} where year = {year} order by all").fetchall()


def day(text: str) -> date:
    return date.fromisoformat(text)


A = Child(
    "A", day("2012-05-06"), disabilities=("AUT", "LD"),
    cases=(
        Case("1", day("2022-01-10"), closed=day("2024-03-31"), reason="RC5"),
        Case("2", day("2024-03-02"), closed=day("2025-06-01"), reason="RC5",
             assessments=(Spell("a1", day("2024-03-03"), day("2024-03-30"), ("3A",)),
                          Spell("a2", day("2024-05-01"), day("2024-06-01"), ("16A", "3B")),
                          Spell("a3", day("2025-03-20"), day("2025-04-20"), ("4B",)),
                          Spell("a4", day("2025-03-21"), None, ("1B",))),
             need_plans=(Spell("n1", day("2024-06-02"), day("2025-05-05")), Spell("n2", day("2025-04-01"))),
             enquiries=(Spell("s1", day("2024-07-01"), day("2024-07-20"), conference=day("2024-07-15")),
                        Spell("s2", day("2025-03-28"), day("2025-04-18"), conference=day("2025-04-11")),
                        Spell("s3", day("2024-02-28"), day("2024-03-15"))),
             protection_plans=(Spell("p1", day("2024-07-15"), day("2025-03-31")), Spell("p2", day("2025-04-11")))),
        Case("3", day("2025-04-01")),
    ),
)  # fmt: skip
B = Child(
    "B", day("2020-01-01"), (Case("1", day("2024-03-30"), nfa=True), Case("2", day("2025-03-31"), nfa=True))
)
TABLES = [f"cin_{name}" for name, _ in blocks("cin") if name in {t.VIEW for t in RETURNS["cin"].tables}]


@pytest.mark.parametrize("year", [2024, 2025])
def test_every_cell_is_that_of_the_census_of_the_same_children(
    year: int, store: Store, tmp_path: Path
) -> None:
    fed(store, A, B)
    census = Store(tmp_path / "census", tmp_path / "sent")
    send_census(census.landing, year, A, B)
    receive(census)
    told = {name: rows(store, name, year) for name in TABLES}
    assert told == {name: rows(census, name, year) for name in TABLES}
    assert len(TABLES) == 9
    empty = {2024: ["cin_cin_plan_dates", "cin_child_protection_plans"], 2025: []}
    assert [name for name in TABLES if not told[name]] == empty[year]


days = st.dates(date(2023, 3, 1), date(2025, 5, 1)) | st.sampled_from(
    [date(2024, 3, 31), date(2024, 4, 1), date(2025, 3, 31), date(2025, 4, 1)]
)
spans = st.tuples(days, st.none() | st.integers(0, 400)).map(
    lambda t: (t[0], None if t[1] is None else t[0] + timedelta(days=t[1]))
)
spells = st.lists(spans, max_size=2).map(
    lambda found: tuple(
        Spell(f"k{n}", start, end, ("3A",), conference=end) for n, (start, end) in enumerate(found)
    )
)
cases = st.builds(
    lambda span, nfa, a, n, e, p: Case(
        "", span[0], nfa, None if nfa else span[1], None if nfa or span[1] is None else "RC1", "2A", a, n, e, p
    ),
    spans, st.booleans(), spells, spells, spells, spells,
)  # fmt: skip


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.lists(cases, min_size=1, max_size=3), min_size=1, max_size=3))
def test_so_is_that_of_any_children(
    drawn: list[list[Case]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    children = [
        Child("ABC"[n], date(2015, 1, 1), tuple(_keyed(case, k) for k, case in enumerate(of_child)))
        for n, of_child in enumerate(drawn)
    ]
    home = tmp_path_factory.mktemp("any")
    store, census = Store(home / "a", home / "b"), Store(home / "c", home / "d")
    fed(store, *children)
    send_census(census.landing, YEAR, *children)
    receive(census)
    for name in TABLES:
        assert rows(store, name) == rows(census, name), name


def _keyed(case: Case, number: int) -> Case:
    return replace(case, key=str(number))


CARED = Child(
    "C", day("2008-02-03"),
    (Case("1", day("2023-05-01"), more={
        "child_looked_after_placements": [
            {"child_looked_after_placement_id": "l0", "start_date": "2023-06-01", "start_reason": "S",
             "placement_type": "U4", "postcode": "ZZ99 3VZ", "end_date": "2024-03-31", "end_reason": "X1",
             "change_reason": "CARPL"},
            {"child_looked_after_placement_id": "l1", "start_date": "2024-03-31", "start_reason": "P",
             "placement_type": "K2", "postcode": "ZZ99 3WZ", "end_date": "2025-04-01", "end_reason": "E4A",
             "change_reason": "PLANN"}],
        "adoption": {"initial_decision_date": "2024-10-01", "matched_date": "2024-12-01", "placed_date": "2025-01-05"},
        "care_worker_details": [{"worker_id": "W1", "start_date": "2023-06-01", "end_date": "2024-03-31"},
                                {"worker_id": "W2", "start_date": "2024-03-31", "end_date": "2025-04-09"}],
        "care_leavers": {"contact_date": "2025-02-20", "activity": "F1", "accommodation": "B"}}),),
    more={"child_details": {"uasc_flag": True, "uasc_end_date": "2025-02-01"},
          "health_and_wellbeing": {"sdq_assessments": [
              {"date": "2024-05-01", "score": 20}, {"date": "2024-09-01", "score": 12},
              {"date": "2025-04-02", "score": 3}]}},
)  # fmt: skip


def test_the_return_of_children_looked_after_has_what_the_feed_carries(store: Store) -> None:
    fed(store, CARED, A)
    born = day("2008-02-03")
    assert rows(store, "ssda903_header") == [("C", "F", born, "WBRI", None)]
    assert rows(store, "ssda903_episodes") == [
        ("C", day("2024-03-31"), "P", "K2", None, None, None, "ZZ99 3WZ")
    ]
    assert rows(store, "ssda903_episodes", 2024) == [
        ("C", day("2023-06-01"), "S", "U4", day("2024-03-31"), "X1", "CARPL", "ZZ99 3VZ"),
        ("C", day("2024-03-31"), "P", "K2", None, None, None, "ZZ99 3WZ"),
    ]
    assert rows(store, "ssda903_uasc") == [("C", "F", born, day("2025-02-01"))]
    assert rows(store, "ssda903_oc2") == [("C", born, "12")]
    assert rows(store, "ssda903_oc3") == [("C", born, "F1", "B")]
    assert rows(store, "ssda903_placed_adoption") == [("C", born, day("2024-10-01"))]
    assert rows(store, "ssda903_ad1") == []
    assert rows(store, "ssda903_sw_episodes") == [("C", born, "W2", day("2024-03-31"), None)]
    assert rows(store, "ssda903_sw_episodes", 2024)[0] == (
        "C", born, "W1", day("2023-06-01"), day("2024-03-31"),
    )  # fmt: skip


def test_what_the_feed_does_not_carry_is_blank_and_no_table_is_made_of_it(store: Store) -> None:
    fed(store, CARED, A)
    with connect() as con:
        view_returns(con, store, ledger.in_force(store))
        for name in TARGETS:
            for table in RETURNS[name].tables:
                blank = [c.name for c in columns(table) if f"{name}.{table.VIEW}.{c.name}" not in carried()]
                filled = " + ".join(f'count("{column}")' for column in blank) or "count(*) filter (false)"
                stored = f"returns.{RETURNS[name].stored_as(table)}"
                assert con.execute(f"select {filled} from {stored}").fetchall() == [(0,)], table.VIEW
    assert "ssda903.episodes.LS" not in carried()
    assert "cin.cin_details.PrimaryNeedCode" not in carried()


def test_every_row_leads_back_to_the_delivery_that_last_told_of_it(store: Store) -> None:
    fed(store, A, B)
    later = as_fed(B) | {"child_details": {"sex": "M"}, "social_care_episodes": []}
    deliver(store, "2025-05-01", later, at=1)
    with connect() as con:
        view_returns(con, store, ledger.in_force(store))
        found = con.execute(
            """select d.submission, count(*) from returns.cin_child_identifiers c
               join returns.daily_social_care_child_details d on d.source_file = c.source_file
                 and d.source_row = c.source_row and d.la_child_id = c.LAchildID
               where c.year = 2025 group by all"""
        ).fetchall()
    sent = {row["sent"].date(): row["submission"] for row in ledger.state(store).iter_rows(named=True)}
    assert dict(found) == {sent[day("2025-04-02")]: 1, sent[day("2025-05-01")]: 1}


def test_a_purge_takes_the_child_out_of_the_year(store: Store) -> None:
    fed(store, A, B)
    assert {row[0] for row in rows(store, "cin_cin_details")} == {"A", "B"}
    deliver(store, "2026-02-01", {"la_child_id": "B", "mis_child_id": "B", "purge": True}, at=1)
    assert {row[0] for row in rows(store, "cin_cin_details")} == {"A"}
    deliver(store, "2026-02-02", {"la_child_id": "A", "mis_child_id": "A", "purge": True}, at=2)
    assert "cin" not in ledger.in_force(store)


def test_the_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    first = Child("A", A.born, A.cases[:1])
    told = [("2023-04-01", as_fed(first)), ("2024-11-01", as_fed(A)), ("2025-04-02", {**as_fed(B)})]
    found = []
    for n, order in enumerate([told, told[::-1]]):
        store = Store(tmp_path / f"home{n}", tmp_path / f"landing{n}")
        for at, (when, child) in enumerate(order):
            deliver(store, when, child, at=at)
        found.append({name: rows(store, name) for name in TABLES})
    assert found[0] == found[1]
    assert found[0]["cin_cin_details"]


def test_a_night_with_nothing_new_writes_nothing_and_an_empty_return_is_none(store: Store) -> None:
    fed(store, A, B)
    force = ledger.in_force(store)
    assert "ssda903" not in force
    path = store.typed_path(RETURNS["cin"], RETURNS["cin"].table(CHILDREN["cin"]), *force["cin"][-1])
    made = path.stat().st_mtime_ns
    assert ledger.in_force(store) == force
    assert path.stat().st_mtime_ns == made
    assert gather(store, force, RETURNS["cin"], [YEAR])[YEAR]["rows: ChildIdentifiers"] == 2


def test_a_new_delivery_leaves_no_row_of_the_state_before_it_in_the_tables_of_returns(store: Store) -> None:
    """Else a purged child would stand in an old file for ever."""
    fed(store, A, B)
    ledger.in_force(store)
    before = set(store.returns.rglob("feed-*.parquet"))
    deliver(store, "2026-02-01", {"la_child_id": "B", "mis_child_id": "B", "purge": True}, at=1)
    assert {row[0] for row in rows(store, "cin_cin_details")} == {"A"}
    assert before
    assert not [path for path in before if path.exists()]


def test_withdrawing_a_delivery_leaves_no_row_of_it_in_the_tables_of_returns(store: Store) -> None:
    fed(store, A, B)
    gather(store, ledger.in_force(store), RETURNS["cin"], [YEAR])
    first = ledger.state(store).sort("sent")["submission"].to_list()[0]
    ledger.withdraw(store, first, now=receive(store, 1))
    assert not list(store.returns.rglob("feed-*.parquet"))
    assert not store.gathered("cin", YEAR).exists()
    assert pl.DataFrame(rows(store, "cin_cin_details")).is_empty()


def test_another_authoritys_feed_is_its_own(store: Store) -> None:
    fed(store, A)
    for when in ("2023-04-01", "2025-04-02"):
        deliver(store, when, as_fed(B), la="301", at=1)
    assert [la for year, la, _ in ledger.in_force(store)["cin"] if year == YEAR] == [LA, "301"]
