"""Charts as inline SVG: they print, they scale, and they carry nothing but the figures that are shown.

Every chart has a title and a description for those who do not see it, and stands above a table with the same
figures. Nothing is told by colour alone: England's line is thick and labelled, the regions' are thin.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Line = Sequence[float | None]
Bounds = tuple[float, float]
"""A figure with only the surest links, and with less sure ones as well; either may be the higher."""


@dataclass(frozen=True)
class Frame:
    """The field of a chart: its size, its margins, and the values at its upper and its lower edge."""

    top_value: float
    wide: int = 480
    high: int = 250
    left: int = 46
    right: int = 66
    top: int = 18
    bottom: int = 28
    least: float = 0.0

    def y(self, value: float) -> float:
        return self.top + (self.high - self.top - self.bottom) * (self.top_value - value) / (
            self.top_value - self.least
        )

    def middles(self, n: int) -> list[float]:
        """Where n things stand side by side."""
        each = (self.wide - self.left - self.right) / max(n, 1)
        return [self.left + each * (i + 0.5) for i in range(n)]


def nice_top(values: Sequence[float]) -> float:
    """The end of an axis that begins at nought: a round number not below any value."""
    highest = max(values, default=0)
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next(
        s * power for s in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10) if s * power >= highest * 0.999999
    )


def ends_of_shares(values: Sequence[float]) -> tuple[float, float]:
    """The ends of an axis of four round steps that holds shares: dots, unlike columns, need not stand on nought."""
    for step in (0.5, 1, 2, 2.5, 5, 10, 15, 20, 25):
        least = min(math.floor(min(values) / step) * step, 100 - 4 * step)
        if least + 4 * step >= max(values):
            break
    return least, least + 4 * step


def most(values: Sequence[float]) -> float:
    """How far a ranking is drawn: to the highest, unless that dwarfs all but a twentieth of the others.

    A rate in a place with hardly any children (the Isles of Scilly) would flatten everybody else's.
    """
    ordered = sorted(values)
    if not ordered:
        return 0.0
    usual = ordered[int(0.95 * (len(ordered) - 1))]
    return ordered[-1] if ordered[-1] <= 2 * usual else nice_top([1.5 * usual])


def trend(
    title: str,
    description: str,
    periods: Sequence[str],
    lines: Sequence[Line],
    labels: Sequence[str],
    bounds: Sequence[Bounds | None],
) -> Markup:
    """A line for each place over the years, England's first in `lines`, thick, with its values as `labels`.

    Where there are `bounds` of a value of England's, a whisker goes from one to the other.
    """
    known = [value for line in (*lines, *filter(None, bounds)) for value in line if value is not None]
    frame = Frame(nice_top(known))
    at = frame.middles(len(periods))
    parts = [*_axis(frame), *_under(frame, at, [name.split(",")[0] for name in periods])]
    parts += [_line(frame, at, line, "region") for line in lines[1:]]
    parts += [_line(frame, at, lines[0], "england"), *_whiskers(frame, at, bounds)]
    parts += _values(frame, at, lines[0], labels, bounds)
    return _drawing(title, description, frame, parts)


def ranked(
    title: str, description: str, values: Sequence[float], england: float | None, label: str
) -> Markup:
    """A thin column for each authority, lowest first, and a line where England is."""
    frame = Frame(nice_top([most(values), england or 0]), high=200, bottom=10)
    at, base = frame.middles(len(values)), frame.y(0)
    width = max(0.8, (frame.wide - frame.left - frame.right) / max(len(values), 1) * 0.72)
    ends = [frame.y(min(value, frame.top_value)) for value in values]
    columns = "".join(f"M{x:.1f} {base:.1f}V{y:.1f}" for x, y in zip(at, ends, strict=True))
    parts = [*_axis(frame), f'<path class="columns" stroke-width="{width:.2f}" d="{columns}"/>']
    if england is not None:
        parts += _level(frame, england, label)
    return _drawing(title, description, frame, parts)


@dataclass(frozen=True)
class Mark:
    """A place in a funnel: out of how many its share is, the share, the limit beyond which it lies, and what is told."""

    x: float
    y: float
    beyond: str
    told: str


def funnel(
    title: str,
    description: str,
    marks: Sequence[Mark],
    level: tuple[float, str],
    along: Line,
    limits: Mapping[str, Sequence[Line]],
) -> Markup:
    """Shares over what they are out of; `level` is England's with its label, `limits` the curves over `along`."""
    least, top = ends_of_shares([level[0], *(m.y for m in marks)])
    frame, furthest = Frame(top, high=280, least=least), nice_top([m.x for m in marks])
    step = (frame.wide - frame.left - frame.right) / furthest
    at = [frame.left + step * (x or 0) for x in along]
    ticks = [furthest * i / 4 for i in range(5)]
    parts = [
        *_axis(frame),
        *_under(frame, [frame.left + step * x for x in ticks], [f"{x:,.10g}" for x in ticks]),
    ]
    parts += [_curve(frame, at, curve, name) for name, curves in limits.items() for curve in curves]
    parts += _level(frame, *level)
    parts += [_mark(frame.left + step * m.x, frame.y(m.y), m) for m in sorted(marks, key=lambda m: m.beyond)]
    return _drawing(title, description, frame, parts)


