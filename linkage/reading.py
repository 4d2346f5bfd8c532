"""Reading a file of person records that somebody else made: which column is what, and in comparable form.

Column names are known by their usual synonyms; whatever else at least half of the records fill is compared
as text, and the rest is named as ignored. A date's order (day first or month first) is decided for the
whole column of a source by its values. Dates that no calendar has are kept: a slip of one digit is still evidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from linkage.steps import SCRATCH, number, rows

SYNONYMS = {
    "record_id": ("record_id", "rec_id", "recordid", "unique_id", "id"),
    "source": ("source", "source_dataset", "source_file", "dataset"),
    "forename": ("forename", "first_name", "given_name", "firstname", "forenames"),
    "surname": ("surname", "last_name", "family_name", "lastname"),
    "date_of_birth": ("date_of_birth", "dob", "birth_date", "birthdate"),
    "sex": ("sex", "gender"),
    "postcode": ("postcode", "zipcode", "zip", "postal_code", "zip_code"),
}
"""Our name for a column, and the names it goes by."""

IDENTIFIERS = (
    "id_number",
    "upn",
    "nhs_number",
    "uln",
    "ssn",
    "soc_sec_id",
    "national_id",
    "former_upn",
    "itin",
)
"""Columns that hold a number of the person's own."""

ROW_NUMBER = r"^(__index_level_\d+__|unnamed: \d+|column0|index|row_?(no|number)?)$"
"""Columns in which programs write down the number of a row: equal numbers in two lists mean nothing."""

