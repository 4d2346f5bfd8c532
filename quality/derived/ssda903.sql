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
