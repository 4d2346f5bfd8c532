"""The SSDA903 of one year as text: what every authority would have sent, before anything goes wrong on
purpose.

A return is a snapshot: episodes that touch the year, with nothing in them that happened after 31 March.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic import canaries as birds
from synthetic.care import whole_year
from synthetic.care_details import behaviour_scores
from synthetic.country import Country
from synthetic.csv_files import drawn, sorted_by_la, text_date
from synthetic.days import FAR, Codes, Ints, birthday, year_end, year_start
from synthetic.identity import ages, known_by
from synthetic.leavers import care_leavers
from synthetic.liberty import SINCE as ORDERS_SINCE
from synthetic.liberty import make_orders
from synthetic.matching import pick
from synthetic.providers import with_numbers
from synthetic.rates import happens, stream

DAY = "%d/%m/%Y"
COLUMNS = {
    "header": "CHILD SEX DOB ETHNIC UPN MOTHER MC_DOB",
    "episodes": "CHILD DECOM RNE LS CIN PLACE PLACE_PROVIDER DEC REC REASON_PLACE_CHANGE"
    " HOME_POST PL_POST URN",
    "reviews": "CHILD DOB REVIEW REVIEW_CODE",
    "uasc": "CHILD SEX DOB DUC",
    "oc2": "CHILD DOB SDQ_SCORE SDQ_REASON CONVICTED HEALTH_CHECK IMMUNISATIONS TEETH_CHECK HEALTH_ASSESSMENT"
    " SUBSTANCE_MISUSE INTERVENTION_RECEIVED INTERVENTION_OFFERED",
    "oc3": "CHILD DOB IN_TOUCH ACTIV ACCOM",
    "ad1": "CHILD DOB DATE_INT DATE_MATCH FOSTER_CARE NB_ADOPTR SEX_ADOPTR LS_ADOPTR",
    "placed_adoption": "CHILD DOB DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED",
    "previous_permanence": "CHILD DOB PREV_PERM LA_PERM DATE_PERM",
    "missing": "CHILD DOB MISSING MIS_START MIS_END",
    "sw_episodes": "CHILD DOB SW_ID SW_DECOM SW_DEC SW_REASON",
    "dolo": "CHILD DOB DOLO_START DOLO_END",
}
RESPITE = ["V3", "V4"]
PROTECTED_AT_ONCE = [("L1", 0.75), ("L2", 0.22), ("L3", 0.03)]
"""How a child was taken to safety for some days: by the police, an emergency order or one for assessment."""


def tables(country: Country, year: int) -> dict[str, pl.DataFrame]:
    """Every table as text, sorted by authority, with the true `person` beside each row."""
    episodes = _in_year(country.care_episodes, "decom", "dec", year)
    leavers = care_leavers(country, year)
    pairs = (
        pl.concat([episodes.select("person", "la"), leavers.select("person", "la")])
        .unique()
        .sort("person", "la")
    )
    identity = _identity(country, pairs, year)
    cared_for = (
        episodes.filter(~pl.col("LS").is_in(RESPITE)).select("person", "la").unique(maintain_order=True)
    )
    made = {
        "header": _header(country, identity, cared_for, year),
        "episodes": _episodes(country, episodes, year),
        "reviews": _events(country.reviews, "review", "review", year, ["REVIEW_CODE"], {"REVIEW": "review"}),
        "uasc": _alone(country, cared_for, year),
        "oc2": health(country, year),
        "oc3": leavers,
        **_adoption(country, episodes, year),
        "previous_permanence": _previous_permanence(country, episodes, year),
        "missing": _events(country.missing, "mis_start", "mis_end", year, ["MISSING"],
                           {"MIS_START": "mis_start", "MIS_END": "mis_end"}),
        "sw_episodes": _workers(country, cared_for, year),
        **_orders(country, year),
    }  # fmt: skip
    return {name: _finished(country, name, frame, identity, year) for name, frame in made.items()}


def table_columns(name: str) -> list[str]:
    """The header of a table, in order."""
    return COLUMNS[name].split()


def _in_year(rows: pl.DataFrame, start: str, end: str, year: int) -> pl.DataFrame:
    """Rows that touch the year."""
    return rows.filter((pl.col(start) <= year_end(year)) & (pl.col(end) >= year_start(year)))


def _known_end(column: str, year: int) -> pl.Expr:
    """An end that lies after the year is not known yet."""
    return pl.when(pl.col(column) <= year_end(year)).then(column)


def _identity(country: Country, pairs: pl.DataFrame, year: int) -> pl.DataFrame:
    rows = known_by(country, pairs, year)
    upn = pl.coalesce("upn", "upn_unknown")
    return rows.select(
        "person", "la", pl.col("cla_child_id").alias("CHILD"), pl.col("sex").alias("SEX"),
        text_date("born", DAY).alias("DOB"), pl.col("cla_ethnicity").alias("ETHNIC"), upn.alias("UPN"),
    )  # fmt: skip


def _finished(
    country: Country, name: str, frame: pl.DataFrame, identity: pl.DataFrame, year: int
) -> pl.DataFrame:
    """Identity joined on, authorities' codes, canaries in place."""
    wanted = [
        column for column in table_columns(name) if column in identity.columns and column not in frame.columns
    ]
    joined = frame.join(
        identity.select("person", "la", *wanted), on=["person", "la"], how="left", maintain_order="left"
    )
    rows = sorted_by_la(joined, country.places.codes(year))
    own = {
        "HOME_POST": "postcode",
        "PL_POST": "placement_postcode",
        "URN": "provider_urn",
        "SW_ID": "social_worker_id",
    }
    present = {column: kind for column, kind in own.items() if column in rows.columns}
    rows = birds.mark(rows, country.canaries, present)
    for column in ("DOB", "DECOM", "SW_DECOM"):
        if column in rows.columns:
            rows = birds.spoil(rows, country.canaries, column, "31/02/2014")
    return rows


