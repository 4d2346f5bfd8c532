"""The rules as someone who checks returns reads them: a code, the fields, one sentence, the rows at fault.

Rules live in `quality/rules/<return>/<topic>.sql`, several to a file, each a comment and a query:

    /* 142  episodes(DECOM, DEC)
       An episode is still open although another one follows it. */
    from episodes where child is not null
    qualify dec is null and lead(decom) over (partition by child order by decom) is not null;

The first line says code, table and fields, then what differs from the usual: `error`, `query` or `note`;
`since 2024`; `until 2026`; `kind own` or `kind internal` (not the department's); `against last_year` or
another return or list that the rule needs; `elsewhere` are the other authorities' tables of the same return and
year. A field of another table is written `section47.DateOfInitialCPC`.

What many rules of a return want to look at (episodes in order, children in care all year) is written once,
in `quality/derived/<return>.sql`, and read by name like a table:

    /* in_care_all_year
       Children looked after on every day of the year. */
    select child from episodes where …;
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from schemas.failures import Trouble
from schemas.findings import Severity
from schemas.returns import RETURNS
from schemas.table import FIRST_YEAR, LAST_YEAR

FOLDER = Path(__file__).parent / "rules"
DERIVED_FOLDER = Path(__file__).parent / "derived"
Kind = Literal["department", "own", "internal"]
AGAINST = ("last_year", "elsewhere", "cin", "ssda903", "school_census", "postcodes", "providers")
WHOLE_RETURN = "whole_return"
"""The view of one row per return, for rules about the return and none of its rows."""

_FIRST_LINE = re.compile(r"(?P<code>\w+)\s+(?P<table>[\w.]+)\((?P<fields>[^)]*)\)(?P<options>.*)")
_EXPECTED = (
    "expected `code  table(FIELDS)  [error|query|note] [since YYYY] [until YYYY] [kind K] [against A]`"
)
_READS = re.compile(r"(?<!distinct )\b(?:from|join)\s+([a-z_]\w*(?:\.[a-z_]\w*)?)", re.IGNORECASE)
_CODES = re.compile(r"\bcodes\.(\w+)", re.IGNORECASE)
_CTE = re.compile(r"(?:\bwith|,)\s+(?:recursive\s+)?(\w+)\s+as\s*\(", re.IGNORECASE)


class RuleSyntaxError(Trouble, ValueError):
    """A rule file that cannot be read: says the file, the line, what was expected and what came."""


def _tables_in(sql: str) -> tuple[str, ...]:
    """The tables that a query names, lower case, in order of appearance; not its own steps, nor code sets."""
    made = {name.lower() for name in _CTE.findall(sql)}
    named = dict.fromkeys(name.lower() for name in _READS.findall(sql))
    return tuple(name for name in named if name not in made and not name.startswith("codes."))


def _code_sets_in(sql: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.lower() for name in _CODES.findall(sql)))


@dataclass(frozen=True)
class Derived:
    """A query that rules read by its name; a row that keeps its `row_id` is still a row of its table."""

    name: str
    message: str
    sql: str
    place: str
    reads: tuple[str, ...]
    """The tables it is made from, through others of its kind as well."""
    code_sets: tuple[str, ...]
    before: tuple[str, ...]
    """Others of its kind that must be there first."""


@dataclass(frozen=True)
class Rule:
    """One rule in one stretch of years. `sql` returns the `row_id` of the rows at fault."""

    ret: str
    code: str
    table: str
    """The view whose rows are at fault, lower case; `whole_return` when it is none of them."""
    fields: tuple[str, ...]
    message: str
    sql: str
    severity: Severity
    kind: Kind
    since: int
    until: int
    against: tuple[str, ...]
    place: str
    """Where it is written: `ssda903/episodes.sql:12`."""

    def applies(self, year: int) -> bool:
        return self.since <= year <= self.until

    @functools.cached_property
    def reads(self) -> tuple[str, ...]:
        """Every table the query reads, in order of appearance, `last_year.episodes` and the like included.

        For a derived one stand the tables that it is made from: those are what an authority must have sent.
        """
        own = [] if self.table == WHOLE_RETURN else [self.table]
        return tuple(dict.fromkeys([*own, *_sent_tables(_tables_in(self.sql), derived(self.ret))]))

    @functools.cached_property
    def derived(self) -> tuple[Derived, ...]:
        """The derived views it reads, each after those that it is made from."""
        known = derived(self.ret)
        return tuple(known[name] for name in _made_first(_tables_in(self.sql), known))

    @functools.cached_property
    def code_sets(self) -> tuple[str, ...]:
        """The code sets that the query needs."""
        below = (name for found in self.derived for name in found.code_sets)
        return tuple(dict.fromkeys([*_code_sets_in(self.sql), *below]))

    def speaks_of(self, column: str) -> bool:
        """Whether the query, or a view that it reads, names a column; a table of that name does not count."""
        text = " ".join([self.sql, *(found.sql for found in self.derived)])
        words = rf"\b{column}\b(?!\s*\.)"
        return re.search(words, _READS.sub(" ", text), re.IGNORECASE) is not None

    def fields_of(self, view: str) -> tuple[str, ...]:
        """The fields of one view that the rule is about, as the department prints them."""
        if view == self.table:
            return tuple(field for field in self.fields if "." not in field)
        return tuple(f.rpartition(".")[2] for f in self.fields if f.rpartition(".")[0].lower() == view)


def _sent_tables(names: Iterable[str], known: Mapping[str, Derived]) -> tuple[str, ...]:
    """The names with each derived one replaced by the tables that it is made from."""
    found = (known[name].reads if name in known else (name,) for name in names)
    return tuple(dict.fromkeys(table for tables in found for table in tables))


def _made_first(names: Iterable[str], known: Mapping[str, Derived]) -> tuple[str, ...]:
    """The derived ones among the names, each after those that it is made from."""
    found = ((*known[name].before, name) for name in names if name in known)
    return tuple(dict.fromkeys(name for group in found for name in group))


def _fail(place: str, expected: str, came: str) -> RuleSyntaxError:
    return RuleSyntaxError(f"{place}: {expected}, came `{came.strip()[:80]}`")


def _blocks(text: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Each (place, comment, query) of a rule file; lines that begin with `--` between blocks are prose."""
    at = 0
    while (at := _skip_prose(text, at)) < len(text):
        place = f"{name}:{text.count(chr(10), 0, at) + 1}"
        if not text.startswith("/*", at):
            raise _fail(place, "expected a comment `/* code  table(FIELDS) …`", text[at:].splitlines()[0])
        close, end = text.find("*/", at), text.find(";", at)
        if close < 0:
            raise _fail(place, "expected the comment to be closed by `*/`", text[at:].splitlines()[0])
        end = text.find(";", close)
        query = text[close + 2 : end].strip()
        if end < 0 or not query or "/*" in query:
            raise _fail(place, "expected a query that ends in `;` after the comment", query or "nothing")
        yield place, text[at + 2 : close].strip(), query
        at = end + 1


