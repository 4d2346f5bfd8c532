-- Section 47 enquiries, conferences and child protection plans.

/* 8875  section47(DateOfInitialCPC)
   The conference was held on a Saturday or Sunday. */
from section47 where isodow(dateofinitialcpc) > 5;

/* 8740  section47(S47ActualStartDate, DateOfInitialCPC, ICPCnotRequired)
   The enquiry began before the collection year, and no conference was held or found unnecessary. */
from section47
where dateofinitialcpc is null and icpcnotrequired is not true and s47actualstartdate < year_start();

/* 8720  child_protection_plans(CPPstartDate)
   The start of the plan is missing or lies after the collection year. */
from child_protection_plans where cppstartdate is null or cppstartdate > year_end();

/* 8840  child_protection_plans(CPPstartDate, CPPendDate)
   The plan begins and ends on the same day. */
from child_protection_plans where cppenddate = cppstartdate;

/* 8925  child_protection_plans(CPPstartDate, CPPendDate)
   The plan ends before it begins. */
from child_protection_plans where cppenddate < cppstartdate;

/* 8930  child_protection_plans(CPPendDate)
   The plan ended outside the collection year. */
from child_protection_plans where cppenddate not between year_start() and year_end();

/* 8935  child_protection_plans(CPPendDate)
   The child has more than one open plan. */
from child_protection_plans where child is not null and cppenddate is null
qualify count(*) over (partition by child) > 1;

/* 8841  reviews(CPPreviewDate, child_protection_plans.CPPstartDate)
   The review was held on the day the plan began, or before. */
select reviews.row_id from reviews join child_protection_plans using (plan)
where cppreviewdate <= cppstartdate;

/* 2885  child_protection_plans(CPPstartDate, section47.DateOfInitialCPC, cin_details.DateOfInitialCPC)
   A plan of this year began on a day on which no initial conference of the case was held. */
with conference as (
  select episode, dateofinitialcpc as held from section47
  union all
  select episode, dateofinitialcpc as held from cin_details
)
from child_protection_plans
anti join conference
  on child_protection_plans.episode = conference.episode and child_protection_plans.cppstartdate = conference.held
where child_protection_plans.cppstartdate between year_start() and year_end();
