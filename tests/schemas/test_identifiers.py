"""The UPN's check letter, in Python and in SQL."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.duck import connect
from schemas.identifiers import ALPHABET, is_valid_upn, upn_check_letter

BODY = st.from_regex(rf"[0-9]{{11}}[0-9{ALPHABET}]", fullmatch=True)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as made:
        yield made


@pytest.mark.parametrize("upn", ["L999000100001", "A999000100002", "K99900010001A", "A950000178301"])
def test_known_upns_are_valid(upn: str) -> None:
    assert is_valid_upn(upn)


@pytest.mark.parametrize(
    "upn", ["R247962919251", "X428558133462", "UN1", "", "A95000017830", "I950000178301"]
)
def test_known_wrong_upns_are_not(upn: str) -> None:
    assert not is_valid_upn(upn)


@settings(deadline=None, max_examples=60)
@given(BODY)
def test_sql_and_python_give_the_same_check_letter(con: duckdb.DuckDBPyConnection, body: str) -> None:
    got = con.execute("select upn_check_letter(?)", [body]).fetchall()[0][0]
    assert got == upn_check_letter(body)


@settings(deadline=None, max_examples=60)
@given(BODY, st.sampled_from(ALPHABET))
def test_sql_and_python_agree_on_what_is_a_upn(
    con: duckdb.DuckDBPyConnection, body: str, letter: str
) -> None:
    upn = letter + body
    got = con.execute("select valid_upn(?)", [upn]).fetchall()[0][0]
    assert got is is_valid_upn(upn)


@pytest.mark.parametrize("text", ["x", "", "UN1", "ABCDEFGHIJKLM", "L99900010000"])
def test_sql_says_no_to_what_is_not_a_upn_at_all(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert con.execute("select valid_upn(?)", [text]).fetchall()[0][0] is False


@settings(deadline=None, max_examples=60)
@given(BODY)
def test_changing_one_digit_is_noticed(body: str) -> None:
    upn = upn_check_letter(body) + body
    wrong = upn[:5] + str((int(upn[5]) + 1) % 10) + upn[6:]
    assert is_valid_upn(upn)
    assert not is_valid_upn(wrong)


def test_postcodes_are_written_one_way(con: duckdb.DuckDBPyConnection) -> None:
    got = con.execute("select [tidy_postcode(p) for p in ['zz99 3wz', 'ZZ993WZ', ' zz 99-3wz ']]").fetchall()
    assert got[0][0] == ["ZZ99 3WZ"] * 3
