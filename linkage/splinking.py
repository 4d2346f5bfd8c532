"""The only place that speaks to Splink: scoring pairs with a given model, and learning one.

Splink is imported when first used. It works inside the scratch database, so that its tables (they hold
names) vanish with it, and it is silent: its messages can quote values.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from linkage.comparing import ELSE, Ladder, Parameters, as_splink
from linkage.spark import score_on_spark
from linkage.steps import SCRATCH, rows

KEPT_WEIGHT = -10.0
"""Pairs below this weight are not worth keeping."""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Splink says nothing, at any level, while this lasts."""
    logger = logging.getLogger("splink")
    before = logger.disabled, logger.level, logger.propagate
    names = [name for name in logging.root.manager.loggerDict if name.startswith("splink.")]
    children = [(logging.getLogger(name), logging.getLogger(name).disabled) for name in names]
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    for child, _ in children:
        child.disabled = True
    try:
        yield
    finally:
        logger.disabled, level, logger.propagate = before
        logger.setLevel(level)
        for child, disabled in children:
            child.disabled = disabled


@contextlib.contextmanager
def _inside_scratch(con: duckdb.DuckDBPyConnection) -> Iterator[Any]:
    """A Splink connection whose tables are made in the scratch database and dropped at the end."""
    from splink import DuckDBAPI

    home = rows(con, "select current_database(), current_schema()")[0]
    con.execute(f"use {SCRATCH}")
    api = DuckDBAPI(con)
    try:
        with quiet():
            yield api
            api.delete_tables_created_by_splink_from_db()
    finally:
        con.execute(f'use "{home[0]}"."{home[1]}"')


def settings(
    ladders: Sequence[Ladder],
    blocks: Sequence[str],
    *,
    link_type: str,
    unique_id: str,
    prior: float = 1e-4,
    parameters: Parameters | None = None,
) -> dict[str, Any]:
    """Splink's settings for these ladders; `blocks` are conditions on `l` and `r` that make candidate pairs."""
    return {
        "link_type": link_type,
        "unique_id_column_name": unique_id,
        "probability_two_random_records_match": prior,
        "comparisons": [as_splink(ladder, parameters) for ladder in ladders],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": block, "sql_dialect": "duckdb"} for block in blocks
        ],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "max_iterations": 25,
        "em_convergence": 0.001,
    }


def frequency_columns(ladders: Sequence[Ladder]) -> list[str]:
    """The columns whose values are weighed by how common they are."""
    return sorted({rung.frequency_of for ladder in ladders for rung in ladder.rungs if rung.frequency_of})


def score(
    con: duckdb.DuckDBPyConnection,
    wanted: dict[str, Any],
    left: str,
    right: str | None,
    *,
    frequencies: dict[str, str],
    out: str,
    engine: str = "duckdb",
) -> None:
    """Score the candidate pairs between two scratch tables, or within `left` when `right` is None.

    `frequencies` names a table (value, tf_value) per column. Makes `out` (a, b, weight), a from `left`
    or, within one table, the smaller number. `engine` says where pairs are weighed: duckdb or spark.
    """
    if engine == "spark":
        tables = {"left": left} | ({"right": right} if right else {})
        with quiet():
            weighed = score_on_spark(con, wanted, tables, frequencies, KEPT_WEIGHT)
        con.register("weighed_on_spark", weighed)
        _keep(con, wanted, "weighed_on_spark", right is None, out)
        con.unregister("weighed_on_spark")
        return
    _score_here(con, wanted, left, right, frequencies, out)


def _keep(
    con: duckdb.DuckDBPyConnection, wanted: dict[str, Any], found: str, is_within: bool, out: str
) -> None:
    unique = wanted["unique_id_column_name"]
    ends = f"{unique}_l as a, {unique}_r as b"
    if is_within:
        ends = f"least({unique}_l, {unique}_r) as a, greatest({unique}_l, {unique}_r) as b"
    con.execute(
        f"create or replace table {SCRATCH}.{out} as select {ends}, round(match_weight, 6) as weight from {found}"
    )


def _score_here(
    con: duckdb.DuckDBPyConnection,
    wanted: dict[str, Any],
    left: str,
    right: str | None,
    frequencies: dict[str, str],
    out: str,
) -> None:
    from splink import Linker

    with _inside_scratch(con) as api:
        left_frame = api.register(left, dataset_display_name="left")
        linker = Linker(left_frame, wanted, log_level=None, validate_settings=False)
        for column, table in frequencies.items():
            linker.table_management.register_term_frequency_lookup(api.register(table), column)
        options = {"threshold_match_weight": KEPT_WEIGHT, "warning_mode": "never"}
        if right is None:
            found = linker.inference.predict_within(left_frame, **options)
        else:
            right_frame = api.register(right, dataset_display_name="right")
            found = linker.inference.predict_between(left_frame, right_frame, **options)
        _keep(con, wanted, found.physical_name, right is None, out)


