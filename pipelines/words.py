"""What the program says: human words on stderr, and JSON alone on stdout when asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping


def say(*lines: str) -> None:
    """Words for a person, on stderr."""
    for line in lines:
        print(line, file=sys.stderr)


def answer(result: Mapping[str, object], as_json: bool, *lines: str) -> None:
    """The result of a verb: one JSON document on stdout, or words on stderr."""
    if as_json:
        json.dump(result, sys.stdout, indent=2, default=str, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        say(*lines)


def number(n: int) -> str:
    """1234567 as 1,234,567."""
    return f"{n:,}"


def several(n: int, one: str, many: str) -> str:
    """`1 authority`, `2 authorities`."""
    return f"{number(n)} {one if n == 1 else many}"
