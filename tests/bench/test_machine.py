"""How much of the machine's time others had."""

from __future__ import annotations

import pytest

from bench.machine import MachineWatch, share_of_others


@pytest.mark.parametrize(
    ("wall", "busy", "ours", "share"),
    [(20.0, 8.0, 6.0, 0.1), (20.0, 6.0, 6.0, 0.0), (20.0, 5.9, 6.0, 0.0), (20.0, 20.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0)],
)
def test_it_is_what_was_busy_and_not_ours(wall: float, busy: float, ours: float, share: float) -> None:
    assert share_of_others(wall, busy, ours) == pytest.approx(share)


def test_a_machine_is_watched_from_the_beginning_on() -> None:
    assert 0.0 <= MachineWatch(()).others(program_cpu_seconds=0.0) <= 1.5
