"""The result of a command of the project's own, as a plan has it and as a run keeps it."""

from __future__ import annotations

import hashlib
import json

from loadmaster.planning.commands.changes import ChangedFile
from loadmaster.planning.profile.release_command import ReleaseCommand
from loadmaster.planning.values.receipt import CommandRecord
from loadmaster.planning.values.value import Value, digest


class CommandResult(Value):
    """A command, and what it made of the tree that it was given."""

    name: str
    run: tuple[str, ...]
    directory: str | None
    """None for the repository's root."""
    files: tuple[ChangedFile, ...]
    """Sorted by path; () if it changed nothing."""

    @classmethod
    def of(cls, command: ReleaseCommand, files: tuple[ChangedFile, ...]) -> CommandResult:
        return cls(name=command.title, run=command.run, directory=command.directory, files=files)


class KeptResult(Value):
    """What one attempt of a run keeps of a command for the next."""

    result: CommandResult
    seconds: float

    def record(self, *, kept: bool) -> CommandRecord:
        """`kept`: an earlier attempt ran it. Only a command that exited with 0 has a result."""
        return CommandRecord(
            name=self.result.name,
            run=self.result.run,
            exit_code=0,
            sha256=digest(self.result),
            files=tuple(file.path for file in self.result.files),
            seconds=self.seconds,
            kept=kept,
        )


def differing(one: tuple[ChangedFile, ...], other: tuple[ChangedFile, ...]) -> tuple[str, ...]:
    """The paths that two runs of a command left in different states, sorted."""
    first, second = ({file.path: file for file in files} for files in (one, other))
    return tuple(sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path)))


def key_of(*inputs: object) -> str:
    """A name for everything that decides a result: the command, the tree, the toolchain. Equal inputs, equal name."""
    blob = json.dumps(inputs, sort_keys=True, default=lambda value: value.model_dump(mode="json"))
    return hashlib.sha256(blob.encode()).hexdigest()
