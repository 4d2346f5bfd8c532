"""Work in portions: never too many at once, never too many bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar


class Sized(Protocol):
    @property
    def size(self) -> int:
        """Bytes."""


T = TypeVar("T", bound=Sized)


def portions(items: Iterable[T], *, most: int, most_bytes: int) -> Iterator[list[T]]:
    """The items in order, up to `most` and `most_bytes` together; one that is larger goes alone."""
    portion, size = list[T](), 0
    for item in items:
        if portion and (len(portion) == most or size + item.size > most_bytes):
            yield portion
            portion, size = [], 0
        portion.append(item)
        size += item.size
    if portion:
        yield portion
