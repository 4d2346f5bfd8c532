"""`evaluate` on files that somebody else might bring."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from linkage import evaluate
from linkage.columns import by_heading
from pipelines.cli import app
from schemas.failures import WrongUse

KEYS = ("records", "kind", "true_pairs", "strict", "standard", "loose", "best", "clusters", "seconds")
MARKS = {"threshold", "pairs", "precision", "recall", "f1"}


@pytest.fixture(scope="module")
def lists(country: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lists of about 600 people with the slips of two school censuses, dates written day first."""
    with duckdb.connect() as con:
        country(800, 5).into(con)
        path = tmp_path_factory.mktemp("lists") / "people.csv"
        con.execute(
            f"""copy (
              select record_id, 'list ' || year as source, upper(forename) as given_name, surname,
                strftime(date_of_birth, '%d/%m/%Y') as date_of_birth, sex, postcode,
                case when hash(record_id) % 10 < 3 then upn end as id_number,
                case when hash(record_id) % 10 < 2 then 'x' end as remark, 'same' as county, child as truth_id
              from records join truth using (record_id) where source = 'school_census'
            ) to '{path}' (header)"""
        )
    return path


@pytest.fixture(scope="module")
def result(lists: Path) -> dict[str, Any]:
    return evaluate(lists, "truth_id")


def test_the_answer_has_the_promised_keys_and_can_be_printed(result: dict[str, Any]) -> None:
    assert tuple(key for key in result if key != "columns") == KEYS
    for part in ("strict", "standard", "loose", "best"):
        assert set(result[part]) == MARKS
    assert json.loads(json.dumps(result)) == result


def test_two_lists_are_linked_well(result: dict[str, Any]) -> None:
    assert result["kind"] == "one-to-one"
    assert 800 < result["records"] < 1400
    assert result["standard"]["f1"] >= 0.98
    assert result["standard"]["precision"] >= 0.99
    assert result["best"]["f1"] >= result["standard"]["f1"]
    assert result["strict"]["pairs"] <= result["standard"]["pairs"] <= result["loose"]["pairs"]


def test_columns_too_empty_or_always_the_same_are_named(result: dict[str, Any]) -> None:
    assert set(result["columns"]["ignored"]) == {"remark", "county"}
    assert "id_number" in result["columns"]["used"]


def test_no_column_is_lost_to_another_of_like_name() -> None:
    headings = ["First Name", "First_Name", "first_name_2", "FIRST-NAME", "Ⅻ", "??"]
    found = by_heading(headings)
    assert list(found.values()) == headings
    assert list(found) == [
        "first_name",
        "first_name_2",
        "first_name_2_2",
        "first_name_3",
        "column",
        "column_2",
    ]


def test_the_number_of_a_row_tells_nothing_of_a_person(lists: Path, tmp_path: Path) -> None:
    numbered = tmp_path / "numbered.parquet"
    duckdb.sql(
        f"""copy (select *, row_number() over (partition by source order by date_of_birth) as "__index_level_0__"
        from read_csv('{lists}', all_varchar = true)) to '{numbered}'"""
    )
    assert "index_level_0" in evaluate(numbered, "truth_id")["columns"]["ignored"]


def test_the_truth_is_not_read_before_scoring(lists: Path, tmp_path: Path, result: dict[str, Any]) -> None:
    other = tmp_path / "people.csv"
    duckdb.sql(
        f"""copy (select * replace (hash(truth_id) % 7 as truth_id) from read_csv('{lists}', all_varchar = true))
        to '{other}' (header)"""
    )
    again = evaluate(other, "truth_id")
    for part in ("strict", "standard", "loose"):
        assert again[part]["pairs"] == result[part]["pairs"]
    assert again["standard"]["f1"] < 0.5


