"""From landing folder to store: one authority's bad file changes nothing for the others."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
import subprocess
import sys
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.ingest import Limits, all_findings, ingest, ledger, pool, read_paths, run, worker, writing
from assets.store import Store
from schemas.failures import Trouble
from schemas.findings import SCHEMA
from schemas.table import PROVENANCE
from tests.ingest.written import CHILD, EPISODES, HEADER, NOW, cin, land, land_903, ssda903_xml

ONE = Limits(workers=1)
ROOT = Path(__file__).resolve().parents[2]
GOOD = ("202", "203")
XML_BOMB = b"<EXPSSDA903><CHILD><HEADER>" + b"<a/>" * 3_000_000 + b"</HEADER></CHILD></EXPSSDA903>"


def good(landing: Path) -> None:
    """Two authorities whose files are fine."""
    for la in GOOD:
        land(landing, f"cin/2025/{la}/cin.xml", cin(la))
        land_903(landing, f"ssda903/2025/{la}", f"C{la}")
        rows = f"pupilonrolltableid,upn,surname,forename,dob,enrolstatus\n{la},A1,Doe,Jane,2014-Feb-03 00:00:00,C\n"
        land(landing, f"school_census/2025/{la}/2025_spring_pupilonroll.csv", rows)


FAULTS: dict[str, tuple[dict[str, bytes], str, str]] = {
    "truncated": ({"cin/2025/301/Jane Doe.xml": cin("301")[:-200]}, "file.xml_broken", "quarantined"),
    "delimiter": (
        {"ssda903/2025/302/e.csv": EPISODES.format(child="A").replace(",", ";").encode()},
        "file.wrong_delimiter", "current",
    ),
    "year": ({"cin/2024/303/cin.xml": cin("303")}, "file.wrong_year", "held"),
    "old episodes": (
        {"ssda903/2025/303/e.csv": EPISODES.replace("2024", "2011").replace("2025,P", "2011,P").replace("2025", "2011")
         .replace(",,,,", ",01/01/2012,E11,,").encode()},
        "file.wrong_year", "held",
    ),
    "folder": ({"cin/2025/304/cin.xml": cin("305")}, "file.authority_disagrees", "held"),
    "empty": ({"ssda903/2025/306/e.csv": b""}, "file.empty", "quarantined"),
    "zip": ({"ssda903/2025/307/all.csv": b"PK\x03\x04" + b"\0" * 99}, "file.zip", "quarantined"),
    "gzip": ({"cin/2025/308/cin.xml": gzip.compress(cin("308"))}, "file.zip", "quarantined"),
    "doctype": ({"cin/2025/309/cin.xml": b"<!DOCTYPE Message>" + cin("309")}, "file.doctype", "quarantined"),
    "unknown": ({"upload/cin.xml": cin("999")}, "file.authority_unknown", "current"),
    "copy": (
        {"ssda903/2025/310/e.csv": EPISODES.encode(), "ssda903/2025/310/e (1).csv": EPISODES.encode()},
        "file.duplicate", "current",
    ),
    "alike": (
        {"ssda903/2025/311/e.csv": EPISODES.encode(), "ssda903/2025/311/old.csv": EPISODES.replace("{", "2{").encode()},
        "file.two_tables_alike", "current",
    ),
    "bad table": (
        {"ssda903/2025/312/e.csv": EPISODES.encode(), "ssda903/2025/312/header.csv": b"PK\x03\x04"},
        "file.zip", "current",
    ),
    "bad row": ({"ssda903/2025/313/h.csv": HEADER.encode() + b"Jane,x\n"}, "row.wrong_width", "current"),
    "bad cell": ({"ssda903/2025/314/h.csv": HEADER.replace("03/02/2014", "Jane").encode()}, "cell.not_a_date", "current"),
    "too much memory": ({"ssda903/2025/315/x.xml": XML_BOMB}, "file.limit_reached", "quarantined"),
    "too large": ({"ssda903/2025/316/x.csv": b"x" * 14_000_000}, "file.too_large", "quarantined"),
}  # fmt: skip
TIGHT = Limits(workers=1, memory_bytes=420 << 20, memory_per_byte=0, max_file_bytes=13_000_000)


def folder_of(fault: str) -> str:
    return str(Path(next(iter(FAULTS[fault][0]))).parent)


def hashes(store: Store, las: tuple[str, ...] = GOOD) -> dict[str, str]:
    """Every Parquet file of some authorities, by content."""
    return {
        str(path.relative_to(store.home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for la in las
        for folder in (store.raw, store.returns, store.findings)
        for path in sorted(folder.rglob(f"la={la}/*.parquet"))
    }


def fresh(tmp: Path) -> Store:
    landing = tmp / "landing"
    landing.mkdir(parents=True)
    return Store(tmp / "home", landing)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = fresh(tmp_path_factory.mktemp("clean"))
    good(store.landing)
    ingest(store, now=NOW, limits=ONE)
    return store


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The same two authorities, and every fault in files of others."""
    store = fresh(tmp_path_factory.mktemp("spoilt"))
    good(store.landing)
    for files, _, _ in FAULTS.values():
        for name, content in files.items():
            land(store.landing, name, content)
    summary = ingest(store, now=NOW, limits=TIGHT)
    statuses = [status for _, _, status in FAULTS.values()]
    assert (summary.held, summary.quarantined) == (statuses.count("held"), statuses.count("quarantined"))
    assert summary.new_trouble == summary.held + summary.quarantined + 1  # and the table in the bad zip
    return store


