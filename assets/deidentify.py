"""What may be known about a child once nobody needs to know who the child is.

On one connection, where returns and persons meet, every table is written out again without the columns
that its declaration marks as identifying. In their place stand a number for the person, the month of birth,
ages, sex, ethnicity and where the row came from. Cohorts and marts are made on a second connection in which
only these files exist. A number is of one night; beside it stands, once, the keyed pseudonym under which marts
show the person.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import polars as pl

from assets import sessions, whose_results
from schemas.authorities import load_reference
from schemas.code_sets import code_set, load_codes
from schemas.duck import sql_text
from schemas.returns import RETURNS, Return
from schemas.table import Column, Table, columns

ROLLS = {"on": "pupilonroll", "off": "pupilnolongeronroll"}
"""The two pupil tables of the school census: still on roll on census day, or left since the last one."""

MEASURED = ("cin", "ssda903", "school_census", "attainment")
"""Returns that outcomes are made from; the person-identifier file holds nothing else than identifiers."""

STRENGTHS = ("strict", "loose")
"""Other strengths of linkage that a headline is shown at, beside the standard one."""

KEY_DATES: Mapping[str, tuple[str, str]] = {
    "cin_cin_details": ("CINreferralDate", "CINclosureDate"),
    "cin_child_protection_plans": ("CPPstartDate", "CPPendDate"),
    "ssda903_episodes": ("DECOM", "DEC"),
}
"""First and last day of the event in a row. Offered are the age at each, whether either is so near to
birth that it tells of the birthday, and whether the last would give the 18th birthday away."""

TELLING = {
    "cin": "cin_details",
    "ssda903": "episodes",
    "school_census": "pupilonroll",
    "attainment": "results",
}
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


def names_by_upn(ret: Return, table: type[Table]) -> bool:
    """Whether nothing but a UPN says whose a row is: such rows are no identity records, too little to link by."""
    return not has_child(ret, table) and not ret.has_terms and "upn" in table.model_fields


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
    would be at another strength, `people.person_at` (record_id, level, person_id). With the postcode directory
    as `reference.postcodes` it is known which placements are far from home. `held` names per return
    the (year, la, submission) whose telling table was sent, be it empty; without it, rows decide.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_children(con)
    _make_pupils(con)
    _make_grid(con)
    for ret in (RETURNS[name] for name in MEASURED):
        for table in ret.tables:
            if table.VIEW in sessions.VIEWS:
                continue  # what they add up to stands beside the pupil
            _copy(con, _without_identifiers(ret, table), folder / f"{ret.stored_as(table)}.parquet")
        told = None if held is None else held.get(ret.name, ())
        _copy(con, _received(con, ret, told), folder / f"received_{ret.name}.parquet")
    _write_pseudonyms(con, project_key, folder / "pseudonyms.parquet")
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


def make_children(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary tables `person` (person, number) and `child_of`: per identity record all that may be
    said about its child.

    A record that linkage has not seen stands for a person of its own. `la_child` is what the child is to
    its authority whatever linkage says, because the department's figures link within one authority only;
    it stays in the working files and never enters a mart.
    """
    _make_faces(con)
    con.execute("create or replace temp table nobody (record_id text, level text, person_id text)")
    source = "people.person_at" if _strengths(con) else "nobody"
    con.execute(CHILD_BASE.format(sources=MEASURED, person_at=source))
    for name in NUMBERED:
        con.execute(NUMBER.format(name=name))
    con.register("group_frame", code_set("ethnicity").select("code", "major_group"))
    con.execute(CHILD_OF)
    con.unregister("group_frame")
    whose_results.make_owners(con, is_gathered=has_table(con, "people.face"))
    for name in (
        "face",
        "child_base",
        "nobody",
        *(f"{name}_number" for name in NUMBERED if name != "person"),
    ):
        con.execute(f"drop table {name}")


