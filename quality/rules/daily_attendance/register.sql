-- Registers day by day. All codes here are ours: the department publishes no rules for single marks. A mark of `#`
-- says that the school was planned to be closed.

/* DA001  sessions(code)  kind own
   The mark is missing, or not an attendance or absence code of the year. */
from sessions where code is null or code not in (select code from codes.attendance);

/* DA002  sessions(code, upn, date, session)  kind own
   The pupil has two marks for one session at one school. */
from sessions where upn is not null and date is not null and session is not null
qualify count(*) over (partition by in_return, school_urn, upn, date, session) > 1;

/* DA003  sessions(code, session)  kind own
   The mark of a morning (/) stands in the afternoon, or that of an afternoon in the morning. */
from sessions where code = '/' and session = 'PM' or code = '\' and session = 'AM';

/* DA004  sessions(date)  query kind own
   The session is on a Saturday, a Sunday or a bank holiday. */
from sessions where not is_working_day(date) and code is distinct from '#';

/* DA005  sessions(date)  query kind own
   The session is in August. */
from sessions where month(date) = 8 and code is distinct from '#';

/* DA006  sessions(date)  kind own
   The day is missing, or not one of the school year. */
from sessions where date is null or date not between year_start() and year_end();

/* DA007  sessions(upn)  kind own
   The UPN is missing, not built like one, or its check letter is wrong. */
from sessions where valid_upn(upn) is not true;

/* DA008  sessions(code, school_urn)  query kind own
   In one session the pupil is marked as present at two schools. */
with present as (
  select row_id, in_return, upn, date, session, school_urn from sessions
  where upn is not null and code in (select code from codes.attendance where statistical_meaning = 'present')
), twice as (
  select in_return, upn, date, session from present group by all having min(school_urn) < max(school_urn)
)
from present semi join twice using (in_return, upn, date, session);

/* DA009  sessions(session)  query kind own
   The pupil has a mark for one half of the day only. */
from sessions where upn is not null and date is not null
qualify count(distinct session) over (partition by in_return, school_urn, upn, date) < 2;

/* DA010  sessions(upn, school_urn, date)  query kind own
   The pupil has more than ten possible sessions at the school in one week. */
from sessions
where upn is not null and date is not null
  and code in (select code from codes.attendance where counts_as_possible_session = 'yes')
qualify count(*) over (partition by in_return, school_urn, upn, date_trunc('week', date)) > 10;

/* DA011  sessions(date, school_census.pupilonroll.entrydate, school_census.pupilnolongeronroll.leavingdate)  query kind own against school_census
   The session is before the pupil joined the school, or after leaving it, as the school's censuses say. */
with told as (
  select pupil.in_return, upn, urn, entrydate, null::date as leavingdate
  from school_census.pupilonroll as pupil join school_census.schoolcensus using (school)
  union all
  select pupil.in_return, upn, urn, entrydate, leavingdate
  from school_census.pupilnolongeronroll as pupil join school_census.schoolcensus using (school)
), enrolled as (
  select in_return, upn, urn, entrydate, coalesce(max(leavingdate), date 'infinity') as leavingdate
  from told group by all
)
from sessions
semi join enrolled as ever
  on sessions.in_return = ever.in_return and sessions.upn = ever.upn and school_urn = ever.urn
anti join enrolled as at_the_time
  on sessions.in_return = at_the_time.in_return and sessions.upn = at_the_time.upn and school_urn = at_the_time.urn
  and sessions.date between at_the_time.entrydate and at_the_time.leavingdate;
