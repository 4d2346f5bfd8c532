"""A youth justice service's list of children, declared as a return: the example of `docs/linkage.md`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from schemas.returns import Return
from schemas.table import Table, column


class Cases(Table):
    """One row per child known to the youth justice service."""

    VIEW: ClassVar[str] = "cases"
    DFE: ClassVar[str] = "youth_justice"

    case_number: Annotated[str | None, column("The service's own number.", identifies=True)]
    forename: Annotated[str | None, column("Forename.", identifies=True)]
    surname: Annotated[str | None, column("Surname.", identifies=True)]
    date_of_birth: Annotated[date | None, column("Date of birth.", identifies=True)]
    sex: Annotated[str | None, column("Sex.")]
    nhs_number: Annotated[str | None, column("NHS number.", identifies=True)]
    postcode: Annotated[str | None, column("Postcode of the home.", identifies=True)]
    offences: Annotated[str | None, column("How many offences: nothing that linkage looks at.")]


YOUTH_JUSTICE = Return(
    "youth_justice", "Youth justice list", (Cases,), ("%Y-%m-%d", "%d/%m/%Y"), "2024-03-31", "case_number",
    people="cases",
)  # fmt: skip
