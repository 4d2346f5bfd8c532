"""With whom a looked after child lives: one carer or home after another.

In each authority the published share of children has three homes or more within a year. In England the
published shares live with foster carers, in children's homes, in supported accommodation, with parents or
elsewhere on 31 March; who lives where depends on age, on the order, and on whether the child came alone.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.clock import speeds
from synthetic.days import FAR, Codes, Floats, Ints, birthday, day, year_end, year_start
from synthetic.levels import collection_year, shares, years_of
from synthetic.matching import band, pick, pick_by_band
from synthetic.people import People
from synthetic.places import Places
from synthetic.rates import happens, level

SUPPORTED_FROM = day(2023, 10, 28)  # K3 takes the place of H5 and P2
KIN, FOSTER = ["U1", "U2", "U3"], ["U4", "U5", "U6"]
CODES = ["U3", "U1", "U6", "U4", "P1", "K2", "R3", "R1", "S1", "Z1", "supported", "R5", "R2"]
# By age band; the last row is of those who came alone. Placements with parents need an order.
WEIGHTS = [
    [22, 5, 48, 18, 4, 0, 3, 0, 0, 0.3, 0, 0, 0.3],
    [22, 6, 46, 18, 7, 0.4, 0, 0.2, 0, 0.3, 0, 0, 0.2],
    [20, 7, 38, 24, 7, 3, 0, 0.3, 0.1, 0.3, 0, 0, 0.1],
    [14, 6, 33, 21, 5, 19, 0, 0.5, 0.5, 0.8, 0, 0.1, 0.2],
    [9, 4, 20, 14, 4, 15, 0, 1, 0.4, 1, 31, 0.6, 0.3],
    [0, 0, 94, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 33, 0, 0, 6, 0, 0, 0, 0.5, 61, 0, 0],
]
BANDS = 5
# What a code counts as in the published table of placements.
GROUPS = {
    "place_foster": ["U3", "U1", "U6", "U4"], "place_homes": ["K2"], "place_indep": ["supported"],
    "place_parents": ["P1"], "place_residential": ["R3", "R1", "R5", "R2"], "place_schools": ["S1"],
    "place_other": ["Z1"],
}  # fmt: skip
GROUP_OF = np.array([next(i for i, codes in enumerate(GROUPS.values()) if code in codes) for code in CODES])
MOST_MOVES = 24
ROUNDS = 40


def placed_for_adoption_day(start: Ints, end: Ints) -> Ints:
    """The child moves in with adopters well after the placement order and before the adoption."""
    return start + ((end - start) * 0.69).astype(np.int64)


def make_carers(
    rng: np.random.Generator, people: People, places: Places, periods: pl.DataFrame, legal: pl.DataFrame
) -> pl.DataFrame:
    """One row per carer or home of a period, in order: carer, period, person, la, decom, PLACE and the period's days."""
    moves = _moves(rng, places, periods)
    joined = moves.join(periods.select("period", "person", "la", "start", "end", "ending"), on="period")
    carers = joined.with_row_index("carer").with_columns(_fixed(rng, len(joined)).alias("PLACE"))
    codes = _place_codes(rng, people, places, carers, _under_order(carers, legal))
    return carers.with_columns(pl.Series("PLACE", codes.astype(str)))


def _moves(rng: np.random.Generator, places: Places, periods: pl.DataFrame) -> pl.DataFrame:
    """period, decom, to_adopters: first placement and each move, before the last days of a period."""
    start, end, number = (periods[name].to_numpy() for name in ("start", "end", "period"))
    adopted = (periods["ending"] == "adopted").to_numpy()
    limit = np.where(adopted, placed_for_adoption_day(start, end) - 20, end - 3)
    row, when = _days_of_moves(rng, places, periods)
    moved = pl.DataFrame({"period": number[row], "decom": when, "to_adopters": False}).filter(
        pl.Series(when < limit[row], dtype=pl.Boolean)
    )
    first = pl.DataFrame({"period": number, "decom": start, "to_adopters": False})
    last = pl.DataFrame({"period": number, "decom": placed_for_adoption_day(start, end), "to_adopters": True})
    both = pl.concat([first, moved, last.filter(pl.Series(adopted, dtype=pl.Boolean))])
    return both.unique(["period", "decom"], keep="last").sort("period", "decom")


