"""Episodes within a period of care: every change of legal status or of placement ends one and begins the
next.

Two lines run side by side through a period, the legal one and the placement one. They are laid on top of
each other: each day on which either changes begins an episode, and what changed gives the reason (RNE). So
episodes chain by construction: the next DECOM is the last DEC, and everything but the last ends with X1.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.carers import FOSTER, KIN, SUPPORTED_FROM, make_carers
from synthetic.days import Bools, Codes, Ints
from synthetic.matching import pick
from synthetic.people import People
from synthetic.places import Places
from synthetic.rates import happens, stream

ENDED = {
    "order": "E41", "died": "E2", "custody": "E9", "transferred": "E3", "older": "E15", "missing": "E8",
    "other": "E13",
}  # fmt: skip


def make_care_episodes(people: People, places: Places, periods: pl.DataFrame, seed: int) -> pl.DataFrame:
    """One row per episode of care, in order: period, person, la, decom, dec, RNE, LS, PLACE … REC."""
    rng = stream(seed, "placements")
    legal = _legal_line(rng, people, periods)
    carers = make_carers(rng, people, places, periods, legal)
    events = pl.concat([legal, _placement_line(rng, carers, legal)], how="diagonal").sort(
        "period", "decom", "order"
    )
    states = _lay_over(events)
    described = states.join(_describe_carers(rng, people, places, periods, carers), on="carer", how="left")
    return _episodes(rng, periods, described)


def _legal_line(rng: np.random.Generator, people: People, periods: pl.DataFrame) -> pl.DataFrame:
    """period, decom, LS: the legal statuses of each period."""
    count = len(periods)
    start, end = periods["start"].to_numpy(), periods["end"].to_numpy()
    ending, number = periods["ending"].to_numpy(), periods["period"].to_numpy()
    alone = people.arrived[periods["person"].to_numpy()] > 0
    order = ~alone & (rng.random(count) < np.select(
        [ending == "adopted", np.isin(ending, ["guardian", "order"]), np.isin(ending, ["stays", "grown"])],
        [1.0, 0.95, 0.92], 0.55))  # fmt: skip
    police = ~alone & happens(rng, 0.06, count) & (end - start > 10)
    remand = (ending == "custody") & happens(rng, 0.6, count)
    interim = start + np.where(happens(rng, 0.5, count), 0, rng.integers(5, 90, count))
    full = interim + 90 + rng.gamma(2.0, 130, count).astype(np.int64)
    placement_order = _placement_order_day(start, end)
    before_order = (ending != "adopted") | (interim < placement_order)
    first = np.where(remand, "J1", np.where(order & (interim == start), "C1", "V2"))
    lines: list[tuple[Bools, Ints, Codes | str]] = [
        (police, start, "L1"),
        (np.ones(count, dtype=bool), np.where(police, start + 2, start), first),
        (order & ~remand & (interim > start + 2) & before_order, interim, "C1"),
        (order & ~remand & (ending != "adopted"), full, "C2"),
        (ending == "adopted", placement_order, "E1"),
    ]
    rows = [_line_rows(number, when, status, mask & (when < end)) for mask, when, status in lines]
    return pl.concat(rows).with_columns(pl.lit(0).alias("order"))


def _line_rows(number: Ints, when: Ints, status: Codes | str, mask: Bools) -> pl.DataFrame:
    codes = np.broadcast_to(np.asarray(status), number.shape)
    return pl.DataFrame({"period": number[mask], "decom": when[mask], "LS": codes[mask].astype(str)})


def _placement_order_day(start: Ints, end: Ints) -> Ints:
    return start + ((end - start) * 0.33).astype(np.int64)


def _placement_line(rng: np.random.Generator, carers: pl.DataFrame, legal: pl.DataFrame) -> pl.DataFrame:
    """The days on which a child comes to a carer or the status there changes."""
    lines = [
        carers.select("period", "carer", "decom", "PLACE", pl.lit(1).alias("order")),
        _long_term_status(rng, carers),
        _new_code_for_supported(carers),
        _away_for_a_few_days(rng, carers, legal),
    ]
    return pl.concat(lines)


def _until() -> pl.Expr:
    """When the child leaves this carer."""
    return pl.coalesce(pl.col("decom").shift(-1).over("period"), pl.col("end"))


def _long_term_status(rng: np.random.Generator, carers: pl.DataFrame) -> pl.DataFrame:
    """Some foster homes become the child's long-term home: the same carer, a new code."""
    chosen = pl.Series(happens(rng, 0.3, len(carers)))
    after = pl.Series(200 + rng.integers(0, 300, len(carers)))
    rows = carers.with_columns(_until().alias("until"), (pl.col("decom") + after).alias("then"))
    rows = rows.filter(chosen & pl.col("PLACE").is_in(["U3", "U6"]) & (pl.col("then") + 60 < pl.col("until")))
    rows = rows.filter(pl.col("ending") != "adopted")
    code = pl.col("PLACE").replace({"U3": "U1", "U6": "U4"})
    return rows.select("period", "carer", pl.col("then").alias("decom"), code, pl.lit(2).alias("order"))


