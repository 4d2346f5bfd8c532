-- What assessments found together: one row per case and year in which an assessment of it found any factor; several
-- assessments of one year are added up. Domestic abuse is of anyone in the household (3A to 3C), misuse of
-- alcohol or drugs (1B, 2B) and mental ill-health (4B) are the parent's or carer's. Nothing found (21) is no factor.
select year, la, min(child) as child, la_child, referral_date, min(sex) as sex, min(ethnic_group) as ethnic_group,
  min(age_band) as age_band, bool_or(factor in ('3A', '3B', '3C')) as has_domestic_abuse,
  bool_or(factor in ('1B', '2B')) as has_parental_misuse, bool_or(factor = '4B') as has_parental_ill_health,
  bool_or(factor = '16A') as has_neglect
from cohorts.factor_at_assessment where factor <> '21'
group by year, la, la_child, referral_date
