"""What goes wrong on purpose is where the truth says, and the children who are looked for are where they should be."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from synthetic import make_country
from synthetic.faults import CIN_FAULTS, SCHOOL_FAULTS, SSDA903_FAULTS
from synthetic.rates import sections
from tests.synthetic.conftest import LAS, Made


def _canaries(made: Made) -> dict[str, str]:
    with (made.root / "truth" / "canaries.csv").open() as lines:
        return {row["kind"]: row["value"] for row in csv.DictReader(lines)}


def _landed(made: Made, return_: str, year: int = 2025) -> bytes:
    return b"".join(
        path.read_bytes() for path in sorted((made.root / "landing" / return_ / str(year)).rglob("*.*"))
    )


@pytest.mark.parametrize("suffix", ["", "_in_fault"])
def test_canaries_sing_in_every_return(untidy: Made, suffix: str) -> None:
    canaries = {kind: value.encode() for kind, value in _canaries(untidy).items()}
    expected = {
        "cin": ["upn", "former_upn", "la_child_id"],
        "ssda903": ["upn", "la_child_id", "postcode", "placement_postcode", "social_worker_id", "provider_urn"],
        "school_census": ["forename", "surname", "former_surname", "upn", "former_upn", "placement_postcode"],
        "person_identifiers": [
            "forename", "surname", "former_surname", "upn", "former_upn", "nhs_number", "la_child_id", "postcode", "uln",
        ],
    }  # fmt: skip
    for return_, kinds in expected.items():
        content = _landed(untidy, return_)
        for kind in kinds:
            assert canaries[kind + suffix] in content, (return_, kind)


def test_a_canarys_values_belong_to_no_one_else(untidy: Made) -> None:
    names = untidy.truth("people").filter(~pl.col("is_canary")).select(pl.selectors.string())
    values = list(_canaries(untidy).values())
    assert len(values) == len(set(values)) == 24
    for column in names.get_columns():
        assert not column.is_in(values).any()


def test_the_second_canarys_rows_carry_a_date_that_cannot_be(untidy: Made) -> None:
    child = _canaries(untidy)["la_child_id_in_fault"]
    for table, column in (("header", "DOB"), ("episodes", "DECOM"), ("sw_episodes", "SW_DECOM")):
        rows = untidy.care(2025, table).filter(pl.col("CHILD") == child)
        assert rows[column].to_list() == ["31/02/2014"] * rows.height
        assert rows.height > 0
    assert b"2014-02-31" in _landed(untidy, "cin")
    assert b"2014-Feb-31 00:00:00" in _landed(untidy, "school_census")
    assert b"2014-02-31" in _landed(untidy, "person_identifiers")


def test_a_clean_country_has_neither_faults_nor_errors(clean: Made) -> None:
    assert clean.truth("faults").is_empty()
    assert clean.truth("errors").is_empty()
    assert not [kind for kind in _canaries(clean) if kind.endswith("_in_fault")]


def test_planted_faults_of_the_903_stand_in_the_rows_that_the_truth_names(untidy: Made) -> None:
    faults = untidy.truth("faults").filter(pl.col("return") == "ssda903")
    assert faults.height > 15
    for (year, table), rows in faults.group_by("year", "table"):
        sent = untidy.care(int(str(year)), str(table)).with_columns(pl.col("row").cast(pl.Int64))
        found = rows.join(sent, on=["la", "row"], how="left")
        assert found.filter(pl.col("child") != pl.col("CHILD")).height == 0
    seen = 0
    for year in (2023, 2024, 2025):
        rows = untidy.care(year, "episodes").with_columns(pl.col("row").cast(pl.Int64))
        open_ = faults.filter(pl.col("year") == year, pl.col("rule") == "142").join(rows, on=["la", "row"])
        assert open_["DEC"].null_count() == open_.height
        seen += open_.height
        unended = faults.filter(pl.col("year") == year, pl.col("rule") == "148").join(rows, on=["la", "row"])
        assert unended.filter(pl.col("REC").is_not_null() | pl.col("DEC").is_null()).height == 0
    assert seen > 0


def test_planted_faults_of_the_census_stand_in_the_rows_that_the_truth_names(untidy: Made) -> None:
    faults = untidy.truth("faults").filter(pl.col("return") == "cin", pl.col("rule") == "8805")
    assert faults.height > 0
    for year in faults["year"].unique().to_list():
        rows = untidy.cases(year).with_columns(row=pl.int_range(1, pl.len() + 1).over("la"))
        found = faults.filter(pl.col("year") == year).join(rows, on=["la", "row"], how="left")
        assert found.filter(pl.col("child") != pl.col("child_right")).height == 0
        assert found["reason"].null_count() == found.height
        assert found["closure"].null_count() == 0


def test_identifier_errors_are_made_and_listed(untidy: Made) -> None:
    errors = untidy.truth("errors")
    assert {"upn_mistyped", "dob_digit", "nickname", "surname_typo"} <= set(errors["kind"])
    assert {"case", "school"} == set(errors["system"])


def test_every_rate_has_a_source() -> None:
    for section, rates in sections().items():
        for name, entry in rates.items():
            assert set(entry) == {"value", "source"}, (section, name)
            assert len(entry["source"]) >= len("assumed")
            assert entry["value"] >= 0


def test_every_fault_has_a_rate_and_every_rate_a_fault() -> None:
    named = {fault.name for fault in (*CIN_FAULTS, *SSDA903_FAULTS, *SCHOOL_FAULTS)}
    assert named | {"reference_date_wrong"} == set(sections()["faults"])


def _bytes(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


def test_the_same_arguments_make_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("two", 5), ("other", 6)):
        make_country(tmp_path / name, scale=0.004, years=[2025], seed=seed, las=LAS[:2])
    one, two, other = (_bytes(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one.keys() == other.keys()
    assert one != other


@pytest.mark.parametrize("las", [["420"], ["201"], ["886"]])
def test_a_single_authority_can_be_made(tmp_path: Path, las: list[str]) -> None:
    summary = make_country(tmp_path, scale=0.001, years=[2022, 2026], seed=1, las=las)
    assert all(part.children >= 1 for part in summary.returns)
    assert (tmp_path / "synthetic.json").exists()


def test_years_and_scales_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected collection years"):
        make_country(tmp_path, scale=0.01, years=[2019], seed=1)
    with pytest.raises(ValueError, match="expected a scale"):
        make_country(tmp_path, scale=2, years=[2025], seed=1)
    with pytest.raises(LookupError, match="expected codes of authorities"):
        make_country(tmp_path, scale=0.01, years=[2025], seed=1, las=["999"])
