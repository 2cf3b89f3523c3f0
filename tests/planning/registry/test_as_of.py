"""A file of the index as it was at an instant."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.registry.as_of import PUBTIME, lines_as_of, start_of_release

THEN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def line(version: str, days: float = 0.0, *, yanked: bool = False) -> bytes:
    out = (THEN + timedelta(days=days)).strftime(PUBTIME)
    return json.dumps({"vers": version, "yanked": yanked, "pubtime": out}, separators=(",", ":")).encode()


def offered(*lines: bytes) -> list[str]:
    return [each["vers"] for each in map(json.loads, lines_as_of(lines, THEN)) if not each["yanked"]]


CASES = [
    pytest.param([line("1.0.0", -1), line("1.1.0", 1)], ["1.0.0"], id="what came later is not there"),
    pytest.param(
        [line("0.10.0", -1, yanked=True), line("0.10.1", 1)],
        ["0.10.0"],
        id="a version that was yanked for a later successor is offered",
    ),
    pytest.param(
        [line("1.0.0", -2), line("1.1.0", -1, yanked=True), line("1.2.0", 1)],
        ["1.0.0"],
        id="a yanked version stays yanked where something compatible was out",
    ),
    pytest.param([line("1.0.0", -1, yanked=True)], [], id="a yanked version without a successor stays yanked"),
    pytest.param(
        [line("1.0.0", -2, yanked=True), line("1.1.0", -1, yanked=True), line("1.2.0", 1)],
        ["1.1.0"],
        id="of several yanked ones the newest is offered",
    ),
    pytest.param([line("0.1.0", -1, yanked=True), line("0.2.0", 1)], [], id="a successor of another series is none"),
]


@pytest.mark.parametrize(("lines", "versions"), CASES)
def test_what_was_offered_then(lines: list[bytes], versions: list[str]) -> None:
    assert offered(*lines) == versions


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-9, 0), st.booleans()), max_size=8))
def test_seen_as_of_now_nothing_is_changed(versions: list[tuple[int, int, int, bool]]) -> None:
    lines = tuple(line(f"{major}.{minor}.0", days, yanked=yanked) for major, minor, days, yanked in versions)
    assert lines_as_of(lines, THEN) == lines


def test_lines_without_pubtime_stay() -> None:
    lines = [b'{"vers":"1.0.0"}', line("2.0.0"), line("3.0.0", 1)]
    assert lines_as_of(lines, THEN) == (lines[0], lines[1])


def at(*days: float) -> list[datetime]:
    return [THEN + timedelta(days=each) for each in days]


@pytest.mark.parametrize(
    ("starts", "uploads", "start"),
    [
        pytest.param([-9], [], 0, id="a release of which nothing is out begins now, whatever failed before"),
        pytest.param([-9], [-8, -7], -9, id="a resumed release began with the run that uploaded first"),
        pytest.param([-9, -6], [-5], -6, id="a run that nothing came of is passed over"),
        pytest.param([-9, -4], [-8], -9, id="a run that came after the first upload is no start"),
        pytest.param([], [-8, -7], -8, id="a release that began elsewhere began with its first upload"),
        pytest.param([], [1], 0, id="what this very run uploaded has its own start"),
    ],
)
def test_a_release_packages_as_of_its_start(starts: list[float], uploads: list[float], start: float) -> None:
    assert start_of_release(THEN, at(*starts), at(*uploads)) == at(start)[0]
