-- Orders that deprive a child of liberty, returned from 2026-27.

/* 700  dolo(DOLO_START)  since 2027
   The day on which the order began is missing or cannot be read. */
from dolo where dolo_start is null;

/* 701  dolo(DOLO_END)  since 2027
   The day on which the order ended cannot be read. */
from dolo where 'DOLO_END' in unread;

/* 702  dolo(DOLO_START, DOLO_END)  since 2027
   The order does not end after the day on which it began. */
from dolo where dolo_end <= dolo_start;

/* 703  dolo(DOLO_START)  since 2027
   The order begins after the collection year closed. */
from dolo where dolo_start > year_end();

/* 704  dolo(DOLO_END)  since 2027
   The order ends outside the collection year. */
from dolo where dolo_end < year_start() or dolo_end > year_end();

/* 705  dolo(DOLO_START, DOLO_END)  since 2027
   The order runs at the same time as one of the child that stands before it in the file. */
from dolo
semi join dolo as before
  on dolo.child = before.child and dolo.row_id > before.row_id
  and dolo.dolo_start < coalesce(before.dolo_end, date 'infinity')
  and before.dolo_start < coalesce(dolo.dolo_end, date 'infinity');

/* 706  dolo(DOLO_START, last_year.dolo.DOLO_START)  since 2027 against last_year
   An order that was open at the end of last year is not returned this year: the child's first order is
   shown, or last year's where the child has none. */
with vanished as (
  from last_year.dolo as before
  anti join dolo as this_year on before.child = this_year.child and before.dolo_start = this_year.dolo_start
  where child is not null and dolo_start is not null and dolo_end is null
), first_order as (
  from dolo qualify row_number() over (partition by child order by dolo_start nulls last, row_id) = 1
)
select row_id from first_order semi join vanished using (child)
union all
select row_id from vanished anti join dolo using (child);

/* 707  dolo(DOLO_END, episodes.DEC)  since 2027
   The child is no longer looked after, but the order is open, or ends on no day in care. */
from dolo
semi join unbroken_care as ever using (child)
anti join unbroken_care as care on dolo.child = care.child and case
  when dolo_end is null then last_day is null and dolo_start >= first_day
  else dolo_end between first_day and coalesce(last_day, dolo_end)
end
where dolo_start is not null;

/* 708  dolo(DOLO_START)  since 2027
   The order begins before the day after the child was born. */
from dolo where dolo_start <= dob;

/* 709  dolo(DOLO_START, DOLO_END, episodes.PLACE)  since 2027
   During an order that has ended the child was in another placement than those expected: a children's
   home (K2), or another placement of the second or third kind (Z12, Z13). */
select unnest([dolo.row_id, episodes.row_id]) as row_id
from dolo join episodes using (child)
where dolo_start < coalesce(dec, date 'infinity') and dolo_end > decom
  and place not in ('K2', 'Z12', 'Z13');

/* 710  dolo(DOLO_START, DOLO_END, episodes.PLACE)  since 2027
   During an order that has ended the child was in a secure home, with parents, in a young offender
   institution or in supported accommodation. */
select unnest([dolo.row_id, episodes.row_id]) as row_id
from dolo join episodes using (child)
where dolo_start < coalesce(dec, date 'infinity') and dolo_end > decom
  and place in ('K1', 'P1', 'R5', 'K3');
