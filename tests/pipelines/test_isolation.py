"""One authority's bad file changes nothing for the others, whoever sends it and whatever is wrong with it.

Every kind of bad file takes the place of a good one: of the authority that sent the least, of the one
that sent the most, and of one drawn by lot. All that reading and the rules made of the other authorities
is then compared with what they made without the bad file, by hash; and at the end a whole night is.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import synthetic
from assets.checking import check, coverage_of_rules, findings_of_rules
from assets.completeness import completeness
from assets.ingest import Limits, all_findings, ingest, ledger
from assets.store import Store
from pipelines import night
from quality.registry import rules
from quality.report.inputs import ENGLAND
from schemas.duck import connect
from schemas.indicators import indicators
from schemas.marts import MARTS
from schemas.returns import RETURNS
from schemas.table import columns
from tests.pipelines.bad_files import DECKS, KINDS, LINK, MAY_NOT_BE_OPENED, Around
from tests.pipelines.conftest import YEARS, copy_of
from tests.pipelines.linked_elsewhere import Moved, moved, reach

LAS = ["201", "202", "340", "881", "888", "926"]
"""One of them, 340, sends its 903 as XML; it is never the one that is hit."""
NOW = datetime(2025, 9, 1, 12, tzinfo=UTC)
THIS, LAST = YEARS[1], YEARS[0]
VICTIMS = ("the smallest", "the largest", "one drawn by lot")
FROM_ANOTHER = "another authority's"
IN_PLACE = ("a quotation mark that is never closed", "headings that nobody knows", "an empty file")
"""In the whole night these hit the return in force; every other kind comes in a folder of its own beside it."""

Picture = dict[str, str]
"""What the store holds of one authority: a hash for every file, and for the findings of every return."""


@dataclass(frozen=True)
class Read:
    """What reading and the rules made of a landing folder."""

    pictures: dict[str, Picture]
    state: pl.DataFrame
    findings: pl.DataFrame
    originals: frozenset[str]
    unopened: int


# --- who is hit ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six authorities on whose files nothing has run; of the school's three censuses the spring one will do."""
    home = tmp_path_factory.mktemp("six") / "home"
    synthetic.make_country(home, scale=0.003, years=YEARS, seed=5, las=LAS)
    for path in (home / "landing" / "school_census").rglob("*.csv"):
        if "_spring_" not in path.name:
            path.unlink()
    return home


@pytest.fixture(scope="module")
def victims(small_country: Path) -> list[str]:
    """By what they sent: the smallest, the largest, and one of the others."""
    files = [path for path in (small_country / "landing").rglob("*.*") if path.is_file()]
    sent = {la: sum(path.stat().st_size for path in files if path.parent.name == la) for la in LAS}
    with_tables = {path.parent.name for path in files if path.name == "episodes.csv"} & set(LAS)
    smallest, *others, largest = sorted(with_tables, key=lambda la: sent[la])
    return [smallest, largest, random.Random("lot").choice(others)]


@pytest.fixture(scope="module")
def bystanders(victims: list[str]) -> list[str]:
    return [la for la in LAS if la not in victims]


def around(landing: Path, ret: str, la: str, other: str) -> Around:
    return Around(landing / ret / str(LAST) / la, landing / ret / str(THIS) / other)


# --- one reading per round, in which every victim has one kind of each deck ---------------------------


ROUNDS = max(len(deck) for deck in DECKS)


def kinds_in(number: int, victim: int) -> list[str]:
    return [deck[(number + victim) % len(deck)] for deck in DECKS]


def round_with(kind: str, victim: int) -> int:
    (deck,) = [deck for deck in DECKS if kind in deck]
    return (deck.index(kind) - victim) % len(deck)


@pytest.fixture(scope="module")
def before(first_night: Store) -> Read:
    return _told(first_night, 0)


@pytest.fixture(scope="module")
def rounds(
    first_night: Store, victims: list[str], bystanders: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], Read]:
    """What each round came to; a round is read when it is first asked for."""
    done: dict[int, Read] = {}

    def read(number: int) -> Read:
        if number not in done:
            store = _working_copy(first_night, tmp_path_factory.mktemp("round") / "home")
            for at, la in enumerate(victims):
                for name in kinds_in(number, at):
                    folder = store.landing / KINDS[name].ret / str(THIS) / la
                    KINDS[name].spoil(folder, around(store.landing, KINDS[name].ret, la, bystanders[0]))
            done[number] = _read(store)
            shutil.rmtree(store.home)
        return done[number]

    return read