@dataclass(frozen=True)
class Lesson:
    """How a model is to be learned: what surely is one child, and where to look for agreement.

    `else_look_in` serves when the first places taught nothing about some field.
    """

    sure: tuple[str, ...]
    sure_share: float
    look_in: tuple[str, ...]
    pairs: float
    seed: int
    else_look_in: tuple[str, ...] = ()


def learn(
    con: duckdb.DuckDBPyConnection,
    ladders: Sequence[Ladder],
    tables: Sequence[str],
    unique_id: str,
    lesson: Lesson,
) -> tuple[Parameters, float]:
    """Learn m and u without any label from one scratch table (within it) or two (between them).

    u comes from random pairs; m from expectation maximisation among the pairs of each block in `look_in`.
    Returns the parameters, complete, and the prior that the file itself suggests.
    """
    from splink import Linker

    link_type = "dedupe_only" if len(tables) == 1 else "link_only"
    wanted = settings(ladders, lesson.look_in, link_type=link_type, unique_id=unique_id)
    with _inside_scratch(con) as api:
        frames = [api.register(table, dataset_display_name=table) for table in tables]
        linker = Linker(
            frames if len(frames) > 1 else frames[0], wanted, log_level=None, validate_settings=False
        )
        with contextlib.suppress(
            ValueError
        ):  # more sure pairs than the assumed share allows: keep the default
            linker.training.estimate_probability_two_random_records_match(
                list(lesson.sure), recall=lesson.sure_share
            )
        linker.training.estimate_u_using_random_sampling(max_pairs=lesson.pairs, seed=lesson.seed)
        for block in lesson.look_in:
            _look_in(linker, block, lesson.pairs)
        for block in lesson.else_look_in:
            if _untaught(linker.misc.save_model_to_json()):
                _look_in(linker, block, lesson.pairs)
        held = linker.misc.save_model_to_json()
    return _completed(ladders, held, lesson.pairs), float(held["probability_two_random_records_match"])


def agreement_of_labelled(
    con: duckdb.DuckDBPyConnection,
    ladders: Sequence[Ladder],
    tables: Sequence[str],
    unique_id: str,
    labelled: str,
) -> dict[str, dict[str, float]]:
    """How often the pairs of the scratch table `labelled` (in Splink's form) stand on each rung of each field.

    A pair that is there twice counts twice. A field of which no pair holds both values has no rung above 0.
    """
    from splink import Linker

    wanted = settings(ladders, (), link_type="link_only", unique_id=unique_id)
    with _inside_scratch(con) as api:
        frames = [api.register(table, dataset_display_name=table) for table in tables]
        linker = Linker(frames, wanted, log_level=None, validate_settings=False)
        linker.training.estimate_m_from_pairwise_labels(labelled)
        held = linker.misc.save_model_to_json()
    return {
        ladder.field: _shares(ladder, comparison)
        for ladder, comparison in zip(ladders, held["comparisons"], strict=True)
    }


def _shares(ladder: Ladder, comparison: dict[str, Any]) -> dict[str, float]:
    levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
    labels = [*(rung.label for rung in ladder.rungs), ELSE]
    return {label: float(level.get("m_probability", 0)) for label, level in zip(labels, levels, strict=True)}


def _look_in(linker: Any, block: str, pairs: float) -> None:
    from splink.internals.exceptions import EMTrainingException, SplinkException

    before = linker._settings_obj.core_model_settings.copy()
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block, estimate_without_term_frequencies=True, max_pairs=pairs, record_sample_proportion=0.2
        )
    except (EMTrainingException, SplinkException, ValueError):
        # A block without pairs, one in which every pair is one child, or one of all fields that are compared
        # teaches nothing. Splink leaves the linker without the fields of the block then.
        linker._settings_obj.core_model_settings = before


def _untaught(held: dict[str, Any]) -> list[str]:
    """The fields of which no m is known yet."""
    return [
        comparison["output_column_name"]
        for comparison in held["comparisons"]
        if not any("m_probability" in level for level in comparison["comparison_levels"])
    ]


def _completed(ladders: Sequence[Ladder], held: dict[str, Any], pairs: float) -> Parameters:
    """Learned parameters by field and rung. A rung never seen gets the share of half a pair; a field about
    which nothing could be learned (it taught no block) agrees nine times in ten.
    """
    unseen = 0.5 / pairs
    untaught = set(_untaught(held))
    learned: Parameters = {}
    for ladder, comparison in zip(ladders, held["comparisons"], strict=True):
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        labels = [*(rung.label for rung in ladder.rungs), ELSE]
        assumed = [0.9, *[0.05 / (len(labels) - 1)] * (len(labels) - 2), 0.05]
        learned[ladder.field] = {
            label: {
                "m": guess if ladder.field in untaught else _within(level.get("m_probability", 1e-4), 1e-5),
                "u": _within(level.get("u_probability", unseen), 1e-9),
            }
            for label, level, guess in zip(labels, levels, assumed, strict=True)
        }
    return learned


def _within(probability: float, least: float) -> float:
    return min(max(probability, least), 1 - 1e-6)
