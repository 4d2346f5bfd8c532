"""The nightly run as Dagster assets: each says what it is, what it is made from, and counts what it made.

The work is done by plain functions. Whatever goes wrong passes `guarded`, so that neither a log nor
Dagster's storage ever holds a value of a child; metadata are counts and hashes.
"""

# no `from __future__ import annotations` here: Dagster looks at the types of `context` and `night` themselves
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg

from assets import checking, explanations, gathered, release, tonight, waivers
from assets.ingest import ingest
from assets.night import Night
from assets.people import link_children
from quality.registry import rules
from schemas.calendar import collection_years
from schemas.failures import WrongUse, guarded
from schemas.marts import MARTS
from schemas.returns import RETURNS, Return

YEARS = dg.StaticPartitionsDefinition([str(year) for year in collection_years()])
"""A partition is a return in a collection year; authorities are rows inside it."""

ALL_AT_ONCE = dg.BackfillPolicy.single_run()
LEDGER = dg.AssetKey(["submissions", "ledger"])
PERSON = dg.AssetKey(["people", "person"])
RELEASE = dg.AssetKey(["release", "restricted"])


CHECKED = tuple(ret for ret in RETURNS.values() if rules(ret.name))
"""The returns that have rules: each is an asset of its own, and so are its findings."""
SUPPLIED = tuple(ret for ret in RETURNS.values() if ret not in CHECKED)
"""What may be sent besides: one asset for all, because each step of a night costs time though nobody sends it."""


def returns_key(ret: Return) -> dg.AssetKey:
    return dg.AssetKey(["returns", ret.name if ret in CHECKED else "supplied"])


def every_return() -> list[dg.AssetKey]:
    return list(dict.fromkeys(returns_key(ret) for ret in RETURNS.values()))


def findings_key(ret: Return) -> dg.AssetKey:
    return dg.AssetKey(["findings", ret.name])


def counted(counts: Mapping[str, object]) -> dict[str, dg.MetadataValue]:
    """Counts as metadata; nothing but numbers, codes and hashes may stand here."""
    return {name: _metadata(value) for name, value in counts.items()}


def _metadata(value: object) -> dg.MetadataValue:
    return dg.MetadataValue.int(value) if isinstance(value, int) else dg.MetadataValue.text(str(value))


