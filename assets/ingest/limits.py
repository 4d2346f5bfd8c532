"""How much time, memory and disk one file from an authority may cost us before we stop reading it.

One hostile or broken file must never stop the other 152 authorities. The limits grow with the size of
what is read, so that a national school census passes and a small file that explodes does not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from schemas.machine import machine_memory

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """Limits for reading; the defaults suit one authority's files on an ordinary machine."""

    max_file_bytes: int = 8 * GIB
    """A larger file is not read at all."""
    seconds: float = 60.0
    seconds_per_mib: float = 3.0
    memory_bytes: int = 512 * MIB
    """Resident memory of one reading process, before the size of the file is counted."""
    memory_per_byte: float = 12.0
    output_bytes: int = 64 * GIB
    """The largest single file that a reading process may write."""
    max_columns: int = 2_000
    workers: int | None = None
    """Reading processes; by default one per core that this process may use."""

    def time_for(self, size: int) -> float:
        """Seconds allowed for a job over `size` bytes."""
        return self.seconds + self.seconds_per_mib * size / MIB

    def memory_for(self, size: int) -> int:
        """Bytes of resident memory allowed for a job over `size` bytes: never more than half of the machine's."""
        return int(min(self.memory_bytes + self.memory_per_byte * size, machine_memory() / 2))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
