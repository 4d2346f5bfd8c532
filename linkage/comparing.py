"""What it means for two values to be alike: for every field a ladder from the same to different.

The first rung that holds counts. Each rung's `m` is how often records of one child stand there and `u`
how often records of two children do; both are learned (`linkage.training`). Where random pairs never show
a rung, such as two children sharing a UPN, `u` is fixed by arithmetic that the comment gives.

A rung is SQL about columns ending in `_l` and `_r`. Names are those of `splink_scratch.entity` or of a
file under evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rung:
    """One step of the ladder; `frequency_of` names the column whose rare values say more."""

    label: str
    holds: str
    frequency_of: str | None = None
    fixed_u: float | None = None


@dataclass(frozen=True)
class Ladder:
    """A compared field: `missing` says when there is nothing to compare; ELSE ends every ladder."""

    field: str
    missing: str
    rungs: tuple[Rung, ...]
    uses: tuple[str, ...]


ELSE = "different"


def same(column: str) -> str:
    """SQL: both sides hold the same value."""
    return f"{column}_l = {column}_r"


def either_missing(column: str) -> str:
    """SQL: at least one side holds nothing."""
    return f"{column}_l is null or {column}_r is null"


SWAPPED = "forename_l = surname_r and surname_l = forename_r"
# Children whose forename is another child's surname and the other way round: both rare, so their product.
SWAPPED_U = 1e-6


def forename() -> Ladder:
    """Forenames, after nicknames, swapped with the surname, or a spelling or two apart."""
    return Ladder(
        "forename",
        either_missing("forename"),
        (
            Rung("same", same("forename"), "forename"),
            Rung("same nickname", same("forename_common"), "forename_common"),
            Rung("swapped", SWAPPED, None, SWAPPED_U),
            Rung("one spelling", "jaro_winkler_similarity(forename_l, forename_r) >= 0.92"),
            Rung(
                "shared part",
                "left(forename_l, 3) = left(forename_r, 3) or "
                "list_has_any(string_split(forename_common_l, ' '), string_split(forename_common_r, ' ')) or "
                "damerau_levenshtein(forename_l, forename_r) <= 1 or "
                "(least(length(forename_l), length(forename_r)) = 1 and left(forename_l, 1) = left(forename_r, 1))",
            ),
            Rung("alike", "jaro_winkler_similarity(forename_l, forename_r) >= 0.75"),
        ),
        ("forename", "forename_common", "surname"),
    )


def surname(*, other: bool = True) -> Ladder:
    """Surnames, also an earlier one, one half of a double one, or a spelling apart."""
    earlier = (
        Rung("an earlier one", "surname_l = other_surname_r or surname_r = other_surname_l", "surname"),
    )
    return Ladder(
        "surname",
        either_missing("surname"),
        (
            Rung("same", same("surname"), "surname"),
            *(earlier if other else ()),
            Rung("swapped", SWAPPED, None, SWAPPED_U),
            Rung("one spelling", "jaro_winkler_similarity(surname_l, surname_r) >= 0.92"),
            Rung("shared part", "list_has_any(string_split(surname_l, ' '), string_split(surname_r, ' '))"),
            Rung("alike", "jaro_winkler_similarity(surname_l, surname_r) >= 0.8"),
        ),
        ("forename", "surname", *(("other_surname",) if other else ())),
    )


def birth_date(column: str = "date_of_birth") -> Ladder:
    """Birth dates as text, YYYY-MM-DD."""
    year, month, day = (
        f"substr({column}_{{}}, 1, 4)",
        f"substr({column}_{{}}, 6, 2)",
        f"substr({column}_{{}}, 9, 2)",
    )

    def alike(part: str, other: str) -> str:
        return f"{part.format('l')} = {other.format('r')}"

    two_parts = " + ".join(f"({alike(part, part)})::int" for part in (year, month, day))
    return Ladder(
        column,
        either_missing(column),
        (
            Rung("same", same(column)),
            Rung(
                "day and month swapped",
                f"{alike(year, year)} and {alike(month, day)} and {alike(day, month)}",
            ),
            Rung("one slip", f"damerau_levenshtein({column}_l, {column}_r) <= 1"),
            Rung("two parts", f"{two_parts} >= 2"),
        ),
        (column,),
    )


def exact(column: str, *, weigh_by_frequency: bool = False) -> Ladder:
    """The same value or not."""
    return Ladder(
        column,
        either_missing(column),
        (Rung("same", same(column), column if weigh_by_frequency else None),),
        (column,),
    )


def ethnicity() -> Ladder:
    """DfE's codes: the same, or the same main group (their first letter)."""
    return Ladder(
        "ethnicity",
        either_missing("ethnicity"),
        (
            Rung("same", same("ethnicity"), "ethnicity"),
            Rung("same group", "left(ethnicity_l, 1) = left(ethnicity_r, 1)"),
        ),
        ("ethnicity",),
    )


