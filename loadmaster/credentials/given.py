"""The credentials that were given to this process, or to the keeper of its home. The only place where they are looked up.

Refuses to know what they open and who may have them: `loadmaster.credentials.sources` does.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from loadmaster.credentials.memory import shield
from loadmaster.credentials.token import SHORTEST
from loadmaster.errors import redaction
from loadmaster.errors.credentials import SecretFileUnread, SecretGivenTwice, SecretInEnvironment
from loadmaster.planning.profile.secret_variables import FILE, GIVEN_VARIABLES, SECRET_VARIABLES

_OWN: dict[str, str] = {}
_READING = threading.Lock()
_A_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")


def hold(secrets: Mapping[str, str]) -> None:
    """From now on this process has these, by the names of their variables."""
    for name, value in secrets.items():
        shield()
        if name in SECRET_VARIABLES and len(value) >= SHORTEST:
            redaction.know(value)
    _OWN.update(secrets)


def let_go() -> None:
    """Forgets what this process has."""
    _OWN.clear()


def own() -> Mapping[str, str]:
    """What this process itself was given."""
    return dict(_OWN)


def read_files() -> None:
    """Reads the files that `NAME_FILE` in the environment names, once, and removes these variables.

    A pipe is read to its end, and `/dev/fd/N` is closed. Raises `SecretFileUnread`, `SecretGivenTwice`.
    """
    with _READING:
        for name in sorted(GIVEN_VARIABLES):
            if place := os.environ.pop(name + FILE, ""):
                if name in _OWN:
                    raise SecretGivenTwice(name)
                hold({name: _read_once(name + FILE, place)})


def _read_once(variable: str, place: str) -> str:
    from loadmaster.credentials.wire import LONGEST_VALUE

    descriptor = _A_DESCRIPTOR.fullmatch(place)
    try:
        with Path(place).open("rb") as file:
            text = file.read(LONGEST_VALUE + 1)
        if descriptor is not None:
            os.close(int(descriptor[1]))
    except OSError as error:
        raise SecretFileUnread(variable, place, error.strerror or str(error)) from error
    if len(text) > LONGEST_VALUE:
        raise SecretFileUnread(variable, place, f"it has more than {LONGEST_VALUE} bytes")
    with suppress(UnicodeDecodeError):
        return text.decode().strip()
    raise SecretFileUnread(variable, place, "it is no text")


def given(name: str) -> str | None:
    """The value that was given under the name of this variable: to this process, else to the keeper of its home.

    None if nobody gave one. Raises `SecretInEnvironment`, `KeeperSilent`, and what `read_files` raises: a worker that somebody
    started by hand may have such a variable.
    """
    require_not_in_environment(name)
    read_files()
    if name in _OWN:
        return _OWN[name]
    from loadmaster.credentials import asking  # every command holds what it was given, and few ask the keeper
    from loadmaster.run.store import default_store

    return asking.ask(default_store().root, name)


def require_not_in_environment(*names: str) -> None:
    """Raises `SecretInEnvironment`: a program that this process runs could read it there, through all its life."""
    for name in sorted(names or SECRET_VARIABLES):
        if name in SECRET_VARIABLES and os.environ.get(name):
            raise SecretInEnvironment(name)