def _skip_prose(text: str, at: int) -> int:
    found = re.compile(r"(?:\s+|--[^\n]*)*").match(text, at)
    return found.end() if found else at


def _options(place: str, words: list[str]) -> dict[str, object]:
    """What stands after the fields on a rule's first line."""
    found: dict[str, object] = {"against": ()}
    rest = iter(words)
    for word in rest:
        if word in get_args(Severity):
            found["severity"] = word
            continue
        value = next(rest, "")
        if word in ("since", "until") and value.isdigit() and FIRST_YEAR <= int(value) <= LAST_YEAR:
            found[word] = int(value)
        elif word == "kind" and value in get_args(Kind):
            found[word] = value
        elif word == "against" and value in AGAINST:
            found[word] = (*cast(tuple[str, ...], found["against"]), value)
        else:
            raise _fail(place, _EXPECTED, f"{word} {value}")
    return found


def _rule(ret: str, place: str, comment: str, query: str) -> Rule:
    first, _, sentence = comment.partition("\n")
    found = _FIRST_LINE.fullmatch(first.strip())
    message = " ".join(sentence.split())
    if found is None:
        raise _fail(place, _EXPECTED, first)
    if not message.endswith("."):
        raise _fail(place, "expected a sentence that ends in a full stop below the first line", message)
    usual = {
        "severity": "query" if found["code"].endswith("Q") else "error",
        "kind": "department",
        "since": FIRST_YEAR,
        "until": LAST_YEAR,
    }
    return Rule(
        ret=ret,
        code=found["code"],
        table=found["table"].lower(),
        fields=tuple(field.strip() for field in found["fields"].split(",") if field.strip()),
        message=message,
        sql=query,
        place=place,
        **{**usual, **_options(place, found["options"].split())},  # type: ignore[arg-type]
    )


