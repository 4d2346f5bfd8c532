"""How well would this linkage do on a file whose answer is known?

Anybody can check us on any labelled file of person records. The model is learned from that file without its
labels; records are compared, decided and grouped; only then is the column with the truth read. Children's
returns play no part, so a file about adults, in any date order, will do.

The kinds: `dedupe` (who occurs twice in one list), `one-to-one` (two lists, each person at most once in
each), `many` (two lists that may themselves hold a person several times).
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any, Literal

import duckdb

from linkage.clusters import connected_components
from linkage.columns import CannotEvaluate
from linkage.comparing import Ladder, Parameters, birth_date, exact, forename, identifier, surname, text
from linkage.quality import marks
from linkage.reading import FileOfPeople, read_people, read_truth
from linkage.splinking import Lesson, frequency_columns, learn, score, settings
from linkage.steps import SCRATCH, number, rows, scratch
from linkage.thresholds import LOOSE, MANY, ONE_TO_ONE

Kind = Literal["auto", "dedupe", "one-to-one", "many"]
Engine = Literal["duckdb", "spark"]
"""Where pairs are weighed."""
KINDS = ("auto", "dedupe", "one-to-one", "many")

PAIRS_FOR_U = 500_000.0
COMPARE_ALL = 200_000
"""Files with no more pairs than this are compared whole, without looking for likely pairs first."""
TWO_PARTNERS = 0.02
"""From this share of records with two partners on, two lists are not one-to-one."""


def evaluate(
    path: Path, truth: str, kind: Kind = "auto", *, seed: int = 1, engine: Engine = "duckdb"
) -> dict[str, Any]:
    """Link the records of a CSV or Parquet file and mark the result against its column `truth`.

    Returns counts, precision, recall and F1 of the strict, standard and loose decision; `best` is the
    weight that would have been best had the truth been known; `clusters` marks the groups that the
    standard decision makes. Records of which the truth says nothing are linked and not marked. No value of any
    record is returned. CannotEvaluate says what a file lacks.
    """
    if kind not in KINDS:
        raise CannotEvaluate(f"kind should be one of {', '.join(KINDS)}, not '{kind}'")
    began = time.perf_counter()
    con = duckdb.connect()
    try:
        with scratch(con):
            found = read_people(con, path, truth)
            _score_file(con, found, seed, engine)
            decided = _kind(con, found, kind)
            read_truth(con, path, truth)
            return _report(con, found, decided, began)
    finally:
        con.close()


def ladders_for(con: duckdb.DuckDBPyConnection, found: FileOfPeople) -> list[Ladder]:
    """What can be compared, given the columns that the file has."""
    ladders: list[Ladder] = []
    both_names = {"forename", "surname"} <= set(found.names)
    if both_names:
        ladders += [forename(), surname(other=False)]
    else:
        ladders += [_words(con, name) for name in ("forename", "surname") if name in found.names]
    if "date_of_birth" in found.names:
        ladders.append(birth_date())
    if "sex" in found.names:
        ladders.append(exact("sex"))
    if "postcode" in found.names:
        ladders.append(identifier_like_text(con, "postcode"))
    ladders += [identifier(name, found.records) for name in found.identifiers]
    ladders += [_words(con, name) for name in found.texts]
    ladders += [exact(name, weigh_by_frequency=_many_values(con, name)) for name in found.short_texts]
    return ladders


def identifier_like_text(con: duckdb.DuckDBPyConnection, column: str) -> Ladder:
    """A code that several people share, such as a postcode."""
    plain = text(column, weigh_by_frequency=_many_values(con, column))
    slip = plain.rungs[1].__class__("one slip", f"damerau_levenshtein({column}_l, {column}_r) <= 1")
    return Ladder(column, plain.missing, (plain.rungs[0], slip), plain.uses)


def _words(con: duckdb.DuckDBPyConnection, column: str) -> Ladder:
    return text(column, weigh_by_frequency=_many_values(con, column))


def _many_values(con: duckdb.DuckDBPyConnection, column: str) -> bool:
    return number(con, f'select count(distinct "{column}") from {SCRATCH}.file_record') > 50


def _score_file(con: duckdb.DuckDBPyConnection, found: FileOfPeople, seed: int, engine: Engine) -> None:
    """Learn from the file, then make `scored` (a, b, weight) of every likely pair."""
    ladders = ladders_for(con, found)
    sides = _sides(con, found)
    blocks = _blocks(con, found, sides)
    lesson = _lesson(con, found, sides, seed)
    parameters, prior = learn(con, ladders, list(sides), "no", lesson)
    parameters = _tempered(parameters, (*found.texts, *found.short_texts))
    everything = max(_pairs(con, sides, ("one",)), 1)
    prior = max(prior, 0.1 * found.records / everything / 2)
    wanted = settings(
        ladders, blocks, link_type="dedupe_only", unique_id="no", prior=prior, parameters=parameters
    )
    other = sides[1] if len(sides) == 2 else None
    score(con, wanted, sides[0], other, frequencies=_frequencies(con, ladders), out="scored", engine=engine)
    _set_relatives_aside(con, found)
    _raise_to_what_was_found(con, prior, everything)


def _raise_to_what_was_found(con: duckdb.DuckDBPyConnection, prior: float, everything: int) -> None:
    """Where the weights expect more pairs than the prior did, let both agree (expectation maximisation of the prior).

    The prior comes from pairs that are alike in everything, as if they were four in five; of records with many slips
    they are far fewer. It is not lowered: those pairs are there.
    """
    more = 0.0
    for _ in range(20):
        expected = (
            rows(con, f"select sum(link_probability(weight + {more})) from {SCRATCH}.scored")[0][0] or 0
        )
        better = max(0.0, _log_odds(expected / everything) - _log_odds(prior))
        if abs(better - more) < 0.01:
            break
        more = better
    if more:
        con.execute(f"update {SCRATCH}.scored set weight = round(weight + {more}, 6)")


def _log_odds(share: float) -> float:
    held = min(max(share, 1e-12), 0.5)
    return math.log2(held / (1 - held))


def _tempered(parameters: Parameters, extras: tuple[str, ...]) -> Parameters:
    """Extra columns mostly tell of one home, again and again: together they may say what two would."""
    power = min(1.0, 2 / max(len(extras), 1))
    for field in extras:
        for known in parameters[field].values():
            known["m"] = min(known["u"] * (known["m"] / known["u"]) ** power, 1 - 1e-6)
    return parameters


def _set_relatives_aside(con: duckdb.DuckDBPyConnection, found: FileOfPeople) -> None:
    """Keep pairs that share a number, or a name and birth date that do not contradict each other: a home
    and a surname alone are a family.
    """
    if not {"forename", "surname"} <= set(found.names):
        return
    slips = (f'coalesce(damerau_levenshtein(x."{one}", y."{one}") <= 2, false)' for one in found.identifiers)
    one_number = " or ".join(slips) or "false"
    other_sex = "coalesce(x.sex <> y.sex, false)" if "sex" in found.names else "false"
    near = " or ".join(rung.holds for rung in birth_date().rungs)
    near = (
        "null::boolean"
        if "date_of_birth" not in found.names
        else near.replace("date_of_birth_l", "x.date_of_birth").replace("date_of_birth_r", "y.date_of_birth")
    )
    con.execute(
        f"""create or replace table {SCRATCH}.scored as
        with compared as (
          select s.*, {one_number} as one_number, {other_sex} as other_sex, {near} as near,
            link_names(x.forename, x.forename_common, x.surname, y.forename, y.forename_common, y.surname) as names
          from {SCRATCH}.scored s
          join {SCRATCH}.file_record x on x.no = s.a join {SCRATCH}.file_record y on y.no = s.b)
        select a, b, weight from compared
        where one_number or names = 'same' or (near and not (names = 'different' and other_sex))
          or (near is null and names = 'close')"""
    )


def _sides(con: duckdb.DuckDBPyConnection, found: FileOfPeople) -> tuple[str, ...]:
    """The scratch tables to compare: the two lists, or the whole file with itself."""
    if len(found.sources) != 2:
        return ("file_record",)
    for table, source in zip(("file_left", "file_right"), found.sources, strict=True):
        con.execute(
            f"create or replace table {SCRATCH}.{table} as from {SCRATCH}.file_record where source = ?",
            [source],
        )
    return ("file_left", "file_right")


def _frequencies(con: duckdb.DuckDBPyConnection, ladders: list[Ladder]) -> dict[str, str]:
    tables = {}
    for place, column in enumerate(frequency_columns(ladders)):
        tables[column] = f"tf_{place}"
        con.execute(
            f'create or replace table {SCRATCH}.tf_{place} as select "{column}", '
            f'count(*) / sum(count(*)) over () as "tf_{column}" from {SCRATCH}.file_record '
            f'where "{column}" is not null group by "{column}"'
        )
    return tables


def _equal(*columns: str) -> str:
    return " and ".join(f'l."{column}" = r."{column}"' for column in columns)


def _pairs(con: duckdb.DuckDBPyConnection, sides: tuple[str, ...], columns: tuple[str, ...]) -> int:
    """How many pairs share the values of these columns."""
    keys = ", ".join(f'"{column}"' for column in columns)
    there = " and ".join(f'"{column}" is not null' for column in columns)

    def counted(side: str) -> str:
        return f"(select {keys}, count(*) as n from {SCRATCH}.{side} where {there} group by {keys})"

    if len(sides) == 1:
        return number(con, f"select sum(n * (n - 1) // 2)::bigint from {counted(sides[0])}")
    using = f"using ({keys})"
    return number(
        con, f"select sum(x.n * y.n)::bigint from {counted(sides[0])} x join {counted(sides[1])} y {using}"
    )


def _blocks(con: duckdb.DuckDBPyConnection, found: FileOfPeople, sides: tuple[str, ...]) -> list[str]:
    """Conditions that make the likely pairs, the most telling first, within a budget."""
    if _pairs(con, sides, ("one",)) <= COMPARE_ALL:
        return [_equal("one")]
    people = [name for name in ("forename", "surname", "date_of_birth", "postcode") if name in found.names]
    places = [name for name in found.texts if _many_values(con, name)]
    wanted: list[tuple[str, ...]] = [(name,) for name in found.identifiers]
    wanted += [(x, y) for place, x in enumerate(people) for y in people[place + 1 :]]
    wanted += [(x, y) for x in places for y in people]
    wanted += [(name,) for name in (*people[::-1], *places)]
    budget = 2_000_000 + 30 * found.records
    blocks: list[str] = []
    for columns in wanted:
        cost = _pairs(con, sides, columns)
        if cost <= min(budget, 10 * found.records + 200_000):
            budget -= cost
            blocks.append(_equal(*columns))
    if {"forename", "surname"} <= set(found.names):
        blocks.append("l.forename = r.surname and l.surname = r.forename")
    return blocks


def _lesson(con: duckdb.DuckDBPyConnection, found: FileOfPeople, sides: tuple[str, ...], seed: int) -> Lesson:
    """Where this file shows its matches: an identifier and a date, a whole name and a date."""
    names = tuple(name for name in ("forename", "surname") if name in found.names)
    dates = tuple(name for name in ("date_of_birth", "postcode") if name in found.names)[:1]
    sure = [(name, *dates) for name in found.identifiers] + [(*names, *dates)]
    look_in = [(name,) for name in found.identifiers] + [dates, names]
    usable = [
        block
        for block in dict.fromkeys(look_in)
        if block and set(block) <= {*found.names, *found.identifiers}
    ]
    telling = [block for block in usable if 20 <= _pairs(con, sides, block) <= 5_000_000]
    if not telling:
        raise CannotEvaluate(
            "the records have too little in common to learn from: expected some of forename, surname, date_of_birth, "
            f"postcode or id_number, with values that occur twice; found {', '.join(found.compared) or 'none of them'}"
        )
    wider = [(name,) for name in ("surname", "forename", "postcode") if name in found.names]
    return Lesson(
        sure=tuple(_equal(*block) for block in sure if block),
        sure_share=0.8,
        look_in=tuple(_equal(*block) for block in telling),
        pairs=float(min(PAIRS_FOR_U, _pairs(con, sides, ("one",)))),
        seed=seed,
        else_look_in=tuple(_equal(*block) for block in wider),
    )


def _kind(con: duckdb.DuckDBPyConnection, found: FileOfPeople, kind: Kind) -> str:
    """The kind asked for, or the one that the scored pairs suggest."""
    if kind != "auto":
        return kind
    if len(found.sources) != 2:
        return "dedupe"
    two = number(
        con,
        f"""with ends as (
          select a as no from {SCRATCH}.scored where weight >= {LOOSE.accept}
          union all select b from {SCRATCH}.scored where weight >= {LOOSE.accept})
        select count(*) from (select no from ends group by no having count(*) > 1)""",
    )
    return "many" if two >= TWO_PARTNERS * found.records else "one-to-one"


def _decisions(con: duckdb.DuckDBPyConnection, kind: str) -> None:
    """`decision` (a, b, weight): the scored pairs that the kind allows at some threshold."""
    best = """qualify row_number() over (partition by a order by weight desc, b) = 1
        and row_number() over (partition by b order by weight desc, a) = 1"""
    con.execute(
        f"create or replace table {SCRATCH}.decision as from {SCRATCH}.scored {best if kind == 'one-to-one' else ''}"
    )


def _report(con: duckdb.DuckDBPyConnection, found: FileOfPeople, kind: str, began: float) -> dict[str, Any]:
    _decisions(con, kind)
    across = kind != "dedupe" and len(found.sources) == 2
    true_pairs = _true_pairs(con, across)
    held = ONE_TO_ONE if kind == "one-to-one" else MANY
    strengths = {"strict": held.strict, "standard": held.standard, "loose": held.loose}
    marked = {name: _marked(con, kind, threshold, true_pairs) for name, threshold in strengths.items()}
    return {
        "records": found.records,
        "kind": kind,
        "true_pairs": true_pairs,
        **marked,
        "best": _best(con, true_pairs),
        "clusters": _clusters(con, held.standard, across, true_pairs),
        "columns": {
            "used": list(found.compared),
            "ignored": list(found.ignored),
        },
        "seconds": round(time.perf_counter() - began, 1),
    }


def _true_pairs(con: duckdb.DuckDBPyConnection, across: bool) -> int:
    apart = "and x.source < y.source" if across else "and x.no < y.no"
    return number(
        con,
        f"""with known as (select r.no, r.source, t.person from {SCRATCH}.file_record r
          join {SCRATCH}.file_truth t using (no) where t.person is not null)
        select count(*) from known x join known y on x.person = y.person {apart}""",
    )


def _hits(con: duckdb.DuckDBPyConnection, pairs: str) -> tuple[int, int]:
    """How many pairs a query (a, b) gives, and how many of them are one person."""
    total, hits = rows(
        con,
        f"""select count(*), count(*) filter (where x.person = y.person) from ({pairs}) p
        join {SCRATCH}.file_truth x on x.no = p.a join {SCRATCH}.file_truth y on y.no = p.b
        where x.person is not null and y.person is not null""",
    )[0]
    return int(total), int(hits)


def _marked(con: duckdb.DuckDBPyConnection, kind: str, threshold: float, true_pairs: int) -> dict[str, Any]:
    pairs = f"select a, b from {SCRATCH}.decision where weight >= {threshold}"
    if kind == "dedupe":
        connected_components(con, pairs, f"{SCRATCH}.file_group")
        pairs = _within_groups("")
    return {"threshold": threshold, **_short(*_hits(con, pairs), true_pairs)}


def _within_groups(condition: str) -> str:
    return f"""select x.node as a, y.node as b from {SCRATCH}.file_group x
        join {SCRATCH}.file_group y on x.component = y.component and x.node < y.node {condition}"""


def _short(total: int, hits: int, true_pairs: int) -> dict[str, Any]:
    known = marks(total, hits, true_pairs)
    return {name: known[name] for name in ("pairs", "precision", "recall", "f1")}


def _best(con: duckdb.DuckDBPyConnection, true_pairs: int) -> dict[str, Any]:
    """The threshold with the highest F1 over the decided pairs, which only somebody with the truth can know."""
    found = rows(
        con,
        f"""with marked as (
          select weight, count(*) as n, count(*) filter (where x.person = y.person) as hits
          from {SCRATCH}.decision d join {SCRATCH}.file_truth x on x.no = d.a join {SCRATCH}.file_truth y on y.no = d.b
          where x.person is not null and y.person is not null group by weight),
        running as (select weight, sum(n) over down as n, sum(hits) over down as hits from marked
          window down as (order by weight desc))
        select weight, n, hits from running order by 2 * hits / (n + {true_pairs}) desc, weight desc limit 1""",
    )
    if not found:
        return {"threshold": None, **_short(0, 0, true_pairs)}
    weight, total, hits = found[0]
    return {"threshold": math.floor(weight * 100) / 100, **_short(int(total), int(hits), true_pairs)}


def _clusters(
    con: duckdb.DuckDBPyConnection, threshold: float, across: bool, true_pairs: int
) -> dict[str, Any]:
    pairs = f"select a, b from {SCRATCH}.decision where weight >= {threshold}"
    connected_components(con, pairs, f"{SCRATCH}.file_group")
    joined, largest = rows(
        con,
        f"select count(*), max(n) from (select count(*) as n from {SCRATCH}.file_group group by component)",
    )[0]
    linked = number(con, f"select count(*) from {SCRATCH}.file_group")
    everybody = number(con, f"select count(*) from {SCRATCH}.file_record")
    record = f"{SCRATCH}.file_record"
    apart = f"""join {record} p on p.no = x.node join {record} q on q.no = y.node and p.source <> q.source"""
    inside = _within_groups("") if not across else _within_groups("") + " " + apart
    return {
        "count": everybody - linked + int(joined),
        "largest": int(largest or 1),
        **_short(*_hits(con, inside), true_pairs),
    }
