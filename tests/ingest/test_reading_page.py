"""The page about reading shows examples that are true, and leaves no finding out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.ingest import read_paths
from schemas.findings import finding_codes
from tests.ingest.test_packed import workbook

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reading.md").read_text(encoding="utf-8")
RETURN_OF = {"xml": "cin", "json": "daily_social_care"}
"""The return of which the examples in a form are; the tables are all of the SSDA903."""
EXAMPLES = re.findall(
    r"^### `([\w.]+)`\n(?:(?!###|```).*\n)*```(\w+) ?(\S*)\n((?:(?!```).*\n)*)```$", PAGE, re.MULTILINE
)


def written(form: str, how: str, example: str) -> bytes:
    """The example as bytes, in the encoding or with the line ends that its block names."""
    example = example.replace("␀", "\0")
    if form == "sheet":
        return workbook({"a": [line.split(",") for line in example.splitlines()]})
    if how == "carriage-returns":
        return example.replace("\n", "\r").encode()
    return example.encode(how or "utf-8")


@pytest.mark.parametrize(("code", "form", "how", "example"), EXAMPLES, ids=[code for code, *_ in EXAMPLES])
def test_an_example_ends_as_the_finding_above_it(
    code: str, form: str, how: str, example: str, tmp_path: Path
) -> None:
    (tmp_path / "file.csv").write_bytes(written(form, how, example))
    result = read_paths([tmp_path], RETURN_OF.get(form, "ssda903"), 2025, la="202")
    assert result.readable
    assert code in {finding.rule for finding in result.findings}


def test_every_heading_has_its_example() -> None:
    assert [code for code, *_ in EXAMPLES] == re.findall(r"^### `([\w.]+)`$", PAGE, re.MULTILINE)


OF_READING = r"(?:file|row|cell|submission)\.\w+"
"""What a data officer sends back (explanations, waivers) has its own page."""


def test_every_finding_of_reading_is_on_the_page() -> None:
    codes = {code for code in finding_codes() if re.fullmatch(OF_READING, code)}
    assert codes == set(re.findall(f"`({OF_READING})`", PAGE))


def test_every_other_finding_is_on_the_page_of_the_data_officer() -> None:
    told = (Path(__file__).resolve().parents[2] / "docs" / "data_officer.md").read_text(encoding="utf-8")
    others = {code for code in finding_codes() if not re.fullmatch(OF_READING, code)}
    assert others
    assert others <= set(re.findall(r"`(\w+\.\w+)`", told))
