"""No error leaves with a child's value in it."""

from __future__ import annotations

import traceback

import duckdb
import polars as pl
import pytest
from pydantic import BaseModel

from schemas.failures import Trouble, WrongUse, guarded

CANARY = "-".join(["Zebedee", "Canary"])  # in two parts, so that no source line in a traceback holds it


class Strict(BaseModel):
    age: int


def cast_in_duckdb() -> None:
    duckdb.sql(f"select cast('{CANARY}' as date)").fetchall()


def cast_in_polars() -> None:
    pl.Series([CANARY]).str.to_date("%Y", strict=True)


def validate_in_pydantic() -> None:
    Strict.model_validate({"age": CANARY})


def raise_ours_while_handling_theirs() -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        raise WrongUse("expected a year, came something else") from None


@pytest.mark.parametrize(
    "breaks", [cast_in_duckdb, cast_in_polars, validate_in_pydantic, raise_ours_while_handling_theirs]
)
def test_an_error_keeps_its_kind_and_place_and_loses_its_words(breaks) -> None:
    with pytest.raises(Trouble) as caught:
        guarded("reading")(breaks)()
    shown = "".join(traceback.format_exception(caught.value, chain=True))
    assert CANARY not in shown
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_our_own_words_pass() -> None:
    with pytest.raises(WrongUse, match="expected a year"):
        guarded("reading")(raise_ours_while_handling_theirs)()


def test_a_library_error_says_where_in_our_code_it_happened() -> None:
    with pytest.raises(Trouble, match=r"tests/schemas/test_failures.py:\d+"):
        guarded("reading")(cast_in_duckdb)()


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device", CANARY),
        duckdb.IOException(f'IO Error: Could not write file "{CANARY}": No space left on device'),
        pl.exceptions.ComputeError(f"{CANARY}: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_named_whoever_stumbles_over_it(error: Exception) -> None:
    def breaks() -> None:
        raise error

    with pytest.raises(Trouble, match="the system said: No space left on device") as caught:
        guarded("linking")(breaks)()
    assert CANARY not in str(caught.value)
