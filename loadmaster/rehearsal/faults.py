"""Scripted misfortune: which request fails, how, and how many times. Deterministic, and counted across restarts.

It knows faults and how to cut a connection. It refuses to know what requests mean, and where the counting is kept.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Literal

import psutil

from loadmaster.planning.value import Value, digest

Door = Literal["publish", "index", "download"]


class Fault(Value):
    """What happens to the next `times` requests that match."""

    on: Door
    crate: str | None = None
    """None matches any crate."""
    times: int = 1
    status: int | None = None
    """Answered instead of doing anything. None: the request goes on (late, or unanswered)."""
    detail: str = ""
    delay_seconds: float = 0
    retry_after_seconds: int | None = None
    lose_answer: bool = False
    """The request takes effect, then the connection is cut without a byte of answer."""


class FaultScript(Value):
    faults: tuple[Fault, ...]

    def due(self, on: Door, crate: str, fire: Callable[[str, int], bool]) -> Fault | None:
        """The first fault that matches and is not used up.

        `fire(key, times)` counts one more use of `key` and says whether that was within `times`; the key stays the same
        for the same fault at the same place of the script.
        """
        for place, fault in enumerate(self.faults):
            if fault.on == on and fault.crate in (None, crate) and fire(f"{place}:{digest(fault)}", fault.times):
                return fault
        return None


def cut_connection(client: tuple[str, int]) -> None:
    """Shuts down the TCP connection of this process that `client` (its address and port) has with a server here.

    An ASGI application cannot hang up: whatever it raises, the server answers 500. The socket can.
    """
    for connection in psutil.Process().net_connections(kind="tcp"):
        if tuple(connection.raddr) == client and connection.fd >= 0:
            with socket.socket(fileno=os.dup(connection.fd)) as handle:
                handle.shutdown(socket.SHUT_RDWR)
