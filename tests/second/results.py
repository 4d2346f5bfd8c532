"""What pupils had reached at the end of primary school and of compulsory school, as results under a UPN tell it.

Schools give UPNs out: a result is that of the pupil whose school record bears its UPN; where no school record does,
of the child of whom social care says so; then of whoever bore it formerly. What two persons claim alike is nobody's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from tests.second.tables import Returns, Row

AGE_AT = {"KS2": 10, "KS4": 15}
"""The age on 31 August at which a pupil comes into the last year of the stage."""
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
SCHOOL, SOCIAL_CARE, FORMERLY = 1, 2, 3
Reached = dict[str, int]
"""What counts of a measure: for a standard 1 or 0, for a score hundredths of a point."""
Claim = tuple[int, str]
"""How strong it is (the lower the stronger), and whose."""


class Results:
    """All results that are held, and whose they are."""

    def __init__(self, returns: Returns) -> None:
        self.returns = returns

    @cached_property
    def rows(self) -> list[tuple[int | None, Row]]:
        """Each with the school year that it names."""
        return [(_school_year(row["academic_year"]), row) for row in self.returns.table("attainment_results")]

    def sent(self, stage: str, year: int) -> set[str]:
        """Authorities whose own results of a stage are held."""
        return {row["la"] for told, row in self.rows if told == year and row["key_stage"] == stage}

    @cached_property
    def owners(self) -> dict[str, str]:
        """The person to whom a UPN belongs; a UPN of which that cannot be told is left out."""
        claims: dict[str, set[Claim]] = defaultdict(set)
        for upn, claim in self._claims():
            claims[upn].add(claim)
        best = {upn: min(turn for turn, _ in told) for upn, told in claims.items()}
        persons = {upn: {who for turn, who in told if turn == best[upn]} for upn, told in claims.items()}
        return {upn: min(told) for upn, told in persons.items() if len(told) == 1}

    def _claims(self) -> Iterator[tuple[str, Claim]]:
        for turn, source, key, row in self._records():
            who = self.returns.who(source, row["submission"], key)
            own, former = row.get("upn"), row.get("formerupn")
            yield from [((own or "").upper(), (turn, who))] if own else []
            yield from [((former or "").upper(), (FORMERLY, who))] if former else []

    def _records(self) -> Iterator[tuple[int, str, str, Row]]:
        """The first row of every child in a submission: how strong its claim is, of which return, under which key."""
        for turn, source, table, number, prefix in (
            (SOCIAL_CARE, "cin", "cin_child_identifiers", "lachildid", ""),
            (SOCIAL_CARE, "ssda903", "ssda903_header", "child", ""),
            (SCHOOL, "school_census", "school_census_pupilonroll", "pupilonrolltableid", "on:"),
            (SCHOOL, "school_census", "school_census_pupilnolongeronroll", "pupilnolongeronrolltableid", "off:"),
        ):  # fmt: skip
            seen = set()
            for row in self.returns.table(table):
                key = row["submission"], row[number]
                if row[number] is not None and key not in seen:
                    seen.add(key)
                    yield turn, source, f"{prefix}{row[number]}", row

    @cached_property
    def of(self) -> dict[tuple[str, int | None, str], Reached]:
        """By person, school year and stage: what was reached, of several that are told the best."""
        found: dict[tuple[str, int | None, str], Reached] = {}
        for year, row in self.rows:
            upn = re.sub(r"[^A-Z0-9]", "", (row["upn"] or "").upper())
            owner = self.owners.get(upn) if _is_upn(upn) else None
            if owner is not None:
                reached = found.setdefault((owner, year, row["key_stage"]), {})
                for measure, value in _counted(row["measure"], row["value"]):
                    reached[measure] = max(value, reached.get(measure, value))
        return found

    def reached(self, person: str, year: int, stage: str) -> Reached | None:
        """None of a pupil who has no results of the stage in the year."""
        return self.of.get((person, year, stage))


def _counted(measure: str | None, value: float | None) -> Iterator[tuple[str, int]]:
    """A standard is reached or not, a score is from 0 to 90; anything else says nothing."""
    if measure == "rwm_expected" and value in (0, 1):
        yield measure, int(value or 0)
    if measure == "attainment_8" and value is not None and 0 <= value <= 90:
        yield measure, round(100 * value)


def _school_year(told: str | None) -> int | None:
    """The year in which a school year as 2024/25 ends."""
    found = re.fullmatch(r"(20\d\d)/(\d\d)", told or "")
    return int(found[1]) + 1 if found and (int(found[1]) + 1) % 100 == int(found[2]) else None


def _is_upn(upn: str) -> bool:
    """A check letter, eleven digits, and a digit or, of a temporary one, a letter."""
    if not re.fullmatch(rf"[{LETTERS}]\d{{11}}[\d{LETTERS}]", upn):
        return False
    worth = [int(sign) if sign.isdigit() else LETTERS.index(sign) for sign in upn[1:]]
    return LETTERS[sum(place * n for place, n in enumerate(worth, 2)) % 23] == upn[0]
