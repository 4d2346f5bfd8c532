"""Clerical review: what is exported, what may come back, and what it changes."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import duckdb
import openpyxl
import polars as pl
import pytest

from assets import review_sheet, reviewing
from assets.ingest import ledger
from assets.people import link_children
from assets.store import Store
from linkage import review
from pipelines.training import train_on_store
from schemas.duck import connect
from schemas.failures import WrongUse
from tests.pipelines.conftest import copy_of, outcomes


@pytest.fixture(scope="module")
def store(night_done: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A home of this module's own after one night."""
    return Store(copy_of(night_done.home, tmp_path_factory.mktemp("review") / "home"))


@pytest.fixture(scope="module")
def exported(store: Store) -> Path:
    path, pairs = reviewing.export(store, of_each=4)
    assert pairs > 10
    return path


def fill(path: Path, decisions: dict[str, str]) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book["Pairs"]
    for row in sheet.iter_rows(min_row=2):
        if row[3].value == "A" and row[0].value in decisions:
            row[1].value = decisions[row[0].value]
    book.save(path)


def person_of(store: Store, record: str) -> str:
    with connect(store.spine, read_only=True) as con:
        found = con.execute("select person_id from people.person where record_id = ?", [record]).fetchall()
    return str(found[0][0])


def one_pair(store: Store, exported: Path, *, is_linked: bool) -> dict[str, str]:
    """A pair of that spreadsheet: the same records may stand in another one under another name."""
    pairs = pl.read_parquet(reviewing.folder(store) / "pairs.parquet").filter(sample=exported.stem)
    return pairs.filter(is_linked=is_linked).sort("pair").row(0, named=True)


