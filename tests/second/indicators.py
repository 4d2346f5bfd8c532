"""The 103 counted indicators once more: what each is shown by, and whose returns it needs.

Written from the words of the registry and of the statistics; the product's own entries are not read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tests.second import care_units, need, together
from tests.second.care_units import (
    ALONE,
    AT,
    CAME,
    CAME_AT,
    LAST_PLACEMENT,
    PLACEMENT,
    SHOWN_AS,
    Grid,
)
from tests.second.counting import (
    AGES,
    AT_SCHOOL,
    NEEDS,
    NO_NEED,
    WITH_UNBORN,
    Cell,
    Figure,
    Kind,
    People,
    Unit,
    by,
    figures,
)
from tests.second.school import FSM, NEEDED, NOT_SAID, SEN
from tests.second.tables import Returns
from tests.second.together import MOVES, Together

PER_10_000 = Fraction(10_000)
HUNDREDTHS = Fraction(1, 100)
DAYS_AS_MONTHS = Fraction(12) / Fraction("365.25")
MAIN_NEEDS = {AT: (*NEEDS.values(), NO_NEED)}
BY_ALONE = {ALONE: ("Unaccompanied asylum-seeking children", "Other children")}
BY_PLACEMENT = {PLACEMENT: (*SHOWN_AS, "Unknown")}
BY_PATH = {CAME: CAME_AT, LAST_PLACEMENT: (*SHOWN_AS, "Unknown")}
IN_CLASS = {SEN: (*NEEDED, NOT_SAID), FSM: ("Eligible", "Not eligible", "Not found")}
OF_NEED, OF_CARE, AT_SCHOOL_BY = by(WITH_UNBORN), by(AGES), by(AT_SCHOOL)
CIN, CARE = frozenset({"cin"}), frozenset({"ssda903"})
BOTH = CIN | CARE
RESULTS = frozenset({"attainment"})
OF_PUPILS = by(()) | IN_CLASS


@dataclass(frozen=True)
class Asked:
    """An indicator: how it is shown, which returns of an authority it needs, of how many years before."""

    kind: Kind
    needs: frozenset[str]
    years_before: int = 0
    own_census: bool = False
    own_results: str = ""
    """The stage of which an authority's own results are needed."""
    since: int = 0


def rate(shown_by: Mapping[str, tuple[str, ...]]) -> Kind:
    return Kind(shown_by, PER_10_000, of_population=True)


def asked() -> dict[str, Asked]:
    """Every counted indicator by its identifier."""
    return {**_of_need(), **_of_care(), **_joined()}


def _of_need() -> dict[str, Asked]:
    share = Kind(OF_NEED)
    by_need = OF_NEED | MAIN_NEEDS | {"Disability": ("Disabled", "Not disabled", "Not said")}
    return {
        "cin_rate": Asked(rate(by_need), CIN),
        "cpp_rate": Asked(rate(OF_NEED), CIN),
        "referral_rate": Asked(rate(OF_NEED), CIN),
        "rereferral": Asked(share, CIN, 1),
        **dict.fromkeys(
            ("referral_nfa", "referral_not_in_need", "cpp_repeat", "cpp_2years"), Asked(share, CIN)
        ),
        "referred_again_after_nothing": Asked(share, CIN, 1),
        "referred_again_after_assessment": Asked(share, CIN, 1),
        **{f"factor_{code.lower()}": Asked(rate(OF_NEED), CIN) for code in need.FACTORS},
        **dict.fromkeys(need.TOGETHER, Asked(share, CIN)),
        **{f"plan_after_{name}": Asked(share, CIN, 1) for name in need.FOLLOWED},
    }


