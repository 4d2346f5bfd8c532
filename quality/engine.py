"""Run the rules over every authority at once, and say for each what could not be checked.

"Nothing wrong" and "could not tell" are different answers to a data officer. A rule that needs a table, a
year or a list that an authority did not send is not checked for that authority, whatever it would have
found, and `coverage` says why. A rule that cannot be run at all stops the run: a clean page must never
come from a broken rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from quality.lists import POSTCODES, REFERENCE, REFERENCE_NAMES
from quality.portal import GIVEN, OWN_AREA, area_is_known, works_out
from quality.registry import WHOLE_RETURN, Rule, rules
from quality.views import (
    CATALOGUE,
    ELSEWHERE,
    KEPT_IN_PLACE,
    LAST_YEAR,
    ONE_FILE,
    Sources,
    View,
    columns_of,
    kind_of_view,
    rule_views,
    short_name,
    view,
)
from schemas.calendar import Period
from schemas.failures import Trouble
from schemas.findings import SCHEMA
from schemas.returns import RETURNS, named

COVERAGE: dict[str, pl.DataType] = {
    "rule": pl.String(),
    "la": pl.String(),
    "year": pl.Int16(),
    "return": pl.String(),
    "checked": pl.Boolean(),
    "reason": pl.String(),
}
"""One row per rule and authority: whether the rule could be checked, and if not, why."""

TOGETHER = 25
"""So many rules are run as one query."""

Sent = Mapping[str, Collection[str]]
"""Qualified view name -> the authorities that sent it, with or without rows."""


class RuleBroken(Trouble, RuntimeError):
    """A rule's query could not be run. Says the rule, its place and the kind of error, never a value."""


@dataclass(frozen=True)
class Found:
    """What a run of the rules found (`schemas.findings.SCHEMA`) and what it could not check (`COVERAGE`)."""

    findings: pl.DataFrame
    coverage: pl.DataFrame


def find(
    con: duckdb.DuckDBPyConnection,
    ret: str,
    year: int,
    sources: Sources,
    *,
    only: Sequence[Rule] | None = None,
    sent: Sent | None = None,
    period: Period | None = None,
    term: str | None = None,
) -> Found:
    """Run the rules of a return and year (or `only` some) over all authorities in `sources`.

    `sent` says which authorities sent which view. Without it a view counts as sent by those who have rows
    in it, and a return that is one file (CIN) as sent whole by those who have rows anywhere in it.
    """
    wanted = tuple(only) if only is not None else rules(ret, year)
    sources = _only_needed(ret, sources, wanted)
    needed = dict.fromkeys(name for rule in wanted for name in rule.reads)
    sets = {name for rule in wanted for name in rule.code_sets}
    with rule_views(con, ret, year, sources, needed=needed, code_sets=sets, period=period):
        coverage = _coverage(con, ret, year, wanted, sources, sent)
        numbered = _worth_running(wanted, coverage)
        _derive(con, ret, [rule for _, rule in numbered])
        _run(con, numbered)
        return Found(_findings(con, ret, year, wanted, coverage, sources, term), coverage)


def _only_needed(ret: str, sources: Sources, wanted: Iterable[Rule]) -> dict[str, str]:
    """The return's own tables, and of the rest those whose year or return some rule reads.

    Of a return too large to copy only the tables that are read themselves: to look at a table costs time.
    """
    read = {name for rule in wanted for name in rule.reads}
    prefixes = {name.rpartition(".")[0] for name in read}
    return {
        name: source
        for name, source in sources.items()
        if name in read or (prefix := name.rpartition(".")[0]) == ""
        or (prefix in prefixes and (prefix if prefix in RETURNS else ret) not in KEPT_IN_PLACE)
    }  # fmt: skip


def _derive(con: duckdb.DuckDBPyConnection, ret: str, wanted: Iterable[Rule]) -> None:
    """Make the derived views that some rule reads, once for all of them."""
    kind = kind_of_view(con, ret)
    for found in dict.fromkeys(one for rule in wanted for one in rule.derived):
        try:
            con.execute(f"create {kind} {found.name} as {found.sql}")
        except duckdb.Error as error:
            raise RuleBroken(
                f"{found.name} ({found.place}), which rules read, could not be made, "
                f"{type(error).__name__}{_safe(error)}; expected a query over tables and what stands above it"
            ) from None


def _worth_running(wanted: Sequence[Rule], coverage: pl.DataFrame) -> list[tuple[int, Rule]]:
    """The rules with their numbers, without those that could be checked for nobody who sent the return."""
    for_some = set(coverage.filter("checked")["rule"])
    return [(n, rule) for n, rule in enumerate(wanted) if rule.code in for_some or coverage.is_empty()]


