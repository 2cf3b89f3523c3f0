"""What else the machine did while something was measured: the share of its processors' time that others had."""

from __future__ import annotations

import os
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

import psutil

from bench.process import cpu_seconds


class _Instant(NamedTuple):
    seconds: float
    busy: float
    """CPU time of the whole machine, in seconds; what a hypervisor gave to other machines counts, too."""
    ours: float
    """CPU time of this process, and of those that are watched."""


class MachineWatch:
    """Begins to count when it is made. `ours` are the processes that belong to the measurement, besides the measured program."""

    def __init__(self, ours: Sequence[int]) -> None:
        self._ours, self._begun = ours, _now(ours)

    def others(self, program_cpu_seconds: float) -> float:
        """The share of all processors' time since then, between 0 and 1, that neither the program nor ours had."""
        end = _now(self._ours)
        wall = (end.seconds - self._begun.seconds) * (psutil.cpu_count() or 1)
        return share_of_others(wall, end.busy - self._begun.busy, end.ours - self._begun.ours + program_cpu_seconds)


def share_of_others(wall: float, busy: float, ours: float) -> float:
    """Of `wall` seconds of all processors together, `busy` of which somebody had. Never less than none: clocks are coarse."""
    return max(busy - ours, 0.0) / wall if wall > 0 else 0.0


def _now(ours: Sequence[int]) -> _Instant:
    times, own = psutil.cpu_times(), os.times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # On Linux a guest's time is part of `user` already.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return _Instant(monotonic(), sum(times) - idle - guests, own.user + own.system + cpu_seconds(ours))
