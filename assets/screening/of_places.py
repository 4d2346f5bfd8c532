"""Whether the times and places of a file are ones that the service knows, and are filled as it needs them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from assets.screening.sent import DIGITS, GROUP, LEVELS, NO_PLACE, Check, Sent, known_places

WRITTEN = {level: columns for level, columns in LEVELS.items() if level in known_places()}


def geog_level_present(sent: Sent) -> Iterator[str]:
    if "" in sent.values("geographic_level"):
        yield "geographic_level is blank in some rows"


def geog_level(sent: Sent) -> Iterator[str]:
    unknown = sorted(sent.values("geographic_level") - LEVELS.keys() - {""})
    yield from (f"{level} is no level that the service knows" for level in unknown)


def time_id_valid(sent: Sent) -> Iterator[str]:
    unknown = sorted(sent.values("time_identifier") - DIGITS.keys())
    yield from (f"{name or '(blank)'} is no time identifier that the service knows" for name in unknown)


def time_id_mix(sent: Sent) -> Iterator[str]:
    known = sorted(sent.values("time_identifier") & GROUP.keys())
    if len({GROUP[name] for name in known}) > 1:
        yield f"{', '.join(known)} may not stand in one file"


def time_period_num(sent: Sent) -> Iterator[str]:
    wrong = sorted(period for period in sent.values("time_period") if not re.fullmatch(r"\d+", period))
    yield from (f"expected digits, came {period or 'nothing'}" for period in wrong)


def time_period(sent: Sent) -> Iterator[str]:
    for period, name in sorted({(r["time_period"], r["time_identifier"]) for r in sent.rows}):
        if len(period) != DIGITS.get(name, 0):
            yield f"expected {DIGITS.get(name, 'a known number of')} digits for {name}, came {period}"


def time_period_six(sent: Sent) -> Iterator[str]:
    for period in sorted(sent.values("time_period")):
        if re.fullmatch(r"\d{6}", period) and (int(period[2:4]) + 1) % 100 != int(period[4:]):
            yield f"expected two years that follow each other, came {period}"


def geog_col_present(sent: Sent) -> Iterator[str]:
    for level in sorted(sent.values("geographic_level") & LEVELS.keys()):
        yield from (
            f"rows of level {level} need the column {c}" for c in LEVELS[level] if c not in sent.header
        )


def geog_level_completed(sent: Sent) -> Iterator[str]:
    for level, columns in LEVELS.items():
        own = [row for row in sent.rows if row["geographic_level"] == level]
        blank = [c for c in columns if any(not row.get(c) for row in own)]
        yield from (f"{c} is blank in rows of level {level}" for c in blank)


def geog_overcompleted_cols(sent: Sent) -> Iterator[str]:
    """A row names no place of a level other than its own and those that hold it."""
    holders = {"National": (), "Regional": ("Regional",)}
    for level in sorted(sent.values("geographic_level") & LEVELS.keys()):
        own = [row for row in sent.rows if row["geographic_level"] == level]
        mine = {"National", level, *holders.get(level, ("Regional", "Local authority"))}
        other = [
            c for name, columns in LEVELS.items() if name not in mine for c in columns if c in sent.header
        ]
        yield from (f"{c} is filled in rows of level {level}" for c in other if any(row[c] for row in own))


def geog_region_for(sent: Sent) -> Iterator[str]:
    own = [row for row in sent.rows if row["geographic_level"] == "Local authority"]
    lacking = sum(not (row.get("region_code") and row.get("region_name")) for row in own)
    if lacking:
        yield f"{lacking} rows of authorities name no region"


def geog_combos(sent: Sent) -> Iterator[str]:
    for level, columns in WRITTEN.items():
        found = {tuple(row.get(c) or "" for c in columns) for row in sent.rows}
        known = known_places()[level]
        wrong = {f for f in found if any(f) and f not in known and NO_PLACE[0] not in f}
        yield from (f"{' / '.join(f)} are no codes and name that belong together" for f in sorted(wrong))


def geog_na(sent: Sent) -> Iterator[str]:
    code, name = NO_PLACE
    for columns in LEVELS.values():
        codes, named = [c for c in columns[:-1] if c in sent.header], columns[-1]
        for row in sent.rows:
            if named in sent.header and (row[named] == name) != (code in [row[c] for c in codes]):
                yield f"a place that is not known has the code {code} and the name {name}: see {named}"
                break


def geog_other_dupes(sent: Sent) -> Iterator[str]:
    for columns in LEVELS.values():
        if all(c in sent.header for c in columns) and len(columns) > 1:
            names = defaultdict(set)
            for row in sent.rows:
                names[row[columns[0]]].add(row[columns[-1]])
            yield from (f"{code} has several names" for code in sorted(names) if len(names[code]) > 1)


CHECKS: dict[str, Check] = {
    "precheck_geog_level_present": geog_level_present,
    "precheck_geog_level": geog_level,
    "precheck_time_id_valid": time_id_valid,
    "precheck_time_id_mix": time_id_mix,
    "precheck_time_period_num": time_period_num,
    "check_time_period": time_period,
    "check_time_period_six": time_period_six,
    "check_geog_col_present": geog_col_present,
    "check_geog_level_completed": geog_level_completed,
    "check_geog_overcompleted_cols": geog_overcompleted_cols,
    "check_geog_region_for": geog_region_for,
    "check_geog_combos": geog_combos,
    "check_geog_na": geog_na,
    "check_geog_other_dupes": geog_other_dupes,
}
