"""What is true of children looked after and of care leavers: the figures that the 903 should come to.

Counted from the lives, as the published statistics are: each child once for an authority, at the first start
and the last exit of the year. Short breaks are no care. A placement is a stay with one carer in one kind of
home; some days away (T codes) interrupt nothing, and one home with parents is another's equal. How far from
home a placement is, is not counted here.
"""

from __future__ import annotations

import polars as pl

from synthetic.care import looked_after, whole_year
from synthetic.country import Country
from synthetic.days import year_end, year_start
from synthetic.identity import ages
from synthetic.leavers import care_leavers
from synthetic.ssda903 import RESPITE, health

KIN = ["U1", "U2", "U3"]
HOMES = {
    "in_foster_care": [*KIN, "U4", "U5", "U6"],
    "in_kinship_foster_care": KIN,
    "in_childrens_homes": ["K1", "K2"],
    "in_supported_accommodation": ["K3", "H5", "P2"],
}
LEAVERS = {"17_18": [17, 18], "19_21": [19, 20, 21]}
CHILD = ["person", "la"]


def counts(country: Country, year: int) -> pl.DataFrame:
    """la (number of the authority), group, measure, value: nought where there is nothing to count."""
    counted = {
        **_coming_and_going(country, year),
        **_homes(country, year),
        **_adoptions(country, year),
        **_scores(country, year),
        **_leavers(country, year),
    }
    las = pl.DataFrame({"la": range(country.places.count)}, schema={"la": pl.Int64})
    return pl.concat([_by_la(las, rows, measure) for measure, rows in counted.items()])


def _by_la(las: pl.DataFrame, rows: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Rows counted, or what is in their column `value` added up."""
    amount = pl.col("value").sum() if "value" in rows.columns else pl.len()
    found = rows.group_by(pl.col("la").cast(pl.Int64)).agg(amount.cast(pl.Int64).alias("value"))
    every = las.join(found, on="la", how="left", maintain_order="left")
    return every.select(
        "la", pl.lit("").alias("group"), pl.lit(measure).alias("measure"), pl.col("value").fill_null(0)
    )


def _coming_and_going(country: Country, year: int) -> dict[str, pl.DataFrame]:
    """Starts, exits and children there on the day, and who of them came to the country alone."""
    first, last = year_start(year), year_end(year)
    alone = pl.Series(country.people.arrived > 0)
    periods = country.periods.with_columns(alone.gather(country.periods["person"]).alias("alone"))
    started = periods.filter(pl.col("start").is_between(first, last)).unique(CHILD)
    left = periods.filter(pl.col("end").is_between(first, last)).sort("end").unique(CHILD, keep="last")
    there = looked_after(periods, last).unique(CHILD)
    return {
        "care_starts_in_year": started,
        "care_starts_in_year_alone": started.filter("alone"),
        "looked_after_at_31_march_alone": there.filter("alone"),
        "care_exits_in_year": left,
        "care_exits_to_guardians": left.filter(pl.col("ending") == "guardian"),
        "care_exits_by_order": left.filter(pl.col("ending") == "order"),
    }


def _homes(country: Country, year: int) -> dict[str, pl.DataFrame]:
    """Children looked after on 31 March by where they live, and those with three or more homes in the year."""
    there = looked_after(country.periods, year_end(year)).select(*CHILD, "period")
    stays = _stays(country.care_episodes)
    begun = stays.filter(pl.col("decom") <= year_end(year)).sort("decom")
    home = there.join(begun.unique("period", keep="last", maintain_order=True), on="period")
    lived = stays.group_by("period", *CHILD, "stay").agg(pl.col("decom").min(), pl.col("dec").max())
    lived = lived.filter((pl.col("decom") <= year_end(year)) & (pl.col("dec") > year_start(year)))
    often = lived.group_by(CHILD).agg(pl.len()).filter(pl.col("len") >= 3)
    return {
        **{name: home.filter(pl.col("PLACE").is_in(codes)) for name, codes in HOMES.items()},
        "three_or_more_placements": there.join(often, on=CHILD, how="semi"),
    }


def _stays(episodes: pl.DataFrame) -> pl.DataFrame:
    """Episodes of care but for days away, numbered by stay within a period.

    A stay ends with the carer and when the kind of home changes, not when supported accommodation got its
    own code.
    """
    usual = episodes.filter(~pl.col("LS").is_in(RESPITE) & ~pl.col("PLACE").str.starts_with("T"))
    usual = usual.sort("period", "decom")
    kind = pl.col("PLACE").replace(["H5", "P2"], "K3")
    before = {
        name: value.shift(1).over("period") for name, value in (("kind", kind), ("carer", pl.col("carer")))
    }
    moved = (pl.col("carer") != before["carer"]) & ~((kind == "P1") & (before["kind"] == "P1"))
    changed = before["kind"].is_not_null() & (moved | (kind != before["kind"]))
    return usual.with_columns(changed.alias("changed")).with_columns(
        pl.col("changed").cast(pl.Int64).cum_sum().over("period").alias("stay")
    )


def _adoptions(country: Country, year: int) -> dict[str, pl.DataFrame]:
    """Children adopted in the year, and the days from the decision to the match."""
    in_year = pl.col("adopted_on").is_between(year_start(year), year_end(year))
    adopted = country.adoptions.filter(in_year)
    waited = adopted.with_columns((pl.col("matched") - pl.col("decision")).alias("value"))
    return {"children_adopted": adopted, "days_from_decision_to_match": waited}


def _scores(country: Country, year: int) -> dict[str, pl.DataFrame]:
    """Scores of children aged 5 to 16 who were looked after for the whole year."""
    rows = health(country, year).join(whole_year(country.periods, year), on=CHILD, how="semi")
    age = pl.Series(ages(country, rows, year_end(year)))
    score = pl.col("SDQ_SCORE").cast(pl.Int64).alias("value")
    scored = rows.with_columns(score).filter(age.is_between(5, 16) & pl.col("value").is_not_null())
    return {"children_with_score": scored.drop("value"), "sum_of_scores": scored}


def _leavers(country: Country, year: int) -> dict[str, pl.DataFrame]:
    """Care leavers by the birthday of the year: what they do and how they live."""
    rows = care_leavers(country, year).filter(~pl.col("IN_TOUCH").is_in(["DIED", "RHOM"]))
    rows = rows.with_columns(pl.Series("age", ages(country, rows, year_end(year))))
    housed = rows.filter(~pl.col("ACCOM").str.head(1).is_in(["G", "H", "R"]))
    told = {
        "care_leavers": rows,
        "care_leavers_in_education_or_work": rows.filter(pl.col("ACTIV").str.head(1).is_in(["F", "P"])),
        "care_leavers_with_known_suitability": housed,
        "care_leavers_suitably_housed": housed.filter(pl.col("ACCOM").str.ends_with("1")),
    }
    return {
        f"{measure}_{group}": some.filter(pl.col("age").is_in(wanted))
        for measure, some in told.items()
        for group, wanted in LEAVERS.items()
    }
