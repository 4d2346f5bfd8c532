"""The marts: what an analyst opens, one table per question, each column with its meaning.

Nobody is named here. A child is a pseudonym that means nothing outside one project, birth is a month,
and place is never finer than an authority. Dates of events are kept, because durations are the point,
except those that give a birthday away: an exit at 18, an adoption, and what begins or ends in the month of
birth, the one before or the one after carry the first of their month. Ages at events follow from the two
months, since an exact age beside an exact date tells on which side of the birthday the date lies.

No mart carries the submission and row that a row came from: an authority's list of findings holds both
beside its own child ids, and the pseudonym could be undone.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from schemas.table import Table, column, columns


class Mart(Table):
    """Base of every mart: a declared table with the database schema in which it stands."""

    SCHEMA: ClassVar[str] = "outcomes"
    RESTRICTED: ClassVar[bool] = True
    """Whether rows stand for single children or single authorities, so that the table is never published."""


Child = Annotated[str, column("Pseudonym of the child: keyed, one key per project.", key=True)]
Authority = Annotated[
    str, column("Three-digit code of the authority, or unknown:<folder> when it could not be told.", key=True)
]
Year = Annotated[int, column("Collection year, named by its 31 March (2025 is 2024-25).", key=True)]
LaRecord = Annotated[
    int,
    column(
        "Which of the child's records at that authority, from 1; above 1 the child had two ids.", key=True
    ),
]
LastYear = Annotated[int, column("Latest collection year whose return still held the row.")]
BirthMonth = Annotated[date | None, column("First day of the month of birth (expected birth if unborn).")]
Sex = Annotated[str, column("M male, F female, U unknown or unborn.")]
Ethnicity = Annotated[str | None, column("Ethnicity, main code.", codes="ethnicity")]
EthnicGroup = Annotated[str, column("Published ethnic group.")]
AgeInMarch = Annotated[
    int | None, column("Completed years of age on 31 March; -1 for the unborn.", unit="signed years")
]
Confidence = Annotated[
    float | None,
    column("Probability that the child's least certain record belongs to the child.", unit="probability"),
]
AgeAtEvent = Annotated[
    int | None,
    column("Completed years on the first of that month; -1 unborn on the day.", unit="signed years"),
]
IsStartMonth = Annotated[bool, column("The start is so near to birth that it is a month.")]


class ChildYear(Mart):
    """One row per child and collection year for every child in a CIN or 903 return of that year.

    A child known to two authorities has one row here; `la` is where the strongest state was.
    """

    VIEW: ClassVar[str] = "child_year"

    child: Child
    year: Year
    la: Annotated[str, column("Authority of the state on 31 March, otherwise of the latest return.")]
    authority_count: Annotated[int, column("Authorities that returned the child that year.")]
    birth_month: BirthMonth
    sex: Sex
    ethnicity: Ethnicity
    ethnic_group: EthnicGroup
    age_at_31_march: AgeInMarch
    state_at_31_march: Annotated[
        str, column("CLA looked after, CPPO on a plan, CINO in need, or none: the first that applies.")
    ]
    is_in_need_at_31_march: Annotated[bool, column("An episode of need was open.")]
    is_on_plan_at_31_march: Annotated[bool, column("A child protection plan was open.")]
    is_looked_after_at_31_march: Annotated[bool, column("Looked after; short breaks do not count.")]
    is_looked_after_12_months: Annotated[bool, column("Looked after for the whole year up to 31 March.")]
    days_in_need: Annotated[int, column("Days in the year with an open episode of need.", unit="days")]
    days_on_plan: Annotated[int, column("Days in the year on a child protection plan.", unit="days")]
    days_in_care: Annotated[int, column("Days in the year looked after, short breaks left out.", unit="days")]
    referral_count: Annotated[int, column("Referrals in the year, several on one day counted once.")]
    is_care_starter: Annotated[
        bool, column("Started to be looked after in the year (an episode with RNE S).")
    ]
    is_care_leaver: Annotated[bool, column("Ceased to be looked after in the year.")]
    in_touch: Annotated[str | None, column("Care leaver: whether in touch.", codes="ssda903_in_touch")]
    activity: Annotated[str | None, column("Care leaver: main activity.", codes="ssda903_activity")]
    accommodation: Annotated[str | None, column("Care leaver: accommodation.", codes="ssda903_accommodation")]
    attendance_terms: Annotated[str | None, column("Terms of attendance held for the child.")]
    possible_sessions: Annotated[int | None, column("Possible half-day sessions.", unit="sessions")]
    absent_sessions: Annotated[int | None, column("Sessions missed.", unit="sessions")]
    is_persistently_absent: Annotated[bool | None, column("Missed 10 per cent or more.")]
    is_severely_absent: Annotated[bool | None, column("Missed 50 per cent or more.")]
    is_linked_to_school: Annotated[bool, column("A school census record of the year was found.")]
    link_confidence: Confidence


class EpisodeOfNeed(Mart):
    """One row per episode of need: a referral that was followed up and not found to be unneeded.

    The latest return that holds the episode wins; an open one is known to be open until 31 March of
    `last_year`.
    """

    VIEW: ClassVar[str] = "episode_of_need"

    la: Authority
    referral_date: Annotated[
        date, column("Date of the referral; its month when `is_referral_month`.", key=True)
    ]
    is_referral_month: Annotated[bool, column("The referral is so near to birth that it is a month.")]
    la_record: LaRecord
    episode_number: Annotated[
        int, column("Which followed-up case of the child at that authority, from 1.", key=True)
    ]
    closure_date: Annotated[date | None, column("Date of closure; its month when `is_closure_month`.")]
    is_closure_month: Annotated[bool, column("The closure would give the birthday away, so it is a month.")]
    closure_code: Annotated[str | None, column("Why it closed.", codes="cin_reason_for_closure")]
    primary_need_code: Annotated[str | None, column("Main need.", codes="cin_primary_need")]
    referral_source_code: Annotated[str | None, column("Who referred.", codes="cin_referral_source")]
    age_at_referral: AgeAtEvent
    sex: Sex
    ethnic_group: EthnicGroup
    last_year: LastYear
    child: Child


class ChildProtectionPlan(Mart):
    """One row per child protection plan; the latest return that holds it wins."""

    VIEW: ClassVar[str] = "child_protection_plan"

    la: Authority
    start_date: Annotated[date, column("Date the plan began; its month when `is_start_month`.", key=True)]
    is_start_month: IsStartMonth
    la_record: LaRecord
    plan_number: Annotated[int, column("Which plan of the child at that authority, from 1.", key=True)]
    end_date: Annotated[date | None, column("Date it ended; its month when `is_end_month`.")]
    is_end_month: Annotated[bool, column("The end would give the birthday away, so it is a month.")]
    initial_category_code: Annotated[
        str | None, column("Category of abuse at the start.", codes="cin_category_of_abuse")
    ]
    latest_category_code: Annotated[
        str | None, column("Latest category of abuse.", codes="cin_category_of_abuse")
    ]
    previous_plan_count: Annotated[int | None, column("Plans before this one, in any authority.")]
    age_at_start: AgeAtEvent
    sex: Sex
    ethnic_group: EthnicGroup
    last_year: LastYear
    child: Child


class PeriodOfCare(Mart):
    """One row per period of care: an unbroken chain of episodes in one authority, short breaks left out."""

    VIEW: ClassVar[str] = "period_of_care"

    la: Authority
    start_date: Annotated[
        date, column("First day of the period that is held; its month when `is_start_month`.", key=True)
    ]
    is_start_month: IsStartMonth
    start_code: Annotated[
        str | None,
        column("Why it began: S is a start, any other began before what is held.", codes="ssda903_rne"),
    ]
    la_record: LaRecord
    period_number: Annotated[int, column("Which period of the child at that authority, from 1.", key=True)]
    end_date: Annotated[
        date | None, column("Day the child left, not itself in care; its month when `is_end_month`.")
    ]
    is_end_month: Annotated[
        bool, column("An adoption, an exit at 18 or an end near to birth: the end is a month.")
    ]
    exit_code: Annotated[str | None, column("Why it ended.", codes="ssda903_rec")]
    need_code: Annotated[str | None, column("Category of need.", codes="ssda903_category_of_need")]
    first_legal_status_code: Annotated[
        str | None, column("Legal status at the start.", codes="ssda903_legal_status")
    ]
    latest_legal_status_code: Annotated[
        str | None, column("Latest legal status.", codes="ssda903_legal_status")
    ]
    latest_placement_code: Annotated[str | None, column("Latest placement.", codes="ssda903_place")]
    episode_count: Annotated[int, column("Episodes in the period.")]
    repairs: Annotated[
        str | None, column("Repairs of the ends of its episodes (see `quality.repair`); blank for none.")
    ]
    is_end_told: Annotated[
        bool, column("Whether a return told the end, or it follows from the next return's silence (E99).")
    ]
    is_first_start_in_year: Annotated[bool, column("The child's first start (RNE S) of that year there.")]
    is_last_exit_in_year: Annotated[bool, column("The child's last exit of that year there.")]
    age_at_start: AgeAtEvent
    sex: Sex
    ethnic_group: EthnicGroup
    last_year: LastYear
    child: Child


class Placement(Mart):
    """One row per placement: days with one kind of placement, provider and address, under any legal status.

    Temporary placements (T codes) are left out and the two sides of one are joined.
    """

    VIEW: ClassVar[str] = "placement"

    la: Authority
    start_date: Annotated[
        date, column("First day of the placement; its month when `is_start_month`.", key=True)
    ]
    is_start_month: IsStartMonth
    la_record: LaRecord
    period_number: Annotated[int, column("Period of care that it belongs to.", key=True)]
    placement_number: Annotated[int, column("Which placement of the period, from 1.", key=True)]
    end_date: Annotated[date | None, column("Day it ended; its month when `is_end_month`.")]
    is_end_month: Annotated[
        bool, column("An adoption, an exit at 18 or an end near to birth: the end is a month.")
    ]
    placement_code: Annotated[str | None, column("Kind of placement.", codes="ssda903_place")]
    provider_code: Annotated[str | None, column("Who provides it.", codes="ssda903_place_provider")]
    change_code: Annotated[str | None, column("Why it ended.", codes="ssda903_reason_place_change")]
    episode_count: Annotated[int, column("Episodes in the placement.")]
    last_year: LastYear
    child: Child


class CareLeaverYear(Mart):
    """One row per care leaver of an authority and year: what is told around the birthday in that year (OC3)."""

    VIEW: ClassVar[str] = "care_leaver_year"

    year: Year
    la: Authority
    la_record: LaRecord
    age: Annotated[int | None, column("Age reached on the birthday in the year.", unit="signed years")]
    in_touch: Annotated[str | None, column("Whether the authority is in touch.", codes="ssda903_in_touch")]
    activity: Annotated[str | None, column("Main activity.", codes="ssda903_activity")]
    accommodation: Annotated[str | None, column("Accommodation.", codes="ssda903_accommodation")]
    is_counted: Annotated[
        bool, column("Counts in published figures: aged 17 to 21, neither died nor returned home.")
    ]
    is_in_education_or_work: Annotated[bool, column("In education, employment or training.")]
    is_suitably_housed: Annotated[
        bool | None,
        column("In suitable accommodation; blank when abroad, deported or of unknown residence."),
    ]
    sex: Sex
    ethnic_group: EthnicGroup
    child: Child


class AttendanceYear(Mart):
    """One row per pupil and academic year: sessions of all the pupil's enrolments added together."""

    VIEW: ClassVar[str] = "attendance_year"

    year: Annotated[int, column("Academic year, named by its end (2025 is 2024/25).", key=True)]
    la: Annotated[str, column("Authority of the school, the last main one if there were several.")]
    terms: Annotated[str, column("Terms held for the pupil.")]
    enrolment_count: Annotated[int, column("Enrolments added together.")]
    possible_sessions: Annotated[int, column("Possible half-day sessions.", unit="sessions")]
    authorised_sessions: Annotated[int, column("Authorised absence.", unit="sessions")]
    unauthorised_sessions: Annotated[int, column("Unauthorised absence.", unit="sessions")]
    absent_sessions: Annotated[int, column("All absence.", unit="sessions")]
    is_counted: Annotated[
        bool,
        column("Counts in absence figures: aged 5 to 15, a main enrolment, at least one possible session."),
    ]
    is_persistently_absent: Annotated[bool, column("Missed 10 per cent or more.")]
    is_severely_absent: Annotated[bool, column("Missed 50 per cent or more.")]
    age_at_31_august: Annotated[
        int | None, column("Completed years on 31 August before the year.", unit="signed years")
    ]
    sex: Sex
    ethnic_group: EthnicGroup
    birth_month: BirthMonth
    link_confidence: Confidence
    child: Child


