"""How near the synthetic England comes to the published one, for England and over its authorities.

    .venv/bin/python benchmarks/published.py --scale 0.1
    .venv/bin/python benchmarks/published.py --truth ./store        # a country that was made already
    .venv/bin/python benchmarks/published.py --scale 0.1 --calibrate

Without `--truth` the lives are made, and nothing is written to disk; absence can be compared only where the
schools were made too. Figures of England are scaled up by the share of its children that were made. `r` is
Pearson's correlation over authorities, weighted by the size of what the rate is of. Printed as Markdown.
`--calibrate` prints the corrections in `synthetic/rates.toml` that would bring the mean difference to nought.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from schemas.published import totals
from synthetic import truth
from synthetic.blocks import MOST_CHILDREN, Start, blocks
from synthetic.country import make_lives
from synthetic.places import Places, read_places
from synthetic.rates import Rates, level

YEARS = (2022, 2023, 2024, 2025)
ENROLMENTS = {
    "person": pl.Int64, "age": pl.Int64, "is_late": pl.Boolean, "possible": pl.Int64, "absent": pl.Int64,
    "possible_2": pl.Int64, "absent_2": pl.Int64,
}  # fmt: skip
# Indicator: what the truth calls its numerator and denominator; a rate is of the children of the place.
OF_CHILDREN = {
    "cla_rate": "looked_after_at_31_march",
    "cla_start_rate": "care_starts_in_year",
    "cla_cease_rate": "care_exits_in_year",
    "cla_rate_uasc": "looked_after_at_31_march_alone",
    "cla_start_rate_uasc": "care_starts_in_year_alone",
    "cin_rate": "episodes_in_need_at_31_march",
    "referral_rate": "referrals_in_year",
    "cpp_rate": "protection_plans_at_31_march",
    "cpp_start_rate": "plans_begun_in_year",
    **{f"factor_{code}": f"cases_with_factor_{code}" for code in (
        "3a", "3b", "3c", "10a", "11a", "12a", "13a", "16a", "17a", "18b", "18c", "19b", "19c", "23a", "24a"
    )},
}  # fmt: skip
SHARES = {
    "rereferral": ("repeat_referrals_in_year", "referrals_in_year"),
    "cpp_repeat": ("second_plans_begun_in_year", "plans_begun_in_year"),
    "cpp_2years": ("plans_of_two_years_at_31_march", "protection_plans_at_31_march"),
    "ceased_sgo": ("care_exits_to_guardians", "care_exits_in_year"),
    "ceased_cao": ("care_exits_by_order", "care_exits_in_year"),
    "place_foster": ("in_foster_care", "looked_after_at_31_march"),
    "place_homes": ("in_childrens_homes", "looked_after_at_31_march"),
    "place_indep": ("in_supported_accommodation", "looked_after_at_31_march"),
    "placements_3plus": ("three_or_more_placements", "looked_after_at_31_march"),
    "sdq_avg": ("sum_of_scores", "children_with_score"),
    **{f"cl_eet_{age}": (f"care_leavers_in_education_or_work_{age}", f"care_leavers_{age}")
       for age in ("17_18", "19_21")},
    **{f"cl_accom_{age}": (f"care_leavers_suitably_housed_{age}", f"care_leavers_with_known_suitability_{age}")
       for age in ("17_18", "19_21")},
}  # fmt: skip
ABSENCE = {
    "overall": ("sessions_absent", "sessions_possible"),
    "persistent": ("persistent_absentees", "pupils"),
    "severe": ("severe_absentees", "pupils"),
}


@dataclass(frozen=True)
class Made:
    """What was counted of the lives, and how many children each authority has."""

    outcomes: pl.DataFrame
    places: Places

    def children(self, year: int) -> pl.DataFrame:
        """la_code, made: children of each authority of the year at the scale at which it was made."""
        rows = pl.DataFrame({"la_code": self.places.codes(year), "made": self.places.children,
                             "living": self.places.frame["population_0_17"]})  # fmt: skip
        return rows.group_by("la_code").agg(pl.col("made", "living").sum())

    def counts(self, year: int, measure: str, group: str = "") -> pl.DataFrame:
        """la_code, value."""
        named = (pl.col("year") == year) & (pl.col("measure") == measure) & (pl.col("group") == group)
        return self.outcomes.filter(named).group_by("la_code").agg(pl.col("value").sum())


def made_now(scale: float, seed: int) -> Made:
    """The lives of all authorities, counted as the truth counts them."""
    places, start, parts = read_places(scale, None), Start(), []
    for block in blocks(places, MOST_CHILDREN):
        country = make_lives(block, start, YEARS, scale, seed, Rates(0))
        parts += [truth.counted(country, year, pl.DataFrame(schema=ENROLMENTS)) for year in YEARS]
        start = country.next
    return Made(pl.concat(parts), places)


def made_before(home: Path) -> Made:
    """A country on disk: `truth/outcomes.parquet` and the marker that says how it was made."""
    marker = json.loads((home / "synthetic.json").read_text(encoding="utf-8"))
    places = read_places(marker["scale"], marker["authorities"], marker.get("full_size", ()))
    outcomes = pl.read_parquet(home / "truth" / "outcomes.parquet")
    return Made(outcomes.filter(pl.col("geographic_level") == "Local authority"), places)


def compared(made: Made, year: int) -> pl.DataFrame:
    """indicator, ours, published, difference in per cent, r, authorities: one row per indicator."""
    rows = [_rate(made, year, name, measure) for name, measure in OF_CHILDREN.items()]
    rows += [_share(made, year, name, *measures) for name, measures in SHARES.items()]
    if "pupils" in made.outcomes["measure"]:
        for kind, measures in ABSENCE.items():
            rows += [_share(made, year, f"absence_{kind}_{group.lower()}", *measures, group)
                     for group in ("CINO", "CPPO", "CLA12")]  # fmt: skip
    return pl.DataFrame([row for row in rows if row])


def _rate(made: Made, year: int, indicator: str, measure: str) -> dict[str, object]:
    """Counts: England as if all its children had been made."""
    ours = made.children(year).join(made.counts(year, measure), on="la_code", how="left")
    ours = ours.select("la_code", pl.col("value").fill_null(0).alias("n"), pl.col("made").alias("d"))
    england = _total(ours, "n") * level("children") / _total(ours, "d")
    return _row(indicator, year, ours, england, of_children=True)


def _share(
    made: Made, year: int, indicator: str, top: str, bottom: str, group: str = ""
) -> dict[str, object]:
    ours = made.counts(year, bottom, group).rename({"value": "d"})
    ours = ours.join(made.counts(year, top, group).rename({"value": "n"}), on="la_code", how="left")
    ours = ours.with_columns(pl.col("n").fill_null(0))
    england = 100 * _total(ours, "n") / _total(ours, "d")
    return _row(indicator, year, ours, england / 100 if indicator == "sdq_avg" else england)


def _total(rows: pl.DataFrame, column: str) -> float:
    return float(rows[column].to_numpy().sum())


def _row(
    indicator: str, year: int, ours: pl.DataFrame, england: float, *, of_children: bool = False
) -> dict[str, object]:
    national, authorities = (
        totals(name).filter(pl.col("indicator_id") == indicator, pl.col("year") == year)
        for name in ("National", "Local authority")
    )
    if national.is_empty():
        return {}
    one = national.row(0, named=True)
    unit = 1 if indicator == "sdq_avg" else 100
    published = one["value"] if one["numerator"] is None else unit * one["numerator"] / one["denominator"]
    published = float(one["numerator"] if of_children else published)
    r, count = _correlation(ours, authorities)
    difference = 100 * (england / published - 1) if published else float("nan")
    return {"indicator": indicator, "ours": england, "published": published, "difference": difference,
            "r": r, "authorities": count}  # fmt: skip


def _correlation(ours: pl.DataFrame, published: pl.DataFrame) -> tuple[float, int]:
    """Weighted by our denominators, over authorities whose figure is published."""
    rate = pl.coalesce(pl.col("numerator") / pl.col("denominator"), "value")
    shown = published.filter(pl.col("symbol") == "").select("la_code", rate.alias("theirs"))
    both = ours.filter(pl.col("d") > 0).join(shown, on="la_code").drop_nulls()
    if len(both) < 3:
        return float("nan"), len(both)
    weight = both["d"].to_numpy()
    matrix = np.cov((both["n"] / both["d"]).to_numpy(), both["theirs"].to_numpy(), aweights=weight)
    return float(matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1])), len(both)


def markdown(rows: pl.DataFrame, year: int) -> str:
    """A table of the year, to read and to keep."""
    lines = [f"## {year}", "", "| indicator | published | ours | difference | r | authorities |",
             "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    for row in rows.iter_rows(named=True):
        digits = 0 if row["published"] > 1000 else 2
        r = "" if np.isnan(row["r"]) else f"{row['r']:.3f}"
        lines.append(
            f"| `{row['indicator']}` | {row['published']:,.{digits}f} | {row['ours']:,.{digits}f} "
            f"| {row['difference']:+.1f}% | {r} | {row['authorities']} |"
        )
    return "\n".join([*lines, ""])


def corrections(rows: pl.DataFrame) -> str:
    """The corrections of `rates.toml` times what is still amiss, over all years."""
    mean = dict(rows.group_by("indicator").agg(pl.col("difference").mean() / 100).iter_rows())
    lines = []
    for name, indicator in (("referred_again", "rereferral"), ("three_placements", "placements_3plus")):
        lines.append(f"{name} = {level(name) / (1 + mean[indicator]):.3f}")
    for name, indicator in (
        ("brought_from_another_authority", "referral_rate"),
        ("plan_brought_from_another_authority", "cpp_start_rate"),
    ):
        lines.append(f"{name} = {1 - (1 - level(name)) / (1 + mean[indicator]):.4f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, help="a home that `outcomes synth` made")
    parser.add_argument("--scale", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--calibrate", action="store_true")
    asked = parser.parse_args()
    made = made_before(asked.truth) if asked.truth else made_now(asked.scale, asked.seed)
    years = [year for year in YEARS if year in made.outcomes["year"]]
    tables = {year: compared(made, year) for year in years}
    print("\n".join(markdown(rows, year) for year, rows in tables.items()))
    if asked.calibrate:
        print(corrections(pl.concat(tables.values())))


if __name__ == "__main__":
    main()
