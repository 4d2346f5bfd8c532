"""Small returns of made-up children, written as authorities write them, for the tests of reading."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

NOW = datetime(2025, 9, 1, 12, 0, tzinfo=UTC)

EPISODES = (
    "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
    "{child},01/05/2024,S,C2,N1,U1,PR1,04/02/2025,X1,CHILD,ZZ99 3WZ,ZZ99 3WZ,SC000001\n"
    "{child},04/02/2025,P,C2,N1,U1,PR1,,,,ZZ99 3WZ,ZZ99 3WZ,SC000001\n"
)
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n{child},F,03/02/2014,WBRI,A999000178301,0,\n"

CHILD = """<Child>
<ChildIdentifiers><LAchildID>{child}</LAchildID><PersonBirthDate>2014-02-03</PersonBirthDate><Sex>F</Sex></ChildIdentifiers>
<ChildCharacteristics><Ethnicity>WBRI</Ethnicity><Disabilities><Disability>NONE</Disability></Disabilities></ChildCharacteristics>
<CINdetails><CINreferralDate>2024-05-06</CINreferralDate><ReferralSource>2A</ReferralSource>
<Assessments><AssessmentActualStartDate>2024-05-07</AssessmentActualStartDate>
<FactorsIdentifiedAtAssessment><AssessmentFactors>3B</AssessmentFactors><AssessmentFactors>16A</AssessmentFactors></FactorsIdentifiedAtAssessment></Assessments>
<ReferralNFA>0</ReferralNFA></CINdetails></Child>"""


def cin(
    la: str = "202",
    *,
    year: int = 2025,
    children: tuple[str, ...] = ("A1", "A2"),
    sent: str = "2025-05-11T09:30:00",
    serial: str = "001",
    header: bool = True,
) -> bytes:
    """A CIN census of a few children."""
    head = f"""<Header><CollectionDetails><Collection>CIN</Collection><Year>{year}</Year>
<ReferenceDate>{year}-03-31</ReferenceDate></CollectionDetails><Source><SourceLevel>L</SourceLevel><LEA>{la}</LEA>
<SerialNo>{serial}</SerialNo><DateTime>{sent}</DateTime></Source></Header>"""
    below = "\n".join(CHILD.format(child=child) for child in children)
    return f"<Message>{head if header else ''}<Children>{below}</Children></Message>".encode()


def ssda903_xml(child: str = "B1", *, extra: str = "") -> bytes:
    """An SSDA903 of one child as XML."""
    return f"""<EXPSSDA903><CHILD><HEADER><CHILDID>{child}</CHILDID><UPN/><SEX>F</SEX><DOB>03/02/2007</DOB>
<ETHNIC>WBRI</ETHNIC>{extra}<AREVIEW><REVIEW>09/02/2025</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW></HEADER>
<EPISODE><DECOM>12/01/2025</DECOM><RNE>S</RNE><LS>V2</LS><CIN>N1</CIN><PL>U3</PL><DEC/><REC/></EPISODE>
</CHILD></EXPSSDA903>""".encode()


def land(landing: Path, relative: str, content: bytes | str) -> Path:
    """Put one file into a landing folder."""
    path = landing / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def land_903(landing: Path, folder: str, child: str = "C1") -> None:
    """Put two tables of an SSDA903 into a folder."""
    land(landing, f"{folder}/episodes.csv", EPISODES.format(child=child))
    land(landing, f"{folder}/header.csv", HEADER.format(child=child))