def test_the_spreadsheet_is_private_and_shows_two_lines_a_pair_and_no_weight(
    store: Store, exported: Path
) -> None:
    assert exported.parent == store.people / "review"
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    rows = list(openpyxl.load_workbook(exported)["Pairs"].iter_rows(values_only=True))
    assert list(rows[0]) == review_sheet.headings()
    assert [row[3] for row in rows[1:]] == ["A", "B"] * ((len(rows) - 1) // 2)
    assert not any("weight" in str(title).lower() for title in rows[0])


def test_every_kind_of_pair_is_drawn_and_small_kinds_whole(store: Store, exported: Path) -> None:
    drawn = pl.read_parquet(reviewing.folder(store) / "pairs.parquet")
    kinds = drawn.group_by("stratum").agg(pl.len().alias("n"), pl.col("of").first())
    by_model = drawn.filter(pl.col("stratum").str.starts_with("linked at a weight"))
    assert by_model.height > 0
    assert by_model["weight"].null_count() == by_model["model"].null_count() == 0
    assert (
        drawn.filter(~pl.col("is_weighed"))["weight"].null_count()
        == drawn.filter(~pl.col("is_weighed")).height
    )
    assert kinds.filter(pl.col("n") != pl.min_horizontal("of", pl.lit(4))).is_empty()
    assert drawn["is_linked"].any()
    assert not drawn["is_linked"].all()


def test_the_page_needs_nothing_from_elsewhere_and_is_private(store: Store) -> None:
    path, _ = reviewing.export(store, page=True, of_each=1)
    page = path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "http" not in page.replace("http-equiv", "")


def test_a_review_is_never_written_into_a_release(store: Store) -> None:
    with pytest.raises(WrongUse, match="release"):
        reviewing.export(store, store.releases / "pairs.xlsx")


def test_decisions_hold_in_the_next_run_and_say_why_an_id_changed(store: Store, exported: Path) -> None:
    joined = one_pair(store, exported, is_linked=False)
    parted = one_pair(store, exported, is_linked=True)
    fill(exported, {joined["pair"]: "same", parted["pair"]: "No"})
    told = reviewing.read_back(store, exported)
    assert (told["taken"], told["same"], told["apart"]) == (2, 1, 1)
    link_children(store, ledger.in_force(store), "after review")
    assert person_of(store, joined["record_a"]) == person_of(store, joined["record_b"])
    assert person_of(store, parted["record_a"]) != person_of(store, parted["record_b"])
    with connect(store.spine, read_only=True) as con:
        causes = con.execute("select why from people.person_change where run = 'after review'").fetchall()
    assert ("a reviewer decided that they are one child",) in causes
    assert ("a reviewer decided that they are two children",) in causes
    assert stat.S_IMODE(reviewing.decisions_path(store).stat().st_mode) == 0o600


def test_a_model_that_is_trained_on_purpose_learns_from_the_decisions_and_tells_of_no_record(
    store: Store, tmp_path: Path
) -> None:
    """After the decisions of the test before; a night in between trains nothing."""
    out = tmp_path / "models" / "ours.json"
    train_on_store(store, out, seed=1)
    told = json.loads(out.read_text(encoding="utf-8"))["labels"]
    assert told["given"] == {"same": 1, "apart": 1, "unsure": 0}
    known = reviewing.decisions(store)
    assert known is not None
    assert known.filter("is_weighed", "is_linked")["weight"].null_count() == 0
    written = out.read_text(encoding="utf-8") + out.with_suffix(".md").read_text(encoding="utf-8")
    assert "1 pairs are one child, 1 are two" in written
    assert not any(record in written for record in [*known["record_a"], *known["record_b"]])


def test_a_withdrawn_submission_takes_its_decisions_along(
    store: Store, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pl.read_parquet(reviewing.decisions_path(store))
    gone = before["record_a"].str.split("|").list.get(1)[0]
    monkeypatch.setattr(
        ledger, "state", lambda _: pl.DataFrame({"submission": [gone], "status": ["withdrawn"]})
    )
    reviewing.forget_withdrawn(store)
    for path in (reviewing.decisions_path(store), reviewing.folder(store) / "pairs.parquet"):
        assert gone.encode() not in path.read_bytes()
    assert pl.read_parquet(reviewing.decisions_path(store)).height < before.height


def test_an_odd_decision_is_refused_by_its_row_and_never_quoted(tmp_path: Path) -> None:
    sent = tmp_path / "review.csv"
    sent.write_text("Pair,Same child?,Why\nabc,same,\ndef,Amelia Quennell,\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="row 3") as caught:
        review_sheet.read_answers(sent)
    assert "Quennell" not in str(caught.value)


def test_a_pair_that_was_not_exported_is_refused_and_nothing_is_taken(store: Store, tmp_path: Path) -> None:
    sent = tmp_path / "review.csv"
    sent.write_text("Pair,Same child?,Why\nnever0000000,same,\n", encoding="utf-8")
    before = reviewing.fingerprint_of(store)
    with pytest.raises(WrongUse, match="did not export"):
        reviewing.read_back(store, sent)
    assert reviewing.fingerprint_of(store) == before


def test_a_workbook_with_a_doctype_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "review.xlsx"
    with zipfile.ZipFile(bomb, "w") as book:
        sheet = '<!DOCTYPE x [<!ENTITY e "x">]><worksheet><sheetData/></worksheet>'
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    with pytest.raises(WrongUse, match="within its limits"):
        review_sheet.read_answers(bomb)


def test_the_estimate_weighs_each_kind_by_its_size() -> None:
    decided = pl.DataFrame(
        [
            *(("large", 900, True, True, "same") for _ in range(10)),
            *(("small", 100, True, True, "same" if i else "apart") for i in range(2)),
            *(("refused", 50, False, True, "same" if i < 2 else "apart") for i in range(10)),
            ("small", 100, True, True, "unsure"),
        ],
        schema=["stratum", "of", "is_linked", "is_weighed", "decision"], orient="row",
    )  # fmt: skip
    told = review.estimate(decided)
    precision, recall = told["weighed"]["precision"], told["weighed"]["recall"]
    assert precision["estimate"] == pytest.approx((900 + 50) / 1000)
    assert recall["estimate"] == pytest.approx(950 / (950 + 10), abs=1e-6)
    assert precision["low"] < precision["estimate"] < precision["high"] <= 1
    assert told["certain"]["precision"] is None
    assert (told["pairs_reviewed"], told["unsure"]) == (23, 1)


def test_a_kind_that_was_seen_whole_has_no_error_of_sampling() -> None:
    rows = [("all", 4, True, True, "same" if i else "apart") for i in range(4)]
    told = review.estimate(
        pl.DataFrame(rows, schema=["stratum", "of", "is_linked", "is_weighed", "decision"], orient="row")
    )
    assert told["weighed"]["precision"] == {"estimate": 0.75, "low": 0.75, "high": 0.75}


def test_the_verb_says_where_the_pairs_are_and_json_alone_goes_to_stdout(store: Store) -> None:
    done = outcomes("linkage", "review", "--home", str(store.home), "--of-each", "1", "--json")
    told = json.loads(done.stdout)
    assert Path(told["file"]).exists()
    assert told["pairs"] > 3


def test_who_is_not_to_be_linked_is_forgotten_with_a_withdrawn_submission(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reviewing, "withdrawn", lambda _: ["gone"])
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as before; create schema before.people")
        con.execute(
            """create table before.people.do_not_link as from (values
              ('cin|gone|1', 'cin|kept|2', 'adoption'), ('cin|kept|2', 'cin|kept|3', 'adoption')) t(record_a, record_b, why);
            create table before.people.do_not_link_standing as from (values
              ('cin|gone|1', 'x'), ('cin|kept|2', 'y')) t(record_id, standing)"""
        )
        reviewing.load_bars(con, Store(tmp_path), "before.people")
        assert con.execute("from people.do_not_link").fetchall() == [("cin|kept|2", "cin|kept|3", "adoption")]
        assert con.execute("from people.do_not_link_standing").fetchall() == [("cin|kept|2", "y")]
