-- Episodes of need: one row per case that was followed up and not closed as "assessed and not in need".
from cohorts.case_of_need where is_episode_of_need
