"""All authorities at once: where each finding came from, and what could not be checked for whom."""

from __future__ import annotations

import dataclasses
from datetime import date

import duckdb
import polars as pl
import pytest

from quality import find, rules, validate
from quality.engine import COVERAGE, RuleBroken
from quality.run import check, typed_tables
from quality.views import from_store, rule_views
from schemas.duck import connect
from schemas.findings import SCHEMA
from schemas.table import polars_schema

EPISODES = [
    {"CHILD": "1", "DECOM": "01/05/2024", "PLACE": "U1"},
    {"CHILD": "1", "DECOM": "01/08/2024", "PLACE": "ZZ"},
]


def of(
    ret: str, la: str, tables: dict[str, list[dict[str, str]]], year: int = 2025
) -> dict[str, pl.DataFrame]:
    frames = typed_tables(ret, tables, la)
    return {
        name: frame.with_columns(
            pl.lit(year - name.startswith("last_year")).cast(pl.Int16).alias("year"),
            pl.lit(f"submission of {la}").alias("submission"),
            pl.lit(f"{name}@{la}").alias("source_file"),
            (pl.col("source_row") + 1).alias("source_line"),
        )
        for name, frame in frames.items()
    }


def together(*parts: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: pl.concat(part[name] for part in parts if name in part) for name in names}


def test_a_finding_leads_back_to_its_file_row_and_line() -> None:
    frames = together(
        of("ssda903", "201", {"episodes": EPISODES[:1]}), of("ssda903", "202", {"episodes": EPISODES})
    )
    found = check("ssda903", 2025, frames).findings.filter(pl.col("rule").is_in(["142", "146"]))
    assert found.schema == SCHEMA
    assert found.select(
        "rule", "severity", "la", "submission", "file", "table", "row", "line", "fields"
    ).rows() == [
        ("142", "error", "202", "submission of 202", "episodes@202", "Episodes", 1, 2, "DEC, REC"),
        ("146", "error", "202", "submission of 202", "episodes@202", "Episodes", 2, 3, "PLACE"),
    ]
    assert found["year"].to_list() == [2025, 2025]
    assert set(found["return"]) == {"ssda903"}


def test_what_one_authority_did_not_send_is_unchecked_for_it_alone() -> None:
    last = {"last_year.episodes": [{"CHILD": "1", "DECOM": "02/05/2024"}]}
    frames = together(
        of("ssda903", "201", {"episodes": EPISODES}), of("ssda903", "202", {"episodes": EPISODES, **last})
    )
    found = check("ssda903", 2025, frames)
    assert found.coverage.schema == COVERAGE
    rule_502 = found.coverage.filter(pl.col("rule") == "502")
    assert rule_502.select("la", "checked", "reason").rows() == [
        ("201", False, "last year's Episodes was not sent"),
        ("202", True, ""),
    ]
    assert found.findings.filter(pl.col("rule") == "502")["la"].to_list() == ["202"]


def test_a_rule_that_looks_for_what_is_missing_finds_nothing_where_it_could_not_look() -> None:
    cin = {"cin.cin_details": [{"LAchildID": "9", "CINdetailsID": "1"}]}
    frames = together(
        of("ssda903", "201", {"episodes": EPISODES}), of("ssda903", "202", {"episodes": EPISODES, **cin})
    )
    found = check("ssda903", 2025, frames).findings.filter(pl.col("rule") == "X001")
    assert found.select("la", "row").rows() == [("202", 1), ("202", 2)]


def test_a_return_that_is_one_file_was_sent_whole() -> None:
    frames = of("cin", "201", {"child_identifiers": [{"LAchildID": "1"}]})
    found = check("cin", 2025, frames)
    alone = [rule.code for rule in rules("cin", 2025) if not rule.against]
    assert found.coverage.filter(pl.col("rule").is_in(alone))["checked"].to_list() == [True] * len(alone)
    assert found.findings.filter(pl.col("rule") == "8590").height == 1


def test_who_sent_what_can_be_said_when_a_table_has_no_rows() -> None:
    frames = of("ssda903", "201", {"episodes": EPISODES})
    sent = {"episodes": ["201", "202"], "header": ["201", "202"]}
    found = check("ssda903", 2025, frames, sent=sent).coverage.filter(pl.col("rule") == "INT03")
    assert found.select("la", "checked").rows() == [("201", True), ("202", True)]


def test_rows_of_the_same_pupil_number_in_two_terms_are_two_pupils() -> None:
    tables = {
        "pupilonroll": [{"pupilonrolltableid": "p", "termlysessionspossible": "10"}],
        "termlysessiondetailsonroll": [
            {"pupilonrolltableid": "p", "attendancereason": "/", "sessions": "10"}
        ],
        "schoolcensus": [{"schoolcensustableid": "s", "census_term": "SPR"}],
    }
    spring = of("school_census", "201", tables)
    summer = {
        name: frame.with_columns(pl.lit("summer").alias("submission"))
        for name, frame in of(
            "school_census", "201", {k: v for k, v in tables.items() if "details" not in k}
        ).items()
    }
    found = check("school_census", 2025, together(spring, summer)).findings.filter(pl.col("rule") == "SC003")
    assert found.select("submission", "row").rows() == [("summer", 1)]
    codes = check("school_census", 2025, together(spring)).findings
    assert set(codes["term"]) == {"SPR"}


