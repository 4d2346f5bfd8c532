"""The spring school census of one year as text, table by table, as authorities download it from COLLECT.

It is taken in January and carries the sessions of the autumn term: counts by reason code, with the codes
that were in force in that school year.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from synthetic import canaries as birds
from synthetic.country import Country
from synthetic.csv_files import sorted_by_la, text_date
from synthetic.days import FAR, Codes, Ints, census_day, day
from synthetic.groups import groups_at_year_end
from synthetic.matching import pick
from synthetic.names import ethnicity_table
from synthetic.numbers import UPN_LETTERS
from synthetic.places import DATA
from synthetic.rates import happens, stream
from synthetic.schools import make_enrolments
from synthetic.sessions import session_rows

MOMENT = "%Y-%b-%d"
MIDNIGHT = " 00:00:00"
TABLES = (
    "schoolcensus", "pupilonroll", "pupilnolongeronroll", "addresses", "termlysessiondetailsonroll",
    "termlysessiondetailsoffroll", "termlyexclusionsonroll", "termlyexclusionsoffroll",
    "senneeds", "fsmperiod",
)  # fmt: skip


@cache
def _layout() -> pl.DataFrame:
    text = {"since": pl.Int64, "until": pl.Int64}
    return pl.read_csv(DATA / "school_census_columns.csv", schema_overrides=text)


def columns(table: str, year: int) -> list[str]:
    """The header of a table in the year's extract."""
    in_force = (pl.col("since").fill_null(0) <= year) & (pl.col("until").fill_null(9999) >= year)
    return _layout().filter(in_force, pl.col("table") == table)["column"].to_list()


def enrolments(country: Country, year: int) -> pl.DataFrame:
    """The year's enrolments, sorted by authority and school, with the authority of the school."""
    groups = groups_at_year_end(country.periods, country.episodes, year)
    made = make_enrolments(
        country.people,
        country.schools,
        country.habits,
        country.care_episodes,
        groups,
        country.places,
        year,
        country.seed,
    )
    school_la = country.schools.frame.select(pl.col("school").cast(pl.Int64), "la", "estab", "urn")
    joined = made.join(school_la, on="school", how="left", maintain_order="left").sort(
        "school", "person", maintain_order=True
    )
    return sorted_by_la(joined, country.places.codes(year)).with_row_index("enrolment")


