"""How much the command says on standard error: set once, from `-v` and `-q`."""

from __future__ import annotations

from enum import IntEnum


class Volume(IntEnum):
    QUIET = 0
    """The outcome and problems alone."""
    NORMAL = 1
    VERBOSE = 2
    """Also Prefect's log as it comes, and the receipt in full."""


_volume = Volume.NORMAL


def volume() -> Volume:
    return _volume


def set_volume(wanted: Volume) -> None:
    global _volume  # one process, one terminal
    _volume = wanted
