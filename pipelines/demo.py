"""The demo: a small synthetic England through everything, and where to look afterwards."""

from __future__ import annotations

import time

from assets import keys
from assets.store import Store
from pipelines import night
from pipelines.words import number, say
from schemas.failures import WrongUse

YEARS = (2023, 2024, 2025)
FULL_SIZE = ("857", "808", "341")
"""Rutland, Stockton-on-Tees and Liverpool: a small, a middle and a large authority with all their children,
so that their reports are worth reading. They are left out of England, in which they would outweigh all."""
QUESTION = "how many children in need were persistently absent"


def demo(store: Store, *, scale: float, seed: int) -> int:
    """Make the country unless it is there, run the night on it, publish it, and say what to open."""
    began = time.monotonic()
    _make_country(store, scale, seed)
    keys.ensure()
    outcome = night.run(store)
    public = _publish(store, outcome.release)
    _say_where_to_look(store, outcome, public, time.monotonic() - began)
    return 0


def _make_country(store: Store, scale: float, seed: int) -> None:
    if store.is_synthetic:
        return
    if store.landing.exists() and any(store.landing.iterdir()):
        raise WrongUse(
            f"{store.landing} holds files that the demo did not make; expected an empty home or one made by "
            "the demo: choose another with --home"
        )
    import synthetic

    say(
        f"making a synthetic England at {scale:g} of its size, {YEARS[0]} to {YEARS[-1]}, three authorities whole ..."
    )
    synthetic.make_country(
        store.home, scale=scale, years=YEARS, seed=seed, full_size=FULL_SIZE, also=[synthetic.RESULTS]
    )


def _publish(store: Store, release: str) -> object:
    from assets import publish

    public = store.release(release) / "public"
    if not public.exists():
        publish.publish(store, release)
    return public


def _say_where_to_look(store: Store, outcome: night.Outcome, public: object, seconds: float) -> None:
    restricted = store.current / "restricted"
    absent, pupils, percent = answer(store)
    say(
        "",
        f"Release {outcome.release} ({'new' if outcome.is_new else 'nothing had changed'}), {seconds:.0f} s.",
        "",
        f"  the published page      {public}/pages/index.html",
        f"  an authority's report   {restricted}/quality/{FULL_SIZE[1]}/index.html",
        f"  the national board      {restricted}/quality/index.html",
        f"  the marts (DuckDB)      {restricted}/marts.duckdb",
        "  Dagster's pages         make ui",
        "",
        f"{QUESTION.capitalize()}? In this synthetic England, {YEARS[-1] - 1}/{YEARS[-1] % 100}: "
        f"{number(absent)} of {number(pupils)} ({percent:.1f} per cent).",
        "Everything here is made up: no real child is in it.",
    )


def answer(store: Store) -> tuple[int, int, float]:
    """Persistently absent children in need, of how many, and the percentage: latest year, England."""
    from schemas.duck import connect

    with connect(store.current / "restricted" / "marts.duckdb", read_only=True) as con:
        row = con.execute(
            "select numerator, denominator, value from outcomes.indicator "
            "where indicator_id = 'absence_persistent_cino' and geographic_level = 'National' "
            "and category = 'Total' and year = ?",
            [YEARS[-1]],
        ).fetchall()
    return row[0] if row else (0, 0, 0.0)
