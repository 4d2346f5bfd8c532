"""What an authority explains and what is accepted survives nights, is counted apart everywhere, and stays inside."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets import checks, explanations, tonight
from assets.ingest import ledger
from assets.store import Store
from pipelines import night
from pipelines.status import status_of
from schemas.duck import connect
from tests.pipelines.conftest import copy_of

WHY = "Seen by Gnomonwick at the home; the record is right."
"""Holds what stands for a name: an explanation may name a child."""


def listed(store: Store, la: str) -> pl.DataFrame:
    return pl.read_parquet(store.current / "restricted" / "quality" / la / "findings.parquet")


def answered(store: Store) -> tuple[str, pl.DataFrame]:
    """Explain a child's finding of the largest authority and accept the rule that finds most there."""
    la = "888"
    rows = pl.read_csv(store.current / "restricted" / "quality" / la / "quality.csv", infer_schema=False)
    of_children = rows.filter(pl.col("Child").is_not_null())
    explained = of_children.head(1)
    sent = explained.with_columns(Explanation=pl.lit(WHY))
    folder = store.landing / "explanations" / la
    folder.mkdir(parents=True)
    (folder / "back.csv").write_bytes(sent.write_csv().encode())
    (store.landing / "explanations" / "unreadable.xlsx").write_bytes(b"\x89PNG")
    return la, explained


def accept(store: Store, la: str, ret: str, rule: str, until: str) -> None:
    store.waivers.write_text(
        f"authority,return,rule,child,until,reason\n{la},{ret},{rule},all,{until},agreed\n", encoding="utf-8"
    )


@pytest.fixture(scope="module")
def answered_night(
    night_done: Store, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Store, night.Outcome]:
    store = Store(copy_of(night_done.home, tmp_path_factory.mktemp("answered") / "home"))
    la, explained = answered(store)
    found = listed(store, la).filter(
        pl.col("rule") != explained["Error Code"].item(), pl.col("child").is_not_null()
    )
    most = found.group_by("return", "rule").len().sort("len", "rule", descending=True).head(1)
    accept(store, la, most["return"].item(), most["rule"].item(), "2099-12-31")
    return store, night.run(store)


def test_an_answer_makes_a_new_release_and_an_unreadable_one_is_told(
    answered_night: tuple[Store, night.Outcome],
) -> None:
    store, outcome = answered_night
    assert (outcome.is_new, outcome.new_trouble, outcome.exit_code) == (True, 1, 1)
    told = status_of(store)
    assert told.explanations == {"files": 2, "unreadable": 1, "explanations": 1}
    assert [len(lines) for lines in told.waivers.values()] == [1, 0, 0]
    again = night.run(store)
    assert (again.is_new, again.release, again.new_trouble) == (False, outcome.release, 0)


def test_the_finding_is_explained_the_rule_waived_and_neither_is_counted(
    answered_night: tuple[Store, night.Outcome], night_done: Store
) -> None:
    store, _ = answered_night
    before, after = listed(night_done, "888"), listed(store, "888")
    settled = after.filter(pl.col("standing") != "")
    assert settled.filter(standing="explained")["explanation"].to_list() == [WHY]
    assert settled.filter(standing="waived").height > 0
    codes = pl.col("rule").str.starts_with("explanation.") | pl.col("rule").str.starts_with("waiver.")
    assert after.filter(~codes).height == before.height
    board = pl.read_csv(
        next((store.current / "restricted" / "quality").glob("board_2025.csv")), infer_schema=False
    )
    counted = board.filter(la="888").select(pl.col("explained", "waived").cast(pl.Int64).sum())
    of_year = settled.filter(pl.col("year") == 2025)
    assert counted.rows() == [
        (of_year.filter(standing="explained")["n"].sum(), of_year.filter(standing="waived")["n"].sum())
    ]
    assert board.filter(la="301").select(pl.col("explained").cast(pl.Int64).sum()).item() == 0


def test_an_explanation_is_in_the_authoritys_own_report_and_nowhere_else(
    answered_night: tuple[Store, night.Outcome],
) -> None:
    store, _ = answered_night
    word = b"Gnomonwick"
    holding = {
        path.relative_to(store.home).parts[:1]
        for path in store.home.rglob("*")
        if path.is_file() and not path.is_symlink() and path.suffix in {".csv", ".html", ".json", ".log", ".db"}
        and word in path.read_bytes()
    }  # fmt: skip
    assert holding == {("landing",), ("releases",)}
    own = store.current / "restricted" / "quality" / "888"
    inside = [p for p in (store.current / "restricted").rglob("*.csv") if word in p.read_bytes()]
    assert inside == [own / "quality.csv"]
    with connect(store.current / "restricted" / "quality.duckdb", read_only=True) as con:
        assert "explanation" not in {
            name for (name,) in con.execute("select column_name from duckdb_columns()").fetchall()
        }