def _working_copy(store: Store, home: Path) -> Store:
    """A copy without what neither reading nor the rules look at."""
    left_out = shutil.ignore_patterns("releases", "current", "people", "dagster", "tmp", "truth")
    shutil.copytree(store.home, home, ignore=left_out, copy_function=_copied)
    return Store(home)


def _copied(source: str, target: str) -> None:
    """What the store never changes in place may be shared; the landing folder and the ledger may not."""
    share = os.link if source.endswith((".parquet", ".gz")) else shutil.copy2
    share(source, target)


def _read(store: Store) -> Read:
    """The morning after: what came is read, and every return that could have changed is checked."""
    summary = ingest(store, now=NOW + timedelta(hours=1), limits=Limits(workers=1))
    in_force = ledger.in_force(store)
    for ret in RETURNS.values():
        check(store, in_force, ret, YEARS)
    return _told(store, summary.unopened)


def _told(store: Store, unopened: int) -> Read:
    originals = frozenset(path.stem for path in store.submissions.glob("??/*.gz"))
    return Read(_pictures(store), ledger.state(store), all_findings(store), originals, unopened)


def _pictures(store: Store) -> dict[str, Picture]:
    found: dict[str, Picture] = {la: {} for la in LAS}
    for folder in (store.raw, store.returns, store.findings / "ingest"):
        for path in sorted(folder.rglob("la=*/*.parquet")):
            name = str(path.relative_to(store.home))
            found[path.parent.name[3:]][name] = hashlib.sha256(path.read_bytes()).hexdigest()
    for what, frame in (("rules", findings_of_rules(store)), ("coverage", coverage_of_rules(store))):
        for (la, ret, year), part in frame.partition_by("la", "return", "year", as_dict=True).items():
            found[la][f"{what}/{ret}/{year}"] = hashlib.sha256(part.write_csv().encode()).hexdigest()
    return found


def files_of(picture: Picture) -> Picture:
    return {name: sha for name, sha in picture.items() if name.endswith(".parquet")}


def checks_of(picture: Picture, replaced: set[str]) -> Picture:
    """Findings and coverage of last year, and of this year where they do not rest on what was replaced."""
    return {
        name: sha
        for name, sha in picture.items()
        if not name.endswith(".parquet")
        and (str(LAST) in name or not rests_on(name.split("/")[1]) & replaced)
    }


def rests_on(ret: str) -> set[str]:
    """A return and the others that its rules read."""
    read = {name.split(".")[0] for rule in rules(ret, THIS) for name in rule.reads if "." in name}
    return {ret} | (read & RETURNS.keys())


def replaces(kind: str) -> bool:
    """Whether the submission with the bad file counts instead of the good one before it."""
    return KINDS[kind].status == "current" or (kind == MAY_NOT_BE_OPENED and os.geteuid() == 0)


def new_submissions(read: Read, before: Read) -> pl.DataFrame:
    return read.state.join(before.state.select("submission"), on="submission", how="anti")


def without_what_others_sent(read: Read, before: Read, la: str) -> Picture:
    """An authority's picture less the files of submissions that came in another authority's folder."""
    elsewhere = ~pl.col("folder").str.contains(f"/{la}(/|$)")
    foreign = set(new_submissions(read, before).filter(la=la).filter(elsewhere)["submission"])
    return {name: sha for name, sha in read.pictures[la].items() if Path(name).stem not in foreign}


each_kind = pytest.mark.parametrize("kind", KINDS)
each_victim = pytest.mark.parametrize("victim", range(len(VICTIMS)), ids=VICTIMS)


