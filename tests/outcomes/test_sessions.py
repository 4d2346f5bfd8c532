"""Attendance added up when a census is gathered: what each code means, and nothing done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import gathered, sessions
from assets.gathered import InForce, Place
from assets.store import Store
from schemas.duck import connect
from schemas.returns import named
from tests.outcomes.drawn import deidentified, make_returns, read_tables

DRAWN = """
school_census_pupilonroll
  year | la  | term   | pupilonrolltableid | dob
  2024 | 202 | autumn | A                  | 01/02/2012
  2024 | 202 | autumn | B                  | 01/02/2012
  2025 | 301 | autumn | A                  | 01/02/2012
school_census_pupilnolongeronroll
  year | la  | term   | pupilnolongeronrolltableid | dob
  2024 | 202 | autumn | A                          | 01/02/2012
school_census_termlysessiondetailsonroll
  year | la  | term   | pupilonrolltableid | attendancereason | sessions
  2024 | 202 | autumn | A                  | /                | 90
  2024 | 202 | autumn | A                  | I                | 4
  2024 | 202 | autumn | A                  | O                | 3
  2024 | 202 | autumn | A                  | Y                | 7
  2024 | 202 | autumn | A                  | C2               | 50
  2024 | 202 | autumn | B                  | /                | 20
  2024 | 202 | autumn | B                  | I                | 5
  2024 | 202 | autumn | B                  | /                | 20
  2024 | 202 | autumn | B                  | I                | 6
  2024 | 202 | autumn | B                  | O                | 1
  2024 | 202 | autumn | B                  | O                | 1
  2024 | 202 | autumn |                    | O                | 8
  2025 | 301 | autumn | A                  | C2               | 2
  2025 | 301 | autumn | A                  | ?                | 2
school_census_termlysessiondetailsoffroll
  year | la  | term   | pupilnolongeronrolltableid | attendancereason | sessions
  2024 | 202 | autumn | A                          | L                | 11
school_census_summerhalfterm2sessiondetailsonroll
  year | la  | term   | pupilonrolltableid | attendancereason | sessions
  2024 | 202 | autumn | A                  | /                | 30
  2024 | 202 | autumn | A                  | G                | 2
school_census_summerhalfterm2sessiondetailsoffroll
  year | la  | term   | pupilnolongeronrolltableid | attendancereason | sessions
  2024 | 202 | autumn | A                          | ?                | 9
"""
"""C2 means something from 2025 on, Y means nothing that counts, and no list has a question mark."""

ADDED_UP = {
    ("202", "on", "A", 1): (97, 4, 3),
    ("202", "on", "A", 2): (32, 0, 2),
    ("202", "on", "B", 1): (27, 6, 1),
    ("202", "off", "A", 1): (11, 0, 0),
    ("202", "off", "A", 2): (0, 0, 0),
    ("301", "on", "A", 1): (2, 2, 0),
}
"""Authority, roll, pupil and half; sessions possible, missed with authority and without."""

Sums = dict[tuple[object, ...], tuple[object, ...]]
CENSUS = named("school_census")
SUMMED = f"select la, roll, pupil_key, half, possible, authorised, unauthorised from returns.{sessions.NAME}"


def by_pupil(rows: list[tuple[object, ...]]) -> Sums:
    found: Sums = {row[:4]: row[4:] for row in rows}
    assert len(found) == len(rows)
    return found


def test_sessions_are_added_up_by_what_their_codes_mean_in_that_year() -> None:
    with connect() as con:
        make_returns(con, read_tables(DRAWN))
        assert by_pupil(con.execute(SUMMED).fetchall()) == ADDED_UP


MISTAKES = [
    ("max(sessions)", "sum(sessions)"),
    ("max(sessions)", "min(sessions)"),
    ("as has_one_twice", "and false as has_one_twice"),
    ("and d.year between c.since and c.until", ""),
    ("filter (where is_possible)", ""),
    ("filter (where meaning = 'authorised')", "filter (where meaning in ('authorised', 'unauthorised'))"),
    ("filter (where meaning = 'unauthorised')", "filter (where is_possible)"),
    ("left join code", "join code"),
    ("where not has_one_twice", ""),
]


@pytest.mark.parametrize(("said", "mistaken"), MISTAKES)
def test_the_drawing_notices_a_mistake_in_adding_up(
    said: str, mistaken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said in sessions.SUMS
    monkeypatch.setattr(sessions, "SUMS", sessions.SUMS.replace(said, mistaken))
    with connect() as con:
        make_returns(con, read_tables(DRAWN))
        rows = con.execute(SUMMED).fetchall()
    assert sorted(rows) != sorted((*key, *sums) for key, sums in ADDED_UP.items())


def test_the_sums_stand_beside_the_pupil_and_blank_where_no_code_was_sent(tmp_path: Path) -> None:
    tables = read_tables(DRAWN)
    del tables["school_census_summerhalfterm2sessiondetailsoffroll"]
    columns = "coded_possible, coded_authorised, coded_unauthorised, coded_possible_2, coded_unauthorised_2"
    with deidentified(tables, tmp_path) as con:
        on, off = (
            con.execute(f"select {columns} from stored.school_census_{pupil} order by all").fetchall()
            for pupil in ("pupilonroll", "pupilnolongeronroll")
        )
        stored = {name for (name,) in con.execute("select view_name from duckdb_views()").fetchall()}
    assert on == [(2, 2, 0, None, None), (27, 6, 1, None, None), (97, 4, 3, 32, 2)]
    assert off == [(11, 0, 0, None, None)]
    assert not {name for name in stored if "session" in name}


# --- in a store -----------------------------------------------------------------------------------------

TOLD = """
school_census_pupilonroll
  year | la  | term   | pupilonrolltableid | dob
  2025 | 202 | autumn | A                  | 01/02/2012
  2025 | 202 | spring | B                  | 01/02/2012
  2025 | 301 | autumn | C                  | 01/02/2012
  2025 | 301 | spring | D                  | 01/02/2012