class Indicator(Mart):
    """One row per indicator, year, place and category; the value is NULL when `value_symbol` says why.

    The figure of an authority's statistical neighbours is that of all ten together (`reference.neighbours`),
    as if they were one place, and in total only. So is that of an authority for which nothing could be counted.
    """

    VIEW: ClassVar[str] = "indicator"
    RESTRICTED: ClassVar[bool] = False

    indicator_id: Annotated[str, column("Which indicator; see reference.indicators.", key=True)]
    indicator_version: Annotated[int, column("Version of its definition.")]
    year: Annotated[int, column("Collection year or academic year, named by its end.", key=True)]
    time_identifier: Annotated[
        str, column("What the year means: Reporting year, Academic year, Autumn term…", key=True)
    ]
    geographic_level: Annotated[
        str, column("National, Regional, Local authority, or Statistical neighbours.", key=True)
    ]
    la_code: Annotated[
        str | None, column("Authority, or the one whose neighbours they are; otherwise blank.", key=True)
    ]
    region_code: Annotated[str | None, column("Region; blank for England and unknown places.", key=True)]
    breakdown: Annotated[str, column("What the categories are of: Total, Sex, Age.", key=True)]
    category: Annotated[str, column("The category; Total for all.", key=True)]
    numerator: Annotated[int | None, column("What is counted.")]
    denominator: Annotated[int | None, column("Out of how many.")]
    value: Annotated[float | None, column("The figure, in `unit`.")]
    value_symbol: Annotated[
        str | None,
        column("z not applicable, x not available, c confidential, low; blank when there is a value."),
    ]
    why_no_value: Annotated[
        str | None,
        column(
            "Why there is none: nobody (z); not collected that year, no return, no population, too few authorities "
            "(x); few children (c); rounds to nought (low)."
        ),
    ]
    unit: Annotated[str, column("Unit of the value.")]
    link_rate: Annotated[
        float | None,
        column(
            "Share of the children of school age for whom a school record was found; for results, of those of the age "
            "for them.",
            unit="share",
        ),
    ]
    value_strict: Annotated[float | None, column("The value with only the surest links.")]
    value_loose: Annotated[float | None, column("The value with less sure links as well.")]
    missing_la_count: Annotated[
        int, column("Authorities of the place that are in none of it, because a return is missing.")
    ]
    imputed_la_count: Annotated[
        int, column("Authorities whose figure was carried forward; always 0, since none is.")
    ]


