"""Whether there are colours, and whether a picture may change in place. Pure: it gets the environment as an argument."""

from __future__ import annotations

from collections.abc import Mapping

_OFF = ("", "0", "false")


def wants_colours(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """By the conventions: `NO_COLOR` forbids, `FORCE_COLOR` and `CLICOLOR_FORCE` ask, else a terminal that can decides."""
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "").lower() not in _OFF for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_terminal and environ.get("TERM") != "dumb" and environ.get("CLICOLOR") != "0"


def can_redraw(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Whether lines may be written over: a terminal, and no dumb one."""
    return is_terminal and environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
