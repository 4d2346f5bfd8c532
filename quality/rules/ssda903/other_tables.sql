-- Reviews, missing incidents, postcodes and providers.

/* 166  reviews(REVIEW)
   The date of the review is missing or cannot be read. */
from reviews where review is null;

/* 167  reviews(REVIEW_CODE)
   How the child took part is missing or not one of the codes. */
from reviews where review_code is null or review_code not in (select code from codes.ssda903_review_code);

/* 392c  episodes(HOME_POST, PL_POST)  against postcodes
   A postcode is not in the directory of postcodes. */
with known as (select tidy_postcode(pcds) as postcode from postcodes where pcds is not null)
from episodes
where tidy_postcode(home_post) not in (from known) or tidy_postcode(pl_post) not in (from known);

/* 454  episodes(PL_DISTANCE)  since 2026
   The placement is more than 350 miles from home; 999.9 stands for a distance that is not known. */
from episodes where pl_distance > 350 and pl_distance <> 999.9;

/* 567  missing(MIS_START, MIS_END)
   The incident ends before it begins. */
from missing where mis_end < mis_start;

/* 574  missing(MIS_START, MIS_END)
   The incident begins while an earlier one of the child is still open or running. */
from missing where child is not null and mis_start is not null
window earlier as (partition by child order by mis_start, mis_end nulls last, row_id
                   rows between unbounded preceding and 1 preceding)
qualify max(mis_end) over earlier > mis_start or count(*) over earlier > count(mis_end) over earlier;

/* 1008  episodes(URN)  against providers
   The provider's number is not in the list of registered providers. */
from episodes where urn <> 'XXXXXXX' and urn not in (select urn from providers where urn is not null);