class Funnel(Mart):
    """One row per share, year and authority: how far it lies from England's, and how far chance alone would take it.

    `z` is the distance in standard errors of a share of that many. Authorities differ by more than chance for many
    reasons that are not their doing; `overdispersion` says by how much more (1 is chance alone), after Spiegelhalter
    (2005), the tenth at either end drawn in; `z_adjusted` is the distance in units of that wider spread.
    """

    VIEW: ClassVar[str] = "funnel"

    indicator_id: Annotated[str, column("Which indicator: a share of children, cases or plans.", key=True)]
    year: Annotated[int, column("Collection year or academic year, named by its end.", key=True)]
    la_code: Annotated[str, column("Authority.", key=True)]
    numerator: Annotated[int, column("What is counted.")]
    denominator: Annotated[int, column("Out of how many.")]
    value: Annotated[float, column("The figure.", unit="percent")]
    england_value: Annotated[float, column("That of all authorities together.", unit="percent")]
    lower_95: Annotated[float, column("Chance alone stays above it in 95 of 100.", unit="percent")]
    upper_95: Annotated[float, column("Chance alone stays below it in 95 of 100.", unit="percent")]
    lower_998: Annotated[float, column("Chance alone stays above it in 998 of 1,000.", unit="percent")]
    upper_998: Annotated[float, column("Chance alone stays below it in 998 of 1,000.", unit="percent")]
    z: Annotated[float, column("Distance from England in standard errors.", unit="standard errors")]
    overdispersion: Annotated[float, column("How much wider than chance the authorities lie.", unit="ratio")]
    z_adjusted: Annotated[float, column("Distance in units of the wider spread.", unit="standard errors")]


