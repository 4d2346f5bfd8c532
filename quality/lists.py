"""Lists from elsewhere that a return is held against: the country's postcodes, and Ofsted's providers.

Nobody sends them with a return. Their headings change with every edition, so each column is known by a
pattern that fits the headings we have met, without regard to case, spaces and punctuation. A list may lack
a column; a rule that needs it then cannot be checked, and says so.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from quality.rows import mappings, text_of
from schemas.authorities import authorities

POSTCODES, PROVIDERS = "postcodes", "providers"

REFERENCE: Mapping[str, Mapping[str, str]] = {
    POSTCODES: {
        "pcds": r"pcds|postcode|pcd\d?",
        "easting": r"easting|(os)?east1m",
        "northing": r"northing|(os)?no?rth1m",
        "authority": r"authority|oslaua|laua|lad\d\dcd",
        "county": r"county|oscty|cty\d\dcd",
    },
    PROVIDERS: {
        "URN": r"urn",
        "place_codes": r"place_codes?|placement_codes?|provider_placement_code",
        "provider_codes": r"provider_codes?|placement_provider_code",
        "reg_end": r"reg_end|closed_date|deregistration_date",
        "postcode": r"postcode|setting_(address_)?postcode",
        "authority": r"la_code(_inferred)?|authority|local_authority|la_name(_from_file)?",
    },
}
"""List -> column that rules read -> the headings under which it comes, the best first."""
REFERENCE_NAMES = {POSTCODES: "a directory of postcodes", PROVIDERS: "the list of registered providers"}

_DAY = "coalesce(try_strptime({0}, '%Y-%m-%d'), try_strptime({0}, '%d/%m/%Y'))::date"
_CODES = "list_filter(regexp_split_to_array({0}, '[,;/ ]+'), lambda code: code <> '')"
_READ_AS = {
    "easting": ("double", "nullif(try_cast({0} as double), 0)"),
    "northing": ("double", "nullif(try_cast({0} as double), 0)"),
    "place_codes": ("varchar[]", _CODES),
    "provider_codes": ("varchar[]", _CODES),
    "reg_end": ("date", _DAY),
    "postcode": ("varchar", "tidy_postcode({0})"),
}
_AREA = """case
    when county like 'E10%' then county  -- in counties the directory names the district first
    when authority like 'E07%' then null
    when authority like 'W%' then 'WAL'
    when authority like 'S%' then 'SCO'
    when authority like 'N%' then 'NIR'
    when regexp_matches(authority, '^[LM][0-9]') then 'NUK'  -- Channel Islands, Isle of Man
    else authority end"""


def read_list(name: str, path: Path) -> pl.DataFrame:
    """A list from a CSV, with the columns that rules read; the whole of a national directory would fill the memory."""
    names = pl.read_csv(path, n_rows=0, infer_schema=False).columns
    wanted = list(headings(name, names).values())
    return reference_frame(name, pl.read_csv(path, columns=wanted, infer_schema=False))


def reference_frame(name: str, rows: Any) -> pl.DataFrame:
    """A list with those of its columns that rules read, as text; plain text is the first column."""
    frame = rows if isinstance(rows, pl.DataFrame) else _text_frame(name, rows)
    found = headings(name, frame.columns)
    return frame.select(_as_text(frame, heading).alias(column) for column, heading in found.items())


def _text_frame(name: str, rows: Any) -> pl.DataFrame:
    first = next(iter(REFERENCE[name]))
    table = [{first: row} if isinstance(row, str) else row for row in mappings(rows)]
    names = dict.fromkeys(str(key) for row in table for key in row) or {first: None}
    return pl.DataFrame(
        {key: pl.Series([text_of(row.get(key)) for row in table], dtype=pl.String) for key in names}
    )


def headings(name: str, among: Iterable[str]) -> dict[str, str]:
    """Which heading holds which column of a list. A pattern's first alternative that is there wins."""
    plain = {re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_"): heading for heading in among}
    found: dict[str, str] = {}
    for column, pattern in REFERENCE[name].items():
        fitting = [known for option in pattern.split("|") for known in plain if re.fullmatch(option, known)]
        if fitting:
            found[column] = plain[fitting[0]]
    return found


def _as_text(frame: pl.DataFrame, heading: str) -> pl.Expr:
    """A spreadsheet turns numbers like 1234567 into 1234567.0, and days into points in time."""
    column, kind = pl.col(heading), frame.schema[heading]
    if kind.is_float():
        column = column.cast(pl.Int64, strict=False)
    if kind == pl.Datetime:
        column = column.dt.date()
    return column.cast(pl.String).str.strip_chars().replace("", None)


@functools.cache
def areas() -> pl.DataFrame:
    """Every code and name under which an authority has been known (`code`), and its three digits (`area`)."""
    known = authorities()
    forms = [known.select(pl.col(form).alias("code"), area="la_code") for form in _FORMS]
    return pl.concat(forms).drop_nulls().unique("code", keep="last", maintain_order=True)


_FORMS = ("la_name", "new_la_code", "la_code")


def list_sql(name: str, has: Collection[str], source: str, area_of: str) -> str:
    """A list as rules see it: typed, every column there; authorities in the form of the table `area_of`."""
    raw = ", ".join(
        f'"{column}"' if column.lower() in has else f'null::varchar as "{column}"'
        for column in REFERENCE[name]
    )
    typed = [f'{_typed(column)} as "{column}"' for column in REFERENCE[name] if column != "authority"]
    place = (
        f"from (select * replace ({_AREA} as authority) from listed)" if name == POSTCODES else "from listed"
    )
    return f"""with listed as (select {raw} from {source}), placed as ({place})
        select {", ".join(typed)}, coalesce(known.area, placed.authority) as authority
        from placed left join {area_of} known on known.code = placed.authority"""


def empty_list_sql(name: str) -> str:
    """The same columns and no rows."""
    kinds = {column: _READ_AS.get(column, ("varchar", ""))[0] for column in REFERENCE[name]}
    return "select " + ", ".join(f'null::{kind} as "{c}"' for c, kind in kinds.items()) + " where false"


def _typed(column: str) -> str:
    return _READ_AS.get(column, ("varchar", "{0}"))[1].format(f'placed."{column}"')
