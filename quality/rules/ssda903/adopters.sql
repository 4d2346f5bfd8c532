-- Who adopts: how many, of which sex, and how they are tied to one another.
-- A blank sex is not what the other field calls for, so it is at fault.

/* 511  ad1(NB_ADOPTR, SEX_ADOPTR)
   Two people adopt, but the sex given is that of one. */
from ad1 where nb_adoptr = '2' and sex_adoptr in ('M1', 'F1');

/* 514  ad1(LS_ADOPTR, SEX_ADOPTR)
   A single person adopts (L0), but the sex given is not that of one person. */
from ad1 where ls_adoptr = 'L0' and (sex_adoptr is null or sex_adoptr not in ('M1', 'F1'));

/* 517  ad1(LS_ADOPTR, SEX_ADOPTR)
   An unmarried couple of different sex adopts (L3), but the sex given is not that of such a couple. */
from ad1 where ls_adoptr = 'L3' and sex_adoptr is distinct from 'MF';

/* 518  ad1(LS_ADOPTR, SEX_ADOPTR)
   A same-sex couple, neither married nor in a civil partnership, adopts (L4), but the sex given is not
   that of such a couple. */
from ad1 where ls_adoptr = 'L4' and (sex_adoptr is null or sex_adoptr not in ('MM', 'FF'));

/* 519  ad1(LS_ADOPTR, SEX_ADOPTR)
   Civil partners adopt (L2), but the sex given is not that of a couple. */
from ad1 where ls_adoptr = 'L2' and (sex_adoptr is null or sex_adoptr not in ('MM', 'FF', 'MF'));

/* 520  ad1(LS_ADOPTR, SEX_ADOPTR)
   A married couple of different sex adopts (L11), but the sex given is not that of such a couple. */
from ad1 where ls_adoptr = 'L11' and sex_adoptr is distinct from 'MF';

/* 524  ad1(LS_ADOPTR, SEX_ADOPTR)
   A married couple of the same sex adopts (L12), but the sex given is not that of such a couple. */
from ad1 where ls_adoptr = 'L12' and (sex_adoptr is null or sex_adoptr not in ('MM', 'FF'));
