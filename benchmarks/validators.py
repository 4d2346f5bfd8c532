"""Our rules beside those of the two open validators: which rows do both find, which only one of them?

    .venv/bin/python benchmarks/validators.py FOLDER [--years 2025 2026] [--scale 0.05] [--rows]

FOLDER is a place to work in: the validators are installed there, each in an environment of its own
(`903/`, `cin/`; they need Python 3.11 and old releases of pandas and numpy), unless it holds them already. Compared
are synthetic authorities with planted faults, and the sample files where `NATIONAL_OUTCOMES_SAMPLES` or a
folder `shared/samples` beside the checkout has them. Both sides see the same tables, with the same columns
that the department's portal adds. Prints Markdown: a line for each rule, year and table on which we differ, and
what agreed in sum; `--rows` adds up to three row numbers of each side. Why we differ stands in
`docs/rules/differences.md`.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import synthetic  # noqa: E402
from assets.ingest import read_paths  # noqa: E402
from quality.engine import Found  # noqa: E402
from quality.registry import rules  # noqa: E402
from quality.run import check, typed_tables  # noqa: E402
from quality.views import LAST_YEAR, view  # noqa: E402
from schemas.authorities import authorities  # noqa: E402
from schemas.returns import RETURNS  # noqa: E402

PAGE = ROOT / "docs" / "rules" / "differences.md"
SAMPLES = Path(os.environ.get("NATIONAL_OUTCOMES_SAMPLES") or ROOT.parent / "shared" / "samples")
PACKAGES = {"903": ["csc-validator-be-903"], "cin": ["csc-validator-be-cin", "numpy<1.27"]}
LAS = ("301", "306", "341", "888")
"""Authorities that send CSV, which both sides can read."""
OF_SAMPLE = 2018
"""The collection year of the sample of a looked-after return."""
FILES = {
    "placed_adoption": "placed_adoption placed_for_adoption",
    "prev_perm": "previous_permanence",
}
"""Names of files that are not the table's own."""
Rows = dict[str, dict[str, Any]]
"""Code -> table, as a validator names it -> row numbers; under `""` why there is no answer."""
NO_RULE: Mapping[str, Any] = {"": "no such rule"}
NAMED = {"CINPlanDates": "CINplanDates"}
Texts = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Compared:
    """What both sides found in one authority's return of a year."""

    name: str
    year: int
    ours: Rows
    theirs: Rows


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Our rules beside those of the two open validators.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--years", type=int, nargs="+", default=[2025, 2026])
    parser.add_argument("--scale", type=float, default=0.05)
    parser.add_argument("--rows", action="store_true")
    chosen = parser.parse_args(arguments)
    folder = chosen.folder.resolve()
    for which in PACKAGES:
        environment(folder, which)
    country = folder / "country"
    if not country.exists():
        years = (min(chosen.years) - 1, *chosen.years)
        synthetic.make_country(country, scale=chosen.scale, years=years, seed=11, las=LAS)
    if not SAMPLES.is_dir():
        print("The sample files are not there (NATIONAL_OUTCOMES_SAMPLES); synthetic authorities only.\n")
    unknown: set[str] = set()
    for which, compared in (
        ("903", list(care(folder, country, chosen.years))),
        ("cin", list(need(folder, country, chosen.years))),
    ):
        lines = table(compared, chosen.rows)
        print(f"## {which}\n\n{lines}\n")
        unknown |= codes_in(lines) - codes_in(PAGE.read_text(encoding="utf-8"))
    print(f"Not on {PAGE.relative_to(ROOT)}: {', '.join(sorted(unknown)) or 'none'}.")
    return 1 if unknown else 0


def codes_in(page: str) -> set[str]:
    """The codes in the first column of Markdown tables."""
    cells = re.findall(r"^\| ([^|]+) \|", page, flags=re.MULTILINE)
    return {code for cell in cells for code in re.findall(r"\w+", cell) if any(c.isdigit() for c in code)}


def environment(folder: Path, which: str) -> Path:
    """The interpreter of a validator's own environment, which is made when it is not there."""
    python = folder / which / "bin" / "python"
    if python.exists():
        return python
    found = shutil.which("python3.11")
    if found is None:
        raise SystemExit("expected `python3.11` on the path: the validators do not run on later versions")
    subprocess.run([found, "-m", "venv", str(folder / which)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES[which]], check=True)
    return python


