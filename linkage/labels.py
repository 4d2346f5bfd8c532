"""What people found who compared two children's records, as lessons: how often one child's records agree.

Reviewers see a few hundred pairs, drawn kind by kind, while the model has seen millions without anybody's
word. So each decided pair counts for as many as it was drawn to stand for, and all of them together move a figure
only part of the way to what they say: few labels a little, many nearly the whole way. What was decided `unsure`
teaches nothing. A pair decided `apart` does not move u: it was drawn because much spoke for it, and u is
what strangers have in common; it tells how far a weight can be believed (`linkage.report`).
"""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl

from linkage.comparing import Ladder, Parameters
from linkage.model import weight
from linkage.review import with_counts
from linkage.splinking import agreement_of_labelled
from linkage.steps import SCRATCH, rows, run_step

LEARNED_COUNTS_AS = 100.0
"""What was learned without labels counts as much as this many labelled pairs. With n pairs a figure goes n / (n + 100)
of the way at most, and no rung's weight moves by more than log2(1 + n / 100): a quarter of a unit for twenty pairs,
one unit for a hundred."""

NOT_TAUGHT = ("upn",)
"""A pair with one valid UPN is linked by it and never weighed, so weighed pairs tell nothing of how often UPNs agree."""

DECISION = "record_a, record_b, decision, null::text as why, standing_a, standing_b, counts_for, is_weighed"


def load(con: duckdb.DuckDBPyConnection, decided: pl.DataFrame) -> None:
    """`people.decision` for records that are to be learned from, so that a pair is known when it was sent again."""
    con.register("labels_given", with_counts(decided))
    con.execute(f"create table people.decision as select {DECISION} from labels_given")
    con.unregister("labels_given")


def teach(
    con: duckdb.DuckDBPyConnection, ladders: tuple[Ladder, ...], learned: Parameters, decided: pl.DataFrame
) -> tuple[Parameters, dict[str, Any]]:
    """The parameters after the labels, and what the model card says of these: counts, days and weights.

    `learn_care` and `learn_pupil` and the decisions (`load`) must be there. `decided` has the columns of a
    store's decisions: decision, decided (day), stratum, of, is_linked, is_weighed.
    """
    run_step(con, "90_labelled")
    worth = {ladder.field: _worth(con, ladder) for ladder in ladders if ladder.field not in NOT_TAUGHT}
    after = learned
    if any(worth.values()):
        seen = agreement_of_labelled(
            con, ladders, ["learn_care", "learn_pupil"], "entity_no", "labelled_same"
        )
        after = {
            field: _moved(known, seen[field], worth[field]) if worth.get(field) else known
            for field, known in learned.items()
        }
    return after, _told(con, decided, worth) | {"moved": _weights_moved(learned, after)}


def _worth(con: duckdb.DuckDBPyConnection, ladder: Ladder) -> float:
    """How many equally weighed labels (Kish) the labelled matches are worth whose records both hold the field."""
    sides = ", ".join(f"x.{one} as {one}_l, y.{one} as {one}_r" for one in ladder.uses)
    found = rows(
        con,
        f"""select coalesce(sum(counts_for) ** 2 / sum(counts_for ** 2), 0) from (
          select counts_for, {sides} from {SCRATCH}.labelled
          join {SCRATCH}.learn_care x on x.entity_no = a join {SCRATCH}.learn_pupil y on y.entity_no = b
          where decision = 'same') where not ({ladder.missing})""",
    )
    return float(found[0][0])


def _moved(
    known: dict[str, dict[str, float]], seen: dict[str, float], labels: float
) -> dict[str, dict[str, float]]:
    """Every m one step along the straight line to what the labels show; u as it was."""
    step = labels / (labels + LEARNED_COUNTS_AS)
    for rung, held in known.items():
        if seen[rung] > held["m"]:
            step = min(step, labels / LEARNED_COUNTS_AS * held["m"] / (seen[rung] - held["m"]))
    return {
        rung: {"m": held["m"] + step * (seen[rung] - held["m"]), "u": held["u"]}
        for rung, held in known.items()
    }


def _told(con: duckdb.DuckDBPyConnection, decided: pl.DataFrame, worth: dict[str, float]) -> dict[str, Any]:
    given = dict(decided.group_by("decision").len().iter_rows())
    used: dict[str, int] = dict(
        rows(con, f"select decision, count(*) from {SCRATCH}.labelled group by decision")
    )
    return {
        "from": str(decided["decided"].min()),
        "to": str(decided["decided"].max()),
        "given": {kind: int(given.get(kind, 0)) for kind in ("same", "apart", "unsure")},
        "weighed_pairs_with_a_pupil": {kind: int(used.get(kind, 0)) for kind in ("same", "apart")},
        "learned_counts_as": LEARNED_COUNTS_AS,
        "worth": {field: round(labels, 1) for field, labels in worth.items()},
    }


def _weights_moved(before: Parameters, after: Parameters) -> dict[str, dict[str, list[float]]]:
    """The weight of every rung of the fields that were taught, before and after."""
    return {
        field: {rung: [weight(held), weight(after[field][rung])] for rung, held in known.items()}
        for field, known in before.items()
        if after[field] != known
    }
