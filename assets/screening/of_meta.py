"""Whether the description of a file describes: types, labels, units, decimals, hints."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from assets.screening.sent import Check, Sent

UNITS = {"", "%", "pp", "£", "£m", "numberstring"}


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)


def meta_col_type(sent: Sent) -> Iterator[str]:
    for row in sent.meta:
        if row["col_type"] not in ("Filter", "Indicator"):
            yield f"{row['col_name']}: expected col_type Filter or Indicator, came {row['col_type'] or 'nothing'}"


def meta_col_name(sent: Sent) -> Iterator[str]:
    blank = sum(not row["col_name"] for row in sent.meta)
    if blank:
        yield f"{blank} descriptions name no column"


def meta_label(sent: Sent) -> Iterator[str]:
    yield from (f"{row['col_name']}: expected a label" for row in sent.meta if not row["label"].strip())


def meta_dupe_label(sent: Sent) -> Iterator[str]:
    yield from (f"the label {label} stands more than once" for label in _twice(r["label"] for r in sent.meta))


def meta_col_name_dupe(sent: Sent) -> Iterator[str]:
    yield from (f"{name} is described more than once" for name in _twice(r["col_name"] for r in sent.meta))


def meta_col_name_spaces(sent: Sent) -> Iterator[str]:
    yield from (f"there is a space in {r['col_name']}" for r in sent.meta if re.search(r"\s", r["col_name"]))


def meta_indicator_grouping(sent: Sent) -> Iterator[str]:
    for row in sent.of_type("Filter"):
        if row["indicator_grouping"]:
            yield f"{row['col_name']}: a filter has no indicator_grouping"


def meta_ind_unit_validation(sent: Sent) -> Iterator[str]:
    for row in sent.of_type("Indicator"):
        if row["indicator_unit"] not in UNITS:
            yield f"{row['col_name']}: expected one of the units, came {row['indicator_unit']}"


def meta_ind_dp_values(sent: Sent) -> Iterator[str]:
    for row in sent.meta:
        if row["indicator_dp"] and not re.fullmatch(r"\d+", row["indicator_dp"]):
            yield f"{row['col_name']}: expected a whole number of decimals, came {row['indicator_dp']}"


def meta_ind_dp_set(sent: Sent) -> Iterator[str]:
    for row in sent.of_type("Indicator"):
        if not row["indicator_dp"]:
            yield f"{row['col_name']}: expected a number of decimals"


def meta_filter_hint(sent: Sent) -> Iterator[str]:
    for row in sent.of_type("Indicator"):
        if row["filter_hint"]:
            yield f"{row['col_name']}: an indicator has no filter_hint"


def meta_fil_grp(sent: Sent) -> Iterator[str]:
    for row in sent.meta:
        name, column = row["col_name"], row["filter_grouping_column"]
        if column and row["col_type"] != "Filter":
            yield f"{name}: an indicator has no filter_grouping_column"
        elif column and column not in sent.header:
            yield f"{name}: its filter_grouping_column {column} is not in the data"


CHECKS: dict[str, Check] = {
    "precheck_meta_col_type": meta_col_type,
    "precheck_meta_col_name": meta_col_name,
    "check_meta_label": meta_label,
    "check_meta_dupe_label": meta_dupe_label,
    "check_meta_col_name_dupe": meta_col_name_dupe,
    "check_meta_col_name_spaces": meta_col_name_spaces,
    "check_meta_indicator_grouping": meta_indicator_grouping,
    "check_meta_ind_unit_validation": meta_ind_unit_validation,
    "check_meta_ind_dp_values": meta_ind_dp_values,
    "check_meta_ind_dp_set": meta_ind_dp_set,
    "check_meta_filter_hint": meta_filter_hint,
    "check_meta_fil_grp": meta_fil_grp,
}
