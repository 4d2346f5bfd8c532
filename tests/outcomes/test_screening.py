"""Every check of the department's screening finds the fault that it is for, in a file that is otherwise sound."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from assets import ees, screening
from assets.screening import CHECKS, Sent, of_data
from assets.screening.sent import read
from tests.outcomes.drawn_country import everywhere, figures

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """The file of placements, with a filter, of every authority of one year."""
    folder = tmp_path_factory.mktemp("ees")
    dataset = next(one for one in ees.datasets() if one.name == "cla_placements_on_31_march")
    shown = figures({one.indicator_id: everywhere(8, 20) for one in dataset.members})
    return read(ees.write(dataset, shown, folder)[0])


def test_a_file_of_ours_has_no_fault(sound: Sent) -> None:
    assert screening.complaints(sound) == []
    assert len(sound.rows) > 5 * 153


def data(column: str, value: str, at: int = 0) -> Callable[[Sent], Sent]:
    """The file with one cell changed."""

    def change(sent: Sent) -> Sent:
        rows = [dict(row) for row in sent.rows]
        rows[at][column] = value
        header = sent.header if column in sent.header else [*sent.header, column]
        return dataclasses.replace(sent, header=header, rows=rows)

    return change


def every(column: str, value: str) -> Callable[[Sent], Sent]:
    """The file with a whole column changed, or one more."""

    def change(sent: Sent) -> Sent:
        header = sent.header if column in sent.header else [*sent.header, column]
        return dataclasses.replace(
            sent, header=header, rows=[dict(row) | {column: value} for row in sent.rows]
        )

    return change


def meta(column: str, value: str, at: int = 1) -> Callable[[Sent], Sent]:
    """The description with one cell changed: row 0 is the filter, the others are figures."""

    def change(sent: Sent) -> Sent:
        rows = [dict(row) for row in sent.meta]
        rows[at][column] = value
        header = sent.meta_header if column in sent.meta_header else [*sent.meta_header, column]
        return dataclasses.replace(sent, meta_header=header, meta=rows)

    return change


def renamed(old: str, new: str) -> Callable[[Sent], Sent]:
    """A column by another name, in both files."""

    def change(sent: Sent) -> Sent:
        rows = [{new if key == old else key: value for key, value in row.items()} for row in sent.rows]
        described = [dict(row) | ({"col_name": new} if row["col_name"] == old else {}) for row in sent.meta]
        header = [new if name == old else name for name in sent.header]
        return dataclasses.replace(sent, header=header, rows=rows, meta=described)

    return change


def without(column: str) -> Callable[[Sent], Sent]:
    def change(sent: Sent) -> Sent:
        rows = [{key: value for key, value in row.items() if key != column} for row in sent.rows]
        return dataclasses.replace(sent, header=[c for c in sent.header if c != column], rows=rows)

    return change


def named(**names: str) -> Callable[[Sent], Sent]:
    return lambda sent: dataclasses.replace(sent, **names)  # type: ignore[arg-type]


def both(*changes: Callable[[Sent], Sent]) -> Callable[[Sent], Sent]:
    def change(sent: Sent) -> Sent:
        for one in changes:
            sent = one(sent)
        return sent

    return change


LAST = -1
"""A row of an authority; the first is of England."""
AS_INDICATOR = {"col_type": "Indicator", "label": "More", "indicator_dp": "0"}


def described(column: str, **told: str) -> Callable[[Sent], Sent]:
    """One more description, and the column if it is not there."""

    def change(sent: Sent) -> Sent:
        row = {**dict.fromkeys(sent.meta_header, ""), "col_name": column, **AS_INDICATOR, **told}
        more = sent if column in sent.header else every(column, "1")(sent)
        return dataclasses.replace(more, meta=[*more.meta, row])

    return change


FAULTS: dict[str, Callable[[Sent], Sent]] = {
    "check_filenames_match": named(meta_name="other.meta.csv"),
    "check_filename_spaces": named(name="cla placements.csv", meta_name="cla placements.meta.csv"),
    "check_filename_special": named(name="cla&co.csv", meta_name="cla&co.meta.csv"),
    "precheck_col_req_data": without("time_identifier"),
    "precheck_col_req_meta": lambda s: dataclasses.replace(s, meta_header=[c for c in s.meta_header if c != "label"]),
    "precheck_cross_meta_to_data": meta("col_name", "elsewhere"),
    "precheck_col_invalid_meta": meta("notes", "seen"),
    "precheck_cross_data_to_meta": every("more", "1"),
    "precheck_col_to_rows": lambda s: dataclasses.replace(s, meta=[*s.meta, s.meta[0]]),
    "precheck_meta_ob_unit": described("region_name", col_type="Filter"),
    "check_meta_geog_catch": described("region_name"),
    "precheck_meta_col_type": meta("col_type", "Figure"),
    "precheck_meta_col_name": meta("col_name", ""),
    "check_meta_label": meta("label", " "),
    "check_meta_dupe_label": lambda s: meta("label", s.meta[2]["label"])(s),
    "check_meta_col_name_dupe": lambda s: meta("col_name", s.meta[2]["col_name"])(s),
    "check_meta_col_name_spaces": renamed("number", "the number"),
    "check_meta_indicator_grouping": meta("indicator_grouping", "Counts", at=0),
    "check_meta_ind_unit_validation": meta("indicator_unit", "children"),
    "check_meta_ind_dp_values": meta("indicator_dp", "1.5"),
    "check_meta_ind_dp_set": meta("indicator_dp", ""),
    "check_meta_filter_hint": meta("filter_hint", "Filter by number"),
    "check_meta_fil_grp": meta("filter_grouping_column", "nowhere", at=0),
    "precheck_geog_level_present": data("geographic_level", ""),
    "precheck_geog_level": data("geographic_level", "County"),
    "precheck_time_id_valid": data("time_identifier", "Lunar year"),
    "precheck_time_id_mix": data("time_identifier", "Calendar year"),
    "precheck_time_period_num": data("time_period", "2025/26"),
    "check_time_period": data("time_period", "202526"),
    "check_time_period_six": both(every("time_identifier", "Academic year"), every("time_period", "202427")),
    "check_geog_col_present": without("la_name"),
    "check_geog_level_completed": data("la_name", "", LAST),
    "check_geog_overcompleted_cols": data("la_name", "Camden"),
    "check_geog_region_for": both(data("region_code", "", LAST), data("region_name", "", LAST)),
    "check_geog_combos": data("la_name", "Camelot", LAST),
    "check_geog_na": data("la_name", "Not available", LAST),
    "check_geog_other_dupes": data("region_name", "Northumbria", LAST),
    "precheck_filter_not_singular": every("placement", "Foster placements"),
    "check_filter_blanks": data("placement", ""),
    "check_filter_ob_total": lambda s: meta("filter_default", "Everything", at=0)(s),
    "check_filter_defaults": meta("filter_default", "Everything", at=0),
    "check_filter_group_level": lambda s: meta("filter_grouping_column", "placement", at=0)(s),
    "check_filter_item_limit": lambda s: s,
    "check_filter_whitespace": data("placement", " Foster placements"),
    "check_general_dupes": lambda s: dataclasses.replace(s, rows=[*s.rows, s.rows[0]]),
    "check_general_null": data("number", "NULL"),
    "check_ind_invalid_entry": data("number", ":"),
    "check_col_snake_case": renamed("number", "theNumber"),
    "check_col_names_spaces": renamed("number", "the number"),
    "check_col_var_start": renamed("number", "1_number"),
    "check_col_ind_smushed": renamed("number", "number_female"),
    "check_col_var_characteristic": renamed("placement", "characteristic"),
    "check_harmonised": renamed("placement", "gender"),
    "check_data_dictionary": renamed("number", "figure"),
    "check_api_char_limit": meta("label", "A label " * 20),
    "check_filter_complete": lambda s: dataclasses.replace(s, rows=s.rows[1:]),
}  # fmt: skip


@pytest.mark.parametrize("check", FAULTS)
def test_a_check_finds_its_fault(sound: Sent, check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if check == "check_filter_item_limit":
        monkeypatch.setattr(of_data, "MOST_ITEMS", 3)
    spoilt = FAULTS[check](sound)
    assert list(CHECKS[check](spoilt))
    assert screening.complaints(spoilt)


def test_every_check_has_a_fault_that_it_finds() -> None:
    assert FAULTS.keys() == CHECKS.keys()


@pytest.mark.parametrize("symbol", ["u", "k", "~", "", "NA", "1e5"])
def test_no_symbol_is_taken_but_z_x_c_and_low(sound: Sent, symbol: str) -> None:
    assert any("check_ind_invalid_entry" in c for c in screening.complaints(data("number", symbol)(sound)))
    for known in ("z", "x", "c", "low", "0", "12.5"):
        assert screening.complaints(data("number", known)(sound)) == []


def test_a_file_without_a_description_is_not_screened_further(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time_period\n2025\n", encoding="utf-8")
    assert screening.screen(path) == ["check_filenames_match: expected a.meta.csv beside a.csv"]
    path.with_name("a.meta.csv").write_text("col_name\n", encoding="utf-8")
    assert "precheck_col_req_data: expected the column geographic_level" in screening.screen(path)
