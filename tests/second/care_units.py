"""Who counts in the indicators of children looked after, and what each adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from math import sqrt

from tests.second.care import TEMPORARY, WITH_NEW_PARENTS, Care, Episode, Period, Stay
from tests.second.children import traits
from tests.second.counting import NEEDS, NO_NEED, Unit
from tests.second.days import DAY, age_on, months_later, year_end, year_of, year_start
from tests.second.tables import Row

HOME = ("E4A", "E4B")
GUARDIAN = ("E43", "E44", "E45", "E46", "E47", "E48")
ADOPTED = ("E11", "E12")
FOR_GOOD = (*ADOPTED, *GUARDIAN, "E41")
LEFT_FOR = {
    "ceased_sgo": GUARDIAN, "ceased_cao": ("E41",), "ceased_kinship_sgo": ("E45", "E47"),
    "ceased_adopted": ADOPTED, "ceased_home_planned": ("E4A",), "ceased_home_unplanned": ("E4B",),
}  # fmt: skip
LIVING = {
    "place_foster": ("U1", "U2", "U3", "U4", "U5", "U6"), "place_kinship_foster": ("U1", "U2", "U3"),
    "place_homes": ("K1", "K2"), "place_indep": ("K3", "H5", "P2"),
}  # fmt: skip
AT = "Main need"
ALONE = "Seeking asylum alone"
PLACEMENT, LAST_PLACEMENT, CAME = "Placement", "Last placement", "Age on coming into care"
SHOWN_AS = {
    "Foster care with relatives or friends": ("U1", "U2", "U3"), "Other foster care": ("U4", "U5", "U6"),
    "Placed for adoption": ("A3", "A4", "A5", "A6"), "Placed with parents": ("P1",),
    "Children's homes and secure homes": ("K1", "K2"),
    "Supported accommodation, independent living": ("K3", "H5", "P2"),
    "Other residential places": ("R1", "R2", "R3", "R5"), "Residential schools": ("S1",),
    "Other": ("P3", "Z1", "Z11", "Z12", "Z13", "Z14"),
}  # fmt: skip
"""Kinds of placement as the statistics show them."""
KINDS = {code: name for name, codes in SHOWN_AS.items() for code in codes}
CAME_AT = ("Before 16", "At 16 or over", "Unknown")
Grid = dict[str, tuple[int, int]]
"""A postcode's metres east and north."""


def units(care: Care, years: Iterable[int], grid: Grid | None = None) -> Iterator[Unit]:
    """Every unit of the indicators that rest on the return of children looked after alone."""
    for year in years:
        for stay in care.stays:
            yield from _at_year_end(care, stay, year, grid)
        yield from _missing(care, year)
        yield from _scores(care, year)
        yield from _leavers(care, year)
    for stay in care.stays:
        yield from _starts(care, stay)
        yield from _exits(care, stay)
        yield from _since_start(care, stay)
        yield from _after_home(care, stay)


def is_alone(care: Care, stay: Stay, year: int, day: date) -> bool:
    """Listed that year as an unaccompanied asylum seeker, the status not ceased by the day."""
    rows = care.by_child["uasc"].get((year, *stay.key), [])
    return any(row["duc"] is None or row["duc"] > day for row in rows)


def usual(period: Period, day: date) -> Episode | None:
    """The episode of the usual placement on a day: the last before it that is not temporary."""
    before = [e for e in period.episodes if e.start <= day and e.place not in TEMPORARY]
    return before[-1] if before else None


def kind_of(home: Episode | None) -> str:
    return KINDS.get(home.place, "Unknown") if home else "Unknown"


def path_through_care(care: Care, stay: Stay | None, day: date) -> dict[str, str]:
    """How old a care leaver was on first coming into care, as far as is held, and where it lived last in care."""
    periods = [period for period in stay.periods if period.start <= day] if stay else []
    last = usual(periods[-1], day) if periods else None
    came = _came(care, stay, periods[0]) if stay and periods else "Unknown"
    return {CAME: came, LAST_PLACEMENT: kind_of(last)}


def _came(care: Care, stay: Stay, first: Period) -> str:
    """By the first day that is held; where that is no start, who was 16 by then may have come earlier."""
    child = care.children.get((first.episodes[0].told["year"], *stay.key))
    age = age_on(child.born if child else None, first.start)
    if age is None or age < 0:
        return "Unknown"
    if age < 16:
        return "Before 16"
    return "At 16 or over" if first.is_start_held else "Unknown"