DATE_FORMS = {
    "iso": (r"^(\d{4})-(\d{2})-(\d{2})", r"\1-\2-\3"),
    "compact": (r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3"),
    "day first": (r"^(\d{2})/(\d{2})/(\d{4})$", r"\3-\2-\1"),
    "month first": (r"^(\d{2})/(\d{2})/(\d{4})$", r"\3-\1-\2"),
}
"""How a date may be written, and how it becomes YYYY-MM-DD. The earlier form wins when both fit."""


@dataclass(frozen=True)
class FileOfPeople:
    """What was found: records, sources in order, which columns are compared as what, which are not."""

    records: int
    sources: tuple[str, ...]
    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    texts: tuple[str, ...]
    short_texts: tuple[str, ...]
    ignored: tuple[str, ...]


def _reader(path: Path) -> str:
    if not path.is_file():
        raise FileNotFoundError(
            f"No file of person records at {path.name}; give the path of a CSV or Parquet file."
        )
    if path.suffix.lower() in (".parquet", ".pq"):
        return f"read_parquet('{path}')"
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        return f"read_csv('{path}', all_varchar = true, header = true)"
    raise ValueError(f"{path.name} should be a CSV or Parquet file; its ending is '{path.suffix}'.")


def _columns(con: duckdb.DuckDBPyConnection, reader: str) -> dict[str, str]:
    """Column names in lower case without surrounding blanks, and as the file has them."""
    described = rows(con, f"describe select * from {reader}")
    return {str(name).strip().lower(): str(name) for name, *_ in described}


def _text(name: str) -> str:
    return 'nullif(trim(cast("' + name.replace('"', '""') + "\" as text)), '')"


def _in_order(known: dict[str, str], wanted: str, reader: str) -> str:
    """Select `wanted` with `no`, the record's number by source and record id, then place in the file."""
    keys = [
        _text(known[name]) for role in ("source", "record_id") for name in SYNONYMS[role] if name in known
    ]
    order = ", ".join([*keys, "place"])
    return (
        f"select row_number() over (order by {order}) as no, {wanted} "
        f"from (select row_number() over () as place, * from {reader})"
    )


def read_people(con: duckdb.DuckDBPyConnection, path: Path, truth: str) -> FileOfPeople:
    """Make `file_record` (no, one, source, …) in scratch from every column but `truth`."""
    reader = _reader(path)
    known = _columns(con, reader)
    if truth.lower() not in known:
        raise ValueError(
            f"{path.name} has no column '{truth}' with the true person; it has: {', '.join(known)}."
        )
    known.pop(truth.lower())
    roles = {role: next((n for n in names if n in known), None) for role, names in SYNONYMS.items()}
    rest = [name for name in known if name not in roles.values()]
    wanted = [f"{_text(known[name])} as {role}" for role, name in roles.items() if name]
    wanted += [f'{_text(known[name])} as "{name}"' for name in rest]
    con.execute(
        f"create or replace table {SCRATCH}.file_sent as {_in_order(known, ', '.join(wanted), reader)}"
    )
    return _made_comparable(con, roles, rest)


def read_truth(con: duckdb.DuckDBPyConnection, path: Path, truth: str) -> None:
    """Make `file_truth` (no, person) in scratch. Called when everything has been decided."""
    reader = _reader(path)
    known = _columns(con, reader)
    wanted = f"{_text(known[truth.lower()])} as person"
    con.execute(f"create or replace table {SCRATCH}.file_truth as {_in_order(known, wanted, reader)}")


def _made_comparable(
    con: duckdb.DuckDBPyConnection, roles: dict[str, str | None], rest: list[str]
) -> FileOfPeople:
    source = "source" if roles["source"] else "'all'"
    has = {
        role for role, name in roles.items() if name and (role == "source" or _share(con, role, source) > 0)
    }
    identifiers = [name for name in rest if name in IDENTIFIERS and _share(con, name, source) > 0]
    ignored = [name for name in rest if name in IDENTIFIERS and name not in identifiers]
    ignored += [name for name in rest if re.search(ROW_NUMBER, name)]
    extras = [name for name in rest if name not in (*IDENTIFIERS, *ignored)]
    texts, short, of_no_use = _sorted_out(con, extras, source)
    ignored += of_no_use
    named = [
        _comparable(con, role, source)
        for role in ("forename", "surname", "date_of_birth", "sex", "postcode")
        if role in has
    ]
    numbers = [f'link_code("{name}") as "{name}"' for name in identifiers]
    words = [
        f"""nullif(trim(regexp_replace(upper(strip_accents("{name}")), '[^\\p{{L}}0-9]+', ' ', 'g')), '') as "{name}" """
        for name in (*texts, *short)
    ]
    con.execute(
        f"create or replace table {SCRATCH}.file_tidy as select no, 1 as one, coalesce({source}, 'none') as source, "
        f"{', '.join([*named, *numbers, *words])} from {SCRATCH}.file_sent"
    )
    _with_nicknames(con, "forename" in has, "sex" in has)
    found = rows(con, f"select source, count(*) from {SCRATCH}.file_record group by source order by source")
    names = tuple(role for role in ("forename", "surname", "date_of_birth", "sex", "postcode") if role in has)
    return FileOfPeople(
        records=sum(n for _, n in found),
        sources=tuple(source for source, _ in found),
        names=names,
        identifiers=tuple(identifiers),
        texts=tuple(texts),
        short_texts=tuple(short),
        ignored=tuple(ignored),
    )


def _with_nicknames(con: duckdb.DuckDBPyConnection, forenames: bool, sexes: bool) -> None:
    """`file_record`: `file_tidy` with the forename after nicknames beside the forename."""
    if not forenames:
        con.execute(f"create or replace table {SCRATCH}.file_record as from {SCRATCH}.file_tidy order by no")
        return
    nickname = f"{SCRATCH}.nickname"
    if not sexes:  # a short form that stands for one name only
        nickname = (
            f"(select forename, any_value(common) as common from {nickname} group by 1 having count(*) = 1)"
        )
    on = "n.forename = t.forename" + (" and n.sex = t.sex" if sexes else "")
    con.execute(
        f"create or replace table {SCRATCH}.file_record as "
        f"select t.*, coalesce(n.common, t.forename) as forename_common "
        f"from {SCRATCH}.file_tidy t left join {nickname} n on {on} order by no"
    )


def _comparable(con: duckdb.DuckDBPyConnection, role: str, source: str) -> str:
    if role == "date_of_birth":
        return f"{_as_date(con, source)} as date_of_birth"
    forms = {
        "forename": "link_forename(forename)",
        "surname": "link_surname(surname)",
        "sex": "coalesce(link_sex(sex), link_code(sex))",
        "postcode": "coalesce(link_postcode(postcode), link_code(postcode))",
    }
    return f"{forms[role]} as {role}"


def _as_date(con: duckdb.DuckDBPyConnection, source: str) -> str:
    """SQL that writes the birth date as YYYY-MM-DD, in the form that most values of each source have."""
    sources = [str(one) for (one,) in rows(con, f"select distinct {source} from {SCRATCH}.file_sent") if one]
    written = [
        f"when {source} = {_quoted(one)} then {_date_form(con, f'{source} = {_quoted(one)}')}"
        for one in sources
    ]
    return f"case {' '.join(written)} else {_date_form(con, 'true')} end"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _date_form(con: duckdb.DuckDBPyConnection, where: str) -> str:
    """SQL for one form of date: the form that gives the most real dates among these records."""
    counts = {}
    for form, (pattern, written) in DATE_FORMS.items():
        real = f"try_cast(regexp_replace(date_of_birth, '{pattern}.*', '{written}') as date)"
        shaped = f"regexp_matches(date_of_birth, '{pattern}')"
        counts[form] = number(
            con, f"select count({real}) from {SCRATCH}.file_sent where {where} and {shaped}"
        )
    pattern, written = DATE_FORMS[max(counts, key=lambda form: counts[form])]
    shaped = f"regexp_matches(date_of_birth, '{pattern}')"
    return f"case when {shaped} then left(regexp_replace(date_of_birth, '{pattern}', '{written}'), 10) end"


def _share(con: duckdb.DuckDBPyConnection, name: str, source: str) -> float:
    """The share of records that fill a column, in the source that fills it least."""
    filled = f'select count("{name}") / count(*) as filled from {SCRATCH}.file_sent group by {source}'
    return float(rows(con, f"select min(filled) from ({filled})")[0][0] or 0)


def _sorted_out(
    con: duckdb.DuckDBPyConnection, extras: list[str], source: str
) -> tuple[list[str], list[str], list[str]]:
    """Extra columns worth comparing (words; short codes) and those that are not: mostly empty in some
    source, the same everywhere, or never the same twice."""
    texts: list[str] = []
    short: list[str] = []
    ignored: list[str] = []
    for name in extras:
        values, given, length = rows(
            con,
            f'select count(distinct "{name}"), count("{name}"), avg(length("{name}")) from {SCRATCH}.file_sent',
        )[0]
        useful = _share(con, name, source) >= 0.5 and 1 < values < given
        (ignored if not useful else short if length < 5 else texts).append(name)
    return texts, short, ignored
