"""What may be known about a child once nobody needs to know who the child is.

On one connection, where returns and persons meet, every table is written out again without the columns
that its declaration marks as identifying. In their place stand a keyed pseudonym of the person, the
month of birth, ages, sex, ethnicity and where the row came from. Cohorts and marts are made on a second
connection in which only these files exist.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import polars as pl

from schemas.authorities import load_reference
from schemas.code_sets import code_set, load_codes
from schemas.duck import sql_text
from schemas.returns import RETURNS, Return
from schemas.table import Column, Table, columns

ROLLS = {"on": "pupilonroll", "off": "pupilnolongeronroll"}
"""The two pupil tables of the school census: still on roll on census day, or left since the last one."""

MEASURED = ("cin", "ssda903", "school_census")
"""Returns that outcomes are made from; the person-identifier file holds nothing else than identifiers."""

STRENGTHS = ("strict", "loose")
"""Other strengths of linkage that a headline is shown at, beside the standard one."""

KEY_DATES: Mapping[str, tuple[str, str]] = {
    "cin_cin_details": ("CINreferralDate", "CINclosureDate"),
    "cin_child_protection_plans": ("CPPstartDate", "CPPendDate"),
    "ssda903_episodes": ("DECOM", "DEC"),
}
"""First and last day of the event in a row. Offered are the age at the first, whether either is so near to
birth that it tells of the birthday, and whether the last would give the 18th birthday away."""

TELLING = {"cin": "cin_details", "ssda903": "episodes", "school_census": "pupilonroll"}
"""The table of each return without which it says nothing about its children."""

DERIVED = {"sex", "ethnicity"}
"""Names that take the place of a return's own column of the same name."""


def child_column(ret: Return, table: type[Table]) -> str | None:
    """The column by which a row of the table names its child (for pupils: the pupil of the file)."""
    for name in (ret.child, *(roll + "tableid" for roll in ROLLS.values())):
        if name and name in table.model_fields:
            return name
    return None


def has_child(ret: Return, table: type[Table]) -> bool:
    """Whether rows of the table belong to a child."""
    return child_column(ret, table) is not None


def record_key(ret: Return, table: type[Table], alias: str | None = None) -> str:
    """SQL for the identity record that a row belongs to: `<return>|<submission>|<child of the file>`.

    A pupil of the school census is `on:` or `off:` and COLLECT's own number in that file.
    """
    name = child_column(ret, table)
    if name is None:
        raise LookupError(f"rows of {ret.name}.{table.VIEW} belong to no child, so they have no record key")
    dot = f"{alias}." if alias else ""
    roll = next((f"{roll}:" for roll, pupil in ROLLS.items() if name == pupil + "tableid"), "")
    return f"'{ret.name}|' || {dot}submission || '|{roll}' || {dot}\"{name}\""


def write(
    con: duckdb.DuckDBPyConnection,
    project_key: bytes,
    folder: Path,
    held: Mapping[str, Iterable[tuple[int, str, str]]] | None = None,
) -> None:
    """Write every table without its identifiers to `folder`, one Parquet file each.

    `con` holds `returns.*`, `people.record` and `people.person`, and where linkage says who a record
    would be at another strength, `people.person_at` (record_id, level, person_id). `held` names per return
    the (year, la, submission) whose telling table was sent, be it empty; without it, rows decide.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_children(con, project_key)
    _make_pupils(con)
    for ret in (RETURNS[name] for name in MEASURED):
        for table in ret.tables:
            _copy(con, _without_identifiers(ret, table), folder / f"{ret.stored_as(table)}.parquet")
        told = None if held is None else held.get(ret.name, ())
        _copy(con, _received(con, ret, told), folder / f"received_{ret.name}.parquet")
    levels = _strengths(con)
    _copy(con, f"select unnest({levels}::varchar[]) as strength", folder / "strengths.parquet")


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    con.execute(f"copy ({query}) to {sql_text(path)} (format parquet)")


def _strengths(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The strengths that linkage told of; without its table only the standard one is known."""
    return list(STRENGTHS) if has_table(con, "people.person_at") else []


