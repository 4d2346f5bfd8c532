"""Mistakes put into the returns on purpose, each noted with the rule that should find it.

A fault is a line of a table: which rows could carry it, what is changed, which rule speaks of it. A row
carries at most one, and the children who are looked for (the canaries) carry none of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from synthetic.csv_files import row_numbers, text_date
from synthetic.rates import Rates, happens, stream

NOTHING = pl.lit(None, dtype=pl.String)
NOTED = ("fault", "rule", "return", "year", "la", "census", "table", "child", "row", "row_key")


@dataclass(frozen=True)
class Fault:
    """One kind of mistake in one table; `stands_in` is the table of the return, where it has another name."""

    name: str
    rule: str
    table: str
    where: pl.Expr
    changes: Mapping[str, pl.Expr]
    key: str
    since: int = 0
    until: int = 9999
    stands_in: str = ""


def _present(*columns: str) -> pl.Expr:
    return pl.all_horizontal(pl.col(column).is_not_null() for column in columns)


def _wrong_letter(column: str) -> pl.Expr:
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    following = dict(zip(letters, letters[1:] + letters[0], strict=True))
    return pl.col(column).str.slice(0, 1).replace(following) + pl.col(column).str.slice(1)


def _day_after(column: str, days: int, pattern: str) -> pl.Expr:
    return text_date(pl.col(column) + days, pattern)


EVERY_ROW = pl.lit(True)
UK, ISO = "%d/%m/%Y", "%Y-%m-%d"
PREVIOUS_UPN = pl.col("UPN").shift(1).over("la")

CIN_FAULTS = (
    Fault(
        "closure_without_reason",
        "8805",
        "CINdetails",
        _present("ReasonForClosure"),
        {"ReasonForClosure": NOTHING},
        "CINreferralDate",
    ),
    Fault(
        "reason_without_closure",
        "8810",
        "CINdetails",
        _present("CINclosureDate"),
        {"CINclosureDate": NOTHING},
        "CINreferralDate",
    ),
    Fault("nfa_flag_missing", "8568", "CINdetails", EVERY_ROW, {"ReferralNFA": NOTHING}, "CINreferralDate"),
    Fault(
        "closure_before_referral",
        "8630",
        "CINdetails",
        _present("CINclosureDate"),
        {"CINclosureDate": _day_after("referral", -4, ISO)},
        "CINreferralDate",
    ),
    Fault(
        "upn_check_letter",
        "1510",
        "ChildIdentifiers",
        _present("UPN"),
        {"UPN": _wrong_letter("UPN")},
        "LAchildID",
    ),
    Fault(
        "upn_twice",
        "1520",
        "ChildIdentifiers",
        _present("UPN") & PREVIOUS_UPN.is_not_null(),
        {"UPN": PREVIOUS_UPN},
        "LAchildID",
    ),
    Fault(
        "ethnicity_not_a_code",
        "4220",
        "ChildIdentifiers",
        EVERY_ROW,
        {"Ethnicity": pl.lit("WXYZ")},
        "LAchildID",
        stands_in="ChildCharacteristics",
    ),
    Fault(
        "none_beside_a_disability",
        "8790",
        "ChildIdentifiers",
        pl.col("disabilities") != "NONE",
        {"disabilities": pl.col("disabilities") + "|NONE"},
        "LAchildID",
    ),
    Fault(
        "factor_21_with_others",
        "8869",
        "Assessments",
        pl.col("factors") != "21",
        {"factors": pl.col("factors") + "|21"},
        "AssessmentActualStartDate",
    ),
    Fault(
        "review_before_plan",
        "8841",
        "Reviews",
        EVERY_ROW,
        {"CPPreviewDate": _day_after("start", -1, ISO)},
        "CPPreviewDate",
    ),
)

SSDA903_FAULTS = (
    Fault(
        "open_episode_followed",
        "142",
        "episodes",
        (pl.col("REC") == "X1") & (pl.col("person").shift(-1) == pl.col("person")),
        {"DEC": NOTHING, "REC": NOTHING, "REASON_PLACE_CHANGE": NOTHING},
        "DECOM",
    ),
    Fault(
        "ended_before_it_began",
        "356",
        "episodes",
        _present("DEC"),
        {"DEC": _day_after("decom", -5, UK)},
        "DECOM",
    ),
    Fault("end_without_reason", "148", "episodes", _present("REC"), {"REC": NOTHING}, "DECOM"),
    Fault(
        "placement_code_not_in_year",
        "146",
        "episodes",
        EVERY_ROW,
        {"PLACE": pl.lit("Z11")},
        "DECOM",
        until=2025,
    ),
    Fault("placement_code_ended", "146", "episodes", EVERY_ROW, {"PLACE": pl.lit("Z1")}, "DECOM", since=2026),
    Fault("legal_status_not_a_code", "144", "episodes", EVERY_ROW, {"LS": pl.lit("Q9")}, "DECOM"),
    Fault("born_after_the_year", "301", "header", EVERY_ROW, {"DOB": pl.lit("15/05/2031")}, "CHILD"),
    Fault(
        "upn_reason_not_a_code",
        "168",
        "header",
        pl.col("UPN").str.starts_with("UN"),
        {"UPN": pl.lit("UN9")},
        "CHILD",
    ),
    Fault("sex_not_a_code", "101", "header", EVERY_ROW, {"SEX": pl.lit("3")}, "CHILD"),
    Fault("ethnicity_not_a_code", "103", "header", EVERY_ROW, {"ETHNIC": pl.lit("WXYZ")}, "CHILD"),
    Fault(
        "upn_twice",
        "444",
        "header",
        ~pl.col("UPN").str.starts_with("UN") & ~PREVIOUS_UPN.str.starts_with("UN"),
        {"UPN": PREVIOUS_UPN},
        "CHILD",
        since=2026,
    ),
    Fault("review_code_not_a_code", "167", "reviews", EVERY_ROW, {"REVIEW_CODE": pl.lit("PN9")}, "REVIEW"),
    Fault(
        "found_before_missing",
        "567",
        "missing",
        _present("MIS_END"),
        {"MIS_END": _day_after("starts", -1, UK)},
        "MIS_START",
    ),
    Fault("in_touch_not_a_code", "131", "oc3", EVERY_ROW, {"IN_TOUCH": pl.lit("MAYBE")}, "CHILD"),
    Fault(
        "worker_number_not_valid",
        "SW02STG1",
        "sw_episodes",
        EVERY_ROW,
        {"SW_ID": "ZZ" + pl.col("SW_ID").str.slice(2)},
        "SW_DECOM",
        since=2024,
    ),
)

SCHOOL_FAULTS = (
    Fault(
        "session_code_unknown",
        "",
        "termlysessiondetailsonroll",
        EVERY_ROW,
        {"attendancereason": pl.lit("A9")},
        "attendancereason",
    ),
    Fault(
        "sum_is_not_possible",
        "",
        "pupilonroll",
        _present("termlysessionspossible"),
        {"termlysessionspossible": (pl.col("termlysessionspossible").cast(pl.Int64) + 6).cast(pl.String)},
        "pupilonrolltableid",
    ),
)


class Planter:
    """Plants the faults of one return and one year, and keeps the list of what was planted."""

    def __init__(self, seed: int, rates: Rates, return_: str, year: int, spared: list[int]) -> None:
        self.rng = stream(seed, f"faults {return_} {year}")
        self.rates, self.return_, self.year = rates, return_, year
        self.spared = pl.Series(spared, dtype=pl.Int64)
        self.census = ""
        self.noted: list[pl.DataFrame] = []

    def plant(
        self, frame: pl.DataFrame, faults: tuple[Fault, ...], table: str, child: str | None, census: str = ""
    ) -> pl.DataFrame:
        """The table with its faults; `child` is the column that names the child, where the table has one."""
        self.census = census
        spared = pl.col("person").is_in(self.spared.implode())
        marked = frame.with_columns(row_numbers().alias("row"), spared.alias("carries"))
        for fault in faults:
            if fault.table == table and fault.since <= self.year <= fault.until:
                marked = self._one(marked, fault, child)
        return marked.drop("row", "carries")

    def _one(self, frame: pl.DataFrame, fault: Fault, child: str | None) -> pl.DataFrame:
        chance = pl.Series(happens(self.rng, self.rates.fault(fault.name), len(frame)), dtype=pl.Boolean)
        hit = frame.select(
            (fault.where.fill_null(False) & ~pl.col("carries") & chance).alias("hit")
        ).to_series()
        if not hit.any():
            return frame
        self._note(frame.filter(hit), fault, child)
        changed = [
            pl.when(hit).then(value).otherwise(pl.col(column)).alias(column)
            for column, value in fault.changes.items()
        ]
        return frame.with_columns(*changed, (pl.col("carries") | pl.lit(hit)).alias("carries"))

    def _note(self, rows: pl.DataFrame, fault: Fault, child: str | None) -> None:
        self.noted.append(
            rows.select(
                pl.lit(fault.name).alias("fault"),
                pl.lit(fault.rule).alias("rule"),
                pl.lit(self.return_).alias("return"),
                pl.lit(self.year, dtype=pl.Int64).alias("year"),
                "la",
                pl.lit(self.census).alias("census"),
                pl.lit(fault.stands_in or fault.table).alias("table"),
                (pl.col(child) if child else NOTHING).alias("child"),
                pl.col("row").cast(pl.Int64),
                pl.col(fault.key).cast(pl.String).alias("row_key"),
            )
        )

    def note_file(self, fault: str, rule: str, table: str, las: list[str]) -> None:
        """A fault of a whole file."""
        self.noted += [
            pl.DataFrame(
                [(fault, rule, self.return_, self.year, la, self.census, table, None, 1, None)],
                schema=_schema(),
                orient="row",
            )
            for la in las
        ]

    def frame(self) -> pl.DataFrame:
        """Everything planted, in the order of planting."""
        return pl.concat([pl.DataFrame(schema=_schema()), *self.noted])


def _schema() -> dict[str, type[pl.DataType]]:
    return {name: pl.Int64 if name in ("year", "row") else pl.String for name in NOTED}
