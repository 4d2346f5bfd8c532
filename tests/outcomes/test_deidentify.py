"""What leaves the identified part says nothing of who a child is."""

from __future__ import annotations

import hmac
from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets import cohorts, deidentify, marts, records, sessions
from schemas.calendar import year_named
from schemas.duck import connect
from schemas.marts import MARTS
from schemas.returns import RETURNS
from schemas.table import PROVENANCE, columns
from tests.outcomes.country import LETTERS, SECRETS, drawn, need, text
from tests.outcomes.drawn import KEY, deidentified, link_by_letter, make_returns, measured, read_tables


def canaried() -> dict[str, list[dict[str, str]]]:
    return read_tables(text().replace("| Ab |", "| UNGUESSABLE7 |"))


def test_no_identifying_value_is_in_anything_that_cohorts_can_read(tmp_path: Path) -> None:
    with connect() as con:
        make_returns(con, canaried())
        link_by_letter(con)
        deidentify.write(con, KEY, tmp_path)
        con.execute("create table people_out as from people.record")
        con.execute(f"copy people_out to '{tmp_path / 'control.parquet'}' (format parquet)")
    assert [word for word in SECRETS[:3] if word not in told_by(tmp_path / "control.parquet")] == []
    written = "".join(told_by(path) for path in sorted(tmp_path.glob("*.parquet")) if path.stem != "control")
    assert "202" in written
    assert [word for word in SECRETS if word in written] == []


def told_by(path: Path) -> str:
    """Everything that a Parquet file holds, as text."""
    with connect() as con:
        con.execute(f"copy (from read_parquet('{path}')) to '{path.with_suffix('.txt')}' (format csv)")
    return path.with_suffix(".txt").read_text(encoding="utf-8")


def test_no_column_that_a_declaration_marks_as_identifying_is_passed_on(tmp_path: Path) -> None:
    with deidentified(drawn(), tmp_path) as con:
        for ret in (RETURNS[name] for name in deidentify.MEASURED):
            for table in (table for table in ret.tables if table.VIEW not in sessions.VIEWS):
                name = f"stored.{ret.stored_as(table)}"
                there = {row[0].lower() for row in con.execute(f"describe {name}").fetchall()}
                tagged = {c.name.lower() for c in columns(table) if c.identifies} - {"child"}
                assert not there & tagged, name
                assert "source_file" not in there


def called(con: duckdb.DuckDBPyConnection, rows: str) -> list[str | None]:
    """The pseudonyms of the children of rows (child, source_row), in that order."""
    query = f"select pseudonym from ({rows}) left join stored.pseudonyms using (child) order by source_row"
    return [name for (name,) in con.execute(query).fetchall()]


def test_the_pseudonym_is_the_hmac_of_the_person_under_the_projects_key(tmp_path: Path) -> None:
    with deidentified(drawn(), tmp_path) as con:
        children = set(called(con, "select child, source_row from stored.cin_cin_details"))
    persons = {row["LAchildID"] for row in drawn()["cin_cin_details"]}
    expected = {hmac.digest(KEY, f"person|{p}".encode(), "sha256").hex() for p in persons}
    assert children == expected
    assert deidentify.pseudonyms(["person|Aa"], KEY) != deidentify.pseudonyms(["person|Aa"], KEY[::-1])


def test_the_numbers_of_children_say_nothing_of_what_persons_are_called(tmp_path: Path) -> None:
    numbers = []
    for salt in ("", "z", "another name "):
        with deidentified(drawn(), tmp_path / f"salt{salt}", salt=salt) as con:
            numbers.append(
                con.execute("select child, la_child from stored.cin_cin_details order by all").fetchall()
            )
            several = con.execute("select count(distinct child) > 1 from stored.cin_cin_details").fetchall()
    assert several == [(True,)]
    assert numbers[0] == numbers[1] == numbers[2]


def test_a_child_linked_across_returns_has_one_pseudonym_and_an_unlinked_record_its_own(
    tmp_path: Path,
) -> None:
    with connect() as con:
        make_returns(con, drawn())
        link_by_letter(con)
        con.execute("delete from people.person where record_id like 'cin|cin-2025%|Aa'")
        deidentify.make_children(con)
        found = con.execute(
            "select count(distinct child) from child_of where record_id like '%|Aa' or record_id like '%:Aa'"
        ).fetchall()
    assert found == [(2,)]