def test_one_list_is_searched_for_those_who_occur_twice(lists: Path, tmp_path: Path) -> None:
    one = tmp_path / "one.parquet"
    duckdb.sql(
        f"""copy (select * exclude (source) replace (
            regexp_replace(date_of_birth, '(..)/(..)/(....)', '\\3\\2\\1') as date_of_birth)
          from read_csv('{lists}', all_varchar = true) order by hash(record_id)) to '{one}'"""
    )
    found = evaluate(one, "truth_id")
    assert found["kind"] == "dedupe"
    assert found["standard"]["f1"] >= 0.97
    assert found["clusters"]["largest"] <= 4


def test_lists_that_hold_people_several_times_are_not_one_to_one(lists: Path, tmp_path: Path) -> None:
    twice = tmp_path / "twice.parquet"
    sent = f"read_csv('{lists}', all_varchar = true)"
    duckdb.sql(
        f"""copy (from {sent} union all by name
          select * replace (record_id || 'b' as record_id) from {sent} where hash(record_id) % 4 = 0) to '{twice}'"""
    )
    found = evaluate(twice, "truth_id")
    assert found["kind"] == "many"
    assert found["standard"]["recall"] >= 0.95


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y"])
def test_the_form_of_dates_is_found_by_their_values(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, form: str
) -> None:
    from linkage.reading import read_people
    from linkage.steps import SCRATCH, scratch

    path = tmp_path / "dates.parquet"
    con.execute(
        f"""copy (select i as record_id, strftime(date '2010-01-01' + (i * 37)::int, '{form}') as date_of_birth,
          'n' || i as surname, i as truth_id from range(60) t(i)) to '{path}'"""
    )
    with scratch(con):
        read_people(con, path, "truth_id")
        held = con.execute(
            f"select list(date_of_birth order by date_of_birth) = list(strftime(date '2010-01-01' + (i * 37)::int, "
            f"'%Y-%m-%d') order by i) from {SCRATCH}.file_record join range(60) t(i) on no = i + 1"
        )
        assert held.fetchall() == [(True,)]


HEADINGS = "record_id, forename, surname, date_of_birth, postcode, child as truth_id"