def _days_of_moves(rng: np.random.Generator, places: Places, periods: pl.DataFrame) -> tuple[Ints, Ints]:
    """Row of the period and day of each move: the authority's clock turns, until so many have moved twice."""
    start, end, la = (periods[name].to_numpy() for name in ("start", "end", "la"))
    adopters = np.where(periods["ending"] == "adopted", placed_for_adoption_day(start, end), FAR)
    due, passed = _own_pace(rng, len(periods)), np.zeros(len(periods))
    remainder, found = rng.random(places.count), [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for year in years_of(start):
        live = np.flatnonzero((start <= year_end(year)) & (end > year_start(year)))
        begins = np.maximum(start[live], year_start(year))
        days = np.minimum(end[live], year_end(year)) - begins
        ahead = due[live] - passed[live, None]
        there = end[live] > year_end(year)
        needed = _last_needed(ahead, adopters[live], year)[there]
        speed = _pace(places, year, la[live][there], needed, days[there], remainder)[la[live]]
        until = passed[live] + speed * days
        row, column = np.nonzero((due[live] > passed[live, None]) & (due[live] <= until[:, None]))
        ahead = due[live[row], column] - passed[live[row]]
        found.append((live[row], begins[row] + np.ceil(ahead / speed[row]).astype(np.int64)))
        passed[live] = until
    return np.concatenate([row for row, _ in found]), np.concatenate([when for _, when in found])


def _own_pace(rng: np.random.Generator, count: int) -> Floats:
    """When the moves of each period would come, in days of an ordinary authority: most have few, some have many."""
    unsettled = rng.gamma(0.6, 1.0, count)
    gaps = 8 + rng.exponential(1.0, (count, MOST_MOVES)) * (365 / (0.06 + 0.85 * unsettled))[:, None]
    gaps[:, 0] = np.where(happens(rng, 0.3, count), rng.integers(3, 60, count), gaps[:, 0])
    due: Floats = np.cumsum(gaps.clip(max=20_000), axis=1)
    return due


def _last_needed(ahead: Floats, adopters: Ints, year: int) -> Floats:
    """The time to the second next move, with which a child has three homes in the year; adopters are one of them."""
    following = np.sort(np.where(ahead > 0, ahead, np.inf), axis=1)
    placed = (adopters >= year_start(year)) & (adopters <= year_end(year))
    return np.where(placed, following[:, 0], following[:, 1])


def _pace(places: Places, year: int, la: Ints, last_needed: Floats, days: Ints, remainder: Floats) -> Floats:
    """Each authority's speed at which the published share of those who stay has three homes in the year."""
    present = np.bincount(la, minlength=places.count)
    share = shares(places, "placements_3plus", year) * level("three_placements")
    settled = present - np.floor(share * present + remainder).astype(np.int64)
    return speeds(la, last_needed, days, settled)


def _fixed(rng: np.random.Generator, count: int) -> pl.Expr:
    """Before adopters comes a foster home; guardians were foster carers. All others are null here."""
    kin = pl.lit(pl.Series(np.where(happens(rng, 0.6, count), "U3", "U6").astype(str)))
    is_last = pl.col("carer") == pl.col("carer").max().over("period")
    before_adopters = pl.col("to_adopters").shift(-1).over("period").fill_null(False)
    return (
        pl.when("to_adopters").then(pl.lit("A6"))
        .when(before_adopters).then(pl.lit("U6"))
        .when(is_last & (pl.col("ending") == "guardian")).then(kin)
    )  # fmt: skip


def _under_order(carers: pl.DataFrame, legal: pl.DataFrame) -> Ints:
    """1 where a care or placement order is in force when the child comes to the carer."""
    orders = legal.filter(pl.col("LS").is_in(["C1", "C2", "E1"]))
    since = orders.group_by("period").agg(pl.col("decom").min().alias("since"))
    joined = carers.join(since, on="period", how="left", maintain_order="left")
    return (joined["since"] <= joined["decom"]).fill_null(False).cast(pl.Int64).to_numpy()


def _place_codes(
    rng: np.random.Generator, people: People, places: Places, carers: pl.DataFrame, order: Ints
) -> Codes:
    """Codes year by year: those of the new placements make up what the published shares still lack."""
    decom, person = carers["decom"].to_numpy(), carers["person"].to_numpy()
    until = carers.select(pl.coalesce(pl.col("decom").shift(-1).over("period"), "end")).to_series().to_numpy()
    codes = carers["PLACE"].fill_null("").to_numpy().astype("U9")
    kind = _kinds(people, person, decom, order)
    table = np.array(WEIGHTS)[np.arange(2 * len(WEIGHTS)) // 2]
    table[0::2, CODES.index("P1")] = 0
    year_of = collection_year(decom)
    for year in years_of(decom):
        there = (decom <= year_end(year)) & (until > year_end(year))
        new = (year_of == year) & (codes == "")
        fair = (
            table * _factors(places, year, codes[there & (codes != "")], kind[there & new], table)[GROUP_OF]
        )
        for some in (new & there, new & ~there):
            codes[some] = pick_by_band(rng, CODES, fair.tolist(), kind[some])
    before = pick(rng, [("H5", 0.85), ("P2", 0.15)], len(codes))
    supported = np.where(decom >= SUPPORTED_FROM, "K3", before)
    return np.where(codes == "supported", supported, codes)


def _kinds(people: People, person: Ints, when: Ints, order: Ints) -> Ints:
    """The row of the table of weights: age band, or alone before or after sixteen; twice, without and with order."""
    of_age = when >= birthday(people.born[person], 16)
    ages = np.minimum(band((when - people.born[person]) / 365.25), np.where(of_age, BANDS - 1, BANDS - 2))
    return 2 * np.where(people.arrived[person] > 0, BANDS + of_age, ages) + order


def _factors(places: Places, year: int, kept: Codes, new: Ints, table: Floats) -> Floats:
    """By how much each group of placements must be chosen more or less often than the weights say."""
    published = np.array([shares(places, group, year)[0] for group in GROUPS])
    there = np.array([np.isin(kept, codes).sum() for codes in GROUPS.values()])
    missing = np.maximum(published * (len(kept) + len(new)) - there, 0.001 * len(new))
    missing[0] = max(len(new) - missing[1:].sum(), 0.2 * len(new))  # foster carers take whom nobody else has
    factors, count = np.ones(len(GROUPS)), np.bincount(new, minlength=len(table))
    for _ in range(ROUNDS if len(new) else 0):
        chosen = table * factors[GROUP_OF]
        expected = np.bincount(GROUP_OF, weights=count @ (chosen / chosen.sum(axis=1, keepdims=True)))
        factors = np.clip(factors * (missing / np.maximum(expected, 1e-9)) ** 0.7, 0.01, 100.0)
    return factors
