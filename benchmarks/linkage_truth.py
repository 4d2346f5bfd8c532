"""How well a home's children are linked, against the truth that `synth` wrote beside its files.

    .venv/bin/outcomes synth HOME --scale 0.02 --seed 11 && .venv/bin/outcomes run --home HOME
    .venv/bin/python benchmarks/linkage_truth.py HOME [MODEL.json]

Links the home's identity records anew in memory and prints pairwise precision and recall, by source pair
and by UPN, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import linkage  # noqa: E402
from assets import records  # noqa: E402
from assets.gathered import view_returns  # noqa: E402
from assets.ingest import ledger  # noqa: E402
from assets.store import Store  # noqa: E402
from linkage import quality  # noqa: E402
from schemas.duck import connect  # noqa: E402

TRUTH = """create table truth as
    select distinct r.record_id, t.person as child
    from people_in.record r join (
      select "return", year, la, person, case when "table" like '%nolonger%' then 'off:'
          when "return" = 'school_census' then 'on:' else '' end || key as key
      from read_parquet('{place}/truth/records.parquet')) t
    on t."return" = r.source and t.year = r.year and t.la = r.la and t.key = split_part(r.record_id, '|', 3)"""


def marked(store: Store, model: Path | None = None) -> dict[str, Any]:
    """Link the records of a home anew, and mark the result: `all`, `by_source` and `by_upn`."""
    with connect() as con:
        view_returns(con, store, ledger.in_force(store))
        records.build(con)
        con.execute(TRUTH.format(place=store.home))
        began = time.perf_counter()
        linked = linkage.link_people(con, records="people_in.record", run="benchmark", model=model)
        seconds = round(time.perf_counter() - began, 1)
        found = quality.against_truth(con, "truth")
    return {"records": linked.records, "model": linked.model, "seconds": seconds, **found}


def main() -> None:
    model = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    print(json.dumps(marked(Store(Path(sys.argv[1]).resolve()), model), indent=1))


if __name__ == "__main__":
    main()
