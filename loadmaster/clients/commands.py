"""A command of the project's own, run in a tree: in the sandbox that cargo has, with all of its output in a log.

It knows how such a command is called, and refuses to know what it is for. It tries once.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from loadmaster.clients.cargo import Cargo
from loadmaster.clients.disk import complaint_of, writing
from loadmaster.clients.files import is_within
from loadmaster.clients.process import Finished, last_lines, run
from loadmaster.clients.sandbox import Access, Purpose
from loadmaster.errors.files import DiskFull
from loadmaster.errors.release_commands.running import (
    ReleaseCommandFailed,
    ReleaseCommandNotStarted,
    ReleaseCommandTooLong,
)
from loadmaster.planning.profile.release_command import ReleaseCommand

_NOT_INSIDE = "bwrap: execvp "
_CONTROLS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, kw_only=True)
class CommandCall:
    """One run of a command."""

    command: ReleaseCommand
    tree: Path
    """All of it may be written, but not the `.git` directly in it."""
    variables: Mapping[str, str]
    log: Path


def run_in_tree(cargo: Cargo, call: CommandCall) -> None:
    """Runs the command to its end, in its directory of the tree, without the network.

    Raises `ReleaseCommandNotStarted`, `ReleaseCommandFailed`, `ReleaseCommandTooLong`, `DiskFull`, `NotWritten`.
    """
    command, told_as = call.command, str(call.log)
    with writing(call.log):
        call.log.parent.mkdir(parents=True, exist_ok=True)
        call.log.write_bytes(b"")
    try:
        finished = _run(cargo, call)
    except OSError as error:
        raise ReleaseCommandNotStarted(command.title, f"{command.run[0]}: {error.strerror or error}") from error
    except subprocess.TimeoutExpired as error:
        raise ReleaseCommandTooLong(command.title, command.within, _words(last_lines(call.log)), told_as) from error
    if finished.code != 0 and finished.tail.startswith(_NOT_INSIDE):
        raise ReleaseCommandNotStarted(command.title, finished.tail.removeprefix(_NOT_INSIDE).splitlines()[0])
    if finished.code != 0:
        trouble = complaint_of(finished.tail, call.tree, f"while the command `{command.title}` ran")
        if isinstance(trouble, DiskFull):  # what it may not write is its own business
            raise trouble
        raise ReleaseCommandFailed(command.title, finished.code, _words(finished.tail), told_as)


def _run(cargo: Cargo, call: CommandCall) -> Finished:
    command, directory = call.command, directory_of(call.command, call.tree)
    called = replace(cargo, env={**cargo.env, **call.variables})
    access = Access(purpose=Purpose.BUILD, writes=(call.tree,))
    argv, env = called.command(command.run, directory, access)
    return run(argv, cwd=directory, env=env, log=call.log, deadline=command.within, logs_all=True)


def directory_of(command: ReleaseCommand, tree: Path) -> Path:
    """Where the command runs. Raises `ReleaseCommandNotStarted` if that is no directory of the tree itself."""
    directory = tree / (command.directory or "")
    if not directory.is_dir() or not is_within(directory.resolve(), tree.resolve()):
        raise ReleaseCommandNotStarted(command.title, f"there is no directory `{command.directory}` in the tree")
    return directory


def _words(tail: str) -> str:
    """What it said, without what would move a terminal's cursor or change its colours."""
    return _CONTROLS.sub("", tail)
