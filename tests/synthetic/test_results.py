"""Results that were made up: of pupils who had come to the end of a stage, in codes that there are, as good as published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from schemas.code_sets import code_set
from synthetic import make_country
from synthetic.attainment import _of_year_11, _Pupils
from synthetic.make import RESULTS

YEAR = 2025


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    make_country(folder, scale=0.02, years=[YEAR], seed=2, las=["305", "330"], clean=True, also=[RESULTS])
    return folder


@pytest.fixture(scope="module")
def sent(country: Path) -> pl.DataFrame:
    paths = sorted((country / "landing" / "attainment" / str(YEAR)).glob("*/attainment.csv"))
    return pl.concat([pl.read_csv(path, infer_schema=False) for path in paths])


def test_every_result_is_of_a_pupil_at_the_end_of_that_stage(country: Path, sent: pl.DataFrame) -> None:
    born = pl.read_parquet(country / "truth" / "people.parquet").select("upn", "second_upn", "date_of_birth")
    either = pl.concat(
        [born.select("date_of_birth", upn=name).drop_nulls() for name in ("upn", "second_upn")]
    )
    joined = sent.join(either, on="upn", how="left")
    assert joined.height == sent.height
    ends = {"KS2": YEAR - 11, "KS4": YEAR - 16}
    for stage, year in ends.items():
        days = joined.filter(pl.col("key_stage") == stage)["date_of_birth"]
        assert len(days) > 50
        assert days.is_between(pl.date(year - 1, 9, 1), pl.date(year, 8, 31)).all()


def test_each_pupil_has_each_measure_of_the_stage_once(sent: pl.DataFrame) -> None:
    assert sent.select("upn", "measure").is_duplicated().sum() == 0
    assert set(sent["measure"]) == set(code_set("attainment_measure")["code"])
    assert set(sent["academic_year"]) == {"2024/25"}


def test_scores_of_every_group_are_on_average_as_published_and_never_below_nought() -> None:
    groups = ("cino", "cppo", "cla12", "other")
    pupils = _Pupils(np.arange(80_000), np.repeat(groups, 20_000))
    scores = _of_year_11(np.random.default_rng(3), pupils)["attainment_8"].cast(pl.Float64).to_numpy()
    means = scores.reshape(len(groups), -1).mean(axis=1)
    assert np.abs(means - [17.3, 16.9, 17.3, 47.0]).max() < 0.6
    assert scores.min() >= 0
    assert scores.max() <= 90


def test_most_children_do_about_as_well_as_is_published(sent: pl.DataFrame) -> None:
    means = dict(sent.group_by("measure").agg(pl.col("value").cast(pl.Float64).mean()).iter_rows())
    assert 0.5 < means["rwm_expected"] < 0.75
    assert 38 < means["attainment_8"] < 52
    assert 0.35 < means["english_maths_grade_5"] < 0.55