def _at_year_end(care: Care, stay: Stay, year: int, grid: Grid | None) -> Iterator[Unit]:
    day, la = year_end(year), stay.key[0]
    there = stay.on(day)
    if there is None:
        return
    period, _ = there
    alone = is_alone(care, stay, year, day)
    about = care.traits(stay, period, day)
    about[AT] = NEEDS.get(period.episodes[0].told["cin"], NO_NEED)
    about[ALONE] = "Unaccompanied asylum-seeking children" if alone else "Other children"
    yield Unit("cla_rate", year, la, about, 1)
    if alone:
        yield Unit("cla_rate_uasc", year, la, about, 1)
    home = usual(period, day)
    about[PLACEMENT] = kind_of(home)
    for indicator, places in LIVING.items():
        yield Unit(indicator, year, la, about, int(home is not None and home.place in places))
    if grid is not None:
        yield Unit("placed_20miles", year, la, about, int(_is_far(home, grid)))
    yield Unit("placements_3plus", year, la, about, int(placements_in(stay, year) >= 3))
    yield Unit("sw_3plus", year, la, about, int(len(workers_in(care, stay, year)) >= 3))
    yield from _same_carer(care, stay, period, year, about)


def placements_in(stay: Stay, year: int) -> int:
    """Placements of which a day lay in the year, those of earlier periods among them."""
    all_ = [placement for period in stay.periods for placement in period.placements]
    return sum(p.start <= year_end(year) and p.end > year_start(year) for p in all_)


def workers_in(care: Care, stay: Stay, year: int) -> set[str]:
    rows = care.by_child["sw_episodes"].get((year, *stay.key), [])
    return {row["sw_id"] for row in rows if row["sw_id"] and _touches(row, "sw_decom", "sw_dec", year)}


def without_workers(care: Care, year: int) -> set[str]:
    """Authorities that name no worker of any child that they look after on 31 March."""
    there = [stay for stay in care.stays if stay.on(year_end(year))]
    return {s.key[0] for s in there} - {s.key[0] for s in there if workers_in(care, s, year)}


def _touches(row: Row, start: str, end: str, year: int) -> bool:
    """Some of it lay in the year; the day of its end is not of it."""
    begun = row[start] is None or row[start] <= year_end(year)
    return begun and (row[end] is None or row[end] > year_start(year))


def _same_carer(care: Care, stay: Stay, period: Period, year: int, about: dict[str, str]) -> Iterator[Unit]:
    day = year_end(year)
    child = care.child(stay, period)
    age = age_on(child.born if child else None, day)
    if age is None or age >= 16 or months_later(period.start, 30) > day + DAY:
        return
    so_far = [p for p in period.placements if p.start <= day]
    since = so_far[-1].start if so_far else None
    if len(so_far) > 1 and so_far[-1].episodes[-1].place in WITH_NEW_PARENTS:
        since = so_far[-2].start
    is_long = since is not None and months_later(since, 24) <= day + DAY
    yield Unit("same_carer_2years", year, stay.key[0], about, int(is_long))


def _is_far(home: Episode | None, grid: Grid) -> bool:
    if home is None:
        return False
    ends = [grid.get("".join((home.told[name] or "").upper().split())) for name in ("home_post", "pl_post")]
    if ends[0] is None or ends[1] is None:
        return False
    (east, north), (other_east, other_north) = ends[0], ends[1]
    miles = sqrt((east - other_east) ** 2 + (north - other_north) ** 2) / 1000 / 1.6093
    return round(miles, 1) > 20


def _missing(care: Care, year: int) -> Iterator[Unit]:
    for stay in care.stays:
        period = stay.last_in(year_start(year), year_end(year))
        if period is None:
            continue
        rows = care.by_child["missing"].get((year, *stay.key), [])
        about = care.traits(stay, period, year_end(year))
        la = stay.key[0]
        missing = len(_incidents(rows, "M", year))
        away = len(_incidents(rows, "A", year))
        yield Unit("missing_from_care", year, la, about, int(missing > 0))
        yield Unit("away_from_placement", year, la, about, int(away > 0))
        if missing:
            yield Unit("missing_from_care_again", year, la, about, int(missing > 1))
            yield Unit("missing_from_care_times", year, la, about, missing)


def _incidents(rows: list[Row], kind: str, year: int) -> set[date]:
    """Incidents of which any lay in the year, the day of the return counted; sent twice, one is one."""
    return {
        row["mis_start"]
        for row in rows
        if row["missing"] == kind
        and row["mis_start"]
        and row["mis_start"] <= year_end(year)
        and (row["mis_end"] is None or row["mis_end"] >= year_start(year))
    }


