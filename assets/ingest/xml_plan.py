"""How an XML return is laid out in tables, worked out from the declared tables themselves.

Each declared table says which element makes its rows, and where that alone does not tell, within which
others (`PupilOnRoll/TermlyAttendance/SessionDetail`). From that follow the rest: which numbers are counted
in document order (a whole-number column ending in ID, owned by the first table that has it), what comes down
from the child to everything below (the child's identifier, the date of birth, the pupil's key), and which
tables are spread over the child's own group (care leavers and adoption in the SSDA903).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from assets.ingest.headings import declared
from assets.ingest.reading import plain
from schemas.returns import RETURNS, Return
from schemas.table import Table, columns


@dataclass(frozen=True)
class Layout:
    """One XML form: its outermost element, the elements of one child each, and where those stand."""

    ret: Return
    records: Mapping[str, str]
    """Elements of one child as printed, and the parent of each: an element elsewhere is not one."""
    header: str = ""
    """The element that says who sent the file, where there is one."""
    collection: str = ""
    """What `Collection` in the header must say, where several returns share the outermost element."""
    above: tuple[str, ...] = ()
    """Elements between the outermost and the records; the first tells the form."""
    groups: tuple[str, ...] = ()
    """Elements that only hold others together, besides those that are a table's name."""
    file_key: str = ""
    """The column by which the tables of one file are joined, where rows have such keys."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """By the element of a record: the column that numbers it in its file."""


CIN = Layout(RETURNS["cin"], {"Child": "children"}, header="Header", collection="CIN", above=("children",))
SSDA903 = Layout(RETURNS["ssda903"], {"CHILD": "expssda903"})
SCHOOL_CENSUS = Layout(
    RETURNS["school_census"],
    {"PupilOnRoll": "pupilsonroll", "PupilNoLongerOnRoll": "pupilsnolongeronroll"},
    header="Header",
    collection="SC",
    above=("pupils", "pupilsonroll", "pupilsnolongeronroll"),
    groups=(
        *("pupilidentifiers", "pupilcharacteristics", "pupilstatus", "exclusions", "termlyexclusions"),
        *("attendance", "termlyattendance", "summerhalfterm2attendance", "sessiondetails"),
        *("sen", "senneeds", "fsm", "fsmperiods", "addresses", "home", "homeinformation"),
    ),
    file_key="schoolcensustableid",
    keys={"PupilOnRoll": "pupilonrolltableid", "PupilNoLongerOnRoll": "pupilnolongeronrolltableid"},
)
LAYOUTS: Mapping[str, tuple[Layout, ...]] = {"message": (CIN, SCHOOL_CENSUS), "expssda903": (SSDA903,)}
"""By the name of the outermost element."""

Row = tuple[frozenset[str], type[Table]]
"""A table, and the elements within which the one that makes its rows must stand."""


class Shape(NamedTuple):
    """What every row of a table needs to begin with."""

    leaves: Mapping[str, str]
    """Elements that are its columns."""
    inherits: tuple[str, ...]
    """What comes down to it from the child."""
    counted: str
    """The key that a new row moves on by one, else ""."""
    restarts: tuple[str, ...]
    """Keys that begin again at 1 then."""
    keys: tuple[str, ...]
    """The counted keys that a row carries."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What to do with each element, by its comparable name."""

    layout: Layout
    records: Mapping[str, str]
    """Elements of one child, and the parent of each."""
    rows: Mapping[str, tuple[Row, ...]]
    """Elements that make a row, and of which table."""
    sole: Mapping[str, type[Table]]
    """Those of them that make a row of one table wherever they stand."""
    placed: Mapping[type[Table], Mapping[tuple[str, str], str]]
    """For each table: elements that are its columns only right below a certain other."""
    former: Mapping[type[Table], frozenset[str]]
    """For tables that have them: names that elements had in earlier forms."""
    groups: frozenset[str]
    """Elements that only hold others together."""
    person: type[Table] | None
    """The table with one row per child, whose shared columns come down to the child's other rows; None
    where the record itself makes that row and keys come down."""
    inherits: Mapping[type[Table], tuple[str, ...]]
    handed: frozenset[str]
    """The columns that come down from the child to any table."""
    shapes: Mapping[type[Table], Shape]
    """For each table with an element of its own."""
    spread: Mapping[type[Table], Mapping[str, str]]
    """Tables without an element of their own: the columns of theirs that stand in the child's group."""
    flags: Mapping[str, type[Table]]
    """Yes/no elements in the child's group that stand for a row of a spread table."""