@each_victim
@each_kind
def test_a_bad_file_is_told_of_under_its_code_and_its_submission_has_its_status(
    kind: str,
    victim: int,
    rounds: Callable[[int], Read],
    before: Read,
    victims: list[str],
    bystanders: list[str],
) -> None:
    if kind == MAY_NOT_BE_OPENED and os.geteuid() == 0:
        pytest.skip("root may open every file")
    read, expected, la = rounds(round_with(kind, victim)), KINDS[kind], victims[victim]
    folder = f"{expected.ret}/{THIS}/{la}"
    came = new_submissions(read, before).filter(pl.col("folder").str.starts_with(folder))
    assert set(came["status"]) == {expected.status} - {""}
    named = bystanders[0] if kind.startswith(FROM_ANOTHER) else la
    told = read.findings.join(before.findings, on=read.findings.columns, how="anti", nulls_equal=True)
    codes = set(told.filter(pl.col("la") == named, pl.col("return") == expected.ret)["rule"])
    assert (expected.code in codes) if expected.code else not codes
    assert read.unopened == (MAY_NOT_BE_OPENED in kinds_of_round(kind, victim) and os.geteuid() != 0)


def kinds_of_round(kind: str, victim: int) -> list[str]:
    return [name for at in range(len(VICTIMS)) for name in kinds_in(round_with(kind, victim), at)]


@each_victim
@each_kind
def test_no_file_finding_or_coverage_of_another_authority_changes(
    kind: str, victim: int, rounds: Callable[[int], Read], before: Read, bystanders: list[str]
) -> None:
    read = rounds(round_with(kind, victim))
    assert not new_submissions(read, before).is_empty()
    for la in bystanders:
        assert len(before.pictures[la]) > 50
        assert without_what_others_sent(read, before, la) == before.pictures[la]


@each_victim
@each_kind
def test_what_the_authority_sent_before_stays_and_where_it_still_counts_so_do_its_findings(
    kind: str, victim: int, rounds: Callable[[int], Read], before: Read, victims: list[str]
) -> None:
    number, la = round_with(kind, victim), victims[victim]
    was, now = before.pictures[la], rounds(number).pictures[la]
    assert files_of(was).items() <= files_of(now).items()
    replaced = {KINDS[name].ret for name in kinds_in(number, victim) if replaces(name)}
    assert checks_of(was, {*RETURNS})
    assert checks_of(now, replaced) == checks_of(was, replaced)


@each_victim
def test_what_a_link_leads_to_is_not_read(
    victim: int, rounds: Callable[[int], Read], before: Read, first_night: Store, victims: list[str]
) -> None:
    """The file behind the link is the authority's table and a blank line, so that its hash is known."""
    behind = first_night.landing / f"ssda903/{THIS}/{victims[victim]}/episodes.csv"
    assert hashlib.sha256(behind.read_bytes()).hexdigest() in before.originals
    hidden = hashlib.sha256(behind.read_bytes() + b"\n").hexdigest()
    assert hidden not in rounds(round_with(LINK, victim)).originals


# --- a whole night with everything at once ------------------------------------------------------------


