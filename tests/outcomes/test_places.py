"""An authority beside its statistical neighbours, and beside what chance alone would do."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

import duckdb
import pytest

from schemas.authorities import load_reference
from schemas.duck import connect
from tests.outcomes.drawn import measured, read_tables

KINSHIP = {"202": (9, 20), "204": (2, 30), "301": (5, 10), "330": (1, 40), "850": (0, 12), "941": (12, 20)}
"""Children fostered by relatives, of how many looked after, by authority."""


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    lines = [
        f"2025 | {la} | {'A' * (n // 26)}{chr(65 + n % 26)} | 01/06/2023 | S | C2 | {'U1' if n < kin else 'U4'} | |"
        for la, (kin, all_) in KINSHIP.items()
        for n in range(all_)
    ]
    text = "\n".join(["ssda903_episodes", "year | la | CHILD | DECOM | RNE | LS | PLACE | DEC | REC", *lines])
    folder = tmp_path_factory.mktemp("places")
    with measured(read_tables(text), folder) as opened:
        yield opened


def test_neighbours_are_counted_together_and_without_the_authority_itself(
    con: duckdb.DuckDBPyConnection,
) -> None:
    found = con.execute(
        "select la_code, numerator, denominator from measured.indicator where indicator_id = 'place_kinship_foster' "
        "and geographic_level = 'Statistical neighbours' and breakdown = 'Total' and numerator is not null"
    ).fetchall()
    assert {la: (n, d) for la, n, d in found} == by_hand(con)
    assert any(la in KINSHIP for la, *_ in found), (
        "the drawing holds no authority beside a neighbour of its own"
    )


def by_hand(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """An authority at a time."""
    with connect() as other:
        load_reference(other)
        pairs = other.execute("select la_code, neighbour_la_code from reference.neighbours").fetchall()
    sums: dict[str, tuple[int, int]] = {}
    for la, neighbour in pairs:
        if neighbour in KINSHIP:
            kin, all_ = sums.get(la, (0, 0))
            sums[la] = (kin + KINSHIP[neighbour][0], all_ + KINSHIP[neighbour][1])
    return sums


def test_a_funnel_is_as_worked_out_by_hand(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(
        "select la_code, england_value, lower_95, upper_998, z, overdispersion, z_adjusted from measured.funnel "
        "where indicator_id = 'place_kinship_foster' and year = 2025"
    ).fetchall()
    england = sum(k for k, _ in KINSHIP.values()) / sum(n for _, n in KINSHIP.values())
    error = {la: math.sqrt(england * (1 - england) / n) for la, (_, n) in KINSHIP.items()}
    z = {la: (k / n - england) / error[la] for la, (k, n) in KINSHIP.items()}
    deciles = statistics.quantiles(z.values(), n=10, method="inclusive")
    drawn_in = [max(deciles[0], min(deciles[-1], one)) for one in z.values()]
    over = max(1.0, statistics.fmean(one**2 for one in drawn_in))
    assert over > 2, "the drawing shows no more than chance"
    assert {row[0] for row in found} == set(KINSHIP)
    for la, told, lower, upper, distance, spread, adjusted in found:
        assert told == pytest.approx(100 * england, abs=1e-6)
        assert lower == pytest.approx(100 * max(0, england - 1.959964 * error[la]), abs=1e-5)
        assert upper == pytest.approx(100 * min(1, england + 3.090232 * error[la]), abs=1e-5)
        assert (distance, spread) == pytest.approx((z[la], over), abs=1e-5)
        assert adjusted == pytest.approx(z[la] / math.sqrt(over), abs=1e-5)


def test_a_share_that_is_the_same_everywhere_has_no_funnel(con: duckdb.DuckDBPyConnection) -> None:
    query = "select count(*) from measured.funnel where indicator_id = 'place_foster'"
    assert con.execute(query).fetchall() == [(0,)]