school_census_termlysessiondetailsonroll
  year | la  | term   | pupilonrolltableid | attendancereason | sessions
  2025 | 202 | autumn | A                  | /                | 10
  2025 | 202 | spring | B                  | /                | 20
  2025 | 301 | autumn | C                  | /                | 30
  2025 | 301 | spring | D                  | /                | 40
"""
OLD, NEW = "school_census-2025-301-spring", "sent-again"


def put(store: Store, text: str, renamed: dict[str, str] | None = None) -> InForce:
    """Write drawn rows where a store has those of each submission; which submissions those are."""
    places: set[Place] = set()
    with connect() as con:
        make_returns(con, read_tables(text))
        for table in CENSUS.tables:
            rows = f"returns.{CENSUS.stored_as(table)}"
            for place in con.execute(f"select distinct year, la, submission from {rows}").fetchall():
                year, la, submission = place
                path = store.typed_path(CENSUS, table, year, la, (renamed or {}).get(submission, submission))
                path.parent.mkdir(parents=True, exist_ok=True)
                con.execute(
                    f"copy (select * replace ('{path.stem}' as submission) from {rows} "
                    f"where submission = '{submission}') to '{path}'"
                )
                places.add((year, la, path.stem))
    return {CENSUS.name: sorted(places)}


def possible(store: Store, in_force: InForce) -> dict[object, object]:
    """Possible sessions by pupil, as a release reads them."""
    with connect() as con:
        gathered.view_returns(con, store, in_force)
        return dict(con.execute(f"select pupil_key, possible from returns.{sessions.NAME}").fetchall())


def files(store: Store) -> list[Path]:
    return sorted(store.gathered(CENSUS.name, 2025).glob("*/sessions-*/*.parquet"))


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "home")
    store.prepare()
    return store


@pytest.fixture(name="in_force")
def _in_force(store: Store) -> InForce:
    """Four censuses, gathered."""
    in_force = put(store, TOLD)
    gathered.gather(store, in_force, CENSUS, [2025])
    return in_force


def overwrite(store: Store) -> None:
    """Let every typed row say otherwise, as it never happens: whatever is read again is noticed."""
    put(store, TOLD.replace("| /  ", "| O  ").replace("0\n", "7\n"))


def test_gathered_sums_are_read_in_place_of_the_rows(store: Store, in_force: InForce) -> None:
    told = {"A": 10, "B": 20, "C": 30, "D": 40}
    assert possible(store, in_force) == told
    overwrite(store)
    assert possible(store, in_force) == told


def test_nothing_gathered_gives_the_same_sums(store: Store) -> None:
    in_force = put(store, TOLD)
    assert files(store) == []
    assert possible(store, in_force) == {"A": 10, "B": 20, "C": 30, "D": 40}
    assert possible(store, {}) == {}


def test_a_census_sent_again_is_added_up_and_no_other(store: Store, in_force: InForce) -> None:
    overwrite(store)
    put(store, TOLD.replace("| 40", "| 41"), {OLD: NEW})
    now = {
        CENSUS.name: [(*place[:2], NEW if place[2] == OLD else place[2]) for place in in_force[CENSUS.name]]
    }
    gathered.gather(store, now, CENSUS, [2025])
    assert possible(store, now) == {"A": 10, "B": 20, "C": 30, "D": 41}
    with connect() as con:
        kept = con.execute(
            f"select distinct submission from read_parquet({[str(path) for path in files(store)]})"
        )
        assert OLD not in {name for (name,) in kept.fetchall()}


def test_everything_is_added_up_again_when_all_is_asked_for_or_the_codes_change(
    store: Store, in_force: InForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwrite(store)
    otherwise = {"A": 17, "B": 27, "C": 37, "D": 47}
    monkeypatch.setattr(gathered, "code_version", lambda: "another version")
    gathered.gather(store, in_force, CENSUS, [2025])
    assert possible(store, in_force) == otherwise
    put(store, TOLD)
    gathered.gather(store, in_force, CENSUS, [2025], full=True)
    assert possible(store, in_force) == {"A": 10, "B": 20, "C": 30, "D": 40}


def test_large_submissions_are_added_up_one_after_another(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "AT_ONCE", 1)
    in_force = put(store, TOLD)
    gathered.gather(store, in_force, CENSUS, [2025])
    assert len(files(store)) == 4
    assert possible(store, in_force) == {"A": 10, "B": 20, "C": 30, "D": 40}


def test_a_year_without_a_row_of_sessions_has_no_sums(store: Store) -> None:
    tables = TOLD[: TOLD.index("school_census_termly")]
    in_force = put(store, tables)
    gathered.gather(store, in_force, CENSUS, [2025])
    assert possible(store, in_force) == {}
    gathered.gather(store, in_force, CENSUS, [2025], full=True)
    assert possible(store, in_force) == {}
