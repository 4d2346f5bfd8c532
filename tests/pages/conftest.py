"""The pages of everything that there is an indicator of, made once for all tests that only read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.pages import write_pages
from tests.pages import figures


@pytest.fixture(scope="session")
def wholly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wholly") / "pages"
    write_pages(folder, figures.material(figures.everything()))
    return folder