def _header(country: Country, identity: pl.DataFrame, cared_for: pl.DataFrame, year: int) -> pl.DataFrame:
    """Motherhood is asked of girls who were looked after, not of short breaks and not of care leavers."""
    pair = ["person", "la"]
    mothers = _mothers_in_care(country).filter(pl.col("became") <= year_end(year))
    known = cared_for.with_columns(asked=pl.lit(True)).join(mothers, on=pair, how="left")
    rows = identity.join(known, on=pair, how="left", maintain_order="left")
    girl, mother = pl.col("asked") & pl.col("SEX").is_in(["2", "F"]), pl.col("became").is_not_null()
    return rows.with_columns(
        pl.when(girl).then(pl.when(mother).then(pl.lit("1")).otherwise(pl.lit("0"))).alias("MOTHER"),
        pl.when(girl & mother).then(text_date("became", DAY)).alias("MC_DOB"),
    ).drop("asked", "became")


def _mothers_in_care(country: Country) -> pl.DataFrame:
    """person, la, became: who had her first child before or in care; of later ones an authority hears nothing."""
    became = pl.lit(pl.Series("became", _motherhood(country))).gather("person")
    episodes = country.care_episodes.filter(~pl.col("LS").is_in(RESPITE)).with_columns(became=became)
    inside = pl.col("became").is_between("decom", "dec").any()
    return (
        episodes.filter(pl.col("became") < FAR)
        .group_by("person", "la", maintain_order=True)
        .agg(pl.col("became").first(), known=inside | (pl.col("became").first() < pl.col("decom").min()))
        .filter("known")
        .drop("known")
    )


