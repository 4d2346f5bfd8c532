"""Who the returns say their children are: one identity record per submission and child.

Linkage reads these and nothing else. What is not an identifier is left out; what cannot be one (an
"unknown" sex) is blank, because a blank supports no link. Only the reason why there is no UPN stays in its
place: that a child never was at a state-funded school in England speaks against a school record.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from assets.deidentify import ROLLS, has_child, record_key
from schemas.code_sets import code_set
from schemas.duck import sql_text
from schemas.returns import RETURNS, Return

SEX = """case when upper({0}) in ('M', '1', 'MALE') then 'M' when upper({0}) in ('F', '2', 'FEMALE') then 'F' end"""
UPN = """case when not regexp_matches(upper({0}), '^UN[0-9]') then upper({0}) end"""

COLUMNS = (
    "record_id, source, year, la, submission, la_child_id, upn, former_upn, uln, nhs_number, forename, "
    "surname, former_surname, date_of_birth, expected_date_of_birth, sex, ethnicity, postcode, school_urn"
)


def build(con: duckdb.DuckDBPyConnection) -> None:
    """From `returns.*` make `people_in.record`, one row per submission and child of every return.

    A child that stands only in detail tables has a record too, so that none of its rows is orphaned.
    Where a return names a child twice, the first row counts. Rows come in no particular order.
    """
    _make(con, "create or replace table people_in.record as {}")


def write(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the same rows to a Parquet file: a country's records need not lie in memory."""
    con.execute("set preserve_insertion_order = false")
    _make(con, f"copy ({{}}) to {sql_text(path)} (format parquet)")
    con.execute("set preserve_insertion_order = true")


def _make(con: duckdb.DuckDBPyConnection, what: str) -> None:
    con.execute("create schema if not exists people_in")
    load_ethnicities(con)
    lists = [_people(ret) for ret in RETURNS.values() if ret.people]
    parts = " union all by name ".join([_cin(), _ssda903(), *map(_school_census, ROLLS), *lists])
    con.execute(what.format(f"select {COLUMNS} from ({parts})"))
    con.execute("drop table people_in.ethnicity")


