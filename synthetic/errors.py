"""What the services wrote down about a child: usually the truth, sometimes a typing error, another's
number, an old name.

An error is made once, when a person is entered in a system, and then stands in every year's return from
that system. Social care and schools have separate systems and so make separate errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.days import Bools, Ints
from synthetic.people import People
from synthetic.places import DATA, Places
from synthetic.rates import Rates, happens, stream

LETTERS = pl.Series(list("abcdefghijklmnoprstuvwy"))


@dataclass(frozen=True)
class Recorded:
    """Identity as one system holds it, a row per person (and authority), and a list of what is wrong in it."""

    identity: pl.DataFrame
    errors: pl.DataFrame


class _Log:
    """Gathers (system, kind, person, la) of every error."""

    def __init__(self, system: str, rows: pl.DataFrame) -> None:
        self.system, self.rows = system, rows
        self.parts: list[pl.DataFrame] = []

    def note(self, kind: str, wrong: Bools) -> None:
        part = self.rows.filter(pl.Series(wrong, dtype=pl.Boolean))
        self.parts.append(part.with_columns(system=pl.lit(self.system), kind=pl.lit(kind)))

    def frame(self) -> pl.DataFrame:
        return pl.concat(self.parts)


def record_cases(people: People, places: Places, pairs: pl.DataFrame, rates: Rates, seed: int) -> Recorded:
    """Identity in social care for each (person, la); `pairs` is sorted by both."""
    rng = stream(seed, "case errors")
    person = pairs["person"].to_numpy()
    log = _Log("case", pairs.select("person", "la"))
    safe = ~people.is_canary[person]
    identity = pairs.select("person", "la").with_columns(
        *_child_ids(rng, places, pairs, rates, log, safe),
        *_upn_columns(rng, people, person, rates, log, safe),
        pl.Series("born", _born(rng, people.born[person], rates, log, safe)),
        *_sex_and_ethnicity(rng, people, person, rates, log, safe),
        *_case_names(rng, people, person, rates, log, safe),
        *_postcode_flags(rng, people, person, rates, log, safe),
    )
    return Recorded(identity, log.frame())


def _wrong(rng: np.random.Generator, rates: Rates, kind: str, log: _Log, possible: Bools) -> Bools:
    """Where an error of this kind happens, among the rows where it can."""
    wrong: Bools = happens(rng, rates.error(f"{log.system}_{kind}"), len(possible)) & possible
    log.note(kind, wrong)
    return wrong


def _child_ids(
    rng: np.random.Generator, places: Places, pairs: pl.DataFrame, rates: Rates, log: _Log, safe: Bools
) -> list[pl.Series]:
    """The authority's own number for the child: unique inside the authority, repeated in others."""
    county = places.siblings_of_a_county[pairs["la"].to_numpy()]
    frame = pairs.select("person", "la", pl.Series("county", county))
    number = frame.select(pl.int_range(pl.len()).over("county") * 3 + 1).to_series()
    style = pl.Series(county % 4)
    padded = number.cast(pl.String)
    child = pl.DataFrame({"n": padded, "s": style}).select(
        pl.when(pl.col("s") == 0).then(pl.concat_str(pl.lit("1"), pl.col("n").str.zfill(6)))
        .when(pl.col("s") == 1).then(pl.concat_str(pl.lit("C"), pl.col("n").str.zfill(7)))
        .when(pl.col("s") == 2).then(pl.concat_str(pl.lit("4"), pl.col("n").str.zfill(8)))
        .otherwise(pl.concat_str(pl.lit("P"), pl.col("n").str.zfill(6), pl.lit("K"))).alias("la_child_id")
    ).to_series()  # fmt: skip
    differs = happens(rng, rates.error("cla_child_id_differs"), len(pairs)) & safe
    log.note("cla_child_id_differs", differs)
    other = ("X" + padded.str.zfill(7)).alias("cla_child_id")
    return [child, child.zip_with(~pl.Series(differs, dtype=pl.Boolean), other).alias("cla_child_id")]


