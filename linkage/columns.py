"""Which column of somebody else's file of people is what: by the names that such columns usually bear.

Case, blanks and punctuation of a heading do not matter. A name in one column and a birth date in three are known too.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

SYNONYMS = {
    "record_id": ("record_id", "rec_id", "recordid", "unique_id", "id"),
    "source": ("source", "source_dataset", "source_file", "dataset"),
    "forename": (
        "forename", "first_name", "given_name", "firstname", "forenames", "given_names", "christian_name",
        "legal_first_name", "fname", "fname_c1",
    ),
    "surname": (
        "surname", "last_name", "family_name", "lastname", "surnames", "legal_last_name", "lname", "lname_c1",
    ),
    "date_of_birth": (
        "date_of_birth", "dob", "birth_date", "birthdate", "dateofbirth", "person_birth_date", "personbirthdate",
    ),
    "sex": ("sex", "gender"),
    "postcode": ("postcode", "zipcode", "zip", "postal_code", "zip_code", "post_code", "home_postcode"),
}  # fmt: skip
"""Our name for a column, and the names it goes by."""

WHOLE_NAMES = ("full_name", "fullname", "name", "person_name", "first_and_surname")
"""Columns that hold a name whole: forenames, then the surname; or the surname, a comma and the forenames."""

DATE_PARTS = (
    ("birth_year", "birth_month", "birth_day"),
    ("year_of_birth", "month_of_birth", "day_of_birth"),
    ("dob_year", "dob_month", "dob_day"),
    ("by", "bm", "bd"),
)
"""Year, month and day of birth in columns of their own."""

IDENTIFIERS = (
    "id_number", "upn", "unique_pupil_number", "nhs_number", "nhs_no", "nhs", "uln", "unique_learner_number", "ssn",
    "soc_sec_id", "social_security_number", "national_id", "national_insurance_number", "nino", "former_upn", "itin",
)  # fmt: skip
"""Columns that hold a number of the person's own."""

ROW_NUMBER = r"^(index_level_\d+|unnamed_\d+|column0+|index|row_?(no|number)?)$"
"""Columns in which programs write down the number of a row: equal numbers in two lists mean nothing."""


class CannotEvaluate(ValueError):
    """A file of people that cannot be marked, and why; its words are ours and hold no value of any record."""


@dataclass(frozen=True)
class Layout:
    """What the columns of a file are: SQL for each of our names, and the columns that are left, by their headings."""

    known: dict[str, str]
    rest: dict[str, str]
    useless: tuple[str, ...]

    def of(self, *roles: str) -> list[str]:
        """The SQL of those of these that the file has."""
        return [self.known[role] for role in roles if role in self.known]


def plain(heading: str) -> str:
    """A heading without what differs between systems: "First Name" is first_name."""
    return re.sub(r"[^a-z0-9]+", "_", heading.strip().lower()).strip("_")


def by_heading(headings: list[str]) -> dict[str, str]:
    """Each column by its plain heading; of several that come to the same, the second is `name_2` and so on."""
    found: dict[str, str] = {}
    for heading in headings:
        short = plain(heading) or "column"
        numbered = (f"{short}_{n}" for n in itertools.count(2))
        found[next(name for name in itertools.chain([short], numbered) if name not in found)] = heading
    return found


def text_of(heading: str) -> str:
    """SQL: a column's value as text, without blanks around it; nothing for an empty one."""
    return 'nullif(trim(cast("' + heading.replace('"', '""') + "\" as text)), '')"


def laid_out(headings: dict[str, str]) -> Layout:
    """Say of each column what it is. Where a file has a name in parts, the whole name says nothing new."""
    roles = {role: next((n for n in names if n in headings), None) for role, names in SYNONYMS.items()}
    known = {role: text_of(headings[name]) for role, name in roles.items() if name}
    spent = {name for name in roles.values() if name}
    useless = [name for name in headings if re.search(ROW_NUMBER, name)]
    wholes = [name for name in WHOLE_NAMES if name in headings]
    if wholes and not {"forename", "surname"} & known.keys():
        known |= _parted(text_of(headings[wholes[0]]))
        spent.add(wholes[0])
    useless += [name for name in wholes if name not in spent]
    parts = next((names for names in DATE_PARTS if set(names) <= headings.keys()), None)
    if parts and "date_of_birth" not in known:
        known["date_of_birth"] = _put_together(*(text_of(headings[name]) for name in parts))
        spent |= set(parts)
    rest = {n: text_of(heading) for n, heading in headings.items() if n not in spent and n not in useless}
    return Layout(known, rest, tuple(useless))


def _parted(whole: str) -> dict[str, str]:
    """SQL for forename and surname of a name in one column."""
    before, after = f"split_part({whole}, ',', 1)", f"substr({whole}, strpos({whole}, ',') + 1)"
    forename = f"case when {whole} like '%,%' then {after} else regexp_replace({whole}, '\\S+$', '') end"
    surname = f"case when {whole} like '%,%' then {before} else regexp_extract({whole}, '(\\S+)$', 1) end"
    return {"forename": f"nullif(trim({forename}), '')", "surname": f"nullif(trim({surname}), '')"}


def _put_together(year: str, month: str, day: str) -> str:
    """SQL: a date of three columns as YYYY-MM-DD; nothing where one of them is empty."""
    whole = [f"try_cast(try_cast({part} as double) as int)" for part in (year, month, day)]
    return f"printf('%04d-%02d-%02d', {', '.join(whole)})"
