"""Two small countries that the tests read as anyone would who had received the files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from lxml import etree

from synthetic import Summary, make_country
from synthetic.make import RESULTS

LAS = ("213", "305", "306", "942")
YEARS = (2023, 2024, 2025)
SCALE = 0.08
AS_DIGITS: dict[str | None, str | None] = {"false": "0", "true": "1"}


@dataclass(frozen=True)
class Made:
    """A country on disk, read back with nothing of the maker's own code."""

    root: Path
    summary: Summary

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.root / "truth" / f"{name}.parquet")

    def files(self, return_: str, year: int, name: str) -> list[Path]:
        return sorted((self.root / "landing" / return_ / str(year)).glob(f"*/{name}"))

    def table(self, return_: str, year: int, name: str) -> pl.DataFrame:
        """All authorities' rows of a CSV table as text, with `la` and the row number."""
        frames = [
            pl.read_csv(path, infer_schema=False)
            .with_columns(la=pl.lit(path.parent.name))
            .with_row_index("row", 1)
            for path in self.files(return_, year, name)
        ]
        return pl.concat(frames, how="diagonal_relaxed")

    def care(self, year: int, name: str) -> pl.DataFrame:
        """A table of the 903, from CSV and from XML alike."""
        frames = (
            [self.table("ssda903", year, f"{name}.csv")] if self.files("ssda903", year, f"{name}.csv") else []
        )
        for path in self.files("ssda903", year, "ssda903.xml"):
            rows = read_903(path, name)
            frames += [rows.with_columns(la=pl.lit(path.parent.name))] if len(rows) else []
        return pl.concat(frames, how="diagonal_relaxed").sort("la", "row")

    def school(self, year: int, name: str, census: str = "spring") -> pl.DataFrame:
        """A table of a census; where an authority writes numbers with decimals they are cut off."""
        rows = self.table("school_census", year, f"{year}_{census}_{name}.csv")
        return rows.with_columns(pl.selectors.matches("sessions").str.strip_suffix(".0"))

    def trees(self, year: int) -> dict[str, etree._Element]:
        return {path.parent.name: etree.parse(path).getroot() for path in self.files("cin", year, "cin.xml")}

    def cases(self, year: int) -> pl.DataFrame:
        """One row per CINdetails."""
        rows = [
            {"la": la, "child": _text(child, ".//LAchildID"), "referral": _text(case, "CINreferralDate"),
             "closure": _text(case, "CINclosureDate"), "reason": _text(case, "ReasonForClosure"),
             "nfa": AS_DIGITS.get(nfa := _text(case, "ReferralNFA"), nfa)}
            for la, root in self.trees(year).items()
            for child in root.iter("Child")
            for case in child.iter("CINdetails")
        ]  # fmt: skip
        return pl.DataFrame(
            rows, schema=dict.fromkeys(("la", "child", "referral", "closure", "reason", "nfa"), pl.String)
        )


IN_XML = {
    "reviews": "AREVIEW", "missing": "AMISSING", "oc2": "OC2", "placed_adoption": "AD_PLACED",
    "previous_permanence": "PERMANENCE", "episodes": "EPISODE",
}  # fmt: skip
TOLD_BY = {"header": "CHILDID", "oc3": "IN_TOUCH", "ad1": "DATE_INT", "uasc": "UASC"}


def read_903(path: Path, name: str) -> pl.DataFrame:
    """One table of an SSDA903 sent as XML, under the headings that the CSV would have."""
    rows = []
    for child in etree.parse(path).getroot().iter("CHILD"):
        header = child.find("HEADER")
        assert header is not None
        own = {"CHILD": header.findtext("CHILDID"), **_leaves(header)}
        if name in IN_XML:
            rows += [{**own, **_leaves(group)} for group in child.iter(IN_XML[name])]
        elif own.get(TOLD_BY.get(name, "")) not in (None, "0"):
            rows.append(own)
    frame = pl.DataFrame(rows, infer_schema_length=None).with_row_index("row", 1)
    return frame.rename({"PL": "PLACE"} if "PL" in frame.columns else {})


def _leaves(group: etree._Element) -> dict[str, str | None]:
    return {str(leaf.tag): leaf.text for leaf in group if not len(leaf)}


def _text(element: etree._Element, path: str) -> str | None:
    found = element.findtext(path)
    return None if found is None else str(found)


def _make(folder: Path, *, clean: bool, seed: int = 7) -> Made:
    also = [RESULTS] if clean else []
    made = make_country(folder, scale=SCALE, years=YEARS, seed=seed, las=LAS, clean=clean, also=also)
    return Made(folder, made)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return _make(tmp_path_factory.mktemp("clean"), clean=True)


@pytest.fixture(scope="session")
def untidy(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return _make(tmp_path_factory.mktemp("untidy"), clean=False)