def _store(con: duckdb.DuckDBPyConnection, frames: dict[str, pl.DataFrame]) -> None:
    con.execute("create schema returns")
    for name, frame in frames.items():
        con.register("frame", frame)
        con.execute(f"create table returns.{name} as from frame")


def test_the_store_s_tables_give_the_same_findings_as_frames() -> None:
    this = of("ssda903", "201", {"episodes": EPISODES, "header": [{"CHILD": "1", "DOB": "01/01/2030"}]})
    last = of("ssda903", "201", {"episodes": [{"CHILD": "1", "DECOM": "02/05/2024"}]}, year=2024)
    with connect() as con:
        both = pl.concat([this["episodes"], last["episodes"]])
        _store(con, {"ssda903_episodes": both, "ssda903_header": this["header"]})
        stored = find(con, "ssda903", 2025, from_store(con, "ssda903", 2025))
        assert con.execute("select current_database()").fetchone() == ("memory",)
        assert con.execute(
            "select count(*) from duckdb_databases() where database_name = 'rule_views'"
        ).fetchone() == (0,)
    frames = check("ssda903", 2025, {**this, "last_year.episodes": last["episodes"]})
    assert stored.findings.equals(frames.findings)
    assert {"301", "502", "142"} <= set(stored.findings["rule"])


def test_a_census_in_the_store_is_read_in_place() -> None:
    frames = of("school_census", "201", {"pupilonroll": [{"pupilonrolltableid": "p", "upn": "x"}]})
    with connect() as con:
        _store(con, {"school_census_pupilonroll": frames["pupilonroll"]})
        found = find(con, "school_census", 2025, from_store(con, "school_census", 2025)).findings
    assert {"SC010", "SC013"} == set(found["rule"])


def test_a_census_year_is_a_school_year_and_a_903_year_runs_from_april() -> None:
    with connect() as con:
        with rule_views(con, "school_census", 2025, {}, needed=[]):
            assert con.execute("select year_start(), year_end()").fetchone() == (
                date(2024, 8, 1),
                date(2025, 7, 31),
            )
        with rule_views(con, "ssda903", 2025, {}, needed=[]):
            assert con.execute("select year_start(), year_end()").fetchone() == (
                date(2024, 4, 1),
                date(2025, 3, 31),
            )


def test_one_authority_is_validated_without_a_store() -> None:
    this = {name: f.drop("la") for name, f in of("ssda903", "201", {"episodes": EPISODES}).items()}
    last = of("ssda903", "201", {"episodes": [{"CHILD": "1", "DECOM": "02/05/2024"}]}, year=2024)
    found = validate(this, ret="ssda903", year=2025, la="201", last_year=last)
    assert {"142", "146", "502"} <= set(found.findings["rule"])
    assert set(found.findings["la"]) == {"201"}
    assert found.coverage.height == len(rules("ssda903", 2025))
    unchecked = found.coverage.filter(pl.col("rule") == "301")["reason"].to_list()
    assert unchecked == ["Header was not sent"]


def test_frames_without_provenance_are_numbered_from_one() -> None:
    from schemas.returns.ssda903 import Episodes

    frame = pl.DataFrame([{"CHILD": "1", "PLACE": "ZZ"}], schema=polars_schema(Episodes, provenance=False))
    found = validate({"Episodes": frame}, ret="ssda903", year=2025, la="201").findings
    assert found.filter(pl.col("rule") == "146").select("la", "row").rows() == [("201", 1)]


def test_findings_do_not_depend_on_the_order_of_rows_or_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = together(
        of("ssda903", "201", {"episodes": EPISODES}), of("ssda903", "202", {"episodes": EPISODES})
    )
    usual = check("ssda903", 2025, frames).findings
    monkeypatch.setenv("NATIONAL_OUTCOMES_THREADS", "1")
    turned = check("ssda903", 2025, {name: frame.reverse() for name, frame in frames.items()}).findings
    assert usual.equals(turned)


def test_findings_hold_no_value() -> None:
    rows = [{"CHILD": "SECRET-1", "DECOM": "01/05/2024", "PLACE": "SECRET-2"}]
    found = check("ssda903", 2025, of("ssda903", "201", {"episodes": rows}))
    assert "SECRET" not in found.findings.write_csv() + found.coverage.write_csv()


def test_a_rule_that_can_be_checked_for_nobody_is_not_run() -> None:
    broken = dataclasses.replace(
        rules("ssda903")[0], table="episodes", sql="select error('was run') from header"
    )
    some = of("ssda903", "201", {"episodes": EPISODES})
    unchecked = check("ssda903", 2025, some, only=[broken])
    assert unchecked.coverage["reason"].to_list() == ["Header was not sent"]
    whole = of("ssda903", "202", {"episodes": EPISODES, "header": [{"CHILD": "1"}]})
    with pytest.raises(RuleBroken):
        check("ssda903", 2025, together(some, whole), only=[broken])