def tables(country: Country, year: int, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Every table as text, sorted by authority, with `person` beside the rows of pupils."""
    pupils = _pupils(country, rows, year)
    on = pupils.filter(pl.col("leaving") >= FAR)
    off = pupils.filter(pl.col("leaving") < FAR)
    sessions = session_rows(country, rows, year)
    exclusions = _exclusions(country, pupils, year)
    made = {
        "schoolcensus": _schools(country, year),
        "pupilonroll": on,
        "pupilnolongeronroll": off,
        "addresses": _addresses(country, on, year),
        "termlysessiondetailsonroll": _details(sessions, on),
        "termlysessiondetailsoffroll": _details(sessions, off),
        "termlyexclusionsonroll": _details(exclusions, on),
        "termlyexclusionsoffroll": _details(exclusions, off),
        "senneeds": _details(_needs(country, on, year), on),
        "fsmperiod": _details(_free_meals(country, on, year), on),
    }
    return {name: _keyed(name, frame, number, year) for number, (name, frame) in enumerate(made.items())}


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


def _keyed(name: str, frame: pl.DataFrame, number: int, year: int) -> pl.DataFrame:
    """The table's own key and the running number within the authority."""
    own = f"{name}tableid"
    if own not in frame.columns:
        frame = frame.with_columns(hex_ids(pl.Series(np.arange(len(frame))), year * 31 + number).alias(own))
    order = pl.int_range(1, pl.len() + 1).over("la").cast(pl.String).alias(f"{name}orderseqcolumn")
    frame = frame.with_columns(order)
    absent = [column for column in columns(name, year) if column not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(column) for column in absent)


def _school_key(school: pl.Series, year: int) -> list[pl.Series]:
    return [
        ("SCH" + school.cast(pl.String)).alias("NativeId"),
        hex_ids(school, year).alias("sourceid"),
        hex_ids(school, year + 3).alias("schoolcensustableid"),
    ]


def _schools(country: Country, year: int) -> pl.DataFrame:
    frame = sorted_by_la(country.schools.frame, country.places.codes(year))
    taken = text_date(pl.lit(census_day(year)), MOMENT) + MIDNIGHT
    return frame.with_columns(
        *_school_key(frame["school"], year),
        term=pl.lit("SPR"), collection=pl.lit("SC"), name=pl.lit("School Census"), year=pl.lit(str(year)),
        referencedate=taken, sourcelevel=pl.lit("L"), estab=pl.col("estab").cast(pl.String),
        softwarecode=pl.lit("synthetic"), release=pl.lit("1.0"), serialno=pl.lit("1"), xversion=pl.lit("1"),
        datetime=text_date(pl.lit(census_day(year) + 20), MOMENT) + MIDNIGHT, lea=pl.col("la"),
        urn=pl.col("urn").cast(pl.String),
    )  # fmt: skip


def _pupils(country: Country, rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """Who the pupil is, as the school wrote it down."""
    people, person = country.people, rows["person"].to_numpy()
    written = country.pupils.identity[person]
    names = people.names[person]
    adopted = pl.Series(people.adopted[person] <= census_day(year))
    surname = written["surname"].zip_with(~adopted, names["adoptive_surname"])
    upn = names["upn"].zip_with(~adopted, names["second_upn"])
    upn = _temporary(upn).zip_with(written["upn_temporary"] & (rows["age"] <= 6), upn)
    key = hex_ids(rows["enrolment"], year + 11)
    pupil_id = (key + "-" + hex_ids(rows["enrolment"], year + 12).str.slice(3, 3)).alias("pupil_id")
    former = names["former_surname"]
    return rows.with_columns(
        *_school_key(rows["school"], year),
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
        *_plain_columns(country, rows, written, year),
    ).pipe(birds.spoil, country.canaries, "dob", "2014-Feb-31 00:00:00")


def _temporary(upn: pl.Series) -> pl.Series:
    """A temporary number ends in a letter; A counts nought, so the check letter leaves out the last place."""
    digits = upn.str.slice(1, 11)
    number = digits.cast(pl.Int64).to_numpy()
    matrix = number[:, None] // 10 ** np.arange(10, -1, -1, dtype=np.int64) % 10
    letters = pl.Series(list(UPN_LETTERS)).gather(pl.Series((matrix * np.arange(2, 13)).sum(axis=1) % 23))
    return letters + digits + "A"


def _plain_columns(country: Country, rows: pl.DataFrame, written: pl.DataFrame, year: int) -> list[pl.Series]:
    """Everything else on the pupil's row."""
    person, count = rows["person"].to_numpy(), len(rows)
    rng = stream(country.seed, f"pupil rows {year}")
    days = rows.select("entry", "leaving", written["born"].alias("born"))
    texts = days.select(
        dob=text_date("born", MOMENT) + MIDNIGHT, entrydate=text_date("entry", MOMENT) + MIDNIGHT,
        leavingdate=text_date(pl.when(pl.col("leaving") < FAR).then("leaving"), MOMENT) + MIDNIGHT,
    )  # fmt: skip
    girl = written["is_girl"].to_numpy()
    sex = pl.Series("sex" if year >= 2024 else "gender", np.where(girl, "F", "M").astype(str))
    counted = (rows["possible"] > 0) | rows["age"].is_between(4, 15)
    possible = rows["possible"].cast(pl.String).set(~counted, None).alias("termlysessionspossible")
    carer = pick(rng, [("N", 0.985), ("P", 0.01), ("S", 0.005)], count)
    return [
        *texts.get_columns(), sex, possible, _ethnicity(country, person),
        _year_group(rows["age"].to_numpy()),
        pl.Series("senprovision", country.habits.sen[person].astype(str)),
        pl.Series("enrolstatus", np.full(count, "C")), pl.Series("boarder", np.full(count, "N")),
        pl.Series("parttime", np.where(rows["age"].to_numpy() < 4, "1", "0").astype(str)),
        pl.Series("language", _language(country, person)), pl.Series("classtype", np.full(count, "O")),
        pl.Series("youngcarer", carer.astype(str)), pl.Series("servicechild", np.full(count, "N")),
        pl.Series("schoollunchtaken", np.where(happens(rng, 0.5, count), "1", "0").astype(str)),
    ]  # fmt: skip


def _ethnicity(country: Country, person: Ints) -> pl.Series:
    """A third of the authorities' schools use the detailed codes where there is one."""
    table = ethnicity_table()
    index = country.people.ethnicity[person]
    main = table["code"].gather(index)
    detailed = pl.Series(country.people.la[person] % 3 == 1)
    fine = table["detailed"].gather(index)
    return main.zip_with(~(detailed & fine.is_not_null()), fine).alias("ethnicity")


def _language(country: Country, person: Ints) -> Codes:
    at_home = {"south_asian_muslim": "URD", "indian": "PNJ", "east_european": "POL", "middle_eastern": "ARA"}
    community = ethnicity_table()["community"].to_list()
    codes = np.array([at_home.get(name, "ENG") for name in community])
    return codes[country.people.ethnicity[person]]


def _year_group(age: Ints) -> pl.Series:
    names = np.array(["N1", "N2", "R", *[str(number) for number in range(1, 14)]])
    return pl.Series("ncyearactual", names[age - 2])


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


def _addresses(country: Country, on: pl.DataFrame, year: int) -> pl.DataFrame:
    """Home on census day; a looked-after child's home is the placement."""
    people, person = country.people, on["person"].to_numpy()
    postcode = people.home_postcode(person, census_day(year))
    placed = np.full(len(people), -1)
    care = country.care_episodes.filter(pl.col("placed_postcode").is_not_null())
    care = care.filter(
        (pl.col("decom") <= census_day(year)) & (pl.col("dec") > census_day(year)) & (pl.col("PLACE") != "P1")
    )
    placed[care["person"].to_numpy()] = care["placed_postcode"].to_numpy()
    postcode = np.where(placed[person] >= 0, placed[person], postcode)
    blank = country.pupils.identity["postcode_missing"].gather(person)
    text = country.places.postcodes.gather(pl.Series(postcode)).set(blank, None).alias("postcode")
    keys = on.select("la", "person", "NativeId", "sourceid", "pupilonrolltableid")
    return birds.mark(keys.with_columns(text), country.canaries, {"postcode": "placement_postcode"})


def _exclusions(country: Country, pupils: pl.DataFrame, year: int) -> pl.DataFrame:
    """Suspensions of the autumn term, and a few permanent exclusions."""
    rng = stream(country.seed, f"exclusions {year}")
    likely = np.where(pupils["group"].to_numpy() == "", 0.016, 0.07) * np.where(
        pupils["age"].to_numpy() > 10, 1.8, 0.3
    )
    rows = pupils.filter(pl.Series(rng.random(len(pupils)) < likely) & (pl.col("possible") > 20))
    count = len(rows)
    starts = day(year - 1, 9, 16) + rng.integers(0, 80, count)
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
        pl.lit(pl.Series(pick(rng, reasons, count).astype(str))).alias("reason1"),
        pl.lit(pl.Series(pick(rng, kinds, count).astype(str))).alias("category"),
    )  # fmt: skip


def _needs(country: Country, on: pl.DataFrame, year: int) -> pl.DataFrame:
    """The first kind of special need, by rank."""
    del year
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
    kinds = pick(stream(country.seed, "kinds of need"), shares, len(country.people)).astype(str)
    rows = on.filter(pl.col("senprovision") != "N")
    kind = pl.Series("sentype", kinds[rows["person"].to_numpy()])
    return rows.select("enrolment").with_columns(pl.lit("1").alias("sentyperank"), kind)


def _free_meals(country: Country, on: pl.DataFrame, year: int) -> pl.DataFrame:
    has = pl.Series(country.habits.free_meals[on["person"].to_numpy()], dtype=pl.Boolean)
    rows = on.filter(has)
    since = day(year - 2, 9, 1) + rows["person"].to_numpy() % 400
    return rows.select("enrolment").with_columns(
        (text_date(pl.lit(pl.Series(since)), MOMENT) + MIDNIGHT).alias("fsmstartdate"),
        pl.lit("ENG").alias("ukcountry"),
    )
