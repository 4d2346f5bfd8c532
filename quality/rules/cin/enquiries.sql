-- Section 47 enquiries and the initial child protection conferences they lead to. An enquiry ends with its
-- conference, or when none is required; whether one is required counts as yes where it is not said.

/* 1104  section47(DateOfInitialCPC, cin_details.CINreferralDate)
   The conference was held before the referral. */
select unnest([section47.row_id, cin_details.row_id]) as row_id
from section47 join cin_details using (episode)
where section47.dateofinitialcpc < cinreferraldate;

/* 2884  section47(DateOfInitialCPC, cin_details.DateOfInitialCPC)
   The child's conference is recorded twice: with an enquiry and with a case. */
select unnest([section47.row_id, cin_details.row_id]) as row_id
from section47 join cin_details using (child)
where section47.dateofinitialcpc = cin_details.dateofinitialcpc;

/* 2889  section47(S47ActualStartDate, cin_details.CINreferralDate)
   The enquiry began before the referral. */
select unnest([section47.row_id, cin_details.row_id]) as row_id
from section47 join cin_details using (episode)
where s47actualstartdate < cinreferraldate;

/* 2991Q  section47(S47ActualStartDate, assessments.AssessmentActualStartDate)
   The case has an enquiry and no assessment. */
from section47 anti join assessments using (episode) where episode is not null;

/* 8615  section47(S47ActualStartDate, DateOfInitialCPC)
   The conference has no start of the enquiry, or one later than itself. */
from section47
where s47actualstartdate > dateofinitialcpc or (s47actualstartdate is null and dateofinitialcpc is not null);

/* 8675Q  section47(S47ActualStartDate, DateOfInitialCPC, ICPCnotRequired)
   The enquiry began more than 15 working days before the year ended, and no conference followed. */
from section47
where dateofinitialcpc is null and icpcnotrequired is not true
  and s47actualstartdate < working_days_before(year_end(), 15);

/* 8715  section47(DateOfInitialCPC)
   The conference was held outside the collection year. */
from section47 where dateofinitialcpc not between year_start() and year_end();

/* 8839  section47(DateOfInitialCPC, ICPCnotRequired)
   The case has more than one enquiry that has not ended. */
from section47 where episode is not null and dateofinitialcpc is null and icpcnotrequired is not true
qualify count(*) over (partition by episode) > 1;

/* 8868  section47(DateOfInitialCPC, ICPCnotRequired, cin_details.CINclosureDate)
   The case closed although the enquiry had not ended. */
select unnest([section47.row_id, cin_details.row_id]) as row_id
from section47 join cin_details using (episode)
where cinclosuredate is not null and section47.dateofinitialcpc is null and icpcnotrequired is not true;

/* 8870Q  section47(InitialCPCtarget)
   The conference was due on a Saturday or Sunday. */
from section47 where isodow(initialcpctarget) > 5;

/* 8890  section47(S47ActualStartDate, DateOfInitialCPC, ICPCnotRequired)
   An enquiry of the case began while another one was under way. */
with ongoing as (
  from section47 where dateofinitialcpc is not null or icpcnotrequired is not true
)
select unnest([later.row_id, ongoing.row_id]) as row_id
from section47 as later join ongoing using (episode)
where later.row_id <> ongoing.row_id
  and later.s47actualstartdate
    between ongoing.s47actualstartdate and coalesce(ongoing.dateofinitialcpc, year_end());