def _run(con: duckdb.DuckDBPyConnection, numbered: Sequence[tuple[int, Rule]]) -> None:
    """Fill the table `found` with one row per rule and row at fault.

    On a return of ordinary size a query takes longer to plan than to run, and many in one are planned in half
    the time. When one of them is broken they are run one by one, to say which.
    """
    con.execute("create table found (rule integer not null, row_id bigint not null)")
    for at in range(0, len(numbered), TOGETHER):
        some = numbered[at : at + TOGETHER]
        try:
            _find_rows(con, some)
        except duckdb.Error:
            for one in some:
                _run_alone(con, *one)


def _find_rows(con: duckdb.DuckDBPyConnection, some: Iterable[tuple[int, Rule]]) -> None:
    faults = " union all ".join(f"(select {number}, row_id from (\n{rule.sql}\n))" for number, rule in some)
    con.execute(f"insert into found select distinct * from ({faults})")


def _run_alone(con: duckdb.DuckDBPyConnection, number: int, rule: Rule) -> None:
    try:
        _find_rows(con, [(number, rule)])
    except duckdb.Error as error:
        raise RuleBroken(
            f"{rule.ret} rule {rule.code} ({rule.place}) could not be run, {type(error).__name__}"
            f"{_safe(error)}; expected a query that returns row_id of the rows at fault"
        ) from None


def _safe(error: duckdb.Error) -> str:
    """What DuckDB said, if it speaks of names in the query only; other messages may hold values."""
    about_names = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
    return f" ({str(error).splitlines()[0]})" if isinstance(error, about_names) else ""


def _coverage(
    con: duckdb.DuckDBPyConnection,
    ret: str,
    year: int,
    wanted: Sequence[Rule],
    sources: Sources,
    sent: Sent | None,
) -> pl.DataFrame:
    having_rows = _having_rows(con)
    senders = _senders(ret, having_rows, sent)
    own = {table.VIEW for table in named(ret).tables}
    everyone = sorted({la for name, las in senders.items() if name in own for la in las})
    for name in {name for rule in wanted for name in rule.reads if name.startswith(f"{ELSEWHERE}.")}:
        senders.setdefault(name, _with_others(everyone, senders.get(short_name(name), set())))
    having = _having(con, wanted, sources)
    rows = [
        (rule.code, la, year, ret, not reason, reason)
        for rule in wanted
        for la, reason in _reasons(rule, everyone, senders, having)
    ]
    return pl.DataFrame(rows, schema=COVERAGE, orient="row")


