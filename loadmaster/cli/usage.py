"""Prints wrong usage in the format that was asked for. On a terminal, typer prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# typer carries its own click, and exports only a part of it.
from typer._click.core import Context
from typer._click.exceptions import UsageError as Misused
from typer.core import TyperGroup

from loadmaster.cli.formats.format import asked_for
from loadmaster.cli.formats.printing import say_failed
from loadmaster.errors.base import LoadmasterError, UsageError


def print_failure(error: LoadmasterError) -> None:
    """Prints what a command that failed says on standard output, in the format that its arguments ask for."""
    say_failed(error, asked_for(sys.argv[1:]))


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
