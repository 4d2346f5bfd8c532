"""Reading a file of person records that somebody else made: which column is what, and in comparable form.

Column names are known by their usual synonyms; whatever else at least half of the records fill is compared
as text, and the rest is named as ignored. A date's order (day first or month first) is decided for the
whole column of a source by its values. Dates that no calendar has are kept: a slip of one digit is still evidence.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

import duckdb

from linkage.columns import IDENTIFIERS, CannotEvaluate, Layout, by_heading, laid_out, plain, text_of
from linkage.steps import SCRATCH, number, rows

DATE_FORMS = {
    "iso": (r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", r"\1-\2-\3"),
    "compact": (r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3"),
    "day first": (r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", r"\3-\2-\1"),
    "month first": (r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", r"\3-\1-\2"),
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

    @property
    def compared(self) -> tuple[str, ...]:
        """Everything that records are compared by."""
        return (*self.names, *self.identifiers, *self.texts, *self.short_texts)


def _reader(path: Path) -> str:
    if not path.is_file():
        raise CannotEvaluate(
            f"there is no file {path.name}; expected a CSV or Parquet file of person records"
        )
    name = _quoted(str(path))
    if path.suffix.lower() in (".parquet", ".pq"):
        return f"read_parquet({name})"
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        return f"read_csv({name}, all_varchar = true, header = true, encoding = '{_encoding(path)}')"
    raise CannotEvaluate(f"{path.name} should be a CSV or Parquet file, but its ending is '{path.suffix}'")


def _encoding(path: Path) -> str:
    """UTF-16 says so itself; what is not UTF-8 is taken for Latin-1."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"


def _headings(con: duckdb.DuckDBPyConnection, reader: str, name: str) -> dict[str, str]:
    """The columns by their plain headings; CannotEvaluate where the file is not what its ending says."""
    try:
        described = rows(con, f"describe select * from {reader}")
    except duckdb.Error:
        said = "expected Parquet, or CSV in which every row has as many cells as the first line has headings"
        raise CannotEvaluate(f"{name} could not be read: {said}") from None
    return by_heading([str(heading) for heading, *_ in described])


def _in_order(layout: Layout, wanted: str, reader: str) -> str:
    """Select `wanted` with `no`, the record's number by source and record id, then place in the file."""
    order = ", ".join([*layout.of("source", "record_id"), "place"])
    return (
        f"select row_number() over (order by {order}) as no, {wanted} "
        f"from (select row_number() over () as place, * from {reader})"
    )


def _layout(con: duckdb.DuckDBPyConnection, path: Path, truth: str) -> tuple[str, Layout, str]:
    """SQL that reads the file, what its columns are, all but that of the truth, and SQL for the truth."""
    reader = _reader(path)
    headings = _headings(con, reader, path.name)
    if plain(truth) not in headings:
        there = ", ".join(headings.values())
        raise CannotEvaluate(f"{path.name} has no column '{truth}' with the true person; it has: {there}")
    person = text_of(headings.pop(plain(truth)))
    return reader, laid_out(headings), person


def read_people(con: duckdb.DuckDBPyConnection, path: Path, truth: str) -> FileOfPeople:
    """Make `file_record` (no, one, source, …) in scratch from every column but `truth`."""
    reader, layout, _ = _layout(con, path, truth)
    wanted = [f'{sql} as "{name}"' for name, sql in {**layout.known, **layout.rest}.items()]
    sent = _in_order(layout, ", ".join(wanted or ["null as nothing"]), reader)
    try:
        con.execute(f"create or replace table {SCRATCH}.file_sent as {sent}")
    except duckdb.Error:
        raise CannotEvaluate(
            f"{path.name} could not be read to its end: expected as many cells in every row as there are headings"
        ) from None
    if not number(con, f"select count(*) from {SCRATCH}.file_sent"):
        raise CannotEvaluate(f"{path.name} has headings and no records; expected some hundred at least")
    return _made_comparable(con, layout)


def read_truth(con: duckdb.DuckDBPyConnection, path: Path, truth: str) -> None:
    """Make `file_truth` (no, person) in scratch. Called when everything has been decided."""
    reader, layout, person = _layout(con, path, truth)
    sent = _in_order(layout, f"{person} as person", reader)
    con.execute(f"create or replace table {SCRATCH}.file_truth as {sent}")


def _made_comparable(con: duckdb.DuckDBPyConnection, layout: Layout) -> FileOfPeople:
    source = "source" if "source" in layout.known else "'all'"
    has = {role for role in layout.known if role == "source" or _share(con, role, source) > 0}
    rest = list(layout.rest)
    identifiers = [name for name in rest if name in IDENTIFIERS and _share(con, name, source) > 0]
    ignored = [name for name in rest if name in IDENTIFIERS and name not in identifiers]
    ignored += layout.useless
    extras = [name for name in rest if name not in IDENTIFIERS]
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
    """SQL for one form of date: the form that gives the most real dates among these records; as sent where none does."""
    counts = {}
    for form, (pattern, written) in DATE_FORMS.items():
        there = f"from {SCRATCH}.file_sent where {where} and regexp_matches(date_of_birth, '{pattern}')"
        counts[form] = number(con, f"select count(try_cast({_written(pattern, written)} as date)) {there}")
    best = max(counts, key=lambda form: counts[form])
    if not counts[best]:
        return "upper(date_of_birth)"
    pattern, written = DATE_FORMS[best]
    return f"case when regexp_matches(date_of_birth, '{pattern}') then {_written(pattern, written)} end"


def _written(pattern: str, written: str) -> str:
    """SQL: a date of this form as YYYY-MM-DD, be it one that no calendar has."""
    parts = f"regexp_replace(date_of_birth, '{pattern}.*', '{written}')"
    return f"regexp_replace(regexp_replace({parts}, '-(\\d)-', '-0\\1-'), '-(\\d)$', '-0\\1')"


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