def _make_faces(con: duckdb.DuckDBPyConnection) -> None:
    """`face`, what is known of a child once for all records that say the same, and `record_face`.

    Linkage gathers such records; where it has not, every record is a face of its own.
    """
    gathered = has_table(con, "people.face")
    con.execute(RECORD_FACE if gathered else RECORD_ALONE)
    con.execute(
        f"""create or replace temp table face as
        select {"f.face_no, f.first_record" if gathered else "n.face_no, f.record_id as first_record"}, f.source, f.la,
          f.la_child_id, f.sex, f.ethnicity, coalesce(f.date_of_birth, f.expected_date_of_birth) as born,
          p.person_id, p.confidence
        from {GATHERED if gathered else ALONE}"""
    )


RECORD_FACE = """create or replace temp table record_face as select record_id, submission, face_no from people.record_face"""
RECORD_ALONE = """create or replace temp table record_face as
select record_id, submission, row_number() over (order by record_id) as face_no from people.record"""
GATHERED = "people.face f left join people.face_person p using (face_no)"
ALONE = "people.record f join record_face n using (record_id) left join people.person p using (record_id)"


CHILD_BASE = """
create or replace temp table child_base as
select f.face_no, f.source, f.la, f.confidence, f.sex, f.ethnicity, f.born,
  coalesce('person|' || f.person_id, 'record|' || f.first_record) as person,
  case when f.la_child_id is not null then 'child|' || f.la || '|' || f.la_child_id end as local,
  coalesce(strict.person_id, f.person_id, f.first_record) as strict,
  coalesce(loose.person_id, f.person_id, f.first_record) as loose
from face f
left join {person_at} strict on strict.record_id = f.first_record and strict.level = 'strict'
left join {person_at} loose on loose.record_id = f.first_record and loose.level = 'loose'
where f.source in {sources}
"""

NUMBERED = ("person", "local", "strict", "loose")
NUMBER = """create or replace temp table {name}_number as
select {name}, row_number() over (order by min(face_no)) as number
from child_base where {name} is not null group by {name}"""
"""Each is numbered by its earliest face, so that the numbers of a night do not depend on what persons are called. A
number says nothing of anybody; the face's own does: it is a hash of names, with which names could be tried out."""

CHILD_OF = """
create or replace temp table child_of_face as
select b.face_no, b.source, b.confidence, b.born,
  coalesce(b.sex, 'U') as sex, b.ethnicity, coalesce(g.major_group, 'Unknown') as ethnic_group,
  p.number as child, l.number as la_child,
  dense_rank() over (partition by b.la, p.number, b.local is null order by b.local)::int as la_record,
  strict.number as child_strict, loose.number as child_loose
from child_base b join person_number p using (person) left join local_number l using (local)
join strict_number strict using (strict) join loose_number loose using (loose)
left join group_frame g on g.code = b.ethnicity;
create or replace temp view child_of as
select r.record_id, r.submission, c.* from record_face r join child_of_face c using (face_no)
"""


def _write_pseudonyms(con: duckdb.DuckDBPyConnection, project_key: bytes, path: Path) -> None:
    """What each person is called in the marts: one row per `child`, computed once."""
    found = con.sql("select number as child, person from person_number").pl()
    tokens = pl.Series("pseudonym", pseudonyms(found["person"], project_key), dtype=pl.String)
    con.register("token_frame", found.select("child", tokens))
    _copy(con, "from token_frame", path)
    con.unregister("token_frame")
    con.execute("drop table person_number")


def pseudonyms(values: Iterable[str], project_key: bytes) -> list[str]:
    """HMAC-SHA256 under the project's key, in hex: without the key nobody can try values out."""
    return [hmac.digest(project_key, value.encode(), "sha256").hex() for value in values]


