-- Children looked after at 31 March who had been looked after for the whole year up to it, short breaks left
-- out: one row per child of an authority and year. The outcome statistics of looked-after children are theirs.
from cohorts.looked_after_at_31_march where is_looked_after_12_months
