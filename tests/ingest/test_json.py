"""The daily feed is read whatever its writer did: every element becomes a row or is set aside with its place."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from assets.ingest import Limits, read_paths
from assets.ingest.reader import read_bytes
from assets.ingest.reading import Reading
from schemas.returns import RETURNS
from tests.ingest.feed import CHILD, ROWS, VALUES, child, episode, small, wrapped, written

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "samples"
TEMPLATE = (
    Path(os.environ.get("NATIONAL_OUTCOMES_SAMPLES") or DEFAULT) / "csc_api" / "payload_template_v0.7.jsonc"
)


def read(data: bytes) -> Reading:
    return read_bytes(data, "0" * 64, Limits())


def rows(reading: Reading) -> dict[str, list[dict[str, Any]]]:
    return {each.table.VIEW: each.frame.to_dicts() for each in reading.tables if each.frame.height}


def heights(reading: Reading) -> dict[str, int]:
    return {view: len(found) for view, found in rows(reading).items()}


def told(reading: Reading) -> list[tuple[str, str, str, str, int | None]]:
    return [(f.rule, f.table, f.fields, f.detail, f.row) for f in reading.findings]


def without(reading: Reading, *names: str) -> dict[str, Any]:
    """The rows of every table without some columns."""
    return {e.table.VIEW: e.frame.drop(names).to_dicts() for e in reading.tables if e.table.VIEW != "payload"}


def test_every_element_of_a_child_is_a_row_of_its_table_with_the_keys_above_it() -> None:
    reading = read(wrapped(CHILD))
    found = rows(reading)
    assert {view: len(those) for view, those in found.items()} == {"payload": 1, **ROWS}
    assert reading.findings == ()
    assert reading.facts.las == ("202",)
    factor = found["factors"][1]
    keys = ("la_child_id", "social_care_episode_id", "child_and_family_assessment_id", "factor")
    assert [factor[name] for name in keys] == ["C1", "E1", "A1", "16A"]
    assert found["sdq_assessments"][0]["score"] == "20"
    assert found["social_care_episodes"][0]["referral_no_further_action_flag"] == "false"
    assert found["child_details"][0]["given"].split()[-3:] == ["postcode", "uasc_flag", "purge"]


@pytest.mark.skipif(not TEMPLATE.exists(), reason="no samples; set NATIONAL_OUTCOMES_SAMPLES")
def test_every_field_of_the_printed_payload_is_a_column() -> None:
    printed = re.sub(r"Integer e\.g\. (\d+)", r"\1", TEMPLATE.read_text())
    reading = read(printed.encode())
    assert [f.rule for f in reading.findings] == []
    assert rows(reading)["children"][0]["purge"] == "false"  # it is printed twice there
    declared = {name for each in reading.tables for name in each.frame.columns} - {
        "extra",
        "child_row",
        "given",
    }
    used = {n for those in rows(reading).values() for row in those for n, v in row.items() if v is not None}
    assert declared <= used


def test_an_array_an_object_and_lines_of_either_hold_the_same() -> None:
    children = [child("C1"), child("C2")]
    array = read(written(children))
    forms = [
        wrapped(*children),
        b"\n".join(written(each) for each in children),
        b"\r\n".join([wrapped(children[0]), b"", wrapped(children[1]), b""]),
        json.dumps(children, indent=2).encode(),
        "\ufeff".encode() + written(children),
        json.dumps(children).encode("utf-16"),
    ]
    for form in forms:
        assert without(read(form), "source_line") == without(array, "source_line")
    assert [row["source_line"] for row in rows(read(forms[1]))["children"]] == [1, 2]
    one = json.dumps({"Children": children[0], "la_code": 202}).encode()
    assert heights(read(one)) == {"payload": 1, **ROWS}


def test_the_names_of_fields_count_without_regard_to_case() -> None:
    assert (
        heights(read(json.dumps([CHILD]).upper().replace("FALSE", "false").replace("TRUE", "true").encode()))
        == ROWS
    )


def test_fields_that_the_payload_does_not_have_are_kept_and_named() -> None:
    new = small(nhs_number="9990000000", child_details={"sex": "F", "faith": {"kind": "x"}})
    reading = read(written([new]))
    assert told(reading) == [("file.unknown_fields", "", "faith, nhs_number", "", None)]
    assert json.loads(rows(reading)["children"][0]["extra"]) == {"nhs_number": "9990000000"}
    assert json.loads(rows(reading)["child_details"][0]["extra"]) == {"faith": {"kind": "x"}}


def test_of_a_field_that_comes_twice_the_first_counts_and_nothing_is_lost() -> None:
    reading = read(b'[{"la_child_id": "C1", "la_child_id": "C2", "child_details": {"sex": "F", "SEX": "M"}}]')
    assert told(reading) == [("file.repeated_fields", "", "SEX, la_child_id", "", None)]
    assert rows(reading)["children"][0]["la_child_id"] == "C1"
    assert json.loads(rows(reading)["children"][0]["extra"]) == {"la_child_id": "C2"}
    assert rows(reading)["child_details"][0]["sex"] == "F"


def test_a_purge_mark_counts_wherever_in_its_object_it_stands() -> None:
    for marks in ('"purge": false, "purge": true', '"purge": true, "purge": false'):
        reading = read(b'[{"la_child_id": "C1", %s}]' % marks.encode())
        assert rows(reading)["children"][0]["purge"] == "true"


def test_a_value_of_another_kind_is_blank_and_its_place_is_named() -> None:
    odd = small(
        child_details={"surname": ["Nobody"], "first_name": True}, **episode(referral_date={"y": 2026})
    )
    reading = read(written([small("C0"), odd]))
    assert told(reading) == [
        ("cell.wrong_kind", "child_details", "surname", "at /1/child_details", 1),
        ("cell.wrong_kind", "child_details", "first_name", "at /1/child_details", 1),
        ("cell.wrong_kind", "social_care_episodes", "referral_date", "at /1/social_care_episodes/0", 1),
    ]
    assert rows(reading)["child_details"][0]["surname"] is None
    assert json.loads(rows(reading)["child_details"][0]["extra"]) == {
        "surname": ["Nobody"],
        "first_name": True,
    }


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e309", "9" * 5_000, "20.5", '"about 12"']
)
def test_a_number_that_is_none_is_blank_and_found(number: str, tmp_path: Path) -> None:
    delivery = (
        '[{"la_child_id": "C1", "health_and_wellbeing": {"sdq_assessments": [{"score": NUMBER}]}}]'.replace(
            "NUMBER", number
        )
    )
    (tmp_path / "a.json").write_text(delivery)
    result = read_paths([tmp_path], "daily_social_care", 2026, la="202")
    assert result.tables["sdq_assessments"]["score"].to_list() == [None]
    (found,) = (f for f in result.findings if f.fields == "score")
    assert (found.rule, found.row) in {("cell.wrong_kind", 1), ("cell.not_a_number", 1)}


def test_what_is_no_object_or_has_no_key_is_set_aside_and_the_rest_goes_on() -> None:
    plans: dict[str, Any] = {
        "child_in_need_plans": [7, {"start_date": "2026-01-01"}, {"child_in_need_plan_id": "P9"}]
    }
    reading = read(
        written([None, small(), {"child_details": {"surname": "Nobody"}}, small("C2", **episode(**plans))])
    )
    places = [(rule, table, detail, row) for rule, table, _, detail, row in told(reading)]
    assert places == [
        ("row.not_an_object", "Children", "at /0", 1),
        ("row.not_an_object", "child_in_need_plans", "at /3/social_care_episodes/0/child_in_need_plans/0", 1),
        ("row.without_key", "Children", "at /2", 3),
        ("row.without_key", "child_in_need_plans", "at /3/social_care_episodes/0/child_in_need_plans/1", 2),
    ]
    assert {e.table.VIEW: (e.rows_in, e.frame.height, e.aside.height) for e in reading.tables if e.rows_in} == {
        "children": (4, 2, 2), "social_care_episodes": (1, 1, 0), "child_in_need_plans": (3, 1, 2),
    }  # fmt: skip
    assert "child_details" not in rows(reading)


def test_a_broken_line_of_many_is_set_aside_and_a_broken_file_is_not_used() -> None:
    lines = [written(small("C1")), b'{"la_child_id": "C2", ', written(small("C3"))]
    reading = read(b"\n".join(lines))
    assert [row["la_child_id"] for row in rows(reading)["children"]] == ["C1", "C3"]
    assert [(f.rule, f.line, f.row) for f in reading.findings] == [("row.unreadable", 2, 2)]
    broken = read(written([small("C1"), small("C2")])[:-4])
    assert (broken.ret, broken.usable, broken.findings[0].rule) == (
        "daily_social_care",
        False,
        "file.json_broken",
    )


def test_a_file_cut_off_anywhere_is_never_half_a_delivery() -> None:
    for whole in (written([CHILD, child("C2")]), wrapped(CHILD), json.dumps([CHILD], indent=1).encode()):
        for end in range(1, len(whole), 7):
            assert not read(whole[:end]).usable


@pytest.mark.parametrize(
    "text", ["{}", "[]", "[[]]", '{"a": 1}', '[{"a": 1}, 3]', "[1, 2]", "{", '{"a": NaN}']
)
def test_json_without_a_child_of_the_payload_is_no_form_that_we_know(text: str) -> None:
    reading = read(text.encode())
    assert [f.rule for f in reading.findings] == ["file.unknown_form"]


def test_no_finding_repeats_what_a_child_s_record_says() -> None:
    spoilt = json.loads(json.dumps([CHILD]).replace('"F"', '["Nobody"]').replace('"2026-04-02"', '"Madeup"'))
    spoilt[0]["Nobody 2014-02-03"] = {"Madeup": 1}
    spoilt[0]["child_details"]["date_of_birth"] = "2014-02-03Nobody"
    spoilt[0]["social_care_episodes"][0]["2014-02-03"] = 1
    for data in (written(spoilt), written([CHILD])[:-9], written([spoilt, "Nobody"])):
        assert not [word for f in read(data).findings for word in VALUES if word in f"{f.detail} {f.fields}"]


def test_every_declared_table_but_the_one_around_stands_in_the_plan() -> None:
    from assets.ingest.json_plan import PLAN, Node

    def tables(node: Node) -> list[str]:
        return [node.table.VIEW, *(view for below in node.below.values() for view in tables(below))]

    assert {*tables(PLAN), "payload"} == {table.VIEW for table in RETURNS["daily_social_care"].tables}
