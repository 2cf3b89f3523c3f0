"""Runs: how they end before they are done, and commands that name one."""

from __future__ import annotations

from collections.abc import Sequence

from loadmaster.errors.base import LoadmasterError, UsageError


class RunCancelled(LoadmasterError):
    """A person or a command ended the run."""

    def __init__(self) -> None:
        super().__init__(
            "The run was cancelled before it was done.",
            why="somebody pressed Cancel or ran `loadmaster cancel`, or the command that had started the server was stopped.",
            fix="the receipt says what is out, and that stays there. To finish the release, try again.",
        )


class RunCrashed(LoadmasterError):
    """The process of the run ended before the run did."""

    def __init__(self) -> None:
        super().__init__(
            "The process of the run ended before the run was done.",
            why="it or its worker was killed or told to stop, memory ran out, or the machine went down.",
            fix="the receipt and `loadmaster runs` say what is out, and that stays there. To finish the release, try again.",
        )


class RunUnknown(UsageError):
    """No run that fits the words of a command."""

    def __init__(self, wanted: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no {wanted}.",
            why="it is misspelt, was pruned, or belongs to another `LOADMASTER_HOME`.",
            fix=f"name one of {', '.join(f'`{run}`' for run in known)}."
            if known
            else "`loadmaster runs` lists all of them.",
        )


class RunAmbiguous(UsageError):
    """Several runs fit the words of a command."""

    def __init__(self, wanted: str, found: Sequence[str]) -> None:
        super().__init__(
            f"There are {len(found)} runs that are {wanted}: {', '.join(f'`{run}`' for run in found)}.",
            why="several releases are under way, or the beginning of an id is too short.",
            fix="name one of them.",
        )


class RunNotResumable(LoadmasterError):
    """A run that cannot go on."""

    def __init__(self, run: str, state: str) -> None:
        super().__init__(
            f"The run `{run}` is {state}; there is nothing to resume.",
            why="only a run that failed, crashed or was cancelled can go on.",
            fix=f"`loadmaster follow {run}` shows it; `loadmaster runs` lists the others.",
        )


class RunLeft(LoadmasterError):
    """A command was stopped while it followed a run. The run goes on."""

    exit_code = 130

    def __init__(self, run: str) -> None:
        super().__init__(
            f"The run `{run}` goes on without this command.",
            why="only this command was stopped. The worker carries the run out.",
            fix=f"`loadmaster follow {run}` shows it again, `loadmaster cancel {run}` ends it; `loadmaster down` stops the "
            "server and the worker, once nothing is running.",
        )


class CommandStopped(LoadmasterError):
    """A command was stopped before there was a run."""

    exit_code = 130

    def __init__(self, signal: str) -> None:
        super().__init__(
            f"The command was stopped by `{signal}` before it had started a run.",
            why="somebody pressed Ctrl-C, or the job that ran it was cancelled.",
            fix="nothing was released; start the same command again when you want to.",
        )


class CommandInterrupted(LoadmasterError):
    """A command that starts no run was stopped."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__(
            "The command was stopped by `SIGINT` before it had ended.",
            why="somebody pressed Ctrl-C.",
            fix="give it again when you want to: it looks first, and does what is missing.",
        )


class UnexpectedFailure(LoadmasterError):
    """Loadmaster itself failed, in a way that nobody thought of."""

    def __init__(self, kind: str, text: str, log: str | None = None) -> None:
        """`log`: the file that has the traceback, of a command; a run has its own log."""
        super().__init__(
            f"Loadmaster itself failed: `{kind}`" + (f" with the text `{text}`." if text else "."),
            why="this is a bug: a situation that has no error of its own.",
            fix=f"report it with {f'`{log}`' if log else 'the log of the run'}. What was released stays, and another attempt "
            "looks first.",
        )


class RunRecordBroken(LoadmasterError):
    """A file that an attempt of a run left cannot be read."""

    def __init__(self, run: str, path: str, reason: str) -> None:
        super().__init__(
            f"`{path}` of the run `{run}` cannot be read: {reason}.",
            why="another version of Loadmaster wrote it, it was edited by hand, or the disk damaged it.",
            fix="start the release or the rehearsal anew, by its version (`--version`): what is out is recognised, and not done "
            "again. No other run is affected, and `loadmaster prune` keeps this one, because it may be unfinished.",
        )


def known(error: Exception) -> LoadmasterError:
    """The error itself if the catalogue has it, else an `UnexpectedFailure`."""
    return error if isinstance(error, LoadmasterError) else UnexpectedFailure(type(error).__name__, str(error))
