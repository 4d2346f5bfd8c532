-- Section 47 enquiries, conferences and child protection plans.

/* 8875  section47(DateOfInitialCPC)
   The conference was held on a Saturday or Sunday. */
from section47 where isodow(dateofinitialcpc) > 5;

/* 8740  section47(S47ActualStartDate, DateOfInitialCPC, ICPCnotRequired)
   The enquiry began outside the collection year, and no conference was held or found unnecessary. */
from section47
where dateofinitialcpc is null and icpcnotrequired is not true
  and s47actualstartdate not between year_start() and year_end();

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
select unnest([reviews.row_id, child_protection_plans.row_id]) as row_id
from reviews join child_protection_plans using (plan)
where cppreviewdate <= cppstartdate;

/* 2885  child_protection_plans(CPPstartDate, section47.DateOfInitialCPC, cin_details.DateOfInitialCPC)
   A plan of this year began on another day than the conference of its enquiry, or of the case if it has none. */
with enquiry as (from section47 where icpcnotrequired is not true),
conference as (
  select row_id, episode, dateofinitialcpc as held from enquiry
  union all
  select row_id, episode, dateofinitialcpc as held from cin_details anti join enquiry using (episode)
),
begun as (select row_id, episode, cppstartdate as held from child_protection_plans
          where episode is not null and cppstartdate between year_start() and year_end()),
astray as (from begun anti join conference using (episode, held))
select row_id from astray
union all
select row_id from conference semi join astray using (episode) anti join begun using (episode, held);