class LikeWithLike(Mart):
    """One row per year, trait and category: pupils in care beside pupils in need who were not, like with like.

    In care are those looked after for 12 months at 31 March, in need those neither on a plan nor looked after. Alike
    are pupils of one sex, age group, main need, region and absence the year before; those of a kind that only one
    group has are left out, and so are authorities of which not all three returns are held: `care_count` is below the
    indicator's by theirs. Those in need are weighted to the kinds of those in care. Traits other than the last
    show how far that made the groups alike; `Persistent absence` is what is compared. Being alike in what returns
    tell is not being alike: this says what goes together, not what care causes.
    """

    VIEW: ClassVar[str] = "like_with_like"

    year: Annotated[int, column("Academic year, named by its end.", key=True)]
    trait: Annotated[str, column("What pupils are told apart by, or what is compared.", key=True)]
    category: Annotated[str, column("Which of its categories.", key=True)]
    care_count: Annotated[int, column("Pupils in care.")]
    need_count: Annotated[int, column("Pupils in need.")]
    compared_count: Annotated[int, column("Pupils in care for whom some in need are alike.")]
    care_percent: Annotated[float | None, column("Share of those in care with it.", unit="percent")]
    need_percent: Annotated[float | None, column("Share of those in need with it.", unit="percent")]
    care_alike_percent: Annotated[
        float | None, column("The same among those in care who are compared.", unit="percent")
    ]
    need_alike_percent: Annotated[
        float | None, column("The same among those in need, weighted to be alike.", unit="percent")
    ]