def _new_code_for_supported(carers: pl.DataFrame) -> pl.DataFrame:
    """On 28 October 2023 semi-independent living became registered supported accommodation."""
    spans = (pl.col("decom") < SUPPORTED_FROM) & (_until() > SUPPORTED_FROM)
    rows = carers.with_columns(spans.alias("spans")).filter("spans", pl.col("PLACE").is_in(["H5", "P2"]))
    return rows.select(
        "period", "carer", pl.lit(SUPPORTED_FROM, dtype=pl.Int64).alias("decom"), pl.lit("K3").alias("PLACE"),
        pl.lit(2).alias("order"),
    )  # fmt: skip


def _away_for_a_few_days(rng: np.random.Generator, carers: pl.DataFrame, legal: pl.DataFrame) -> pl.DataFrame:
    """A temporary placement (T4) of some days, and the return to the same carer; no court sits meanwhile."""
    rows = carers.with_columns(_until().alias("until"))
    chosen = pl.Series(happens(rng, 0.03, len(carers)))
    rows = rows.filter(
        chosen & pl.col("PLACE").is_in(["U1", "U4"]) & (pl.col("until") - pl.col("decom") > 90)
    )
    rows = rows.filter(pl.col("decom") + 60 < pl.col("until")).with_columns(then=pl.col("decom") + 30)
    in_court = rows.join(legal.select("period", day="decom"), on="period").filter(
        pl.col("day").is_between("then", pl.col("then") + 5)
    )
    rows = rows.join(in_court, on="carer", how="anti")
    away = rows.select("period", "carer", pl.col("then").alias("decom"), pl.lit("T4").alias("PLACE"))
    back = rows.select("period", "carer", (pl.col("then") + 5).alias("decom"), "PLACE")
    return (
        pl.concat([away, back])
        .with_columns(pl.lit(2).alias("order"))
        .select("period", "carer", "decom", "PLACE", "order")
    )


def _lay_over(events: pl.DataFrame) -> pl.DataFrame:
    """The state on each day of change, carried forward along each period."""
    by_day = events.group_by("period", "decom", maintain_order=True).agg(
        pl.col("LS", "carer", "PLACE").drop_nulls().last()
    )
    filled = by_day.with_columns(pl.col("LS", "carer", "PLACE").forward_fill().over("period"))
    status_on_arrival = pl.col("LS").first().over("period", "carer")
    at_home_by_agreement = (pl.col("PLACE") == "P1") & ~status_on_arrival.is_in(["C1", "C2", "E1"])
    return filled.with_columns(
        pl.when(at_home_by_agreement).then(pl.lit("U3")).otherwise("PLACE").alias("PLACE")
    )


def _describe_carers(
    rng: np.random.Generator, people: People, places: Places, periods: pl.DataFrame, carers: pl.DataFrame
) -> pl.DataFrame:
    """carer, placement authority and postcode, home postcode, and the draws behind provider and number."""
    person, la = carers["person"].to_numpy(), carers["la"].to_numpy()
    away = happens(rng, 0.38, len(carers))
    placed_la = np.where(away, places.elsewhere(rng, la), la)
    home = people.home_postcode(person, carers["start"].to_numpy())
    return pl.DataFrame(
        {
            "carer": carers["carer"],
            "placed_la": placed_la,
            "placed_postcode": _another(places, placed_la, places.random_postcode(rng, placed_la), home),
            "home_postcode": home,
            "provider_draw": rng.random(len(carers)),
            "urn_number": rng.integers(0, 400, len(carers)),
        }
    )


def _another(places: Places, la: Ints, postcode: Ints, home: Ints) -> Ints:
    """The next postcode of the authority where chance has placed a child at home."""
    first = places.postcode_offsets[la]
    following: Ints = first + (postcode - first + 1) % places.postcode_counts[la]
    return np.where(postcode == home, following, postcode)


