"""What a pupil's attendance adds up to, worked out once when a census is gathered and not again every night.

Schools send a row for every reason code that a pupil has: forty million rows a year for a third of England, of which
figures ask for three sums. These are one row per pupil of a census file and half, `half` 2 being the sixth half term,
which has tables of its own: half-day sessions that were possible, and missed with and without authority. The rows
themselves stay as they were sent, for rules and for whoever asks what an authority said.

What a code means is the department's list of attendance codes for the year. A code that is not on it means nothing,
and one that a pupil has twice, because a file came twice, counts once, with the larger number of sessions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.code_sets import code_set
from schemas.duck import sql_text

RETURN = "school_census"
NAME = "school_census_sessions"
"""What the sums are called beside the typed tables: `returns.school_census_sessions`."""


@dataclass(frozen=True)
class Details:
    """A table of sessions: of which half they are, and of pupils on which roll."""

    view: str
    roll: str
    half: int
    pupil: str
    """The column that holds the pupil's key, of its census file."""


DETAILS = (
    Details("termlysessiondetailsonroll", "on", 1, "pupilonrolltableid"),
    Details("termlysessiondetailsoffroll", "off", 1, "pupilnolongeronrolltableid"),
    Details("summerhalfterm2sessiondetailsonroll", "on", 2, "pupilonrolltableid"),
    Details("summerhalfterm2sessiondetailsoffroll", "off", 2, "pupilnolongeronrolltableid"),
)
VIEWS = frozenset(one.view for one in DETAILS)
"""The tables whose rows are added up."""


def added_up(sources: Mapping[str, str]) -> str:
    """The query of the sums over the tables of sessions, by view; a table that is not named was not sent.

    Its columns: la, submission, roll (on, off), pupil_key, half (1, 2), possible, authorised, unauthorised.
    """
    told = [_told(one, sources[one.view]) for one in DETAILS if one.view in sources]
    detail = " union all ".join(told) or f"{_told(DETAILS[0], NOTHING)} limit 0"
    return SUMS.format(detail=detail, code=codes())


NOTHING = """(select null::varchar as la, null::varchar as submission, null::smallint as year,
    null::varchar as pupilonrolltableid, null::varchar as attendancereason, null::integer as sessions)"""


def _told(one: Details, source: str) -> str:
    return (
        f"select la, submission, '{one.roll}' as roll, {one.pupil} as pupil_key, {one.half}::tinyint as half, year, "
        f"attendancereason, sessions from {source} where {one.pupil} is not null"
    )


def codes() -> str:
    """The list of attendance codes as a query: each with its years, its meaning and a bit of its own."""
    meant = code_set("attendance").select(
        "code", "since", "until", "statistical_meaning", "counts_as_possible_session"
    )
    rows = ", ".join(
        f"({sql_text(code)}, {since}, {until}, '{meaning}', {possible == 'yes'}, 1::hugeint << {bit})"
        for bit, (code, since, until, meaning, possible) in enumerate(meant.iter_rows())
    )
    return f"from (values {rows}) as listed(code, since, until, meaning, is_possible, bit)"


# One pass adds up and, by the bits, tells who has a code twice; only their few rows are looked at again.
SUMS = """
with detail as ({detail}),
code as ({code}),
meant as (
  select d.* exclude (year, attendancereason), c.is_possible, c.meaning, c.bit
  from detail d left join code c on c.code = d.attendancereason and d.year between c.since and c.until),
summed as (
  select la, submission, roll, pupil_key, half,
    coalesce(sum(sessions) filter (where is_possible), 0)::bigint as possible,
    coalesce(sum(sessions) filter (where meaning = 'authorised'), 0)::bigint as authorised,
    coalesce(sum(sessions) filter (where meaning = 'unauthorised'), 0)::bigint as unauthorised,
    count(bit) > coalesce(bit_count(bit_or(bit)), 0) as has_one_twice
  from meant group by all),
once as (
  select la, submission, roll, pupil_key, half, bit, any_value(is_possible) as is_possible,
    any_value(meaning) as meaning, max(sessions) as sessions
  from meant semi join (from summed where has_one_twice) using (la, submission, roll, pupil_key, half) group by all)
select * exclude (has_one_twice) from summed where not has_one_twice
union all by name
select la, submission, roll, pupil_key, half,
  coalesce(sum(sessions) filter (where is_possible), 0)::bigint as possible,
  coalesce(sum(sessions) filter (where meaning = 'authorised'), 0)::bigint as authorised,
  coalesce(sum(sessions) filter (where meaning = 'unauthorised'), 0)::bigint as unauthorised
from once group by all"""


SUM = ("possible", "authorised", "unauthorised")


def of_roll(roll: str) -> str:
    """The sums of a roll's pupils in columns: `coded_possible` and so on, those of half 2 as `coded_possible_2`."""
    columns = ", ".join(
        f"case half when {half} then {name} end as coded_{name}{end}"
        for half, end in ((1, ""), (2, "_2"))
        for name in SUM
    )
    return f"select submission, pupil_key, {columns} from returns.{NAME} where roll = '{roll}'"