class Coverage(Mart):
    """One row per return, year and place: whose returns stand behind the figures, and whose are missing."""

    VIEW: ClassVar[str] = "coverage"
    RESTRICTED: ClassVar[bool] = False

    return_name: Annotated[str, column("Which return.", key=True)]
    year: Year
    geographic_level: Annotated[str, column("National, Regional or Local authority.", key=True)]
    region_code: Annotated[str | None, column("Region; blank for England and unknown places.", key=True)]
    la_code: Annotated[str | None, column("Authority; blank above that level.", key=True)]
    expected_la_count: Annotated[int, column("Authorities that existed on 31 March.")]
    missing_la_count: Annotated[int, column("Of those, without a usable return.")]
    fed_la_count: Annotated[
        int,
        column(
            "Of those, where the daily feed stands in for the return: what it cannot tell of them is in no figure."
        ),
    ]
    child_count: Annotated[int, column("Children (pupils) in the returns held.")]
    term_la_count: Annotated[
        int, column("Authority-terms held of a school census; the returns held for the others.")
    ]
    without_child_count: Annotated[int, column("Rows that name no child and are left out.")]
    uncounted_enrolment_count: Annotated[
        int, column("Enrolments left out: no term told, no sessions, or more absence than sessions.")
    ]
    session_mismatch_count: Annotated[
        int, column("Enrolments whose possible sessions differ from the sum of their codes.")
    ]


class Repair(Mart):
    """One row per return, table, year, authority and repair: how often it was made while the years were stacked.

    A return tells the year's open cases and episodes anew, so the years disagree. What was sent stays as it was; the
    current version is told by the latest return that speaks of the day. 3: the same row told again by a later return
    (or twice in one), set aside. 3A: told otherwise by a later return, set aside. 1: left open, gone on with in the next
    return, ended there. 1A: left open, begun anew later, ended by the day before and not after 31 March. 2: left
    open, not in the next return, known until 31 March. 4: reached into the next one, ended where that begins.
    5: a gap although care went on, closed. 3 is how returns are; each of the others is something to look at.
    """

    SCHEMA: ClassVar[str] = "quality"
    VIEW: ClassVar[str] = "repair"

    return_name: Annotated[str, column("Which return.", key=True)]
    table_name: Annotated[str, column("Which of its tables, as the department prints it.", key=True)]
    year: Annotated[int, column("Collection year of the return that holds the row.", key=True)]
    la: Authority
    repair: Annotated[str, column("Which repair: 1, 1A, 2, 3, 3A, 4 or 5.", key=True)]
    row_count: Annotated[int, column("Rows on which it was made.")]


class Authorities(Mart):
    """One row per authority code and period of validity."""

    SCHEMA: ClassVar[str] = "reference"
    VIEW: ClassVar[str] = "authorities"
    RESTRICTED: ClassVar[bool] = False

    la_code: Annotated[str, column("Three-digit code.", key=True)]
    new_la_code: Annotated[str, column("Nine-character code of the statistics office.")]
    la_name: Annotated[str, column("Name.")]
    la_type: Annotated[str, column("Kind of authority.")]
    region_code: Annotated[str | None, column("Code of its region.")]
    region_name: Annotated[str | None, column("Name of its region.")]
    sub_region_code: Annotated[str | None, column("Inner or Outer London, code.")]
    sub_region_name: Annotated[str | None, column("Inner or Outer London, name.")]
    valid_from: Annotated[date, column("First day of validity, as far back as held.", key=True)]
    valid_to: Annotated[date | None, column("Last day; blank while it exists.")]
    successor_la_codes: Annotated[str | None, column("Codes that took over, separated by semicolons.")]


