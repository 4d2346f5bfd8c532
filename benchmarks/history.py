"""How long it takes to make one history of ten years of returns about children in care, and how much memory.

    .venv/bin/python benchmarks/history.py 250000 500000 1000000

Every child's life in care is drawn as a chain of episodes and told by the return of every year in which an episode
was open, as the department's form asks; one row in fifty is then told wrongly (left open, gone from the next return,
under another day, with a gap). The sizes are rows sent. Each size is worked in a process of its own, so that
its peak resident memory is its own; the growth of the time is told as an exponent, 1 being in proportion.
"""

from __future__ import annotations

import argparse
import math
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST, LAST = 2016, 2025
STAGES = (
    "care_episode_version",
    "care_episode_ended",
    "care_episode_fitted",
    "care_episode",
    "period_of_care",
)

DRAW = f"""
create table life as
select i as child, (hash(i) % 153)::int as la, make_date({FIRST - 2}, 4, 1) + (hash(i, 1) % 4200)::int as begun,
  1 + (hash(i, 2) % 9)::int as episodes, 20 + (hash(i, 3) % 300)::int as length
from range($children) t(i);
create table episode as
select child, la, n, (begun + (n * length)::int)::date as DECOM,
  (begun + ((n + 1) * length)::int)::date as DEC, n = episodes - 1 as is_last,
  hash(child, n) % 200 as fault
from (select *, unnest(range(episodes)) as n from life);
create table told as
select y.year::int as year, e.*, case when e.DEC <= make_date(y.year::int, 3, 31) then e.DEC end as told_end
from episode e join range({FIRST}, {LAST + 1}) y(year)
  on e.DECOM <= make_date(y.year::int, 3, 31) and e.DEC > make_date(y.year::int - 1, 3, 31);
create schema deidentified; create schema cohorts;
create table deidentified.ssda903_episodes as
select year, la::varchar as la, 'ssda903-' || year || '-' || la as submission, (row_number() over ())::int as source_row,
  child::varchar as la_child, child::varchar as child, 1 as la_record,
  case when fault = 1 then DECOM - (year % 3)::int else DECOM end as DECOM,
  case when n = 0 then 'S' else 'P' end as RNE, 'C2' as LS, 'N1' as CIN, 'U4' as PLACE, 'PR1' as PLACE_PROVIDER,
  case when fault = 0 then null when fault = 2 then told_end - 2 else told_end end as DEC,
  case when told_end is null or fault = 0 then null when is_last then 'E4A' else 'X1' end as REC,
  null::varchar as REASON_PLACE_CHANGE, (n % 3)::int as address_number, null::boolean as is_over_20_miles,
  0.9 as confidence, date '2012-01-01' as birth_month, 'F' as sex, 'WBRI' as ethnicity, 'White' as ethnic_group,
  10 as age_at_31_august, 11 as age_at_31_march, 9 as age_at_start, 9 as age_in_start_month, 10 as age_at_end,
  false as starts_near_birth, false as ends_near_birth, false as ends_at_18
from told where fault <> 3 or year % 2 = 0;
create table cohorts.reported as
select distinct 'ssda903' as return_name, year, la from deidentified.ssda903_episodes;
"""


def work(rows: int) -> None:
    """Draw so many rows and build the stages; print rows, seconds, CPU seconds and peak MiB before and after."""
    sys.path.insert(0, str(ROOT))
    from assets import cohorts
    from schemas.code_sets import load_codes
    from schemas.duck import connect

    with connect() as con:
        load_codes(con)
        con.execute((cohorts.FOLDER / "words.sql").read_text(encoding="utf-8"))
        con.execute(DRAW.replace("$children", str(rows // 8)))
        con.execute("drop table life; drop table episode; drop table told")
        made = con.execute("select count(*) from deidentified.ssda903_episodes").fetchall()[0][0]
        before, began, spent = _peak(), time.perf_counter(), time.process_time()
        for name in STAGES:
            con.execute(f"create or replace table cohorts.{name} as {cohorts.query(name)}")
        seconds, processor = time.perf_counter() - began, time.process_time() - spent
        counts = con.execute(
            """select repair, count(*) from (select dropped_by as repair from cohorts.care_episode_version
            union all select repair from cohorts.care_episode) where repair is not null group by 1 order by 1"""
        ).fetchall()
    print(made, f"{seconds:.2f} {processor:.2f} {before:.0f} {_peak():.0f}", dict(counts), sep="|")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="+", type=int)
    parser.add_argument("--work", action="store_true")
    asked = parser.parse_args()
    if asked.work:
        work(asked.rows[0])
        return
    print(
        "| rows sent | seconds | processor seconds | MiB before | peak MiB | repairs |\n|---|---|---|---|---|---|"
    )
    points = []
    for rows in asked.rows:
        command = [sys.executable, __file__, "--work", str(rows)]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        made, figures, counts = told.split("|")
        seconds, processor, before, peak = figures.split()
        points.append((int(made), float(processor)))
        print(f"| {int(made):,} | {seconds} | {processor} | {before} | {peak} | {counts} |")
    if len(points) > 1:
        (few, short), (many, long) = points[0], points[-1]
        print(f"\nGrowth of processor time: exponent {math.log(long / short) / math.log(many / few):.2f}")


if __name__ == "__main__":
    main()