CLAIMS = """
cin_child_identifiers
  year | la  | LAchildID | PersonBirthDate | UPN  | FormerUPN
  2025 | 202 | A         | 2014-01-01      | of A |
  2025 | 202 | B         | 2014-01-01      | of C |
  2025 | 202 | D         | 2014-01-01      | of D |
  2025 | 202 | E         | 2014-01-01      | of D |
  2025 | 202 | F         | 2014-01-01      | of G | of F
  2025 | 202 | H         | 2014-01-01      | 123  |
school_census_pupilonroll
  year | la  | term   | pupilonrolltableid | upn  | dob        | enrolstatus
  2025 | 202 | spring | C                  | of C | 2014-01-01 | C
attainment_results
  year | la  | academic_year | upn  | key_stage | measure      | value
  2025 | 202 | 2024/25       | of A | KS2       | rwm_expected | 1
  2025 | 202 | 2024/25       | of C | KS2       | rwm_expected | 1
  2025 | 202 | 2024/25       | of D | KS2       | rwm_expected | 1
  2025 | 202 | 2024/25       | of F | KS2       | rwm_expected | 1
  2025 | 202 | 2024/25       | 123  | KS2       | rwm_expected | 1
  2025 | 202 | 2024/25       |      | KS2       | rwm_expected | 1
"""
"""Whose result is it? A's own. C's, whom the school knows by that UPN, not B's. D's or E's: nobody's. F's, who bore it.
What is no UPN is nobody's."""


def test_a_result_belongs_to_whom_its_upn_belongs_and_to_nobody_when_two_claim_it(tmp_path: Path) -> None:
    token = dict(zip("ACF", deidentify.pseudonyms([f"person|{c}" for c in "ACF"], KEY), strict=True))
    with deidentified(read_tables(CLAIMS), tmp_path) as con:
        rows = called(con, "select child, source_row from stored.attainment_results")
        held = con.execute(
            "select child_count, without_child_count from stored.received_attainment"
        ).fetchall()
        columns_ = {name for name, *_ in con.execute("describe stored.attainment_results").fetchall()}
    assert rows == [token["A"], token["C"], None, token["F"], None, None]
    assert held == [(5, 1)]
    assert columns_ == {
        "year", "la", "submission", "source_row", "academic_year", "key_stage", "measure", "value",
        "child", "child_strict", "child_loose",
    }  # fmt: skip


def test_a_result_is_told_with_the_surest_and_with_less_sure_links(tmp_path: Path) -> None:
    """By its UPN a result is the pupil A's; that the child A is that pupil only a loose link says, and of C only that
    a strict one denies it."""
    tables = read_tables("""cin_child_identifiers
      year | la  | LAchildID | PersonBirthDate
      2025 | 202 | A         | 2014-01-01
      2025 | 202 | B         | 2014-01-01
      2025 | 202 | C         | 2014-01-01
    cin_cin_details
      year | la  | LAchildID | CINdetailsID | CINreferralDate | ReferralNFA
      2025 | 202 | A         | 1            | 2024-05-01      | 0
      2025 | 202 | B         | 1            | 2024-05-01      | 0
      2025 | 202 | C         | 1            | 2024-05-01      | 0
    ssda903_header
      year | la  | CHILD
      2025 | 202 | Z
    school_census_pupilonroll
      year | la  | term   | pupilonrolltableid | upn  | dob        | enrolstatus
      2025 | 202 | spring | X                  | of A | 2014-01-01 | C
      2025 | 202 | spring | B                  | of B | 2014-01-01 | C
      2025 | 202 | spring | C                  | of C | 2014-01-01 | C
    attainment_results
      year | la  | academic_year | upn  | key_stage | measure      | value
      2025 | 202 | 2024/25       | of A | KS2       | rwm_expected | 1
      2025 | 202 | 2024/25       | of B | KS2       | rwm_expected | 0
      2025 | 202 | 2024/25       | of C | KS2       | rwm_expected | 1""")
    apart = """select record_id, 'loose' as level, 'A' as person_id from people.record where record_id like '%:X'
        union all select record_id, 'strict', 'nobody' from people.record where record_id like '%:C'"""
    with measured(tables, tmp_path, person_at=apart) as con:
        found = con.execute(
            "select numerator, denominator, link_rate, value_strict, value_loose from measured.indicator where year = 2025 "
            "and indicator_id = 'ks2_rwm_cino' and geographic_level = 'National' and category = 'Total'"
        ).fetchall()
    assert found == [(1, 2, 0.666667, 0.0, 66.666667)]


