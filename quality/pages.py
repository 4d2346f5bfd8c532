"""A page per return on which every rule stands with its sentence, its fields and its drawn cases.

What a data officer reads before sending and what an engineer checks against the guidance are the same
words and the same drawing that the tests run.
"""

from __future__ import annotations

from itertools import groupby

from quality.cases import Case, all_cases
from quality.registry import WHOLE_RETURN, Rule, all_rules, rules
from quality.views import view
from schemas.returns import RETURNS, named
from schemas.table import FIRST_YEAR, LAST_YEAR

FOLDER = "docs/rules"
_AGAINST = {
    "last_year": "last year's return",
    "elsewhere": "the returns of other authorities",
    "postcodes": "a directory of postcodes",
    "providers": "the list of registered providers",
}


def rule_pages() -> dict[str, str]:
    """The markdown of every return's page, by its path in the checkout."""
    return {f"{FOLDER}/{ret}.md": rule_page(ret) for ret in RETURNS if rules(ret)}


def rule_page(ret: str) -> str:
    """All rules of one return, by code, with their drawn cases."""
    count = len({rule.code for rule in rules(ret)})
    intro = (
        f"# Rules: {named(ret).title}\n\n"
        f"{count} rules, made from `quality/rules/{ret}/` by `make docs`; do not edit this page. "
        "An x marks the rows that the rule finds. `child` is the pair of authority and child.\n"
    )
    ordered = sorted(rules(ret), key=lambda rule: (len(rule.code), rule.code, rule.since))
    entries = [_entry(code, list(group)) for code, group in groupby(ordered, key=lambda rule: rule.code)]
    return "\n".join([intro, *entries])


def explain(code: str) -> str:
    """A rule in plain words, of every return that has one of that code; LookupError when none has."""
    of_code = [rule for rule in all_rules() if rule.code.lower() == code.lower()]
    if not of_code:
        raise LookupError(f"there is no rule {code}; expected a code such as {all_rules()[0].code}")
    return "\n".join(
        f"{named(ret).title}\n\n{_entry(of_code[0].code, list(group))}"
        for ret, group in groupby(of_code, key=lambda rule: rule.ret)
    )


def _entry(code: str, versions: list[Rule]) -> str:
    drawn = [case for case in all_cases() if (case.ret, case.code) == (versions[0].ret, code)]
    blocks = [f"## {code}\n", *(_in_words(rule) for rule in versions), *(_drawing(case) for case in drawn)]
    return "\n".join(blocks)


def _in_words(rule: Rule) -> str:
    facts = [_fields(rule), _years(rule), rule.severity, *_origin(rule)]
    return f"{rule.message}\n\n{' · '.join(facts)}\n"


def _fields(rule: Rule) -> str:
    table = "the whole return" if rule.table == WHOLE_RETURN else view(rule.ret, rule.table).label
    return f"{table}: {', '.join(f'`{field}`' for field in rule.fields)}"


def _years(rule: Rule) -> str:
    if (rule.since, rule.until) == (FIRST_YEAR, LAST_YEAR):
        return "every year"
    if rule.until == LAST_YEAR:
        return f"since {rule.since}"
    return f"until {rule.until}" if rule.since == FIRST_YEAR else f"{rule.since} to {rule.until}"


def _origin(rule: Rule) -> list[str]:
    kind = {"department": [], "own": ["our own rule"], "internal": ["our own check of the tables"]}[rule.kind]
    needs = [_AGAINST.get(name) or f"the {named(name).title} return" for name in rule.against]
    return kind + [f"needs {name}" for name in needs]


def _drawing(case: Case) -> str:
    return f"```\n{case.text}\n```\n"