def _having_rows(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, la in con.execute("select distinct view, la from files").fetchall():
        found.setdefault(name, set()).add(la)
    return found


def _senders(ret: str, having_rows: Mapping[str, set[str]], sent: Sent | None) -> dict[str, set[str]]:
    if sent is not None:
        names = {*having_rows, *sent}
        return {name: {*having_rows.get(name, ()), *sent.get(name, ())} for name in names}
    found = {name: set(las) for name, las in having_rows.items()}
    for prefix in ("", f"{LAST_YEAR}.", *(f"{name}." for name in ONE_FILE)):
        of = prefix.rstrip(".")
        one = named(of if of in ONE_FILE else ret)
        if one.name in ONE_FILE:
            everything = set().union(*(found.get(f"{prefix}{t.VIEW}", set()) for t in one.tables))
            found.update({f"{prefix}{table.VIEW}": everything for table in one.tables})
    return found


def _with_others(everyone: Iterable[str], senders: set[str]) -> set[str]:
    """Those for whom somebody else sent a table."""
    return {la for la in everyone if senders - {la}}


def _having(con: duckdb.DuckDBPyConnection, wanted: Sequence[Rule], sources: Sources) -> dict[str, set[str]]:
    """The columns, lower case, of each list and of each table that the portal adds to."""
    read = {name for rule in wanted for name in rule.reads if name in REFERENCE or _added(rule, name)}
    return {name: columns_of(con, sources[name]) for name in {*read, POSTCODES} if name in sources}


def _added(rule: Rule, name: str) -> list[str]:
    """The columns of a table that are not sent and that the rule speaks of."""
    if name in (WHOLE_RETURN, *REFERENCE):
        return []
    found = view(rule.ret, name)
    extra = GIVEN.get((found.ret.name, found.table.VIEW), {})
    return [column for column in extra if column != OWN_AREA and rule.speaks_of(column)]


def _reasons(
    rule: Rule, everyone: Iterable[str], senders: Mapping[str, set[str]], having: Mapping[str, set[str]]
) -> Iterator[tuple[str, str]]:
    """For each authority why the rule cannot be checked for it; empty when it can."""
    lacking, needed = _lacking(rule, having), _must_be_sent(rule, having)
    asks_whose = rule.speaks_of(OWN_AREA)
    for la in everyone:
        not_sent = [f"{v.in_words} was not sent" for v in needed if la not in senders.get(v.name, ())]
        whose = ["it is not known whose return this is"] if asks_whose and not area_is_known(la) else []
        yield la, "; ".join([*lacking, *not_sent, *whose])


def _must_be_sent(rule: Rule, having: Mapping[str, set[str]]) -> list[View]:
    """The tables without which the rule says nothing."""
    views = [view(rule.ret, name) for name in rule.reads if name not in (WHOLE_RETURN, *REFERENCE)]
    for found in list(views):
        if "UASC" in _added(rule, found.name) and "uasc" not in having.get(found.name, ()):
            views.append(view(rule.ret, found.beside("uasc")))
    return list(dict.fromkeys(views))


def _lacking(rule: Rule, having: Mapping[str, set[str]]) -> list[str]:
    """Lists, their columns and columns that the portal adds, where nobody gave them."""
    return [*_lists_lacking(rule, having), *_columns_lacking(rule, having)]


def _lists_lacking(rule: Rule, having: Mapping[str, set[str]]) -> Iterator[str]:
    for name in (name for name in rule.reads if name in REFERENCE):
        if name not in having:
            yield f"{REFERENCE_NAMES[name]} was not given"
            continue
        missing = [c for c in REFERENCE[name] if rule.speaks_of(c) and c.lower() not in having[name]]
        if missing:
            yield f"{REFERENCE_NAMES[name]} came without {', '.join(missing)}"


def _columns_lacking(rule: Rule, having: Mapping[str, set[str]]) -> list[str]:
    directory = having.get(POSTCODES, set())
    missing = [
        column
        for name in rule.reads
        for column in _added(rule, name)
        if name in having and column.lower() not in having[name]
        and column != "UASC" and not works_out(column, directory)
    ]  # fmt: skip
    return [f"{column} was not given" for column in dict.fromkeys(missing)]


def _findings(
    con: duckdb.DuckDBPyConnection,
    ret: str,
    year: int,
    wanted: Sequence[Rule],
    coverage: pl.DataFrame,
    sources: Sources,
    term: str | None,
) -> pl.DataFrame:
    """Walk every row at fault back to its file; drop what an authority could not be checked for."""
    con.register("rule_coverage", coverage)
    con.register("rule_words", _words(wanted, ret))
    con.execute(f"create table terms as {_terms_sql(ret, sources, term)}")
    names = [
        n
        for (n,) in con.execute(
            "select distinct f.view from found join files f on f.file = row_id >> 32"
        ).fetchall()
    ]
    parts = [_located_sql(name) for name in sorted(names)] + [_WHOLE]
    rows = con.sql(
        f"""select w.code as rule, w.severity, {ret!r} as return, {year:d} as year, t.term,
            p.la, p.submission, p.file, w.label as table, p.row, p.line, w.fields, '' as detail, 1 as n
        from ({" union all ".join(parts)}) p
        join rule_words w on w.number = p.rule and w.view = p.view
        anti join (from rule_coverage where not checked) c on c.rule = w.code and c.la = p.la
        left join terms t on t.la = p.la and t.submission = p.submission
        order by w.number, p.la, p.submission, w.label, p.file, p.row"""
    ).pl()
    con.unregister("rule_coverage")
    con.unregister("rule_words")
    return rows.cast(SCHEMA) if rows.height else pl.DataFrame(schema=SCHEMA)


def _located_sql(name: str) -> str:
    where = f"{CATALOGUE}.{name}" if "." in name else name
    return (
        "select found.rule, f.view, f.la, f.submission, f.source_file as file, "
        "(found.row_id & 4294967295)::integer as row, v.source_line as line "
        f"from found join files f on f.file = found.row_id >> 32 and f.view = '{name}' "
        f"join {where} v using (row_id)"
    )


_WHOLE = f"""select found.rule, '{WHOLE_RETURN}' as view, r.la, r.submission, '' as file,
    1 as row, null as line from found join {WHOLE_RETURN} r using (row_id)"""


def _words(wanted: Sequence[Rule], ret: str) -> pl.DataFrame:
    """What a finding says of its rule, for each view in which the rule can find a row."""
    rows = [
        (number, name, rule.code, rule.severity, _label(ret, name), ", ".join(rule.fields_of(name)))
        for number, rule in enumerate(wanted)
        for name in dict.fromkeys([rule.table, *rule.reads])
        if name not in REFERENCE
    ]
    schema = {
        "number": pl.Int32(),
        **dict.fromkeys(("view", "code", "severity", "label", "fields"), pl.String()),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _label(ret: str, name: str) -> str:
    return "Header" if name == WHOLE_RETURN else view(ret, name).label


def _terms_sql(ret: str, sources: Sources, term: str | None) -> str:
    if ret == "school_census" and term is None and "schoolcensus" in sources:
        return (
            "select la, coalesce(submission, '') as submission, max(census_term) as term "
            f"from {sources['schoolcensus']} group by all"
        )
    said = "null::varchar" if term is None else f"'{term}'"
    return f"select distinct la, submission, {said} as term from files"
