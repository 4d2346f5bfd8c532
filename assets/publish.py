"""Publishing: on purpose, once per release, England and its regions in round numbers.

From a restricted release come the files of the department's publishing service, a small database of the
same figures, and pages that can be read and printed. Single authorities and groups of children are in the
database and on the pages only when every child of the release was made up. Everything is written beside its
place and shown whole; the same release gives the same bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets import disclosure, ees, made_up, marts, pages
from assets.cohorts import FOLDER as COHORTS
from assets.in_full import in_full
from assets.pages.material import MadeUp
from assets.release import hash_files, read_manifest, write_manifest
from assets.store import Store
from schemas.duck import connect, new_file
from schemas.failures import Refused
from schemas.marts import MARTS

PUBLISHED = ("outcomes.indicator", *(name for name in MARTS if name.startswith("reference.")))
LEVELS = ("National", "Regional")
"""What may be published of real children, in total only."""

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
    how = how_made_up(store, manifest)
    published = disclosure.control(figures, populations)
    shown = pl.concat([published, in_full(figures)]) if how == "wholly" else published
    refuse_more_than_may_be_shown(shown, how)
    write_files(published, regions, building / "ees")
    write_database(store, shown, building / "published.duckdb")
    pages.write_pages(building / "pages", _material(store, shown, coverage, regions, release_id, how))
    write_manifest(building, _manifest(manifest, building, how))
    shutil.rmtree(public, ignore_errors=True)
    os.replace(building, public)
    return public


def how_made_up(store: Store, manifest: Mapping[str, Any]) -> MadeUp:
    """Whether every submission behind a release was written by the maker of the synthetic country."""
    if not store.is_synthetic:
        return "no"
    return "partly" if made_up.submissions_not_made_up(store, manifest["inputs"]) else "wholly"


def refuse_more_than_may_be_shown(shown: pl.DataFrame, how: MadeUp) -> None:
    """Refused when a figure of a single authority or a group of children would leave a real release."""
    allowed = pl.col("geographic_level").is_in(LEVELS) & (pl.col("breakdown") == "Total")
    more = shown.filter(~allowed).height
    if more and how != "wholly":
        raise Refused(
            f"expected figures of England and its regions in total, came {more} of authorities or groups as "
            "well; only a release of nothing but made-up returns may show those. Nothing was published"
        )


def _material(
    store: Store,
    shown: pl.DataFrame,
    coverage: pl.DataFrame,
    regions: Mapping[str, str],
    release_id: str,
    how: MadeUp,
) -> pages.Material:
    scale = float(made_up.marker(store).get("scale", 1))
    apart = made_up.full_size(store)
    return pages.Material(shown, coverage, regions, release_id, how, scale, apart)


def _manifest(restricted: Mapping[str, object], building: Path, how: MadeUp) -> dict[str, object]:
    kept = ("release", "code_version", "indicator_registry")
    told: dict[str, object] = {name: restricted[name] for name in kept}
    return {**told, "made_up": how, "policy": disclosure.POLICY, "files": hash_files(building)}


def read_figures(path: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """The figures in total and England's groups, the populations, the coverage above authorities, the regions."""
    above, england = "where geographic_level in ('National', 'Regional')", "geographic_level = 'National'"
    with connect(path, read_only=True) as con:
        figures = con.sql(f"from outcomes.indicator where breakdown = 'Total' or {england}").pl()
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
