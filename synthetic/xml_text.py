"""XML built from columns of text: an element is an expression, a group is the joined text of its rows."""

from __future__ import annotations

import polars as pl


def element(name: str, value: str | pl.Expr | None = None) -> pl.Expr:
    """`<name>value</name>`, or nothing where null; the column has the element's name unless given."""
    column = pl.col(name) if value is None else pl.col(value) if isinstance(value, str) else value
    return pl.concat_str(pl.lit(f"<{name}>"), column, pl.lit(f"</{name}>")).fill_null("")


def repeated(name: str, joined: str) -> pl.Expr:
    """One element for each value of a column of values joined by a bar."""
    values = pl.col(joined).str.replace_all("|", f"</{name}><{name}>", literal=True)
    return pl.concat_str(pl.lit(f"<{name}>"), values, pl.lit(f"</{name}>")).fill_null("")


def group(name: str, *parts: pl.Expr) -> pl.Expr:
    """A group of elements on a line of its own."""
    return pl.concat_str(pl.lit(f"<{name}>"), *parts, pl.lit(f"</{name}>\n"))


def gather(rows: pl.DataFrame, key: list[str], xml: pl.Expr, column: str) -> pl.DataFrame:
    """The XML of all rows of one key, in the order of the rows."""
    pieces = rows.select(*key, xml.alias(column))
    return pieces.group_by(key, maintain_order=True).agg(pl.col(column).str.join(""))