def _motherhood(country: Country) -> Ints:
    """The day on which someone's first child is born, for a few between 15 and 18; FAR for the others."""
    rng = stream(country.seed, "mothers")
    count = len(country.people)
    becomes = happens(rng, 0.06, count)
    day_of_birth = birthday(country.people.born, 15) + rng.integers(0, 1000, count)
    return np.where(becomes, day_of_birth, FAR)


def _episodes(country: Country, episodes: pl.DataFrame, year: int) -> pl.DataFrame:
    """Postcodes and providers' numbers stay blank for short breaks, the home postcode for those who came alone."""
    postcodes = country.places.postcodes
    need = _category_of_need(country, episodes)
    alone = pl.Series(country.people.arrived[episodes["person"].to_numpy()] > 0)
    place = pl.col("PLACE") if year < 2026 else pl.col("PLACE").replace("Z1", "Z11")
    ended = pl.col("dec") <= year_end(year)
    rows = with_numbers(country.places, episodes).with_columns(
        pl.Series("CIN", need),
        postcodes.gather(episodes["home_postcode"]).alias("HOME_POST"),
        postcodes.gather(episodes["placed_postcode"]).alias("PL_POST"),
    )
    return rows.select(
        "person", "la", text_date("decom", DAY).alias("DECOM"), "RNE",
        _legal_status(country, episodes), "CIN", place, "PLACE_PROVIDER",
        text_date(_known_end("dec", year), DAY).alias("DEC"),
        pl.when(ended).then("REC").alias("REC"),
        pl.when(ended).then("REASON_PLACE_CHANGE").alias("REASON_PLACE_CHANGE"),
        pl.when(~alone).then("HOME_POST").alias("HOME_POST"),
        "PL_POST", "URN", "decom", "dec",
    ).with_columns(_same_home())  # fmt: skip


def _legal_status(country: Country, episodes: pl.DataFrame) -> pl.Expr:
    """One draw per person for the days of protection that come before anything else."""
    rng = stream(country.seed, "protection at once")
    which = drawn(rng, PROTECTED_AT_ONCE, len(country.people)).gather(episodes["person"])
    return pl.when(pl.col("LS") == "L1").then(pl.lit(which)).otherwise("LS").alias("LS")


def _same_home() -> pl.Expr:
    """A child placed with a parent is at the home address."""
    with_parent = (pl.col("PLACE") == "P1") & pl.col("HOME_POST").is_not_null()
    return pl.when(with_parent).then("HOME_POST").otherwise("PL_POST").alias("PL_POST")


def _category_of_need(country: Country, episodes: pl.DataFrame) -> Codes:
    """Fixed for the whole period of care: one draw per person."""
    shares = [
        ("N1", 0.71),
        ("N2", 0.02),
        ("N3", 0.03),
        ("N4", 0.075),
        ("N5", 0.125),
        ("N6", 0.01),
        ("N8", 0.02),
    ]
    person = episodes["person"].to_numpy()
    need = pick(stream(country.seed, "category of need"), shares, len(country.people))[person]
    respite = episodes["LS"].is_in(RESPITE).to_numpy()
    return np.where(respite, "N2", np.where(country.people.arrived[person] > 0, "N8", need)).astype(str)


def _events(
    rows: pl.DataFrame, start: str, end: str, year: int, codes: list[str], texts: dict[str, str]
) -> pl.DataFrame:
    """Dated events of the year; an end after the year is blank."""
    inside = _in_year(rows, start, end, year)
    texted = [text_date(_known_end(column, year), DAY).alias(name) for name, column in texts.items()]
    return inside.select("person", "la", *codes, *texted, pl.col(start).alias("starts"))


