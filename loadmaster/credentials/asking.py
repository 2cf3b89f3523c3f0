"""Asks the keeper of a home, and gives it what it is to hold. Every call tries once."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadmaster.credentials import wire
from loadmaster.credentials.memory import shield
from loadmaster.errors.credentials import KeeperSilent

PATIENCE = 10.0
"""Seconds for an answer, behind others who are before us."""
_OPEN_DESCRIPTORS = Path("/proc/self/fd")


def ask(home: Path, name: str) -> str | None:
    """The value that the keeper holds under this name; None if it holds none, or if there is no keeper. Raises `KeeperSilent`."""
    shield()
    match _exchange(home, name, [wire.ASK, name]):
        case [wire.HELD, value]:
            return value
        case [wire.NONE] | None:
            return None
        case _:
            raise KeeperSilent(name, "its answer is none that it gives")


def give(home: Path, name: str, value: str) -> bool:
    """Whether the value has replaced another one. Raises `KeeperSilent`."""
    match _exchange(home, name, [wire.GIVE, name, value]):
        case [wire.KEPT]:
            return False
        case [wire.REPLACED]:
            return True
        case None:
            raise KeeperSilent(name, "it has ended")
        case _:
            raise KeeperSilent(name, "it does not take the value")


def is_there(home: Path) -> bool:
    """Whether a keeper listens."""
    try:
        with _connected(home, time.monotonic() + PATIENCE):
            return True
    except OSError:
        return False


def _exchange(home: Path, name: str, request: list[str]) -> list[str] | None:
    """The keeper's answer; None if nobody listens there."""
    deadline = time.monotonic() + PATIENCE
    try:
        with _connected(home, deadline) as connection:
            if wire.user_at(connection) != os.geteuid():
                raise KeeperSilent(name, "it is another user's")
            wire.send(connection, request, deadline)
            return wire.receive(connection, deadline)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        return None
    except (OSError, wire.Malformed) as error:
        raise KeeperSilent(name, str(error)) from error


@contextmanager
def _connected(home: Path, deadline: float) -> Iterator[socket.socket]:
    """A connection by way of the directory's descriptor: a socket's address has room for about a hundred bytes of path."""
    place = os.open(home / wire.PLACE, os.O_RDONLY | os.O_DIRECTORY)
    try:
        by_descriptor = _OPEN_DESCRIPTORS / str(place)
        near = by_descriptor if by_descriptor.exists() else home / wire.PLACE
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(deadline - time.monotonic())
            connection.connect(str(near / wire.SOCKET))
            yield connection
    finally:
        os.close(place)
