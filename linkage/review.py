"""A second look: which pairs of records a person should compare, and what the answers say of all the others.

People who know children's records look at two of them and say whether they are one child. They cannot look
at all pairs, so pairs are drawn from every kind (how they were linked or why not, and who had a UPN), small
kinds whole. What they say of the drawn ones, weighed by how many there are of the kind, estimates precision
and recall. Nobody is shown the weight: it would lead the eye.
"""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import polars as pl

from linkage.thresholds import STRICT

DECISIONS = ("same", "apart", "unsure")
SHOWN = (
    "source", "year", "la", "la_child_id", "upn", "former_upn", "nhs_number", "forename", "surname",
    "former_surname", "date_of_birth", "sex", "ethnicity", "postcode", "school_urn",
)  # fmt: skip
"""What the reviewer sees of each record."""

WEIGHT_ALONE = "'below the threshold', 'two pupils suit about as well', 'two children of one submission suit about as well'"
"""Why a pair is not linked where nothing but its weight, or a rival, speaks against it."""

PAIRS = f"""
with linked as (
  select x.first_record as record_a, y.first_record as record_b, true as is_linked, match_weight is not null as is_weighed,
    case when l.stage = 'splink' then match_weight end as weight,
    case when l.stage = 'local_unique' then 'linked as the only two alike in an authority'
      when match_weight is null then 'linked by ' || replace(l.stage, '_', ' ')
      when match_weight >= {STRICT.accept} then 'linked at a weight of {STRICT.accept:g} and more'
      else 'linked at a weight below {STRICT.accept:g}' end as kind
  from people.face_link l join people.face x on x.face_no = a join people.face y on y.face_no = b
  where l.stage <> 'review'),
refused as (
  select record_a, record_b, false, match_weight is not null, case when why in ({WEIGHT_ALONE}) then match_weight end,
    'not linked: ' || why
  from people.review anti join linked using (record_a, record_b)),
pair as (from linked union all from refused),
known as (
  select pair.*, (x.upn_status in ('valid', 'temporary'))::int + (y.upn_status in ('valid', 'temporary'))::int as upns
  from pair join people.record x on x.record_id = record_a join people.record y on y.record_id = record_b
  anti join people.decision d on d.record_a = pair.record_a and d.record_b = pair.record_b)
select record_a, record_b, is_linked, is_weighed, weight,
  kind || ', ' || ['no UPN', 'a UPN on one side', 'a UPN on both sides'][upns + 1] as stratum
from known"""
"""Every pair that was linked, or refused although much spoke for it, except those already decided."""


def draw(con: duckdb.DuckDBPyConnection, sample: str, of_each: int) -> pl.DataFrame:
    """One row per drawn pair: `pair` (a name that tells nothing), both records, stratum and its size `of`; `weight`
    where nothing but the weight decided, and the `model` that gave it. Neither of these is shown to reviewers.

    At most `of_each` of a stratum, the same ones for the same `sample`, in an order that tells nothing.
    """
    con.execute("set variable review_sample = ?", [sample])
    drawn: pl.DataFrame = con.sql(
        f"""with asked as (
          select *, md5(concat_ws('|', getvariable('review_sample'), record_a, record_b)) as pair,
            count(*) over (partition by stratum) as of from ({PAIRS}))
        select left(a.pair, 12) as pair, a.* exclude (pair), x.standing as standing_a, y.standing as standing_b,
          (select max(model) from people.face_link) as model
        from (from asked qualify row_number() over (partition by stratum order by pair) <= {of_each:d}) a
        join people.standing x on x.record_id = a.record_a join people.standing y on y.record_id = a.record_b
        order by md5(left(a.pair, 12))"""
    ).pl()
    return drawn


