-- How far authorities lie from England: one row per share, year and authority with a figure. Limits are those of
-- a share of so many by chance alone, cut off at nought and 100 per cent. Overdispersion is the mean of the squared
-- distances after the tenth at either end is drawn in to the rest, and at least 1: authorities never differ less than by chance.
with authority as (
  select i.indicator_id, i.year, i.la_code, i.numerator, i.denominator, i.value / 100 as share
  from measured.indicator i join measured.fact f using (indicator_id)
  join measured.place p using (indicator_id, year, la_code)
  where f.is_share and p.is_authority and i.geographic_level = 'Local authority' and i.breakdown = 'Total'
    and i.value is not null),
compared as (
  select *, sum(numerator) over together / sum(denominator) over together as england,
    sqrt(england * (1 - england) / denominator) as error
  from authority window together as (partition by indicator_id, year)),
measured as (select *, (share - england) / error as z from compared where error > 0),
drawn_in as (
  select *, quantile_cont(z, 0.1) over together as low, quantile_cont(z, 0.9) over together as high
  from measured window together as (partition by indicator_id, year)),
spread as (
  select *, greatest(1, avg(pow(greatest(low, least(high, z)), 2)) over (partition by indicator_id, year)) as over
  from drawn_in)
select indicator_id, year, la_code, numerator, denominator, round(100 * share, 6) as value,
  round(100 * england, 6) as england_value,
  round(100 * greatest(0, england - 1.959964 * error), 6) as lower_95,
  round(100 * least(1, england + 1.959964 * error), 6) as upper_95,
  round(100 * greatest(0, england - 3.090232 * error), 6) as lower_998,
  round(100 * least(1, england + 3.090232 * error), 6) as upper_998,
  round(z, 6) as z, round(over, 6) as overdispersion, round(z / sqrt(over), 6) as z_adjusted
from spread
