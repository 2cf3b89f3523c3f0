"""`python -m loadmaster.credentials.keeper HOME`: holds credentials in memory, and gives them to its own user's processes alone.

`up` starts it, and `down` ends it. It answers one request after the other. Whatever somebody sends, it goes on: a request that
is slow, long or no request ends with its connection. It imports nothing slow, and writes nothing down.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from loadmaster.credentials import wire
from loadmaster.credentials.memory import shield
from loadmaster.planning.profile.secret_variables import GIVEN_VARIABLES

REQUEST_SECONDS = 1.0
"""How long a request may take, from the connection to the answer. The next one waits meanwhile."""
WAITING = 64
"""Connections that may wait."""


class Keeper:
    """What is held, and what a request is answered. Only the variables that Loadmaster knows can be given."""

    def __init__(self) -> None:
        self._held: dict[str, str] = {}

    def answer(self, request: list[str]) -> list[str]:
        match request:
            case [wire.GIVE, name, value] if name in GIVEN_VARIABLES and value:
                before, self._held[name] = self._held.get(name), value
                return [wire.KEPT if before in (None, value) else wire.REPLACED]
            case [wire.ASK, name] if name in GIVEN_VARIABLES:
                return [wire.HELD, self._held[name]] if name in self._held else [wire.NONE]
            case _:
                return [wire.REFUSED]


def keep(home: Path) -> None:
    """Answers on the socket below `home` for ever. Raises OSError if it cannot be made."""
    shield()
    listener, keeper = listen(home), Keeper()
    while True:
        connection, _ = listener.accept()
        with connection:
            serve(connection, keeper)


def listen(home: Path) -> socket.socket:
    """The socket, in a directory that only its user can enter. Leaves the process there: a longer path fits into no address."""
    place = home / wire.PLACE
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    os.chdir(place)
    with suppress(FileNotFoundError):
        Path(wire.SOCKET).unlink()
    os.umask(0o177)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(wire.SOCKET)
    listener.listen(WAITING)
    return listener


def serve(connection: socket.socket, keeper: Keeper) -> None:
    """One request. Another user's process gets no answer."""
    deadline = time.monotonic() + REQUEST_SECONDS
    with suppress(OSError, wire.Malformed):
        if wire.user_at(connection) == os.geteuid():
            wire.send(connection, keeper.answer(wire.receive(connection, deadline)), deadline)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