def _episodes(rng: np.random.Generator, periods: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Compare each state with the one before: no change is no episode."""
    before = {name: pl.col(name).shift(1).over("period") for name in ("LS", "carer", "PLACE")}
    changed = {name: pl.col(name) != value for name, value in before.items()}
    first = before["LS"].is_null()
    away_or_back = changed["PLACE"] & ((pl.col("PLACE") == "T4") | (before["PLACE"] == "T4"))
    still_with_parents = (pl.col("PLACE") == "P1") & (before["PLACE"] == "P1")
    legal, carer = changed["LS"], (changed["carer"] & ~still_with_parents) | away_or_back
    reason = (
        pl.when(first).then(pl.lit("S"))
        .when(legal & carer).then(pl.lit("B"))
        .when(carer).then(pl.lit("P"))
        .when(legal & changed["PLACE"]).then(pl.lit("U"))
        .when(changed["PLACE"]).then(pl.lit("T"))
        .when(legal).then(pl.lit("L"))
    )  # fmt: skip
    rows = states.with_columns(reason.alias("RNE")).filter(pl.col("RNE").is_not_null())
    rows = rows.join(periods.select("period", "person", "la", "end", "ending"), on="period")
    following = pl.col("decom").shift(-1).over("period")
    rows = rows.with_columns(
        pl.coalesce(following, "end").alias("dec"),
        pl.when(following.is_not_null()).then(pl.lit("X1")).otherwise(_ended(rng, len(rows))).alias("REC"),
        _why_placement_changed(rng, len(rows)).alias("REASON_PLACE_CHANGE"),
        _provider().alias("PLACE_PROVIDER"),
    )
    return rows.filter(pl.col("dec") > pl.col("decom")).with_row_index("care_episode")


def _ended(rng: np.random.Generator, count: int) -> pl.Expr:
    """The code of the ending; guardianship and growing up depend on the last placement."""
    draw = pl.lit(pl.Series("draw", rng.random(count)))
    kin, foster = pl.col("PLACE").is_in(KIN), pl.col("PLACE").is_in(FOSTER)
    guardian = pl.when(kin).then(pl.lit("E45")).when(foster).then(pl.lit("E46")).otherwise(pl.lit("E47"))
    grown = (
        pl.when((kin | foster) & (draw < 0.85)).then(pl.lit("E17"))
        .when(draw < 0.72).then(pl.lit("E5"))
        .when(draw < 0.88).then(pl.lit("E6"))
        .when(draw < 0.93).then(pl.lit("E7"))
        .otherwise(pl.lit("E8"))
    )  # fmt: skip
    home = pl.when(draw < 0.84).then(pl.lit("E4A")).otherwise(pl.lit("E4B"))
    adopted = pl.when(draw < 0.3).then(pl.lit("E11")).otherwise(pl.lit("E12"))
    return (
        pl.when(pl.col("ending") == "guardian").then(guardian)
        .when(pl.col("ending") == "grown").then(grown)
        .when(pl.col("ending") == "adopted").then(adopted)
        .otherwise(pl.col("ending").replace_strict(ENDED, default=home, return_dtype=pl.String))
    )  # fmt: skip


def _why_placement_changed(rng: np.random.Generator, count: int) -> pl.Expr:
    """The reason stands on the episode that ends, and none is asked for temporary placements."""
    shares = [
        ("CARPL", 0.5),
        ("CREQB", 0.16),
        ("CREQO", 0.14),
        ("CHILD", 0.09),
        ("STAND", 0.03),
        ("ALLEG", 0.03),
    ]
    drawn = pl.lit(pl.Series("why", pick(rng, [*shares, ("CLOSE", 0.02), ("OTHER", 0.03)], count)))
    following = pl.col("RNE").shift(-1).over("period")
    temporary = (pl.col("PLACE") == "T4") | (pl.col("PLACE").shift(-1).over("period") == "T4")
    return (
        pl.when(temporary.fill_null(False)).then(None)
        .when(following.is_in(["T", "U"])).then(pl.lit("PLACE"))
        .when(following.is_in(["P", "B"])).then(drawn)
    )  # fmt: skip


def _provider() -> pl.Expr:
    """Who provides the placement; parents have their own code, temporary and other placements have none."""
    draw, place = pl.col("provider_draw"), pl.col("PLACE")
    inside = pl.col("placed_la") == pl.col("la")
    foster = (
        pl.when(inside & (draw < 0.6))
        .then(pl.lit("PR1"))
        .when(draw < 0.93)
        .then(pl.lit("PR4"))
        .otherwise(pl.lit("PR5"))
    )
    home = (
        pl.when(inside & (draw < 0.4))
        .then(pl.lit("PR1"))
        .when(draw < 0.95)
        .then(pl.lit("PR4"))
        .otherwise(pl.lit("PR5"))
    )
    return (
        pl.when(place == "P1").then(pl.lit("PR0"))
        .when(place.str.starts_with("T") | place.str.starts_with("Z")).then(None)
        .when(place.is_in([*KIN, "A5", "A6"])).then(pl.lit("PR1"))
        .when(place.is_in(FOSTER)).then(foster)
        .when(place.is_in(["R2", "R5"])).then(pl.lit("PR3"))
        .when(place.is_in(["K2", "K3", "H5", "P2"])).then(home)
        .otherwise(pl.lit("PR4"))
    )  # fmt: skip


def has_provider_number(place: pl.Expr) -> pl.Expr:
    """Placements for which Ofsted's number is asked."""
    return ~place.is_in(["H5", "P1", "P2", "P3", "R1", "R2", "R5", "Z1"]) & ~place.str.starts_with("T")
