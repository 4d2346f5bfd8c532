"""A key is private, long enough, and never where the data is."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from assets import keys
from schemas.failures import WrongUse


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(keys.PLACE, str(tmp_path / "keys"))
    monkeypatch.delenv(keys.HOME, raising=False)
    return tmp_path / "keys"


def test_a_new_key_is_32_private_bytes_and_is_known_by_its_id(place: Path) -> None:
    made = keys.new()
    key = keys.load()
    assert key.key_id == made
    assert len(key.secret) == 32
    assert stat.S_IMODE((place / "marts.key").stat().st_mode) == 0o600
    assert key.secret.hex() not in repr(key)
    assert made not in key.secret.hex()


def test_without_a_key_the_error_says_how_to_make_one() -> None:
    with pytest.raises(WrongUse, match="outcomes keys new"):
        keys.load()


def test_an_existing_key_is_only_replaced_on_purpose() -> None:
    first = keys.new()
    with pytest.raises(WrongUse, match="keys rotate"):
        keys.new()
    assert keys.ensure() == first
    assert keys.rotate() != first
    assert keys.load().key_id != first


def test_rotating_a_key_that_is_not_there_is_refused() -> None:
    with pytest.raises(WrongUse, match="to rotate"):
        keys.rotate("others")


def test_a_key_that_others_can_read_is_refused(place: Path) -> None:
    keys.new()
    (place / "marts.key").chmod(0o640)
    with pytest.raises(WrongUse, match="expected 0600"):
        keys.load()


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(place: Path, length: int) -> None:
    keys.new()
    (place / "marts.key").write_bytes(bytes(length))
    with pytest.raises(WrongUse, match=f"holds {length} bytes"):
        keys.load()


def test_a_key_inside_the_store_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.new()
    with pytest.raises(WrongUse, match="inside the store"):
        keys.load(outside=place.parent)
    monkeypatch.setenv(keys.HOME, str(place.parent))
    with pytest.raises(WrongUse, match="inside the store"):
        keys.new("others")


def test_projects_have_keys_of_their_own_and_a_file_can_be_named_directly(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marts, others = keys.new(), keys.new("others")
    assert marts != others
    monkeypatch.setenv(keys.PLACE, str(place / "others.key"))
    assert keys.load().key_id == others