def has_table(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether `name`, as written in SQL, can be read."""
    try:
        con.execute(f"describe {name}").fetchall()
    except duckdb.CatalogException:
        return False
    return True


def make_children(con: duckdb.DuckDBPyConnection, project_key: bytes) -> None:
    """Make the temporary table `child_of`: per identity record all that may be said about its child.

    A record that linkage has not seen stands for a person of its own. `la_child` is what the child is to
    its authority whatever linkage says, because the department's figures link within one authority only;
    it stays in the working files and never enters a mart.
    """
    con.execute("create or replace temp table nobody (record_id text, level text, person_id text)")
    source = "people.person_at" if _strengths(con) else "nobody"
    con.execute(CHILD_BASE.format(sources=MEASURED, person_at=source))
    for name, what in (("person_token", "person"), ("local_token", "local")):
        _make_tokens(con, name, what, project_key)
    con.register("group_frame", code_set("ethnicity").select("code", "major_group"))
    con.execute(CHILD_OF)
    con.unregister("group_frame")
    for name in ("child_base", "person_token", "local_token", "nobody"):
        con.execute(f"drop table {name}")


CHILD_BASE = """
create or replace temp table child_base as
select r.record_id, r.source, r.year, r.la, r.submission, p.confidence, r.sex, r.ethnicity,
  coalesce('person|' || p.person_id, 'record|' || r.record_id) as person,
  case when r.la_child_id is not null then 'child|' || r.la || '|' || r.la_child_id end as local,
  coalesce(r.date_of_birth, r.expected_date_of_birth) as born,
  coalesce(strict.person_id, p.person_id, r.record_id) as strict,
  coalesce(loose.person_id, p.person_id, r.record_id) as loose
from people.record r left join people.person p using (record_id)
left join {person_at} strict on strict.record_id = r.record_id and strict.level = 'strict'
left join {person_at} loose on loose.record_id = r.record_id and loose.level = 'loose'
where r.source in {sources}
"""

CHILD_OF = """
create or replace temp table child_of as
select b.record_id, b.source, b.submission, b.confidence, b.born,
  coalesce(b.sex, 'U') as sex, b.ethnicity, coalesce(g.major_group, 'Unknown') as ethnic_group,
  p.token as child, l.token as la_child,
  dense_rank() over (partition by b.la, p.token, b.local is null order by b.local)::int as la_record,
  dense_rank() over (order by b.strict)::varchar as child_strict,
  dense_rank() over (order by b.loose)::varchar as child_loose
from child_base b join person_token p using (person) left join local_token l using (local)
left join group_frame g on g.code = b.ethnicity
"""


def _make_tokens(con: duckdb.DuckDBPyConnection, name: str, what: str, project_key: bytes) -> None:
    """A table of distinct values and their pseudonyms: each is computed once."""
    found = con.sql(f"select distinct {what} from child_base where {what} is not null").pl()
    tokens = pl.Series("token", pseudonyms(found[what], project_key), dtype=pl.String)
    con.register("token_frame", found.with_columns(tokens))
    con.execute(f"create or replace temp table {name} as from token_frame")
    con.unregister("token_frame")


def pseudonyms(values: Iterable[str], project_key: bytes) -> list[str]:
    """HMAC-SHA256 under the project's key, in hex: without the key nobody can try values out."""
    return [hmac.digest(project_key, value.encode(), "sha256").hex() for value in values]


def _make_pupils(con: duckdb.DuckDBPyConnection) -> None:
    """Number the pupils of each census submission, so that details can point to them without their key.

    Where a file holds a pupil's key twice, the first row counts.
    """
    for roll, pupil in ROLLS.items():
        con.execute(
            f"""create or replace temp table pupil_{roll} as
            select submission, {pupil}tableid as pupil_key, source_file, source_row, (row_number() over (
              partition by submission order by source_file, source_row))::int as pupil_number
            from (from returns.school_census_{pupil} where {pupil}tableid is not null
              qualify row_number() over (partition by submission, {pupil}tableid
                order by source_file, source_row) = 1)"""
        )


def kept(table: type[Table]) -> list[Column]:
    """The declared columns that identify nobody and that no derived column replaces."""
    return [c for c in columns(table) if not c.identifies and c.name.lower() not in DERIVED]


def _without_identifiers(ret: Return, table: type[Table]) -> str:
    shown = ", ".join(["t.year, t.la, t.submission, t.source_row", *(f't."{c.name}"' for c in kept(table))])
    source = f"returns.{ret.stored_as(table)} t"
    if ret.has_terms:
        return _census_table(table, shown, source)
    if not has_child(ret, table):
        return f"select {shown} from {source}"
    key = record_key(ret, table, "t")
    return (
        f"select {shown}, {_about_child('t.year')}{_key_dates(ret, table)}{_address(ret, table)} "
        f"from {source} join child_of c on c.record_id = {key}{_address_join(ret, table)}"
    )


def _about_child(year: str) -> str:
    """The columns that every child's row carries; `year` is the year at whose dates ages are taken."""
    return f"""c.child, c.child_strict, c.child_loose, c.la_child, c.la_record, c.confidence,
      date_trunc('month', c.born)::date as birth_month, c.sex, c.ethnicity, c.ethnic_group,
      {_age(f"make_date({year} - 1, 8, 31)")} as age_at_31_august,
      {_age(f"make_date({year}, 3, 31)")} as age_at_31_march"""


def _age(day: str) -> str:
    """Completed years of age on a day; -1 in the year before birth."""
    return (
        f"case when c.born <= {day} then age_on(c.born, {day}) "
        f"else -1 - date_sub('year', {day} + 1, c.born) end::int"
    )


def _key_dates(ret: Return, table: type[Table]) -> str:
    if ret.stored_as(table) not in KEY_DATES:
        return ""
    start, end = KEY_DATES[ret.stored_as(table)]
    eighteen = "(c.born + interval 18 years)"
    near = f"t.{end} between {eighteen} - interval 1 day and {eighteen} + interval 1 day"
    return f""", {_age(f"t.{start}")} as age_at_start, {_age_in_month(f"t.{start}")} as age_in_start_month,
      {_near_birth(f"t.{start}")} as starts_near_birth, {_near_birth(f"t.{end}")} as ends_near_birth,
      coalesce({near}, false) as ends_at_18"""


def _age_in_month(day: str) -> str:
    """Completed years on the first of a day's month, as if born on the last of the month of birth.

    It follows from the two months alone: beside the day itself and the month of birth, an exact age would
    say on which side of the birthday the day lies. Whoever was not yet born on the day stays unborn.
    """
    years = f"greatest(0, age_on(last_day(c.born), date_trunc('month', {day})::date))"
    return f"case when {day} < c.born then {_age(day)} when {day} >= c.born then {years} end::int"


def _near_birth(day: str) -> str:
    """Whether a day lies in the month of birth, the one before or the one after.

    Whole months hold more than the 31 days that matter. Whether a day was 31 days or 32 from birth, told
    beside the day and the month of birth, would itself narrow the birthday down.
    """
    return f"coalesce(abs(date_diff('month', c.born, {day})) <= 1, false)"


def _address(ret: Return, table: type[Table]) -> str:
    return ", a.address_number" if ret.stored_as(table) == "ssda903_episodes" else ""


def _address_join(ret: Return, table: type[Table]) -> str:
    """A number for each place where a child has lived in care: whether it moved, not where to."""
    if ret.stored_as(table) != "ssda903_episodes":
        return ""
    place = "coalesce(tidy_postcode(PL_POST), '') as post, coalesce(upper(URN), '') as urn"
    first = f"select la, CHILD, {place}, min(DECOM) as begun from returns.ssda903_episodes group by all"
    numbered = (
        "select la, CHILD, post, urn, (row_number() over "
        f"(partition by la, CHILD order by begun, post, urn))::int as address_number from ({first})"
    )
    return (
        f" left join ({numbered}) a on a.la = t.la and a.CHILD = t.CHILD "
        "and a.post = coalesce(tidy_postcode(t.PL_POST), '') and a.urn = coalesce(upper(t.URN), '')"
    )


def _census_table(table: type[Table], shown: str, source: str) -> str:
    """Pupils carry the child; their details point to the pupil by its number in the submission."""
    roll = next((r for r, view in ROLLS.items() if view + "tableid" in table.model_fields), None)
    if roll is None:
        return f"select {shown} from {source}"
    pupil = ROLLS[roll]
    numbered = (
        f"{source} join pupil_{roll} n on n.submission = t.submission and n.pupil_key = t.{pupil}tableid"
    )
    if pupil != table.VIEW:
        return f"select {shown}, n.pupil_number from {numbered}"
    key = record_key(RETURNS["school_census"], table, "t")
    return (
        f"select {shown}, n.pupil_number, t.term as attendance_term, {_about_child('t.year')} from {numbered} "
        "and n.source_file = t.source_file and n.source_row = t.source_row "
        f"join child_of c on c.record_id = {key}"
    )


def _received(
    con: duckdb.DuckDBPyConnection, ret: Return, held: Iterable[tuple[int, str, str]] | None
) -> str:
    """What is in force: one row per submission, with its children and the rows that name none.

    A return of no children is a return, and one whose telling table could not be read is none: counted
    by rows alone, the first would be missing and the second would say that there are no children.
    """
    tables = [t for t in ret.tables if not ret.has_terms or t.VIEW in ("schoolcensus", *ROLLS.values())]
    term = "term" if ret.has_terms else "null::varchar as term"
    rows = " union all ".join(
        f"select year, la, submission, {term}, {_names_nobody(ret, table)} as is_orphan "
        f"from returns.{ret.stored_as(table)}"
        for table in tables
    )
    if held is not None:
        _make_held(con, held)
        rows = f"select * from ({rows}) semi join held using (submission)"
        if not ret.has_terms:
            rows += " union all select year, la, submission, null, false from held"
    return f"""
        select '{ret.name}' as return_name, r.year::int as year, r.la, r.submission, any_value(r.term) as term,
          count(*) filter (where r.is_orphan) as without_child_count, coalesce(any_value(c.n), 0) as child_count
        from ({rows}) r
        left join (select submission, count(distinct child) as n from child_of
          where source = '{ret.name}' group by submission) c using (submission)
        group by r.year, r.la, r.submission order by 2, 3, 4"""


def _make_held(con: duckdb.DuckDBPyConnection, held: Iterable[tuple[int, str, str]]) -> None:
    schema = {"year": pl.Int32, "la": pl.String, "submission": pl.String}
    con.register("held_frame", pl.DataFrame(list(held), schema=schema, orient="row"))
    con.execute("create or replace temp table held as from held_frame")
    con.unregister("held_frame")


def _names_nobody(ret: Return, table: type[Table]) -> str:
    name = child_column(ret, table)
    return "false" if name is None else f'"{name}" is null'


def show(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Let a connection see de-identified rows (`stored.*`), code sets and reference data, no more."""
    con.execute("create schema stored")
    for path in sorted(folder.glob("*.parquet")):
        con.execute(f"create view stored.{path.stem} as from read_parquet({sql_text(path)})")
    load_codes(con)
    load_reference(con)
