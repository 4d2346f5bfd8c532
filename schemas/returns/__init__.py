"""The returns: which tables each one has, and how its dates are written."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.returns import (
    attainment,
    cin,
    daily_attendance,
    daily_social_care,
    person_identifiers,
    provider_list,
    school_census,
    ssda903,
)
from schemas.table import FIRST_YEAR, LAST_YEAR, Table

EVERY_YEAR = tuple(range(FIRST_YEAR, LAST_YEAR + 1))


@dataclass(frozen=True)
class Return:
    """One statutory return (or a file of our own layout) and its tables."""

    name: str
    title: str
    tables: tuple[type[Table], ...]
    date_formats: tuple[str, ...]
    """In order of preference; the first is the department's, the others are tolerated and counted."""
    expected_date: str
    """The department's date form, as a reader of an error message would write it."""
    child: str = ""
    """The column that holds the authority's own identifier of the child."""
    has_terms: bool = False
    people: str = ""
    """The rule view of a table that lists people by name and number: whoever is in it joins the linkage. Its columns
    bear the names of identity records (`forename`, `nhs_number`, `postcode`, ...), those that it has."""
    also_dates: str = ""
    """The department's other form of dates, where its XML has another than its tables."""
    in_parts: bool = False
    """A table may come in several files: one per school, or one per month."""
    in_deltas: bool = False
    """A submission holds what changed: it adds to those before it and replaces none of them."""
    of_england: bool = False
    """One list for the whole country, which no authority owes: what is in force counts for all of them."""
    seen: tuple[int, ...] = EVERY_YEAR
    """The years whose form we have read. Any other year's is assumed: put together from what is said to
    have changed, so that a file of that year which looks otherwise is no proof of a fault in the file."""

    def table(self, view: str) -> type[Table]:
        """The table of that rule view, DfE name or class name, without regard to case."""
        for table in self.tables:
            if view.lower() in (table.VIEW.lower(), table.DFE.lower(), table.__name__.lower()):
                return table
        raise LookupError(f"{self.name} has no table {view}; it has {[t.VIEW for t in self.tables]}")

    def tables_in(self, year: int) -> tuple[type[Table], ...]:
        return tuple(table for table in self.tables if table.SINCE <= year <= table.UNTIL)

    @property
    def own_dates(self) -> tuple[str, ...]:
        """The forms in which the department itself writes dates of this return."""
        return tuple(form for form in (self.date_formats[0], self.also_dates) if form)

    def is_assumed(self, year: int) -> bool:
        """Whether the form of that year is assumed rather than read."""
        return year not in self.seen

    def stored_as(self, table: type[Table]) -> str:
        """Name of the table in the store and in the database schema `returns`."""
        return f"{self.name}_{table.VIEW}"


RETURNS: dict[str, Return] = {
    found.name: found
    for found in (
        Return(
            "cin",
            "Children in need census",
            cin.TABLES,
            ("%Y-%m-%d",),
            "2024-03-31",
            "LAchildID",
            seen=cin.SEEN,
        ),
        Return(
            "ssda903",
            "Children looked after (SSDA903)",
            ssda903.TABLES,
            ("%d/%m/%Y", "%Y-%m-%d"),
            "31/03/2024",
            "CHILD",
            seen=ssda903.SEEN,
        ),
        Return(
            "school_census",
            "School census",
            school_census.TABLES,
            ("%Y-%b-%d %H:%M:%S", "%Y-%m-%d", "%d/%m/%Y"),
            "2024-Mar-31 00:00:00",
            has_terms=True,
            also_dates="%Y-%m-%d",
            seen=school_census.SEEN,
        ),
        Return(
            "person_identifiers",
            "Person-identifier file",
            person_identifiers.TABLES,
            ("%Y-%m-%d", "%d/%m/%Y"),
            "2024-03-31",
            "la_child_id",
            people="persons",
        ),
        Return(
            "daily_attendance",
            "Daily attendance",
            daily_attendance.TABLES,
            ("%Y-%m-%d", "%d/%m/%Y"),
            "2024-09-30",
            in_parts=True,
        ),
        Return(
            "daily_social_care",
            "Daily feed of children's social care",
            daily_social_care.TABLES,
            ("%Y-%m-%d", "%d/%m/%Y"),
            "2024-03-31",
            "la_child_id",
            in_parts=True,
            in_deltas=True,
        ),
        Return(
            "attainment",
            "Attainment at key stages 2 and 4",
            attainment.TABLES,
            ("%Y-%m-%d", "%d/%m/%Y"),
            "2024-08-31",
            in_parts=True,
        ),
        Return(
            "provider_list",
            "Children's homes and supported accommodation",
            provider_list.TABLES,
            ("%Y-%m-%d", "%d/%m/%Y"),
            "2024-03-31",
            of_england=True,
            seen=provider_list.SEEN,
        ),
    )
}


def named(name: str) -> Return:
    """The return of that name."""
    if name not in RETURNS:
        raise LookupError(f"there is no return {name}; expected one of {', '.join(RETURNS)}")
    return RETURNS[name]
