"""Daily attendance: which mark each pupil has for each morning and afternoon, as schools' registers hold it.

The department receives it every day from schools' systems and publishes no file form for single records;
this layout is the project's. Marks may be revised for seven days, so a file says what was known when it was
sent, and a year may come in as many files as there are schools or months.
"""

from __future__ import annotations

from datetime import date as Day
from typing import Annotated, ClassVar

from schemas.table import Table, column


class Sessions(Table):
    """One row per pupil and half-day session: the mark in the register."""

    VIEW: ClassVar[str] = "sessions"
    DFE: ClassVar[str] = "daily_attendance"

    academic_year: Annotated[str | None, column("School year of the session, as 2024/25.")]
    la_code: Annotated[str | None, column("Three-digit code of the authority in which the school is.")]
    school_urn: Annotated[str | None, column("Six-digit number of the school.")]
    upn: Annotated[str | None, column("Unique pupil number.", identifies=True)]
    date: Annotated[Day | None, column("Day of the session.", dates_the_return=True)]
    session: Annotated[str | None, column("Morning or afternoon.", codes="attendance_session")]
    code: Annotated[str | None, column("Attendance or absence code.", codes="attendance")]


TABLES: tuple[type[Table], ...] = (Sessions,)