def _curve(frame: Frame, at: Sequence[float], curve: Line, name: str) -> str:
    """A limit, as far as it is within the field."""
    inside = [v if v is not None and frame.least <= v <= frame.top_value else None for v in curve]
    return f'<path class="limit{name[:2]}" d="{_path(frame, at, inside)}"/>'


def _mark(x: float, y: float, mark: Mark) -> str:
    """A ring within the limits, a dot beyond the inner, a lozenge beyond the outer."""
    told = f"<title>{escape(mark.told)}</title>"
    if mark.beyond == "99.8":
        return f'<path class="far" d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5-5z">{told}</path>'
    return f'<circle class="{"out" if mark.beyond else "in"}" cx="{x:.1f}" cy="{y:.1f}" r="3">{told}</circle>'


def _level(frame: Frame, value: float, label: str) -> Iterator[str]:
    """A line across, with its name at the end."""
    y, end = frame.y(value), frame.wide - frame.right
    yield f'<path class="level" d="M{frame.left} {y:.1f}H{end}"/>'
    yield f'<text class="name" x="{end + 5}" y="{y - 3:.1f}">England</text>'
    yield f'<text class="name" x="{end + 5}" y="{y + 12:.1f}">{escape(label)}</text>'


def spark(line: Line) -> Markup:
    """A trend as small as a word, beside the figures that say the same."""
    frame = Frame(nice_top([v for v in line if v is not None]), 90, 24, 4, 4, 4, 4)
    at = frame.middles(len(line))
    drawn = _line(frame, at, line, "england")
    return Markup(f'<svg class="spark" aria-hidden="true" viewBox="0 0 90 24">{drawn}</svg>')  # noqa: S704


def small(own: Line, others: Mapping[str, Line]) -> Markup:
    """A trend with dots over lines of other kinds without, small, beside the figures that say the same."""
    known = [v for line in (own, *others.values()) for v in line if v is not None]
    frame = Frame(nice_top(known), 150, 64, 4, 4, 5, 4)
    at = frame.middles(len(own))
    lines = (f'<path class="{kind}" d="{_path(frame, at, line)}"/>' for kind, line in others.items())
    drawn = f'<path class="base" d="M4 60H146"/>{"".join(lines)}{_line(frame, at, own, "own")}'
    return Markup(f'<svg class="small" aria-hidden="true" viewBox="0 0 150 64">{drawn}</svg>')  # noqa: S704


def _axis(frame: Frame) -> Iterator[str]:
    for i in range(5):
        value = frame.least + (frame.top_value - frame.least) * i / 4
        y = frame.y(value)
        yield f'<path class="grid" d="M{frame.left} {y:.1f}H{frame.wide - frame.right}"/>'
        yield f'<text x="{frame.left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.10g}</text>'


def _under(frame: Frame, at: Sequence[float], names: Sequence[str]) -> Iterator[str]:
    for x, name in zip(at, names, strict=True):
        yield f'<text x="{x:.1f}" y="{frame.high - 8}" text-anchor="middle">{escape(name)}</text>'


def _line(frame: Frame, at: Sequence[float], line: Line, kind: str) -> str:
    """A line with a gap where a value is not shown, and a dot on each that is."""
    path = _path(frame, at, line)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{frame.y(v):.1f}" r="{4 if kind == "england" else 1.5}"/>'
        for x, v in zip(at, line, strict=True)
        if v is not None
    )
    return f'<g class="{kind}"><path d="{path}"/>{dots}</g>' if path else ""


def _path(frame: Frame, at: Sequence[float], line: Line) -> str:
    path, pen = "", "M"
    for x, value in zip(at, line, strict=True):
        path += "" if value is None else f"{pen}{x:.1f} {frame.y(value):.1f}"
        pen = "M" if value is None else "L"
    return path


def _whiskers(frame: Frame, at: Sequence[float], bounds: Sequence[Bounds | None]) -> Iterator[str]:
    """A line between the bounds with a bar at either end, wide enough to be seen behind a dot."""
    for x, ends in zip(at, bounds, strict=True):
        if ends:
            low, high = (frame.y(value) for value in ends)
            bars = "".join(f"M{x - 7:.1f} {y:.1f}h14" for y in (low, high))
            yield f'<path class="whisker" d="M{x:.1f} {low:.1f}V{high:.1f}{bars}"/>'


def _values(
    frame: Frame, at: Sequence[float], line: Line, labels: Sequence[str], bounds: Sequence[Bounds | None]
) -> Iterator[str]:
    shown = [
        (x, frame.y(v), label, [frame.y(end) for end in ends or ()])
        for x, v, label, ends in zip(at, line, labels, bounds, strict=True)
        if v is not None
    ]
    for x, y, label, ends in shown:
        above = min([y - 9, *(end - 6 for end in ends)])
        yield f'<text class="name" x="{x:.1f}" y="{above:.1f}" text-anchor="middle">{label}</text>'
    if shown:
        x, y, *_ = shown[-1]
        yield f'<text class="name" x="{x + 9:.1f}" y="{y + 4:.1f}">England</text>'


def _drawing(title: str, description: str, frame: Frame, parts: Sequence[str]) -> Markup:
    told = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    head = (
        f'<svg class="chart" role="img" aria-label="{escape(title)}" viewBox="0 0 {frame.wide} {frame.high}">'
    )
    return Markup(f"{head}{told}{''.join(parts)}</svg>")  # noqa: S704