def write_lives(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write what the returns tell of lives, as `linkage.link.LIFE_COLUMNS`: by it links are doubted.

    An open episode lasts to the end of its year. E2 ends care by death, E11 and E12 by adoption.
    """
    looked_after, in_need = RETURNS["ssda903"], RETURNS["cin"]
    stay = f"select {record_key(looked_after, looked_after.table('episodes'))} as record_id"
    who = f"select {record_key(in_need, in_need.table('child_identifiers'))} as record_id"
    case = f"select {record_key(in_need, in_need.table('cin_details'))} as record_id"
    con.execute(
        f"""copy (
        {stay}, 'care' as kind, la, DECOM as begins, coalesce(DEC, make_date(year, 3, 31)) as ends
          from returns.ssda903_episodes where CHILD is not null and DECOM is not null
        union all {stay}, case upper(REC) when 'E2' then 'death' else 'adopted' end, la, DEC, DEC
          from returns.ssda903_episodes where CHILD is not null and DEC is not null and upper(REC) in ('E2', 'E11', 'E12')
        union all {who}, 'death', la, PersonDeathDate, PersonDeathDate
          from returns.cin_child_identifiers where LAchildID is not null and PersonDeathDate is not null
        union all {case}, 'seen', la, CINreferralDate, CINreferralDate
          from returns.cin_cin_details where LAchildID is not null and CINreferralDate is not null
        ) to {sql_text(path)} (format parquet)"""
    )


def load_ethnicities(con: duckdb.DuckDBPyConnection) -> None:
    """Every ethnicity code, of the long and the short list, with its main code."""
    con.register("ethnicity_frame", code_set("ethnicity_extended").select("code", "main_code"))
    con.execute("create or replace table people_in.ethnicity as from ethnicity_frame")
    con.unregister("ethnicity_frame")


def _children(ret: Return) -> str:
    """Every child that any table of the return names, with where it was sent."""
    tables = [table for table in ret.tables if has_child(ret, table)]
    rows = " union ".join(
        f'select year, la, submission, "{ret.child}" from returns.{ret.stored_as(table)} '
        f'where "{ret.child}" is not null'
        for table in tables
    )
    key = record_key(ret, tables[0])
    return f'select {key} as record_id, year::int as year, la, submission, "{ret.child}" as la_child_id from ({rows})'


def _once(rows: str, *key: str) -> str:
    """The rows of a query, of each key the first as sent. Hardly any key occurs twice: only those that share
    a hash are put in order, for to order a country's pupils costs more than to link them.
    """
    keys = ", ".join(key)
    return f"""(with hashed as not materialized (select *, hash({keys}) as key_hash from ({rows})),
          again as (select key_hash from hashed group by key_hash having count(*) > 1)
        select * from hashed anti join again using (key_hash)
        union all
        select * from hashed semi join again using (key_hash)
        qualify row_number() over (partition by {keys} order by source_file, source_row) = 1)"""


def _first(ret: Return, view: str, values: str) -> str:
    """`values` of the first row per child of one table, keyed by record id."""
    table = ret.table(view)
    rows = _once(
        f'from returns.{ret.stored_as(table)} where "{ret.child}" is not null', "submission", f'"{ret.child}"'
    )
    return f"select {record_key(ret, table)} as record_id, {values} from {rows}"


def _cin() -> str:
    ret = RETURNS["cin"]
    who = _first(
        ret,
        "child_identifiers",
        "upper(coalesce(UPN, UPNunknown)) as upn, upper(FormerUPN) as former_upn, PersonBirthDate as date_of_birth, "
        "ExpectedPersonBirthDate as expected_date_of_birth, "
        f"{SEX.format('coalesce(Sex, GenderCurrent)')} as sex",
    )
    what = _first(ret, "child_characteristics", "upper(Ethnicity) as code")
    return f"""
        select c.*, 'cin' as source, who.* exclude (record_id), e.main_code as ethnicity,
          null as uln, null as nhs_number, null as forename, null as surname, null as former_surname,
          null as postcode, null as school_urn
        from ({_children(ret)}) c left join ({who}) who using (record_id)
        left join ({what}) w using (record_id) left join people_in.ethnicity e on e.code = w.code"""


def _ssda903() -> str:
    ret = RETURNS["ssda903"]
    who = _first(
        ret,
        "header",
        f"upper(UPN) as upn, DOB as born, {SEX.format('SEX')} as sex, upper(ETHNIC) as code",
    )
    key = record_key(ret, ret.table("episodes"))
    home = f"""select {key} as record_id, tidy_postcode(arg_max(HOME_POST, (DECOM, source_row))) as postcode
        from returns.ssda903_episodes where CHILD is not null and HOME_POST is not null and DECOM is not null
        group by 1"""
    return f"""
        select c.*, 'ssda903' as source, who.upn, coalesce(who.born, other.born) as date_of_birth,
          null::date as expected_date_of_birth, who.sex, e.main_code as ethnicity, home.postcode,
          null as former_upn, null as uln, null as nhs_number, null as forename, null as surname,
          null as former_surname, null as school_urn
        from ({_children(ret)}) c left join ({who}) who using (record_id)
        left join ({_birth_dates_elsewhere(ret)}) other using (record_id)
        left join ({home}) home using (record_id) left join people_in.ethnicity e on e.code = who.code"""


def _birth_dates_elsewhere(ret: Return) -> str:
    """Every 903 table repeats the birth date: the commonest one serves a child without a Header row."""
    tables = [t for t in ret.tables if t.VIEW != "header" and any(f == "DOB" for f in t.model_fields)]
    rows = " union all ".join(
        f"select {record_key(ret, table)} as record_id, DOB from returns.{ret.stored_as(table)} "
        "where CHILD is not null and DOB is not null"
        for table in tables
    )
    counted = f"select record_id, DOB, count(*) as n from ({rows}) group by record_id, DOB"
    return f"select record_id, arg_max(DOB, (n, DOB)) as born from ({counted}) group by record_id"


def _school_census(roll: str) -> str:
    ret = RETURNS["school_census"]
    table = ret.table(ROLLS[roll])
    pupil = ROLLS[roll] + "tableid"
    home = "null as postcode"
    joined = ""
    if roll == "on":
        home = "home.postcode"
        named = f"from returns.school_census_addresses where postcode is not null and {pupil} is not null"
        joined = f"""left join (
            select submission, {pupil}, tidy_postcode(postcode) as postcode
            from {_once(named, "submission", pupil)}) home
          on home.submission = p.submission and home.{pupil} = p.{pupil}"""
    return f"""
        select {record_key(ret, table, "p")} as record_id, 'school_census' as source, p.year, p.la,
          p.submission, null as la_child_id, {UPN.format("p.upn")} as upn, upper(p.formerupn) as former_upn,
          p.uniquelearnernumber as uln, null as nhs_number, p.forename, p.surname,
          p.formersurname as former_surname, p.dob as date_of_birth, null::date as expected_date_of_birth,
          {SEX.format("p.sex")} as sex, e.main_code as ethnicity, {home}, s.urn as school_urn
        from {_once(f"from returns.{ret.stored_as(table)} where {pupil} is not null", "submission", pupil)} p
        {joined}
        left join (select submission, schoolcensustableid, min(urn) as urn
          from returns.school_census_schoolcensus group by all) s
          on s.submission = p.submission and s.schoolcensustableid = p.schoolcensustableid
        left join people_in.ethnicity e on e.code = upper(p.ethnicity)"""


FORMS = {
    "upn": UPN.format("upn"),
    "former_upn": "upper(former_upn)",
    "sex": SEX.format("sex"),
    "ethnicity": "upper(ethnicity)",
    "postcode": "tidy_postcode(postcode)",
}
"""How a column of a list of people is read, where it is not taken as it is."""
IN_A_LIST = (
    "upn", "former_upn", "uln", "nhs_number", "forename", "surname", "former_surname", "date_of_birth",
    "expected_date_of_birth", "sex", "ethnicity", "postcode", "school_urn",
)  # fmt: skip


def _people(ret: Return) -> str:
    """The records of a list of people: an authority's own, or another public service's.

    `la_child_id` is the authority's identifier, as in its other returns. Another service has numbers of its own:
    the same number may be another child's there, so it counts only among the records of this service.
    """
    held = ret.table(ret.people).model_fields
    told = [f"{FORMS.get(name, name) if name in held else 'null'} as {name}" for name in IN_A_LIST]
    own = "la_child_id" if "la_child_id" in held else f"""'{ret.name}:' || "{ret.child}" as la_child_id"""
    return _first(ret, ret.people, f"'{ret.name}' as source, year, la, submission, {own}, {', '.join(told)}")
