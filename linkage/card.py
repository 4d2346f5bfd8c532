"""A model card: what whoever uses a linkage model must know of it, written when the model is learned.

It says what the model is, what it was learned from and what people's decisions moved, in counts and weights;
it names nobody. How good the model is cannot be known here: that is measured, and added by whoever commits it.
"""

from __future__ import annotations

from typing import Any

from linkage.model import Model

CARD = """# Model card: {name}

**What it is.** How often records of one child, and of two children, agree in forename, surname, birth date, sex,
ethnicity, postcode and UPN. It weighs only what no certain key has brought to a pupil.

**What it was trained on.** {trained_on}, seed {seed}, Splink {splink}. Without labels first: u comes from random
pairs, m from expectation maximisation among pairs with one UPN and among pairs with one full name and birth date.

{labels}

**What it holds.** m and u only: no name, no frequency table, no record.

**How good it is.** Not measured yet: run `benchmarks/linkage_truth.py` and `benchmarks/linkage_cells.py`, write
down what they print, and compare it with the model that it is to replace, before it is committed.
"""

NO_LABELS = "**What people decided.** Nothing was on record, so nobody's decision moved a weight."

LABELS = """**What people decided.** {days}: {same} pairs are one child, {apart} are two, {unsure} could not be told. Of them
{used_same} and {used_apart} are weighed pairs of a child of social care and a pupil who are still in the returns. The
{used_same} moved m as below, each by the number of pairs that it was drawn to stand for; what was learned without
labels counts as much as {prior:g} of them, and no weight moves by more than log2(1 + labels / {prior:g}). Pairs
decided apart do not move u. UPN is not taught: a pair with one UPN is never weighed.

| field | labels, in effect | rung | weight before | after |
|---|---|---|---|---|
{rows}"""


def written(model: Model, seed: int) -> str:
    """The card in Markdown."""
    told = NO_LABELS if model.labels is None else _labels(model.labels)
    return CARD.format(
        name=model.name, trained_on=model.trained_on, seed=seed, splink=model.splink, labels=told
    )


def _labels(told: dict[str, Any]) -> str:
    first, last = told["from"], told["to"]
    used = told["weighed_pairs_with_a_pupil"]
    return LABELS.format(
        days=first if first == last else f"{first} to {last}",
        **told["given"],
        used_same=used["same"],
        used_apart=used["apart"],
        prior=told["learned_counts_as"],
        rows="\n".join(_rows(told)) or "| none | | | | |",
    )


def _rows(told: dict[str, Any]) -> list[str]:
    return [
        f"| {field} | {told['worth'][field]:g} | {rung} | {before:.2f} | {after:.2f} |"
        for field, rungs in told["moved"].items()
        for rung, (before, after) in rungs.items()
    ]
