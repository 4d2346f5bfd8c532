-- How often each repair was made: one row per return, table, year of the return, authority and repair.
select return_name, table_name, year::int as year, la, repair, count(*) as row_count
from cohorts.repaired_row group by return_name, table_name, year, la, repair
