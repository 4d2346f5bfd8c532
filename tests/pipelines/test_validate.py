"""A data officer's own files against the rules: the list is right, whole, and the only place with values."""

from __future__ import annotations

import csv
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest

from pipelines.validating import validate_files
from quality.registry import rules
from schemas.failures import WrongUse
from tests.pipelines.conftest import ROOT, outcomes

COLUMNS = ["rule", "severity", "la", "year", "table", "row", "child", "fields", "message", "values"]
"""As design.md §5 promises them, in that order."""
RETURNS = {"cin": "301", "ssda903": "888", "school_census": "888"}
"""An authority with planted faults in each return."""
WITH_CANARIES = "201"
FACTORS = {"Assessments": "FactorsIdentifiedAtAssessment"}
"""A fault of an assessment's factors is told at the factor's own row."""

Row = dict[str, Any]


def validated(folder: Path, out: Path, **more: Any) -> int:
    """`outcomes validate` in this process, on a folder `…/<return>/<year>/<la>`."""
    usual: Row = {"ret": folder.parts[-3], "year": int(folder.parts[-2]), "term": "", "la": "",
                  "last_year": [], "fail_on": "", "as_json": False}  # fmt: skip
    return validate_files([folder], out=out, **{**usual, **more})


def sent(home: Path, ret: str, year: int = 2025, la: str = "") -> Path:
    """The folder of what an authority sent."""
    return home / "landing" / ret / str(year) / (la or RETURNS[ret])


def from_csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def from_json(path: Path) -> list[Row]:
    return list(json.loads(path.read_text(encoding="utf-8"))["findings"])


def from_parquet(path: Path) -> list[Row]:
    return pl.read_parquet(path).to_dicts()


def from_xlsx(path: Path) -> list[Row]:
    heading, *rows = openpyxl.load_workbook(path, read_only=True)["findings"].iter_rows(values_only=True)
    return [dict(zip([str(name) for name in heading], row, strict=True)) for row in rows]


READ: dict[str, Callable[[Path], list[Row]]] = {
    ".csv": from_csv,
    ".json": from_json,
    ".parquet": from_parquet,
    ".xlsx": from_xlsx,
}


def as_text(rows: list[Row]) -> list[list[str]]:
    return [["" if row[name] is None else str(row[name]) for name in COLUMNS] for row in rows]


@pytest.mark.parametrize("ending", READ)
@pytest.mark.parametrize("ret", RETURNS)
def test_every_ending_holds_the_same_list(ret: str, ending: str, country: Path, tmp_path: Path) -> None:
    out, reference = tmp_path / f"list{ending}", tmp_path / "reference.json"
    assert validated(sent(country, ret), out) == 0
    assert validated(sent(country, ret), reference) == 0
    rows = READ[ending](out)
    assert rows != []
    assert all(list(row) == COLUMNS for row in rows)
    assert as_text(rows) == as_text(from_json(reference))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.parametrize("year", [2024, 2025])
@pytest.mark.parametrize(
    ("ret", "la"), [*RETURNS.items(), ("cin", "201"), ("cin", "888"), ("school_census", "301")]
)
def test_what_was_planted_is_found_in_its_row(
    ret: str, la: str, year: int, country: Path, tmp_path: Path
) -> None:
    validated(sent(country, ret, year, la), tmp_path / "list.json")
    found = {(row["rule"], row["table"].lower(), row["row"]) for row in from_json(tmp_path / "list.json")}
    at_child = {(r["rule"], r["table"], r["child"]) for r in from_json(tmp_path / "list.json")}
    for fault in planted(country, ret, year, la):
        place = (fault["table"].replace("_", "").lower(), fault["row"])
        if fault["rule"]:
            there = (fault["rule"], *place) in found
            beside = (fault["rule"], FACTORS.get(fault["table"]), fault["child"]) in at_child
        else:  # the department has no number for it: one of our own rules has
            there, beside = any(place == (table, row) for _, table, row in found), False
        assert there or beside, (fault["fault"], fault["rule"], *place)


def planted(country: Path, ret: str, year: int, la: str) -> list[Row]:
    """The faults put into one return on purpose, as far as their rule is one that we have."""
    known = {rule.code for rule in rules(ret) if rule.since <= year <= rule.until}
    faults = pl.read_parquet(country / "truth" / "faults.parquet").filter(
        pl.col("return") == ret, pl.col("year") == year, pl.col("la") == la
    )
    return faults.filter(pl.col("rule").is_in([*known, ""])).to_dicts()


def test_enough_is_planted_to_be_found(country: Path) -> None:
    places = [(ret, year, la) for ret, la in RETURNS.items() for year in (2024, 2025)]
    assert sum(len(planted(country, *place)) for place in places) >= 12
    assert all(any(planted(country, ret, year, RETURNS[ret]) for year in (2024, 2025)) for ret in RETURNS)


