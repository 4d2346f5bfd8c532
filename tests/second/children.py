"""Who a child is said to be: birth, sex and ethnic group, as each year's return of an authority says it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from tests.second.counting import GROUPS
from tests.second.days import age_on, band, believed
from tests.second.tables import Returns, Row

WHITE, MIXED, ASIAN, BLACK, OTHER, UNKNOWN = GROUPS
GROUP_OF = {
    **dict.fromkeys(("WBRI", "WIRI", "WIRT", "WOTH", "WROM"), WHITE),
    **dict.fromkeys(("MWBC", "MWBA", "MWAS", "MOTH"), MIXED),
    **dict.fromkeys(("AIND", "APKN", "ABAN", "AOTH", "CHNE"), ASIAN),
    **dict.fromkeys(("BCRB", "BAFR", "BOTH"), BLACK),
    "OOTH": OTHER,
}
SEX_OF = {"M": "Male", "F": "Female", "1": "Male", "2": "Female"}


@dataclass(frozen=True)
class Child:
    """A child as one return says it."""

    born: date | None
    sex: str
    group: str
    disability: str = "Not said"


def traits(child: Child | None, day: date | None, *, unborn: bool) -> dict[str, str]:
    """The categories of a child on a day; of a child that the return does not introduce, all unknown."""
    known = child or Child(None, "Unknown", UNKNOWN)
    age = band(age_on(known.born, day) if day else None, unborn=unborn)
    return {"Sex": known.sex, "Age": age, "Ethnicity": known.group}


def cin_children(returns: Returns) -> dict[tuple[int, str, str], Child]:
    """By year, authority and number; told twice in one return, the first counts."""
    ethnic = _first(returns.table("cin_child_characteristics"), "lachildid")
    codes: dict[tuple[int, str, str], set[str]] = {}
    for row in returns.table("cin_disabilities"):
        if row["disability"]:
            codes.setdefault(_key(row, "lachildid"), set()).add(row["disability"])
    found = _first(returns.table("cin_child_identifiers"), "lachildid")
    return {
        key: Child(
            believed(row["personbirthdate"] or row["expectedpersonbirthdate"], key[0]),
            SEX_OF.get(row["sex"] or row["gendercurrent"], "Unknown"),
            GROUP_OF.get(ethnic.get(key, {}).get("ethnicity") or "", UNKNOWN),
            _disability(codes.get(key, set())),
        )
        for key, row in found.items()
    }


def _disability(codes: set[str]) -> str:
    if not codes:
        return "Not said"
    return "Not disabled" if codes == {"NONE"} else "Disabled"


def care_children(returns: Returns) -> dict[tuple[int, str, str], Child]:
    """By year, authority and number, from the header; a birth that it does not tell stands in other tables."""
    header = _first(returns.table("ssda903_header"), "child")
    told: dict[tuple[int, str, str], Counter[date]] = {}
    for name in ("uasc", "oc2", "oc3", "ad1", "missing", "sw_episodes", "episodes"):
        for row in returns.table(f"ssda903_{name}"):
            told.setdefault(_key(row, "child"), Counter()).update([row["dob"]] if row.get("dob") else [])
    return {
        key: _of_header(
            key[0], header.get(key, {}), max(born, key=lambda day: (born[day], day), default=None)
        )
        for key, born in {**{key: Counter() for key in header}, **told}.items()
    }


def _of_header(year: int, row: Row, elsewhere: date | None) -> Child:
    group = GROUP_OF.get(row.get("ethnic") or "", UNKNOWN)
    return Child(
        believed(row.get("dob") or elsewhere, year), SEX_OF.get(row.get("sex") or "", "Unknown"), group
    )


def _key(row: Row, child: str) -> tuple[int, str, str]:
    return row["year"], row["la"], row[child]


def _first(rows: list[Row], child: str) -> dict[tuple[int, str, str], Row]:
    found: dict[tuple[int, str, str], Row] = {}
    for row in rows:
        found.setdefault(_key(row, child), row)
    return found