@pytest.fixture(scope="module")
def census(country: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One list of two school censuses, in plain columns."""
    with duckdb.connect() as con:
        country(800, 5).into(con)
        path = tmp_path_factory.mktemp("census") / "people.parquet"
        con.execute(
            f"copy (select {HEADINGS} from records join truth using (record_id) where source = 'school_census') "
            f"to '{path}'"
        )
    return path


@pytest.fixture(scope="module")
def usual(census: Path) -> dict[str, Any]:
    return evaluate(census, "truth_id")


LAYOUTS = {
    "blanks and capitals": """forename as "First Name", surname as "Last-Name", date_of_birth as "DATE OF BIRTH",
      postcode as "Post Code", truth_id as "True ID" """,
    "the name whole": "forename || ' ' || surname as full_name, date_of_birth as dob, postcode, truth_id as true_id",
    "the surname first": "surname || ', ' || forename as name, date_of_birth as dob, postcode, truth_id as true_id",
    "the name whole and in parts": """forename || ' ' || surname as full_name, forename as first_name, surname,
      date_of_birth as dob, postcode, truth_id as true_id""",
    "a birth date in three columns": """forename, surname, year(date_of_birth) as birth_year,
      month(date_of_birth) as birth_month, day(date_of_birth) as birth_day, postcode, truth_id as true_id""",
    "dates with dots and single digits": """forename, surname, postcode, truth_id as true_id,
      day(date_of_birth) || '.' || month(date_of_birth) || '.' || year(date_of_birth) as dob""",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_people_are_found_however_a_file_is_laid_out(
    census: Path, tmp_path: Path, usual: dict[str, Any], layout: str
) -> None:
    other = tmp_path / "other.csv"
    duckdb.sql(
        f"copy (select record_id, {LAYOUTS[layout]} from '{census}') to '{other}' (header, delimiter ';')"
    )
    found = evaluate(other, "True ID")
    assert found["columns"]["used"] == usual["columns"]["used"]
    assert found["true_pairs"] == usual["true_pairs"]
    assert found["standard"]["f1"] >= usual["standard"]["f1"] - 0.005
    assert found["columns"]["ignored"] == (["full_name"] if layout == "the name whole and in parts" else [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_file_is_read_in_the_encoding_that_it_has(census: Path, tmp_path: Path, encoding: str) -> None:
    from linkage.reading import read_people
    from linkage.steps import SCRATCH, scratch

    path = tmp_path / "people.csv"
    path.write_bytes("surname,dob,truth_id\nBrontë,2010-01-02,1\nBrontë,2010-01-02,1\n".encode(encoding))
    with duckdb.connect() as con, scratch(con):
        read_people(con, path, "truth_id")
        assert con.execute(f"select distinct surname from {SCRATCH}.file_record").fetchall() == [("BRONTE",)]


def test_records_of_which_the_truth_says_nothing_are_not_marked(census: Path, tmp_path: Path) -> None:
    some = tmp_path / "some.parquet"
    unknown = "case when hash(truth_id) % 3 > 0 then truth_id end as truth_id"
    duckdb.sql(f"copy (select * replace ({unknown}) from '{census}') to '{some}'")
    found = evaluate(some, "truth_id")
    assert found["standard"]["precision"] >= 0.98  # a third lower if they were marked as false
    assert found["standard"]["recall"] >= 0.95


def test_names_alone_are_enough_to_try(census: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.parquet"
    duckdb.sql(f"copy (select forename, surname, truth_id from '{census}') to '{names}'")
    assert evaluate(names, "truth_id")["columns"]["used"] == ["forename", "surname"]


def test_records_with_many_slips_are_found_although_few_pairs_are_alike_in_everything(
    census: Path, tmp_path: Path
) -> None:
    """Every record has its own slip, so that no two are alike in name and birth date."""
    slips = tmp_path / "slips.parquet"
    duckdb.sql(
        f"""copy (select * replace (
          case when hash(record_id) % 3 = 0
            then left(forename, 3) || 'x' || substr(forename, 4) else forename end as forename,
          case when hash(record_id) % 3 = 1
            then left(surname, 3) || 'x' || substr(surname, 4) else surname end as surname,
          case when hash(record_id) % 3 = 2 then date_of_birth + 1 else date_of_birth end as date_of_birth)
        from '{census}') to '{slips}'"""
    )
    standard = evaluate(slips, "truth_id")["standard"]
    assert standard["precision"] >= 0.97
    assert standard["recall"] >= 0.85  # 0.83 with the prior of the pairs that are alike in everything


BROKEN = {
    "nothing.csv": (None, "there is no file nothing.csv"),
    "people.docx": ("x", "should be a CSV or Parquet file"),
    "people.parquet": ("no parquet", "could not be read"),
    "empty.csv": ("forename,truth_id\n", "headings and no records"),
    "few.csv": ("forename,truth_id\nAmy,1\nBen,2\n", "too little in common"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_marked_is_wrong_use_and_said_in_words(name: str, tmp_path: Path) -> None:
    content, said = BROKEN[name]
    if content is not None:
        (tmp_path / name).write_text(content)
    done = CliRunner().invoke(app, ["linkage", "evaluate", str(tmp_path / name), "--truth", "truth_id"])
    assert isinstance(done.exception, WrongUse)
    assert said in str(done.exception)


def test_a_file_without_the_truth_column_is_refused_with_what_it_has(lists: Path) -> None:
    with pytest.raises(ValueError, match=r"no column 'person'.*given_name"):
        evaluate(lists, "person")
    with pytest.raises(ValueError, match="kind should be one of"):
        evaluate(lists, "truth_id", "both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"no file nothing\.csv"):
        evaluate(lists.with_name("nothing.csv"), "truth_id")