@pytest.mark.parametrize(
    "told",
    [
        "2025",
        "2024/25",
        "2024-25",
        "202425",
        "2024/2025",
        " 2024/25 ",
        "2024/26",
        "24/25",
        "1999/00",
        "2099/00",
        "",
        "2024 /25",
    ],
)
def test_a_school_year_is_read_in_sql_as_it_is_where_files_are_read(told: str, tmp_path: Path) -> None:
    with deidentified({}, tmp_path) as con:
        cohorts.build(con, only=())
        assert con.execute("select school_year(?)", [told]).fetchall() == [(year_named(told),)]


@pytest.mark.parametrize(
    ("born", "at_march", "at_august"),
    [
        ("2012-03-31", 13, 12),
        ("2012-04-01", 12, 12),
        ("2012-08-31", 12, 12),
        ("2012-09-01", 12, 11),
        ("2012-02-29", 13, 12),
        ("2025-03-31", 0, -1),
        ("2025-04-01", -1, -1),
    ],
)
def test_ages_are_completed_years_and_the_unborn_are_minus_one(
    tmp_path: Path, born: str, at_march: int, at_august: int
) -> None:
    tables = read_tables(
        f"cin_child_identifiers\nyear | la | LAchildID | PersonBirthDate\n2025 | 202 | A | {born}"
    )
    with deidentified(tables, tmp_path) as con:
        row = con.execute(
            "select age_at_31_march, age_at_31_august, birth_month from stored.cin_child_identifiers"
        ).fetchall()[0]
    assert row == (at_march, at_august, date.fromisoformat(born).replace(day=1))


def test_an_address_is_a_number_in_order_of_first_use(tmp_path: Path) -> None:
    tables = read_tables(
        """ssda903_episodes
        year | la | CHILD | DECOM | RNE | LS | PLACE | PL_POST | URN | DEC | REC
        2025 | 202 | A | 01/06/2024 | S | C2 | U4 | ZZ1 9ZZ | SC1 | 01/07/2024 | X1
        2025 | 202 | A | 01/07/2024 | P | C2 | K2 | AA1 1AA | SC2 | 01/08/2024 | X1
        2025 | 202 | A | 01/08/2024 | P | C2 | U4 | zz19zz | sc1 | |"""
    )
    with deidentified(tables, tmp_path) as con:
        numbers = con.execute("select address_number from stored.ssda903_episodes order by DECOM").fetchall()
    assert numbers == [(1,), (2,), (1,)]


def test_identity_records_are_one_per_submission_and_child_with_the_reason_where_there_is_no_upn() -> None:
    tables = read_tables(
        """cin_child_identifiers
        year | la | LAchildID | PersonBirthDate | UPN | Sex
        2025 | 202 | A | 2012-01-01 | un7 | U
        2025 | 202 | A | 2013-01-01 | | M
        2025 | 202 | B | 2014-01-01 | q802202801002 | F
        cin_cin_details
        year | la | LAchildID | CINreferralDate
        2025 | 202 | A | 2024-05-01
        2025 | 202 | C | 2024-05-01
        ssda903_header
        year | la | CHILD | DOB | SEX | UPN | ETHNIC
        2024 | 202 | A | 01/01/2012 | 1 | UN3 | wbri
        ssda903_episodes
        year | la | CHILD | DECOM | HOME_POST
        2024 | 202 | A | 01/05/2023 | aa11aa
        2024 | 202 | A | 01/06/2023 | ab12 3cd
        school_census_pupilonroll
        year | la | term | pupilonrolltableid | surname | dob | sex | ethnicity
        2025 | 202 | spring | A | S | 2012-01-01 | M | WENG"""
    )
    with connect() as con:
        make_returns(con, tables)
        records.build(con)
        rows = con.execute(
            "select record_id, upn, date_of_birth, sex, ethnicity, postcode from people_in.record order by 1"
        ).fetchall()
    assert rows == [
        ("cin|cin-2025-202|A", "UN7", date(2012, 1, 1), None, None, None),
        ("cin|cin-2025-202|B", "Q802202801002", date(2014, 1, 1), "F", None, None),
        ("cin|cin-2025-202|C", None, None, None, None, None),
        ("school_census|school_census-2025-202-spring|on:A", None, date(2012, 1, 1), "M", "WBRI", None),
        ("ssda903|ssda903-2024-202|A", "UN3", date(2012, 1, 1), "M", "WBRI", "AB12 3CD"),
    ]