def theirs(folder: Path, which: str, work: Path, year: int, authority: str) -> Rows:
    """Start the other side on a folder of tables."""
    script = str(Path(__file__).with_name("validators_theirs.py"))
    call = [str(environment(folder, which)), script, which, str(work), str(year), authority]
    subprocess.run(call, check=True, env={**os.environ, "PYTHONPATH": ""})
    found = json.loads((work / "theirs.json").read_text())
    return {
        code: {t: set(rows) if t else rows for t, rows in tables.items()} for code, tables in found.items()
    }


def ours(found: Found, ret: str, year: int) -> Rows:
    """Our findings in their terms."""
    rows: Rows = {rule.code: {} for rule in rules(ret, year)}
    for code, reason in found.coverage.filter(~pl.col("checked")).select("rule", "reason").iter_rows():
        rows[code][""] = reason
    for code, label, row in found.findings.select("rule", "table", "row").iter_rows():
        rows[code].setdefault(their_name(label), set()).add(row)
    return rows


def their_name(label: str) -> str:
    prefix, _, name = label.rpartition(".")
    name = NAMED.get(name, name)
    return f"{name}_last" if prefix == LAST_YEAR else name


def care(folder: Path, country: Path, years: Sequence[int]) -> Iterator[Compared]:
    """Looked-after returns: synthetic authorities, then the samples with their dates moved into the year."""
    for year in years:
        for la in LAS:
            at = country / "landing" / "ssda903"
            now, before = texts(at / str(year) / la), texts(at / str(year - 1) / la)
            yield one_return(folder, f"synthetic {la}", la, year, now, before, places(country))
        if SAMPLES.is_dir():
            sample = texts(SAMPLES / "ssda903_csv")
            now, before = moved(sample, year - OF_SAMPLE), moved(sample, year - 1 - OF_SAMPLE)
            yield one_return(folder, "sample", "301", year, now, before, places(None))


