"""The pages as a browser shows them, on a wide screen and on a telephone: nothing sticks out, everything can be read.

Chromium lays the pages out and says what it measured. Where there is none the tests skip and say so.
"""

from __future__ import annotations

import contextlib
import functools
import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDE, NARROW = 1280, 400
PAGES = (
    "index.html", "cla_rate.html", "ceased_sgo.html", "absence_overall_cino.html", "comparison.html",
    "authority/808.html",
)  # fmt: skip
LEAST_CONTRAST = 4.5
"""Of text and what is behind it, after the Web Content Accessibility Guidelines, level AA."""

LOOK = """
const shade = words => {
  const parts = words.match(/[\\d.]+/g).map(Number);
  return parts.length > 3 && parts[3] === 0 ? null : parts.slice(0, 3);
};
const light = rgb => {
  const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};
const behind = (view, element) => {
  const tile = element.closest('svg') && element.parentElement.querySelector('rect');
  if (tile) return shade(view.getComputedStyle(tile).fill) || [255, 255, 255];
  for (let one = element; one; one = one.parentElement) {
    const found = shade(view.getComputedStyle(one).backgroundColor);
    if (found) return found;
  }
  return [255, 255, 255];
};
const look = frame => {
  const page = frame.contentDocument, view = frame.contentWindow, root = page.documentElement;
  const told = [...page.body.querySelectorAll('*')].filter(one =>
    !['STYLE', 'SCRIPT', 'title', 'desc'].includes(one.tagName) && one.getClientRects().length &&
    [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  const faint = told.filter(one => {
    const style = view.getComputedStyle(one);
    const ink = shade(one.closest('svg') ? style.fill : style.color);
    return ink && contrast(ink, behind(view, one)) < LEAST;
  });
  const links = [...page.querySelectorAll('a[href]')], to = one => one.getAttribute('href');
  const reached = links.filter(one => one.tabIndex >= 0).map(to);
  const ids = [...page.querySelectorAll('[id]')].map(one => one.id);
  const nameless = [...page.querySelectorAll('svg')].filter(one =>
    !one.closest('[aria-hidden]') && !(one.getAttribute('role') === 'img' && one.getAttribute('aria-label')));
  return {
    over: root.scrollWidth - root.clientWidth, texts: told.length, heads: page.querySelectorAll('h1').length,
    faint: [...new Set(faint.map(one => `${one.tagName} ${one.getAttribute('class')}: ${one.textContent.trim()}`))],
    unreached: links.map(to).filter(one => !reached.includes(one)),
    twice: ids.filter((id, place) => ids.indexOf(id) !== place), nameless: nameless.length,
  };
};
const seen = {};
const next = left => {
  if (!left.length) { document.getElementById('seen').textContent = JSON.stringify(seen); return; }
  const [page, wide] = left[0], frame = document.createElement('iframe');
  frame.style.cssText = `border: 0; width: ${wide}px; height: 2000px`;
  frame.onload = () => { seen[`${page} ${wide}`] = look(frame); frame.remove(); next(left.slice(1)); };
  frame.src = 'pages/' + page;
  document.body.append(frame);
};
next(WANTED);
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: the tests say what went wrong."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder at an address of this machine: a browser lets no page from a file look into another."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def seen(wholly: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser says of every page at both widths."""
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    folder, wanted = (
        tmp_path_factory.mktemp("served"),
        [(page, wide) for page in PAGES for wide in (WIDE, NARROW)],
    )
    script = LOOK.replace("WANTED", json.dumps(wanted)).replace("LEAST", str(LEAST_CONTRAST))
    (folder / "pages").symlink_to(wholly)
    (folder / "look.html").write_text(f'<!doctype html><pre id="seen"></pre><script>{script}</script>')
    options = (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=60000",
        f"--user-data-dir={folder / 'browser'}", "--dump-dom",
    )  # fmt: skip
    with served(folder) as address:
        command = [BROWSER, *options, f"{address}/look.html"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)
    told = re.search(r'<pre id="seen">(.+?)</pre>', done.stdout, flags=re.S)
    assert told, "the browser ended before it had looked at every page"
    found: dict[str, Any] = json.loads(html.unescape(told[1]))
    assert len(found) == len(wanted)
    return found


@pytest.mark.parametrize("wide", [WIDE, NARROW])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_the_screen_and_can_be_read_and_reached(
    seen: dict[str, Any], page: str, wide: int
) -> None:
    look = seen[f"{page} {wide}"]
    assert look["texts"] > 20
    assert look["heads"] == 1
    assert look["over"] <= 0, f"sticks out by {look['over']} pixels"
    assert look["faint"] == []
    assert look["unreached"] == []
    assert look["twice"] == []
    assert look["nameless"] == 0
