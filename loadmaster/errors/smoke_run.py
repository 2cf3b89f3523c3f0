"""A smoke test as a run of its own: it had no result, or not the one that the release needs."""

from __future__ import annotations

from loadmaster.errors.base import LoadmasterError


class SmokeNotPassed(LoadmasterError):
    """The test ran, and its verdict is not the one that the release needs."""

    def __init__(self, verdict: str, where: str, told: str) -> None:
        super().__init__(
            f"The LSM smoke test says `{verdict}` for {where}: {told}",
            why="the kernel did not deny what it was told to deny, or nobody could see it deny.",
            fix="read the timeline in the run's artifact; `loadmaster smoke --doctor` shows what a host can do. With "
            '`mode = "best-effort"` in `[smoke]` of the profile, what the host cannot do is skipped.',
        )


class SmokeRunLate(LoadmasterError):
    """The run on the work pool had not ended in time; it was cancelled."""

    def __init__(self, run: str, seconds: float, state: str) -> None:
        super().__init__(
            f"The smoke test's run `{run}` was still `{state}` after {seconds:.0f} s, and was cancelled.",
            why="the pool `ebpf` has no free worker, or its host is much too slow.",
            fix="look at the pool's workers in the UI, then try again: published crates stay published.",
        )


class SmokeRunLost(LoadmasterError):
    """The run ended without an outcome."""

    def __init__(self, run: str, state: str, told: str) -> None:
        super().__init__(
            f"The smoke test's run `{run}` ended as `{state}` without an outcome: {told}",
            why="its worker was stopped, its host lacks something, or the run was cancelled by hand.",
            fix="read the run's log in the UI and mend what it says, then try again.",
        )
