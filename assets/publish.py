"""Publishing: on purpose, once per release, England and its regions in round numbers.

From a restricted release come the files of the department's publishing service, a small database of the
same figures, and a page that can be printed. Everything is written beside its place and shown whole; the
same release gives the same bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl
from jinja2 import Environment, StrictUndefined

from assets import disclosure, ees, marts
from assets.cohorts import FOLDER as COHORTS
from assets.release import hash_files, read_manifest, write_manifest
from assets.store import Store
from schemas.duck import connect, new_file
from schemas.failures import Refused
from schemas.indicators import Indicator, indicators
from schemas.marts import MARTS

PAGE = Path(__file__).parent / "published_page.html"
PUBLISHED = ("outcomes.indicator", *(name for name in MARTS if name.startswith("reference.")))
SYMBOLS = {
    "c": "hidden, because it rests on few children",
    "x": "not available: returns that it needs are missing",
    "z": "not applicable",
    "low": "more than nought, but rounds to nought",
}

screen = ees.screen


def publish(store: Store, release_id: str) -> Path:
    """Publish a release; returns the folder. What was published before stands as it is.

    Refused when a file would not pass the department's screening.
    """
    manifest, folder = read_manifest(store, release_id), store.release(release_id)
    public = folder / "public"
    if (public / "manifest.json").exists():
        return public
    building = folder / ".public.building"
    shutil.rmtree(building, ignore_errors=True)
    figures, populations, coverage, regions = read_figures(folder / "restricted" / "marts.duckdb")
    published = disclosure.control(figures, populations)
    write_files(published, regions, building / "ees")
    write_database(store, published, building / "published.duckdb")
    write_page(building / "pages", published, coverage, regions, release_id, is_made_up=store.is_synthetic)
    write_manifest(building, _manifest(manifest, building))
    shutil.rmtree(public, ignore_errors=True)
    os.replace(building, public)
    return public


def _manifest(restricted: Mapping[str, object], building: Path) -> dict[str, object]:
    kept = ("release", "code_version", "indicator_registry")
    told: dict[str, object] = {name: restricted[name] for name in kept}
    return {**told, "policy": disclosure.POLICY, "files": hash_files(building)}


def read_figures(path: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """The figures in total, the populations, the coverage of England and the regions, the regions' names."""
    above = "where geographic_level in ('National', 'Regional')"
    with connect(path, read_only=True) as con:
        figures = con.sql("from outcomes.indicator where breakdown = 'Total'").pl()
        populations = con.sql("select year, la_code, population from reference.populations").pl()
        coverage = con.sql(f"from outcomes.coverage {above}").pl()
        regions = dict(
            con.execute("select region_code, region_name from reference.regions order by 1").fetchall()
        )
    return figures, populations, coverage, regions


def write_files(published: pl.DataFrame, regions: dict[str, str], folder: Path) -> None:
    """The files of the publishing service, each screened; Refused with what is wrong."""
    folder.mkdir(parents=True, mode=0o700)
    for dataset in ees.datasets():
        for path in ees.write(dataset, published, regions, folder):
            if complaints := ees.screen(path):
                raise Refused(
                    f"{path.name} would not pass the department's screening: {'; '.join(complaints)}"
                )


def write_database(store: Store, published: pl.DataFrame, path: Path) -> None:
    """`published.duckdb`: the published figures and the reference tables, and nothing else."""
    with new_file(path, scratch=store.tmp) as con:
        con.execute("use memory")
        con.execute((COHORTS / "words.sql").read_text(encoding="utf-8"))
        load_published(con, published)
        for name in PUBLISHED:
            con.execute(f"create schema if not exists built.{name.split('.')[0]}")
            marts.write_mart(con, "built", name, marts.source_of(name))


def load_published(con: duckdb.DuckDBPyConnection, published: pl.DataFrame) -> None:
    """Make `measured.indicator` and the registry on a connection of its own."""
    from schemas.authorities import load_reference

    load_reference(con)
    marts.load_registry(con)
    con.execute("create schema measured")
    con.register("published_frame", published)
    con.execute("create table measured.indicator as from published_frame")
    con.unregister("published_frame")


def write_page(
    folder: Path,
    published: pl.DataFrame,
    coverage: pl.DataFrame,
    regions: dict[str, str],
    release_id: str,
    *,
    is_made_up: bool,
) -> None:
    """One page that needs nothing from anywhere: a table per indicator, England and the regions by year."""
    folder.mkdir(parents=True, mode=0o700)
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    sections = [_section(i, published, regions) for i in indicators().values()]
    missing = coverage.filter(pl.col("geographic_level") == "National").sort("return_name", "year")
    text = page.from_string(PAGE.read_text(encoding="utf-8")).render(
        sections=[s for s in sections if s["rows"]], coverage=missing.to_dicts(), symbols=SYMBOLS,
        release=release_id, is_made_up=is_made_up, fewest=disclosure.FEWEST, round_to=disclosure.ROUND_TO,
        most=round(100 * disclosure.MOST_OF_A_PLACE),
    )  # fmt: skip
    (folder / "index.html").write_text(text, encoding="utf-8", newline="")


def _section(indicator: Indicator, published: pl.DataFrame, regions: dict[str, str]) -> dict[str, object]:
    own = published.filter(pl.col("indicator_id") == indicator.indicator_id)
    years = sorted(own["year"].unique(), reverse=True)
    shown = {(r["region_code"], r["year"]): r for r in own.iter_rows(named=True)}
    measure = list(ees.measures_of(indicator))[-1]
    places: list[tuple[str | None, str]] = [(None, "England"), *regions.items()]
    cells = {
        name: [ees.cell(measure, shown[(code, year)]) if (code, year) in shown else "x" for year in years]
        for code, name in places
    }
    heads = [_period(shown.get((None, year)), year) for year in years]
    newest = shown.get((None, years[0])) if years else None
    return {"indicator": indicator, "heads": heads, "rows": cells if years else {}, "newest": newest}


def _period(figure: Mapping[str, object] | None, year: int) -> str:
    """`2025`, or `2024/25, autumn term`."""
    identifier = str(figure["time_identifier"]) if figure else "Reporting year"
    if identifier == "Reporting year":
        return str(year)
    term = "" if identifier == "Academic year" else f", {identifier.lower()}"
    return f"{year - 1}/{year % 100:02d}{term}"
