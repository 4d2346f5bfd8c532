"""How far the links can be trusted, in counts: what an analyst must know before quoting a linked figure.

After GUILD (Gilbert and others, 2018) and RECORD (2015): how many records came, how they were linked, which
children found no school record and why, whether some groups are missed more than others, how sure the model
is, and which persons look implausible. Counts and rates only; nothing here names or numbers a child.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from linkage.quality import summary
from linkage.review import WEIGHT_ALONE, with_counts
from linkage.thresholds import LOOSE, REVIEW_FLOOR, STANDARD, STRICT

FEWEST = 20
"""A rate over fewer children than this says too much about each, and too little about linkage."""
NORMAL_95 = 1.959964


@dataclass(frozen=True)
class LinkageReport:
    """The tables of the report, each with a row per line of it."""

    flow: pl.DataFrame
    """source, records, linked_certainly, linked_by_model, linked_locally, unlinked: the last four add up."""
    school: pl.DataFrame
    """source, outcome, records: every record of another return has a school record or a reason why not."""
    groups: pl.DataFrame
    """dimension, category, children, linked, rate, low, high, ratio, differs: records of school age."""
    thresholds: pl.DataFrame
    """threshold, weight, pairs, expected_false, expected_precision, expected_recall: as the model sees it; labels,
    corrected_precision, corrected_recall: the same after what reviewers found, NULL where nobody looked."""
    weights: pl.DataFrame
    """weight (from), linked, not_linked: pairs by match weight."""
    implausible: pl.DataFrame
    """what, persons."""
    changes: pl.DataFrame
    """kind, why, ids: what became of ids in the last run."""

    def tables(self) -> dict[str, pl.DataFrame]:
        return dict(vars(self))


def report(
    con: duckdb.DuckDBPyConnection, needs: str | None = None, decided: pl.DataFrame | None = None
) -> LinkageReport:
    """Look at the spine whose tables are `people.*`; `needs` is a relation (record_id, need), if there is one, and
    `decided` what reviewers decided of pairs and their weights (`linkage.review.draw`).
    """
    _see(con, needs)
    try:
        return LinkageReport(
            flow=_flow(con),
            school=con.sql(SCHOOL).pl(),
            groups=with_intervals(con.sql(GROUPS).pl()),
            thresholds=_thresholds(con, decided),
            weights=con.sql(WEIGHTS).pl(),
            implausible=con.sql(IMPLAUSIBLE).pl(),
            changes=con.sql(CHANGES).pl(),
        )
    finally:
        con.execute("drop table linkage_seen")


def _see(con: duckdb.DuckDBPyConnection, needs: str | None) -> None:
    """`linkage_seen`: one row per record of a return other than the school census, with its groups."""
    source = needs or "(select null::text as record_id, null::text as need limit 0)"
    con.execute(SEEN.format(needs=source))


SEEN = """
create or replace temp table linkage_seen as
with pupil as (
  select distinct person_id from people.face_person join people.face using (face_no) where source = 'school_census')
select f.source, r.year, f.la, date_sub('year', f.date_of_birth, make_date(r.year - 1, 9, 1)) as age, f.sex,
  f.ethnicity, f.upn_status, n.need, pupil.person_id is not null as has_school, u.why
from people.record_face r join people.face f using (face_no) join people.face_person p using (face_no)
left join pupil on pupil.person_id = p.person_id left join people.unlinked u using (face_no)
left join {needs} n on n.record_id = r.record_id
where f.source <> 'school_census'
"""

SCHOOL = """
select source, case when has_school then 'a school record was found' else why end as outcome, count(*) as records
from linkage_seen group by source, outcome order by source, outcome <> 'a school record was found', records desc, outcome
"""

GROUPS = """
with school_age as (
  select *, case when age <= 7 then '5 to 7' when age <= 10 then '8 to 10' else '11 to 15' end as band,
    case upn_status when 'valid' then 'valid' when 'temporary' then 'temporary' when 'unknown code' then 'a reason, no UPN'
      when 'none' then 'blank' else 'does not hold' end as upn
  from linkage_seen where age between 5 and 15),