def _scores(care: Care, year: int) -> Iterator[Unit]:
    day = year_end(year)
    for stay in care.stays:
        there = stay.on(day)
        if there is None or there[0].start > year_start(year):
            continue
        about, child = care.traits(stay, there[0], day), care.child(stay, there[0])
        about[AT] = NEEDS.get(there[0].episodes[0].told["cin"], NO_NEED)
        about[PLACEMENT] = kind_of(usual(there[0], day))
        age = age_on(child.born if child else None, day)
        score = _score(care.by_child["oc2"].get((year, *stay.key), []))
        if score is not None and age is not None and 5 <= age <= 16:
            yield Unit("sdq_avg", year, stay.key[0], about, score)


def _score(rows: list[Row]) -> int | None:
    text = next((row["sdq_score"] for row in rows if row["sdq_score"] is not None), None)
    score = int(text) if text is not None and str(text).strip().isdigit() else None
    return score if score is not None and score <= 40 else None


def _leavers(care: Care, year: int) -> Iterator[Unit]:
    for (told, la, child), rows in care.by_child["oc3"].items():
        if told != year:
            continue
        row, known = rows[0], care.children.get((year, la, child))
        age = age_on(known.born if known else None, year_end(year))
        if age is None or not 17 <= age <= 21 or row["in_touch"] in ("DIED", "RHOM"):
            continue
        ages = "17_18" if age <= 18 else "19_21"
        about = traits(known, year_end(year), unborn=False)
        stay = care.stay_of.get((la, child))
        about |= path_through_care(care, stay, year_end(year))
        yield Unit(f"cl_eet_{ages}", year, la, about, int((row["activ"] or "")[:1] in ("F", "P")))
        home = row["accom"] or ""
        if home[:1] not in ("G", "H", "R"):
            yield Unit(f"cl_accom_{ages}", year, la, about, int(home.endswith("1")))


def _starts(care: Care, stay: Stay) -> Iterator[Unit]:
    for episode in stay.starts():
        year = year_of(episode.start)
        about = care.traits_at_start(stay, stay.period_with(episode))
        yield Unit("cla_start_rate", year, stay.key[0], about, 1)
        if is_alone(care, stay, year, episode.start):
            yield Unit("cla_start_rate_uasc", year, stay.key[0], about, 1)


def _exits(care: Care, stay: Stay) -> Iterator[Unit]:
    for year, episode in stay.last_exits().items():
        la, day, period = stay.key[0], episode.end, stay.period_with(episode)
        about = care.traits(stay, period, episode.told["dec"])
        yield Unit("cla_cease_rate", year, la, about, 1)
        for indicator, codes in LEFT_FOR.items():
            yield Unit(indicator, year, la, about, int(episode.exit_code in codes))
        if episode.exit_code in FOR_GOOD and period.is_start_held:
            yield Unit("permanence_months", year, la, about, (day - period.start).days)
        if episode.exit_code in ADOPTED:
            young = care.traits_at_start(stay, period)
            yield from _matched(care, stay, year, young)


def _matched(care: Care, stay: Stay, year: int, about: dict[str, str]) -> Iterator[Unit]:
    for row in care.by_child["ad1"].get((year, *stay.key), [])[:1]:
        if row["date_int"] and row["date_match"] and row["date_match"] >= row["date_int"]:
            days = (row["date_match"] - row["date_int"]).days
            yield Unit("adopt_match_months", year, stay.key[0], about, days)


def _since_start(care: Care, stay: Stay) -> Iterator[Unit]:
    """How things stood some months after care began."""
    for episode in stay.starts():
        period = stay.period_with(episode)
        about = care.traits_at_start(stay, period)
        for indicator, months, test in SINCE:
            until = months_later(episode.start, months)
            yield Unit(indicator, year_of(until), stay.key[0], about, int(test(period, until)))


def _ended(codes: tuple[str, ...]) -> Callable[[Period, date], bool]:
    return lambda period, until: period.exit_code in codes and period.end <= until


SINCE: tuple[tuple[str, int, Callable[[Period, date], bool]], ...] = (
    *((f"home_within_{months}m", months, _ended(HOME)) for months in (6, 12, 24)),
    ("permanence_within_24m", 24, _ended(FOR_GOOD)),
    ("in_care_after_24m", 24, lambda period, until: period.end > until),
)


def _after_home(care: Care, stay: Stay) -> Iterator[Unit]:
    for episode in stay.exits():
        if episode.exit_code not in HOME:
            continue
        left, own = episode.end, stay.period_with(episode)
        about = care.traits(stay, own, episode.told["dec"])
        later = stay.periods[stay.periods.index(own) + 1 :]
        for months in (6, 12, 24):
            until = months_later(left, months)
            back = any(p.start <= until for p in later)
            yield Unit(f"back_in_care_{months}m", year_of(until), stay.key[0], about, int(back))
