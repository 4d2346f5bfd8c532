"""A release: one night's marts and reports, whole or not at all.

It is built beside its place, verified, and only then shown to readers by moving one symlink. What a
release is made of decides its name, so that the same returns, persons, key and code are the same release
and are not made twice. Its manifest says what it was made from and what is in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import duckdb
import polars as pl

from assets import deidentify, from_feed, gathered, keys, made_up, marts, measure, quality_file, supplied
from assets.fingerprint import code_version, fingerprint
from assets.gathered import InForce
from assets.store import Store
from schemas.authorities import population
from schemas.duck import connect, new_file, sql_text
from schemas.failures import Refused, Trouble, WrongUse
from schemas.indicators import registry_version
from schemas.marts import MARTS
from schemas.returns import RETURNS

Fill = Callable[[Path], object]
"""Puts reports into the `restricted` folder of a release that is being built."""
Verify = Callable[[Path], Mapping[str, int]]
"""Looks at a release folder that is about to be shown; counts what it checked, or raises Refused."""


class Beside(Protocol):
    """What is worked out beside the marts, on the connections that they are made on."""

    def where_persons_meet(self, con: duckdb.DuckDBPyConnection, working: Path) -> None:
        """May add files of its own to the de-identified ones in `working`; they are gone afterwards."""

    def where_figures_are(self, con: duckdb.DuckDBPyConnection) -> None:
        """May read cohorts and figures; nothing that it makes is kept in the marts."""


class Several:
    """Several that work beside the marts, one after another."""

    def __init__(self, *all_of_them: Beside) -> None:
        self.all = all_of_them

    def where_persons_meet(self, con: duckdb.DuckDBPyConnection, working: Path) -> None:
        for one in self.all:
            one.where_persons_meet(con, working)

    def where_figures_are(self, con: duckdb.DuckDBPyConnection) -> None:
        for one in self.all:
            one.where_figures_are(con)


MANIFEST = "manifest.json"
SPINE_TABLES = ("record", "person", "person_at", "record_face", "face", "face_person")


@dataclass(frozen=True)
class Made:
    """A release that is there now."""

    release_id: str
    path: Path
    is_new: bool
    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows per mart."""
    gate_counts: Mapping[str, int] = field(default_factory=dict)
    """What the verification counted."""


def make(
    store: Store,
    in_force: InForce,
    *,
    project: str = "marts",
    fill: Iterable[Fill] = (),
    verify: Verify | None = None,
    populations: pl.DataFrame | None = None,
    apart: Iterable[str] = (),
    parameters: Mapping[str, object] | None = None,
    make_current: bool = True,
    beside: Beside | None = None,
) -> Made:
    """Make the release of the submissions in force, or find it made; show it to readers when verified.

    `populations` and `apart` are for a made-up country, see `measure`. `parameters` are facts that decide
    what reports hold and therefore the release's name. A release that
    is refused is kept as `<id>.refused` for a look, and readers keep the release they had.
    """
    key = keys.load(project, outside=store.home)
    apart = sorted(apart)
    made_from = describe_inputs(store, in_force, key, populations, {**(parameters or {}), "apart": apart})
    release_id = "r-" + fingerprint(made_from)[:12]
    if _is_whole(store.release(release_id)):
        manifest = read_manifest(store, release_id)
        made = _made(store, manifest, is_new=False)
    else:
        made = _build(store, in_force, key, made_from, release_id, fill, verify, populations, apart, beside)
    if make_current:
        point_current_to(store, release_id)
    return made


def _made(store: Store, manifest: Mapping[str, Any], *, is_new: bool) -> Made:
    release_id = str(manifest["release"])
    rows = {name: int(table["rows"]) for name, table in manifest["tables"].items()}
    return Made(release_id, store.release(release_id), is_new, rows, manifest["gate"])


def describe_inputs(
    store: Store,
    in_force: InForce,
    key: keys.Key,
    populations: pl.DataFrame | None,
    parameters: Mapping[str, object],
) -> dict[str, object]:
    """Everything that decides what a release holds."""
    inputs = [
        {"return": ret, "year": year, "la": la, "submission": submission}
        for ret in sorted(in_force)
        for year, la, submission in sorted(in_force[ret])
    ]
    given = None if populations is None else fingerprint(populations.sort("year", "la_code").rows())
    return {
        "inputs": inputs,
        "people": people_fingerprint(store),
        "code_version": code_version(),
        "indicator_registry": registry_version(),
        "key_id": key.key_id,
        "parameters": {**parameters, "populations": given or "published"},
        "postcodes": _sha256(store.postcodes) if store.postcodes.exists() else "none",
        "supplied": _told_of_supplied(supplied.read(store.supplied)),
    }


