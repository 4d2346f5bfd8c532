"""Is it right? The department's rules and ours over every return, and the checks on what is published.

Plain Python and SQL: what a rule is (`registry`), what it sees (`views`), running all of them (`engine`),
one authority without a store (`run`), the drawings that prove them (`cases`), a list to work through
(`listing`) and their pages (`pages`). Importing this loads neither Dagster nor Great Expectations.
"""

from quality.engine import Found, RuleBroken, find
from quality.registry import Rule, RuleSyntaxError, rules
from quality.run import RuleResult, Validation, run_rule, validate

__all__ = [
    "Found",
    "Rule",
    "RuleBroken",
    "RuleResult",
    "RuleSyntaxError",
    "Validation",
    "find",
    "rules",
    "run_rule",
    "validate",
]
