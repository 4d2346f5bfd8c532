"""The CIN census of one year as text: cases that were open at any time in the year, as they stood on 31
March.

Finished work appears in the year in which it was finished: an assessment authorised last year is not sent
again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from synthetic import canaries as birds
from synthetic.country import Country
from synthetic.csv_files import sorted_by_la, text_date
from synthetic.days import FAR, Ints, year_end, year_start
from synthetic.identity import known_by
from synthetic.matching import pick
from synthetic.proceedings import proceedings_in
from synthetic.rates import happens, stream

DAY = "%Y-%m-%d"
SOURCES = [
    ("6", 0.29), ("2A", 0.19), ("3F", 0.06), ("3B", 0.03), ("3A", 0.02), ("3D", 0.03), ("3E", 0.03),
    ("5A", 0.06),
    ("5B", 0.06), ("5C", 0.04), ("5D", 0.03), ("1A", 0.06), ("1B", 0.01), ("1C", 0.01), ("1D", 0.02),
    ("2B", 0.02),
    ("3C", 0.01), ("4", 0.015), ("7", 0.04), ("8", 0.05), ("9", 0.02), ("10", 0.005),
]  # fmt: skip
NEEDS = [
    ("N1", 0.57), ("N2", 0.05), ("N3", 0.04), ("N4", 0.1), ("N5", 0.13), ("N6", 0.025), ("N7", 0.01),
    ("N8", 0.015),
    ("N9", 0.02), ("N0", 0.01),
]  # fmt: skip
SAID_BEFORE_2023 = {"5D": "5B", "RC9": "RC8"}
"""Codes that came with 2022-23, and what stood for them in earlier forms."""
FACTOR_24A_SINCE = PLANS_SINCE = 2022
DISABILITIES = ["MOB", "HAND", "PC", "INC", "COMM", "LD", "HEAR", "VIS", "BEH", "CON", "AUT", "DDA"]


@dataclass(frozen=True)
class CinReturn:
    """Frames of text, sorted by authority; `episode` ties groups to a case, `person` and `la` cases to a child."""

    year: int
    children: pl.DataFrame
    episodes: pl.DataFrame
    assessments: pl.DataFrame
    plans: pl.DataFrame
    enquiries: pl.DataFrame
    protection: pl.DataFrame
    reviews: pl.DataFrame
    proceedings: pl.DataFrame
    reference_dates: dict[str, str]


def cin_return(country: Country, year: int) -> CinReturn:
    """What every authority would have sent, before anything goes wrong on purpose."""
    codes = country.places.codes(year)
    cases = _cases_in(country.episodes, year)
    episodes = sorted_by_la(_episodes(country, cases, year), codes)
    children = sorted_by_la(_children(country, cases, year), codes)
    modules = country.modules
    keys = episodes.select("episode", "la", "person")
    inside = {
        "assessments": _assessments(modules.assessments, year),
        "plans": _plans(modules.plans, year),
        "enquiries": _enquiries(modules.enquiries, year),
        "protection": _protection(modules.protection, year),
        "reviews": _reviews(modules.reviews, year),
        "proceedings": proceedings_in(modules.proceedings, year),
    }
    joined = {
        name: keys.join(frame, on="episode", how="inner", maintain_order="left_right")
        for name, frame in inside.items()
    }
    dates = dict.fromkeys(sorted(set(codes)), f"{year}-03-31")
    return _with_canaries(country, CinReturn(year, children, episodes, reference_dates=dates, **joined))


def _with_canaries(country: Country, sent: CinReturn) -> CinReturn:
    children = birds.spoil(sent.children, country.canaries, "PersonBirthDate", "2014-02-31")
    return replace(sent, children=children)


def _cases_in(episodes: pl.DataFrame, year: int) -> pl.DataFrame:
    """Cases open in the year; a referral without action only in the year of the referral."""
    touches = (pl.col("referral") <= year_end(year)) & (pl.col("closure") >= year_start(year))
    return episodes.filter(touches)


def _before_year_end(column: str, year: int) -> pl.Expr:
    return text_date(pl.when(pl.col(column) <= year_end(year)).then(column), DAY)


def _episodes(country: Country, cases: pl.DataFrame, year: int) -> pl.DataFrame:
    """CINdetails; source and need are drawn once for the whole life of the case."""
    rng = stream(country.seed, "cases")
    number = cases["episode"].to_numpy()
    total = len(country.episodes)
    source, need = pick(rng, SOURCES, total)[number], pick(rng, NEEDS, total)[number]
    source = np.where(cases["transferred_in"].to_numpy(), "5C", source)
    need = np.where(cases["is_long"].to_numpy(), "N2", need)
    nfa = pl.col("kind") == "nfa"
    closed = (pl.col("closure") <= year_end(year)) & ~nfa
    level_conference = (
        pl.col("transferred_in") & (pl.col("conference") >= year_start(year)) & (pl.col("conference") < FAR)
    )
    return cases.with_columns(
        text_date("referral", DAY).alias("CINreferralDate"),
        _code_of_year(pl.lit(pl.Series(source.astype(str))), year).alias("ReferralSource"),
        pl.when(~nfa).then(pl.Series(need.astype(str))).alias("PrimaryNeedCode"),
        pl.when(closed).then(text_date("closure", DAY)).alias("CINclosureDate"),
        pl.when(closed).then(_code_of_year(pl.col("reason"), year)).alias("ReasonForClosure"),
        pl.when(level_conference).then(_before_year_end("conference", year)).alias("DateOfInitialCPC"),
        pl.when(nfa).then(pl.lit("1")).otherwise(pl.lit("0")).alias("ReferralNFA"),
    )


def _code_of_year(codes: pl.Expr, year: int) -> pl.Expr:
    return codes.replace(SAID_BEFORE_2023) if year < 2023 else codes


def _children(country: Country, cases: pl.DataFrame, year: int) -> pl.DataFrame:
    """ChildIdentifiers and ChildCharacteristics: one row per child and authority."""
    only_nfa = (pl.col("kind") == "nfa").all().alias("only_nfa")
    grouped = (
        cases.group_by("person", "la", maintain_order=True)
        .agg(only_nfa, pl.col("is_long").any())
        .sort("person", "la")
    )
    rows = known_by(country, grouped, year)
    person = rows["person"].to_numpy()
    died = country.people.died[person]
    in_care = country.periods.filter((pl.col("start") <= year_end(year)) & (pl.col("end") > year_end(year)))[
        "person"
    ]
    unknown = pl.col("upn_unknown")
    not_matched = (
        pl.when("only_nfa")
        .then(pl.lit("UN7"))
        .when(pl.col("person").is_in(in_care.implode()))
        .then(unknown)
        .otherwise(pl.lit("UN6"))
    )
    return rows.with_columns(
        pl.col("la_child_id").alias("LAchildID"),
        pl.col("upn").alias("UPN"),
        pl.col("former_upn").alias("FormerUPN"),
        pl.when(unknown == "UN5").then(not_matched).otherwise(unknown).alias("UPNunknown"),
        pl.when(~pl.col("unborn")).then(text_date("born", DAY)).alias("PersonBirthDate"),
        pl.when(pl.col("unborn")).then(_expected(country, rows)).alias("ExpectedPersonBirthDate"),
        pl.col("sex").alias("Sex" if year >= 2025 else "GenderCurrent"),
        _death(died, year),
        pl.col("ethnicity").alias("Ethnicity"),
        _disabilities(country, rows),
    )


def _expected(country: Country, rows: pl.DataFrame) -> pl.Expr:
    """Babies come some days before or after they are expected."""
    shift = stream(country.seed, "expected").integers(-12, 13, len(country.people))
    person = rows["person"].to_numpy()
    return text_date(pl.lit(pl.Series(country.people.born[person] + shift[person])), DAY)


def _death(died: Ints, year: int) -> pl.Series:
    days = pl.DataFrame({"died": died})
    in_year = pl.col("died").is_between(year_start(year), year_end(year))
    text = text_date(pl.when(in_year).then("died"), DAY)
    return days.select(text.alias("PersonDeathDate")).to_series()


def _disabilities(country: Country, rows: pl.DataFrame) -> pl.Series:
    """Codes joined by a bar; nearly everyone with a long case has one, few others have."""
    rng = stream(country.seed, "disabilities")
    draws = rng.random((len(country.people), 2))
    first = rng.integers(0, len(DISABILITIES), len(country.people))
    step = rng.integers(1, len(DISABILITIES), len(country.people))
    person = rows["person"].to_numpy()
    names = np.array(DISABILITIES)
    one, two = names[first[person]], names[(first + step)[person] % len(DISABILITIES)]
    has = draws[person, 0] < np.where(rows["is_long"].to_numpy(), 0.9, 0.09)
    both = np.char.add(np.char.add(one, "|"), two)
    chosen = np.where(draws[person, 1] < 0.4, both, one)
    return pl.Series("disabilities", np.where(has, chosen, "NONE").astype(str))


def _assessments(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """Finished in the year, or begun in it and unfinished; factors only when finished."""
    factors = pl.col("factors") if year >= FACTOR_24A_SINCE else _without_24a()
    finished = pl.col("end").is_between(year_start(year), year_end(year))
    begun = pl.col("start").is_between(year_start(year), year_end(year)) & (pl.col("end") > year_end(year))
    return rows.filter(finished | begun).select(
        "episode",
        text_date("start", DAY).alias("AssessmentActualStartDate"),
        _before_year_end("review", year).alias("AssessmentInternalReviewDate"),
        _before_year_end("end", year).alias("AssessmentAuthorisationDate"),
        pl.when(pl.col("end") <= year_end(year)).then(factors).alias("factors"),
    )


def _without_24a() -> pl.Expr:
    """The last factor of the list, which then no form had; another one stands where it stood alone."""
    return pl.col("factors").str.strip_suffix("|24A").replace("24A", "20")


def _plans(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    asked = rows if year >= PLANS_SINCE else rows.clear()
    return _open_in(asked, year, "CINPlanStartDate", "CINPlanEndDate")


def _open_in(rows: pl.DataFrame, year: int, start: str, end: str) -> pl.DataFrame:
    """Plans that touch the year."""
    touching = rows.filter((pl.col("start") <= year_end(year)) & (pl.col("end") >= year_start(year)))
    return touching.with_columns(
        text_date("start", DAY).alias(start), _before_year_end("end", year).alias(end)
    )


def _enquiries(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """Begun in the year, or with a conference in it; an enquiry of March may have its conference in April."""
    begun = pl.col("s47").is_between(year_start(year), year_end(year))
    conferred = pl.col("conference").is_between(year_start(year), year_end(year))
    return rows.filter((begun | conferred) & (pl.col("s47") <= year_end(year))).select(
        "episode",
        text_date("s47", DAY).alias("S47ActualStartDate"),
        text_date("target", DAY).alias("InitialCPCtarget"),
        _before_year_end("conference", year).alias("DateOfInitialCPC"),
        pl.col("not_required").alias("ICPCnotRequired"),
    )


def _protection(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    touching = _open_in(rows, year, "CPPstartDate", "CPPendDate").with_row_index("plan_row")
    return touching.select(
        "episode", "plan_row", "start", "CPPstartDate", "CPPendDate",
        pl.col("initial").alias("InitialCategoryOfAbuse"),
        pl.col("latest").alias("LatestCategoryOfAbuse"),
        pl.col("previous").cast(pl.String).alias("NumberOfPreviousCPP"),
    )  # fmt: skip


def _reviews(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    held = pl.col("review").is_between(year_start(year), year_end(year))
    return rows.filter(held).select("episode", "start", text_date("review", DAY).alias("CPPreviewDate"))


def wrong_reference_date(country: Country, sent: CinReturn) -> tuple[CinReturn, list[str]]:
    """One authority in some years, of each block of the country, gives the wrong reference date."""
    rng = stream(country.seed, f"reference date {sent.year}")
    las = sorted(sent.reference_dates)
    happened = len(las) > 1 and bool(happens(rng, country.rates.fault("reference_date_wrong"), 1)[0])
    chosen = [las[int(rng.integers(0, len(las)))]] if happened else []
    dates = sent.reference_dates | dict.fromkeys(chosen, f"{sent.year}-06-30")
    return replace(sent, reference_dates=dates), chosen
