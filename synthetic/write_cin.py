"""One `cin.xml` per authority, in the order of elements that the schema asks for."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from synthetic.cin import CinReturn
from synthetic.forms import cin_census
from synthetic.proceedings import ELEMENTS
from synthetic.sending import last_day, sent_on
from synthetic.xml_text import element, gather, group, repeated

HEADER = """<?xml version="1.0" encoding="utf-8"?>
<Message>
<Header>
<CollectionDetails><Collection>CIN</Collection><Year>{year}</Year><ReferenceDate>{date}</ReferenceDate></CollectionDetails>
<Source><SourceLevel>L</SourceLevel><LEA>{la}</LEA><SoftwareCode>synthetic</SoftwareCode><Release>1.0</Release>\
<SerialNo>001</SerialNo><DateTime>{sent}T09:30:00</DateTime></Source>
</Header>
<Children>
"""
FOOTER = "</Children>\n</Message>\n"
SIMPLE = (
    "CINreferralDate", "ReferralSource", "PrimaryNeedCode", "CINclosureDate", "ReasonForClosure",
    "DateOfInitialCPC",
)  # fmt: skip


def write_cin(sent: CinReturn, folder: Path) -> int:
    """Write every authority's file; the number of bytes written."""
    children = _children(sent, _details(sent))
    texts = dict(gather(children, ["la"], pl.col("xml"), "children").iter_rows())
    written, last = 0, last_day("cin", sent.year)
    for la in sorted(sent.reference_dates):
        path = folder / la / "cin.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        date = sent.reference_dates[la]
        header = HEADER.format(year=sent.year, date=date, la=la, sent=sent_on("cin", la, last))
        written += path.write_bytes(cin_census(la, header + texts.get(la, "") + FOOTER).encode())
    return written


def _details(sent: CinReturn) -> pl.DataFrame:
    """la, person, details: all CINdetails of each child."""
    inside = [_assessments(sent), _plans(sent), _enquiries(sent), _protection(sent), _proceedings(sent)]
    rows = sent.episodes
    for part in inside:
        rows = rows.join(part, on="episode", how="left", maintain_order="left")
    texts = [pl.col(name).fill_null("") for name in ("assessments", "plans", "enquiries")]
    xml = group(
        "CINdetails",
        *[element(name) for name in SIMPLE],
        *texts,
        element("ReferralNFA"),
        pl.col("protection").fill_null(""),
        pl.col("proceedings").fill_null(""),
    )
    pieces = rows.select("la", "person", xml.alias("details"))
    return pieces.group_by("la", "person", maintain_order=True).agg(pl.col("details").str.join(""))


def _assessments(sent: CinReturn) -> pl.DataFrame:
    factors = pl.concat_str(
        pl.lit("<FactorsIdentifiedAtAssessment>"),
        repeated("AssessmentFactors", "factors"),
        pl.lit("</FactorsIdentifiedAtAssessment>"),
    )
    xml = group(
        "Assessments",
        element("AssessmentActualStartDate"),
        element("AssessmentInternalReviewDate"),
        element("AssessmentAuthorisationDate"),
        pl.when(pl.col("factors").is_not_null()).then(factors).otherwise(pl.lit("")),
    )
    return gather(sent.assessments, ["episode"], xml, "assessments")


def _plans(sent: CinReturn) -> pl.DataFrame:
    return gather(
        sent.plans,
        ["episode"],
        group("CINPlanDates", element("CINPlanStartDate"), element("CINPlanEndDate")),
        "plans",
    )


def _enquiries(sent: CinReturn) -> pl.DataFrame:
    names = ("S47ActualStartDate", "InitialCPCtarget", "DateOfInitialCPC", "ICPCnotRequired")
    return gather(
        sent.enquiries, ["episode"], group("Section47", *[element(name) for name in names]), "enquiries"
    )


def _protection(sent: CinReturn) -> pl.DataFrame:
    """An episode holds at most one protection plan here, so its reviews are the plan's."""
    reviews = gather(sent.reviews, ["episode"], element("CPPreviewDate"), "dates")
    rows = sent.protection.join(reviews, on="episode", how="left", maintain_order="left")
    names = (
        "CPPstartDate",
        "CPPendDate",
        "InitialCategoryOfAbuse",
        "LatestCategoryOfAbuse",
        "NumberOfPreviousCPP",
    )
    dates = pl.concat_str(pl.lit("<Reviews>"), pl.col("dates"), pl.lit("</Reviews>")).fill_null("")
    return gather(
        rows,
        ["episode"],
        group("ChildProtectionPlans", *[element(name) for name in names], dates),
        "protection",
    )


def _proceedings(sent: CinReturn) -> pl.DataFrame:
    xml = group("PreProceedingsandFGDM", *[element(name) for name in ELEMENTS])
    return gather(sent.proceedings, ["episode"], xml, "proceedings")


def _children(sent: CinReturn, details: pl.DataFrame) -> pl.DataFrame:
    sex = "Sex" if sent.year >= 2025 else "GenderCurrent"
    names = ("LAchildID", "UPN", "FormerUPN", "UPNunknown", "PersonBirthDate", "ExpectedPersonBirthDate", sex)
    identifiers = group("ChildIdentifiers", *[element(name) for name in (*names, "PersonDeathDate")])
    disabilities = pl.concat_str(
        pl.lit("<Disabilities>"), repeated("Disability", "disabilities"), pl.lit("</Disabilities>")
    )
    characteristics = group("ChildCharacteristics", element("Ethnicity"), disabilities)
    rows = sent.children.join(details, on=["la", "person"], how="left", maintain_order="left")
    child = pl.concat_str(
        pl.lit("<Child>\n"), identifiers, characteristics, pl.col("details"), pl.lit("</Child>\n")
    )
    return rows.select("la", child.alias("xml"))