def texts(folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of a folder as sent, by view name."""
    held = {path.stem.lower(): path for path in folder.glob("*.csv")}
    found = {}
    for name in (t.VIEW for t in RETURNS["ssda903"].tables):
        stems = [stem for stem in [*FILES.get(name, "").split(), name] if stem in held]
        if stems:
            read = pl.read_csv(held[stems[0]], infer_schema=False, encoding="utf8-lossy")
            found[name] = read.rename({column: column.strip("\ufeff").upper() for column in read.columns})
    return found


def moved(tables: Texts, by: int) -> dict[str, pl.DataFrame]:
    """The tables with every date so many years later."""

    def later(column: pl.Series) -> pl.Series:
        parts = column.str.extract_groups(r"^(\d\d/\d\d/)(\d{4})$").struct
        year = parts.field("2").cast(pl.Int32) + by
        return (parts.field("1") + year.cast(pl.String)).fill_null(column).alias(column.name)

    return {name: frame.select(later(column) for column in frame) for name, frame in tables.items()}


@functools.cache
def places(country: Path | None) -> pl.DataFrame:
    """The postcode directory of a synthetic country, or an empty one."""
    if country is None:
        return pl.DataFrame(
            schema={"pcds": pl.String, "area": pl.String, "east": pl.Float64, "north": pl.Float64}
        )
    read = pl.read_csv(country / "reference" / "onspd.csv", infer_schema=False)
    east, north = (pl.col(name).cast(pl.Float64) for name in ("oseast1m", "osnrth1m"))
    return read.select("pcds", area="oslaua", east=east, north=north)


def with_portal(tables: Texts, la: str, directory: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The tables with what the department's portal adds to header and episodes."""
    own = authorities().filter(pl.col("la_code") == la)["new_la_code"][-1]
    home, placed = (directory.rename({n: f"{p}_{n}" for n in directory.columns}) for p in ("home", "placed"))
    episodes = (
        tables["episodes"]
        .join(home, left_on="HOME_POST", right_on="home_pcds", how="left", maintain_order="left")
        .join(placed, left_on="PL_POST", right_on="placed_pcds", how="left", maintain_order="left")
    )
    across = (pl.col("home_east") - pl.col("placed_east")) ** 2 + (
        pl.col("home_north") - pl.col("placed_north")
    ) ** 2
    known = pl.col("placed_area").is_not_null()
    inside = pl.when(pl.col("placed_area") == own).then(pl.lit("IN")).otherwise(pl.lit("OUT"))
    added = episodes.with_columns(
        PL_LA="placed_area",
        PL_LOCATION=pl.when(known).then(inside),
        PL_DISTANCE=(across.sqrt() / 1609.3).round(1).cast(pl.String),
    ).select(*tables["episodes"].columns, "PL_LA", "PL_LOCATION", "PL_DISTANCE")
    alone = pl.col("CHILD").is_in(tables["uasc"]["CHILD"].to_list())
    header = tables["header"].with_columns(UASC=alone.cast(pl.Int8).cast(pl.String))
    return {**tables, "episodes": added, "header": header}


def one_return(
    folder: Path, name: str, la: str, year: int, now: Texts, before: Texts, directory: pl.DataFrame
) -> Compared:
    """Both sides on one authority's return with last year's."""
    every = dict(with_portal(now, la, directory))
    every |= {f"{LAST_YEAR}.{view_}": frame for view_, frame in with_portal(before, la, directory).items()}
    work = fresh(folder / "work" / f"903 {year} {name}")
    for each, frame in every.items():
        frame.write_csv(work / f"{their_name(view('ssda903', each).label)}.csv")
    frames = typed_tables("ssda903", every, la)
    found = check("ssda903", year, frames, sent={each: [la] for each in frames})
    own = authorities().filter(pl.col("la_code") == la)["new_la_code"][-1]
    return Compared(name, year, ours(found, "ssda903", year), theirs(folder, "903", work, year, own))


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def need(folder: Path, country: Path, years: Sequence[int]) -> Iterator[Compared]:
    """CIN censuses of synthetic authorities and of the samples."""
    for year in years:
        files = {
            f"synthetic {la}": country / "landing" / "cin" / str(year) / la / "cin.xml" for la in LAS[:3]
        }
        if SAMPLES.is_dir():
            files |= {f"sample {path.stem}": path for path in sorted((SAMPLES / "cin").glob("*.xml"))}
        for name, path in files.items():
            yield one_census(folder, name, year, path)


def one_census(folder: Path, name: str, year: int, path: Path) -> Compared:
    """Both sides on one file, whose own dates are moved so that its census is that of the year."""
    work = fresh(folder / "work" / f"cin {year} {name}")
    text = path.read_text(encoding="utf-8-sig")
    of_file = int(re.findall(r"<ReferenceDate>(\d{4})", text)[0])
    later = re.sub(r">(\d{4})(-\d\d-\d\d)", lambda m: f">{int(m[1]) + year - of_file}{m[2]}", text)
    (work / "cin.xml").write_text(later, encoding="utf-8")
    read = read_paths([work / "cin.xml"], "cin", year, None, None)
    la = read.la if read.la.isdigit() else "301"
    frames = {n: f.with_columns(la=pl.lit(la)) for n, f in read.tables.items()}
    found = check("cin", year, frames, sent={t.VIEW: [la] for t in RETURNS["cin"].tables})
    return Compared(name, year, ours(found, "cin", year), theirs(folder, "cin", work, year, la))


def table(compared: Sequence[Compared], show_rows: bool) -> str:
    """A line for each rule, year and table on which the sides differ, and the sum of the rest."""
    lines = [
        "| rule | year | table | both | only ours | only theirs | no answer |",
        "|---|---|---|---|---|---|---|",
    ]
    agreed: set[tuple[str, int]] = set()
    for year in sorted({each.year for each in compared}):
        of_year = [each for each in compared if each.year == year]
        for code in sorted({code for each in of_year for code in {*each.ours, *each.theirs}}):
            found = list(differences(code, of_year, show_rows))
            lines += [f"| {code} | {year} | {line} |" for line in found]
            if not found:
                agreed.add((code, year))
    return "\n".join([*lines, "", f"The same rows by both, or none: {len(agreed)} rules of a year."])


def differences(code: str, compared: Sequence[Compared], show_rows: bool) -> Iterator[str]:
    """The lines of one rule and year, the data sets added up."""
    sums: dict[str, list[int]] = {}
    answers, examples = set[str](), dict[str, str]()
    for each in compared:
        mine, others = each.ours.get(code, NO_RULE), each.theirs.get(code, NO_RULE)
        answers.update(
            f"{who}: {found['']}" for who, found in (("ours", mine), ("theirs", others)) if "" in found
        )
        for name in sorted({*mine, *others} - {""}):
            a, b = mine.get(name, set()), others.get(name, set())
            so_far = sums.setdefault(name, [0, 0, 0])
            for at, rows in enumerate((a & b, a - b, b - a)):
                so_far[at] += len(rows)
            if a != b:
                examples.setdefault(name, f" {each.name}: {sorted(a - b)[:3]} {sorted(b - a)[:3]}")
    why = "; ".join(sorted(answers))
    for name, (same, only_ours, only_theirs) in sums.items():
        if only_ours or only_theirs:
            rows_of = examples[name] if show_rows else ""
            yield f"{name} | {same} | {only_ours} | {only_theirs} | {why}{rows_of}"


if __name__ == "__main__":
    sys.exit(main())