told as (
  select unnest(['All', 'Return', 'Year', 'Authority', 'Age', 'Sex', 'Ethnicity', 'Need', 'UPN']) as dimension,
    unnest(['all records of school age', source, year::text, la, band, coalesce(sex, 'not known'),
      coalesce(left(ethnicity, 1), 'not known'), coalesce(need, 'not told'), upn]) as category, has_school
  from school_age)
select * from (
  select dimension, coalesce(category, 'not known') as category, count(*) as children,
    count(*) filter (where has_school) as linked
  from told where dimension <> 'Need' or category <> 'not told' group by 1, 2)
order by list_position(['All', 'Return', 'Year', 'Age', 'Sex', 'Ethnicity', 'Need', 'UPN', 'Authority'], dimension),
  category = '11 to 15', category
"""


def with_intervals(counted: pl.DataFrame) -> pl.DataFrame:
    """Rates with Wilson's 95 per cent interval, and how often a group is missed for each time that all are.

    Nothing but the number of children is told of a group of fewer than `FEWEST`.
    """
    n, share = pl.col("children").cast(pl.Float64), pl.col("linked") / pl.col("children")
    square = NORMAL_95**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = NORMAL_95 / (1 + square / n) * (share * (1 - share) / n + square / (4 * n * n)).sqrt()
    everyone = counted.filter(pl.col("dimension") == "All")
    of_all = float((everyone["linked"] / everyone["children"])[0]) if everyone.height else 0.0
    ratio = (1 - share) / (1 - of_all) if of_all < 1 else pl.lit(None, pl.Float64)
    told = counted.with_columns(
        share.round(4).alias("rate"), (middle - half).clip(0, 1).round(4).alias("low"),
        (middle + half).clip(0, 1).round(4).alias("high"), ratio.round(2).alias("ratio"),
    ).with_columns(((pl.col("low") > of_all) | (pl.col("high") < of_all)).alias("differs"))  # fmt: skip
    hidden = [
        pl.when(pl.col("children") >= FEWEST).then(pl.col(name)).alias(name)
        for name in ("linked", "rate", "low", "high", "ratio", "differs")
    ]
    return told.with_columns(hidden)


def _flow(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    columns = ["records", "linked_certainly", "linked_by_model", "linked_locally", "unlinked"]
    return pl.DataFrame(summary(con)).group_by("source").agg(pl.col(columns).sum()).sort("source")


WEIGHED = f"""
select match_weight as weight, true as is_linked from people.face_link where stage = 'splink'
union all
select match_weight, false from people.review where match_weight >= {REVIEW_FLOOR} and why in ({WEIGHT_ALONE})
"""
"""Pairs that the model weighed and that nothing but their weight, or a rival, speaks against."""

BANDS = (STRICT, STANDARD, LOOSE)
NAMED = ", ".join(f"('{one.name}', {one.accept}::double)" for one in BANDS)
THRESHOLDS = f"""
with band as (from (values {NAMED}) t(threshold, weight)),
pair as (
  select (select max(weight) from band where band.weight <= w.weight) as weight, 1 / (1 + pow(2.0, -w.weight)) as p
  from ({WEIGHED}) w)