def _alone(country: Country, cared_for: pl.DataFrame, year: int) -> pl.DataFrame:
    """Unaccompanied young people; the status ends at eighteen, or when they are found to be adults."""
    person = cared_for["person"].to_numpy()
    rows = cared_for.filter(pl.Series(country.people.arrived[person] > 0, dtype=pl.Boolean))
    adults = (
        country.periods.filter(pl.col("ending") == "older")
        .select("person", found="end")
        .unique("person", keep="first")
    )
    found = (
        rows.join(adults, on="person", how="left", maintain_order="left")["found"].fill_null(FAR).to_numpy()
    )
    eighteen = birthday(country.people.born[rows["person"].to_numpy()], 18)
    ends = pl.DataFrame({"day": np.minimum(eighteen, found)}).select(
        text_date(_known_end("day", year), DAY).alias("DUC")
    )
    return rows.hstack(ends)


def health(country: Country, year: int) -> pl.DataFrame:
    """Health and behaviour of children looked after for the whole year."""
    rows = whole_year(country.periods, year).select("person", "la").unique().sort("person", "la")
    rng = stream(country.seed, f"health {year}")
    count, begin, end = len(rows), ages(country, rows, year_start(year)), ages(country, rows, year_end(year))
    asked = (end >= 4) & (ages(country, rows, year_start(year) - 1) < 17)
    ordinary = (begin >= 4) & (end <= 16)
    scored = asked & happens(rng, 0.8, count)
    score = behaviour_scores(rng, country.places, rows["la"].to_numpy(), year)
    reason = np.where(
        ordinary, pick(rng, [("SDQ2", 0.5), ("SDQ3", 0.1), ("SDQ4", 0.3), ("SDQ5", 0.1)], count), "SDQ1"
    )
    misuse = (end >= 11) & happens(rng, 0.05, count)
    helped = happens(rng, 0.5, count)
    flags = {
        "CONVICTED": (end >= 10, happens(rng, 0.02, count)),
        "HEALTH_CHECK": (end < 5, happens(rng, 0.88, count)),
        "IMMUNISATIONS": (end >= -1, happens(rng, 0.84, count)),
        "TEETH_CHECK": (end >= -1, happens(rng, 0.8, count)),
        "HEALTH_ASSESSMENT": (end >= -1, happens(rng, 0.9, count)),
        "SUBSTANCE_MISUSE": (end >= -1, misuse),
        "INTERVENTION_RECEIVED": (misuse, helped),
        "INTERVENTION_OFFERED": (misuse & ~helped, happens(rng, 0.8, count)),
    }
    return rows.with_columns(
        pl.Series("SDQ_SCORE", score).cast(pl.String).set(pl.Series(~scored), None),
        pl.Series("SDQ_REASON", reason.astype(str)).set(pl.Series(~asked | scored), None),
        *[
            pl.Series(name, np.where(yes, "1", "0").astype(str)).set(pl.Series(~who), None)
            for name, (who, yes) in flags.items()
        ],
    )


def _adoption(country: Country, episodes: pl.DataFrame, year: int) -> dict[str, pl.DataFrame]:
    """Decisions in force in the year, and the details of adoptions made in it."""
    present = episodes.filter(~pl.col("LS").is_in(RESPITE)).select("person", "la").unique()
    rows = _in_year(country.adoptions, "decision", "care_end", year).filter(
        pl.col("ceased") >= year_start(year)
    )
    rows = rows.join(present, on=["person", "la"], how="semi", maintain_order="left").sort("person")
    ceased = pl.col("ceased") <= year_end(year)
    decisions = rows.select(
        "person", "la", text_date("decision", DAY).alias("DATE_PLACED"),
        pl.when(ceased).then(text_date(_known_end("ceased", year), DAY)).alias("DATE_PLACED_CEASED"),
        pl.when(ceased).then("REASON_PLACED_CEASED").alias("REASON_PLACED_CEASED"),
    )  # fmt: skip
    adopted = rows.filter(pl.col("adopted_on").is_between(year_start(year), year_end(year)))
    details = adopted.select(
        "person", "la", text_date("decision", DAY).alias("DATE_INT"),
        text_date("matched", DAY).alias("DATE_MATCH"),
        pl.lit("0").alias("FOSTER_CARE"), pl.col("adopters").str.slice(0, 1).alias("NB_ADOPTR"),
        pl.col("adopters").str.slice(1, 2).alias("SEX_ADOPTR"),
        pl.col("adopters").str.slice(3).alias("LS_ADOPTR"),
    )  # fmt: skip
    return {"placed_adoption": decisions, "ad1": details}


