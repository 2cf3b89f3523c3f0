"""What else the machine did while something was measured: the share of its processors' time that others had."""

from __future__ import annotations

import os
from time import monotonic
from typing import NamedTuple

import psutil

from bench.process import cpu_seconds


class _Instant(NamedTuple):
    seconds: float
    busy: float
    """CPU time of the whole machine, in seconds; what a hypervisor gave to other machines counts, too."""
    ours: float
    """CPU time of this process, and of all that it started."""


class MachineWatch:
    """Begins to count when it is made. Needs `adopt_orphans`: what the bench starts is its own, whoever started it in between."""

    def __init__(self) -> None:
        self._begun = _now()

    def others(self) -> float:
        """The share of all processors' time since then, between 0 and 1, that nobody had whom the bench started."""
        end = _now()
        wall = (end.seconds - self._begun.seconds) * (psutil.cpu_count() or 1)
        return share_of_others(wall, end.busy - self._begun.busy, end.ours - self._begun.ours)


def share_of_others(wall: float, busy: float, ours: float) -> float:
    """Of `wall` seconds of all processors together, `busy` of which somebody had. Never less than none: clocks are coarse."""
    return max(busy - ours, 0.0) / wall if wall > 0 else 0.0


def _now() -> _Instant:
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # On Linux a guest's time is part of `user` already.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return _Instant(monotonic(), sum(times) - idle - guests, cpu_seconds([os.getpid()]))
