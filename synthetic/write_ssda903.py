"""The SSDA903 on disk: a CSV for each table, or one XML file that holds everything of a child together.

The XML has the order of elements of the department's schema (3.3.0), in one line. Social workers and orders
that deprive of liberty have no place in that schema; an authority that sends XML sends them as a CSV beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from synthetic import forms
from synthetic.csv_files import write_by_la
from synthetic.ssda903 import COLUMNS, table_columns
from synthetic.xml_text import element, gather, group

DECLARATION = "<?xml version='1.0' encoding='us-ascii'?>\n"
BESIDE_XML = ("sw_episodes", "dolo")
CHILD = ["la", "person"]
ADOPTED = ("DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR")
LEFT = ("IN_TOUCH", "ACTIV", "ACCOM")
REPEATED = {
    "missing": ("AMISSING", ("MISSING", "MIS_START", "MIS_END")),
    "reviews": ("AREVIEW", ("REVIEW", "REVIEW_CODE")),
    "previous_permanence": ("PERMANENCE", ("PREV_PERM", "LA_PERM", "DATE_PERM")),
    "oc2": ("OC2", tuple(COLUMNS["oc2"].split()[2:])),
    "placed_adoption": ("AD_PLACED", ("DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED")),
}


def write_ssda903(
    sent: Mapping[str, pl.DataFrame], folder: Path, las: Sequence[str], *, clean: bool
) -> tuple[int, int]:
    """Write every authority's return in the form that it uses; how many files, and how many bytes."""
    form = partial(forms.csv_of_903, clean=clean)
    with_xml = [la for la in las if forms.sends_xml(la)]
    size = files = 0
    for name, rows in sent.items():
        senders = las if name in BESIDE_XML else [la for la in las if la not in with_xml]
        theirs = rows.filter(pl.col("la").is_in(senders))
        size += write_by_la(theirs, table_columns(name), folder, f"{name}.csv", senders, form)
        files += len(senders)
    texts = _children({name: rows.filter(pl.col("la").is_in(with_xml)) for name, rows in sent.items()})
    for la in with_xml:
        path = folder / la / "ssda903.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        size += path.write_bytes(f"{DECLARATION}<EXPSSDA903>{texts.get(la, '')}</EXPSSDA903>".encode("ascii"))
    return files + len(with_xml), size


def _children(sent: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """Each authority's children as XML, in the order of the header."""
    rows = sent["header"]
    for name, part in _parts(sent).items():
        rows = rows.join(part.rename({part.columns[-1]: name}), on=CHILD, how="left", maintain_order="left")
    inside = {name: pl.col(name).fill_null("") for name in ("uasc", "ad1", "oc3", *REPEATED, "episodes")}
    header = pl.concat_str(
        pl.lit("<CHILD><HEADER>"),
        element("CHILDID", "CHILD"), *(element(name) for name in ("UPN", "SEX", "DOB", "ETHNIC")),
        pl.col("uasc").fill_null("<UASC>0</UASC>"), inside["ad1"], inside["oc3"], inside["missing"],
        inside["reviews"], _or_empty("MOTHER"), _or_empty("MC_DOB"), inside["previous_permanence"],
        inside["oc2"], inside["placed_adoption"],
        pl.lit("</HEADER>"), inside["episodes"], pl.lit("</CHILD>"),
    )  # fmt: skip
    return dict(gather(rows, ["la"], header, "children").iter_rows())


def _parts(sent: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """What stands in or beside a child's header: la, person, text."""
    unaccompanied = pl.concat_str(pl.lit("<UASC>1</UASC>"), element("DUC"))
    found = {
        "uasc": gather(sent["uasc"], CHILD, unaccompanied, "text"),
        "ad1": gather(sent["ad1"], CHILD, pl.concat_str(element(name) for name in ADOPTED), "text"),
        "oc3": gather(sent["oc3"], CHILD, pl.concat_str(element(name) for name in LEFT), "text"),
    }
    for name, (tag, columns) in REPEATED.items():
        xml = group(tag, *(element(column) for column in columns))
        found[name] = gather(sent[name], CHILD, xml.str.strip_chars_end("\n"), "text")
    return found | {"episodes": gather(sent["episodes"], CHILD, _episode(), "text")}


def _episode() -> pl.Expr:
    """An open episode has its end, reason and change as empty elements."""
    parts = [
        *(element(name) for name in ("DECOM", "RNE", "LS", "CIN")), element("PL", "PLACE"),
        *(element(name) for name in ("PL_POST", "HOME_POST", "URN", "PLACE_PROVIDER")),
        *(_or_empty(name) for name in ("DEC", "REC", "REASON_PLACE_CHANGE")),
    ]  # fmt: skip
    return group("EPISODE", *parts).str.strip_chars_end("\n")


def _or_empty(name: str) -> pl.Expr:
    return pl.concat_str(pl.lit(f"<{name}>"), pl.col(name), pl.lit(f"</{name}>")).fill_null(f"<{name} />")