@pytest.mark.xdist_group("spoilt")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_file_is_found_and_its_submission_has_the_right_status(spoilt: Store, fault: str) -> None:
    _, code, status = FAULTS[fault]
    state = ledger.state(spoilt).filter(pl.col("folder") == folder_of(fault))
    assert state["status"].to_list() == [status]
    found = all_findings(spoilt).filter(pl.col("submission") == state["submission"][0])
    assert code in found["rule"].to_list()
    if status in ("held", "quarantined"):
        assert state["reason"].to_list() == [code]


@pytest.mark.xdist_group("spoilt")
def test_the_other_authorities_files_are_the_same_to_the_byte(clean: Store, spoilt: Store) -> None:
    tables, raw_and_typed, findings = 11 + 2 + 1, 2, 1
    assert len(hashes(clean)) == len(GOOD) * (tables * raw_and_typed + findings)
    assert hashes(clean) == hashes(spoilt)


@pytest.mark.xdist_group("spoilt")
def test_no_finding_holds_a_value_or_a_files_name(spoilt: Store) -> None:
    frame = all_findings(spoilt)
    assert frame.schema == pl.Schema(SCHEMA)
    for text in frame.select(pl.concat_str(pl.all().cast(pl.String), ignore_nulls=True)).to_series():
        assert "Jane" not in text
        assert "Doe.xml" not in text


@pytest.mark.xdist_group("spoilt")
def test_rows_that_were_set_aside_are_kept_with_their_line(spoilt: Store) -> None:
    (aside,) = (spoilt.raw / "ssda903_header").rglob("la=313/*.quarantined.parquet")
    assert pl.read_parquet(aside).select("source_row", "source_line", "reason", "text").rows() == [
        (2, 3, "row.wrong_width", "Jane,x")
    ]
    (typed,) = (spoilt.returns / "ssda903_header").rglob("la=313/*.parquet")
    assert pl.read_parquet(typed).height == 1


@pytest.mark.xdist_group("spoilt")
def test_a_held_submission_is_typed_and_not_in_force(spoilt: Store) -> None:
    assert list((spoilt.returns / "cin_cin_details").rglob("la=305/*.parquet"))
    assert "305" not in {la for _, la, _ in ledger.in_force(spoilt)["cin"]}


@pytest.mark.xdist_group("spoilt")
def test_every_original_is_kept_by_its_hash_read_only(spoilt: Store) -> None:
    sent = {
        hashlib.sha256(c).hexdigest()
        for files, _, _ in FAULTS.values()
        for c in files.values()
        if len(c) < 13_000_000
    }
    kept = {path.stem: path for path in spoilt.submissions.glob("??/*.gz")}
    assert sent <= kept.keys()
    for sha256, path in kept.items():
        assert hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest() == sha256
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
        assert path.read_bytes()[4:8] == b"\0" * 4