def _upn_columns(
    rng: np.random.Generator, people: People, person: Ints, rates: Rates, log: _Log, safe: Bools
) -> list[pl.Series]:
    """The pupil number as typed, and whether it is missing while the child is young or of school age."""
    true = people.names["upn"].gather(pl.Series(person))
    mistyped = _wrong(rng, rates, "upn_mistyped", log, safe)
    of_another = _wrong(rng, rates, "upn_of_another", log, safe & ~mistyped)
    former = people.names["former_upn"].gather(pl.Series(person))
    has_former = former.is_not_null().to_numpy() & safe & ~mistyped & ~of_another
    uses_former = _wrong(rng, rates, "upn_former", log, has_former)
    upn = _choose(mistyped, _mistype_digit(rng, true), true)
    upn = _choose(of_another, people.names["upn"].gather(pl.Series(_another(rng, people, person))), upn)
    upn = _choose(uses_former, former, upn)
    missing = _wrong(rng, rates, "upn_missing_school_age", log, safe)
    missing_young = happens(rng, rates.error("case_upn_missing_young"), len(person)) & safe
    return [
        upn.alias("upn"),
        _choose(uses_former, pl.Series([None] * len(person), dtype=pl.String), former).alias("former_upn"),
        pl.Series("upn_missing", missing),
        pl.Series("upn_missing_young", missing_young | missing),
    ]


def _choose(condition: Bools, yes: pl.Series, no: pl.Series) -> pl.Series:
    return yes.zip_with(pl.Series(condition, dtype=pl.Boolean), no)


def _another(rng: np.random.Generator, people: People, person: Ints) -> Ints:
    """A brother or sister where there is one, else someone or other."""
    size = people.family_size[person]
    first = people.first_of_family[person]
    sibling = first + (person - first + 1) % size
    return np.where(size > 1, sibling, rng.integers(0, len(people), len(person)))


def _mistype_digit(rng: np.random.Generator, upn: pl.Series) -> pl.Series:
    """One of characters 5 to 12 becomes the next digit, which the check letter always notices."""
    place = pl.Series("place", rng.integers(4, 12, len(upn)))
    frame = pl.DataFrame({"upn": upn, "place": place})
    digit = pl.col("upn").str.slice(pl.col("place"), 1).cast(pl.Int64)
    text = pl.concat_str(
        pl.col("upn").str.slice(0, pl.col("place")),
        ((digit + 1) % 10).cast(pl.String),
        pl.col("upn").str.slice(pl.col("place") + 1),
    )
    return frame.select(text.alias("upn")).to_series()


def _born(rng: np.random.Generator, born: Ints, rates: Rates, log: _Log, safe: Bools) -> Ints:
    """The date of birth as typed; never later than the true one by more than a few days."""
    when = pl.Series("born", born).cast(pl.Int32).cast(pl.Date)
    dom, month = when.dt.day().to_numpy().astype(np.int64), when.dt.month().to_numpy().astype(np.int64)
    year = when.dt.year().to_numpy().astype(np.int64)
    swapped = _wrong(rng, rates, "dob_swapped", log, safe & (dom < month))
    firsts = _wrong(rng, rates, "dob_first_of_month", log, safe & (dom > 1) & ~swapped)
    digit = _wrong(rng, rates, "dob_digit", log, safe & ~swapped & ~firsts)
    shift = rng.choice(np.array([-365, -10, -1, 1, -3652]), len(born))
    over = pl.DataFrame({"y": year, "m": np.where(swapped, dom, month), "d": np.where(swapped, month, dom)})
    turned = over.select(pl.date("y", "m", "d").cast(pl.Int32)).to_series().to_numpy().astype(np.int64)
    return np.where(swapped, turned, np.where(firsts, born - dom + 1, np.where(digit, born + shift, born)))


def _sex_and_ethnicity(
    rng: np.random.Generator, people: People, person: Ints, rates: Rates, log: _Log, safe: Bools
) -> list[pl.Series]:
    sex = _wrong(rng, rates, "sex_differs", log, safe)
    ethnic = _wrong(rng, rates, "ethnicity_differs", log, safe)
    again = happens(rng, rates.error("cla_ethnicity_differs"), len(person)) & safe
    other = rng.choice(np.array([0, 3, 8, 18, 19, 17, 7]), len(person))
    ethnicity = np.where(ethnic, other, people.ethnicity[person])
    return [
        pl.Series("is_girl", people.is_girl[person] ^ sex),
        pl.Series("ethnicity", ethnicity),
        pl.Series("cla_ethnicity", np.where(again, rng.permutation(other), ethnicity)),
    ]