def test_a_table_without_children_has_no_record_key() -> None:
    ret = RETURNS["cin"]
    with pytest.raises(LookupError, match="belong to no child"):
        deidentify.record_key(ret, ret.table("header"))


def test_marts_declare_no_identifying_column_and_no_day_of_birth() -> None:
    for name, mart in MARTS.items():
        for c in columns(mart):
            assert not c.identifies, name
            assert c.about, name
            assert "birth" not in c.name or c.name == "birth_month"


def test_no_mart_says_where_a_row_came_from() -> None:
    """An authority's findings hold submission and row beside its own child ids: the pseudonym could be undone."""
    places = {name for name, _, _ in PROVENANCE} - {"year", "la"} | {"table", "file", "row", "line"}
    for name, mart in MARTS.items():
        assert not {c.name.lower() for c in columns(mart)} & places, name
    assert {"submission", "source_row"} <= places


def test_no_day_of_birth_follows_from_a_mart_whatever_the_day_was(tmp_path: Path) -> None:
    """Children born on any day of a month, with the same events in their lives, have the same rows."""
    first, *others = [told_in_marts(tmp_path, day) for day in (15, 1, 2, 14, 16, 30)]
    assert len(first["outcomes.period_of_care"]) == 11
    assert all(other == first for other in others)


def told_in_marts(folder: Path, day: int) -> dict[str, list[tuple[object, ...]]]:
    """Marts of children born on that day of June 2012, one for each of many days on which care began."""
    begun = [date(2012, 6, 30), date(2012, 7, 1), date(2012, 7, 31), date(2012, 8, 1), date(2016, 5, 31)]
    begun += [date(2016, 6, n) for n in (1, 14, 15, 16, 30)] + [date(2016, 7, 1)]
    header = [f"2017 | 202 | {c} | {day:02}/06/2012" for c in LETTERS[: len(begun)]]
    episodes = [
        f"2017 | 202 | {c} | {d:%d/%m/%Y} | S | C2 | U4 | |" for c, d in zip(LETTERS, begun, strict=False)
    ]
    text = ["ssda903_header", "year | la | CHILD | DOB", *header]
    text += ["ssda903_episodes", "year | la | CHILD | DECOM | RNE | LS | PLACE | DEC | REC", *episodes]
    with measured(read_tables("\n".join(text)), folder / str(day)) as con:
        con.execute("attach ':memory:' as built")
        marts.write_marts(con, "built")
        names = ("outcomes.period_of_care", "outcomes.placement", "outcomes.child_year")
        return {n: con.execute(f"select * from built.{n} order by all").fetchall() for n in names}


