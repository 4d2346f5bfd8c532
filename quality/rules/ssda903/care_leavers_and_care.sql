-- Young people after care (OC3) beside their time in care, as far as two years of episodes tell of it.

/* 1000  oc3(IN_TOUCH, ACTIV, ACCOM, episodes.REC)  against last_year
   Returned as a care leaver, but died in care this year or last. */
from oc3
semi join (
  select child from episodes where rec = 'E2'
  union all
  select child from last_year.episodes where rec = 'E2'
) as died using (child);

/* 1001  oc3(IN_TOUCH, ACTIV, ACCOM, header.DOB, episodes.DECOM)  query against last_year
   Returned as a care leaver, but adopted, or with less than 13 weeks of care since the 14th birthday or no
   day of it since the 16th. Of those 20 and over, two years of episodes say too little. */
with either_year as (
  select child, decom, dec, rec, ls from episodes
  union all
  select child, decom, dec, rec, ls from last_year.episodes
), episode as (
  from either_year where child is not null and decom is not null
  qualify row_number() over (partition by child, decom order by dec nulls last, rec) = 1
), ended as (
  select *, coalesce(dec, lead(decom) over (partition by child order by decom), year_end()) as until
  from episode
), since as (
  select child,
    sum(greatest(until - greatest(decom, birthday(dob, 14)), 0)) as the_14th,
    sum(greatest(until - greatest(decom, birthday(dob, 16)), 0)) as the_16th
  from ended join header using (child)
  where ls is null or ls not in ('V3', 'V4')
  group by child
), adopted as (
  from episode
  qualify row_number() over (partition by child order by decom desc) = 1 and rec in ('E11', 'E12')
), too_old_or_unknown as (
  select child from header where child is not null and (dob is null or age_on(dob, year_end()) >= 20)
)
from oc3
where child in (select child from adopted)
  or (child not in (select child from since where the_14th >= 91 and the_16th >= 1)
    and child not in (from too_old_or_unknown));

/* 1002  oc3(IN_TOUCH, ACTIV, ACCOM, episodes.CHILD)  query against last_year
   Returned as a care leaver, but without any episode this year or last; right for who left care before. */
from oc3 anti join episodes using (child) anti join last_year.episodes using (child)
where child is not null;

/* 1007  oc3(IN_TOUCH, ACTIV, ACCOM, DOB, episodes.DECOM, episodes.DEC)
   Returned as a care leaver, but still in care on the 17th or 18th birthday, in the year. */
from oc3_filled as leaver
semi join episodes as episode on leaver.child = episode.child
  and age_on(dob, year_end()) in (17, 18)
  and decom <= birthday(dob, age_on(dob, year_end()))
  and (dec is null or dec > birthday(dob, age_on(dob, year_end())));

/* 1010  oc3(IN_TOUCH, ACTIV, ACCOM, episodes.CHILD)  against last_year
   Returned as a care leaver without any episode this year, although last year's last one was left open. */
with last_one as (
  from last_year.episodes where decom is not null
  qualify row_number() over (partition by child order by decom desc, dec desc nulls first, row_id desc) = 1
)
from oc3
semi join (from last_one where dec is null) as left_open using (child)
anti join episodes using (child);

/* 1011  oc3(IN_TOUCH, ACTIV, ACCOM, episodes.REC)
   Returned as a care leaver, but the last episode ended because another authority took over. */
from oc3_filled
semi join (from episode_in_order where next is null and rec = 'E3') as taken_over using (child);

/* 1016  oc3(IN_TOUCH, ACTIV, ACCOM, DOB, episodes.DEC)  since 2024
   Returned as a care leaver, but left care only after the 17th or 18th birthday, in the year. */
from oc3_filled as leaver
semi join episodes as episode on leaver.child = episode.child
  and age_on(dob, year_end()) in (17, 18) and dec > birthday(dob, age_on(dob, year_end()));
