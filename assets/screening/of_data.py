"""Whether the rows of a file can be read: filters with all their items, figures or symbols, plain column names."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from math import prod

from assets.screening.sent import ALWAYS, PLACES, Check, Sent
from schemas.indicators import ETHNIC_GROUPS, SEXES, indicators

SYMBOLS = {"z", "x", "c", "low"}
NUMBER = re.compile(r"-?\d+(\.\d+)?")
WORDS_FOR_NOTHING = {"NULL", "NA", "null", "NaN", "nan", "None"}
MOST_ITEMS = 25_000
LIMITS = {"column name": 50, "label": 100, "place code": 30, "filter item or place name": 120}
"""Characters that the service's interface for programs takes."""
GROUPS_OF_CHILDREN = {
    "male", "female", "males", "females", "boys", "girls", "white", "black", "asian", "mixed", "fsm", "sen", "eal",
}  # fmt: skip
"""Words that belong in a filter, not in the name of a figure."""
OLD_NAMES = {"gender": "sex", "ethnic_group": "ethnicity_major", "ethnicity": "ethnicity_major"}
HARMONISED = {"sex": {*SEXES.values(), "Total"}, "ethnicity_major": {*ETHNIC_GROUPS, "Total"}}
"""What common filters are called, and their items."""


def filter_not_singular(sent: Sent) -> Iterator[str]:
    yield from (
        f"{name} has fewer than two items" for name in sent.named("Filter") if len(sent.values(name)) < 2
    )


def filter_blanks(sent: Sent) -> Iterator[str]:
    yield from (f"{name} has blank cells" for name in sent.named("Filter") if "" in sent.values(name))


def filter_ob_total(sent: Sent) -> Iterator[str]:
    for row in sent.of_type("Filter"):
        usual = row.get("filter_default") or "Total"
        if row["col_name"] in sent.header and not {usual, "Total"} & sent.values(row["col_name"]):
            yield f"{row['col_name']} has neither a Total nor its named default"


def filter_defaults(sent: Sent) -> Iterator[str]:
    for row in sent.meta:
        usual, name = row.get("filter_default") or "", row["col_name"]
        if usual and (row["col_type"] != "Filter" or usual not in sent.values(name)):
            yield f"{name}: its default {usual} is none of its items"


def filter_group_level(sent: Sent) -> Iterator[str]:
    for row in sent.of_type("Filter"):
        name, group = row["col_name"], row["filter_grouping_column"]
        if group in sent.header and name in sent.header and len(sent.values(group)) >= len(sent.values(name)):
            yield f"{group} has as many groups as {name} has items"


def filter_item_limit(sent: Sent) -> Iterator[str]:
    for name in (*sent.named("Filter"), *sent.groupings()):
        if len(sent.values(name)) > MOST_ITEMS:
            yield f"{name} has more than {MOST_ITEMS} items"


def filter_whitespace(sent: Sent) -> Iterator[str]:
    for name in (*sent.named("Filter"), *sent.groupings()):
        if any(value != value.strip() for value in sent.values(name)):
            yield f"{name} has spaces around its items"


def general_dupes(sent: Sent) -> Iterator[str]:
    columns = [c for c in (*ALWAYS, *PLACES, *sent.named("Filter"), *sent.groupings()) if c in sent.header]
    repeated = len(sent.rows) - len({tuple(row[c] for c in columns) for row in sent.rows})
    if repeated:
        yield f"{repeated} rows repeat time, place and filters of another"


def general_null(sent: Sent) -> Iterator[str]:
    for what, header, rows in (
        ("data", sent.header, sent.rows),
        ("description", sent.meta_header, sent.meta),
    ):
        found = [c for c in header if WORDS_FOR_NOTHING & {row.get(c) or "" for row in rows}]
        yield from (f"{c} of the {what} holds a word for nothing" for c in found)


def ind_invalid_entry(sent: Sent) -> Iterator[str]:
    for name in sent.named("Indicator"):
        odd = {cell for cell in sent.values(name) if not NUMBER.fullmatch(cell)} - SYMBOLS
        if odd:
            yield f"{name} holds {len(odd)} different cells that are neither numbers nor z, x, c or low"