def test_findings_and_the_gates_expectations_are_tables_and_agree_with_what_was_counted(
    answered_night: tuple[Store, night.Outcome],
) -> None:
    store, outcome = answered_night
    manifest = json.loads((store.release(outcome.release) / "manifest.json").read_text())
    with connect(store.current / "restricted" / "quality.duckdb", read_only=True) as con:
        counts = con.execute(
            "select count(*), count(*) filter (where not success) from gate.expectation"
        ).fetchall()
        standing = dict(
            con.execute(
                "select standing, count(*) from findings.finding where la = '888' group by 1"
            ).fetchall()
        )
        columns = {name for (name,) in con.execute(
            "select column_name from duckdb_columns() where table_name = 'finding'"
        ).fetchall()}  # fmt: skip
    assert counts == [(manifest["gate"]["expectations"], manifest["gate"]["failed"])]
    assert counts[0][0] > 100
    assert standing == dict(
        listed(store, "888").filter(pl.col("status") != "fixed").group_by("standing").len().rows()
    )
    assert not columns & {"child", "values", "message", "explanation", "waiver"}


def test_what_the_rules_found_is_an_asset_check_that_warns(
    answered_night: tuple[Store, night.Outcome],
) -> None:
    store, _ = answered_night
    with dg.DagsterInstance.get() as instance:
        records = instance.event_log_storage.get_latest_asset_check_execution_by_key(
            list(checks.rules_hold.check_keys)
        )
    told = {key.asset_key.path[-1]: record.event.asset_check_evaluation for key, record in records.items()}
    assert set(told) == {ret.name for ret in checks.CHECKED}
    counts = checks.found(store)
    for ret, evaluation in told.items():
        assert evaluation.severity == dg.AssetCheckSeverity.WARN
        assert evaluation.passed == (not counts[ret]["errors"] and not counts[ret]["could not be checked"])
        assert evaluation.metadata["errors"].value == counts[ret]["errors"]


def test_figures_without_the_children_at_fault_are_what_is_measured_when_they_are_gone(
    night_done: Store,
) -> None:
    from assets.mending import Mending

    beside = Mending(night_done)
    in_force = ledger.in_force(night_done)
    path = night_done.tmp / "with.duckdb"
    measured = _measure(night_done, in_force, path, beside)
    (one,) = (
        beside.figures.filter(pl.col("return") == "cin", pl.col("with_them") != pl.col("without_them"))
        .sort("la", "rule", "year", "indicator").head(1).to_dicts()
    )  # fmt: skip
    gone = _Without(night_done, one)
    without = _measure(night_done, in_force, path, gone)
    key = (one["indicator"], one["la"], one["year"])
    assert measured[key] == pytest.approx(one["with_them"], abs=1e-4)
    if one["without_them"] is None:
        assert without.get(key) is None
    else:
        assert without[key] == pytest.approx(one["without_them"], abs=1e-4)


def _measure(store: Store, in_force: dict[str, list[tuple[int, str, str]]], path: Path, beside: object
             ) -> dict[tuple[str, str, int], float]:  # fmt: skip
    """Make the marts with something beside them; the values of authorities by title, authority, year."""
    from assets import keys, release
    from schemas.indicators import indicators

    release.build_marts(
        store, in_force, keys.load("marts", outside=store.home), path,
        release.made_up_populations(store), beside=beside,  # type: ignore[arg-type]
    )  # fmt: skip
    titles = {one.indicator_id: one.title for one in indicators().values()}
    with connect(path, read_only=True) as con:
        rows = con.execute(
            "select indicator_id, la_code, year, value from outcomes.indicator "
            "where geographic_level = 'Local authority' and category = 'Total' and value is not null"
        ).fetchall()
    return {(titles[name], la, year): value for name, la, year, value in rows}


class _Without:
    """Takes the children at fault out of every cohort that is counted, before it is counted."""

    def __init__(self, store: Store, one: dict[str, object]) -> None:
        from assets.mending import Mending

        self.inner, self.one = Mending(store), one

    def where_persons_meet(self, con: object, working: Path) -> None:
        self.inner.where_persons_meet(con, working)  # type: ignore[arg-type]
        path = working / "at_fault.parquet"
        rows = pl.read_parquet(path).filter(
            pl.col("la") == self.one["la"], pl.col("rule") == self.one["rule"],
            pl.col("return_name") == self.one["return"], pl.col("year") == self.one["year"],
        )  # fmt: skip
        gone = rows["child"].unique()
        for stored in working.glob("*.parquet"):
            frame = pl.read_parquet(stored)
            if "child" in frame.columns and "la" in frame.columns and stored != path:
                is_theirs = (pl.col("la") == self.one["la"]) & pl.col("child").is_in(gone.implode())
                frame.filter(~is_theirs).write_parquet(stored)

    def where_figures_are(self, con: object) -> None: ...


def test_a_waiver_that_ends_makes_another_release_and_is_said(answered_night: tuple[Store, night.Outcome],
                                                              tmp_path: Path) -> None:  # fmt: skip
    store = Store(copy_of(answered_night[0].home, tmp_path / "home"))
    later = tonight.make_release(store, ledger.in_force(store), today=date(2100, 1, 1))
    assert later.is_new
    after = listed(store, "888")
    assert after.filter(standing="waived").is_empty()
    assert after.filter(rule="waiver.ended").height > 0
    assert after.filter(standing="explained")["explanation"].to_list() == [WHY]
    assert explanations.register(store).height == 1