def _told_of_supplied(given: supplied.Supplied) -> dict[str, object]:
    """Which files of supplied figures there were, and what of them could not be used."""
    return {"files": list(given.files), "rows": given.rows.height, "left_out": dict(given.left_out)}


def people_fingerprint(store: Store) -> str:
    """Who is whom, whatever the persons are numbered: a review decision makes another release."""
    with connect(store.spine, read_only=True) as con:
        people = [PEOPLE_BY_FACE if deidentify.has_table(con, "people.face") else PEOPLE]
        if deidentify.has_table(con, "people.person_at"):
            people.append("select level, record_id, person_id, '' as more from people.person_at")
        return fingerprint(con.execute(GROUPING.format(people=" union all ".join(people))).fetchall())


PEOPLE = "select 'standard' as level, record_id, person_id, confidence::varchar as more from people.person"
PEOPLE_BY_FACE = """select 'standard' as level, first_record as record_id, person_id,
  records || '-' || confidence as more from people.face join people.face_person using (face_no)"""
GROUPING = """
with named as ({people}),
called as (select level, record_id, more,
  min(record_id) over (partition by level, person_id) as first_record from named)
select level, count(*), sum(md5_number_lower(concat_ws('|', record_id, first_record, more))::hugeint)::varchar
from called group by level order by level
"""
"""A hash of who is grouped with whom: each person is called by its first record."""


@contextlib.contextmanager
def identified(store: Store, in_force: InForce) -> Iterator[duckdb.DuckDBPyConnection]:
    """The one connection on which returns and persons meet: `returns.*` and `people.*`, all read only."""
    with connect(scratch=store.tmp) as con:
        gathered.view_returns(con, store, in_force)
        con.execute(f"attach {sql_text(store.spine)} as spine (read_only)")
        if store.postcodes.exists():
            deidentify.read_postcodes(con, store.postcodes)
        con.execute("create schema people")
        for table in SPINE_TABLES:
            if deidentify.has_table(con, f"spine.people.{table}"):
                con.execute(f"create view people.{table} as from spine.people.{table}")
        yield con


def _build(
    store: Store,
    in_force: InForce,
    key: keys.Key,
    made_from: Mapping[str, object],
    release_id: str,
    fill: Iterable[Fill],
    verify: Verify | None,
    populations: pl.DataFrame | None,
    apart: Iterable[str],
    beside: Beside | None,
) -> Made:
    building = store.releases / f".{release_id}.building"
    shutil.rmtree(building, ignore_errors=True)
    restricted = building / "restricted"
    restricted.mkdir(parents=True, mode=0o700)
    path = restricted / "marts.duckdb"
    tables, given = build_marts(store, in_force, key, path, populations, apart, beside)
    for one in fill:
        one(restricted)
    gate = _verified(store, building, release_id, verify)
    manifest = {"release": release_id, **made_from, "tables": tables, "gate": gate}
    manifest["supplied"] = _told_of_supplied(given)
    write_manifest(building, {**manifest, "files": hash_files(building)})
    _move(building, store.release(release_id))
    return _made(store, manifest, is_new=True)


def build_marts(
    store: Store,
    in_force: InForce,
    key: keys.Key,
    path: Path,
    populations: pl.DataFrame | None = None,
    apart: Iterable[str] = (),
    beside: Beside | None = None,
) -> tuple[dict[str, dict[str, object]], supplied.Supplied]:
    """Make the marts file by way of de-identified working files; rows and content hash per table, and what was supplied.

    The connection that writes the marts never sees a return or the spine.
    """
    working = store.tmp / "deidentified"
    shutil.rmtree(working, ignore_errors=True)
    try:
        in_force = from_feed.countable(in_force)
        with identified(store, in_force) as con:
            deidentify.write(con, key.secret, working, telling(store, in_force))
            if beside:
                beside.where_persons_meet(con, working)
        with new_file(path, scratch=store.tmp) as con:
            con.execute("use memory")
            deidentify.show(con, working)
            measure.measure(con, populations, apart)
            given = supplied.put_beside(con, supplied.read(store.supplied))
            if beside:
                beside.where_figures_are(con)
            rows = marts.write_marts(con, "built")
            tables = {n: {"rows": rows[n], "content": marts.content_hash(con, "built", n)} for n in MARTS}
            return tables, given
    finally:
        shutil.rmtree(working, ignore_errors=True)


def telling(store: Store, in_force: InForce) -> InForce:
    """Of the submissions in force, those that sent the table which tells of the children, be it empty."""
    found = {}
    for name, view in deidentify.TELLING.items():
        sent = gathered.sent(store, RETURNS[name], in_force.get(name, [])).filter(pl.col("view") == view)
        found[name] = sent.select("year", "la", "submission").rows()
    return found


