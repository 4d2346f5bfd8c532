"""The storm's results: at the end of a stage mostly in time, now and then under another's UPN or told twice.

What is drawn here comes from a chance of its own for each child, so that nothing else of the storm depends on it.
"""

from __future__ import annotations

import re
from random import Random

from tests.second.draws import YEARS, Draws

MEASURES = {"KS2": ("rwm_expected",), "KS4": ("attainment_8", "english_maths_grade_5", "progress_8")}
SCORES = ["0", "0.5", "17.25", "33", "45.75", "90", "91", "-1", ""]
REACHED = ["0", "0", "1", "1", "1", "2", ""]


def upn_of(number: str, told_by: str, missing: float = 0.08) -> str:
    """The UPN under which a child is told of: its own, none, or now and then that of another child."""
    chance, name = Random(f"upn {number} {told_by}"), re.sub(r"\d", "", number)
    if chance.random() < missing:
        return ""
    return f"of {_another(name, chance) if chance.random() < 0.04 else name}"


def former_upn_of(number: str, told_by: str) -> str:
    """A UPN that the child had before, for a few."""
    chance, name = Random(f"former {number} {told_by}"), re.sub(r"\d", "", number)
    return f"of {_another(name, chance)}" if chance.random() < 0.05 else ""


def _another(name: str, chance: Random) -> str:
    return name[:-1] + chance.choice("abcdefghij")


class Learnt:
    """A child's results, told by the authority of its school."""

    def __init__(self, storm: Draws, la: str, name: str, age_in: dict[int, int]) -> None:
        self.storm, self.la, self.name, self.age_in = storm, la, name, age_in
        self.random = Random(f"results {name}")

    def draw(self) -> None:
        for year in YEARS:
            stage = {10: "KS2", 15: "KS4"}.get(self.age_in[year])
            if self.random.random() < 0.03:
                stage = self.random.choice(["KS2", "KS4"])
            if stage and self.random.random() < 0.92:
                self._tell(year, stage, self.la)
                if self.random.random() < 0.15:
                    self._tell(year, stage, self.random.choice(self.storm.las))

    def _tell(self, year: int, stage: str, la: str) -> None:
        """An authority may have sent no results, or none of one stage; a file now and then holds the year before."""
        if (la, year) in self._silent() or (la, year, stage) in self._silent():
            return
        told = year - 1 if self.random.random() < 0.04 else year
        row = {"year": str(year), "la": la, "academic_year": f"{told - 1}/{told % 100}", "key_stage": stage}
        row |= {"upn": upn_of(self.name, f"results {year}", missing=0.03)}
        for measure in MEASURES[stage]:
            if self.random.random() < 0.95:
                value = self.random.choice(REACHED if measure != "attainment_8" else SCORES)
                self.storm.rows["attainment_results"].append(row | {"measure": measure, "value": value})

    def _silent(self) -> set[tuple[object, ...]]:
        first, second, third = (Random(f"silent {n}").choice(self.storm.las) for n in range(3))
        return {(first, 2024), (second, 2025), (third, 2025, "KS2"), (second, 2023, "KS4")}
