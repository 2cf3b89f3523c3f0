"""The local Prefect server and its worker."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Collection
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, UsageError, install_text, names


class StackDidNotStart(LoadmasterError):
    """The Prefect server, its worker or the keeper ended, or did not answer, while it was started."""

    def __init__(self, part: str, seconds: float, log: str, last_lines: str) -> None:
        whole = part if part == "keeper" else f"Prefect {part}"
        super().__init__(
            f"The {whole} was not ready after {seconds:.0f} s. The end of `{log}`:\n{last_lines or '(empty)'}",
            why="the machine is too busy, the disk is full, or its packages have not the tested versions.",
            fix="read the log, mend what it names, then run `loadmaster up` again. What was started for this attempt is stopped.",
        )


class DatabaseNewer(LoadmasterError):
    """Prefect's database was made by a newer Prefect than the one that is installed."""

    def __init__(self, path: str, revision: str, installed: str, version: str | None = None) -> None:
        """`installed` is a version of Prefect, `version` the Loadmaster that started the last server, if it wrote that down."""
        super().__init__(
            f"Prefect {installed}, which is installed here, does not know the schema `{revision}` of its database `{path}`.",
            why="a newer Prefect has used it, and brought it up to date; Prefect does not go back."
            + (f" Loadmaster {version} started that one." if version else ""),
            fix=f"{install_text(version)} Or begin with an empty database, {set_aside(path, 'newer')}: runs keep their receipts, "
            "and lose their pages, logs and Secret blocks.",
        )


class DatabaseBroken(LoadmasterError):
    """Prefect's database is there and cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"Prefect's database `{path}` cannot be read: {reason}.",
            why="the disk was full or is damaged, or another program wrote into it.",
            fix=f"begin with an empty one: {set_aside(path, 'broken')}. Runs keep their receipts, and lose their pages, logs and "
            "Secret blocks.",
        )


def set_aside(path: str, word: str) -> str:
    """The command that gives the directory of a database another name: a log that SQLite wrote ahead lies beside the file."""
    directory = posixpath.dirname(path) or "."
    aside = f"{directory}.{word}"
    return f"`mv {shlex.quote(directory)} {shlex.quote(aside)}`"


class NoStackRunning(LoadmasterError):
    """A server is needed and none of this project runs."""

    def __init__(self, home: str) -> None:
        super().__init__(
            f"No Prefect server of this project is running (`{home}` records none that is alive).",
            why="it was never started, was stopped, or the machine was restarted.",
            fix="run `loadmaster up`.",
        )


class IdleMinutesBroken(UsageError):
    """The setting for how long a server stays is no such time."""

    def __init__(self, variable: str, given: str) -> None:
        super().__init__(
            f"`{variable}` is `{given}`, which is no number of minutes.",
            why="it says for how long a server that a command started stays without being needed.",
            fix="give it a number, such as `30`, or leave it out.",
        )


class DeploymentsNotApplied(LoadmasterError):
    """Prefect refused `prefect.yaml`, or one of its flows cannot be imported."""

    def __init__(self, last_lines: str) -> None:
        super().__init__(
            f"The deployments of `prefect.yaml` could not be registered:\n{last_lines}",
            why="a flow cannot be imported, or a field has a name or value that Prefect does not know.",
            fix="mend what the lines above name, then run `loadmaster up` again; the server and its work pool stay as they are.",
        )


class DeploymentUnknown(UsageError):
    """No deployment of that name on the server."""

    def __init__(self, name: str, known: Collection[str]) -> None:
        super().__init__(
            f"The Prefect server has no deployment `{name}`.",
            why="the name is misspelt (it is `FLOW/DEPLOYMENT`), or the deployment was deleted in the UI.",
            fix=f"use one of {names(known)}, or run `loadmaster up` to register them again.",
        )


class ParametersRefused(UsageError):
    """The parameters do not fit the deployment's schema; no run was created."""

    def __init__(self, deployment: str, told: str) -> None:
        super().__init__(
            f"The deployment `{deployment}` refuses these parameters: {told}",
            why="a value is missing, misspelt or outside what the flow's parameter model allows.",
            fix="mend it; the form of the deployment in the UI shows every field and its choices.",
        )


class PrefectUnreachable(LoadmasterError):
    """The Prefect server gave no answer, or an internal error."""

    transient: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The Prefect server gave no usable answer at `{url}`: {told}",
            why="it was stopped, is starting or overloaded, or the machine was asleep.",
            fix="run `loadmaster up`. If it runs and does not answer, read `server.log` in the store (`LOADMASTER_HOME`), run "
            "`loadmaster down --force`, and then `loadmaster up` again.",
        )


class PrefectRefused(LoadmasterError):
    """The Prefect server understood and refused."""

    def __init__(self, asked: str, told: str) -> None:
        super().__init__(
            f"The Prefect server refused `{asked}`: {told}",
            why="the run, pool or deployment was changed or deleted meanwhile.",
            fix="look at it in the UI, then try again.",
        )