def _make_pupils(con: duckdb.DuckDBPyConnection) -> None:
    """Number the pupils of every census file, so that details can point to them without their key, and put
    beside each what its sessions add up to.

    A pupil's number is that of its file and row, files in order of authority, so that among equal enrolments the
    first by authority can be chosen; where a submission holds a pupil's key twice, the first row counts.
    """
    files = " union ".join(
        f"select la, submission, '{roll}' as roll, source_file from returns.school_census_{pupil}"
        for roll, pupil in ROLLS.items()
    )
    con.execute(
        f"""create or replace temp table census_file as
        select *, row_number() over (order by la, submission, roll desc, source_file) as file_number from ({files})"""
    )
    for roll, pupil in ROLLS.items():
        con.execute(
            f"""create or replace temp table pupil_{roll} as
            with told as (
              select t.submission, t.{pupil}tableid as pupil_key, {PUPIL} as pupil
              from returns.school_census_{pupil} t {_file_of(roll)} where t.{pupil}tableid is not null
              union all by name {sessions.of_roll(roll)})
            select submission, pupil_key, min(columns(* exclude (submission, pupil_key))) from told
            group by submission, pupil_key having min(pupil) is not null"""
        )


PUPIL = "(f.file_number << 32) + t.source_row"


def _file_of(roll: str) -> str:
    same = "f.submission = t.submission and f.source_file = t.source_file"
    return f"join census_file f on f.roll = '{roll}' and {same}"


