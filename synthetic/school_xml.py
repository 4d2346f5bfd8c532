"""The school census as schools themselves send it: one XML file per school, everything of a pupil together.

The same rows that COLLECT hands out as tables, without the keys by which it joins them: what belongs to a
pupil stands inside the pupil. Elements have the names of the department's guide; dates are ISO.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from synthetic.school_census import columns
from synthetic.xml_text import element, gather

HEADER = (
    "<Header><CollectionDetails>{}</CollectionDetails><Source>{}</Source></Header>\n"
    "<Pupils><PupilsOnRoll>\n{}</PupilsOnRoll><PupilsNoLongerOnRoll>\n{}</PupilsNoLongerOnRoll></Pupils>\n"
)
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
COLLECTION = {"collection": "Collection", "term": "Term", "year": "Year", "referencedate": "ReferenceDate"}
SOURCE = {
    "sourcelevel": "SourceLevel", "lea": "LEA", "estab": "Estab", "urn": "URN",
    "softwarecode": "SoftwareCode", "release": "Release", "serialno": "SerialNo", "datetime": "DateTime",
}  # fmt: skip
IDENTIFIERS = {
    "upn": "UPN", "formerupn": "FormerUPN", "uniquelearnernumber": "UniqueLearnerNumber",
    "surname": "Surname", "forename": "Forename", "middlenames": "MiddleNames",
    "preferredsurname": "PreferredSurname", "formersurname": "FormerSurname", "dob": "DOB", "sex": "Sex",
    "gender": "Gender",
}  # fmt: skip
CHARACTERISTICS = {
    "ethnicity": "Ethnicity", "senprovision": "SENprovision", "language": "Language",
    "youngcarer": "YoungCarer", "servicechild": "ServiceChild",
}  # fmt: skip
STATUS = {
    "entrydate": "EntryDate", "leavingdate": "LeavingDate", "enrolstatus": "EnrolStatus",
    "ncyearactual": "NCyearActual", "ncyearleaving": "NCyearLeaving", "classtype": "ClassType",
    "boarder": "Boarder", "parttime": "PartTime", "schoollunchtaken": "SchoolLunchTaken",
}  # fmt: skip
EXCLUSION = {
    "category": "Category", "reason1": "Reason1", "startdate": "StartDate", "sessions": "Sessions",
    "senprovision": "SENprovision",
}  # fmt: skip
SESSION = {"attendancereason": "AttendanceReason", "sessions": "AbsenceSessions"}
NEED = {"sentyperank": "SENtypeRank", "sentype": "SENtype"}
MEALS = {"fsmstartdate": "FSMstartDate", "ukcountry": "UKcountry"}
DAYS = ("dob", "entrydate", "leavingdate", "startdate", "fsmstartdate", "referencedate")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Roll:
    """Pupils on roll, or those who have left: their table, its key, and the element of one of them."""

    table: str
    tag: str
    suffix: str

    @property
    def key(self) -> str:
        """The column by which COLLECT joins the details to the pupil."""
        return f"{self.table}tableid"


ON, OFF = (
    Roll("pupilonroll", "PupilOnRoll", "onroll"),
    Roll("pupilnolongeronroll", "PupilNoLongerOnRoll", "offroll"),
)
Tables = Mapping[str, pl.DataFrame]


def write_schools(
    tables: Tables, year: int, census: str, folder: Path, las: Sequence[str]
) -> tuple[int, int]:
    """Write `<la>/<year>_<census>_<estab>.xml` for every school of these authorities; files and bytes."""
    theirs = {name: _plain(rows.filter(pl.col("la").is_in(las))) for name, rows in tables.items()}
    text = HEADER.split("{}")
    parts = [
        _elements("schoolcensus", COLLECTION, year, census),
        _elements("schoolcensus", SOURCE, year, census),
    ]
    schools = theirs["schoolcensus"]
    for roll in (ON, OFF):
        pupils = gather(
            _pupils(theirs, roll, year, census), ["la", "schoolcensustableid"], pl.col("xml"), roll.tag
        )
        schools = schools.join(pupils, on=["la", "schoolcensustableid"], how="left", maintain_order="left")
        parts.append(pl.col(roll.tag).fill_null(""))
    pieces = [piece for pair in zip(map(pl.lit, text), parts, strict=False) for piece in pair]
    message = pl.concat_str(pl.lit(f"{DECLARATION}<Message>\n"), *pieces, pl.lit(f"{text[-1]}</Message>\n"))
    sizes = [
        _write(folder / la / f"{year}_{census}_{estab}.xml", content)
        for la, estab, content in schools.select("la", "estab", message.alias("xml")).iter_rows()
    ]
    return len(sizes), sum(sizes)


def _write(path: Path, content: str) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(content.encode())


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Text as XML has it: no live signs, dates without names of months and without a time of day."""
    signs = pl.selectors.string().str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"])
    numbers = {f"-{name}-": f"-{number:02d}-" for number, name in enumerate(MONTHS, 1)}
    days = [pl.col(name).str.head(11).str.replace_many(numbers) for name in DAYS if name in rows.columns]
    moment = [pl.col("datetime").str.replace_many(numbers).str.replace(" ", "T", literal=True)]
    return rows.with_columns(signs).with_columns(days + (moment if "datetime" in rows.columns else []))