def home() -> Ladder:
    """Postcodes, also an earlier one. The fixed figures are England's: about 12 million children live in
    1.4 million postcodes of very unequal size, in about 2,900 districts and 120 areas; a child shares its
    postcode with a dozen others.
    """
    return Ladder(
        "postcode",
        either_missing("postcode"),
        (
            Rung("same", same("postcode"), None, 1.5e-6),
            Rung(
                "an earlier one",
                "postcode_l = other_postcode_r or postcode_r = other_postcode_l",
                None,
                1.5e-6,
            ),
            Rung("one slip", "damerau_levenshtein(postcode_l, postcode_r) <= 1", None, 2e-5),
            Rung(
                "same district", "split_part(postcode_l, ' ', 1) = split_part(postcode_r, ' ', 1)", None, 7e-4
            ),
            Rung(
                "same area",
                "regexp_extract(postcode_l, '^[A-Z]+', 0) = regexp_extract(postcode_r, '^[A-Z]+', 0)",
                None,
                1.2e-2,
            ),
        ),
        ("postcode", "other_postcode"),
    )


def upn() -> Ladder:
    """UPNs. Two pupils share one by a slip only: about one in 8 million pairs; a neighbouring number, one
    digit away, is about ten times likelier because schools give out serial numbers.
    """
    return Ladder(
        "upn",
        either_missing("upn"),
        (
            Rung("same", same("upn"), None, 1.2e-7),
            Rung("one slip", "damerau_levenshtein(upn_l, upn_r) <= 1", None, 1e-6),
        ),
        ("upn",),
    )


def identifier(column: str, records: int) -> Ladder:
    """Any other number that is meant to be one person's. By chance alone, one pair in ten times the file."""
    return Ladder(
        column,
        either_missing(column),
        (
            Rung("same", same(column), None, min(1e-6, 0.1 / max(records, 1))),
            Rung("one slip", f"damerau_levenshtein({column}_l, {column}_r) <= 1"),
            Rung("two slips", f"damerau_levenshtein({column}_l, {column}_r) <= 2"),
        ),
        (column,),
    )


def text(column: str, *, weigh_by_frequency: bool) -> Ladder:
    """Any other words of a person's record, such as a street."""
    return Ladder(
        column,
        either_missing(column),
        (
            Rung("same", same(column), column if weigh_by_frequency else None),
            Rung("one spelling", f"jaro_winkler_similarity({column}_l, {column}_r) >= 0.9"),
        ),
        (column,),
    )


def children_ladders() -> tuple[Ladder, ...]:
    """The fields on which children's records are compared."""
    return (forename(), surname(), birth_date(), exact("sex"), ethnicity(), home(), upn())


Parameters = dict[str, dict[str, dict[str, float]]]
"""field → rung → {'m': …, 'u': …}"""


def as_splink(ladder: Ladder, parameters: Parameters | None = None) -> dict[str, Any]:
    """A ladder in the words of Splink's settings, with learned parameters when there are some."""
    known = (parameters or {}).get(ladder.field, {})
    missing = {"sql_condition": ladder.missing, "label_for_charts": "missing", "is_null_level": True}
    levels = [_level(rung, known.get(rung.label, {})) for rung in ladder.rungs]
    last = _level(Rung(ELSE, "ELSE"), known.get(ELSE, {}))
    return {"output_column_name": ladder.field, "comparison_levels": [missing, *levels, last]}


def _level(rung: Rung, known: dict[str, float]) -> dict[str, Any]:
    level: dict[str, Any] = {"sql_condition": rung.holds, "label_for_charts": rung.label}
    if rung.frequency_of:
        level |= {"tf_adjustment_column": rung.frequency_of, "tf_adjustment_weight": 1.0}
    if rung.fixed_u is not None:
        level |= {"u_probability": rung.fixed_u, "fix_u_probability": True}
    if known:
        level |= {"m_probability": known["m"], "u_probability": known["u"]}
    return level