@pytest.mark.parametrize(
    ("born", "referred", "told", "is_month", "age"),
    [
        ("2012-06-15", "2016-06-14", date(2016, 6, 14), False, 3),
        ("2012-06-15", "2016-06-15", date(2016, 6, 15), False, 3),
        ("2012-06-01", "2016-06-15", date(2016, 6, 15), False, 3),
        ("2012-06-15", "2016-07-01", date(2016, 7, 1), False, 4),
        ("2024-06-15", "2024-06-15", date(2024, 6, 1), True, 0),
        ("2024-06-15", "2024-07-16", date(2024, 7, 1), True, 0),
        ("2024-06-15", "2024-08-01", date(2024, 8, 1), False, 0),
        ("2024-06-15", "2024-06-14", date(2024, 6, 1), True, -1),
        ("2024-06-15", "2024-04-30", date(2024, 4, 30), False, -1),
        ("", "2024-04-30", date(2024, 4, 30), False, None),
    ],
)
def test_an_event_near_birth_is_a_month_and_ages_are_those_on_the_first_of_the_month(
    tmp_path: Path, born: str, referred: str, told: date, is_month: bool, age: int | None
) -> None:
    tables = read_tables(
        f"""cin_child_identifiers
        year | la | LAchildID | PersonBirthDate
        2025 | 202 | A | {born}
        cin_cin_details
        year | la | LAchildID | CINdetailsID | CINreferralDate | ReferralNFA
        2025 | 202 | A | 1 | {referred} | 0
        cin_child_protection_plans
        year | la | LAchildID | CINdetailsID | CPPID | CPPstartDate
        2025 | 202 | A | 1 | 1 | {referred}"""
    )
    with measured(tables, tmp_path) as con:
        con.execute("attach ':memory:' as built")
        marts.write_marts(con, "built")
        rows = con.execute(
            "select referral_date, is_referral_month, age_at_referral from built.outcomes.episode_of_need "
            "union all select start_date, is_start_month, age_at_start from built.outcomes.child_protection_plan"
        ).fetchall()
    assert rows == [(told, is_month, age)] * 2


def test_two_events_of_the_month_of_birth_stay_two_and_their_days_are_counted_from_its_first(
    tmp_path: Path,
) -> None:
    tables = read_tables(
        """cin_child_identifiers
        year | la | LAchildID | PersonBirthDate
        2025 | 202 | A | 2024-06-15
        cin_cin_details
        year | la | LAchildID | CINdetailsID | CINreferralDate | CINclosureDate | ReferralNFA
        2025 | 202 | A | 1 | 2024-06-03 | 2024-06-20 | 0
        2025 | 202 | A | 2 | 2024-06-25 | 2024-08-11 | 0"""
    )
    with measured(tables, tmp_path) as con:
        con.execute("attach ':memory:' as built")
        marts.write_marts(con, "built")
        rows = con.execute(
            "select episode_number, referral_date, closure_date, is_closure_month "
            "from built.outcomes.episode_of_need order by 1"
        ).fetchall()
        days = con.execute("select days_in_need from built.outcomes.child_year").fetchall()
    month = date(2024, 6, 1)
    assert rows == [(1, month, month, True), (2, month, date(2024, 8, 11), False)]
    assert days == [((date(2024, 8, 11) - month).days,)]


def test_the_strict_and_the_loose_figure_use_their_own_persons(tmp_path: Path) -> None:
    """Strictly, the school record of Bb is nobody's; loosely, the unlinked Zz is Bb too."""
    apart = """select record_id, 'strict' as level, 'nobody' as person_id from people.record
        where source = 'school_census' and record_id like '%:Bb'
        union all select record_id, 'loose', 'Bb' from people.record
        where source = 'school_census' and record_id like '%:Zz'"""
    tables = drawn()
    for table, id_ in (("school_census_pupilonroll", "pupilonrolltableid"),
                       ("school_census_termlysessiondetailsonroll", "pupilonrolltableid")):  # fmt: skip
        extra = [{**row, id_: "Zz"} for row in tables[table] if row[id_] == "Ba"]
        tables[table] = tables[table] + extra
    with measured(tables, tmp_path, person_at=apart) as con:
        standard, value, strict, loose = con.execute(
            "select denominator, value, value_strict, value_loose from measured.indicator where year = 2025 "
            "and indicator_id = 'absence_overall_cino' and geographic_level = 'National' and category = 'Total'"
        ).fetchall()[0]
    absences = {c: n for year, _, c, n in need() if year == 2025 and n % 4}
    assert standard == 100 * len(absences)
    total, count = sum(absences.values()), len(absences)
    assert value == pytest.approx(total / count)
    assert strict == pytest.approx((total - absences["Bb"]) / (count - 1))
    assert loose == pytest.approx((total + absences["Ba"]) / (count + 1))