def col_snake_case(sent: Sent) -> Iterator[str]:
    wrong = [c for c in sent.header if not re.fullmatch(r"[a-zA-Z0-9]+(_[a-zA-Z0-9]+)*", c) or c != c.lower()]
    yield from (f"expected snake_case, came {c}" for c in wrong)


def col_names_spaces(sent: Sent) -> Iterator[str]:
    yield from (f"there is a space in the column {c}" for c in sent.header if re.search(r"\s", c))


def col_var_start(sent: Sent) -> Iterator[str]:
    yield from (
        f"{c} does not begin with a lower-case letter" for c in sent.header if not re.match("[a-z]", c)
    )


def col_ind_smushed(sent: Sent) -> Iterator[str]:
    for name in sent.named("Indicator"):
        if GROUPS_OF_CHILDREN & set(name.lower().split("_")):
            yield f"{name} names a group of children, which belongs in a filter"


def col_var_characteristic(sent: Sent) -> Iterator[str]:
    described = {row["col_name"] for row in sent.meta}
    found = sorted(described & {"characteristic", "characteristic_group"})
    yield from (f"{name}: give each characteristic a column of its own" for name in found)


def harmonised(sent: Sent) -> Iterator[str]:
    for name in sent.named("Filter"):
        if name in OLD_NAMES:
            yield f"{name} is called {OLD_NAMES[name]}"
        unknown = sent.values(name) - HARMONISED.get(name, sent.values(name))
        yield from (f"{name} has no item {item}" for item in sorted(unknown))


@functools.cache
def dictionary() -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    """What the registry of indicators declares: figures, and filters with their items."""
    told = [one.publication for one in indicators().values()]
    figures = frozenset(c for t in told for c in (t.column, t.count, t.base) if c)
    filters = {t.filter_by for t in told if t.filter_by}
    return figures, {f: frozenset(t.filter or "" for t in told if t.filter_by == f) for f in filters}


def data_dictionary(sent: Sent) -> Iterator[str]:
    figures, filters = dictionary()
    yield from (f"the registry knows no figure {c}" for c in sent.named("Indicator") if c not in figures)
    for name in sent.named("Filter"):
        unknown = sorted(sent.values(name) - filters.get(name, frozenset()))
        yield from (f"the registry knows no {item} of {name}" for item in unknown)


def api_char_limit(sent: Sent) -> Iterator[str]:
    names = [c for c in PLACES if c.endswith("_name") and c in sent.header]
    codes = [c for c in PLACES if not c.endswith("_name") and c in sent.header]
    texts = {
        "column name": set(sent.header),
        "label": {row["label"] for row in sent.meta},
        "place code": {value for c in codes for value in sent.values(c)},
        "filter item or place name": {v for c in (*sent.named("Filter"), *names) for v in sent.values(c)},
    }
    for what, found in texts.items():
        yield from (f"the {what} {text} is too long" for text in sorted(found) if len(text) > LIMITS[what])


def filter_complete(sent: Sent) -> Iterator[str]:
    """Not one of theirs: a table tool shows a hole where a combination is missing."""
    columns = [c for c in (*ALWAYS, *PLACES) if c in sent.header]
    places = len({tuple(row[c] for c in columns) for row in sent.rows})
    expected = places * prod(len(sent.values(name)) for name in sent.named("Filter"))
    if expected != len(sent.rows):
        yield f"expected every combination of filters in every place ({expected} rows), came {len(sent.rows)}"


CHECKS: dict[str, Check] = {
    "precheck_filter_not_singular": filter_not_singular,
    "check_filter_blanks": filter_blanks,
    "check_filter_ob_total": filter_ob_total,
    "check_filter_defaults": filter_defaults,
    "check_filter_group_level": filter_group_level,
    "check_filter_item_limit": filter_item_limit,
    "check_filter_whitespace": filter_whitespace,
    "check_general_dupes": general_dupes,
    "check_general_null": general_null,
    "check_ind_invalid_entry": ind_invalid_entry,
    "check_col_snake_case": col_snake_case,
    "check_col_names_spaces": col_names_spaces,
    "check_col_var_start": col_var_start,
    "check_col_ind_smushed": col_ind_smushed,
    "check_col_var_characteristic": col_var_characteristic,
    "check_harmonised": harmonised,
    "check_data_dictionary": data_dictionary,
    "check_api_char_limit": api_char_limit,
    "check_filter_complete": filter_complete,
}
