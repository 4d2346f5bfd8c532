-- Fields that go with being looked after, and stay blank for children who only come for short breaks (V3, V4).

/* 392b  episodes(HOME_POST, PL_POST)  against last_year
   A postcode of the home or of the placement is missing. Children who are, or were last year,
   unaccompanied asylum seekers need none. */
from episodes
anti join (
  select child from header where uasc = '1' union all select child from last_year.header where uasc = '1'
) as asylum_seeker using (child)
where child is not null and (ls is null or ls not in ('V3', 'V4')) and (home_post is null or pl_post is null);

/* 393  header(MOTHER)
   Nothing says whether a looked-after girl is a mother. */
from header
semi join (from codes.ssda903_sex where label = 'Female') as female on header.sex = female.code
semi join (from episodes where ls is null or ls not in ('V3', 'V4')) as in_care using (child)
where mother is null;

/* 398  episodes(LS, HOME_POST, PL_POST)
   A short break with a postcode, from which a distance would be worked out. */
from episodes where ls in ('V3', 'V4') and (home_post is not null or pl_post is not null);

/* 399  episodes(LS, header.MOTHER, reviews.REVIEW, reviews.REVIEW_CODE)
   Only ever here for short breaks, but returned with a review or with whether she is a mother. */
with short_breaks_only as (
  select child from episodes group by child having bool_and(coalesce(ls in ('V3', 'V4'), false))
), told as (
  select child from header where mother is not null
  union all select child from reviews where review is not null or review_code is not null
), at_fault as (
  from short_breaks_only semi join told using (child)
)
select row_id from episodes semi join at_fault using (child)
union all select row_id from header semi join at_fault using (child)
union all select row_id from reviews semi join at_fault using (child);

/* 426  episodes(LS)
   Short breaks recorded one by one (V3) and as an agreement (V4) for the same child. */
from episodes where child is not null and ls in ('V3', 'V4')
qualify count(distinct ls) over (partition by child) > 1;
