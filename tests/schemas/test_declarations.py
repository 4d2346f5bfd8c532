"""What is declared holds together: tables, columns, code sets, authorities."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

import polars as pl
import pytest

from schemas import authorities, code_sets
from schemas.duck import connect
from schemas.findings import Finding, finding_codes, findings_frame
from schemas.returns import RETURNS, named
from schemas.table import PROVENANCE_NAMES, Table, column, columns, ddl, polars_schema

TABLES = [(ret, table) for ret in RETURNS.values() for table in ret.tables]
every_table = pytest.mark.parametrize(("ret", "table"), TABLES, ids=[r.stored_as(t) for r, t in TABLES])


@every_table
def test_every_table_and_column_says_what_it_is(ret, table) -> None:
    assert table.about()
    assert table.DFE
    assert all(column.about for column in columns(table))


@every_table
def test_no_heading_can_mean_two_columns_of_a_table(ret, table) -> None:
    headings = [heading for column in columns(table) for heading in column.headings]
    assert len(headings) == len(set(headings))
    assert not {c.name.lower() for c in columns(table)} & set(PROVENANCE_NAMES)


@every_table
def test_every_declared_table_is_a_table_in_duckdb(ret, table) -> None:
    with connect() as con:
        con.execute(ddl(table, "t"))
        got = con.execute("select column_name, column_type from (describe t)").fetchall()
    assert got == [(c.name, c.sql_type) for c in columns(table)]
    assert list(polars_schema(table)) == [c.name for c in columns(table)] + list(PROVENANCE_NAMES)


def test_every_code_set_that_a_column_names_exists() -> None:
    used = {c.codes for _, table in TABLES for c in columns(table) if c.codes}
    assert used <= set(code_sets.names())


@pytest.mark.parametrize("name", code_sets.names())
def test_a_code_means_one_thing_in_one_year_and_is_never_blank(name: str) -> None:
    frame = code_sets.code_set(name)
    assert frame["code"].null_count() == 0
    assert (frame["since"] <= frame["until"]).all()
    pairs = frame.join(frame, on="code").filter(
        (pl.col("since") < pl.col("since_right")) & (pl.col("until") >= pl.col("since_right"))
    )
    assert pairs.is_empty()
    assert frame.select("code", "since").is_unique().all()


def test_a_code_that_ended_is_not_in_a_later_years_set() -> None:
    with connect() as con:
        code_sets.load_codes(con, 2025)
        codes = {c for (c,) in con.execute("select code from codes.ssda903_place").fetchall()}
    assert "H5" not in codes
    assert {"K3", "Z1"} <= codes
    assert "Z11" not in codes


def test_an_earlier_order_may_come_from_an_authority_that_is_gone_or_from_outside_england() -> None:
    codes = code_sets.code_set("ssda903_la_perm")
    assert set(authorities.authorities()["la_code"]) < set(codes["code"])
    assert {"SCO", "WAL", "999"} <= set(codes["code"])
    in_2020 = codes.filter(pl.col("since") <= 2020, pl.col("until") >= 2020)["code"]
    assert {"837", "838"} <= set(in_2020)
    assert "940" not in set(in_2020)


def test_names_birth_dates_upns_and_postcodes_are_marked_as_identifying() -> None:
    telling = ("upn", "name", "dob", "birth", "post", "child_id", "childid", "uln", "nhs", "sw_id")
    harmless = {"census_name"}
    unmarked = [
        f"{table.DFE}.{c.name}"
        for _, table in TABLES
        for c in columns(table)
        if any(word in c.name.lower() for word in telling) and not c.identifies
    ]
    kinds = {"UPNunknown", "posttown"}
    assert [u for u in unmarked if u.split(".")[1] not in harmless | kinds] == []


def test_there_are_153_authorities_since_2023_24_and_their_region_is_known() -> None:
    now = authorities.in_year(2025)
    assert now.height == 153
    assert now["region_code"].null_count() == 0
    assert now["la_code"].is_unique().all()


@pytest.mark.parametrize(
    ("code", "year", "known"),
    [
        ("909", 2023, True),
        ("909", 2024, False),
        ("942", 2024, True),
        ("975", 2025, False),
        ("999", 2025, False),
    ],
)
def test_an_authority_is_known_in_the_years_in_which_it_existed(code: str, year: int, known: bool) -> None:
    assert authorities.is_authority(code, year) is known


def test_a_rate_uses_the_population_of_the_year_before() -> None:
    england = authorities.population().filter(pl.col("year") == 2025)
    assert set(england["mid_year"]) == {2024}
    assert england["population"].sum() == 12_183_016


def test_a_finding_knows_its_severity_and_holds_no_value() -> None:
    frame = findings_frame(
        [Finding("cell.not_a_date", table="Header", row=3, fields="DOB")], year=2025, la="202"
    )
    assert frame["severity"].to_list() == ["error"]
    assert "value" not in frame.columns
    assert all(code.meaning and code.what_to_do for code in finding_codes().values())


def test_an_unknown_return_is_named_in_the_error() -> None:
    with pytest.raises(LookupError, match="expected one of cin, ssda903"):
        named("sen2")


def test_a_strict_table_refuses_what_its_declaration_forbids() -> None:
    class Toy(Table):
        """One row per child."""

        VIEW: ClassVar[str] = "toy"

        child: Annotated[str, column("Who.", key=True)]
        born: Annotated[date | None, column("When.")]

    assert "NOT NULL" in ddl(Toy, "toy")
    assert "NOT NULL" not in ddl(Toy, "toy", strict=False)
