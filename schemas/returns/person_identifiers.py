"""The person-identifier file: names for the children whom CIN and the 903 know only by number.

A layout of this project; an authority sends it if its agreement allows. Without it a child without a
UPN can hardly be found in a school.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from schemas.table import Table, column


class Persons(Table):
    """One row per child whom the authority's case system knows."""

    VIEW: ClassVar[str] = "persons"
    DFE: ClassVar[str] = "person_identifiers"

    la_child_id: Annotated[
        str | None, column("The authority's own identifier of the child.", identifies=True)
    ]
    upn: Annotated[str | None, column("Unique pupil number.", identifies=True)]
    former_upn: Annotated[str | None, column("An earlier UPN.", identifies=True)]
    uln: Annotated[str | None, column("Unique learner number.", identifies=True)]
    nhs_number: Annotated[str | None, column("NHS number.", identifies=True)]
    forename: Annotated[str | None, column("Forename.", identifies=True)]
    surname: Annotated[str | None, column("Surname.", identifies=True)]
    former_surname: Annotated[str | None, column("An earlier surname.", identifies=True)]
    date_of_birth: Annotated[date | None, column("Date of birth.", identifies=True)]
    sex: Annotated[str | None, column("Sex.", codes="school_census_sex")]
    postcode: Annotated[str | None, column("Postcode of the home.", identifies=True)]


TABLES: tuple[type[Table], ...] = (Persons,)
