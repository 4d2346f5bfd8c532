"""The maker lists what it wrote, and nothing else can get into the list."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from synthetic.hashes import NAME, expect_empty_landing, write_hashes


def test_every_file_that_was_made_is_listed_by_its_content(tmp_path: Path) -> None:
    folder = tmp_path / "landing" / "cin" / "2025"
    folder.mkdir(parents=True)
    (folder / "a b.xml").write_bytes(b"<Message/>")
    (folder / "b.csv").write_bytes(b"")
    write_hashes(tmp_path)
    assert (tmp_path / NAME).read_text() == (
        f"{hashlib.sha256(b'<Message/>').hexdigest()}  landing/cin/2025/a b.xml\n"
        f"{hashlib.sha256(b'').hexdigest()}  landing/cin/2025/b.csv\n"
    )


def test_a_country_is_not_made_where_files_are_already(tmp_path: Path) -> None:
    expect_empty_landing(tmp_path)
    (tmp_path / "landing" / "cin").mkdir(parents=True)
    expect_empty_landing(tmp_path)
    (tmp_path / "landing" / "cin" / "real.xml").touch()
    with pytest.raises(ValueError, match="expected no files"):
        expect_empty_landing(tmp_path)