def read_rules(text: str, ret: str, name: str) -> list[Rule]:
    """The rules in the text of one file; `name` is what errors call the file."""
    return [_rule(ret, place, comment, query) for place, comment, query in _blocks(text, name)]


def read_derived(text: str, name: str) -> dict[str, Derived]:
    """The derived views in the text of one file, by name; each may read those above it."""
    found: dict[str, Derived] = {}
    for place, comment, query in _blocks(text, name):
        title, _, sentence = comment.partition("\n")
        if not re.fullmatch(r"[a-z]\w*", title.strip()) or title.strip() in found:
            raise _fail(place, "expected a new name in lower case", title)
        named = _tables_in(query)
        found[title.strip()] = Derived(
            name=title.strip(),
            message=" ".join(sentence.split()),
            sql=query,
            place=place,
            reads=_sent_tables(named, found),
            code_sets=_code_sets_in(query),
            before=_made_first(named, found),
        )
    return found


@functools.cache
def derived(ret: str) -> Mapping[str, Derived]:
    """The derived views of a return, by name."""
    path = DERIVED_FOLDER / f"{ret}.sql"
    return read_derived(path.read_text("utf-8"), f"derived/{path.name}") if path.exists() else {}


def _refuse_overlaps(rules: Iterable[Rule]) -> None:
    seen: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        for other in seen.setdefault((rule.ret, rule.code), []):
            if rule.since <= other.until and other.since <= rule.until:
                expected = f"expected years that do not meet those of the same code at {other.place}"
                raise _fail(rule.place, expected, f"{rule.code} since {rule.since} until {rule.until}")
        seen[rule.ret, rule.code].append(rule)


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of every return, in the order of the files."""
    paths = sorted(FOLDER.glob("*/*.sql"))
    strange = {path.parent.name for path in paths} - set(RETURNS)
    if strange:
        raise RuleSyntaxError(
            f"quality/rules: expected folders named {list(RETURNS)}, came {sorted(strange)}"
        )
    found = [
        rule
        for path in paths
        for rule in read_rules(path.read_text("utf-8"), path.parent.name, f"{path.parent.name}/{path.name}")
    ]
    _refuse_overlaps(found)
    return tuple(found)


def rules(ret: str | None = None, year: int | None = None) -> tuple[Rule, ...]:
    """The rules of a return, and of those the ones that apply in a collection year."""
    wanted = (rule for rule in all_rules() if ret in (None, rule.ret))
    return tuple(rule for rule in wanted if year is None or rule.applies(year))


def rule(ret: str, code: str, year: int) -> Rule:
    """The rule of that code in that collection year; LookupError when there is none."""
    of_code = [found for found in rules(ret) if found.code.lower() == str(code).lower()]
    if not of_code:
        raise LookupError(f"{ret} has no rule {code}; `outcomes explain` lists what there is")
    for found in of_code:
        if found.applies(year):
            return found
    spans = ", ".join(f"{found.since} to {found.until}" for found in of_code)
    raise LookupError(f"{ret} rule {code} does not apply in {year}; it applies in {spans}")
