"""What was sent, cell by cell: the tables that a reader of the files must come to, whatever form they took.

Text as the authority's system holds it, before a byte-order mark, an XML layout or a spreadsheet's decimals
get to it: dates as the return writes them, one frame per table of the department, rows in the order of the
files. Keys that only say what stands inside what (the third case of a child) are counted here as well.
"""

from __future__ import annotations

import polars as pl

from synthetic.cin import CinReturn
from synthetic.proceedings import ELEMENTS as PROCEEDINGS
from synthetic.sending import last_day, sent_on

IDENTIFIERS = (
    "LAchildID", "UPN", "FormerUPN", "UPNunknown", "PersonBirthDate", "ExpectedPersonBirthDate", "Sex",
    "GenderCurrent", "PersonDeathDate",
)  # fmt: skip
DETAILS = (
    "CINreferralDate", "ReferralSource", "PrimaryNeedCode", "CINclosureDate", "ReasonForClosure",
    "DateOfInitialCPC", "ReferralNFA",
)  # fmt: skip
ASSESSMENTS = ("AssessmentActualStartDate", "AssessmentInternalReviewDate", "AssessmentAuthorisationDate")
ENQUIRIES = ("S47ActualStartDate", "InitialCPCtarget", "DateOfInitialCPC", "ICPCnotRequired")
PLANS = (
    "CPPstartDate", "CPPendDate", "InitialCategoryOfAbuse", "LatestCategoryOfAbuse", "NumberOfPreviousCPP",
)  # fmt: skip
CASE = ("la", "LAchildID", "CINdetailsID")


def cin_tables(sent: CinReturn) -> dict[str, pl.DataFrame]:
    """The census as the department's tables, in the order of the file."""
    children, cases = sent.children, _cases(sent)
    assessments = _within(cases, sent.assessments, "AssessmentID")
    plans = _within(cases, sent.protection, "CPPID")
    reviews = plans.drop("CPPreviewDate", strict=False).join(
        sent.reviews.select("episode", "CPPreviewDate"),
        on="episode",
        how="inner",
        maintain_order="left_right",
    )
    return {
        "header": _headers(sent),
        "child_identifiers": children.select("la", *(n for n in IDENTIFIERS if n in children.columns)),
        "child_characteristics": children.select("la", "LAchildID", "Ethnicity"),
        "disabilities": _one_by_one(children, "disabilities", "Disability").select("la", "LAchildID", "Disability"),
        "cin_details": cases.select(*CASE, *DETAILS),
        "assessments": assessments.select(*CASE, "AssessmentID", *ASSESSMENTS),
        "assessment_factors": _one_by_one(assessments, "factors", "AssessmentFactors").select(
            *CASE, "AssessmentID", "AssessmentFactors"
        ),
        "cin_plan_dates": _within(cases, sent.plans).select(*CASE, "CINPlanStartDate", "CINPlanEndDate"),
        "section47": _within(cases, sent.enquiries).select(*CASE, *ENQUIRIES),
        "child_protection_plans": plans.select(*CASE, "CPPID", *PLANS),
        "reviews": reviews.select(*CASE, "CPPID", "CPPreviewDate"),
        "pre_proceedings": _within(cases, sent.proceedings).select(*CASE, *PROCEEDINGS),
    }  # fmt: skip


def _cases(sent: CinReturn) -> pl.DataFrame:
    """Every case beside its child, numbered within the child."""
    cases = sent.episodes.drop("LAchildID", strict=False)
    children = sent.children.select("la", "person", "LAchildID")
    joined = children.join(cases, on=["la", "person"], how="inner", maintain_order="left_right")
    return joined.with_columns(CINdetailsID=_number("la", "LAchildID"))


def _number(*within: str) -> pl.Expr:
    return pl.int_range(1, pl.len() + 1).over(within).cast(pl.String)


def _within(cases: pl.DataFrame, rows: pl.DataFrame, key: str = "") -> pl.DataFrame:
    """What stands inside the cases; `key` numbers it within its case."""
    own = rows.drop("la", "person", "LAchildID", strict=False)
    inside = cases.select(*CASE, "episode").join(own, on="episode", how="inner", maintain_order="left_right")
    return inside.with_columns(_number("episode").alias(key)) if key else inside


def _one_by_one(rows: pl.DataFrame, joined: str, name: str) -> pl.DataFrame:
    """A row for each of the values that are joined by a bar."""
    each = rows.with_columns(pl.col(joined).str.split("|").alias(name)).filter(pl.col(joined).is_not_null())
    return each.explode(name)


def _headers(sent: CinReturn) -> pl.DataFrame:
    last = last_day("cin", sent.year)
    rows = [
        {"la": la, "Collection": "CIN", "CollectionYear": str(sent.year), "ReferenceDate": date,
         "SourceLevel": "L", "LEA": la, "SoftwareCode": "synthetic", "Release": "1.0", "SerialNo": "001",
         "DateTime": f"{sent_on('cin', la, last)}T09:30:00"}
        for la, date in sorted(sent.reference_dates.items())
    ]  # fmt: skip
    return pl.DataFrame(rows)
