"""What linking costs at national volume: seconds by clock and processor and peak memory, without ingesting anything.

    .venv/bin/outcomes synth HOME --scale 0.01 --seed 11 && .venv/bin/outcomes run --home HOME
    .venv/bin/python benchmarks/linkage_volume.py HOME --years 1 --terms 1 --copies 99 --again    # England, one year
    .venv/bin/python benchmarks/linkage_volume.py HOME --years 5 --terms 1 --copies 2,4,8         # how it grows

The home's identity records (or those of a Parquet file) are multiplied. Its pupils are sent again in every term and in
later years; and every copy of the country has children of its own: other UPNs (as valid or as wrong as before), child
ids, homes and birthdays, and one of thirty endings to its surnames, so that at a hundred copies of a hundredth of
England a child has about three namesakes born in the same year. `--years 1` takes the home's last year. `--again`
links a second night in which one authority sent its last census anew. Of several numbers of copies the exponent of
growth is told: 1 when twice the records take twice the processor time. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from schemas.duck import connect, memory, new_file, sql_text  # noqa: E402

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
WORDS = f"""
create temp macro moved(upn, place, digit) as (digit - ascii(substr(upn, place, 1)) + 48) * place;
create temp macro other_letter(upn, k) as case when strpos('{LETTERS}', left(upn, 1)) = 0 then left(upn, 1) else
  substr('{LETTERS}', ((1 + (strpos('{LETTERS}', left(upn, 1)) - 1 + 23 * 99 + moved(upn, 2, 9 - k // 100)
    + moved(upn, 3, 9 - k // 10 % 10) + moved(upn, 4, 9 - k % 10)) % 23))::int, 1) end;
create temp macro other_upn(upn, k) as case when k = 0 or not regexp_matches(upn, '^[A-Z][0-9]{{3}}') then upn
  else other_letter(upn, k) || (999 - k)::text || substr(upn, 5) end;
create temp macro other_day(day, k) as case when k = 0 then day else make_date(
  year(day), (month(day) - 1 + k) % 12 + 1, (least(day(day), 28) - 1 + 3 * (k // 12)) % 28 + 1) end;
create temp macro other_id(id, k) as case when k = 0 then id else id || 'k' || k end;
create temp macro other_home(postcode, k) as case when k = 0 then postcode else
  left(postcode, -3) || case when ascii(right(postcode, 3)) between 48 and 57
      then ((ascii(right(postcode, 3)) - 48 + k // 20) % 10)::text else left(right(postcode, 3), 1) end
  || substr(postcode, -2, 1) || substr('ABDEFGHJLNPQRSTUWXYZ', 1 + (ascii(right(postcode, 1)) + k) % 20, 1) end;
create temp macro other_name(name, k) as case when k % 30 = 0 then name else
  name || substr('bcdfg', 1 + k % 30 // 6, 1) || substr('aeiouy', 1 + k % 6, 1) end;
"""
MANY = """
with sent as (
  select r.*, k, 0 as later, 1 as term from {records} r, range({copies}) c(k)
  where {years} > 1 or year = (select max(year) from {records})
  union all
  select r.*, k, later, 1 from {records} r, range({copies}) c(k), range(1, {years} - 1) l(later)
  where year = (select max(year) from {records})),
every as (
  from sent union all select sent.* exclude (term), t.term from sent, range(2, {terms} + 1) t(term)
  where source = 'school_census'),
named as (
  select *, case when k + later + term = 1 then submission
    else left(md5(concat_ws('|', submission, k, later, term)), 16) end as sent_as from every)
select replace(record_id, submission, sent_as) || case when la_child_id is null or k = 0 then '' else 'k' || k end
    as record_id,
  source, year + later as year, la, sent_as as submission, other_id(la_child_id, k) as la_child_id,
  other_upn(upn, k) as upn, other_upn(former_upn, k) as former_upn, case when k = 0 then uln end as uln,
  case when k = 0 then nhs_number end as nhs_number, forename,
  other_name(surname, k) as surname, other_name(former_surname, k) as former_surname,
  other_day(date_of_birth, k) as date_of_birth, other_day(expected_date_of_birth, k) as expected_date_of_birth,
  sex, ethnicity, other_home(postcode, k) as postcode, school_urn
from named
"""


def base_records(con: duckdb.DuckDBPyConnection, given: Path) -> str:
    """The identity records of a home, or of a Parquet file that holds them already."""
    if given.is_file():
        return f"read_parquet({sql_text(given)})"
    from assets import records
    from assets.gathered import view_returns
    from assets.ingest import ledger
    from assets.store import Store

    store = Store(given.resolve())
    view_returns(con, store, ledger.in_force(store))
    records.build(con)
    return "people_in.record"


def multiply(given: Path, out: Path, *, copies: int, terms: int, years: int) -> None:
    """Write the identity records of a country `copies` times as large to a Parquet file."""
    with connect() as con:
        con.execute("set preserve_insertion_order = false")
        records = base_records(con, given)
        con.execute(WORDS)
        query = MANY.format(records=records, copies=copies, terms=terms, years=years)
        con.execute(f"copy ({query}) to {sql_text(out)} (format parquet)")


RESENT = """(select * replace (
    case when is_sent_anew then replace(record_id, submission, 'anew') else record_id end as record_id,
    case when is_sent_anew then 'anew' else submission end as submission)
  from (select *, submission = (select max(submission) from {records} where source = 'school_census'
    and year = (select max(year) from {records})) as is_sent_anew from {records}))"""


def link(records: str, spine: Path, run: str) -> dict[str, Any]:
    """One night on a spine file of its own, as `assets.people` does it."""
    import linkage
    from assets.people import HOLDS

    began, spent = time.perf_counter(), time.process_time()
    with new_file(spine, scratch=spine.parent) as con:
        con.execute("set preserve_insertion_order = false")
        con.execute(f"set memory_limit = '{memory(HOLDS)}'")
        previous = "people"
        if spine.exists():
            con.execute(f"attach {sql_text(spine)} as before (read_only)")
            previous = "before.people"
        done = linkage.link_people(con, records=records, run=run, previous=previous)
        if previous != "people":
            con.execute("detach before")
    return {
        **asdict(done),
        "clock": round(time.perf_counter() - began, 1),
        "processor": round(time.process_time() - spent, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "spine_mb": round(spine.stat().st_size / 1e6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("home", type=Path)
    parser.add_argument("--copies", default="1", help="one number, or several with commas")
    parser.add_argument("--terms", type=int, default=3)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--again", action="store_true", help="link a second night as well")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        print(json.dumps(_work(asked.work, again=asked.again)))
        return
    firsts = [_measure(asked, int(copies)) for copies in asked.copies.split(",")]
    if len(firsts) > 1:
        print(json.dumps({"growth_exponent": _growth(firsts)}))


def _measure(asked: argparse.Namespace, copies: int) -> dict[str, Any]:
    """Print what the nights on a country of this size cost; returns the first of them."""
    with tempfile.TemporaryDirectory(prefix="linkage-") as folder:
        records = Path(folder) / "records.parquet"
        multiply(asked.home, records, copies=copies, terms=asked.terms, years=asked.years)
        nights = [_apart(records, again=again) for again in (False, True)[: 1 + asked.again]]
    for night in nights:
        print(json.dumps(night, indent=1), flush=True)
    return dict(nights[0])


def _growth(nights: list[dict[str, Any]]) -> float:
    """The slope of processor seconds over records, both as logarithms, from the smallest to the largest."""
    ordered = sorted(nights, key=lambda night: night["records"])
    first, last = ordered[0], ordered[-1]
    return round(
        math.log(last["processor"] / first["processor"]) / math.log(last["records"] / first["records"]), 2
    )


def _apart(records: Path, *, again: bool) -> Any:
    """A night in a process of its own, so that its peak of memory is its own."""
    import subprocess

    command = [
        sys.executable,
        __file__,
        str(records),
        "--work",
        str(records),
        *(["--again"] if again else []),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _work(records: Path, *, again: bool) -> dict[str, Any]:
    held = f"read_parquet({sql_text(records)})"
    sent = RESENT.format(records=held) if again else held
    return link(sent, records.parent / "spine.duckdb", "second" if again else "first")


if __name__ == "__main__":
    main()
