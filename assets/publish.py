"""Publishing: on purpose, once per release: England, its regions and authorities, as the policies allow.

From a restricted release come the files of the department's publishing service, a small database of the
same figures, and pages that can be read and printed. What was written is then attacked, together with all
that was published before, and shown to nobody when a hidden count can be worked out. Everything is written
beside its place and shown whole; the same release gives the same bytes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets import disclosure, ees, made_up, marts, pages, screening, supplied
from assets.attack import Attack, Publication, attack_on_new, refuse_if_recovered
from assets.cohorts import FOLDER as COHORTS
from assets.ingest import ledger
from assets.pages.material import MadeUp
from assets.release import MANIFEST, hash_files, read_manifest, write_manifest
from assets.store import Store
from schemas import registry
from schemas.duck import connect, new_file
from schemas.failures import Refused
from schemas.marts import MARTS
from schemas.policies import Policy, policies

PUBLISHED = ("outcomes.indicator", *(name for name in MARTS if name.startswith("reference.")))
LEVELS = ("National", "Regional")
"""What is published, in total only, where made-up children and others are counted together."""

screen = screening.screen


def publish(store: Store, release_id: str) -> Path:
    """Publish a release; returns the folder. What was published before stands as it is.

    Refused when a file would not pass the department's screening, or when anything hidden can be worked out.
    """
    manifest, folder = read_manifest(store, release_id), store.release(release_id)
    public = folder / "public"
    if (public / MANIFEST).exists():
        return public
    building = folder / ".public.building"
    shutil.rmtree(building, ignore_errors=True)
    figures, populations, coverage, regions = read_figures(folder / "restricted" / "marts.duckdb")
    how, before = how_made_up(store, manifest), published_before(store, release_id)
    ours, given = supplied.told_apart(figures)
    controlled = disclosure.control(ours, populations, apart=made_up.full_size(store), before=before)
    controlled = controlled.filter(above_authorities()) if how == "partly" else controlled
    refuse_more_than_may_be_shown(controlled, how)
    shown = pl.concat([controlled, given])
    registry.refuse_what_breaks_it(shown)
    write_files(shown, building / "ees")
    write_database(store, shown, building / "published.duckdb")
    registry.write(building / "registry")
    material = _material(store, shown, coverage, regions, manifest, how)
    pages.write_pages(building / "pages", replace(material, earlier=last_of(store, before)))
    found = attack_on_files(building, release_id, ours, before)
    write_manifest(building, _manifest(manifest, building, how, found))
    shutil.rmtree(public, ignore_errors=True)
    os.replace(building, public)
    return public


def attack_on_files(
    building: Path, release_id: str, figures: pl.DataFrame, before: Sequence[Publication]
) -> Attack:
    """Attack what was written, as a reader finds it; Refused when a hidden count was worked out."""
    written = Publication(release_id, read_published(building, figures), figures, policies())
    found = attack_on_new(before, written)
    refuse_if_recovered(found)
    return found


def read_published(public: Path, truth: pl.DataFrame) -> pl.DataFrame:
    """The figures of a publication that we counted: those of the indicators and years of the truth behind them."""
    with connect(public / "published.duckdb", read_only=True) as con:
        figures: pl.DataFrame = con.sql("from outcomes.indicator").pl()
    return figures.join(supplied.told_apart(truth)[0], on=["indicator_id", "year"], how="semi")


def published_before(store: Store, release_id: str) -> list[Publication]:
    """Every other release of this store that was published, as it was told and as it was."""
    folders = sorted(path.parent.parent for path in store.releases.glob(f"r-*/public/{MANIFEST}"))
    return [_published(folder) for folder in folders if folder.name != release_id]


def _published(folder: Path) -> Publication:
    marts_file, public = folder / "restricted" / "marts.duckdb", folder / "public"
    if not marts_file.exists():
        raise Refused(
            f"{folder.name} was published, but its restricted figures are gone, so that nobody can tell what it "
            "and the new release give away together; bring them back, or remove the whole release"
        )
    told = json.loads((public / MANIFEST).read_text(encoding="utf-8")).get("policies")
    rules = {name: Policy(**policy) for name, policy in told.items()} if told else policies()
    ours, _ = supplied.told_apart(read_figures(marts_file)[0])
    return Publication(folder.name, read_published(public, ours), ours, rules)


def how_made_up(store: Store, manifest: Mapping[str, Any]) -> MadeUp:
    """Whether every submission behind a release was written by the maker of the synthetic country."""
    if not store.is_synthetic:
        return "no"
    return "partly" if made_up.submissions_not_made_up(store, manifest["inputs"]) else "wholly"


def above_authorities() -> pl.Expr:
    """England and its regions in total."""
    return pl.col("geographic_level").is_in(LEVELS) & (pl.col("breakdown") == "Total")


def refuse_more_than_may_be_shown(shown: pl.DataFrame, how: MadeUp) -> None:
    """Refused when a place or group of which the policy does not tell would leave the house."""
    ruled = disclosure.with_policy(shown)
    allowed = pl.col("is_told") & ((pl.col("breakdown") == "Total") | pl.col("are_groups_told"))
    if how == "partly":
        allowed &= above_authorities()
    more = ruled.filter(~allowed).height + shown.height - ruled.height
    if more:
        raise Refused(
            f"expected figures of places and groups that schemas/disclosure/ tells of, came {more} of others; "
            "nothing was published"
        )


def _material(
    store: Store,
    shown: pl.DataFrame,
    coverage: pl.DataFrame,
    regions: Mapping[str, str],
    manifest: Mapping[str, Any],
    how: MadeUp,
) -> pages.Material:
    scale = float(made_up.marker(store).get("scale", 1))
    apart, sent_by = made_up.full_size(store), newest_sent(ledger.entries(store), manifest)
    return pages.Material(shown, coverage, regions, manifest["release"], how, scale, apart, sent_by)


def last_of(store: Store, before: Sequence[Publication]) -> pages.Earlier | None:
    """The last of the earlier publications: the one that rests on the newest return."""
    known = ledger.entries(store)

    def age(one: Publication) -> tuple[date, str]:
        return newest_sent(known, read_manifest(store, one.release)) or date.min, one.release

    last = max(before, key=age, default=None)
    return pages.Earlier(last.release, last.shown) if last else None


def newest_sent(known: Mapping[str, ledger.Entry], manifest: Mapping[str, Any]) -> date | None:
    """The newest day on which a submission behind a release says that it was sent, if any does."""
    sent = [known[one["submission"]].sent for one in manifest["inputs"] if one["submission"] in known]
    return max((moment.date() for moment in sent if moment), default=None)


def _manifest(
    restricted: Mapping[str, object], building: Path, how: MadeUp, found: Attack
) -> dict[str, object]:
    kept = ("release", "code_version", "indicator_registry")
    told: dict[str, object] = {name: restricted[name] for name in kept}
    told |= {"made_up": how, "policies": disclosure.policies_told(), "attack": found.told()}
    return {**told, "files": hash_files(building)}


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


def write_files(published: pl.DataFrame, folder: Path) -> None:
    """The files of the publishing service, each screened; Refused with what is wrong."""
    folder.mkdir(parents=True, mode=0o700)
    for dataset in ees.datasets():
        for path in ees.write(dataset, published, folder):
            if complaints := screen(path):
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
