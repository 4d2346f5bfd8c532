"""What the machine has, which limits of time and memory are made from."""

from __future__ import annotations

import os


def machine_memory() -> int:
    """Bytes of memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
