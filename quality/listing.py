"""The list that goes back to the authority: which row, which child, what is wrong, what stands there.

Findings in the store hold no values. A data officer who corrects a return needs them, so they are joined
back here, from the authority's own tables, for the authority's own eyes. Columns are those of
`design.md` §5: `rule, severity, la, year, table, row, child, fields, message, values`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from quality.registry import rules
from quality.run import with_provenance
from quality.views import View, view
from schemas.findings import finding_codes
from schemas.table import UNREAD, columns

COLUMNS = ("rule", "severity", "la", "year", "table", "row", "child", "fields", "message", "values")
NOT_CHECKED = ("rule", "la", "year", "return", "reason")
LIVE = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

MOST_ROWS, MOST_LETTERS = 1_000_000, 32_767
"""What a sheet and a cell of Excel's hold, headings apart."""
USUAL_WIDTH, WIDTHS = 10, {"child": 18, "table": 20, "fields": 26, "message": 80, "values": 60, "reason": 80}

PLACE = ["source_file", "source_row"]
Tables = Mapping[str, pl.DataFrame]


def listing(
    findings: pl.DataFrame,
    tables: Tables,
    *,
    ret: str,
    unread: Tables | None = None,
    names: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Findings with sentence, child and values; `tables` are the typed tables by view name.

    `unread` has, by view too, the text as sent of rows with a cell that could not be read: it is shown for them.
    `names` has the names of files, for findings about a file as a whole.
    """
    tables = {name: _as_sent(frame, (unread or {}).get(name)) for name, frame in tables.items()}
    frames = {view(ret, name).label: (view(ret, name), frame) for name, frame in tables.items()}
    parts = [
        _with_values(group, *frames[str(label)], frames)
        for (label,), group in findings.partition_by("table", as_dict=True, maintain_order=True).items()
        if label in frames
    ]
    rest = findings.filter(~pl.col("table").is_in(list(frames))).with_columns(
        child=pl.lit(None, pl.String), values=pl.lit("")
    )
    every = _with_message(pl.concat([*parts, rest]), ret).with_columns(_values_or_file(names or {}))
    order = ["la", "year", "rule", "table", "file", "row"]
    return every.sort(order, nulls_last=True, maintain_order=True).select(COLUMNS)


def _as_sent(frame: pl.DataFrame, unread: pl.DataFrame | None) -> pl.DataFrame:
    """The table with a column `sent <field>` beside each field of which text could not be read."""
    if unread is None or unread.is_empty() or UNREAD not in frame.columns:
        return frame
    lost = set(" ".join(frame[UNREAD].drop_nulls().unique()).split()) & set(unread.columns)
    texts = unread.select(*PLACE, *(pl.col(name).alias(f"sent {name}") for name in sorted(lost)))
    return frame.join(texts.unique(PLACE), on=PLACE, how="left", maintain_order="left")


def _values_or_file(names: Mapping[str, str]) -> pl.Expr:
    """For what is wrong with a whole file, its name in the place of values."""
    name = pl.col("file").replace_strict(dict(names), default=None, return_dtype=pl.String)
    is_whole = pl.col("row").is_null() & (pl.col("values").fill_null("") == "") & name.is_not_null()
    return pl.when(is_whole).then(pl.concat_str(pl.lit("file="), name)).otherwise("values").alias("values")


def _with_message(findings: pl.DataFrame, ret: str) -> pl.DataFrame:
    """The rule's sentence in that year; for what reading found, its meaning and what came."""
    of_reading = {code: found.meaning for code, found in finding_codes().items()}
    said = {
        (rule.code, year): rule.message for rule in rules(ret) for year in range(rule.since, rule.until + 1)
    }
    kinds = findings.select("rule", "year").unique()
    sentences = [said.get((rule, year), of_reading.get(rule, "")) for rule, year in kinds.iter_rows()]
    of_kind = kinds.with_columns(sentence=pl.Series(sentences, dtype=pl.String))
    whole = pl.concat_str("sentence", pl.col("detail").fill_null(""), separator=" ").str.strip_chars()
    return (
        findings.join(of_kind, on=["rule", "year"], how="left", maintain_order="left")
        .with_columns(message=whole)
        .drop("sentence")
    )


def _with_values(
    findings: pl.DataFrame, found: View, frame: pl.DataFrame, frames: Mapping[str, tuple[View, pl.DataFrame]]
) -> pl.DataFrame:
    """The findings of one table beside the rows they are about."""
    la = str(findings["la"][0])
    rows = with_provenance(frame, la, 0).with_columns(_child(found, frames).alias("child"))
    shown = [_shown(c.name, rows).alias(f"value {c.name}") for c in columns(found.table)]
    keyed = rows.select(
        pl.col("source_file").fill_null("").alias("file"), pl.col("source_row").alias("row"), "child", *shown
    )
    joined = findings.join(keyed, on=["file", "row"], how="left", maintain_order="left")
    groups = joined.partition_by("fields", maintain_order=True)
    values = [group.with_columns(values=_values(str(group["fields"][0]), found)) for group in groups]
    return pl.concat(values).select(*findings.columns, "child", "values")


def _shown(name: str, rows: pl.DataFrame) -> pl.Expr:
    """What stands in a field: as it was understood, else as it was sent."""
    understood = pl.col(name).cast(pl.String)
    sent = [pl.col(f"sent {name}")] if f"sent {name}" in rows.columns else []
    return pl.coalesce(understood, *sent).fill_null("")


def _values(fields: str, found: View) -> pl.Expr:
    """`FIELD=value; FIELD=value` for the fields of a finding that are the table's own."""
    declared = {c.name for c in columns(found.table)}
    own = [name for name in fields.split(", ") if name in declared]
    if not own:
        return pl.lit("")
    pairs = [pl.concat_str(pl.lit(f"{name}="), pl.col(f"value {name}")) for name in own]
    there = pl.any_horizontal(pl.col(f"value {name}").is_not_null() for name in own)
    return pl.when(there).then(pl.concat_str(pairs, separator="; ")).otherwise(pl.lit(""))


def _child(found: View, frames: Mapping[str, tuple[View, pl.DataFrame]]) -> pl.Expr:
    """The authority's own identifier of the child; in a school census the UPN, else the pupil's key."""
    declared = {c.name for c in columns(found.table)}
    if found.ret.child in declared:
        return pl.col(found.ret.child)
    if found.ret.name == "daily_attendance":
        return pl.col("upn")
    for key, pupils in (
        ("pupilonrolltableid", "pupilonroll"),
        ("pupilnolongeronrolltableid", "pupilnolongeronroll"),
    ):
        if key in declared:
            return pl.coalesce(_upn(found, key, frames.get(pupils)), pl.col(key))
    return pl.lit(None, pl.String)


def _upn(found: View, key: str, pupils: tuple[View, pl.DataFrame] | None) -> pl.Expr:
    if "upn" in {c.name for c in columns(found.table)}:
        return pl.col("upn")
    if pupils is None:
        return pl.lit(None, pl.String)
    known = pupils[1].filter(pl.col(key).is_not_null()).unique(key, keep="first")
    return pl.col(key).replace_strict(known[key], known["upn"], default=None, return_dtype=pl.String)


def not_checked(coverage: pl.DataFrame) -> pl.DataFrame:
    """The rules that could not be checked, and why."""
    return coverage.filter(~pl.col("checked")).select(NOT_CHECKED)


def write(rows: pl.DataFrame, unchecked: pl.DataFrame, path: Path) -> int:
    """Write a listing by the path's ending; the number of rules that were not checked.

    JSON and XLSX hold those rules too. The file may be read by its owner only: it holds children's
    identifiers.
    """
    writers: dict[str, Callable[[pl.DataFrame, pl.DataFrame, Path], None]] = {
        ".csv": _write_csv,
        ".parquet": _write_parquet,
        ".json": _write_json,
        ".xlsx": _write_xlsx,
    }
    if path.suffix.lower() not in writers:
        raise ValueError(f"expected a findings file that ends in {', '.join(writers)}, came `{path.suffix}`")
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    writers[path.suffix.lower()](rows, unchecked, path)
    return unchecked.height


def _write_csv(rows: pl.DataFrame, _: pl.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(rows.columns)
        writer.writerows(without_formulas(rows).iter_rows())


def without_formulas(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in which no text begins as a formula would: an apostrophe goes before it."""
    text = [name for name, kind in rows.schema.items() if kind == pl.String]
    live = [pl.col(name).str.slice(0, 1).is_in(list(LIVE)) for name in text]
    return rows.with_columns(
        pl.when(starts).then(pl.concat_str(pl.lit("'"), pl.col(name))).otherwise(pl.col(name)).alias(name)
        for name, starts in zip(text, live, strict=True)
    )


def _write_parquet(rows: pl.DataFrame, _: pl.DataFrame, path: Path) -> None:
    rows.write_parquet(path)


def _write_json(rows: pl.DataFrame, unchecked: pl.DataFrame, path: Path) -> None:
    whole = {"findings": rows.to_dicts(), "not_checked": unchecked.to_dicts()}
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_xlsx(rows: pl.DataFrame, unchecked: pl.DataFrame, path: Path) -> None:
    """Sheets of plain text: nothing in them is a formula or a link. What one does not hold goes on in the next."""
    import xlsxwriter

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        for title, frame in (("findings", rows), ("not checked", unchecked)):
            for number, part in enumerate(list(frame.iter_slices(MOST_ROWS)) or [frame], 1):
                _write_sheet(book.add_worksheet(title if number == 1 else f"{title} {number}"), part)


def _write_sheet(sheet: Any, frame: pl.DataFrame) -> None:
    for column, name in enumerate(frame.columns):
        sheet.set_column(column, column, WIDTHS.get(name, USUAL_WIDTH))
    for at, values in enumerate([frame.columns, *frame.iter_rows()]):
        for column, value in enumerate(values):
            _write_cell(sheet, at, column, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, frame.height, frame.width - 1)


def _write_cell(sheet: Any, row: int, column: int, value: object) -> None:
    if isinstance(value, int):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, _for_cell(str(value)))


def _for_cell(text: str) -> str:
    """Excel's cells end somewhere, and a longer text would be left out whole."""
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