def _of_care() -> dict[str, Asked]:
    share, rates = Kind(OF_CARE), Asked(rate(OF_CARE), CARE)
    times, months = Kind(OF_CARE, Fraction(1)), Kind(OF_CARE, DAYS_AS_MONTHS)
    living = Asked(Kind(OF_CARE | MAIN_NEEDS | BY_ALONE), CARE)
    leaver = Asked(Kind(by(()) | BY_PATH), CARE)
    return {
        "cla_rate": Asked(rate(OF_CARE | MAIN_NEEDS), CARE),
        **dict.fromkeys(("cla_rate_uasc", "cla_start_rate", "cla_start_rate_uasc", "cla_cease_rate"), rates),
        **dict.fromkeys(care_units.LEFT_FOR, Asked(share, CARE)),
        **dict.fromkeys(care_units.LIVING, living),
        "placed_20miles": living,
        "placements_3plus": Asked(Kind(OF_CARE | MAIN_NEEDS | BY_PLACEMENT | BY_ALONE), CARE),
        "same_carer_2years": Asked(share, CARE, 2),
        "adopt_match_months": Asked(months, CARE),
        "permanence_months": Asked(months, CARE),
        "sdq_avg": Asked(Kind(OF_CARE | MAIN_NEEDS | BY_PLACEMENT, Fraction(1)), CARE),
        "sw_3plus": Asked(share, CARE, since=2024),
        **dict.fromkeys(("missing_from_care", "missing_from_care_again"), Asked(share, CARE)),
        "away_from_placement": Asked(share, CARE),
        "missing_from_care_times": Asked(times, CARE),
        **{f"cl_{what}_{ages}": leaver for what in ("eet", "accom") for ages in ("17_18", "19_21")},
        **{f"back_in_care_{n}m": Asked(share, CARE, 2 if n == 24 else 1) for n in (6, 12, 24)},
        **{name: Asked(share, CARE, 2 if n == 24 else 1) for name, n, _ in care_units.SINCE},
    }


def _joined() -> dict[str, Asked]:
    at_school, share = Kind(AT_SCHOOL_BY), Kind(OF_NEED)
    in_class = Kind(AT_SCHOOL_BY | IN_CLASS)
    groups = {"cino": BOTH, "cppo": BOTH, "cla12": CARE}
    what = ("absence_overall", "absence_persistent", "absence_severe", "suspended")
    return {
        **{f"{w}_{g}": Asked(in_class, needs, own_census=True) for w in what for g, needs in groups.items()},
        **{
            f"ks2_rwm_{g}": Asked(Kind(OF_PUPILS), needs | RESULTS, own_results="KS2")
            for g, needs in groups.items()
        },
        **{
            f"ks4_att8_{g}": Asked(Kind(OF_PUPILS, HUNDREDTHS), needs | RESULTS, own_results="KS4")
            for g, needs in groups.items()
        },
        "school_moves": Asked(at_school, CARE | {"school_census"}, 1, own_census=True),
        **dict.fromkeys(MOVES, Asked(share, BOTH, 1)),
        **{
            f"under_one_{w}": Asked(Kind(by(())), BOTH, 2)
            for w in ("before_birth", "assessed", "plan", "care")
        },
        **{f"care_after_{name}": Asked(share, BOTH, 1) for name in need.FOLLOWED},
    }


def everything(
    returns: Returns, years: list[int], grid: Grid | None = None, people: People | None = None
) -> dict[Cell, Figure]:
    """Every cell of every indicator, for the years that are asked for.

    `grid` is the directory of postcodes; `people` stand in for the published populations.
    """
    both = Together(returns)
    return cells_of(both, asked(), _all_units(both, years, grid), years, people)


def cells_of(
    both: Together,
    wanted: Mapping[str, Asked],
    counted: Iterable[Unit],
    years: list[int],
    people: People | None = None,
) -> dict[Cell, Figure]:
    """The cells of some indicators from their units."""
    units: dict[str, list[Unit]] = defaultdict(list)
    for unit in counted:
        units[unit.indicator].append(unit)
    known = {la for held in both.returns.sent.values() for _, la in held}
    cells: dict[Cell, Figure] = {}
    for indicator, one in wanted.items():
        held = {year: _held(both, indicator, one, year) for year in years}
        cells |= figures(indicator, one.kind, units[indicator], held, known, people)
    return cells


def _all_units(both: Together, years: list[int], grid: Grid | None) -> Iterator[Unit]:
    yield from need.units(both.need, years)
    yield from care_units.units(both.care, years, grid)
    yield from together.units(both, years)


def _held(both: Together, indicator: str, one: Asked, year: int) -> set[str]:
    """Authorities that sent all that the indicator needs."""
    if year < one.since:
        return set()
    sent = both.returns.sent
    las = {la for held in sent.values() for _, la in held}
    for ret in one.needs:
        for back in range(one.years_before + 1):
            las &= {la for told, la in sent.get(ret, ()) if told == year - back}
    if indicator == "sw_3plus":
        las -= care_units.without_workers(both.care, year)
    if one.own_results:
        las &= both.results.sent(one.own_results, year)
    return las & both.school.has_all(year) if one.own_census else las
