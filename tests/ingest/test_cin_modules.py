"""Every module of the children in need census is read, each value into the column that is declared for it."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from schemas.returns import RETURNS
from schemas.table import columns
from schemas.text import typed

CIN = RETURNS["cin"]
FILLED = """<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>{year}</Year>
<ReferenceDate>{year}-03-31</ReferenceDate></CollectionDetails><Source><SourceLevel>L</SourceLevel><LEA>202</LEA>
<SoftwareCode>made</SoftwareCode><Release>1</Release><SerialNo>001</SerialNo><DateTime>{year}-05-11T09:30:00</DateTime>
</Source></Header><Children><Child>
<ChildIdentifiers><LAchildID>A1</LAchildID><UPN>A999000178301</UPN><FormerUPN>A999000178302</FormerUPN>
<UPNunknown>UN3</UPNunknown><PersonBirthDate>2014-02-03</PersonBirthDate>
<ExpectedPersonBirthDate>2014-02-04</ExpectedPersonBirthDate>{sex}<PersonDeathDate>{before}-12-01</PersonDeathDate></ChildIdentifiers>
<ChildCharacteristics><Ethnicity>WBRI</Ethnicity><Disabilities><Disability>MOB</Disability></Disabilities></ChildCharacteristics>
<CINdetails><CINreferralDate>{before}-05-06</CINreferralDate><ReferralSource>2A</ReferralSource>
<PrimaryNeedCode>N1</PrimaryNeedCode><CINclosureDate>{before}-11-30</CINclosureDate><ReasonForClosure>RC2</ReasonForClosure>
<DateOfInitialCPC>{before}-06-30</DateOfInitialCPC>
<Assessments><AssessmentActualStartDate>{before}-05-07</AssessmentActualStartDate>
<AssessmentInternalReviewDate>{before}-05-21</AssessmentInternalReviewDate>
<AssessmentAuthorisationDate>{before}-06-18</AssessmentAuthorisationDate>
<FactorsIdentifiedAtAssessment><AssessmentFactors>3B</AssessmentFactors></FactorsIdentifiedAtAssessment></Assessments>
{plan}<Section47><S47ActualStartDate>{before}-09-15</S47ActualStartDate><InitialCPCtarget>{before}-10-06</InitialCPCtarget>
<DateOfInitialCPC>{before}-10-01</DateOfInitialCPC><ICPCnotRequired>0</ICPCnotRequired></Section47>
<ReferralNFA>0</ReferralNFA>
<ChildProtectionPlans><CPPstartDate>{before}-10-01</CPPstartDate><CPPendDate>{before}-11-29</CPPendDate>
<InitialCategoryOfAbuse>NEG</InitialCategoryOfAbuse><LatestCategoryOfAbuse>EMO</LatestCategoryOfAbuse>
<NumberOfPreviousCPP>0</NumberOfPreviousCPP><Reviews><CPPreviewDate>{before}-11-17</CPPreviewDate></Reviews>
</ChildProtectionPlans>{proceedings}</CINdetails></Child></Children></Message>"""
PLAN = (
    "<CINPlanDates><CINPlanStartDate>{before}-06-19</CINPlanStartDate>"
    "<CINPlanEndDate>{before}-09-30</CINPlanEndDate></CINPlanDates>"
)
PROCEEDINGS = """<PreProceedingsandFGDM><PPStartDate>{before}-07-01</PPStartDate><LBPSentDate>{before}-07-08</LBPSentDate>
<FGDMMeetingOffer>true</FGDMMeetingOffer><FGDMMeetingFac>0</FGDMMeetingFac>
<InitialPPMeetingDate>{before}-07-22</InitialPPMeetingDate><ReviewMeetingsCount>2</ReviewMeetingsCount>
<StepDecisionDate>{before}-10-01</StepDecisionDate><PPOutcome>B</PPOutcome><CourtAppDate>{before}-10-08</CourtAppDate>
<LetterInitCPDate>{before}-10-15</LetterInitCPDate></PreProceedingsandFGDM>"""


def read(year: int) -> dict[str, pl.DataFrame]:
    """The typed tables of a census of that year with everything filled; nothing in it may be a finding."""
    sex = "<Sex>F</Sex>" if year >= 2025 else "<GenderCurrent>2</GenderCurrent>"
    plan, proceedings = PLAN * (year >= 2022), PROCEEDINGS * (year >= 2027)
    text = FILLED.replace("{plan}", plan).replace("{proceedings}", proceedings)
    reading = read_bytes(text.format(year=year, before=year - 1, sex=sex).encode(), "0" * 64, Limits())
    assert reading.findings == ()
    found = {one.table.VIEW: typed(one.table, one.frame, CIN) for one in reading.tables}
    assert not [finding for _, findings in found.values() for finding in findings]
    return {view: frame for view, (frame, _) in found.items()}


@pytest.mark.parametrize("year", range(2017, 2028))
def test_a_census_with_everything_filled_fills_every_column_of_its_year(year: int) -> None:
    tables = read(year)
    for table in CIN.tables:
        frame = tables[table.VIEW]
        assert frame.height == int(table.is_in_form(year)), table.VIEW
        blank = {c.name for c in columns(table) if frame[c.name].null_count() == frame.height > 0}
        assert blank == {c.name for c in columns(table) if not c.applies(year) and frame.height}, table.VIEW


def test_the_module_of_pre_proceedings_has_its_ten_items_in_their_types() -> None:
    (row,) = read(2027)["pre_proceedings"].to_dicts()
    told = {name: value for name, value in row.items() if name not in ("LAchildID", "CINdetailsID")}
    days = (
        "PPStartDate",
        "LBPSentDate",
        "InitialPPMeetingDate",
        "StepDecisionDate",
        "CourtAppDate",
        "LetterInitCPDate",
    )
    assert (row["LAchildID"], row["CINdetailsID"]) == ("A1", 1)
    assert {name: told[name] for name in days} == dict(
        zip(
            days,
            (date(2026, m, d) for m, d in ((7, 1), (7, 8), (7, 22), (10, 1), (10, 8), (10, 15))),
            strict=True,
        )
    )
    others = ("FGDMMeetingOffer", "FGDMMeetingFac", "ReviewMeetingsCount", "PPOutcome")
    assert [told[name] for name in others] == [True, False, 2, "B"]
