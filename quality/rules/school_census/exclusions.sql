-- Suspensions and permanent exclusions. A suspension of n days is 2n sessions; in a school year a pupil may be
-- suspended for 45 days.

/* SC040  termlyexclusionsonroll(sessions, category, termlyexclusionsoffroll.sessions)  kind own
   The length of a suspension is missing, or not between one session and 45 days. */
from exclusion where category in ('SUSP', 'FIXD') and (sessions is null or sessions not between 1 and 90);

/* SC041  termlyexclusionsonroll(sessions, category, termlyexclusionsoffroll.sessions, pupilonroll.upn, pupilnolongeronroll.upn)  query kind own
   The pupil's suspensions in the year come to more than 45 days. */
with too_long as (
  select in_return, upn from exclusion where category in ('SUSP', 'FIXD') and upn is not null
  group by in_return, upn having sum(sessions) > 90
)
from exclusion semi join too_long using (in_return, upn) where category in ('SUSP', 'FIXD');

/* SC042  termlyexclusionsonroll(startdate, termlyexclusionsoffroll.startdate, pupilonroll.entrydate, pupilnolongeronroll.leavingdate)  kind own
   The exclusion begins on no school day: the date is missing, or a weekend, a bank holiday or in August, or outside
   the pupil's time at the school. */
from exclusion where startdate is null or not is_working_day(startdate) or month(startdate) = 8
  or startdate < entrydate or startdate > leavingdate;

/* SC043  termlyexclusionsonroll(reason1, reason2, reason3, termlyexclusionsoffroll.reason1)  kind own
   The exclusion has no first reason, or the same reason twice. */
from exclusion where reason1 is null or reason1 in (reason2, reason3) or reason2 = reason3;

/* SC044  termlyexclusionsonroll(startdate, category, termlyexclusionsoffroll.startdate)  query kind own
   Two suspensions or exclusions of the pupil from the school begin on one day. */
from exclusion where category <> 'LNCH' and pupil is not null and startdate is not null
qualify count(*) over (partition by pupil, startdate) > 1;
