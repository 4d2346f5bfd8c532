"""How long the published pages take: all indicators and authorities, three years of made-up figures.

    .venv/bin/python benchmarks/pages.py

Prints a line for the results: pages, the largest, processor seconds for those of indicators and of authorities.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assets.pages import making  # noqa: E402
from tests.pages import figures  # noqa: E402


def main() -> None:
    material, write, spent = figures.material(figures.everything()), making.write_authorities, [0.0]

    def timed(*told: object) -> None:
        began = time.process_time()
        write(*told)  # type: ignore[arg-type]
        spent[0] = time.process_time() - began

    with tempfile.TemporaryDirectory() as folder, mock.patch.object(making, "write_authorities", timed):
        began = time.process_time()
        making.write_pages(Path(folder) / "pages", material)
        whole = time.process_time() - began
        sizes = [path.stat().st_size for path in Path(folder).rglob("*.html")]
    print(f"| {len(sizes)} | {max(sizes) / 1000:.0f} kB | {whole - spent[0]:.1f} | {spent[0]:.1f} |")


if __name__ == "__main__":
    main()