def values(con: duckdb.DuckDBPyConnection, drawn: pl.DataFrame) -> pl.DataFrame:
    """Two rows per pair, with what was sent of each record in comparable form: `pair`, `side` and `SHOWN`."""
    con.register("drawn_pairs", drawn)
    shown = ", ".join(f"r.{name}::text as {name}" for name in SHOWN)
    found: pl.DataFrame = con.sql(
        f"""select pair, side, {shown} from (
          select pair, 'A' as side, record_a as record_id from drawn_pairs
          union all select pair, 'B', record_b from drawn_pairs)
        join people.record r using (record_id) order by md5(pair), side"""
    ).pl()
    con.unregister("drawn_pairs")
    return found


def with_counts(decided: pl.DataFrame) -> pl.DataFrame:
    """The decisions `same` and `apart` with `counts_for`: how many pairs of its kind each stands for."""
    told = decided.filter(pl.col("decision").is_in(["same", "apart"]))
    kinds = ["stratum", "is_linked", "is_weighed"]
    sizes = strata(told).select(*kinds, (pl.col("of") / pl.col("reviewed")).alias("counts_for"))
    return told.join(sizes, on=kinds, how="left")


def estimate(decided: pl.DataFrame, seed: int = 1) -> dict[str, Any]:
    """Precision and recall of the linkage from `decided` pairs (decision, stratum, of, is_linked, is_weighed).

    `certain` and `weighed` say it of the links by keys and of those by the model, each with a 95 per cent
    interval: `low` and `high` come from ten thousand draws of every stratum's share (Jeffreys' prior; a stratum
    that was seen whole has no error of sampling). Recall is among the pairs that were weighed at all.
    """
    told = decided.filter(pl.col("decision").is_in(["same", "apart"]))
    kinds = strata(told)
    weighed = kinds.filter("is_weighed")
    return {
        "pairs_reviewed": decided.height,
        "unsure": decided.height - told.height,
        "certain": {"precision": _precision(kinds.filter(~pl.col("is_weighed") & pl.col("is_linked")), seed)},
        "weighed": {
            "precision": _precision(weighed.filter("is_linked"), seed),
            "recall": _recall(weighed, seed),
        },
        "strata": kinds.to_dicts(),
    }


def strata(told: pl.DataFrame) -> pl.DataFrame:
    """One row per kind of pair: how many there are, how many were decided `same` or `apart`, and how many are one child."""
    return (
        told.group_by("stratum", "is_linked", "is_weighed")
        .agg(
            pl.col("of").max(),
            pl.len().alias("reviewed"),
            (pl.col("decision") == "same").sum().cast(pl.Int64).alias("same"),
        )
        .with_columns(
            pl.max_horizontal("of", "reviewed").alias("of"),
            (pl.col("same") / pl.col("reviewed")).alias("share"),
        )
        .sort("stratum", "is_linked")
    )


def _drawn_shares(strata: pl.DataFrame, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Draws × strata: what each stratum's share may be; a stratum seen whole is known."""
    same, seen = strata["same"].to_numpy().astype(float), strata["reviewed"].to_numpy().astype(float)
    drawn = np.random.default_rng(seed).beta(same + 0.5, seen - same + 0.5, (10_000, strata.height))
    return np.where(strata["of"].to_numpy() == seen, same / seen, drawn)


def _interval(point: float, drawn: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, float]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        "estimate": round(point, 6), "low": round(min(float(low), point), 6), "high": round(max(float(high), point), 6)
    }  # fmt: skip


def _precision(linked: pl.DataFrame, seed: int) -> dict[str, float] | None:
    if not linked.height:
        return None
    size = linked["of"].to_numpy()
    shares = _drawn_shares(linked, seed) @ size / size.sum()
    return _interval(float(linked["share"].to_numpy() @ size / size.sum()), shares)


def _recall(weighed: pl.DataFrame, seed: int) -> dict[str, float] | None:
    size, linked = weighed["of"].to_numpy(), weighed["is_linked"].to_numpy()
    true_pairs = weighed["share"].to_numpy() * size
    if not true_pairs.sum() or linked.all():
        return None
    drawn = _drawn_shares(weighed, seed) * size
    return _interval(
        float(true_pairs[linked].sum() / true_pairs.sum()), drawn[:, linked].sum(1) / drawn.sum(1)
    )