@pytest.fixture(scope="module")
def still() -> Iterator[None]:
    """The day, and what a report shows of England: all that another authority's file may move in it."""
    nothing, minutes = pl.DataFrame(schema=ENGLAND), itertools.count()
    clock = SimpleNamespace(now=lambda _: NOW + timedelta(minutes=next(minutes)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assets.stages.datetime", clock)
        patch.setattr("assets.reports.england_medians", lambda *_: nothing)
        patch.setattr("assets.reports.completeness", lambda con: completeness(con).with_columns(england=None))
        yield


@pytest.fixture(scope="module")
def first_night(small_country: Path, still: None, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The six authorities after a night without a bad file."""
    store = Store(copy_of(small_country, tmp_path_factory.mktemp("first") / "home"))
    night.run(store)
    return store


@pytest.fixture(scope="module")
def bad_night(
    first_night: Store, victims: list[str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Store, night.Outcome]:
    """The night on which everything bad came at once, for readers who have no release before it."""
    store = Store(copy_of(first_night.home, tmp_path_factory.mktemp("bad") / "home"))
    store.current.unlink()
    turns = itertools.cycle(zip(victims, victims[1:] + victims[:1], strict=True))
    for number, (name, (la, other)) in enumerate(zip(KINDS, turns, strict=False)):
        _send_beside(store.landing, number, name, la, other)
    for la, name in zip(victims, IN_PLACE, strict=True):
        folder = store.landing / "ssda903" / str(THIS) / la
        KINDS[name].spoil(folder, around(store.landing, "ssda903", la, la))
    return store, night.run(store)


def _send_beside(landing: Path, number: int, name: str, la: str, other: str) -> None:
    """A spoilt copy of an authority's good folder, in a folder dated before the first night."""
    ret = KINDS[name].ret
    good = landing / ret / str(THIS) / la
    folder = good / f"{THIS}-07-{number + 1:02d}"
    folder.mkdir()
    for path in good.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    KINDS[name].spoil(folder, around(landing, ret, la, other))


def of_others(store: Store, name: str, bystanders: list[str]) -> pl.DataFrame:
    """The rows of a mart that are about the authorities that sent nothing bad."""
    code = "la_code" if "la_code" in {c.name for c in columns(MARTS[name])} else "la"
    with connect(store.current / "restricted" / "marts.duckdb", read_only=True) as con:
        frame: pl.DataFrame = con.sql(f"from {name} where {code} in {tuple(bystanders)} order by all").pl()
        return frame


OF_ENGLAND = {"outcomes.funnel"}
"""Marts whose rows compare an authority with England: they rest on everyone's returns."""
LINKED = {"outcomes.child_year", "outcomes.attendance_year"}
"""Marts that bring a child's returns together, whichever authorities sent them."""
ABOUT_AUTHORITIES = [
    name
    for name, mart in MARTS.items()
    if {c.name for c in columns(mart)} & {"la", "la_code"} and name.startswith("outcomes.")
    if name not in OF_ENGLAND
]


def test_the_bad_night_ends_with_a_release_in_which_only_what_came_from_those_hit_is_new(
    first_night: Store, bad_night: tuple[Store, night.Outcome], victims: list[str]
) -> None:
    store, outcome = bad_night
    assert (outcome.is_new, outcome.exit_code) == (True, 1)
    state = ledger.state(store)
    assert set(state.filter(pl.col("status").is_in(["held", "quarantined"]))["la"]) == set(victims)
    was, now = (set(ledger.in_force(s)["ssda903"]) for s in (first_night, store))
    assert {la for _, la, _ in now - was} == set(victims)
    assert {(year, la) for year, la, _ in now} == {(year, la) for year, la, _ in was}


@pytest.fixture(scope="module")
def links(first_night: Store, bad_night: tuple[Store, night.Outcome]) -> Moved:
    """Who was linked with whom on both nights, and whose links what those hit sent may have moved."""
    return moved(first_night, bad_night[0])


def test_the_links_of_whoever_is_not_linked_with_nor_taken_for_a_child_of_those_hit_stay(
    links: Moved, bystanders: list[str]
) -> None:
    """Every link with its weight and evidence, the person at every strength, the reason for finding no school."""
    of_others = pl.col("la").is_in(bystanders)
    was, now = (
        one.records.filter(of_others, ~pl.col("person_id").is_in(links.may_move))
        for one in (links.was, links.now)
    )
    assert was.height > 0.8 * links.was.records.filter(of_others).height
    assert_frame_equal(now, was)
    was, now = (
        one.links.filter(~pl.col("person_id").is_in(links.may_move)) for one in (links.was, links.now)
    )
    assert was.height > 100
    assert_frame_equal(now, was)


def test_no_child_of_another_authority_becomes_somebody_else(links: Moved, bystanders: list[str]) -> None:
    """Also those who were linked with children of those hit keep their ids, and so do those taken for them."""
    was, now = (
        one.records.filter(pl.col("la").is_in(bystanders)).select("record_id", "person_id")
        for one in (links.was, links.now)
    )
    assert not was.filter(pl.col("person_id").is_in(links.linked)).is_empty()
    assert_frame_equal(now, was)


@pytest.mark.parametrize("name", [name for name in ABOUT_AUTHORITIES if name != "outcomes.indicator"])
def test_no_row_about_another_authority_changes_in_any_mart_but_of_children_linked_with_those_hit(
    name: str,
    first_night: Store,
    bad_night: tuple[Store, night.Outcome],
    bystanders: list[str],
    links: Moved,
) -> None:
    was, now = (of_others(store, name, bystanders) for store in (first_night, bad_night[0]))
    if name in LINKED:
        linked_with_them = pl.col("child").is_in(links.children(links.linked))
        rows = was.height
        was, now = was.filter(~linked_with_them), now.filter(~linked_with_them)
        assert was.height > 0.9 * rows
    assert_frame_equal(now, was, check_exact=True)


KEYS = [
    "indicator_id", "indicator_version", "year", "time_identifier", "geographic_level", "la_code", "breakdown", "category",
]  # fmt: skip


def test_figures_of_another_authority_move_by_no_more_than_its_children_linked_with_those_hit(
    first_night: Store, bad_night: tuple[Store, night.Outcome], bystanders: list[str], links: Moved
) -> None:
    """A figure that rests on no link stays; one that does may lose these children, and nobody else."""
    was, now = (of_others(store, "outcomes.indicator", bystanders) for store in (first_night, bad_night[0]))
    both = now.join(was, on=KEYS, how="full", nulls_equal=True, suffix="_was")
    assert both.height == was.height == now.height
    may = reach(first_night, links, bystanders).join(
        reach(bad_night[0], links, bystanders), on=["la_code", "year"], suffix="_now"
    )
    changed = now.join(was, on=now.columns, how="anti", nulls_equal=True)
    figures = changed.join(was, on=KEYS, nulls_equal=True, suffix="_was").join(
        may, on=["la_code", "year"], how="left"
    )
    registry = indicators()
    assert all(registry[one].links for one in figures["indicator_id"])
    assert figures.height < 0.02 * was.height
    for figure in figures.iter_rows(named=True):
        counts = registry[figure["indicator_id"]].out_of == "rows"
        most = max(
            figure[key] for key in (("children", "children_now") if counts else ("sessions", "sessions_now"))
        )
        for part in ("numerator", "denominator"):
            assert abs((figure[part] or 0) - (figure[part + "_was"] or 0)) <= most


def test_no_report_of_another_authority_changes_by_a_byte(
    first_night: Store, bad_night: tuple[Store, night.Outcome], bystanders: list[str]
) -> None:
    was, now = (_reports(store, bystanders) for store in (first_night, bad_night[0]))
    assert len(was) >= 3 * len(bystanders)
    assert now == was


def _reports(store: Store, las: list[str]) -> dict[str, str]:
    quality = store.current / "restricted" / "quality"
    return {
        str(path.relative_to(quality)): hashlib.sha256(path.read_bytes()).hexdigest()
        for la in las
        for path in sorted((quality / la).iterdir())
    }


@pytest.mark.parametrize("file", [f"quality/board_{THIS}.csv", f"quality/board_{LAST}.csv"])
def test_the_lines_of_other_authorities_stay_on_boards(
    file: str, first_night: Store, bad_night: tuple[Store, night.Outcome], bystanders: list[str]
) -> None:
    was, now = (
        _lines(store.current / "restricted" / file, bystanders) for store in (first_night, bad_night[0])
    )
    assert set(was["la"]) == set(bystanders)
    assert_frame_equal(now, was)


def test_the_linkage_summary_of_other_authorities_moves_only_by_children_linked_with_those_hit(
    first_night: Store, bad_night: tuple[Store, night.Outcome], bystanders: list[str], links: Moved
) -> None:
    """A line with no such child stays; in any other each count moves by no more than there are of them."""
    place = ["source", "year", "la"]
    was, now = (
        _lines(store.current / "restricted" / "linkage" / "summary.csv", bystanders).cast({"year": pl.Int64})
        for store in (first_night, bad_night[0])
    )
    touched = links.was.records.filter(pl.col("person_id").is_in(links.linked)).group_by(place).len("most")
    assert_frame_equal(now.join(touched, on=place, how="anti"), was.join(touched, on=place, how="anti"))
    counts = [name for name in was.columns if name not in (*place, "school_age_link_rate")]
    both = now.join(was, on=place, suffix="_was").join(touched, on=place)
    assert both.height
    for name in counts:
        change = (both[name].cast(pl.Int64) - both[name + "_was"].cast(pl.Int64)).abs()
        assert (change <= both["most"]).all()


def _lines(path: Path, las: list[str]) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False).filter(pl.col("la").is_in(las))


def test_the_figures_of_the_authorities_that_were_hit_did_move(
    first_night: Store, bad_night: tuple[Store, night.Outcome], victims: list[str]
) -> None:
    """Or the tests above would compare nothing with nothing."""
    was, now = (of_others(store, "outcomes.placement", victims) for store in (first_night, bad_night[0]))
    assert now.height < was.height
