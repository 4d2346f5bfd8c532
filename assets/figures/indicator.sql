-- The figures: counts of authorities added up for regions and England, where both the count and what it is out
-- of are there; and in total for the ten statistical neighbours of an authority, under its own code. Values are one division of whole numbers, rounded, so that they are the same every night.
with divided as (
  -- groups by what the authority's source of that year does not tell are not there, though the total is
  select p.* replace (p.is_usable and u.la_code is null as is_usable), c.breakdown, c.category,
    p.is_usable or c.breakdown = 'Total' as is_shown
  from measured.place p join measured.category c using (indicator_id)
  left join measured.undivided u using (indicator_id, breakdown, year, la_code)),
cell as (
  select p.indicator_id, p.year, p.time_identifier, p.la_code, p.region_code, p.is_authority, c.breakdown,
    c.category, f.version, f.multiplier, f.unit, p.is_usable, p.is_collected,
    case when p.is_usable then coalesce(a.numerator, 0) end as numerator,
    case when not p.is_usable then null when not f.needs_population then coalesce(a.denominator, 0)
      when c.breakdown = 'Total' then p.population end as denominator,
    case when p.is_usable and f.links then coalesce(a.linked_count, 0) end as linked_count,
    case when p.is_usable and f.links then coalesce(a.linkable_count, 0) end as linkable_count,
    case when p.is_usable then s.numerator end as strict_numerator,
    case when p.is_usable then s.denominator end as strict_denominator,
    case when p.is_usable then l.numerator end as loose_numerator,
    case when p.is_usable then l.denominator end as loose_denominator,
    p.is_usable and (not f.needs_population or p.population is not null) as is_summed, p.is_shown
  from divided p
  join measured.fact f using (indicator_id)
  join measured.category c using (indicator_id, breakdown, category)
  left join measured.standard a using (indicator_id, year, la_code, breakdown, value_of)
  left join measured.strict s using (indicator_id, year, la_code, breakdown, value_of)
  left join measured.loose l using (indicator_id, year, la_code, breakdown, value_of)),
level as (
  -- why an authority has no figure is told once, in total, and not again for every group of children
  select 'Local authority' as geographic_level, la_code, region_code, * exclude (la_code, region_code) from cell
  where is_shown
  union all by name
  select 'Regional' as geographic_level, null::varchar as la_code, region_code,
    * exclude (la_code, region_code) from cell where is_authority and region_code is not null
  union all by name
  select 'National' as geographic_level, null::varchar as la_code, null::varchar as region_code,
    * exclude (la_code, region_code) from cell where is_authority
  union all by name
  select 'Statistical neighbours' as geographic_level, n.la_code, null::varchar as region_code,
    c.* exclude (la_code, region_code)
  from cell c join reference.neighbours n on n.neighbour_la_code = c.la_code
  where c.is_authority and c.breakdown = 'Total'),
total as (
  select indicator_id, version as indicator_version, year, time_identifier, geographic_level, la_code,
    region_code, breakdown, category, unit, any_value(multiplier) as multiplier,
    bool_or(is_usable) as is_there, bool_or(is_collected) as is_collected,
    count(*) filter (where is_collected and not is_usable) as missing_la_count,
    sum(numerator) filter (where is_summed or geographic_level = 'Local authority') as numerator,
    sum(denominator) filter (where is_summed or geographic_level = 'Local authority') as denominator,
    sum(linked_count) as linked_count, sum(linkable_count) as linkable_count,
    sum(strict_numerator) as strict_numerator, sum(strict_denominator) as strict_denominator,
    sum(loose_numerator) as loose_numerator, sum(loose_denominator) as loose_denominator
  from level group by all)
select indicator_id, indicator_version, year, time_identifier, geographic_level, la_code, region_code, breakdown,
  category, numerator::bigint as numerator, denominator::bigint as denominator,
  case when denominator > 0 then round(multiplier * numerator::double / denominator::double, 6) end as value,
  case when denominator > 0 then null when is_there and denominator = 0 then 'z' else 'x' end as value_symbol,
  unit, case when linkable_count > 0 then round(linked_count::double / linkable_count::double, 6) end as link_rate,
  case when strict_denominator > 0
    then round(multiplier * strict_numerator::double / strict_denominator::double, 6) end as value_strict,
  case when loose_denominator > 0
    then round(multiplier * loose_numerator::double / loose_denominator::double, 6) end as value_loose,
  case when denominator > 0 then null when not is_collected then 'not collected' when not is_there then 'no return'
    when denominator = 0 then 'nobody' else 'no population' end as why_no_value,
  missing_la_count, 0 as imputed_la_count
from total
