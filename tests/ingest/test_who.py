"""Whose a file is and for which year: what it says, then where it lay, and never a guess between two."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ingest.discover import Candidate, discover, hints_of, parse_moment
from assets.ingest.originals import opened
from assets.ingest.reading import Facts
from assets.ingest.who import Identity, who_and_when, year_of_dates
from tests.ingest.written import NOW, land


def decide(
    folder: str = "x",
    ret: str = "cin",
    *,
    note: dict[str, object] | None = None,
    named: tuple[int, str] | None = None,
    **said: object,
) -> Identity:
    candidate = Candidate(folder, (), hints_of(folder, note))
    return who_and_when(ret, Facts(**said), candidate, named, NOW)  # type: ignore[arg-type]


def found(identity: Identity) -> set[str]:
    return {finding.rule for finding in identity.findings}


def test_the_header_comes_before_the_folder() -> None:
    identity = decide(
        "post/march", las=("202",), years=(2025,), reference_years=(2025,), sent="2025-05-11T09:30:00Z"
    )
    assert (identity.la, identity.year, identity.held, found(identity)) == ("202", 2025, "", set())
    assert identity.sent == datetime(2025, 5, 11, 9, 30, tzinfo=UTC)


def test_the_folder_tells_what_the_file_does_not() -> None:
    identity = decide("x/ssda903/2025/202/2025-06-30/second", "ssda903")
    assert (identity.la, identity.year, identity.path_date, identity.sent_from) == (
        "202", 2025, date(2025, 6, 30), "path",
    )  # fmt: skip


def test_the_note_tells_what_the_folder_does_not() -> None:
    note = {"la": 202, "year": 2025, "sent": date(2025, 6, 1), "return": "ssda903"}
    identity = decide("in/tray", "ssda903", note=note)
    assert (identity.la, identity.year, identity.sent_from) == ("202", 2025, "note")
    assert decide("ssda903/2024/203", "ssda903", note=note).la == "203"


def test_header_and_folder_of_two_authorities_are_held() -> None:
    identity = decide("cin/2025/203", las=("202",), years=(2025,))
    assert identity.held == "file.authority_disagrees"
    assert identity.la == "202"


@pytest.mark.parametrize("la", ["975", "999", "abc", "", "835"])
def test_a_code_that_is_no_authority_of_that_year_is_unknown(la: str) -> None:
    identity = decide("upload", las=(la,) if la else (), years=(2025,))
    assert identity.la == "unknown:upload"
    assert found(identity) == {"file.authority_unknown"}


def test_an_authority_that_has_ended_counts_in_its_own_years() -> None:
    assert decide(las=("835",), years=(2018,)).la == "835"


@pytest.mark.parametrize(
    ("said", "folder", "year"),
    [
        ("835", "838", 2020),  # Dorset after the reorganisation
        ("836", "839", 2020),  # Poole, one of two that became one
        ("909", "943", 2024),  # Cumbria, which became two: the folder says which
        ("838", "835", 2018),  # today's authority corrects an old year
    ],
)
def test_an_authority_is_followed_through_a_merger_or_a_split(said: str, folder: str, year: int) -> None:
    identity = decide(f"cin/{year}/{folder}", las=(said,), years=(year,))
    assert (identity.la, identity.held) == (folder, "")
    assert found(identity) == {"file.authority_followed"}


def test_a_merger_is_no_reason_to_take_a_strangers_return() -> None:
    assert decide("cin/2024/202", las=("909",), years=(2024,)).held == "file.authority_disagrees"
    assert decide("cin/2020/839", las=("838",), years=(2020,)).held == "file.authority_disagrees"


def test_a_split_without_a_folder_is_not_guessed_and_the_finding_says_who_it_may_be() -> None:
    for identity in (decide("up", las=("909",), years=(2024,)), decide("ssda903/2024/909", "ssda903")):
        assert identity.la.startswith("unknown:")
        (finding,) = (f for f in identity.findings if f.rule == "file.authority_unknown")
        assert "942 and 943" in finding.detail


def test_content_of_another_year_is_held() -> None:
    assert decide("cin/2024/202", las=("202",), years=(2025,)).held == "file.wrong_year"
    spans = ((2019, 2020), (2021, 2021))
    assert decide("ssda903/2025/202", "ssda903", spans=spans).held == "file.wrong_year"
    assert decide("ssda903/2025/202", "ssda903", spans=(*spans, (2020, None))).held == ""
    assert decide("ssda903/2025/202", "ssda903").held == ""


def test_the_reference_date_decides_when_the_year_disagrees() -> None:
    identity = decide("cin/2024/201", las=("201",), years=(2023,), reference_years=(2024,))
    assert (identity.year, identity.held, found(identity)) == (2024, "", {"file.year_disagrees"})


def test_the_census_is_told_by_table_then_name_then_folder() -> None:
    assert decide("a", "school_census", terms=("spring",), named=(2025, "summer")).census == "spring"
    assert decide("a", "school_census", named=(2025, "summer")).census == "summer"
    assert decide("school_census/2025/202/Autumn", "school_census").census == "autumn"
    assert "file.term_unknown" in found(decide("school_census/2025/202", "school_census"))


def test_several_authorities_in_one_file_leave_it_to_the_folder() -> None:
    identity = decide("school_census/2025/202", "school_census", las=("202", "203"), terms=("spring",))
    assert (identity.la, identity.held, found(identity)) == ("202", "", {"file.several_authorities"})
    assert decide("school_census/2025/204", "school_census", las=("202", "203")).held


def test_unknown_folders_of_one_name_are_told_apart() -> None:
    names = {
        Candidate(folder, ()).unknown_la
        for folder in ("a/upload", "b/upload", "upload", "up load", "up-load")
    }
    assert len(names) == 5
    assert Candidate("cin/2025/999", (), hints_of("cin/2025/999")).unknown_la == "unknown:999"


def test_a_year_is_told_by_many_dates_and_not_by_one() -> None:
    months = {"2024-05": 300, "2025-02": 400, "2025-03": 200}
    assert year_of_dates(months, NOW.date()) == 2025
    assert year_of_dates({**months, "2205-03": 1, "2025-08": 1}, NOW.date()) == 2025
    assert year_of_dates({"2024-05": 300, "2024-12": 5}, NOW.date()) == 2025
    assert year_of_dates({"2016-01": 40, "2018-03": 300, "2018-04": 1}, NOW.date()) == 2018
    assert year_of_dates({}, NOW.date()) is None


@given(st.integers(2018, 2025), st.integers(50, 5_000), st.integers(0, 3))
def test_a_return_of_a_whole_year_is_dated_to_it(year: int, n: int, after: int) -> None:
    months = {f"{year - 1}-{month:02d}": n for month in range(4, 13)}
    months |= {f"{year}-{month:02d}": n for month in range(1, 4)} | {f"{year}-04": after}
    assert year_of_dates(months, date(2026, 1, 1)) == year


def test_only_what_an_authority_sent_is_discovered(tmp_path: Path) -> None:
    for name in ("cin/2025/202/cin.xml", "cin/2025/202/~$cin.xml", "cin/2025/202/x.part", ".hidden/a.csv",
                 "explanations/back.xlsx", "cin/2025/202/submission.toml"):  # fmt: skip
        land(tmp_path, name, "x")
    (candidate,) = discover(tmp_path)
    assert [file.relative for file in candidate.files] == ["cin/2025/202/cin.xml"]
    assert (candidate.hints.ret, candidate.hints.year, candidate.hints.la) == ("cin", 2025, "202")


def test_links_and_pipes_are_seen_for_what_they_are_and_never_opened(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    (tmp_path / "folder").symlink_to("/etc")
    (tmp_path / "nowhere").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.csv")
    (candidate,) = discover(tmp_path)
    assert [file.ordinary for file in candidate.files] == [False] * 4
    assert [file.size for file in candidate.files] == [0] * 4
    for file in candidate.files:
        with pytest.raises(OSError, match=r"."):
            opened(file.path)


def test_a_note_that_is_a_link_says_nothing(tmp_path: Path) -> None:
    land(tmp_path, "a/x.csv", "x")
    (tmp_path / "a/submission.toml").symlink_to(land(tmp_path.parent, "note.toml", 'la = "202"'))
    (candidate,) = discover(tmp_path)
    assert candidate.hints.la is None


def test_folders_nested_deeper_than_calls_stop_nobody(tmp_path: Path) -> None:
    land(tmp_path, "cin/2025/202/cin.xml", "x")
    here, deep = os.getcwd(), 1_200
    os.chdir(tmp_path)
    try:
        for _ in range(deep):
            os.mkdir("d")
            os.chdir("d")
        Path("x.csv").write_text("x")
        found = [len(candidate.folder) for candidate in discover(tmp_path)]
    finally:
        Path("x.csv").unlink(missing_ok=True)
        for _ in range(deep):  # pytest, too, would go down by calls to take them away
            os.chdir("..")
            os.rmdir("d")
        os.chdir(here)
    assert found == [len("cin/2025/202"), 2 * deep - 1]


@pytest.mark.parametrize("note", ["year = ", "[" * 9_000, 'la = "../../x"\nyear = true', "\udcff"])
def test_a_note_that_cannot_be_read_says_nothing(tmp_path: Path, note: str) -> None:
    land(tmp_path, "a/x.csv", "x")
    land(tmp_path, "a/submission.toml", note.encode("utf-8", "surrogateescape"))
    (candidate,) = discover(tmp_path)
    assert (candidate.hints.la, candidate.hints.year) == (None, None)


def test_a_note_may_say_of_each_census_when_it_was_sent(tmp_path: Path) -> None:
    land(tmp_path, "school_census/2025/202/x.csv", "x")
    note = (
        '[sent]\nautumn = 2025-10-20\nspring = "2025-02-03T09:00:00"\nother = 2025-01-01\nsummer = "soon"\n'
    )
    land(tmp_path, "school_census/2025/202/submission.toml", note)
    (candidate,) = discover(tmp_path)
    when = {census: candidate.hints.noted_for(census) for census in ("autumn", "spring", "summer")}
    assert when == {
        "autumn": datetime(2025, 10, 20, tzinfo=UTC),
        "spring": datetime(2025, 2, 3, 9, tzinfo=UTC),
        "summer": None,
    }


def test_moments_are_read_as_utc_or_not_at_all() -> None:
    assert parse_moment("2025-05-11T09:30:00+01:00") == datetime(2025, 5, 11, 8, 30, tzinfo=UTC)
    assert parse_moment("0001-01-01T00:00:00+14:00") is None
    assert parse_moment("yesterday") is None


@pytest.mark.parametrize(
    ("months", "held"),
    [
        ({"2024-05": 6, "2025-02": 3}, ""),
        ({"2023-05": 6}, "file.wrong_year"),
        ({"2023-05": 4}, ""),
        ({"2024-05": 3, "2025-05": 9}, "file.wrong_year"),
    ],
    ids=["this year", "last year's again", "a quiet year of a small authority", "next year's"],
)
def test_a_903_whose_episodes_belong_to_another_year_is_held(months: dict[str, int], held: str) -> None:
    open_since = ((2023, None),)
    assert decide("ssda903/2025/202", "ssda903", months=months, spans=open_since).held == held