@pytest.mark.parametrize("ret", ["cin", "ssda903"])
def test_last_years_files_let_more_rules_be_checked(ret: str, country: Path, tmp_path: Path) -> None:
    alone, compared = tmp_path / "alone.json", tmp_path / "compared.json"
    validated(sent(country, ret), alone)
    validated(sent(country, ret), compared, last_year=[sent(country, ret, 2024)])
    without, with_it = unchecked(alone), unchecked(compared)
    assert with_it.keys() < without.keys()
    assert all("last year" in without[rule] for rule in without.keys() - with_it.keys())
    now = {tuple(row) for row in as_text(from_json(compared))}
    assert {tuple(row) for row in as_text(from_json(alone))} <= now


def unchecked(path: Path) -> dict[str, str]:
    """Rules that could not be checked, with the reason."""
    return {row["rule"]: row["reason"] for row in json.loads(path.read_text())["not_checked"]}


PROVIDERS = (
    "URN,Placement code,Provider code,Closed date,Postcode,Local authority\n1234567,K2,PR4,,ZZ99 3WZ,888\n"
)
"""A list of one provider, under headings as they come."""
NEED = {
    "providers": {"219", "221", "224", "227", "228", "229", "1008"},
    "postcodes": {"1015", "169", "179", "218", "392c", "411", "420",
                  "164", "392a", "406", "452", "453", "503G", "503H", "503J"},
}  # fmt: skip
"""The rules of 2025 that need a list, some of them last year's return as well; 229 needs both lists."""


@pytest.mark.parametrize("name", ["providers", "postcodes"])
def test_a_list_lets_the_rules_be_checked_that_need_it(name: str, country: Path, tmp_path: Path) -> None:
    alone, with_it, listed = tmp_path / "alone.json", tmp_path / "with.json", tmp_path / "providers.csv"
    listed.write_text(PROVIDERS)
    given = {"providers": listed, "postcodes": country / "reference" / "onspd.csv"}[name]
    before = sent(country, "ssda903", 2024)
    validated(sent(country, "ssda903"), alone, la="888", last_year=[before])
    validated(sent(country, "ssda903"), with_it, la="888", last_year=[before], **{name: given})
    assert unchecked(alone).keys() - unchecked(with_it).keys() == NEED[name]
    assert unchecked(with_it).keys() < unchecked(alone).keys()


