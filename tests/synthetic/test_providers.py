"""The list of providers and the placements of the lives say the same; what is made only when asked for is not made else."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.ingest import read_paths
from assets.store import Store
from quality.lists import reference_frame
from quality.registry import all_rules
from quality.run import check, with_provenance
from synthetic import make_country
from synthetic.canaries import UNIQUE
from synthetic.make import ALSO
from tests.synthetic.conftest import Made

LAS = ("306", "330", "942")
YEARS = (2023, 2026)
"""942 was part of a county in the first; in the second the rules on supported accommodation had come."""
AGAINST_PROVIDERS = {
    rule.code for rule in all_rules() if rule.ret == "ssda903" and "providers" in rule.against
}


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("providers")
    make_country(folder, scale=0.02, years=YEARS, seed=9, las=LAS, clean=True)
    return folder


def listed(country: Path) -> pl.DataFrame:
    """The list where the nightly run looks for it."""
    return reference_frame("providers", pl.read_csv(Store(country).providers, infer_schema=False))


def speaking(country: Path, year: int, providers: pl.DataFrame) -> tuple[set[str], set[str]]:
    """Of the rules that need the list: those that could be checked, and those that speak of some episode."""
    parts: dict[str, list[pl.DataFrame]] = {}
    for folder in sorted((country / "landing" / "ssda903" / str(year)).iterdir()):
        tables = read_paths([folder], "ssda903", year, folder.name).tables
        for name, frame in tables.items():
            own = frame.filter(pl.col("CHILD") != UNIQUE["la_child_id"][0])
            parts.setdefault(name, []).append(
                with_provenance(own, folder.name, year).with_columns(submission=pl.lit(folder.name))
            )
    frames = {name: pl.concat(each) for name, each in parts.items()}
    directory = pl.read_csv(Store(country).postcodes, infer_schema=False)
    given = {"providers": providers, "postcodes": reference_frame("postcodes", directory)}
    sent = {name: sorted(frame["la"].unique()) for name, frame in frames.items()}
    found = check("ssda903", year, frames | given, sent=sent)
    checked = found.coverage.filter("checked", pl.col("rule").is_in(AGAINST_PROVIDERS))
    spoke = found.findings.filter(pl.col("rule").is_in(AGAINST_PROVIDERS))
    return set(checked["rule"]), set(spoke["rule"])


@pytest.mark.parametrize("year", YEARS)
def test_no_rule_on_providers_speaks_of_a_clean_country(year: int, country: Path) -> None:
    checked, spoke = speaking(country, year, listed(country))
    assert len(checked) >= 6
    assert spoke == set()


def test_the_rules_speak_where_the_list_says_something_else(country: Path) -> None:
    """So that silence above is no accident."""
    moved = listed(country).with_columns(
        postcode=pl.lit("ZZ99 3WZ"),
        authority=pl.lit("201"),
        provider_codes=pl.lit("PR9"),
        place_codes=pl.lit("X"),
    )
    _, spoke = speaking(country, YEARS[-1], moved)
    assert {"219", "221", "224", "229", "241"} <= spoke


def test_nobody_who_is_looked_for_is_in_the_list(untidy: Made) -> None:
    """The list stands outside the identified part of a home."""
    text = Store(untidy.root).providers.read_text(encoding="utf-8")
    assert text.count("\n") > 10
    assert not [value for both in UNIQUE.values() for value in both if value in text]


def test_what_is_not_asked_for_is_not_made(untidy: Made) -> None:
    landed = {path.name for path in (untidy.root / "landing").iterdir()}
    assert landed == {"cin", "ssda903", "school_census", "person_identifiers"}
    assert not list(untidy.root.rglob("school_census/*/*/*.xml"))
    assert not (untidy.root / "truth" / "tables").exists()


def test_only_what_is_known_can_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"expected some of {ALSO[0]}.*got horoscopes"):
        make_country(tmp_path, scale=0.001, years=[2025], seed=1, las=["201"], also=["horoscopes"])
    assert not (tmp_path / "landing").exists()
