"""The boundary that errors pass before anyone sees them.

Libraries print the value they stumbled over: a date of birth in a cast, a name in a validation error.
Here an error keeps its kind and its place and loses its words, unless the words are ours. What we raise
ourselves is `Trouble`: it says what was expected, what came, where, and what to do next.
"""

from __future__ import annotations

import errno
import functools
import os
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

OS_ERROR = re.compile(r"\(os error (\d{1,4})\)")
OS_ERROR_LAST = re.compile(r"\(os error (\d{1,4})\)$")
OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE)
ROOT = Path(__file__).resolve().parent.parent


class Trouble(Exception):
    """An error whose words are ours and hold no value of any child: safe to print and to store."""


class WrongUse(Trouble):
    """The command, the configuration or the environment is not as it must be: exit code 2."""


class Refused(Trouble):
    """A check on a release said no: nothing was published."""


def place_of(error: BaseException) -> str:
    """The innermost line of our own code that the error passed: `assets/marts.py:41`."""
    ours = [
        f"{Path(frame.filename).resolve().relative_to(ROOT)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve().is_relative_to(ROOT) and ".venv" not in frame.filename
    ]
    return ours[-1] if ours else "outside our code"


def system_error(error: BaseException) -> int:
    """The number of the operating system's error behind this one; 0 where there is none.

    polars and DuckDB have it in their words only, which nobody gets to see.
    """
    if isinstance(error, OSError) and error.errno:
        return error.errno
    words = str(error)
    if found := OS_ERROR.search(words) if isinstance(error, OSError) else OS_ERROR_LAST.search(words):
        return int(found[1])
    return next((number for number in OF_THE_MACHINE if words.endswith(os.strerror(number))), 0)


def in_safe_words(error: BaseException, doing: str) -> Trouble:
    """The same failure without a value: ours keep their words, others keep kind and place."""
    if isinstance(error, Trouble):
        return type(error)(*error.args)
    kind = f"{type(error).__module__}.{type(error).__name__}".removeprefix("builtins.")
    number = system_error(error)
    said = f", because the system said: {os.strerror(number)}" if number else ""
    return Trouble(
        f"{doing} failed with {kind} at {place_of(error)}{said}. The message is withheld because it may hold a "
        "child's data; the release in use is unchanged."
    )


def guarded(doing: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let nothing but `Trouble` out of a function, and nothing attached to it.

    The new error is raised outside the `except` block on purpose: neither its cause nor its context
    holds the library's error, so no traceback printer or event log can reach it. (A `with` block could
    not do this: Python attaches the error it is handling to whatever is raised on the way out.)
    """

    def guard(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def safely(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                caught = in_safe_words(error, doing)
            raise caught

        return safely

    return guard