def _previous_permanence(country: Country, episodes: pl.DataFrame, year: int) -> pl.DataFrame:
    """Asked of children who started in the year; dates of old orders are often known in part."""
    started = (pl.col("RNE") == "S") & (pl.col("decom") >= year_start(year)) & ~pl.col("LS").is_in(RESPITE)
    rows = episodes.filter(started).unique(["person", "la"], keep="first", maintain_order=True)
    rng = stream(country.seed, f"previous permanence {year}")
    count = len(rows)
    code = pick(rng, [("Z1", 0.9), ("P2", 0.04), ("P1", 0.025), ("P3", 0.015), ("P4", 0.02)], count)
    old_enough = ages(country, rows, year_start(year)) >= 4
    code = np.where(old_enough, code, "Z1")
    ordered = np.isin(code, ["P1", "P2", "P3"])
    when = pl.Series(year_start(year) - rng.integers(300, 1000, count))
    pattern = pl.Series(pick(rng, [("d", 0.5), ("m", 0.2), ("y", 0.2), ("z", 0.1)], count))
    texts = pl.DataFrame({"day": when, "known": pattern}).select(
        pl.when(pl.col("known") == "d").then(text_date("day", DAY))
        .when(pl.col("known") == "m").then(text_date("day", "zz/%m/%Y"))
        .when(pl.col("known") == "y").then(text_date("day", "zz/zz/%Y"))
        .otherwise(pl.lit("zz/zz/zzzz")).alias("DATE_PERM")
    ).to_series()  # fmt: skip
    codes = pl.Series(country.places.codes(year)).gather(rows["la"])
    return rows.select("person", "la").with_columns(
        pl.Series("PREV_PERM", code.astype(str)),
        codes.alias("LA_PERM").set(pl.Series(~ordered), None),
        texts.set(pl.Series(~ordered), None),
    )


def _workers(country: Country, cared_for: pl.DataFrame, year: int) -> pl.DataFrame:
    """Social workers of children looked after on 31 March, collected from 2023-24."""
    if year < 2024:
        return _events(country.workers.head(0).with_columns(SW_ID=pl.lit("")), "sw_decom", "sw_dec", year,
                       ["SW_ID", "SW_REASON"], {"SW_DECOM": "sw_decom", "SW_DEC": "sw_dec"})  # fmt: skip
    code = pl.Series(country.places.code_numbers).gather(country.workers["la"])
    number = (900_000 + pl.lit(code) * 100 + pl.col("worker")).cast(pl.String)
    named = country.workers.with_columns(pl.concat_str(pl.lit("SW"), number).alias("SW_ID"))
    stays = country.periods.filter((pl.col("start") <= year_end(year)) & (pl.col("end") > year_end(year)))
    asked = cared_for.join(stays, on=["person", "la"], how="semi")
    present = named.join(asked, on=["person", "la"], how="semi", maintain_order="left")
    return _events(present, "sw_decom", "sw_dec", year, ["SW_ID", "SW_REASON"],
                   {"SW_DECOM": "sw_decom", "SW_DEC": "sw_dec"})  # fmt: skip


def _orders(country: Country, year: int) -> dict[str, pl.DataFrame]:
    """Deprivation of liberty orders, in a table of which earlier forms know nothing."""
    if year < ORDERS_SINCE:
        return {}
    orders = make_orders(country.care_episodes, country.seed)
    texts = {"DOLO_START": "starts", "DOLO_END": "ends"}
    return {"dolo": _events(orders, "starts", "ends", year, [], texts)}