def _case_names(
    rng: np.random.Generator, people: People, person: Ints, rates: Rates, log: _Log, safe: Bools
) -> list[pl.Series]:
    """Names as social care has them: short forms, an earlier surname, first and last name changed over."""
    forename, surname = _plain_name_errors(rng, people, person, rates, log, safe)
    former = people.names["former_surname"].gather(pl.Series(person))
    uses_former = _wrong(rng, rates, "surname_former", log, safe & former.is_not_null().to_numpy())
    surname = _choose(uses_former, former, surname)
    swapped = _wrong(rng, rates, "names_swapped", log, safe)
    return [
        _choose(swapped, surname, forename).alias("forename"),
        _choose(swapped, forename, surname).alias("surname"),
        former.alias("former_surname"),
        pl.Series("nhs_missing", _wrong(rng, rates, "nhs_missing", log, safe)),
    ]


def _plain_name_errors(
    rng: np.random.Generator, people: People, person: Ints, rates: Rates, log: _Log, safe: Bools
) -> tuple[pl.Series, pl.Series]:
    forename = people.names["forename"].gather(pl.Series(person))
    surname = people.names["surname"].gather(pl.Series(person))
    short = _short_forms(forename)
    familiar = _wrong(rng, rates, "nickname", log, safe & short.is_not_null().to_numpy())
    forename = _choose(familiar, short, forename)
    slip = _wrong(rng, rates, "forename_typo", log, safe & ~familiar)
    forename = _choose(slip, _mistype_letter(rng, forename), forename)
    slip = _wrong(rng, rates, "surname_typo", log, safe)
    return forename, _choose(slip, _mistype_letter(rng, surname), surname)


def _short_forms(forename: pl.Series) -> pl.Series:
    table = pl.read_csv(DATA / "nicknames.csv")
    joined = pl.DataFrame({"forename": forename}).join(
        table, on="forename", how="left", maintain_order="left"
    )
    return joined["nickname"]


def _mistype_letter(rng: np.random.Generator, name: pl.Series) -> pl.Series:
    """A letter after the first is left out, doubled, or another one."""
    count = len(name)
    frame = pl.DataFrame({
        "name": name,
        "kind": rng.integers(0, 3, count),
        "draw": rng.random(count),
        "letter": LETTERS.gather(pl.Series(rng.integers(0, len(LETTERS), count))),
    })  # fmt: skip
    place = 1 + (pl.col("draw") * (pl.col("name").str.len_chars() - 1)).cast(pl.Int64)
    head, rest = pl.col("name").str.slice(0, place), pl.col("name").str.slice(place + 1)
    letter = pl.col("name").str.slice(place, 1)
    middle = (
        pl.when(pl.col("kind") == 0).then(pl.lit(""))
        .when(pl.col("kind") == 1).then(letter + letter)
        .otherwise("letter")
    )  # fmt: skip
    return frame.select(pl.concat_str(head, middle, rest).alias("name")).to_series()


def _postcode_flags(
    rng: np.random.Generator, people: People, person: Ints, rates: Rates, log: _Log, safe: Bools
) -> list[pl.Series]:
    missing = _wrong(rng, rates, "postcode_missing", log, safe)
    has_moved = people.later_postcode[person] != people.postcode[person]
    old = _wrong(rng, rates, "postcode_old", log, safe & has_moved & ~missing)
    return [pl.Series("postcode_missing", missing), pl.Series("postcode_old", old)]


def record_pupils(people: People, rates: Rates, seed: int) -> Recorded:
    """Identity in schools for every person, by place in `people`."""
    rng = stream(seed, "school errors")
    person = np.arange(len(people))
    frame = pl.DataFrame({"person": person, "la": people.la})
    log = _Log("school", frame)
    safe = ~people.is_canary
    forename, surname = _plain_name_errors(rng, people, person, rates, log, safe)
    digit = _wrong(rng, rates, "dob_digit", log, safe)
    shift = rng.choice(np.array([-365, -10, -1, 1]), len(person))
    sex = _wrong(rng, rates, "sex_differs", log, safe)
    temporary = _wrong(rng, rates, "upn_temporary", log, safe)
    missing = _wrong(rng, rates, "postcode_missing", log, safe)
    identity = frame.with_columns(
        forename.alias("forename"),
        surname.alias("surname"),
        pl.Series("born", np.where(digit, people.born + shift, people.born)),
        pl.Series("is_girl", people.is_girl ^ sex),
        pl.Series("upn_temporary", temporary),
        pl.Series("postcode_missing", missing),
    )
    return Recorded(identity, log.frame())
