"""A school census as text, table by table, as authorities download it from COLLECT.

It carries the sessions of the term before: counts by reason code, with the codes that were in force in that
school year. The autumn census names some tables differently and has the sixth half term in tables of its own.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from synthetic import canaries as birds
from synthetic.country import Country
from synthetic.csv_files import drawn, sorted_by_la, text_date
from synthetic.days import FAR, Ints, day, to_friday
from synthetic.enrolments import SchoolYear
from synthetic.enrolments import enrolments as census_enrolments
from synthetic.names import ethnicity_table
from synthetic.numbers import UPN_LETTERS
from synthetic.places import DATA
from synthetic.rates import happens, stream
from synthetic.sessions import session_rows
from synthetic.terms import Census

MOMENT = "%Y-%b-%d"
MIDNIGHT = " 00:00:00"
ALIKE = {"enrolstatus": "C", "boarder": "N", "classtype": "O", "servicechild": "N"}
"""What is the same for every pupil here."""
YOUNG_CARER = [("N", 0.985), ("P", 0.01), ("S", 0.005)]
MOST_ENROLMENTS = 100_000_000
PUPILS = {"pupilonroll": "pupilonrolltableid", "pupilnolongeronroll": "pupilnolongeronrolltableid"}
"""The two tables of pupils and their keys."""
TERM_DETAILS = {
    "pupilonroll": ("termlysessiondetailsonroll", "summerhalfterm2sessiondetailsonroll"),
    "pupilnolongeronroll": ("termlysessiondetailsoffroll", "summerhalfterm2sessiondetailsoffroll"),
}
"""Where the sessions of their pupils stand: of the term, and of the second half of the summer term."""


@cache
def _layout() -> pl.DataFrame:
    text = {"since": pl.Int64, "until": pl.Int64}
    return pl.read_csv(DATA / "school_census_columns.csv", schema_overrides=text)


@cache
def columns(table: str, year: int, census: str) -> list[str]:
    """The header of a table in a census's extract."""
    in_force = (pl.col("since").fill_null(0) <= year) & (pl.col("until").fill_null(9999) >= year)
    in_census = pl.col("censuses").str.contains(census, literal=True).fill_null(True)
    return _layout().filter(in_force, in_census, pl.col("table") == table)["column"].to_list()


def enrolments(country: Country, whole: SchoolYear, census: Census) -> pl.DataFrame:
    """A census's enrolments by authority and school, each with a number of its own in the school year."""
    made = census_enrolments(country, whole, census)
    return sorted_by_la(made, country.places.codes(whole.year)).with_row_index(
        "enrolment", offset=census.place * MOST_ENROLMENTS
    )


