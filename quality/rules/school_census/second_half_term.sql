-- Sessions of the second half of the summer term, which the autumn census carries apart.

/* SC007  summerhalfterm2sessiondetailsonroll(attendancereason)  kind own
   The code is not an attendance or absence code of the year. */
from summerhalfterm2sessiondetailsonroll
where attendancereason is null or attendancereason not in (select code from codes.attendance);

/* SC008  summerhalfterm2sessiondetailsoffroll(attendancereason)  kind own
   The code is not an attendance or absence code of the year. */
from summerhalfterm2sessiondetailsoffroll
where attendancereason is null or attendancereason not in (select code from codes.attendance);

/* SC009  pupilonroll(summerhalfterm2sessionspossible, summerhalfterm2sessiondetailsonroll.sessions)  since 2021 kind own
   The sessions by code do not add up to the possible sessions of the second half of the summer term. */
with counted as (
  select pupil, sum(sessions) as sessions from summerhalfterm2sessiondetailsonroll
  where attendancereason in (select code from codes.attendance where counts_as_possible_session = 'yes')
  group by pupil
)
from pupilonroll left join counted using (pupil)
where pupil is not null and coalesce(counted.sessions, 0) <> summerhalfterm2sessionspossible;

/* SC014  pupilnolongeronroll(summerhalfterm2sessionspossible, summerhalfterm2sessiondetailsoffroll.sessions)  since 2021 kind own
   The sessions by code do not add up to the possible sessions of the second half of the summer term. */
with counted as (
  select pupil, sum(sessions) as sessions from summerhalfterm2sessiondetailsoffroll
  where attendancereason in (select code from codes.attendance where counts_as_possible_session = 'yes')
  group by pupil
)
from pupilnolongeronroll left join counted using (pupil)
where pupil is not null and coalesce(counted.sessions, 0) <> summerhalfterm2sessionspossible;