class Regions(Mart):
    """One row per region of England."""

    SCHEMA: ClassVar[str] = "reference"
    VIEW: ClassVar[str] = "regions"
    RESTRICTED: ClassVar[bool] = False

    region_code: Annotated[str, column("Code.", key=True)]
    region_name: Annotated[str, column("Name.")]


class Populations(Mart):
    """One row per authority and collection year: children aged 0 to 17, the estimate of the year before."""

    SCHEMA: ClassVar[str] = "reference"
    VIEW: ClassVar[str] = "populations"
    RESTRICTED: ClassVar[bool] = False

    year: Year
    la_code: Annotated[str, column("Authority.", key=True)]
    mid_year: Annotated[int, column("Year of the estimate.")]
    population: Annotated[int, column("Children aged 0 to 17.")]


class Neighbours(Mart):
    """One row per authority and rank: its ten statistical neighbours."""

    SCHEMA: ClassVar[str] = "reference"
    VIEW: ClassVar[str] = "neighbours"
    RESTRICTED: ClassVar[bool] = False

    la_code: Annotated[str, column("Authority.", key=True)]
    rank: Annotated[int, column("1 is the nearest.", key=True)]
    neighbour_la_code: Annotated[str, column("The neighbour.")]


class Codes(Mart):
    """One row per code of every code set, with the years in which it may be used."""

    SCHEMA: ClassVar[str] = "reference"
    VIEW: ClassVar[str] = "codes"
    RESTRICTED: ClassVar[bool] = False

    code_set: Annotated[str, column("Which set.", key=True)]
    code: Annotated[str, column("The code.", key=True)]
    label: Annotated[str, column("What it means.")]
    since: Annotated[int, column("First collection year.", key=True)]
    until: Annotated[int, column("Last collection year.")]


class Indicators(Mart):
    """One row per indicator: what it counts, out of what, and where it comes from."""

    SCHEMA: ClassVar[str] = "reference"
    VIEW: ClassVar[str] = "indicators"
    RESTRICTED: ClassVar[bool] = False

    indicator_id: Annotated[str, column("Identifier; stable.", key=True)]
    indicator_version: Annotated[int, column("Version of the definition.")]
    title: Annotated[str, column("Title.")]
    outcome: Annotated[str, column("Outcome of the National Framework.")]
    numerator: Annotated[str, column("What is counted.")]
    denominator: Annotated[str, column("Out of what.")]
    unit: Annotated[str, column("Unit of the value.")]
    better: Annotated[str, column("Which way is better for children: lower, higher or neither.")]
    source: Annotated[str, column("Where the definition comes from.")]
    notes: Annotated[str, column("What to know before using it.")]


TABLES: tuple[type[Mart], ...] = (
    ChildYear,
    EpisodeOfNeed,
    ChildProtectionPlan,
    PeriodOfCare,
    Placement,
    CareLeaverYear,
    AttendanceYear,
    Indicator,
    Funnel,
    LikeWithLike,
    Coverage,
    Repair,
    Authorities,
    Regions,
    Populations,
    Neighbours,
    Codes,
    Indicators,
)


def full_name(mart: type[Mart]) -> str:
    """`outcomes.child_year`."""
    return f"{mart.SCHEMA}.{mart.VIEW}"


MARTS: dict[str, type[Mart]] = {full_name(mart): mart for mart in TABLES}
"""Every mart by its full name."""

PSEUDONYMS = ("child",)
"""Columns whose values mean nothing outside a project: left out when content is compared."""


def mart_ddl(mart: type[Mart], name: str) -> str:
    """`create table` with NOT NULL as declared; uniqueness of the key is checked, not indexed.

    An index would double the file, and a key may hold a blank (England has no authority code).
    """
    lines = [f'  "{c.name}" {c.sql_type}' + ("" if c.nullable else " NOT NULL") for c in columns(mart)]
    return f"create table {name} (\n" + ",\n".join(lines) + "\n)"


def comments(mart: type[Mart], name: str) -> list[str]:
    """`comment on` statements for the table and each of its columns."""
    quoted = [(f'column {name}."{c.name}"', c.about) for c in columns(mart)]
    return [
        f"comment on {what} is '{text.replace(chr(39), chr(39) * 2)}'"
        for what, text in [(f"table {name}", mart.about()), *quoted]
    ]


def canonical_order(mart: type[Mart]) -> str:
    """`order by` list under which a table's content does not depend on pseudonyms: they come last."""
    named = [c.name for c in columns(mart)]
    last = [name for name in named if name in PSEUDONYMS]
    return ", ".join(f'"{name}" nulls first' for name in [*(n for n in named if n not in last), *last])