def read_postcodes(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Let a connection see a postcode directory (as the ONS Postcode Directory) as `reference.postcodes`."""
    con.execute("create schema if not exists reference")
    con.execute(f"create view reference.postcodes as from read_csv({sql_text(path)}, all_varchar = true)")


def _make_grid(con: duckdb.DuckDBPyConnection) -> None:
    """Where each postcode lies on the national grid, in metres; empty without a directory."""
    con.execute("create or replace temp table grid (post text, east double, north double)")
    if has_table(con, "reference.postcodes"):
        con.execute(
            """insert into grid select pcds, any_value(try_cast(oseast1m as double)),
              any_value(try_cast(osnrth1m as double)) from reference.postcodes group by 1"""
        )


def kept(table: type[Table]) -> list[Column]:
    """The declared columns that identify nobody and that no derived column replaces."""
    return [c for c in columns(table) if not c.identifies and c.name.lower() not in DERIVED]


def _without_identifiers(ret: Return, table: type[Table]) -> str:
    shown = ", ".join(["t.year, t.la, t.submission, t.source_row", *(f't."{c.name}"' for c in kept(table))])
    source = f"returns.{ret.stored_as(table)} t"
    if ret.has_terms:
        return _census_table(table, shown, source)
    if names_by_upn(ret, table):
        return (
            f"select {shown}, c.child, c.child_strict, c.child_loose "
            f"from {source} left join child_of_upn c on c.upn = {whose_results.UPN}"
        )
    if not has_child(ret, table):
        return f"select {shown} from {source}"
    key = record_key(ret, table, "t")
    return (
        f"select {shown}, {_about_child('t.year')}{_key_dates(ret, table)}{_address(ret, table)}"
        f"{_worker(ret, table)} from {source} join child_of c on c.source = '{ret.name}' and c.record_id = {key}"
        f"{_address_join(ret, table)}{_worker_join(ret, table)}"
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
      {_age(f"t.{end}")} as age_at_end, {_near_birth(f"t.{start}")} as starts_near_birth,
      {_near_birth(f"t.{end}")} as ends_near_birth,
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
    """Whether the child moved and whether it lives far from home: never where."""
    if ret.stored_as(table) != "ssda903_episodes":
        return ""
    return f", a.address_number, round({MILES}, 1) > {FAR_FROM_HOME} as is_over_20_miles"


FAR_FROM_HOME = 20
MILES = "sqrt(pow(home.east - place.east, 2) + pow(home.north - place.north, 2)) / 1000 / 1.6093"
"""A straight line between the two postcodes on the grid, reckoned as the department does."""


def _address_join(ret: Return, table: type[Table]) -> str:
    """A number for each place where a child has lived in care, and where home and placement lie on the grid."""
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
        "and a.post = coalesce(tidy_postcode(t.PL_POST), '') and a.urn = coalesce(upper(t.URN), '') "
        "left join grid home on home.post = tidy_postcode(t.HOME_POST) "
        "left join grid place on place.post = tidy_postcode(t.PL_POST)"
    )


def _worker(ret: Return, table: type[Table]) -> str:
    """Which of a child's social workers it is: never who."""
    return ", w.worker_number" if ret.stored_as(table) == "ssda903_sw_episodes" else ""


def _worker_join(ret: Return, table: type[Table]) -> str:
    """A number for each social worker of a child, in order of coming, the same in every year's return."""
    if ret.stored_as(table) != "ssda903_sw_episodes":
        return ""
    worker = "nullif(upper(trim(SW_ID)), '') as worker"
    first = (
        f"select la, CHILD, {worker}, min(SW_DECOM) as begun from returns.ssda903_sw_episodes group by all"
    )
    numbered = (
        "select la, CHILD, worker, (row_number() over "
        f"(partition by la, CHILD order by begun, worker))::int as worker_number from ({first}) where worker is not null"
    )
    return (
        f" left join ({numbered}) w on w.la = t.la and w.CHILD = t.CHILD "
        "and w.worker = nullif(upper(trim(t.SW_ID)), '')"
    )


def _census_table(table: type[Table], shown: str, source: str) -> str:
    """Pupils carry the child; their details point to the pupil by its number."""
    roll = next((r for r, view in ROLLS.items() if view + "tableid" in table.model_fields), None)
    if roll is None:
        return f"select {shown} from {source}"
    pupil = ROLLS[roll]
    if pupil != table.VIEW:
        same = f"n.submission = t.submission and n.pupil_key = t.{pupil}tableid"
        return f"select {shown}, n.pupil from {source} join pupil_{roll} n on {same}"
    key = record_key(RETURNS["school_census"], table, "t")
    return (
        f"select {shown}, n.* exclude (submission, pupil_key), t.term as attendance_term, {_about_child('t.year')} "
        f"from {source} {_file_of(roll)} join pupil_{roll} n on n.pupil = {PUPIL} "
        f"join child_of c on c.source = 'school_census' and c.record_id = {key}"
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
        left join ({_children_sent(ret)}) c using (submission)
        group by r.year, r.la, r.submission order by 2, 3, 4"""


def _children_sent(ret: Return) -> str:
    """How many children each submission tells of: persons, or UPNs where nothing else is told."""
    by_upn = next((table for table in ret.tables if names_by_upn(ret, table)), None)
    if by_upn is not None:
        stored = ret.stored_as(by_upn)
        return f"select submission, count(distinct upn) as n from returns.{stored} group by submission"
    return f"""select submission, count(distinct child) as n from child_of
      where source = '{ret.name}' group by submission"""


def _make_held(con: duckdb.DuckDBPyConnection, held: Iterable[tuple[int, str, str]]) -> None:
    schema = {"year": pl.Int32, "la": pl.String, "submission": pl.String}
    con.register("held_frame", pl.DataFrame(list(held), schema=schema, orient="row"))
    con.execute("create or replace temp table held as from held_frame")
    con.unregister("held_frame")


def _names_nobody(ret: Return, table: type[Table]) -> str:
    name = "upn" if names_by_upn(ret, table) else child_column(ret, table)
    return "false" if name is None else f'"{name}" is null'


def show(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Let a connection see de-identified rows (`stored.*`), code sets and reference data, no more."""
    con.execute("create schema stored")
    for path in sorted(folder.glob("*.parquet")):
        con.execute(f"create view stored.{path.stem} as from read_parquet({sql_text(path)})")
    load_codes(con)
    load_reference(con)
