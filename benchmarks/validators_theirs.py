"""One of the two open validators on tables as text, in its own environment; `validators.py` starts this.

    <their python> benchmarks/validators_theirs.py 903|cin FOLDER YEAR AUTHORITY < nothing

FOLDER holds one CSV per table, named as the validator names it (`Episodes_last.csv` is last year's), or
`cin.xml`. Every rule runs alone, on its own copy of the tables, because some change what others read. Writes
`theirs.json` into the folder: code -> {table: row numbers from 1}, or {"": why there is no answer}.
"""

# mypy: disable-error-code="import-not-found,import-untyped"
from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)


def of_903(folder: Path, year: str, authority: str) -> dict[str, Any]:
    """The rules of the 903; the portal's columns stand in the tables already, as for our own rules."""
    import pandas as pd
    from lac_validator.rules.ruleset_utils import get_year_ruleset

    tables: dict[str, Any] = {
        path.stem: pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        for path in sorted(folder.glob("*.csv"))
    }
    for name, table in tables.items():
        for column in table.columns.difference(["PL_DISTANCE"]):
            table[column] = table[column].str.upper()
        if name.startswith("Episodes"):
            table["PL_DISTANCE"] = pd.to_numeric(table["PL_DISTANCE"])
    tables["metadata"] = {
        "collectionYear": year, "collection_start": f"01/04/{int(year) - 1}",
        "collection_end": f"31/03/{year}", "localAuthority": authority, "file_format": "csv",
    }  # fmt: skip
    return {code: _alone(rule.func, tables) for code, rule in get_year_ruleset(year).items()}


def _alone(func: Any, tables: dict[str, Any]) -> dict[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            found = func(copy.deepcopy(tables))
        except Exception as error:  # a rule of theirs may fail in any way; that it did is the answer
            return {"": f"crash: {type(error).__name__}"}
    rows: dict[str, Any] = {
        table: sorted({int(row) + 1 for row in at if row == row}) for table, at in found.items()
    }
    return rows or {"": "skipped"}


def of_cin(folder: Path, year: str, authority: str) -> dict[str, Any]:
    """The rules of the CIN census; rules about the whole return have no row and stand at row 1 of the header."""
    import xml.etree.ElementTree as ET

    from cin_validator.cin_validator import convert_data, process_data
    from cin_validator.rules.ruleset_utils import get_year_ruleset

    tables = process_data(convert_data(ET.parse(folder / "cin.xml").getroot()))
    return {code: _cin_rule(rule, tables) for code, rule in get_year_ruleset(year).items()}


def _cin_rule(rule: Any, tables: dict[str, Any]) -> dict[str, Any]:
    from cin_validator.cin_validator import enum_keys
    from cin_validator.rule_engine import RuleContext

    context = RuleContext(rule)
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            rule.func(enum_keys(copy.deepcopy(tables)), context)
            return _rows_of(context)
        except Exception as error:
            return {"": f"crash: {type(error).__name__}"}


def _rows_of(context: Any) -> dict[str, list[int]]:
    if len(context.la_level_issues):
        return {"Header": [1]}
    rows: dict[str, set[int]] = {}
    kinds = [
        context.type_zero_issues,
        context.type_one_issues,
        context.type_two_issues,
        context.type_three_issues,
    ]
    for issues in (kind for kind in kinds if len(kind)):
        for table, row in zip(issues["tables_affected"], issues["ROW_ID"], strict=True):
            at = row if isinstance(row, (list, tuple)) else [row]
            rows.setdefault(str(getattr(table, "name", table)), set()).update(
                int(r) + 1 for r in at if r == r
            )
    return {table: sorted(at) for table, at in rows.items()}


if __name__ == "__main__":
    which, where, of_year, of_authority = sys.argv[1:]
    target = Path(where).resolve()
    os.chdir(target)  # importing them may leave a log where one stands
    run = {"903": of_903, "cin": of_cin}[which]
    (target / "theirs.json").write_text(json.dumps(run(target, of_year, of_authority)))
