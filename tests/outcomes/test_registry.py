"""The registry goes out as a document that obeys its own schema, and holds whatever is published to it."""

from __future__ import annotations

import json
from collections.abc import Callable

import jsonschema
import polars as pl
import pytest

from assets import disclosure
from schemas import registry
from schemas.failures import Refused, Trouble
from schemas.indicators import Indicator, counted, indicators
from schemas.policies import OTHER, policies, policy_name, policy_of
from tests.outcomes.drawn_country import everywhere, figures, populations


@pytest.fixture(scope="module")
def published() -> pl.DataFrame:
    truth = figures(
        {"cin_rate": everywhere(8, 1000), "rereferral": everywhere(4, 20)}, {"cin_rate": (700, 520, 4)}
    )
    return disclosure.control(truth, populations())


def test_the_registry_obeys_its_schema_and_every_indicator_is_in_it() -> None:
    jsonschema.Draft202012Validator.check_schema(registry.registry_schema())
    told = json.loads(registry.pages()["registry.json"])
    jsonschema.validate(told, registry.registry_schema())
    assert {one["indicator_id"] for one in told["indicators"]} == set(indicators())
    told["indicators"][0]["unit"] = "pounds"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, registry.registry_schema())


def test_a_raised_version_says_what_it_changed_and_a_first_one_changed_nothing() -> None:
    one = next(one for one in counted() if one.version > 1).model_dump()
    with pytest.raises(ValueError, match="what the version changed"):
        Indicator.model_validate(one | {"changed": ""})
    with pytest.raises(ValueError, match="what the version changed"):
        Indicator.model_validate(one | {"version": 1})


def test_what_we_publish_obeys_the_schema_of_a_figure(published: pl.DataFrame) -> None:
    schema = jsonschema.Draft202012Validator(registry.figure_schema())
    rows = published.gather_every(17).to_dicts() + published.filter(pl.col("breakdown") != "Total").to_dicts()
    assert {row["value_symbol"] for row in rows} >= {None, "c", "x"}
    assert [error.message for row in rows for error in schema.iter_errors(row)] == []
    registry.refuse_what_breaks_it(published)


def first(column: str, value: object, where: pl.Expr | None = None) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The figures with one cell changed."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        which = pl.lit(True) if where is None else where
        at = frame.with_row_index("at").filter(which)["at"][0]
        is_it = pl.int_range(pl.len()) == at
        changed = pl.when(is_it).then(pl.lit(value)).otherwise(column).cast(frame.schema[column])
        return frame.with_columns(changed.alias(column))

    return change


SHOWN = pl.col("value").is_not_null()
BREACHES = {
    "not declared": first("unit", "pounds"),
    "both a value and a symbol": first("value_symbol", "x", SHOWN),
    "or neither": first("value", None, SHOWN),
    "none of ours": first("value_symbol", "u", ~SHOWN),
    "without their reason": first("why_no_value", "nobody", pl.col("value_symbol") == "c"),
    "hidden figures with a count": first("numerator", 3, pl.col("value_symbol") == "c"),
    "below nought": first("value", -1.0, SHOWN),
    "above a hundred per cent": first("value", 101.0, SHOWN & (pl.col("unit") == "%")),
    "without a code": first("la_code", None, pl.col("geographic_level") == "Local authority"),
    "no level of ours": first("geographic_level", "Ward", pl.col("la_code").is_null()),
    "rows of the same figure": lambda frame: pl.concat([frame, frame.head(1)]),
}


@pytest.mark.parametrize("words", BREACHES)
def test_a_figure_that_the_registry_does_not_declare_stops_the_publication(
    published: pl.DataFrame, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        registry.refuse_what_breaks_it(BREACHES[words](published))


def test_nothing_hidden_missing_or_not_applicable_is_ever_nought(published: pl.DataFrame) -> None:
    without = published.filter(pl.col("value_symbol").is_not_null())
    assert without.height
    assert without["value"].null_count() == without.height


# Policies


def test_every_file_of_what_we_count_has_one_policy_that_names_it() -> None:
    files = {one.publication.file for one in counted()}
    assert {file: policy_name(file) for file in files if policy_name(file) == OTHER} == {}
    assert policy_name("something_new") == OTHER
    assert policy_of("something_new").levels == ("National", "Regional")


def test_a_file_that_two_policies_name_is_trouble() -> None:
    given = policies()
    twice = {**given, "again": given["children_in_need"]}
    with pytest.raises(Trouble, match="expected one policy for the file cin_a"):
        policy_name("cin_a", twice)


def test_every_level_that_is_told_has_a_rounding_and_no_policy_is_laxer_than_the_departments() -> None:
    for policy in policies().values():
        assert set(policy.levels) <= set(policy.round_to)
        assert (policy.fewest, policy.round_to["National"]) >= (6, 10)
        assert policy.company >= 2
        assert set(policy.symbols.model_dump().values()) == set(registry.SYMBOLS)
