-- Which social worker had the child when: one row per allocation, since the collection of 2024.
-- Of two that begin on the same day the one that ends later is the later one, an open one the last.

/* SW01STG1  episodes(DEC)  since 2024 until 2024
   Looked after on 31 March, but no worker, no start of an allocation or no reason for one is reported. */
from episodes anti join (
  select child from sw_episodes group by child
  having bool_or(sw_id is not null) and bool_or(sw_reason is not null)
    and bool_or(sw_decom is not null or 'SW_DECOM' in unread)
) as allocated using (child)
where child is not null and dec is null and (ls is null or ls not in ('V3', 'V4'));

/* SW01aSTG1  sw_episodes(SW_DECOM, SW_ID)  since 2025 until 2025
   An allocation made before April 2023 lacks the worker, or one lacks its start. */
from sw_episodes where sw_decom is null or (sw_decom < date '2023-04-01' and sw_id is null);

/* SW01bSTG1  sw_episodes(SW_DECOM, SW_ID, SW_REASON)  since 2025 until 2025
   An allocation made since April 2023 lacks the worker or the reason, or one lacks its start. */
from sw_episodes
where sw_decom is null or (sw_decom >= date '2023-04-01' and (sw_id is null or sw_reason is null));

/* SW02STG1  sw_episodes(SW_ID)  since 2024 until 2025
   The worker's number is missing or begins neither with SW nor with XX. */
from sw_episodes where sw_id is null or left(sw_id, 2) not in ('SW', 'XX');

/* SW02STG1  sw_episodes(SW_ID)  since 2026
   The worker's number is missing, begins neither with SW nor with XX, or has fewer than two characters more. */
from sw_episodes where sw_id is null or not regexp_full_match(sw_id, '(SW|XX).{2,}');

/* SW03STG1  sw_episodes(SW_ID, SW_DECOM, SW_REASON)  since 2024 until 2024
   The worker, the start or the reason of an allocation is missing. */
from sw_episodes
where sw_id is null or sw_reason is null or (sw_decom is null and 'SW_DECOM' not in unread);

/* SW04STG1  sw_episodes(SW_DECOM)  since 2024
   The day on which the allocation began cannot be read. */
from sw_episodes where 'SW_DECOM' in unread;

/* SW05STG1  sw_episodes(SW_DEC)  since 2024
   The day on which the allocation ended cannot be read. */
from sw_episodes where 'SW_DEC' in unread;

/* SW06STG2  sw_episodes(SW_DECOM)  since 2024
   The allocation begins after the collection year closed. */
from sw_episodes where sw_decom > year_end();

/* SW07STG2  sw_episodes(SW_DEC)  since 2024 until 2024
   The allocation ended outside the collection year. */
from sw_episodes where sw_dec not between year_start() and year_end();

/* SW07STG2  sw_episodes(SW_DEC)  since 2025
   The allocation ended neither in the collection year nor in the one before it. */
from sw_episodes where sw_dec not between year_start() - interval 1 year and year_end();

/* SW08STG2  sw_episodes(SW_DEC)  since 2024
   The allocation is still open although another one follows it. */
from allocation_in_order where sw_dec is null and next is not null;

/* SW09STG2  sw_episodes(SW_DECOM, SW_DEC)  since 2024
   The allocation ended on the day it began. */
from sw_episodes where sw_dec = sw_decom;

/* SW10STG2  sw_episodes(SW_DECOM)  since 2024 until 2024
   The allocation does not begin within a week of the end of the one before it. */
from allocation_in_order where abs(sw_decom - previous.sw_dec) > 7;

/* SW10STG2  sw_episodes(SW_DECOM)  since 2025
   The allocation, not a first contact, does not begin within a week of the end of the one before it. */
from allocation_in_order where sw_reason is distinct from 'FCONTA' and abs(sw_decom - previous.sw_dec) > 7;

/* SW10aSTG2  sw_episodes(SW_DECOM)  since 2026
   The allocation, for another reason than a first contact, begins more than a week from the end of the one
   before it. */
from allocation_in_order where sw_reason is distinct from 'FCONTA' and abs(sw_decom - previous.sw_dec) > 7;

/* SW10bSTG2  sw_episodes(SW_DECOM, SW_REASON)  since 2026
   Said to be a first contact, although the allocation before it had not ended by the day before. */
from allocation_in_order where sw_reason = 'FCONTA' and sw_decom <= previous.sw_dec;

/* SW11aSTG2  sw_episodes(SW_DEC)  since 2024 until 2024
   The allocation ended five days or more before 31 March, and the next does not begin within five days. */
from allocation_in_order where sw_dec <= year_end() - 5
  and coalesce(abs(next.sw_decom - sw_dec) > 5, true);

/* SW11bSTG2  sw_episodes(SW_DEC)  since 2024
   The allocation ended in the five days up to 31 March, and none follows it. */
from allocation_in_order where sw_dec between year_end() - 5 and year_end() and next is null;

/* SW12STG2  episodes(DECOM, DEC, sw_episodes.SW_DECOM)  since 2024
   For a child looked after on 31 March no social worker is reported at any time in an episode, of this year
   or the last, with which care began, ended or goes on. */
from episodes
semi join (from episodes where dec is null and (ls is null or ls not in ('V3', 'V4'))) as in_care using (child)
anti join sw_episodes as worker
  on worker.child = episodes.child
  and worker.sw_decom <= coalesce(episodes.dec, year_end())
  and (worker.sw_dec is null or worker.sw_dec >= episodes.decom)
where (ls is null or ls not in ('V3', 'V4')) and (rne = 'S' or rec is distinct from 'X1')
  and (dec is null or dec >= year_start() - interval 1 year);

/* SW13STG1  sw_episodes(SW_REASON)  since 2024 until 2024
   The reason for the change of worker is missing or not one of the codes. */
from sw_episodes where sw_reason is null or sw_reason not in (select code from codes.ssda903_sw_reason);

/* SW13STG1  sw_episodes(SW_REASON)  since 2025
   The reason for the change of worker is not one of the codes, or missing for a change since April 2023. */
from sw_episodes
where sw_reason not in (select code from codes.ssda903_sw_reason)
  or (sw_reason is null and sw_decom >= date '2023-04-01');

/* SW14STG2  sw_episodes(SW_DEC)  since 2024 until 2024
   The allocation has no end although it is not the child's last one. */
from allocation_in_order where sw_dec is null and next is not null;

/* SW17STG2  sw_episodes(SW_DEC, SW_DECOM)  since 2026
   The child's last allocation has ended, so that no worker had the child on 31 March. */
from allocation_in_order where sw_dec is not null and next is null;

/* SW18STG2  sw_episodes(SW_DEC, SW_DECOM)  since 2026
   The allocation ends before it begins. */
from sw_episodes where sw_dec < sw_decom;

/* SW19STG2  sw_episodes(SW_DEC, SW_DECOM)  since 2026
   The allocation begins on the same day as another of the child's that stands before it. */
from sw_episodes where child is not null and sw_decom is not null
qualify lag(row_id) over (partition by child, sw_decom order by row_id) is not null;
