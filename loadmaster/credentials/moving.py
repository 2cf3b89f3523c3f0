"""Moves the credentials out of the environment, before anything else happens: the process starts anew without them.

What a process was started with can be read in `/proc` as long as it lives, whatever it does to its variables. So the values go
into a pipe, and the same program with the same arguments reads them there. Imports nothing slow.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from loadmaster.credentials.memory import shield
from loadmaster.planning.profile.secret_variables import (
    FILE_VARIABLES,
    GIVEN_VARIABLES,
    SERVER_VARIABLES,
    names_credential,
)

MARKER = "LOADMASTER_SECRETS_PIPE"
"""Names the pipe's end for the program that is started anew."""


def move(environment: Mapping[str, str]) -> None:
    """Starts this program anew if the environment holds a credential, and else returns.

    Other people's credentials (`GITHUB_TOKEN`, `AWS_…`, `PREFECT_API_KEY`) are left behind: Loadmaster reads none of them.
    Raises SystemExit for values that are too long for the pipe; no token is.
    """
    if MARKER in environment or not any(is_left_behind(name) for name in environment):
        return
    given = {name: value for name, value in environment.items() if name in GIVEN_VARIABLES | SERVER_VARIABLES and value}
    rest = {name: value for name, value in environment.items() if not is_left_behind(name)}
    out = _pipe_with(b"\0".join(os.fsencode(f"{name}={value}") for name, value in given.items()))
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**rest, MARKER: str(out)})


def is_left_behind(name: str) -> bool:
    return names_credential(name) and name not in FILE_VARIABLES


def receive() -> dict[str, str]:
    """What `move` sent, by name. It is there once; the marker is removed."""
    marker = os.environ.pop(MARKER, None)
    if marker is None:
        return {}
    shield()
    with os.fdopen(int(marker), "rb") as end:
        sent = os.fsdecode(end.read())
    pairs = (pair.partition("=") for pair in sent.split("\0") if pair)
    return {name: value for name, _, value in pairs}


def _pipe_with(content: bytes) -> int:
    """The end to read from, which the next program inherits."""
    out, into = os.pipe()
    os.set_blocking(into, False)
    written = os.write(into, content) if content else 0
    os.close(into)
    if written != len(content):
        raise SystemExit("loadmaster: the tokens in the environment are longer than a pipe holds; is a file meant?")
    os.set_inheritable(out, True)
    return out