@dg.asset(key=LEDGER, group_name="ingest", kinds={"parquet"})
def submissions(night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """What arrived since last time: kept by its hash, read in a limited process, or set aside with a reason."""
    return dg.MaterializeResult(metadata=counted(receive(night)))


@guarded("reading what arrived")
def receive(night: Night) -> Mapping[str, object]:
    store, now = night.store_of_tonight(), datetime.now(UTC)
    store.prepare()
    summary = ingest(store, now=now, full=night.full)
    taken = explanations.take_in(store, now=now, full=night.full)
    waivers.keep(store, now)
    night.remember({"new_trouble": summary.new_trouble + taken.unreadable})
    if not any(night.in_force().values()):
        raise WrongUse(
            f"no submission is in force: expected files that can be used in {store.landing}, in folders like "
            "cin/2025/202/; what was held or set aside is told by outcomes status"
        )
    return {
        **summary.counts(),
        "explanation files": taken.files,
        "explanation files unreadable": taken.unreadable,
    }


def yearly(
    key: dg.AssetKey,
    about: str,
    work: Callable[[Night, list[int]], Mapping[int, Mapping[str, object]]],
    *,
    deps: Sequence[dg.AssetKey],
    kinds: set[str],
) -> dg.AssetsDefinition:
    """An asset with a partition per collection year; `work` does the years of a run and counts each."""

    @dg.asset(
        key=key,
        deps=deps,
        partitions_def=YEARS,
        backfill_policy=ALL_AT_ONCE,
        group_name=key.path[0],
        kinds=kinds,
        description=about,
    )
    def by_year(context: dg.AssetExecutionContext, night: Night) -> None:
        done = guarded(f"making {key.to_user_string()}")(work)(night, years_of(context))
        for year, counts in done.items():
            context.add_asset_metadata(counted(counts), asset_key=key, partition_key=str(year))

    return by_year


def returns_asset(ret: Return) -> dg.AssetsDefinition:
    """The typed tables of one return."""
    return yearly(
        returns_key(ret),
        f"{ret.title}: the typed tables of the submissions in force, all authorities together.",
        lambda night, years: gathered.gather(night.store(), night.in_force(), ret, years, full=night.full),
        deps=[LEDGER],
        kinds={"parquet"},
    )


def supplied_asset() -> dg.AssetsDefinition:
    """The typed tables of what is sent besides the returns that have rules."""
    return yearly(
        returns_key(SUPPLIED[0]),
        "What may be sent besides: " + "; ".join(ret.title for ret in SUPPLIED) + ".",
        gather_supplied,
        deps=[LEDGER],
        kinds={"parquet"},
    )


def gather_supplied(night: Night, years: list[int]) -> dict[int, dict[str, object]]:
    """Gather each of them; the counts of a year say which return they are of."""
    found: dict[int, dict[str, object]] = {}
    for ret in SUPPLIED:
        gathered_years = gathered.gather(night.store(), night.in_force(), ret, years, full=night.full)
        for year, counts in gathered_years.items():
            found.setdefault(year, {}).update({f"{ret.name}: {name}": n for name, n in counts.items()})
    return found


def findings_asset(ret: Return) -> dg.AssetsDefinition:
    """What the rules of one return found."""
    return yearly(
        findings_key(ret),
        f"{ret.title}: rule by row, all authorities at once; holds no values.",
        lambda night, years: checking.check(night.store(), night.in_force(), ret, years, full=night.full),
        deps=every_return(),
        kinds={"duckdb"},
    )


def years_of(context: dg.AssetExecutionContext) -> list[int]:
    """The years of this run; `partition_keys` is read once because every access recomputes it."""
    return [int(key) for key in context.partition_keys]


@dg.asset(
    key=PERSON,
    deps=every_return(),
    group_name="people",
    kinds={"duckdb", "splink"},
)
def person(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Every child's records brought together: certain matches first, then Splink, then constraints."""
    counts = guarded("linking")(
        lambda: link_children(
            night.store(), night.in_force(), context.run.run_id, full=night.full, engine=night.engine
        )
    )()
    return dg.MaterializeResult(metadata=counted(counts))


@dg.multi_asset(
    specs=[
        *(
            dg.AssetSpec(
                dg.AssetKey(name.split(".")),
                deps=[PERSON, *every_return()],
                group_name="outcomes",
                kinds={"duckdb"},
                description=table.about(),
            )
            for name, table in MARTS.items()
        ),
        dg.AssetSpec(
            RELEASE,
            deps=[
                *(dg.AssetKey(name.split(".")) for name in MARTS),
                *(findings_key(ret) for ret in CHECKED),
            ],
            group_name="release",
            description="The marts, every authority's report and a manifest; `current` points here once the gate is passed.",
        ),
    ],
    check_specs=[dg.AssetCheckSpec("gate", asset=RELEASE, blocking=True)],
    can_subset=False,
)
def restricted_release(night: Night) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Build the marts in a new file, let Great Expectations judge them, then let readers have them."""
    made = make_release(night)
    for name in MARTS:
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(name.split(".")), metadata=counted({"rows": made.rows[name]})
        )
    yield dg.MaterializeResult(
        asset_key=RELEASE,
        metadata=counted({"release": made.release_id, "is new": str(made.is_new)}),
        check_results=[
            dg.AssetCheckResult(check_name="gate", passed=True, metadata=counted(made.gate_counts))
        ],
    )


@guarded("making the release")
def make_release(night: Night) -> release.Made:
    """Tonight's release; current unless the night looked back."""
    made = tonight.make_release(night.store(), night.in_force())
    night.remember({"release": made.release_id, "is_new": made.is_new})
    return made


ASSETS = [
    submissions,
    *(returns_asset(ret) for ret in CHECKED),
    supplied_asset(),
    *(findings_asset(ret) for ret in CHECKED),
    person,
    restricted_release,
]
