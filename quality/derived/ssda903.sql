-- What many rules of the looked-after return look at, written once and read by name like a table.

/* episode_in_order
   Episodes with the child's `previous` and `next` one, NULL at either end; of two with the same days the
   one that stands further down in the file is the later. */
select *, lag(e) over in_order as previous, lead(e) over in_order as next
from episodes e where child is not null and decom is not null
window in_order as (partition by child order by decom, dec nulls last, row_id);

/* continuously_looked_after
   Children in care for the 12 months to 31 March as the department's rules decide it: since 1 April or
   before, with no short break (V3, V4), no start and no exit in the year; X1 is no exit. */
select child from episodes
where child is not null and decom <= year_end() and (dec is null or dec > year_start())
group by child
having min(decom) <= year_start()
  and not bool_or(coalesce(ls in ('V3', 'V4'), false))
  and not bool_or(coalesce(rne = 'S', false) and decom > year_start())
  and not bool_or(coalesce(dec <= year_end(), false) and rec is distinct from 'X1');

/* looked_after_in_year
   Children in care on some day of the collection year, short breaks (V3, V4) left out. */
select distinct child from episodes
where child is not null and decom <= year_end() and (dec is null or dec >= year_start())
  and (ls is null or ls not in ('V3', 'V4'));

/* oc2_filled
   Rows of OC2 in which some item on health or convictions is filled; the score is not one of them. */
from oc2 where coalesce(convicted, health_check, immunisations, teeth_check, health_assessment,
  substance_misuse, intervention_received, intervention_offered) is not null;

/* oc2_incomplete
   Rows of OC2 in which one of the four items asked about every child is blank. */
from oc2 where immunisations is null or teeth_check is null or health_assessment is null
  or substance_misuse is null;

/* oc3_filled
   Rows of OC3 in which some item is filled. */
from oc3 where coalesce(in_touch, activ, accom) is not null;

/* ad1_filled
   Rows of AD1 in which some item is filled. */
from ad1 where coalesce(date_int, date_match) is not null
  or coalesce(foster_care, nb_adoptr, sex_adoptr, ls_adoptr) is not null;

/* legal_status_run
   Legal status and days of each episode with `run_days`, the days of the unbroken run under one legal status that each is part
   of: it goes on while the next such episode begins by the day this one ends; an open one counts to 31 March. */
with followed as (
  select row_id, child, ls, decom, dec, coalesce(dec, year_end()) as ended,
    decom > lag(ended) over same_status as is_after_gap
  from episodes where child is not null and decom is not null window same_status as (partition by child, ls order by decom, dec nulls last, row_id)
), numbered as (
  select *, count(*) filter (is_after_gap) over same_status as run
  from followed window same_status as (partition by child, ls order by decom, dec nulls last, row_id)
)
select *, max(ended) over in_run - min(decom) over in_run as run_days
from numbered window in_run as (partition by child, ls, run);

/* unbroken_care
   Stretches of care without a day between, legal status and exits aside: the child, the first and the last
   day, NULL while it goes on. */
with episode as (
  select child, decom, coalesce(dec, date 'infinity') as dec,
    decom > max(coalesce(dec, date 'infinity')) over (
      partition by child order by decom, dec nulls last, row_id
      rows between unbounded preceding and 1 preceding) as after_a_gap
  from episodes where child is not null and decom is not null
), numbered as (
  select *, count(*) filter (after_a_gap) over (partition by child order by decom) as stretch from episode
)
select child, min(decom) as first_day, nullif(max(dec), date 'infinity') as last_day
from numbered group by child, stretch;

/* missing_out_of_care
   Incidents of children who have been in care that begin on a day on which they were not. */
from missing
semi join unbroken_care as ever using (child)
anti join unbroken_care as care
  on missing.child = care.child and mis_start between first_day and coalesce(last_day, mis_start)
where mis_start is not null;

/* order_without_decision
   Episodes under a freeing (D1) or placement order (E1) and decisions to place for adoption, by the order's `ls`: there
   is no decision, it has no date, or every one is reversed although the order is in force. */
with ordered as (from episodes where ls in ('D1', 'E1') and child is not null),
under_order as (select child, ls, bool_or(dec is null) as in_force from ordered group by child, ls)
select row_id, ls from ordered anti join placed_adoption using (child)
union all
select row_id, ls from placed_adoption join under_order using (child)
qualify date_placed is null
  or in_force and bool_and(date_placed_ceased is not null or reason_placed_ceased is not null)
                  over (partition by child, ls);

/* episode_beside_previous
   Every episode but the child's first one, and whether legal status and placement (its type, postcode and
   provider) are other than before; blank and blank are the same. */
select *, ls is distinct from previous.ls as status_changed,
  row(place, tidy_postcode(pl_post), urn, place_provider) is distinct from
    row(previous.place, tidy_postcode(previous.pl_post), previous.urn, previous.place_provider)
    as placement_changed
from episode_in_order where previous is not null;

/* episode_carried_over
   The first episode of each child whose last one was `left_open` in last year's return, with that one. */
with left_open as (
  from last_year.episodes where child is not null and decom is not null
  qualify row_number() over (partition by child order by decom desc, dec desc nulls first, row_id desc) = 1
    and dec is null
)
select this_year.*, left_open from episode_in_order as this_year join left_open using (child)
where this_year.previous is null;

/* allocation_in_order
   Allocations of social workers with the child's `previous` and `next` one, NULL at either end; of two that
   begin on one day the one that ends later is the later. */
select *, lag(a) over in_order as previous, lead(a) over in_order as next
from sw_episodes a where child is not null and sw_decom is not null
window in_order as (partition by child order by sw_decom, sw_dec nulls last, row_id);

/* unaccompanied
   Children who are, or last year were, unaccompanied and seeking asylum. */
select child from header where uasc = '1' union select child from last_year.header where uasc = '1';

/* closed_provider
   Providers whose every registration has ended, with the last day of it. */
select urn, max(reg_end) as reg_end from providers group by urn having bool_and(reg_end is not null);

/* child_in_letters
   Children of the header with the sex as a letter in every year; to 2024 it was a digit. */
select row_id, in_return, child, dob, upn, ethnic,
  case sex when '1' then 'M' when '2' then 'F' else sex end as sex_letter
from header;

/* child_in_cin
   Who a child is in the CIN census of the same authority and year; sex is a letter, or blank where it is not known. */
select child, personbirthdate, upn, formerupn,
  case coalesce(sex, gendercurrent) when '1' then 'M' when '2' then 'F' when 'M' then 'M' when 'F' then 'F' end as sex_letter
from cin.child_identifiers where child is not null;

/* pupil_of_authority
   Who a child is in the school censuses of the same authority and year, by the UPN; ethnicity, sent in spring, by its main code. */
select distinct in_return, upn, dob, sex, main_code as ethnicity
from school_census.pupilonroll semi join header using (in_return, upn)
left join codes.ethnicity_extended on code = ethnicity;