def _verified(store: Store, building: Path, release_id: str, verify: Verify | None) -> dict[str, int]:
    try:
        return dict(verify(building)) if verify else {}
    except Trouble as error:
        refused = store.releases / f"{release_id}.refused"
        shutil.rmtree(refused, ignore_errors=True)
        _move(building, refused)
        raise Refused(
            f"release {release_id} was refused and readers keep the one they had: {error}"
        ) from None


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path in it."""
    return {
        str(path.relative_to(folder)): _sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, manifest: Mapping[str, object]) -> None:
    """Write the manifest and have it on the disk: a folder with one is whole."""
    path = folder / MANIFEST
    with path.open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1, sort_keys=True, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def read_manifest(store: Store, release_id: str) -> dict[str, Any]:
    """The manifest of a release."""
    path = store.release(release_id) / MANIFEST
    if not path.exists():
        known = sorted(p.name for p in store.releases.glob("r-*") if _is_whole(p))
        raise WrongUse(
            f"there is no release {release_id}; expected one of {', '.join(known) or '(none yet)'}"
        )
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _is_whole(folder: Path) -> bool:
    return (folder / MANIFEST).exists() and not folder.name.endswith(".refused")


def _move(source: Path, target: Path) -> None:
    """Give a finished folder its name, for good also when the power fails."""
    shutil.rmtree(target, ignore_errors=True)
    os.replace(source, target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def point_current_to(store: Store, release_id: str) -> None:
    """Let readers open this release from now on; those who have one open keep it."""
    target = Path("releases") / release_id
    if store.current.is_symlink() and Path(os.readlink(store.current)) == target:
        return
    link = store.home / ".current.new"
    link.unlink(missing_ok=True)
    os.symlink(target, link)
    os.replace(link, store.current)
    _sync(store.home)


def verify(store: Store, release_id: str) -> list[str]:
    """What differs between a release and its manifests; nothing when all is as they say."""
    manifest, folder = read_manifest(store, release_id), store.release(release_id)
    now, told = hash_files(folder), dict(manifest["files"])
    published = folder / "public" / MANIFEST
    if published.exists():
        files = json.loads(published.read_text(encoding="utf-8"))["files"]
        told |= {f"public/{name}": sha256 for name, sha256 in files.items()}
    problems = [f"{name} is missing" for name in sorted(told.keys() - now.keys())]
    problems += [
        f"{name} has changed since the release was made"
        for name in sorted(told)
        if name in now and now[name] != told[name]
    ]
    problems += [f"{name} is not in the manifest" for name in sorted(now.keys() - told.keys())]
    return problems or _table_problems(folder, manifest)


def _table_problems(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    problems = []
    with connect() as con:
        con.execute(f"attach {sql_text(folder / 'restricted' / 'marts.duckdb')} as marts (read_only)")
        for name, told in manifest["tables"].items():
            if marts.content_hash(con, "marts", name) != told["content"]:
                problems.append(f"{name} does not hold what the manifest says")
    return problems


def nightly(
    store: Store,
    in_force: InForce,
    *,
    fill: Iterable[Fill] = (),
    parameters: Mapping[str, object] | None = None,
    make_current: bool = True,
    beside: Beside | None = None,
) -> Made:
    """The release of tonight, held against the declarations by the gate before readers see it."""
    return make(
        store,
        in_force,
        fill=fill,
        verify=gate,
        populations=made_up_populations(store),
        apart=made_up.full_size(store),
        parameters=parameters,
        make_current=make_current,
        beside=beside,
    )


def made_up_populations(store: Store) -> pl.DataFrame | None:
    """A synthetic country at a hundredth of England's size has a hundredth of its children."""
    if not store.is_synthetic:
        return None
    scale = float(made_up.marker(store).get("scale", 1))
    is_whole = pl.col("la_code").is_in(sorted(made_up.full_size(store)))
    size = pl.when(is_whole).then(1.0).otherwise(scale)
    children = (pl.col("population") * size).round().cast(pl.Int64)
    return population().with_columns(children.clip(lower_bound=1))


def gate(folder: Path) -> dict[str, int]:
    """Let Great Expectations hold the marts against their declarations; Refused when something fails."""
    from quality.gate import check

    result = check(folder / "restricted" / "marts.duckdb", MARTS)
    quality_file.add_expectations(folder / "restricted" / quality_file.NAME, result.rows)
    if not result.passed:
        raise Refused("; ".join(result.failures()))
    return {"expectations": result.rows.height, "failed": int((~result.rows["success"]).sum())}