def tables(country: Country, year: int, census: Census, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Every table as text, sorted by authority, with `person` beside the rows of pupils."""
    pupils = _pupils(country, rows, year, census)
    on = pupils.filter(pl.col("leaving") >= FAR)
    off = pupils.filter(pl.col("leaving") < FAR)
    made = {
        "schoolcensus": _schools(country, year, census),
        "pupilonroll": on,
        "pupilnolongeronroll": off,
        **_of_both("termlysessiondetails", _sessions(country, rows, year, census), on, off),
        **_of_both("termlyexclusions", _exclusions(country, pupils, census), on, off),
    }
    if census.is_last:
        made |= _of_both(
            "summerhalfterm2sessiondetails", _sessions(country, rows, year, census, True), on, off
        )
        made["addressesonroll"] = _addresses(country, on, census)
        made["fsmperiodsonroll"] = _details(_free_meals(country, on, year), on)
    else:
        made["addresses"] = _addresses(country, on, census)
        made["fsmperiod"] = _details(_free_meals(country, on, year), on)
    if census.name == "spring":
        made["senneeds"] = _details(_needs(country, on), on)
    return {name: _keyed(name, frame, census, salt, year) for salt, (name, frame) in enumerate(made.items())}


def _sessions(
    country: Country, rows: pl.DataFrame, year: int, census: Census, second_half: bool = False
) -> pl.DataFrame:
    rng = stream(country.seed, f"sessions {year} {census.name} {second_half}")
    return session_rows(rng, rows, year, second_half=second_half)


def _of_both(name: str, rows: pl.DataFrame, on: pl.DataFrame, off: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The table of pupils on roll and that of those no longer on roll."""
    return {f"{name}onroll": _details(rows, on), f"{name}offroll": _details(rows, off)}


@cache
def _quads() -> pl.Series:
    return pl.Series([f"{number:04x}" for number in range(65536)])


def hex_ids(numbers: pl.Series, salt: int) -> pl.Series:
    """Identifiers as COLLECT makes them up: scattered hexadecimal digits, each number its own."""
    mixed = (numbers.cast(pl.UInt64).to_numpy() * np.uint64(0x9E3779B1) + np.uint64(salt * 7919)) % np.uint64(
        2**32
    )
    quads = _quads()
    high = quads.gather(pl.Series(mixed >> np.uint64(16)))
    low = quads.gather(pl.Series(mixed & np.uint64(65535)))
    return high + low


def _keyed(name: str, frame: pl.DataFrame, census: Census, salt: int, year: int) -> pl.DataFrame:
    """The table's own key and the running number within the authority; columns that stay empty."""
    own = f"{name}tableid"
    if own not in frame.columns:
        ids = hex_ids(pl.Series(np.arange(len(frame))), year * 31 + salt + 1000 * census.place)
        frame = frame.with_columns(ids.alias(own))
    order = pl.int_range(1, pl.len() + 1).over("la").cast(pl.String).alias(f"{name}orderseqcolumn")
    frame = frame.with_columns(order)
    absent = [column for column in columns(name, year, census.name) if column not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(column) for column in absent)


def _school_key(school: pl.Series, census: Census) -> list[pl.Series]:
    return [
        ("SCH" + school.cast(pl.String)).alias("NativeId"),
        hex_ids(school, census.day).alias("sourceid"),
        hex_ids(school, census.day + 3).alias("schoolcensustableid"),
    ]


def _schools(country: Country, year: int, census: Census) -> pl.DataFrame:
    frame = sorted_by_la(country.schools.frame, country.places.codes(year))
    taken = text_date(pl.lit(census.day), MOMENT) + MIDNIGHT
    return frame.with_columns(
        *_school_key(frame["school"], census),
        term=pl.lit(census.code), collection=pl.lit("SC"), name=pl.lit("School Census"), year=pl.lit(str(year)),
        referencedate=taken, sourcelevel=pl.lit("L"), estab=pl.col("estab").cast(pl.String),
        softwarecode=pl.lit("synthetic"), release=pl.lit("1.0"), serialno=pl.lit("1"), xversion=pl.lit("1"),
        datetime=text_date(pl.lit(census.day + 20), MOMENT) + MIDNIGHT, lea=pl.col("la"),
        urn=pl.col("urn").cast(pl.String),
    )  # fmt: skip


def _pupils(country: Country, rows: pl.DataFrame, year: int, census: Census) -> pl.DataFrame:
    """Who the pupil is, as the school wrote it down."""
    people, person = country.people, rows["person"].to_numpy()
    written = country.pupils.identity[person]
    names = people.names[person]
    adopted = pl.Series(people.adopted[person] <= census.day)
    surname = written["surname"].zip_with(~adopted, names["adoptive_surname"])
    upn = names["upn"].zip_with(~adopted, names["second_upn"])
    upn = _temporary(upn).zip_with(written["upn_temporary"] & (rows["age"] <= 6), upn)
    key = hex_ids(rows["enrolment"], year + 11)
    pupil_id = (key + "-" + hex_ids(rows["enrolment"], year + 12).str.slice(3, 3)).alias("pupil_id")
    former = names["former_surname"]
    return rows.with_columns(
        *_school_key(rows["school"], census),
        pupil_id.alias("pupilonrolltableid"),
        pupil_id.alias("pupilnolongeronrolltableid"),
        written["forename"].alias("forename"),
        surname.alias("surname"),
        names["middle_name"].alias("middlenames"),
        surname.alias("preferredsurname"),
        former.set(adopted, None).alias("formersurname"),
        upn.alias("upn"),
        names["former_upn"].set(adopted, None).alias("formerupn"),
        names["uln"].set(rows["age"] < 13, None).alias("uniquelearnernumber"),
        *_plain_columns(country, rows, written, year, census),
    ).pipe(birds.spoil, country.canaries, "dob", "2014-Feb-31 00:00:00")


def _temporary(upn: pl.Series) -> pl.Series:
    """A temporary number ends in a letter; A counts nought, so the check letter leaves out the last place."""
    digits = upn.str.slice(1, 11)
    number = digits.cast(pl.Int64).to_numpy()
    matrix = number[:, None] // 10 ** np.arange(10, -1, -1, dtype=np.int64) % 10
    letters = pl.Series(list(UPN_LETTERS)).gather(pl.Series((matrix * np.arange(2, 13)).sum(axis=1) % 23))
    return letters + digits + "A"


def _plain_columns(
    country: Country, rows: pl.DataFrame, written: pl.DataFrame, year: int, census: Census
) -> list[pl.Series]:
    """Everything else on the pupil's row; in October pupils on roll are a year group further."""
    person, count = rows["person"].to_numpy(), len(rows)
    rng = stream(country.seed, f"pupil rows {year} {census.name}")
    gone = rows["leaving"].to_numpy() < FAR
    age = rows["age"].to_numpy() + (census.is_last & ~gone)
    days = rows.select("entry", "leaving", written["born"].alias("born"))
    texts = days.select(
        dob=text_date("born", MOMENT) + MIDNIGHT, entrydate=text_date("entry", MOMENT) + MIDNIGHT,
        leavingdate=text_date(pl.when(pl.col("leaving") < FAR).then("leaving"), MOMENT) + MIDNIGHT,
    )  # fmt: skip
    sex = _either(written["is_girl"], "F", "M").alias("sex" if year + census.is_last >= 2024 else "gender")
    counted = (rows["possible"] > 0) | rows["age"].is_between(4, 15)
    term, half = (
        rows[name].cast(pl.String).set(~counted, None).alias(f"{kind}sessionspossible")
        for name, kind in (("possible", "termly"), ("possible_2", "summerhalfterm2"))
    )
    return [
        *texts.get_columns(), sex, term, half, _ethnicity(country, person),
        _year_group("ncyearactual", age), _year_group("ncyearleaving", np.maximum(rows["age"].to_numpy(), 2)),
        country.habits.sen.gather(person).alias("senprovision"),
        *(pl.Series(name, [text]).new_from_index(0, count) for name, text in ALIKE.items()),
        _either(pl.Series(age < 4), "1", "0").alias("parttime"), _language(country, person).alias("language"),
        drawn(rng, YOUNG_CARER, count).alias("youngcarer"),
        _either(pl.Series(happens(rng, 0.5, count)), "1", "0").alias("schoollunchtaken"),
    ]  # fmt: skip


def _ethnicity(country: Country, person: Ints) -> pl.Series:
    """A third of the authorities' schools use the detailed codes where there is one."""
    table = ethnicity_table()
    index = country.people.ethnicity[person]
    main = table["code"].gather(index)
    detailed = pl.Series(country.people.la[person] % 3 == 1)
    fine = table["detailed"].gather(index)
    return main.zip_with(~(detailed & fine.is_not_null()), fine).alias("ethnicity")


def _either(flags: pl.Series, yes: str, no: str) -> pl.Series:
    return pl.Series([no, yes]).gather(flags.cast(pl.UInt32))


def _language(country: Country, person: Ints) -> pl.Series:
    at_home = {"south_asian_muslim": "URD", "indian": "PNJ", "east_european": "POL", "middle_eastern": "ARA"}
    community = ethnicity_table()["community"].to_list()
    codes = pl.Series([at_home.get(name, "ENG") for name in community])
    return codes.gather(country.people.ethnicity[person])


def _year_group(name: str, age: Ints) -> pl.Series:
    groups = pl.Series(name, ["N1", "N2", "R", *[str(number) for number in range(1, 14)]])
    return groups.gather(np.minimum(age - 2, 15))


def _details(rows: pl.DataFrame, pupils: pl.DataFrame) -> pl.DataFrame:
    """Rows of detail with the keys of their pupil."""
    keys = pupils.select(
        "enrolment",
        "la",
        "person",
        "NativeId",
        "sourceid",
        "pupilonrolltableid",
        "pupilnolongeronrolltableid",
    )
    return keys.join(rows, on="enrolment", how="inner", maintain_order="left_right")


def _addresses(country: Country, on: pl.DataFrame, census: Census) -> pl.DataFrame:
    """Home on census day; a looked-after child's home is the placement."""
    people, person = country.people, on["person"].to_numpy()
    postcode = people.home_postcode(person, census.day)
    placed = np.full(len(people), -1)
    care = country.care_episodes.filter(pl.col("placed_postcode").is_not_null())
    care = care.filter(
        (pl.col("decom") <= census.day) & (pl.col("dec") > census.day) & (pl.col("PLACE") != "P1")
    )
    placed[care["person"].to_numpy()] = care["placed_postcode"].to_numpy()
    postcode = np.where(placed[person] >= 0, placed[person], postcode)
    blank = country.pupils.identity["postcode_missing"].gather(person)
    text = country.places.postcodes.gather(pl.Series(postcode)).set(blank, None).alias("postcode")
    keys = on.select("la", "person", "NativeId", "sourceid", "pupilonrolltableid")
    return birds.mark(keys.with_columns(text), country.canaries, {"postcode": "placement_postcode"})


def _exclusions(country: Country, pupils: pl.DataFrame, census: Census) -> pl.DataFrame:
    """Suspensions of the term, and a few permanent exclusions."""
    rng = stream(country.seed, f"exclusions {census.day}")
    likely = np.where(pupils["group"].to_numpy() == "", 0.016, 0.07) * np.where(
        pupils["age"].to_numpy() > 10, 1.8, 0.3
    )
    rows = pupils.filter(pl.Series(rng.random(len(pupils)) < likely) & (pl.col("possible") > 20))
    count = len(rows)
    starts = rng.integers(census.halves[0][0] + 8, census.halves[-1][1] - 5, count)
    starts = to_friday(starts.clip(rows["entry"].to_numpy(), rows["leaving"].to_numpy()))
    reasons = [
        ("DB", 0.5),
        ("VA", 0.16),
        ("PP", 0.15),
        ("PA", 0.05),
        ("DA", 0.04),
        ("OW", 0.03),
        ("BU", 0.03),
        ("DM", 0.04),
    ]
    kinds = [("SUSP", 0.985), ("PERM", 0.01), ("LNCH", 0.005)]
    return rows.select(
        "enrolment", "senprovision",
        (text_date(pl.lit(pl.Series(starts)), MOMENT) + MIDNIGHT).alias("startdate"),
        pl.lit(pl.Series(2 * rng.integers(1, 6, count))).cast(pl.String).alias("sessions"),
        pl.lit(drawn(rng, reasons, count)).alias("reason1"),
        pl.lit(drawn(rng, kinds, count)).alias("category"),
    )  # fmt: skip


def _needs(country: Country, on: pl.DataFrame) -> pl.DataFrame:
    """The first kind of special need, by rank."""
    shares = [
        ("SLCN", 0.27),
        ("SEMH", 0.21),
        ("ASD", 0.17),
        ("MLD", 0.13),
        ("SPLD", 0.12),
        ("SLD", 0.04),
        ("PD", 0.03),
        ("OTH", 0.03),
    ]
    kinds = drawn(stream(country.seed, "kinds of need"), shares, len(country.people))
    rows = on.filter(pl.col("senprovision") != "N")
    kind = kinds.gather(rows["person"]).alias("sentype")
    return rows.select("enrolment").with_columns(pl.lit("1").alias("sentyperank"), kind)


def _free_meals(country: Country, on: pl.DataFrame, year: int) -> pl.DataFrame:
    has = pl.Series(country.habits.free_meals[on["person"].to_numpy()], dtype=pl.Boolean)
    rows = on.filter(has)
    since = day(year - 2, 9, 1) + rows["person"].to_numpy() % 400
    return rows.select("enrolment").with_columns(
        (text_date(pl.lit(pl.Series(since)), MOMENT) + MIDNIGHT).alias("fsmstartdate"),
        pl.lit("ENG").alias("ukcountry"),
    )
