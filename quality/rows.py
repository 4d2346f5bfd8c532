"""Rows as whoever asks has them: a list of mappings, or a frame of one of several libraries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any


def mappings(rows: Any) -> list[Any]:
    """The rows of a list of mappings or of a polars, pandas or Arrow frame."""
    if hasattr(rows, "to_dicts"):
        return list(rows.to_dicts())
    if hasattr(rows, "to_pylist"):
        return list(rows.to_pylist())
    if hasattr(rows, "to_dict"):
        return list(rows.to_dict("records"))
    return list(rows)


def text_of(value: Any) -> str | None:
    """One value as an authority would have sent it."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return None if value != value else str(int(value) if value.is_integer() else value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
