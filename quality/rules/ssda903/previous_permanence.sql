-- Earlier orders meant to last (adoption, special guardianship, child arrangements) of children who start.
-- A date may be known in part: ZZ stands for a day or month, ZZZZ for a year.

/* 630  episodes(RNE, LS, prev_perm.PREV_PERM, prev_perm.LA_PERM, prev_perm.DATE_PERM)
   Started in the year, short breaks aside, but not everything is said about an earlier order: the code,
   and of an adoption, guardianship or arrangements order also authority and date. */
from episodes
anti join (
  from prev_perm
  where prev_perm in ('Z1', 'P4') or prev_perm is not null and la_perm is not null and date_perm is not null
) as told using (child)
where child is not null and rne = 'S' and decom >= year_start() and (ls is null or ls not in ('V3', 'V4'));

/* 631  prev_perm(PREV_PERM)
   The earlier order is not one of the codes. */
from prev_perm where prev_perm not in (select code from codes.ssda903_prev_perm);

/* 632  prev_perm(DATE_PERM, episodes.DECOM)
   The date of the earlier order is no date, even in part, or not before the first episode; a date known
   in part counts as the earliest that it can be. */
with dated as (
  select *, case when regexp_matches(date_perm, '[0-9]{4}|[Zz]{4}') then try_strptime(
      replace(regexp_replace(upper(date_perm), '/ZZZZ$', '/1600'), 'ZZ/', '01/'),
      ['%d/%m/%Y', '%Y-%m-%d']) end::date as earliest
  from prev_perm where date_perm is not null
)
from (
  select unnest([dated.row_id, episode.row_id]) as row_id
  from dated left join (from episode_in_order where previous is null) as episode using (child)
  where earliest is null or earliest >= decom
) where row_id is not null;

/* 633  prev_perm(LA_PERM)
   The authority of the earlier order is none that England has or had, nor a code for somewhere else. */
from prev_perm where la_perm not in (select code from codes.ssda903_la_perm);

/* 634  prev_perm(PREV_PERM, LA_PERM, DATE_PERM, episodes.DECOM)
   Something is said about an earlier order, but every episode of the child began before 1 April 2016. */
with began_before as (
  select child from episodes group by child having max(decom) < date '2016-04-01'
), told as (
  from prev_perm semi join began_before using (child)
  where coalesce(prev_perm, la_perm, date_perm) is not null
)
select row_id from told
union all
select row_id from episodes semi join told using (child);

/* 635  prev_perm(LA_PERM, DATE_PERM, PREV_PERM)
   Authority or date of an earlier order without its code, or both with the code for none. */
from prev_perm
where prev_perm is null and coalesce(la_perm, date_perm) is not null
  or prev_perm = 'Z1' and la_perm is not null and date_perm is not null;