def _elements(table: str, names: Mapping[str, str], year: int, census: str) -> pl.Expr:
    """Elements of those columns that the form of the year and census has."""
    known = columns(table, year, census)
    return pl.concat_str(
        pl.lit(""), *(element(tag, column) for column, tag in names.items() if column in known)
    )


def _around(tag: str, inside: pl.Expr) -> pl.Expr:
    """The element that holds others together; nothing where it would hold nothing."""
    return pl.when(inside.str.len_bytes() > 0).then(
        pl.concat_str(pl.lit(f"<{tag}>"), inside, pl.lit(f"</{tag}>"))
    ).otherwise(pl.lit(""))  # fmt: skip


def _pupils(tables: Tables, roll: Roll, year: int, census: str) -> pl.DataFrame:
    """la, schoolcensustableid, xml: one row per pupil."""
    rows = tables[roll.table]
    found = _details(tables, roll, year, census)
    for name, part in found.items():
        rows = rows.join(part.rename({"text": name}), on=["la", roll.key], how="left", maintain_order="left")
    of = {name: pl.col(name).fill_null("") for name in found}

    def own(names: Mapping[str, str]) -> pl.Expr:
        return _elements(roll.table, names, year, census)

    characteristics = pl.concat_str(
        own(CHARACTERISTICS), _around("SENneeds", of.get("needs", pl.lit(""))),
        _around("FSMperiods", of.get("meals", pl.lit(""))), of.get("addresses", pl.lit("")),
    )  # fmt: skip
    term, half = (
        own({f"{kind}sessionspossible": "SessionsPossible"}) for kind in ("termly", "summerhalfterm2")
    )
    attendance = pl.concat_str(
        _attendance("TermlyAttendance", term, of["sessions"]),
        _attendance("SummerHalfTerm2Attendance", half, of.get("half", pl.lit(""))),
    )
    xml = pl.concat_str(
        pl.lit(f"<{roll.tag}>"), _around("PupilIdentifiers", own(IDENTIFIERS)),
        _around("PupilCharacteristics", characteristics), _around("PupilStatus", own(STATUS)),
        _around("Exclusions", of["exclusions"]), _around("Attendance", attendance),
        pl.lit(f"</{roll.tag}>\n"),
    )  # fmt: skip
    return rows.select("la", "schoolcensustableid", xml.alias("xml"))


def _attendance(tag: str, possible: pl.Expr, sessions: pl.Expr) -> pl.Expr:
    return _around(tag, pl.concat_str(possible, _around("SessionDetails", sessions)))


def _details(tables: Tables, roll: Roll, year: int, census: str) -> dict[str, pl.DataFrame]:
    """What belongs to each pupil: la, the pupil's key, text."""
    wanted = {
        "sessions": (f"termlysessiondetails{roll.suffix}", "SessionDetail", SESSION),
        "half": (f"summerhalfterm2sessiondetails{roll.suffix}", "SessionDetail", SESSION),
        "exclusions": (f"termlyexclusions{roll.suffix}", "TermlyExclusion", EXCLUSION),
    }
    if roll is ON:
        autumn = "onroll" if "addressesonroll" in tables else ""
        wanted["needs"] = ("senneeds", "SENneed", NEED)
        wanted["meals"] = (f"fsmperiod{'s' * bool(autumn)}{autumn}", "FSMperiod", MEALS)
        wanted["addresses"] = (f"addresses{autumn}", "Address", {"postcode": "Postcode"})
    return {
        name: gather(
            tables[table], ["la", roll.key], _around(tag, _elements(table, names, year, census)), "text"
        )
        for name, (table, tag, names) in wanted.items()
        if table in tables
    }
