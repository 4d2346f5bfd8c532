"""What is true: who everyone is, what went wrong on purpose, and the figures that a perfect product would
publish.

The figures come from the lives, not from the files. They are counted as published statistics are: by
authority responsible, a child with two authorities once for each; respite (V3, V4) left out; a case or a
placement that ended on 31 March is no longer open that day. A case that is being assessed on 31 March
counts as in need, as in that year's own return, even if it later turns out that nothing was needed.

Absence is that of the whole school year, all enrolments of a child together. An enrolment that began in the
sixth half term is left out, and for pupils who were 15 on 31 August (Year 11) so is that half term itself.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic import truth_care, truth_need
from synthetic.care import looked_after
from synthetic.country import Country
from synthetic.days import year_end, year_start
from synthetic.groups import CINO, CLA12, CPPO, groups_at_year_end
from synthetic.names import ethnicity_table
from synthetic.need import open_episodes, open_plans
from synthetic.places import Places
from synthetic.terms import school_year_ends


def people_frame(country: Country) -> pl.DataFrame:
    """One row per person who is in any return or in a school."""
    people = country.people
    return pl.DataFrame(
        {
            "person": country.start.person + np.arange(len(people)),
            "family": country.start.family + people.family,
            "date_of_birth": pl.Series(people.born).cast(pl.Int32).cast(pl.Date),
            "sex": pl.Series(np.where(people.is_girl, "F", "M").astype(str)),
            "ethnicity": ethnicity_table()["code"].gather(pl.Series(people.ethnicity)),
            "is_twin": people.is_twin,
            "arrived_alone": people.arrived > 0,
            "is_canary": people.is_canary,
        }
    ).hstack(country.people.names)


def counted(
    country: Country, year: int, enrolments: pl.DataFrame, learnt: pl.DataFrame | None = None
) -> pl.DataFrame:
    """A year's figures of the authorities of a block: year, la_code, region_code, group, measure, value.

    `learnt` are the results of the school year, where they are made.
    """
    own = [_counts(country, year), truth_care.counts(country, year), truth_need.counts(country, year)]
    own += [_absence(country, enrolments, year)]
    own += [] if learnt is None else [_attainment(country, learnt, year)]
    rows = pl.concat(own)
    codes, regions = pl.Series(country.places.codes(year)), country.places.frame["region_code"]
    return rows.select(
        pl.lit(year, dtype=pl.Int64).alias("year"),
        codes.gather(rows["la"]).alias("la_code"),
        regions.gather(rows["la"]).alias("region_code"),
        "group", "measure", "value",
    )  # fmt: skip


def outcomes(whole: Places, parts: list[pl.DataFrame]) -> pl.DataFrame:
    """year, geographic_level, la_code, region_code, group, measure, value."""
    rows = pl.concat(parts)
    years = rows["year"].unique().sort().to_list()
    return pl.concat([_all_levels(whole, rows.filter(year=year), year) for year in years])


def _counts(country: Country, year: int) -> pl.DataFrame:
    """la (number of the authority), group, measure, value."""
    on = year_end(year)
    need = open_episodes(country.episodes, on)
    referrals = _referrals(country, year)
    measures = {
        "episodes_in_need_at_31_march": need,
        "children_in_need_at_31_march": need.unique(["person", "la"]),
        "protection_plans_at_31_march": open_plans(country.episodes, on),
        "looked_after_at_31_march": looked_after(country.periods, on).unique(["person", "la"]),
        "referrals_in_year": referrals,
        "repeat_referrals_in_year": referrals.filter("is_repeat"),
    }
    return pl.concat([_by_la(rows, measure) for measure, rows in measures.items()])


def _by_la(rows: pl.DataFrame, measure: str) -> pl.DataFrame:
    counted = rows.group_by("la", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("value"))
    return counted.select("la", pl.lit("").alias("group"), pl.lit(measure).alias("measure"), "value")


def _referrals(country: Country, year: int) -> pl.DataFrame:
    """Referrals of the year; a repeat follows another in the same authority within 12 calendar months."""
    code = np.array(country.places.codes(year))
    rows = country.episodes.with_columns(pl.Series("code", code[country.episodes["la"].to_numpy()]))
    earlier = pl.col("referral").shift(1).over("person", "code")
    rows = rows.sort("person", "referral").with_columns(earlier.alias("earlier"))
    known = rows["earlier"].fill_null(0).to_numpy()
    repeat = (
        (known > 0)
        & (rows["referral"].to_numpy() <= truth_need.twelve_months_later(known))
        & (known < rows["referral"].to_numpy())
    )
    in_year = pl.col("referral").is_between(year_start(year), year_end(year))
    return rows.with_columns(pl.Series("is_repeat", repeat)).filter(in_year)


def _absence(country: Country, enrolments: pl.DataFrame, year: int) -> pl.DataFrame:
    """Absence of children aged 5 to 15 on 31 August, by group and responsible authority."""
    groups = groups_at_year_end(country.periods, country.episodes, year)
    groups = groups.filter(pl.col("group").is_in([CINO, CPPO, CLA12]))
    totals = _sessions(enrolments.filter(~_under_another_identity(country, enrolments, year)))
    age = country.people.school_age(year)[groups["person"].to_numpy()]
    rows = (
        groups.filter(pl.Series((age >= 5) & (age <= 15)))
        .join(totals, on="person")
        .filter(pl.col("possible") > 0)
    )
    absent, possible = pl.col("absent"), pl.col("possible")
    summed = rows.group_by("la", "group").agg(
        pl.len().cast(pl.Int64).alias("pupils"),
        possible.sum().alias("sessions_possible"),
        absent.sum().alias("sessions_absent"),
        (absent * 10 >= possible).sum().cast(pl.Int64).alias("persistent_absentees"),
        (absent * 2 >= possible).sum().cast(pl.Int64).alias("severe_absentees"),
    )
    long = summed.unpivot(index=["la", "group"], variable_name="measure", value_name="value")
    return long.select("la", "group", "measure", "value").sort("la", "group", "measure")


def _attainment(country: Country, learnt: pl.DataFrame, year: int) -> pl.DataFrame:
    """What children of the three groups had reached, by responsible authority: pupils with results of each stage, how
    many reached the standard, and the sum of the scores in hundredths."""
    groups = groups_at_year_end(country.periods, country.episodes, year)
    groups = groups.filter(pl.col("group").is_in([CINO, CPPO, CLA12]))
    told = learnt.with_columns(pl.lit(school_year_ends(year)).alias("told_on"))
    own = learnt.filter(~_under_another_identity(country, told, year)).drop("la")
    value = pl.col("value").cast(pl.Float64)
    is_score = pl.col("measure") == "attainment_8"
    rows = groups.join(own.filter(is_score | (pl.col("measure") == "rwm_expected")), on="person")
    summed = rows.group_by("la", "group").agg(
        (~is_score).sum().cast(pl.Int64).alias("pupils_with_ks2"),
        value.filter(~is_score).sum().cast(pl.Int64).alias("reached_the_standard"),
        is_score.sum().cast(pl.Int64).alias("pupils_with_ks4"),
        (100 * value.filter(is_score)).round().sum().cast(pl.Int64).alias("attainment_8_hundredths"),
    )
    las = pl.DataFrame({"la": range(country.places.count)}, schema={"la": groups.schema["la"]})
    every = las.join(pl.DataFrame({"group": [CINO, CPPO, CLA12]}), how="cross")
    counted = every.join(summed, on=["la", "group"], how="left").fill_null(0)
    long = counted.unpivot(index=["la", "group"], variable_name="measure", value_name="value")
    return long.select("la", "group", "measure", "value").sort("la", "group", "measure")


def _under_another_identity(country: Country, enrolments: pl.DataFrame, year: int) -> pl.Series:
    """Whether a census tells of the pupil after an adoption that came after the 31 March.

    The child that was known to the authority on the day and the adopted one are never joined, so that the term
    of such a census is no part of what anybody may count for it.
    """
    adopted = pl.Series(country.people.adopted[enrolments["person"].to_numpy()])
    return (adopted > year_end(year)) & (adopted <= enrolments["told_on"])


def _sessions(enrolments: pl.DataFrame) -> pl.DataFrame:
    """person, possible, absent: what counts of all enrolments of the school year."""
    half = pl.when(pl.col("age") < 15)
    return (
        enrolments.filter(~pl.col("is_late"))
        .group_by("person")
        .agg(
            (pl.col("possible") + half.then("possible_2").otherwise(0)).sum(),
            (pl.col("absent") + half.then("absent_2").otherwise(0)).sum(),
        )
    )


def _all_levels(whole: Places, by_la: pl.DataFrame, year: int) -> pl.DataFrame:
    """Authorities, regions and England; an authority with nothing to count has a nought."""
    kinds = by_la.select("group", "measure").unique(maintain_order=True)
    geography = whole.geography(year).rename({"la": "la_code"})
    keys = ["la_code", "region_code", "group", "measure"]
    grid = geography.join(kinds, how="cross").join(
        by_la.group_by(keys).agg(pl.col("value").sum()), on=keys, how="left"
    )
    authorities = grid.with_columns(
        pl.col("value").fill_null(0), pl.lit("Local authority").alias("geographic_level")
    )
    regional = _summed(authorities, ["region_code", "group", "measure"], "Regional")
    national = _summed(authorities, ["group", "measure"], "National")
    columns = ["geographic_level", *keys, "value"]
    stacked = pl.concat([national.select(columns), regional.select(columns), authorities.select(columns)])
    return stacked.select(pl.lit(year, dtype=pl.Int64).alias("year"), *columns).sort(
        columns[:-1], nulls_last=True
    )


def _summed(rows: pl.DataFrame, keys: list[str], level: str) -> pl.DataFrame:
    summed = (
        rows.group_by(keys).agg(pl.col("value").sum()).with_columns(pl.lit(level).alias("geographic_level"))
    )
    absent = [name for name in ("la_code", "region_code") if name not in keys]
    return summed.with_columns(pl.lit("").alias(name) for name in absent)
