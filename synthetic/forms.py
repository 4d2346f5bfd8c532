"""The same return in different clothes: what authorities' systems make of a file.

Every form here has been seen in real-looking files: a 903 as one XML file without a line break, a CSV saved
by a spreadsheet (a byte-order mark, Windows line ends), a CSV whose last line has no end, a CIN census laid
out line by line with true and false for 1 and 0, census tables in which numbers have decimals and flags are
words. An authority's code decides, so that it sends the same form every year.
"""

from __future__ import annotations

import polars as pl

BOM = b"\xef\xbb\xbf"
FLAGS = ("parttime", "schoollunchtaken")
NUMBERS = ("sessions", "termlysessionspossible", "summerhalfterm2sessionspossible", "sentyperank")


def sends_xml(la: str) -> bool:
    """Whether the authority sends its SSDA903 as XML: one in five does."""
    return int(la) % 5 == 0


def sends_census_xml(la: str) -> bool:
    """Whether the authority passes on its schools' own files, where any does: one in four."""
    return int(la) % 4 == 1


def schools_own(headers: pl.DataFrame) -> pl.DataFrame:
    """Headers of a census in which such files come from the school (S) and not from the authority."""
    from_school = pl.col("la").cast(pl.Int64) % 4 == 1
    return headers.with_columns(sourcelevel=pl.when(from_school).then(pl.lit("S")).otherwise("sourcelevel"))


def csv_of_903(la: str, content: bytes, *, clean: bool) -> bytes:
    """One table of the SSDA903 as the authority's system writes it.

    A byte-order mark is worth a remark to those who check files, so a clean country has none.
    """
    if int(la) % 7 == 5:
        return BOM * (not clean) + content.replace(b"\n", b"\r\n")
    return content.removesuffix(b"\n") if int(la) % 7 == 0 else content


def cin_census(la: str, text: str) -> str:
    """A CIN census: as it is, or an element to a line, without a declaration and with words for flags."""
    if int(la) % 4 != 2:
        return text
    body = text.partition("?>\n")[2].replace("><", ">\n<")
    for name in ("ReferralNFA", "ICPCnotRequired"):
        for flag, word in (("0", "false"), ("1", "true")):
            body = body.replace(f"<{name}>{flag}<", f"<{name}>{word}<")
    return body


def census_table(rows: pl.DataFrame) -> pl.DataFrame:
    """A table of the school census; in some authorities 1 is 1.0 or True."""
    decimals = {name: pl.col(name) + ".0" for name in NUMBERS if name in rows.columns}
    words = {
        name: pl.col(name).replace({"0": "False", "1": "True"}) for name in FLAGS if name in rows.columns
    }
    return rows.with_columns(
        pl.when(by_spreadsheet()).then(form).otherwise(name).alias(name)
        for name, form in (decimals | words).items()
    )


def by_spreadsheet() -> pl.Expr:
    """Rows of authorities whose census tables went through a spreadsheet."""
    return pl.col("la").cast(pl.Int64) % 7 == 4
