"""Whether two files belong together: their names, their columns, what one says of the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assets.screening.sent import ALWAYS, META, META_TOO, PLACES, TIME, Check, Sent

MOST_IN_A_FILE_NAME = 50


def filename_spaces(sent: Sent) -> Iterator[str]:
    yield from (f"there is a space in {name}" for name in (sent.name, sent.meta_name) if " " in name)


def filename_special(sent: Sent) -> Iterator[str]:
    if not re.fullmatch(r"[a-z0-9_-]+\.csv", sent.name):
        yield f"expected lower-case letters, digits, - and _ in the name, came {sent.name}"


def filenames_match(sent: Sent) -> Iterator[str]:
    expected = sent.name.removesuffix(".csv") + ".meta.csv"
    if sent.meta_name != expected:
        yield f"expected {expected} beside {sent.name}, came {sent.meta_name}"


def col_req_data(sent: Sent) -> Iterator[str]:
    yield from (f"expected the column {c}" for c in ALWAYS if c not in sent.header)


def col_req_meta(sent: Sent) -> Iterator[str]:
    yield from (f"expected the column {c}" for c in META if c not in sent.meta_header)


def col_invalid_meta(sent: Sent) -> Iterator[str]:
    known = (*META, *META_TOO)
    yield from (f"{c} is no column of a description" for c in sent.meta_header if c not in known)


def cross_meta_to_data(sent: Sent) -> Iterator[str]:
    described = [row["col_name"] for row in sent.meta]
    yield from (f"{c} is described but not in the data" for c in described if c and c not in sent.header)


def cross_data_to_meta(sent: Sent) -> Iterator[str]:
    described = {row["col_name"] for row in sent.meta}
    yield from (f"{c} is in the data but not described" for c in sent.own() if c not in described)


def col_to_rows(sent: Sent) -> Iterator[str]:
    if len(sent.meta) != len(sent.own()):
        yield f"expected one description for each of {len(sent.own())} columns, came {len(sent.meta)}"


def meta_ob_unit(sent: Sent) -> Iterator[str]:
    columns = (*ALWAYS, *PLACES)
    yield from (f"{r['col_name']} is time or place" for r in sent.of_type("Filter") if r["col_name"] in columns)  # fmt: skip


def meta_geog_catch(sent: Sent) -> Iterator[str]:
    places = (*ALWAYS[len(TIME) :], *PLACES)
    described = [row["col_name"] for row in sent.meta]
    yield from (f"{name} is a place, which is not described" for name in described if name in places)


MUST_PASS: dict[str, Check] = {
    "check_filenames_match": filenames_match,
    "precheck_col_req_data": col_req_data,
    "precheck_col_req_meta": col_req_meta,
    "precheck_cross_meta_to_data": cross_meta_to_data,
}
"""Without these the rest cannot be asked."""

CHECKS: dict[str, Check] = {
    "check_filename_spaces": filename_spaces,
    "check_filename_special": filename_special,
    "precheck_col_invalid_meta": col_invalid_meta,
    "precheck_cross_data_to_meta": cross_data_to_meta,
    "precheck_col_to_rows": col_to_rows,
    "precheck_meta_ob_unit": meta_ob_unit,
    "check_meta_geog_catch": meta_geog_catch,
}
