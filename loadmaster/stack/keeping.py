"""Starts the keeper of a home, which holds the credentials, and gives it those that this command was given."""

from __future__ import annotations

import time
from pathlib import Path

from loadmaster.credentials import asking, given
from loadmaster.errors.credentials import KeeperSilent
from loadmaster.errors.prefect import StackDidNotStart
from loadmaster.planning.profile.secret_variables import GIVEN_VARIABLES, TOKEN_VARIABLE
from loadmaster.planning.values.tell import Tell
from loadmaster.stack.processes import is_alive, spawn, stop
from loadmaster.stack.record import Stack, write_down
from loadmaster.stack.settings import environment

KEEPER_SECONDS = 30.0
HUNG_SECONDS = 1.0
"""How long a keeper that does not answer may take to end before it is killed."""


def ensure_keeper(home: Path, project_root: Path, stack: Stack, tell: Tell) -> Stack:
    """The stack with a keeper that answers and holds what this command was given, on top of what it held.

    Raises `StackDidNotStart`, `KeeperSilent`.
    """
    if stack.keeper is None or not is_alive(stack.keeper) or not _answers(home, stack, tell):
        stack = start_keeper(home, project_root, stack)
    for name, value in given.own().items():
        if name in GIVEN_VARIABLES and asking.give(home, name, value):
            tell(f"the keeper held another `{name}`, and has this newer one now")
    return stack


def start_keeper(home: Path, project_root: Path, stack: Stack) -> Stack:
    """Starts a keeper that holds nothing yet, and waits until it answers. Raises `StackDidNotStart`."""
    env = environment(home, stack.port, project_root)
    log = home / "keeper.log"
    keeper = spawn(["-m", "loadmaster.credentials.keeper", str(home)], cwd=project_root, env=env, log=log)
    begun = time.monotonic()
    while not asking.is_there(home):
        seconds = time.monotonic() - begun
        if not is_alive(keeper) or seconds > KEEPER_SECONDS:
            stop(keeper, patience=HUNG_SECONDS)
            raise StackDidNotStart("keeper", seconds, str(log), log.read_text(errors="replace").rstrip())
        time.sleep(0.02)
    return write_down(home, stack.model_copy(update={"keeper": keeper}))


def _answers(home: Path, stack: Stack, tell: Tell) -> bool:
    """Whether the keeper answers. One that does not is stopped, because another one takes its place."""
    try:
        asking.ask(home, TOKEN_VARIABLE)
    except KeeperSilent as error:
        assert stack.keeper is not None  # it is alive
        tell(f"{error.what} It is started again, and holds nothing")
        stop(stack.keeper, patience=HUNG_SECONDS)
        return False
    return True
