-- Sessions of the term before, by reason code. All codes here are ours; the department's are for schools.
-- Before 2020/21 only absences were given, so that sums can be compared from 2021.

/* SC001  termlysessiondetailsonroll(attendancereason)  kind own
   The code is not an attendance or absence code of the year. */
from termlysessiondetailsonroll where attendancereason is null or attendancereason not in (select code from codes.attendance);

/* SC002  termlysessiondetailsoffroll(attendancereason)  kind own
   The code is not an attendance or absence code of the year. */
from termlysessiondetailsoffroll where attendancereason is null or attendancereason not in (select code from codes.attendance);

/* SC003  pupilonroll(termlysessionspossible, termlysessiondetailsonroll.sessions)  since 2021 kind own
   The sessions by code do not add up to the possible sessions. */
with counted as (
  select pupil, sum(sessions) as sessions from termlysessiondetailsonroll
  where attendancereason in (select code from codes.attendance where counts_as_possible_session = 'yes')
  group by pupil
)
from pupilonroll left join counted using (pupil)
where pupil is not null and coalesce(counted.sessions, 0) <> termlysessionspossible;

/* SC004  pupilnolongeronroll(termlysessionspossible, termlysessiondetailsoffroll.sessions)  since 2021 kind own
   The sessions by code do not add up to the possible sessions. */
with counted as (
  select pupil, sum(sessions) as sessions from termlysessiondetailsoffroll
  where attendancereason in (select code from codes.attendance where counts_as_possible_session = 'yes')
  group by pupil
)
from pupilnolongeronroll left join counted using (pupil)
where pupil is not null and coalesce(counted.sessions, 0) <> termlysessionspossible;

/* SC005  termlysessiondetailsonroll(attendancereason)  query kind own
   The pupil has the same code more than once. */
with again as (
  select pupil, attendancereason from termlysessiondetailsonroll
  where attendancereason is not null group by all having count(*) > 1
)
from termlysessiondetailsonroll semi join again using (pupil, attendancereason);
