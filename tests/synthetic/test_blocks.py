"""A country made in blocks is one country: nobody's number comes twice, and the truth is of all of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synthetic import make, make_country
from synthetic.blocks import blocks
from synthetic.places import read_places
from tests.synthetic.conftest import LAS

MOST = 1_500


@pytest.fixture(scope="module")
def in_blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blocks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "MOST_CHILDREN", MOST)
        for name in ("one", "again"):
            make_country(folder / name, scale=0.03, years=[2023, 2025], seed=4, las=LAS)
    return folder


def _truth(home: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(home / "truth" / f"{name}.parquet")


def test_england_falls_into_blocks_of_bearable_size_that_mix_regions() -> None:
    england = read_places(1.0, None)
    parts = [block.places for block in blocks(england, 600_000)]
    codes = [code for part in parts for code in part.frame["la_code"]]
    assert sorted(codes) == england.frame["la_code"].to_list()
    assert max(part.children.sum() for part in parts) <= 630_000
    assert min(part.frame["region_code"].n_unique() for part in parts) >= 3
    in_order = [part.frame["la_code"].to_list() for part in parts]
    assert all(codes == sorted(codes) for codes in in_order)


def test_authorities_that_came_from_one_county_are_made_together() -> None:
    for block in blocks(read_places(1.0, None), 600_000):
        counties = block.places.frame.filter(pl.col("former_la_code") != "")
        for county, rows in counties.group_by("former_la_code"):
            whole = read_places(1.0, None).frame.filter(pl.col("former_la_code") == county[0])
            assert rows["la_code"].to_list() == whole["la_code"].to_list()


def test_a_small_country_is_one_block() -> None:
    assert len(blocks(read_places(0.04, None), 600_000)) == 1


def test_postcodes_are_the_same_in_a_block_as_in_the_whole_country() -> None:
    whole = read_places(0.3, None)
    postcodes = whole.postcodes
    assert postcodes.n_unique() == len(postcodes)
    ends = np.cumsum(whole.postcode_counts)
    for block in blocks(whole, 600_000):
        for number, begin, count in zip(
            block.places.frame["number"], block.places.postcode_offsets, block.places.postcode_counts, strict=True
        ):  # fmt: skip
            theirs = postcodes[int(ends[number] - count) : int(ends[number])]
            assert block.places.postcodes[int(begin) : int(begin + count)].equals(theirs, check_names=False)


def test_no_number_comes_twice(in_blocks: Path) -> None:
    people = _truth(in_blocks / "one", "people")
    assert people["person"].to_list() == list(range(people.height))
    families = people.group_by("family").agg(pl.col("person").max() - pl.col("person").min() + 1, pl.len())
    assert families.filter(pl.col("person") != pl.col("len")).is_empty()
    for name in ("upn", "uln", "nhs_number", "former_upn"):
        numbers = people[name].drop_nulls()
        assert numbers.n_unique() == len(numbers), name
    assert people["is_canary"].sum() == 2
    schools = [
        pl.read_csv(path, infer_schema=False)["urn"]
        for path in sorted(in_blocks.glob("one/landing/school_census/2025/*/2025_spring_schoolcensus.csv"))
    ]
    assert pl.concat(schools).n_unique() == sum(map(len, schools))


def test_the_truth_is_of_all_blocks(in_blocks: Path) -> None:
    home = in_blocks / "one"
    records, people = _truth(home, "records"), _truth(home, "people")
    assert set(records["la"].unique()) == {"213", "305", "306", "909", "942"}
    assert records.join(people, on="person", how="anti").is_empty()
    headers = records.filter(pl.col("table") == "header", pl.col("year") == 2025, pl.col("la") == "306")
    sent = pl.read_csv(home / "landing/ssda903/2025/306/header.csv", infer_schema=False)["CHILD"]
    assert sorted(headers["key"]) == sorted(sent)
    outcomes = _truth(home, "outcomes").filter(year=2025, measure="looked_after_at_31_march")
    levels = dict(outcomes.group_by("geographic_level").agg(pl.col("value").sum()).iter_rows())
    assert len(set(levels.values())) == 1
    assert outcomes.filter(pl.col("geographic_level") == "Local authority").height == len(LAS)


def test_a_family_is_found_in_its_own_block_by_its_names(in_blocks: Path) -> None:
    home = in_blocks / "one"
    pupils = _truth(home, "records").filter(table="pupilonroll", year=2025, la="942").unique("key")
    sent = pl.read_csv(
        home / "landing/school_census/2025/942/2025_spring_pupilonroll.csv", infer_schema=False
    ).select(key="pupilonrolltableid", sent="upn")
    joined = sent.join(pupils, on="key").join(_truth(home, "people"), on="person")
    assert joined.height == sent.height
    assert (joined["sent"] == joined["upn"]).mean() > 0.97


def test_blocks_make_the_same_bytes_again(in_blocks: Path) -> None:
    one, again = (
        {path.relative_to(home): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}
        for home in (in_blocks / "one", in_blocks / "again")
    )
    assert one == again


def test_authorities_at_full_size_stand_among_small_ones(tmp_path: Path) -> None:
    make_country(tmp_path, scale=0.002, years=[2025], seed=1, las=["201", "305"], full_size=["201"])
    assert json.loads((tmp_path / "synthetic.json").read_text())["full_size"] == ["201"]
    places = read_places(0.002, ["201", "305"], ["201"])
    assert places.children.tolist() == [847, round(0.002 * places.frame["population_0_17"][1])]
    with pytest.raises(LookupError, match="chosen authorities at full size, got 302"):
        make_country(tmp_path / "other", scale=0.002, years=[2025], seed=1, las=["201"], full_size=["302"])


def _wrong(home: Path) -> tuple[int, int]:
    return _truth(home, "errors").height, _truth(home, "faults").filter(pl.col("table") != "Header").height


def test_errors_multiply_what_goes_wrong(tmp_path: Path) -> None:
    for name, errors in (("half", 0.5), ("usual", 1.0), ("twice", 2.0)):
        make_country(tmp_path / name, scale=0.03, years=[2025], seed=6, las=LAS, errors=errors)
    half, usual, twice = (_wrong(tmp_path / name) for name in ("half", "usual", "twice"))
    assert [half[0] / usual[0], twice[0] / usual[0]] == pytest.approx([0.5, 2.0], rel=0.1)
    assert half[1] < usual[1] < twice[1]
    assert json.loads((tmp_path / "twice/synthetic.json").read_text())["errors"] == 2.0


def test_no_errors_at_all_is_a_clean_country(tmp_path: Path) -> None:
    make_country(tmp_path / "none", scale=0.002, years=[2025], seed=1, las=LAS[:2], errors=0)
    make_country(tmp_path / "clean", scale=0.002, years=[2025], seed=1, las=LAS[:2], clean=True)
    none, clean = (
        {path.relative_to(home): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}
        for home in (tmp_path / "none", tmp_path / "clean")
    )
    assert none == clean
    with pytest.raises(ValueError, match="expected errors of 0 or more"):
        make_country(tmp_path / "other", scale=0.002, years=[2025], seed=1, errors=-1)