select band.threshold, band.weight, count(pair.p) as pairs, coalesce(sum(pair.p), 0) as expected
from band left join pair using (weight) group by all order by band.weight desc
"""
"""Per threshold the pairs from it up to the next, and how many of them the weights expect to be one child."""

EXPECTED_COUNTS_AS = 20.0
"""What the weights expect of the pairs between two thresholds counts as much as this many decided ones."""


def _thresholds(con: duckdb.DuckDBPyConnection, decided: pl.DataFrame | None) -> pl.DataFrame:
    """Of all pairs from each threshold up: how many are one child, by their weights and after what people found."""
    bands = con.sql(THRESHOLDS).pl().join(_labels(con, decided), on="weight", how="left")
    told = bands.sort("weight", descending=True).with_columns(_corrected().alias("corrected"))
    upward = told.with_columns(pl.col("pairs", "expected", "corrected", "labels").fill_null(0).cum_sum())
    is_reviewed = pl.col("labels").sum() > 0
    marked: pl.DataFrame = upward.select(
        "threshold", "weight", "pairs", (pl.col("pairs") - pl.col("expected")).round(2).alias("expected_false"),
        _precision("expected").alias("expected_precision"), _recall("expected").alias("expected_recall"), "labels",
        pl.when(is_reviewed).then(_precision("corrected")).alias("corrected_precision"),
        pl.when(is_reviewed).then(_recall("corrected")).alias("corrected_recall"),
    )  # fmt: skip
    return marked


def _labels(con: duckdb.DuckDBPyConnection, decided: pl.DataFrame | None) -> pl.DataFrame:
    """Per band: how many decided pairs, what they are worth, and the share that is one child.

    A weight says something only beside others of the same model, so pairs that another model weighed are left out.
    """
    model = con.execute("select max(model) from people.face_link").fetchall()[0][0]
    if decided is None or "weight" not in decided.columns:
        return pl.DataFrame(
            schema={"weight": pl.Float64, "labels": pl.Int64, "worth": pl.Float64, "share": pl.Float64}
        )
    known = with_counts(decided).filter((pl.col("model") == model) & (pl.col("weight") >= LOOSE.accept))
    band = pl.max_horizontal(pl.when(pl.col("weight") >= t.accept).then(t.accept) for t in BANDS)
    counts_for, is_same = pl.col("counts_for"), pl.col("decision") == "same"
    return known.group_by(band.alias("weight")).agg(
        pl.len().cast(pl.Int64).alias("labels"),
        (counts_for.sum() ** 2 / (counts_for**2).sum()).alias("worth"),
        (counts_for.filter(is_same).sum() / counts_for.sum()).alias("share"),
    )


def _corrected() -> pl.Expr:
    """How many pairs of a band are one child, when the weights' expectation counts as so many labels more."""
    worth = pl.col("worth").fill_null(0.0)
    found = worth * pl.col("share").fill_null(0.0) * pl.col("pairs")
    return (EXPECTED_COUNTS_AS * pl.col("expected") + found) / (EXPECTED_COUNTS_AS + worth)


def _precision(one_child: str) -> pl.Expr:
    share = pl.col(one_child) / pl.col("pairs")
    return pl.when(pl.col("pairs") > 0).then(share).round(5)


def _recall(one_child: str) -> pl.Expr:
    return pl.when(pl.col(one_child).last() > 0).then(pl.col(one_child) / pl.col(one_child).last()).round(5)


WEIGHTS = f"""
select floor(weight)::int as weight, count(*) filter (where is_linked) as linked,
  count(*) filter (where not is_linked) as not_linked
from (select match_weight as weight, true as is_linked from people.face_link where match_weight is not null
  union all select match_weight, false from people.review
    where match_weight >= {REVIEW_FLOOR} and why <> 'linked, although valid UPNs differ')
group by 1 order by 1
"""

IMPLAUSIBLE = """
with member as (
  select person_id, face_no, upn, upn_status, date_of_birth, sex, source, la, records
  from people.face_person join people.face using (face_no)),
person as (
  select person_id, count(distinct upn) filter (where upn_status = 'valid') as upns,
    min(date_of_birth) as first_birth, max(date_of_birth) as last_birth, count(distinct sex) as sexes,
    count(distinct la) as authorities, sum(records) as records
  from member group by person_id)
select what, count(*) filter (where is_so)::bigint as persons from (
  select unnest(['more than two valid UPNs', 'birth dates more than a year apart', 'records of both sexes',
      'records of more than four authorities', 'more than forty records']) as what,
    unnest([upns > 2, date_diff('day', first_birth, last_birth) > 366, sexes > 1, authorities > 4, records > 40]) as is_so
  from person)
group by what order by persons desc, what
"""

CHANGES = """
select kind, why, count(*) as ids from people.person_change
where run = (select any_value(run) from people.face) group by all order by kind, ids desc, why
"""
