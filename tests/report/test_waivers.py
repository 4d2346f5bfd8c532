"""What is accepted is accepted for whom, for what and until when it says; a line that cannot be read accepts nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets import waivers
from assets.store import Store
from schemas.failures import WrongUse
from tests.report.material import CHILD, SOME

HEAD = "authority,return,rule,child,until,reason\n"
TODAY = date(2025, 9, 30)


def register(tmp_path: Path, text: str, today: date = TODAY) -> pl.DataFrame:
    store = Store(tmp_path)
    store.waivers.write_text(text, encoding="utf-8")
    return waivers.read(store, today)


def waived(frame: pl.DataFrame) -> list[tuple[str, str]]:
    shown = waivers.waived(SOME.with_columns(standing=pl.lit("")), frame)
    return [(row["child"], row["rule"]) for row in shown.filter(standing="waived").to_dicts()]


def test_a_waiver_covers_the_child_it_names_or_every_child(tmp_path: Path) -> None:
    one = register(tmp_path, HEAD + "202,ssda903,142,B-2,2025-09-30,known\n")
    assert waived(one) == [("B-2", "142")]
    every = register(tmp_path, HEAD + "202,ssda903,142,all,2025-09-30,known\n")
    assert waived(every) == [(CHILD, "142"), (CHILD, "142"), ("B-2", "142")]


@pytest.mark.parametrize("line", ["203,ssda903,142,all", "202,cin,100,all", "202,ssda903,142,C-3"])
def test_it_covers_no_other_authority_return_or_child(line: str, tmp_path: Path) -> None:
    frame = register(tmp_path, f"{HEAD}{line},2025-12-31,known\n")
    assert frame["state"].to_list() == ["in force"]
    assert ("B-2", "142") not in waived(frame)
    assert ("B-2", "100") not in waived(frame)


def test_it_holds_through_its_last_day_and_then_ends_and_that_is_said(tmp_path: Path) -> None:
    text = HEAD + "202,ssda903,142,all,2025-09-30,known\n"
    assert waived(register(tmp_path, text)) != []
    ended = register(tmp_path, text, date(2025, 10, 1))
    assert waived(ended) == []
    shown = waivers.waived(SOME.with_columns(standing=pl.lit("")), ended)
    (said,) = waivers.findings_about(shown, ended).to_dicts()
    assert (said["rule"], said["la"], said["return"], said["severity"]) == (
        "waiver.ended",
        "202",
        "ssda903",
        "query",
    )
    assert said["detail"] == "rule 142, accepted until 2025-09-30: 3 findings"
    assert CHILD not in str(said)


def test_what_another_line_accepts_is_not_asked_for_again(tmp_path: Path) -> None:
    both = HEAD + "202,ssda903,142,all,2025-09-01,old\n202,ssda903,142,all,2026-09-01,new\n"
    frame = register(tmp_path, both)
    shown = waivers.waived(SOME.with_columns(standing=pl.lit("")), frame)
    assert waivers.findings_about(shown, frame).is_empty()
    assert set(shown.filter(standing="waived")["waiver"]) == {"until 2026-09-01: new"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("999,ssda903,142,all,2025-12-31,x", "authority"),
        ("202,s903,142,all,2025-12-31,x", "as the return"),
        ("202,ssda903,14Z,all,2025-12-31,x", "code of a rule"),
        ("202,ssda903,142,,2025-12-31,x", "child"),
        ("202,ssda903,142,all,31/12/2025,x", "last day"),
        ("202,ssda903,142,all,2025-12-31,", "reason"),
        ("202,ssda903", "code of a rule"),
    ],
)
def test_a_line_that_cannot_be_read_accepts_nothing_and_says_why(
    line: str, problem: str, tmp_path: Path
) -> None:
    frame = register(tmp_path, f"{HEAD}{line}\n202,ssda903,142,{CHILD},2025-12-31,fine\n")
    assert frame["state"].to_list() == ["unreadable", "in force"]
    assert problem in frame["problem"][0]
    assert waived(frame) == [(CHILD, "142"), (CHILD, "142")]


def test_a_register_without_its_headings_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="until, reason did not come"):
        register(tmp_path, "authority,return,rule,child\n202,ssda903,142,all\n")


def test_it_can_be_saved_by_a_spreadsheet(tmp_path: Path) -> None:
    store = Store(tmp_path)
    text = HEAD.upper() + '202,ssda903,142,all,2025-12-31,"Supplier’s fault, known"\n,,,,,\n'
    store.waivers.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert waivers.read(store, TODAY)["reason"].to_list() == ["Supplier’s fault, known"]
    store.waivers.write_bytes(text.encode("cp1252"))
    assert waivers.read(store, TODAY)["state"].to_list() == ["in force"]


def test_without_a_register_nothing_is_accepted_and_the_release_is_named_alike(tmp_path: Path) -> None:
    none = waivers.read(Store(tmp_path), TODAY)
    assert waived(none) == []
    assert waivers.state(none) == waivers.state(waivers.read(Store(tmp_path), date(2030, 1, 1)))
