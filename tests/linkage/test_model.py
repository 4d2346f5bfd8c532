"""The committed model, and the learning of a new one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from linkage import COMMITTED, link_people, model, quality, train
from linkage.comparing import ELSE, children_ladders


def test_the_committed_model_fits_its_ladders_and_holds_nothing_else() -> None:
    held = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert model.faults(model.load(), children_ladders()) == []
    assert set(held) == {"name", "trained_on", "splink", "match_share", "fields"}
    assert set(held["fields"]) == {ladder.field for ladder in children_ladders()}
    for ladder in children_ladders():
        assert set(held["fields"][ladder.field]) == {rung.label for rung in ladder.rungs} | {ELSE}


def test_the_shares_of_a_field_make_one_whole() -> None:
    for field, rungs in model.load().parameters.items():
        for kind in "mu":
            assert sum(known[kind] for known in rungs.values()) == pytest.approx(1, abs=0.1), (field, kind)


def test_the_committed_model_has_a_card() -> None:
    card = COMMITTED.with_suffix(".md").read_text(encoding="utf-8")
    assert model.load().name in card
    assert "made-up" in card


def test_a_rung_that_was_never_learned_is_a_fault() -> None:
    whole = model.load()
    missing = {field: dict(rungs) for field, rungs in whole.parameters.items()}
    del missing["upn"]["one slip"]
    assert model.faults(replace(whole, parameters=missing), children_ladders()) == [
        "upn, 'one slip': m and u must lie between 0 and 1"
    ]


def test_agreement_that_speaks_against_is_a_fault() -> None:
    whole = model.load()
    wrong = whole.parameters | {"sex": {"same": {"m": 0.4, "u": 0.5}, ELSE: {"m": 0.6, "u": 0.5}}}
    assert len(model.faults(replace(whole, parameters=wrong), children_ladders())) == 1


def test_an_unfit_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    model.save(replace(model.load(), parameters={}), path)
    with pytest.raises(ValueError, match=r"old\.json is not a model.*linkage train"):
        model.load(path)


def test_the_prior_falls_as_the_store_grows_and_stays_put_between_nights() -> None:
    held = model.load()
    assert held.prior(1_000) > held.prior(1_000_000)
    assert held.prior(1_000_000) == held.prior(1_020_000)


def test_a_new_model_is_learned_in_one_call_and_serves(country: Callable[..., Any], tmp_path: Path) -> None:
    made = country(7000, 41)
    records, out = tmp_path / "records.parquet", tmp_path / "ours.json"
    pq.write_table(made.records, records)
    learned = train(records, out, seed=1, trained_on="a made-up country", pairs=3e5)
    assert learned.parameters["date_of_birth"]["same"]["m"] > 0.9
    assert learned.parameters["upn"]["same"]["m"] > 0.9
    assert learned.parameters["forename"]["same"]["u"] < 0.05
    with duckdb.connect() as con:
        country(3000, 42).into(con)
        link_people(con, records="records", run="one", model=out)
        marks = quality.against_truth(con, "truth")["all"]
        assert con.execute("select distinct model from people.link where model is not null").fetchall() == [
            ("ours",)
        ]
    assert marks["precision"] >= 0.998
    assert marks["recall"] >= 0.98


def test_splink_is_loaded_only_when_it_is_used() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, linkage; print('splink' in sys.modules, 'dagster' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=COMMITTED.parents[2],
    )
    assert told.stdout.split() == ["False", "False"]