@pytest.mark.xdist_group("spoilt")
def test_a_second_run_opens_nothing(spoilt: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = spoilt.ledger.read_bytes()
    monkeypatch.setattr("assets.ingest.originals._keep", None)
    monkeypatch.setattr("assets.ingest.pool._Process", None)
    summary = ingest(spoilt, now=NOW + timedelta(days=1), limits=TIGHT)
    assert (summary.submissions, summary.new_trouble) == (0, 0)
    assert spoilt.ledger.read_bytes() == before


def test_typed_rows_say_where_they_come_from(clean: Store) -> None:
    (path,) = (clean.returns / "ssda903_episodes").rglob("la=202/*.parquet")
    frame = pl.read_parquet(path, hive_partitioning=False)
    for name, kind, _ in PROVENANCE:
        assert frame.schema[name] == kind
    assert frame.select("year", "la", "source_row", "source_line").rows() == [
        (2025, "202", 1, 2),
        (2025, "202", 2, 3),
    ]
    sha256 = hashlib.sha256((clean.landing / "ssda903/2025/202/episodes.csv").read_bytes()).hexdigest()
    assert set(frame["source_file"]) == {sha256[:12]}
    assert set(frame["submission"]) == {path.stem}


def test_full_reads_everything_again_and_changes_nothing(clean: Store, tmp_path: Path) -> None:
    before, events = hashes(clean), clean.ledger.read_bytes()
    elsewhere = Store(clean.home, tmp_path)  # the landing folder was emptied: the originals are read
    summary = ingest(elsewhere, now=NOW + timedelta(days=1), full=True, limits=ONE)
    assert summary.submissions == 6
    assert summary.new_trouble == 0
    assert hashes(clean) == before
    assert clean.ledger.read_bytes() == events


def test_names_of_files_order_and_number_of_readers_change_nothing(clean: Store, tmp_path: Path) -> None:
    store = fresh(tmp_path)
    names = {"cin.xml": "z z.xml", "episodes.csv": "1.txt", "header.csv": "0"}
    for path in sorted(clean.landing.rglob("*.*"), reverse=True):
        if path.is_file():
            relative = path.relative_to(clean.landing)
            land(store.landing, str(relative.with_name(names.get(path.name, path.name))), path.read_bytes())
    ingest(store, now=NOW + timedelta(hours=3), limits=Limits(workers=3))
    assert hashes(store) == hashes(clean)
    columns = ["submission", "return", "year", "term", "la", "status", "rows_typed"]
    assert ledger.state(store).select(columns).equals(ledger.state(clean).select(columns))


def test_typing_one_by_one_gives_the_same_bytes_as_typing_together(
    here: None, clean: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MOST_TOGETHER", 1)
    monkeypatch.setattr(worker, "write_submissions", alone(worker.write_submissions))
    store = fresh(tmp_path)
    good(store.landing)
    ingest(store, now=NOW, limits=ONE)
    assert hashes(store) == hashes(clean)


def alone(write: Any) -> Any:
    """Typing that takes one submission at a time, or fails."""

    def one(asked: list[dict[str, Any]]) -> Any:
        (asked[0],) = asked
        return write(asked)

    return one


@pytest.mark.parametrize("step", ["typed_tables", "write_parquet"])
def test_one_submission_that_cannot_be_typed_changes_no_byte_of_the_others(
    here: None, clean: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """It is typed together with good ones, and fails before or after some of them have been written."""
    whole = getattr(writing, step)

    def frames(*given: Any) -> list[pl.DataFrame]:
        return [part.frame for one in given[2] for part in one.parts] if len(given) == 3 else [given[0]]

    def poisoned(*given: Any) -> Any:
        if any("Canary" in frame["CHILD"] for frame in frames(*given) if "CHILD" in frame.columns):
            raise ValueError("Canary")
        return whole(*given)

    monkeypatch.setattr(writing, step, poisoned)
    store = fresh(tmp_path)
    good(store.landing)
    land_903(store.landing, "ssda903/2025/301", "Canary")
    summary = ingest(store, now=NOW, limits=ONE)
    assert (summary.submissions, summary.quarantined) == (7, 1)
    state = ledger.state(store).filter(la="301")
    assert state.select("status", "reason").rows() == [("quarantined", "file.reader_stopped")]
    assert [path.split("/")[0] for path in hashes(store, ("301",))] == ["findings"]
    assert hashes(store) == hashes(clean)
    assert not all_findings(store)["detail"].str.contains("Canary").any()


def test_a_disk_that_fails_sets_nobody_aside_and_the_next_run_reads_everything(
    clean: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = fresh(tmp_path)
    good(store.landing)
    with monkeypatch.context() as failing:
        failing.setattr(run, "_workplace", lambda _: nullcontext(tmp_path / "never made"))
        with pytest.raises(Trouble, match="No such file or directory"):
            ingest(store, now=NOW, limits=ONE)
    assert ledger.entries(store) == {}
    assert ingest(store, now=NOW, limits=ONE).quarantined == 0
    assert hashes(store) == hashes(clean)


def test_a_file_whose_reader_was_stopped_is_read_again_the_next_night(
    clean: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = fresh(tmp_path)
    good(store.landing)
    with monkeypatch.context() as failing:
        stopped = {"stopped": "file.reader_stopped", "why": "the reading process ended"}
        failing.setattr(pool.Pool, "run", lambda _, jobs: [(job, stopped) for job in jobs])
        assert ingest(store, now=NOW, limits=ONE).quarantined == 6
    again = ingest(store, now=NOW + timedelta(days=1), limits=ONE)
    assert (again.submissions, again.new_trouble) == (6, 0)
    assert ledger.in_force(store) == ledger.in_force(clean)
    assert {name: sha for name, sha in hashes(store).items() if "findings" not in name} == {
        name: sha for name, sha in hashes(clean).items() if "findings" not in name
    }
    assert ingest(store, now=NOW + timedelta(days=2), limits=ONE).submissions == 0


@pytest.mark.parametrize("rows", [0, 3, writing.FEW_ROWS + 1, writing.ROW_GROUP + 1])
def test_the_same_rows_give_the_same_bytes_however_they_lie_in_memory(tmp_path: Path, rows: int) -> None:
    whole = pl.DataFrame({"child": [f"C{n % 97}" for n in range(rows)], "n": range(rows)})
    pieces = pl.concat([whole.head(1), whole.slice(1, rows // 2), whole.slice(1 + rows // 2)])
    among_others = pl.concat([whole, whole], rechunk=True).slice(rows, rows)
    for name, frame in (("whole", whole), ("pieces", pieces), ("among_others", among_others)):
        writing.write_parquet(frame, str(tmp_path / name))
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    assert pl.read_parquet(tmp_path / "whole").equals(whole)


def test_what_was_found_earlier_in_the_same_run_is_known(
    here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assets.ingest.work.FOLDERS_AT_ONCE", 1)
    store = fresh(tmp_path)
    for la in ("202", "203", "204"):
        land(store.landing, f"ssda903/2025/{la}/h.csv", HEADER)
    assert ingest(store, now=NOW, limits=ONE).duplicates == 2
    assert [la for _, la, _ in ledger.in_force(store)["ssda903"]] == ["202"]


def test_submissions_over_time(here: None, tmp_path: Path) -> None:
    """Resent, older after newer, copied elsewhere, tied, accepted, withdrawn: one authority's summer."""
    store = fresh(tmp_path)
    day = iter(range(100))

    def night(**files: bytes) -> None:
        for name, content in files.items():
            land(store.landing, f"cin/2025/202/{name}/cin.xml", content)
        ingest(store, now=NOW + timedelta(days=next(day)), limits=ONE)

    def status() -> list[str]:
        return ledger.state(store).sort("sent", "first_seen")["status"].to_list()

    night(june=cin(sent="2025-06-01T00:00:00"))
    night(may=cin(sent="2025-05-01T00:00:00"))
    assert status() == ["superseded", "current"]
    assert "submission.superseded" in all_findings(store)["rule"].to_list()

    night(again=cin(sent="2025-06-01T00:00:00"))
    assert status() == ["superseded", "current"]
    assert "submission.duplicate" in all_findings(store)["rule"].to_list()

    night(tied=cin(sent="2025-06-01T00:00:00", children=("A1",)))
    assert status() == ["current", "held", "held"]
    assert all_findings(store)["rule"].to_list().count("submission.conflict") == 2

    tied = ledger.state(store).filter(rows_typed=min(ledger.state(store)["rows_typed"]))["submission"][0]
    ledger.accept(store, tied[:10], la="203", year=2024, now=NOW + timedelta(days=50))
    assert (2024, "203", tied) in ledger.in_force(store)["cin"]
    moved = store.returns / "cin_cin_details" / "year=2024" / "la=203" / f"{tied}.parquet"
    assert pl.read_parquet(moved, hive_partitioning=False).select("year", "la").rows() == [(2024, "203")]
    assert len(list(store.home.rglob(f"{tied}.parquet"))) == len(
        list(store.home.rglob(f"la=203/{tied}.parquet"))
    )

    ingest(store, now=NOW + timedelta(days=60), full=True, limits=ONE)
    assert (2024, "203", tied) in ledger.in_force(store)["cin"]
    assert len(list(store.home.rglob(f"{tied}.parquet"))) == len(
        list(store.home.rglob(f"la=203/{tied}.parquet"))
    )

    ledger.withdraw(store, tied, now=NOW + timedelta(days=70))
    assert not list(store.home.rglob(f"{tied}*"))
    sha256 = hashlib.sha256(cin(sent="2025-06-01T00:00:00", children=("A1",))).hexdigest()
    assert not list(store.submissions.rglob(f"{sha256}*"))
    (store.submissions / "seen.json").unlink()
    night()
    assert not list(store.submissions.rglob(f"{sha256}*"))
    assert not list(store.home.rglob(f"{tied}*"))
    with pytest.raises(Trouble):
        ledger.accept(store, tied, la="203", year=2024, now=NOW)


def test_files_that_arrive_one_by_one_make_one_return(here: None, tmp_path: Path) -> None:
    store = fresh(tmp_path)
    land(store.landing, "ssda903/2025/202/2025-06-01/episodes.csv", EPISODES.format(child="A"))
    ingest(store, now=NOW, limits=ONE)
    land(store.landing, "ssda903/2025/202/2025-06-01/header.csv", HEADER.format(child="A"))
    ingest(store, now=NOW + timedelta(days=1), limits=ONE)
    state = ledger.state(store).sort("first_seen")
    assert state.select("status", "files").rows() == [("superseded", 1), ("current", 2)]
    (store.landing / "ssda903/2025/202/2025-06-01/header.csv").unlink()
    ingest(store, now=NOW + timedelta(days=2), limits=ONE)
    assert ledger.state(store).height == 2, "taking files away from the landing folder is not a submission"


def test_two_whole_returns_in_a_folder_are_two_submissions(here: None, tmp_path: Path) -> None:
    store = fresh(tmp_path)
    land(store.landing, "tray/a.xml", cin(sent="2025-05-01T00:00:00"))
    land(store.landing, "tray/b.xml", cin(sent="2025-06-01T00:00:00"))
    land(store.landing, "ssda903/2025/203/x.xml", ssda903_xml())
    land(
        store.landing,
        "ssda903/2025/203/sw.csv",
        "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON\nB1,,SW1,01/01/2025,,\n",
    )
    land(
        store.landing,
        "ssda903/2025/203/person.csv",
        "la_child_id,forename,surname,date_of_birth\nB1,J,D,2014-02-03\n",
    )
    ingest(store, now=NOW, limits=ONE)
    state = ledger.state(store)
    assert state.filter(pl.col("return") == "cin").sort("sent")["status"].to_list() == [
        "superseded",
        "current",
    ]
    assert state.filter(la="203").select("return", "files", "status").rows() == [
        ("person_identifiers", 1, "current"),
        ("ssda903", 2, "current"),
    ]
    (path,) = (store.returns / "ssda903_sw_episodes").rglob("*.parquet")
    assert pl.read_parquet(path)["CHILD"].to_list() == ["B1"]


def test_a_file_that_takes_too_long_is_stopped_and_the_rest_is_read(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    slow = HEADER.encode() + b'"A""",F,03/02/2014,WBRI,,0,\n' * 1_500_000
    land(store.landing, "ssda903/2025/202/h.csv", slow)
    land(store.landing, "cin/2025/202/cin.xml", cin())
    summary = ingest(store, now=NOW, limits=Limits(workers=1, seconds=3.0, seconds_per_mib=0))
    assert (summary.submissions, summary.quarantined) == (2, 1)
    found = all_findings(store).filter(pl.col("rule") == "file.limit_reached")
    assert found["detail"].to_list() == ["it passed its limit of time"]
    assert len(ledger.in_force(store)["cin"]) == 1


def test_one_run_at_a_time(here: None, tmp_path: Path) -> None:
    store = fresh(tmp_path)
    land(store.landing, "cin/2025/202/cin.xml", cin())

    def meanwhile(done: int, total: int) -> None:
        with pytest.raises(Trouble, match="another run"):
            ingest(store, now=NOW, limits=ONE)

    ingest(store, now=NOW, limits=ONE, progress=meanwhile)


def test_strange_names_and_a_file_that_cannot_be_opened_stop_nobody(here: None, tmp_path: Path) -> None:
    store = fresh(tmp_path)
    land(store.landing, "cin/2025/202/cin.xml", cin())
    os.makedirs(os.fsencode(store.landing) + b"/odd\xff")
    (Path(os.fsdecode(os.fsencode(store.landing) + b"/odd\xff")) / "x\udcfe.xml").write_bytes(cin("203"))
    summary = ingest(store, now=NOW, limits=ONE)
    assert {la for _, la, _ in ledger.in_force(store)["cin"]} == {"202", "203"}
    assert summary.new_trouble == 0


def test_a_return_copied_into_another_authoritys_folder_is_not_that_authoritys(
    here: None, tmp_path: Path
) -> None:
    store = fresh(tmp_path)
    for la in ("202", "203"):
        land(store.landing, f"ssda903/2025/{la}/h.csv", HEADER)
    summary = ingest(store, now=NOW, limits=ONE)
    assert (summary.duplicates, summary.new_trouble) == (1, 0)
    assert [la for _, la, _ in ledger.in_force(store)["ssda903"]] == ["202"]
    found = all_findings(store).filter(pl.col("rule") == "submission.duplicate")
    assert found["detail"].to_list() == ["came again as 203's of 2025"]
    assert ingest(store, now=NOW, limits=ONE).duplicates == 0


def test_a_lost_original_stops_a_full_run_before_it_does_harm(here: None, tmp_path: Path) -> None:
    store = fresh(tmp_path)
    land(store.landing, "cin/2025/202/cin.xml", cin())
    ingest(store, now=NOW, limits=ONE)
    before = hashes(store)
    for path in store.submissions.glob("??/*.gz"):
        path.unlink()
    with pytest.raises(Trouble, match="restore it from a backup"):
        ingest(store, now=NOW, full=True, limits=ONE)
    assert hashes(store) == before
    assert len(ledger.in_force(store)["cin"]) == 1


def test_rows_in_are_rows_typed_and_rows_set_aside(here: None, tmp_path: Path) -> None:
    store = fresh(tmp_path)
    land(store.landing, "ssda903/2025/202/h.csv", HEADER + "A,B\n" * 3)
    (file,) = ingest(store, now=NOW, limits=ONE).files
    assert (file.table, file.rows_in, file.rows_typed, file.rows_quarantined) == ("header", 4, 1, 3)


def test_reading_without_a_store(tmp_path: Path) -> None:
    land_903(tmp_path, "f")
    land(tmp_path, "f/cin.xml", cin())
    read = read_paths([tmp_path / "f"], "ssda903", 2025, la="202")
    assert {view: frame.height for view, frame in read.tables.items()} == {"header": 1, "episodes": 2}
    assert [finding.rule for finding in read.findings] == ["file.not_of_this_return"]
    census = cin().replace(CHILD.format(child="A2").encode(), b"")
    assert read_paths([land(tmp_path, "g.xml", census)], "cin", 2025).tables["child_identifiers"].height == 1


def test_importing_is_light() -> None:
    heavy = {"dagster", "great_expectations", "splink", "lxml", "pandas"}
    code = f"import sys, assets.ingest; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_ledger_is_json_and_names_no_child(clean: Store) -> None:
    for line in clean.ledger.read_text().splitlines():
        assert {"event", "at", "submission"} <= json.loads(line).keys()
        assert "Jane" not in line


def test_two_authorities_without_a_child_in_the_return_both_sent_it(here: None, tmp_path: Path) -> None:
    store = fresh(tmp_path)
    for la in ("202", "203"):
        land(store.landing, f"ssda903/2025/{la}/header.csv", HEADER.splitlines()[0] + "\n")
        land(store.landing, f"ssda903/2025/{la}/episodes.csv", EPISODES.splitlines()[0] + "\n")
    ingest(store, now=NOW)
    assert sorted(la for _, la, _ in ledger.in_force(store)["ssda903"]) == ["202", "203"]
