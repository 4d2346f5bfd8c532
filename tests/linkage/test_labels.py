"""What reviewers decided teaches the model: in the right direction, a little at a time, and nothing without them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from linkage import labels, model, train
from linkage.comparing import ELSE


@dataclass(frozen=True)
class Lessons:
    """A file of records, the pairs of one child in it whose sexes agree and differ, and the model without labels."""

    records: Path
    agree: pl.DataFrame
    differ: pl.DataFrame
    unlabelled: model.Model


OTHER_SEX = """
update records set sex = case when sex in ('F', '2') then 'M' else 'F' end
where source <> 'school_census' and record_id in (select record_id from truth where child % 5 = 0)
"""
"""Of one child in five social care holds the other sex than school."""

PAIRS = """
select c.record_id as record_a, s.record_id as record_b, (c.sex in ('F', '2')) = (s.sex in ('F', '2')) as same_sex
from records c join truth x using (record_id) join truth y on y.child = x.child
join records s on s.record_id = y.record_id
where c.source <> 'school_census' and s.source = 'school_census' 
qualify row_number() over (partition by x.child order by c.record_id, s.record_id) = 1
order by record_a
"""


@pytest.fixture(scope="module")
def lessons(country: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Lessons:
    folder = tmp_path_factory.mktemp("labels")
    records = folder / "records.parquet"
    with duckdb.connect() as con:
        country(5000, 43).into(con)
        con.execute(OTHER_SEX)
        found = con.sql(PAIRS).pl()
        con.execute(f"copy records to '{records}'")
    unlabelled = train(records, folder / "without.json", pairs=3e5)
    return Lessons(records, found.filter("same_sex"), found.filter(~pl.col("same_sex")), unlabelled)


def decided(
    pairs: pl.DataFrame, decision: str = "same", of: int = 1, *, weighed: bool = True
) -> pl.DataFrame:
    """Pairs as a store holds the decisions on them; each stands for `of` pairs of its kind."""
    kind = f"{decision}, {of}"
    return pairs.select(
        "record_a", "record_b", pl.lit(decision).alias("decision"), pl.lit("2026-11-02").alias("decided"),
        pl.lit(None, pl.String).alias("standing_a"), pl.lit(None, pl.String).alias("standing_b"),
        pl.lit(kind).alias("stratum"), pl.lit(of * pairs.height).alias("of"),
        pl.lit(True).alias("is_linked"), pl.lit(weighed).alias("is_weighed"),
    )  # fmt: skip


def taught(lessons: Lessons, out: Path, *given: pl.DataFrame) -> model.Model:
    return train(lessons.records, out, pairs=3e5, decided=pl.concat(given))


def weights(of: model.Model, field: str) -> dict[str, float]:
    return {rung: model.weight(held) for rung, held in of.parameters[field].items()}


def test_labels_of_one_child_with_two_sexes_make_another_sex_speak_less_against(
    lessons: Lessons, tmp_path: Path
) -> None:
    pairs = lessons.differ.head(40)
    learned = taught(lessons, tmp_path / "with.json", decided(pairs))
    before, after = weights(lessons.unlabelled, "sex"), weights(learned, "sex")
    most = math.log2(1 + pairs.height / labels.LEARNED_COUNTS_AS)
    assert before[ELSE] < after[ELSE] <= before[ELSE] + most + 0.002
    assert after["same"] < before["same"]
    assert "upn" not in (learned.labels or {})["moved"]
    for field, known in learned.parameters.items():
        assert sum(held["m"] for held in known.values()) == pytest.approx(
            sum(held["m"] for held in lessons.unlabelled.parameters[field].values()), abs=0.01
        ), field


def test_labels_that_agree_make_agreement_say_more(lessons: Lessons, tmp_path: Path) -> None:
    learned = taught(lessons, tmp_path / "with.json", decided(lessons.agree.head(60)))
    before, after = weights(lessons.unlabelled, "sex"), weights(learned, "sex")
    assert after["same"] >= before["same"]
    assert before[ELSE] - 0.8 < after[ELSE] < before[ELSE]


def test_a_pair_counts_for_as_many_as_it_was_drawn_to_stand_for(lessons: Lessons, tmp_path: Path) -> None:
    """The same pairs: when those of two sexes stand for many, another sex speaks less against than when for few."""
    agree, differ = lessons.agree.head(30), lessons.differ.head(30)
    often = taught(lessons, tmp_path / "often.json", decided(agree), decided(differ, of=5))
    seldom = taught(lessons, tmp_path / "seldom.json", decided(agree, of=5), decided(differ))
    assert weights(often, "sex")[ELSE] > weights(seldom, "sex")[ELSE]


def test_what_was_not_weighed_or_is_two_children_moves_no_weight_and_is_counted(
    lessons: Lessons, tmp_path: Path
) -> None:
    two = pl.DataFrame(
        {"record_a": lessons.agree["record_a"][:9], "record_b": lessons.agree["record_b"][20:29]}
    )
    learned = taught(
        lessons, tmp_path / "none.json", decided(lessons.differ.head(12), weighed=False), decided(two, "apart"),
        decided(lessons.differ.tail(3), "unsure"),
    )  # fmt: skip
    assert_same(
        learned, lessons.unlabelled, within=0.01
    )  # of one form, records decided apart are two children
    assert learned.labels is not None
    assert learned.labels["given"] == {"same": 12, "apart": 9, "unsure": 3}
    assert learned.labels["weighed_pairs_with_a_pupil"]["same"] == 0
    assert learned.labels["moved"] == {}


def assert_same(one: model.Model, other: model.Model, within: float = 1e-6) -> None:
    for field, known in one.parameters.items():
        for rung, held in known.items():
            assert held == pytest.approx(other.parameters[field][rung], rel=within), (field, rung)


def test_without_decisions_the_model_is_as_before_and_its_card_says_so(
    lessons: Lessons, tmp_path: Path
) -> None:
    out = tmp_path / "again.json"
    assert_same(train(lessons.records, out, pairs=3e5), lessons.unlabelled)
    assert "labels" not in json.loads(out.read_text(encoding="utf-8"))
    assert "nobody's decision moved a weight" in out.with_suffix(".md").read_text(encoding="utf-8")


def test_the_card_and_the_json_tell_counts_days_and_weights_and_no_record(
    lessons: Lessons, tmp_path: Path
) -> None:
    out, pairs = tmp_path / "ours.json", lessons.differ.head(25)
    learned = taught(lessons, out, decided(pairs))
    card, held = out.with_suffix(".md").read_text(encoding="utf-8"), out.read_text(encoding="utf-8")
    assert "2026-11-02: 25 pairs are one child, 0 are two, 0 could not be told" in card
    before, after = weights(lessons.unlabelled, "sex")[ELSE], weights(learned, "sex")[ELSE]
    assert f"| {ELSE} | {before:.2f} | {after:.2f} |" in card
    assert model.load(out).labels == learned.labels
    known = pl.concat([pairs["record_a"], pairs["record_b"]]).to_list()
    assert not any(record in text for record in known for text in (card, held))


def test_a_step_is_bounded_both_ways_and_the_shares_stay_whole() -> None:
    known = {"same": {"m": 0.99, "u": 0.5}, ELSE: {"m": 0.01, "u": 0.5}}
    for seen in ({"same": 0.0, ELSE: 1.0}, {"same": 1.0, ELSE: 0.0}):
        for count in (1.0, 30.0, 3000.0):
            after = labels._moved(known, seen, count)
            most = 1 + count / labels.LEARNED_COUNTS_AS
            assert sum(held["m"] for held in after.values()) == pytest.approx(1)
            assert all(
                known[rung]["m"] / most - 1e-9 <= held["m"] <= known[rung]["m"] * most + 1e-9
                for rung, held in after.items()
            )
