"""A linkage model: how often the records of one child agree, and of two children, field by field.

It is small, readable and holds nobody: m and u only. How common each name is stays in the store
(`people.tf_*`). The prior is not in it either: it depends on how many children the linked record could
be, which the run knows.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.comparing import ELSE, Ladder, Parameters, children_ladders

COMMITTED = Path(__file__).parent / "models" / "children_1.json"


@dataclass(frozen=True)
class Model:
    """Parameters with their name and what they were learned from."""

    name: str
    trained_on: str
    splink: str
    match_share: float
    parameters: Parameters
    labels: dict[str, Any] | None = None
    """What people's decisions moved when it was learned, in counts and weights; None where there were none."""

    def prior(self, candidates: int) -> float:
        """Probability that a pair drawn at random is one child, where each record could be any of
        `candidates`. A power of two, so that weights do not creep as the store grows by a few records.
        """
        halvings = max(1, round_log2(max(candidates, 2) / self.match_share))
        return float(2.0**-halvings)


def weight(held: dict[str, float]) -> float:
    """What standing on a rung with this m and u speaks for one child, in powers of two."""
    return round(math.log2(held["m"] / held["u"]), 3)


def round_log2(value: float) -> int:
    """The nearest whole logarithm to the base 2."""
    return round(math.log2(value))


def load(path: Path = COMMITTED) -> Model:
    """Read a model and check that it fits the ladders of this version and is sane."""
    held = json.loads(path.read_text(encoding="utf-8"))
    model = Model(
        held["name"],
        held["trained_on"],
        held["splink"],
        held["match_share"],
        held["fields"],
        held.get("labels"),
    )
    problems = faults(model, children_ladders())
    if problems:
        raise ValueError(
            f"{path.name} is not a model for this version of the linkage: {'; '.join(problems)}. "
            "Train a new one with `outcomes linkage train`, or use the one that came with this version."
        )
    return model


def save(model: Model, path: Path) -> None:
    """Write a model as JSON, figures to six significant digits."""
    held = {
        "name": model.name,
        "trained_on": model.trained_on,
        "splink": model.splink,
        "match_share": model.match_share,
        "fields": {
            field: {
                rung: {kind: float(f"{value:.6g}") for kind, value in known.items()}
                for rung, known in rungs.items()
            }
            for field, rungs in model.parameters.items()
        },
    } | ({"labels": model.labels} if model.labels else {})
    path.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


def faults(model: Model, ladders: tuple[Ladder, ...]) -> list[str]:
    """What is wrong with a model: a rung missing or never trained, or agreement that speaks against."""
    found: list[str] = []
    for ladder in ladders:
        known = model.parameters.get(ladder.field, {})
        for label in (*(rung.label for rung in ladder.rungs), ELSE):
            held = known.get(label, {})
            if not all(0 < held.get(kind, 0) < 1 for kind in "mu"):
                found.append(f"{ladder.field}, '{label}': m and u must lie between 0 and 1")
        found += _order_faults(ladder, known)
    return found


def _order_faults(ladder: Ladder, known: dict[str, dict[str, float]]) -> list[str]:
    first, last = known.get(ladder.rungs[0].label), known.get(ELSE)
    if not first or not last or first["m"] / first["u"] > 1 > last["m"] / last["u"]:
        return []
    return [f"{ladder.field}: agreement must speak for one child, and difference against"]
