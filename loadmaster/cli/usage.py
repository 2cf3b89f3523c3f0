"""Prints wrong usage as one JSON document if `--json` was given. On a terminal, typer prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# typer carries its own click, and exports only a part of it.
from typer._click.core import Context
from typer._click.exceptions import UsageError as Misused
from typer.core import TyperGroup

from loadmaster.cli.commands.terminal import print_json
from loadmaster.errors.base import LoadmasterError, UsageError
from loadmaster.planning.values.receipt import Failure


def print_failure(error: LoadmasterError) -> None:
    """Prints the document of a command that failed, if its arguments ask for one."""
    if "--json" in sys.argv:
        print_json({"outcome": "failed", "failure": Failure.of(error).model_dump(mode="json", exclude_none=True)})


class Commands(TyperGroup):
    """All commands. Their arguments are read when the context is made, a command's own when it is invoked."""

    def make_context(self, *args: Any, **extra: Any) -> Context:
        with _misuse_printed():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Context) -> Any:
        with _misuse_printed():
            return super().invoke(ctx)


@contextmanager
def _misuse_printed() -> Iterator[None]:
    try:
        yield
    except Misused as error:
        command = error.ctx.command_path if error.ctx else "loadmaster"
        print_failure(
            UsageError(
                error.format_message(),
                why="the command line has something that the command does not know, or lacks something that it needs.",
                fix=f"mend it; `{command} --help` shows what it takes.",
            )
        )
        raise
