"""A funnel: how far authorities lie from England, and how far chance alone would take a place with so few children.

A small authority stands at the end of a ranking because it is small. Here each stands over the number behind its
figure, between limits within which chance alone stays in 95 of 100 and in 998 of 1,000. The definition is that of
`outcomes.funnel` in the marts (limits of a share of so many; over-dispersion after Spiegelhalter, 2005, the tenth at
either end drawn in), worked out from published figures only: the middle is England's published figure, which unlike
the sum of the authorities that are shown does not lean where small numbers are hidden. Shares of children, cases or
plans have such limits; rates and averages have none and are ranked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from assets.pages import charts
from assets.pages.material import Row
from assets.pages.sheet import ENGLAND, Sheet

LEAST = 10
"""Fewer authorities do not tell how much wider than by chance they lie."""
LIMITS = {"95": 1.959964, "99.8": 3.090232}
"""Of the per cent that chance keeps within them: standard errors."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Funnel:
    """The authorities of a year, and the share of England, from nought to one."""

    codes: tuple[str, ...]
    denominators: Numbers
    shares: Numbers
    england: float

    @cached_property
    def z(self) -> Numbers:
        """Distances from England in standard errors of a share of so many."""
        return (self.shares - self.england) / self.error(self.denominators)

    @cached_property
    def overdispersion(self) -> float:
        """The mean of the squared distances, the tenth at either end drawn in; at least that of chance alone."""
        low, high = np.quantile(self.z, [0.1, 0.9])
        return max(1.0, float(np.mean(np.clip(self.z, low, high) ** 2)))

    @cached_property
    def adjusted(self) -> Numbers:
        """Distances in units of the wider spread."""
        return self.z / math.sqrt(self.overdispersion)

    def error(self, denominators: Numbers) -> Numbers:
        found: Numbers = np.sqrt(self.england * (1 - self.england) / denominators)
        return found

    @cached_property
    def beyond(self) -> Mapping[str, str]:
        """Of those outside, by code: `above 95`, `below 99.8`."""
        found: dict[str, str] = {}
        for limit, errors in LIMITS.items():
            found |= {
                code: f"{'above' if z > 0 else 'below'} {limit}"
                for code, z in zip(self.codes, self.z, strict=True)
                if abs(z) > errors
            }
        return found


def funnel_of(sheet: Sheet) -> Funnel | None:
    """That of the newest year, where England's share and enough authorities' counts are published."""
    newest = sheet.newest
    if not sheet.indicator.is_share or newest is None or newest["value"] is None:
        return None
    rows = sorted(_authorities(sheet), key=lambda row: str(row["la_code"]))
    england = middle(newest, sheet.decimals)
    if len(rows) < LEAST or not 0 < england < 1:
        return None
    numerators, denominators = (np.array([r[c] for r in rows], float) for c in ("numerator", "denominator"))
    return Funnel(tuple(r["la_code"] for r in rows), denominators, numerators / denominators, england)


def _authorities(sheet: Sheet) -> list[Row]:
    """Those that count in England's figure and whose own is published, with the counts behind it."""
    return [
        row
        for (place, year), row in sheet.totals.items()
        if place[0] == "Local authority" and year == sheet.years[-1] and row["la_code"] not in sheet.material.apart
        and row["value"] is not None and row["numerator"] is not None and row["denominator"]
    ]  # fmt: skip


def middle(england: Row, decimals: int) -> float:
    """England's published share, as finely as its published counts tell it and no further off than it was rounded.

    Half a per cent, by which a whole one may be off, is more than a standard error of a large authority.
    """
    value, half = england["value"], 0.5 / 10**decimals
    if england["numerator"] is None or not england["denominator"]:
        return float(value / 100)
    finer = 100 * england["numerator"] / england["denominator"]
    return float(min(max(finer, value - half), value + half) / 100)


def content(sheet: Sheet, names: Mapping[str, str], shown: Mapping[str, str]) -> dict[str, Any]:
    """The funnel, what it shows in words, and of each authority what it is out of and which limit it lies beyond."""
    funnel = funnel_of(sheet)
    if funnel is None:
        return {"funnel": "", "about_funnel": [], "out_of": {}, "beyond": {}}
    about = _in_words(funnel, names)
    return {
        "funnel": _drawn(sheet, funnel, names, shown, " ".join(about)),
        "about_funnel": about,
        "out_of": dict(zip(funnel.codes, (f"{n:,.0f}" for n in funnel.denominators), strict=True)),
        "beyond": funnel.beyond,
    }


def _in_words(funnel: Funnel, names: Mapping[str, str]) -> list[str]:
    n, wide = len(funnel.codes), funnel.overdispersion
    outside = int(np.sum(np.abs(funnel.z) > LIMITS["95"]))
    said = [
        f"Beyond the limits of 95 per cent {_lie(outside)} of {n} authorities; chance alone would put about "
        f"{0.05 * n:.0f} there.",
        f"Beyond those of 99.8 per cent, where chance would put hardly any, {_far(funnel, funnel.z, names)}",
    ]
    if wide == 1:
        return [*said, "Authorities differ no more than by chance (over-dispersion 1.0)."]
    return [
        *said,
        f"Authorities differ by more than chance for many reasons that are not their doing: the squares of their "
        f"distances from England are {wide:.1f} times what chance makes them (over-dispersion). By that wider "
        f"spread, beyond 99.8 per cent {_far(funnel, funnel.adjusted, names)}",
    ]


def _far(funnel: Funnel, distances: Numbers, names: Mapping[str, str]) -> str:
    """How many lie beyond the outer limits, and who, farthest first: `lie 3. Above: Kent; Essex. Below: York.`"""
    told, count = "", 0
    for side, away in (("Above", distances), ("Below", -distances)):
        far = [funnel.codes[i] for i in np.argsort(-away, kind="stable") if away[i] > LIMITS["99.8"]]
        told += f" {side}: {'; '.join(names[code] for code in far)}." if far else ""
        count += len(far)
    return f"{_lie(count)}.{told}"


def _lie(count: int) -> str:
    return {0: "lies none", 1: "lies 1"}.get(count, f"lie {count}")


def _drawn(
    sheet: Sheet, funnel: Funnel, names: Mapping[str, str], shown: Mapping[str, str], about: str
) -> Markup:
    marks = [
        charts.Mark(n, 100 * share, funnel.beyond.get(code, "").split(" ")[-1], f"{names[code]}: {shown[code]} of {n:,.0f}")
        for code, n, share in zip(funnel.codes, funnel.denominators, funnel.shares, strict=True)
    ]  # fmt: skip
    along = np.geomspace(1, charts.nice_top([m.x for m in marks]), 160)
    curves = {
        limit: [(100 * (funnel.england + sign * errors * funnel.error(along))).tolist() for sign in (-1, 1)]
        for limit, errors in LIMITS.items()
    }
    title = f"{sheet.indicator.title}: authorities and chance, {sheet.heads[-1]}"
    level = (100 * funnel.england, sheet.cells(ENGLAND)[-1])
    return charts.funnel(title, about, marks, level, along.tolist(), curves)