def tells(root: str, below: str) -> Layout | None:
    """The form that an element right below the outermost one tells; None when it tells none."""
    found = (layout for layout in LAYOUTS.get(plain(root), ()) if plain(below) in layout.above[:1])
    return next(found, None)


def is_shared(root: str) -> bool:
    """Whether several forms have this outermost element."""
    return len(LAYOUTS.get(plain(root), ())) > 1


@functools.cache
def plan_for(root: str, below: str = "") -> Plan | None:
    """The plan for an outermost element and, where it is shared, one below; None when no return has it."""
    layouts = LAYOUTS.get(plain(root))
    return _plan(tells(root, below) or layouts[0]) if layouts else None


def _plan(layout: Layout) -> Plan:
    tables = layout.ret.tables
    with_element = [t for t in tables if t.ELEMENT]
    person = None if layout.keys else _person(with_element, layout.ret.child)
    own = {c.name for c in columns(person)} if person else {layout.file_key, *layout.keys.values()}
    counted = _counted(with_element)
    spread = [t for t in tables if not t.ELEMENT] if person else []
    inherits = {t: tuple(c.name for c in columns(t) if c.name in own) for t in tables if t is not person}
    rows = _rows(with_element)
    return Plan(
        layout=layout,
        records={plain(element): parent for element, parent in layout.records.items()},
        rows=rows,
        sole={name: found[0][1] for name, found in rows.items() if len(found) == 1 and not found[0][0]},
        placed={t: _placed(t) for t in with_element},
        former={t: names for t in with_element if (names := _former(t))},
        groups=frozenset([*layout.groups, *(plain(t.DFE) for t in with_element if t.DFE != t.ELEMENT)]),
        person=person,
        inherits=inherits,
        handed=frozenset(name for names in inherits.values() for name in names),
        shapes={t: _shape(t, inherits.get(t, ()), counted) for t in with_element},
        spread={t: _only_theirs(t, own) for t in spread},
        flags={plain(t.VIEW): t for t in spread},
    )


def _shape(table: type[Table], inherits: tuple[str, ...], counted: Mapping[type[Table], str]) -> Shape:
    key = counted.get(table, "")
    restarts = _below(key, table, counted) if key else ()
    keys = tuple(c.name for c in columns(table) if c.name in counted.values())
    return Shape(declared(table), inherits, key, restarts, keys)


def _person(tables: Iterable[type[Table]], child: str) -> type[Table]:
    return next(t for t in tables if child in {c.name for c in columns(t)})


def _rows(tables: Iterable[type[Table]]) -> dict[str, tuple[Row, ...]]:
    """By the last name of its path, each table that an element may make a row of."""
    found: dict[str, tuple[Row, ...]] = {}
    for table in tables:
        *within, name = (plain(part) for part in table.ELEMENT.split("/"))
        found[name] = (*found.get(name, ()), (frozenset(within), table))
    return found


def _placed(table: type[Table]) -> dict[tuple[str, str], str]:
    """By the element's parent and its own name."""
    paths = ((c.name, c.element.rpartition("/")) for c in columns(table) if c.element)
    return {(plain(parent), plain(name)): column for column, (parent, _, name) in paths}


def _former(table: type[Table]) -> frozenset[str]:
    """A column with a path of its own has its own name in XML, whatever the headings were."""
    return frozenset(plain(name) for c in columns(table) if not c.element for name in c.formerly)


def _counted(tables: list[type[Table]]) -> dict[type[Table], str]:
    """The first table that declares a whole-number column ending in ID owns that number."""
    owners: dict[str, type[Table]] = {}
    for table in tables:
        for column in columns(table):
            if column.kind is int and column.name.endswith("ID"):
                owners.setdefault(column.name, table)
    return {table: key for key, table in owners.items()}


def _below(key: str, owner: type[Table], counted: Mapping[type[Table], str]) -> tuple[str, ...]:
    """The keys whose owners carry this key too: they are counted within it."""
    return tuple(k for t, k in counted.items() if t is not owner and key in {c.name for c in columns(t)})


def _only_theirs(table: type[Table], own: set[str]) -> dict[str, str]:
    return {heading: name for heading, name in declared(table).items() if name not in own}
