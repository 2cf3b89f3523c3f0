"""An outage that lasted longer than the profile waits for its end."""

from __future__ import annotations

from typing import ClassVar

from loadmaster.errors.base import LoadmasterError


class OutageNotOver(LoadmasterError):
    """Somebody was out of reach for longer than the profile's patience. `error` is the code of the error that told of it."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True

    def __init__(self, error: str, told: str, tries: int, seconds: float) -> None:
        often = "once" if tries == 1 else f"{tries} times"
        super().__init__(
            f"{told.rstrip('.')}. It was tried {often}, and the outage has lasted {seconds:.0f} s.",
            why="it lasted longer than `patience` in the profile.",
            fix="wait until it is over, then try again: what took effect meanwhile is recognised, and not done again.",
        )
