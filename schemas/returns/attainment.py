"""Results of key stages 2 and 4: what a child in need or in care had reached at the end of primary and of Year 11.

Results cannot be worked out from the returns of children's social care or from the school census; they come
from the National Pupil Database to those who may hold them. This layout is the project's: one figure per
pupil and measure, so that a new measure needs a line in a code set and no new column.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from schemas.table import Table, column


class Results(Table):
    """One row per pupil, school year and measure. A pupil without a row was not at the end of that stage."""

    VIEW: ClassVar[str] = "results"
    DFE: ClassVar[str] = "attainment"

    academic_year: Annotated[str | None, column("School year of the results, as 2024/25.")]
    upn: Annotated[str | None, column("Unique pupil number.", identifies=True)]
    key_stage: Annotated[str | None, column("Which stage ended.", codes="attainment_key_stage")]
    measure: Annotated[str | None, column("What is measured.", codes="attainment_measure")]
    value: Annotated[float | None, column("The score; for a standard 1 when it was reached, otherwise 0.")]


TABLES: tuple[type[Table], ...] = (Results,)
