"""Rule files: what they may say, and errors that tell where and what was expected."""

from __future__ import annotations

import pytest

from quality import registry
from quality.registry import Rule, RuleSyntaxError, read_rules, rule, rules

GOOD = """-- About episodes; with a semicolon; too.
/* 142  episodes(DEC, REC)  query since 2020 until 2024 kind own against last_year against cin
   An episode is still open
   although another one follows it. */
with open_one as (from last_year.episodes where rec is distinct from dec)
from episodes semi join open_one using (child) join cin.cin_details using (child)
where place in (select code from codes.ssda903_place);

/* 2887Q  whole_return(disabilities.Disability)
   Too few. */
from whole_return;
"""


def test_a_block_becomes_a_rule_with_everything_its_header_says() -> None:
    first, second = read_rules(GOOD, "ssda903", "ssda903/x.sql")
    assert (first.code, first.table, first.fields) == ("142", "episodes", ("DEC", "REC"))
    assert (first.severity, first.since, first.until, first.kind) == ("query", 2020, 2024, "own")
    assert first.against == ("last_year", "cin")
    assert first.message == "An episode is still open although another one follows it."
    assert first.place == "ssda903/x.sql:2"
    assert second.severity == "query", "a code that ends in Q is a query"
    assert second.place == "ssda903/x.sql:9"


def test_what_a_rule_reads_leaves_out_its_own_steps_and_code_sets() -> None:
    first, second = read_rules(GOOD, "ssda903", "ssda903/x.sql")
    assert first.reads == ("episodes", "last_year.episodes", "cin.cin_details")
    assert first.code_sets == ("ssda903_place",)
    assert second.reads == ("whole_return",)
    assert second.fields_of("disabilities") == ("Disability",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("from episodes;", r"x.sql:1: expected a comment .* came `from episodes;`"),
        (
            "\n/* 142 episodes\n A sentence. */ from episodes;",
            r"x.sql:2: expected `code .* came `142 episodes`",
        ),
        ("/* 142 episodes(DEC)\n A sentence */ from episodes;", r"full stop .* came `A sentence`"),
        ("/* 142 episodes(DEC) */ from episodes;", r"full stop"),
        ("/* 142 episodes(DEC)\n A sentence. */\n", r"a query that ends in `;`"),
        (
            "/* 142 episodes(DEC)\n A. */ from episodes\n/* 143 episodes(RNE)\n B. */ from episodes;",
            r"x.sql:1",
        ),
        ("/* 142 episodes(DEC)\n A sentence. from episodes;", r"closed by"),
        ("/* 142 episodes(DEC) since 24\n A sentence. */ from episodes;", r"came `since 24`"),
        ("/* 142 episodes(DEC) kind ours\n A sentence. */ from episodes;", r"came `kind ours`"),
        ("/* 142 episodes(DEC) against us\n A sentence. */ from episodes;", r"came `against us`"),
        ("/* 142 episodes(DEC) severe\n A sentence. */ from episodes;", r"came `severe`"),
    ],
)
def test_a_block_that_cannot_be_read_says_where_and_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(RuleSyntaxError, match=says):
        read_rules(text, "ssda903", "x.sql")


def _two(first: str, second: str) -> list[Rule]:
    block = "/* 142 episodes(DEC) {}\n A sentence. */ from episodes;\n"
    return read_rules(block.format(first) + block.format(second), "ssda903", "x.sql")


def test_one_code_may_have_several_blocks_if_their_years_do_not_meet() -> None:
    registry._refuse_overlaps(_two("until 2024", "since 2025"))
    with pytest.raises(RuleSyntaxError, match=r"x.sql:3: .* at x.sql:1"):
        registry._refuse_overlaps(_two("until 2024", "since 2024"))


def test_the_rule_of_a_code_depends_on_the_year() -> None:
    assert rule("cin", "4180", 2024).fields == ("GenderCurrent",)
    assert rule("cin", "4180", 2025).fields == ("Sex",)
    assert rule("cin", "8525q", 2025).code == "8525Q"
    with pytest.raises(LookupError, match="applies in 2026 to"):
        rule("ssda903", "444", 2025)
    with pytest.raises(LookupError, match="no rule 9999"):
        rule("cin", "9999", 2025)


def test_rules_of_a_year_are_those_that_apply_in_it() -> None:
    codes = {found.code for found in rules("ssda903", 2025)}
    assert "444" not in codes
    assert codes < {found.code for found in rules("ssda903")}