def test_lists_are_given_on_the_command_line(country: Path, tmp_path: Path) -> None:
    listed, out = tmp_path / "providers.csv", tmp_path / "list.json"
    listed.write_text(PROVIDERS)
    command = [
        "validate",
        str(sent(country, "ssda903")),
        "--return",
        "ssda903",
        "--year",
        "2025",
        "--la",
        "888",
    ]
    done = outcomes(*command, "--out", str(out), "--providers", str(listed),
                    "--postcodes", str(country / "reference" / "onspd.csv"))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not unchecked(out).keys() & {"219", "169", "229"}


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", None])
def test_a_list_that_is_none_is_wrong_use_and_nothing_of_it_is_said(
    content: str | None, country: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "secret.csv"
    if content is not None:
        listed.write_text(content)
    with pytest.raises(WrongUse, match="expected a CSV with a column pcds") as raised:
        validated(sent(country, "ssda903"), tmp_path / "list.json", postcodes=listed)
    assert "secret" not in str(raised.value)


def test_a_list_that_no_rule_of_the_return_reads_is_wrong_use(country: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="--postcodes is read by no rule of cin"):
        validated(sent(country, "cin"), tmp_path / "l.csv", postcodes=country / "reference" / "onspd.csv")


def test_a_birthday_that_changed_since_last_year_is_found_only_beside_last_year(
    country: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "ssda903" / "2025" / "888"
    folder.mkdir(parents=True)
    for file in sent(country, "ssda903").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    before = sent(country, "ssda903", 2024)
    child = change_birthday(folder / "header.csv", before / "header.csv")
    validated(folder, tmp_path / "alone.json")
    validated(folder, tmp_path / "compared.json", last_year=[before])
    told = [
        {(row["rule"], row["child"]) for row in from_json(tmp_path / name)}
        for name in ("alone.json", "compared.json")
    ]
    assert [("203", child) in found for found in told] == [False, True]


def change_birthday(now: Path, before: Path) -> str:
    """Give a child of both years another year of birth in this year's file; the child's id."""
    known = {row["CHILD"]: row["DOB"] for row in from_csv(before)}
    rows = from_csv(now)
    row = next(row for row in rows if row["DOB"] and known.get(row["CHILD"]) == row["DOB"])
    row["DOB"] = row["DOB"][:-4] + str(int(row["DOB"][-4:]) - 1)
    with now.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return str(row["CHILD"])


@pytest.mark.parametrize(
    ("ret", "given", "named"),
    [("cin", "", "301"), ("school_census", "", "888"), ("ssda903", "", "000"), ("ssda903", "888", "888")],
)
def test_the_list_names_the_authority_that_the_files_or_the_command_name(
    ret: str, given: str, named: str, country: Path, tmp_path: Path
) -> None:
    validated(sent(country, ret), tmp_path / "list.json", la=given)
    assert {row["la"] for row in from_json(tmp_path / "list.json")} == {named}


@pytest.mark.parametrize(("fail_on", "code"), [("", 0), ("error", 1), ("query", 1), ("note", 1)])
def test_errors_fail_when_asked_to(fail_on: str, code: int, country: Path, tmp_path: Path) -> None:
    assert validated(sent(country, "ssda903"), tmp_path / "list.json", fail_on=fail_on) == code
    assert "error" in {row["severity"] for row in from_json(tmp_path / "list.json")}


@pytest.mark.parametrize(("fail_on", "code"), [("", 0), ("error", 0), ("query", 1), ("note", 1)])
def test_queries_fail_only_when_they_are_asked_for(
    fail_on: str, code: int, clean_country: Path, tmp_path: Path
) -> None:
    whole, folder = sent(clean_country, "ssda903"), tmp_path / "ssda903" / "2025" / "888"
    folder.mkdir(parents=True)
    for file in whole.iterdir():
        (folder / file.name).write_bytes(file.read_bytes().replace(b",", b";"))
    assert validated(whole, tmp_path / "whole.json", fail_on=fail_on) == 0
    assert validated(folder, tmp_path / "list.json", fail_on=fail_on) == code
    assert {row["rule"] for row in from_json(tmp_path / "list.json")} == {"file.wrong_delimiter"}


@pytest.mark.parametrize("ret", ["cin", "ssda903"])
def test_nothing_of_a_child_is_said_aloud(ret: str, country: Path, tmp_path: Path) -> None:
    out, folder = tmp_path / "list.json", sent(country, ret, la=WITH_CANARIES)
    command = ["validate", str(folder), "--return", ret, "--year", "2025", "--out", str(out)]
    told, as_json = outcomes(*command), outcomes(*command, "--json", "--fail-on", "error")
    assert (told.returncode, as_json.returncode, told.stdout, as_json.stderr) == (0, 1, "", "")
    assert json.loads(as_json.stdout)["findings"]["error"] > 0
    secrets = canaries(country) | {str(row["child"]) for row in from_json(out) if row["child"]}
    assert any(secret in out.read_text() for secret in canaries(country)), "the canaries were not looked at"
    said = (told.stderr + as_json.stdout).replace(str(tmp_path), "")
    assert [n for n, secret in enumerate(sorted(secrets)) if secret in said] == []


def canaries(country: Path) -> set[str]:
    return {row["value"] for row in from_csv(country / "truth" / "canaries.csv")}


def test_paths_that_are_not_there_are_wrong_usage(country: Path, tmp_path: Path) -> None:
    there, out = str(sent(country, "cin")), ("--year", "2025", "--out", str(tmp_path / "list.csv"))
    for paths in ([str(tmp_path / "no")], [there, str(tmp_path / "no")], [there, "--last-year", "no"]):
        done = outcomes("validate", *paths, "--return", "cin", *out)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("outcomes: ")
    assert not (tmp_path / "list.csv").exists()


@pytest.mark.parametrize(
    "wrong", [{"ret": "sen2"}, {"year": 1999}, {"fail_on": "warning"}, {"out": Path("list.txt")}]
)
def test_wrong_usage_says_what_was_expected(wrong: Row, country: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"expected|must end in"):
        validated(sent(country, "cin"), **{"out": tmp_path / "list.csv", **wrong})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["header.csv", "list.csv"])
def test_the_list_never_takes_the_place_of_what_was_sent(name: str, country: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ssda903" / "2025" / "888"
    folder.mkdir(parents=True)
    (folder / "header.csv").write_bytes((sent(country, "ssda903") / "header.csv").read_bytes())
    for paths in ([folder], [folder / name]):
        there = [path for path in paths if path.exists()] or [folder]
        with pytest.raises(WrongUse, match="expected another place"):
            validate_files(there, ret="ssda903", year=2025, out=folder / name, term="", la="", last_year=[],
                           fail_on="", as_json=False)  # fmt: skip
    assert [path.name for path in folder.iterdir()] == ["header.csv"]
    assert (folder / "header.csv").read_bytes() == (sent(country, "ssda903") / "header.csv").read_bytes()


def test_a_file_that_is_set_aside_is_named_and_unread_text_is_shown(country: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ssda903" / "2025" / "888"
    folder.mkdir(parents=True)
    for file in sent(country, "ssda903").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    heading, first, *rest = (folder / "oc2.csv").read_text().splitlines()
    child, _, more = first.split(",", 2)
    (folder / "oc2.csv").write_text("\n".join([heading, f"{child},1st of May,{more}", *rest]))
    (folder / "our notes.csv").write_text("Name,Colour,Shape\n1,2,3\n")
    validated(folder, tmp_path / "list.json")
    told = {(row["rule"], row["values"]) for row in from_json(tmp_path / "list.json")}
    assert ("file.unknown_form", "file=our notes.csv") in told
    assert ("cell.not_a_date", "DOB=1st of May") in told


def test_validating_loads_none_of_the_heavy_machinery(country: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipelines.validating import validate_files\n"
        f"validate_files([Path({str(sent(country, 'cin'))!r})], ret='cin', year=2025, term='', la='',\n"
        f"  out=Path({str(tmp_path / 'list.xlsx')!r}), last_year=[], fail_on='', as_json=False)\n"
        "print([m for m in ('dagster', 'great_expectations', 'splink') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
