"""Values in forms that can be compared: names, numbers, postcodes, dates."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from linkage import link_people
from linkage.steps import rows, scratch

NAMES = [
    ("O'Brien", "OBRIEN"),
    ("O’Brien", "OBRIEN"),
    ("Anne-Marie ", "ANNE MARIE"),
    ("José", "JOSE"),
    ("Łukasz", "LUKASZ"),
    ("Søren", "SOREN"),
    ("Weiß", "WEISS"),
    ("  ", None),
    ("St. John", "ST JOHN"),
]
PLACEHOLDERS = [
    "Baby of Sarah",
    "BABY",
    "unborn",
    "Twin 1",
    "Male child",
    "Not known",
    "N/A",
    "XX",
    "Unknown",
]
UPNS = [
    ("A950000178301", "valid"),
    ("H243278544154", "valid"),
    ("X845212818005", "valid"),
    ("L999000100001", "valid"),
    ("K99900010001A", "temporary"),
    ("Z99900010001B", "temporary"),
    ("R247962919251", "wrong letter"),
    ("W428558133462", "valid"),
    ("X428558133462", "wrong letter"),
    ("UN3", "unknown code"),
    ("A12345", "malformed"),
    ("A95E11", "malformed"),
    (None, "none"),
]
POSTCODES = [
    ("sw1a2aa", "SW1A 2AA"),
    (" M1 1AE", "M1 1AE"),
    ("M1 OAE", "M1 0AE"),
    ("ZZ99 3VZ", None),
    ("NFA", None),
    ("SW1A", None),
]


@pytest.fixture
def words(con: duckdb.DuckDBPyConnection) -> Any:
    """Evaluate one of the package's macros on one value."""
    with scratch(con):
        yield lambda call, *values: con.execute(f"select {call}", list(values)).fetchall()[0][0]


@pytest.mark.parametrize(("sent", "held"), NAMES)
def test_a_name_is_upper_case_latin_words(words: Any, sent: str, held: str | None) -> None:
    assert words("link_forename(?)", sent) == held


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ("al-Hassan", "HASSAN"),
        ("El Hassan", "HASSAN"),
        ("Van der Berg", "BERG"),
        ("de la Cruz", "CRUZ"),
        ("Mc Donald", "MCDONALD"),
        ("O' Brien", "OBRIEN"),
        ("Mac Leod-de Souza", "MACLEOD DE SOUZA"),
        ("Di", "DI"),
        ("Alder", "ALDER"),
        ("Not known", None),
    ],
)
def test_a_surname_loses_its_particle_and_keeps_its_prefix(words: Any, sent: str, held: str | None) -> None:
    assert words("link_surname(?)", sent) == held


@pytest.mark.parametrize("sent", PLACEHOLDERS)
def test_a_placeholder_is_no_forename(words: Any, sent: str) -> None:
    assert words("link_forename(?)", sent) is None


@pytest.mark.parametrize(("upn", "status"), UPNS)
def test_a_upn_is_judged_by_its_check_letter(words: Any, upn: str | None, status: str) -> None:
    assert words("link_upn_status(?::text)", upn) == status


@pytest.mark.parametrize(("sent", "held"), POSTCODES)
def test_a_postcode_has_one_space_and_is_a_home(words: Any, sent: str, held: str | None) -> None:
    assert words("link_postcode(?)", sent) == held


def test_nhs_numbers_and_ulns_are_checked(words: Any) -> None:
    assert words("link_nhs_number(?)", "9434765919") == "9434765919"
    assert words("link_nhs_number(?)", "9434765918") is None
    assert words("link_nhs_number(?)", "1111111111") is None
    assert words("link_uln(?)", "1000000007") is None
    digits = [1, 0, 0, 0, 0, 0, 0, 1, 2]
    check = 10 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11
    assert words("link_uln(?)", "".join(map(str, digits)) + str(check)) is not None


@pytest.mark.parametrize(
    ("born", "other", "verdict"),
    [
        ("2012-03-04", "2012-03-04", "same"),
        ("2012-03-04", "2012-04-03", "near"),
        ("2012-03-04", "2012-03-14", "near"),
        ("2012-03-04", "2011-03-04", "near"),
        ("2012-03-04", "2013-07-05", "far"),
        ("2012-03-04", None, "unknown"),
    ],
)
def test_birth_dates_are_same_near_far_or_unknown(
    words: Any, born: str, other: str | None, verdict: str
) -> None:
    assert words("link_birth(?::date, null::date, ?::date, null::date)", born, other) == verdict
    assert words("link_birth(?::date, null::date, ?::date, null::date)", other, born) == verdict


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("MARY JANE", "MARY", "close"),
        ("MIA", "MAI", "close"),
        ("J", "JOHN", "close"),
        ("MOHAMMED ALI", "MUHAMMAD HAMZA", "different"),
        ("MOHAMMED ALI", "MOHAMMED", "close"),
        ("JACK", "OLIVIA", "different"),
        ("ANNE MARIE", "ANNEMARIE", "same"),
        (None, "OLIVIA", "unknown"),
    ],
)
def test_forenames_are_same_close_different_or_unknown(
    words: Any, one: str | None, other: str, verdict: str
) -> None:
    call = "link_names(?::text, ?::text, 'FOX', ?::text, ?::text, 'FOX')"
    assert words(call, one, one, other, other) == verdict
    assert words(call, other, other, one, one) == verdict


def test_records_say_what_was_wrong_with_what_was_sent(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """create table sent as select * from (values
          ('a', 'school_census', 2024, 'liz', 'Fox', date '1900-01-01', 'UN2', '2', 'REFU'),
          ('b', 'school_census', 2024, 'Bob', 'Fox', date '2014-01-01', 'R247962919251', 'male', 'wbri')
        ) t(record_id, source, year, forename, surname, date_of_birth, upn, sex, ethnicity)"""
    )
    link_people(con, records="sent", run="one")
    found = rows(
        con,
        """select forename, forename_common, birth_date_status, date_of_birth is null, upn, upn_status, sex, ethnicity
        from people.record order by record_id""",
    )
    assert found == [
        ("LIZ", "ELIZABETH", "placeholder", True, None, "unknown code", "F", None),
        ("BOB", "ROBERT", "first of january", False, "R247962919251", "wrong letter", "M", "WBRI"),
    ]


def test_a_repeated_record_id_is_refused_without_saying_which(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table sent as select 'secret-17' as record_id, 'cin' as source from range(2)")
    with pytest.raises(ValueError, match="1 repeat one") as caught:
        link_people(con, records="sent", run="one")
    assert "secret" not in str(caught.value)
