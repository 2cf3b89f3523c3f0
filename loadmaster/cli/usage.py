"""How the command line is read: options of all commands, and wrong usage as an error of the catalogue, in the format asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Annotated, Any

import typer

# typer carries its own click, and exports only a part of it.
from typer._click.core import Command, Context
from typer._click.exceptions import UsageError as Misused
from typer.core import TyperGroup
from typer.main import get_command

from loadmaster.cli.formats.format import asked_for
from loadmaster.cli.formats.printing import say_failed
from loadmaster.cli.screen.volume import Volume, set_volume
from loadmaster.errors.base import LoadmasterError, UsageError


def print_failure(error: LoadmasterError) -> None:
    """Prints what a command that failed says on standard output, in the format that its arguments ask for."""
    say_failed(error, asked_for(sys.argv[1:]))


class Commands(TyperGroup):
    """All commands. Their arguments are read when the context is made, a command's own when it is invoked."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        _give_volume(self)

    def make_context(self, *args: Any, **extra: Any) -> Context:
        with _misuse_told():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Context) -> Any:
        with _misuse_told():
            return super().invoke(ctx)


def _louder(is_given: bool) -> None:
    if is_given:
        set_volume(Volume.VERBOSE)


def _quieter(is_given: bool) -> None:
    if is_given:
        set_volume(Volume.QUIET)


def _volume(
    verbose: Annotated[
        bool,
        typer.Option(
            "-v",
            "--verbose",
            help="Show Prefect's log as it comes, and the receipt in full.",
            callback=_louder,
            expose_value=False,
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "-q",
            "--quiet",
            help="Print the outcome and problems, and no progress.",
            callback=_quieter,
            expose_value=False,
        ),
    ] = False,
) -> None:
    """`-v` and `-q`, which mean the same before and after the name of any command."""


def _give_volume(command: Command) -> None:
    """To a command, and to all commands of a group."""
    command.params += _volume_options()
    for inner in command.commands.values() if isinstance(command, TyperGroup) else ():
        _give_volume(inner)


@cache
def _volume_options() -> list[Any]:
    """The same two for all: typer makes them once, and not for each command."""
    reader = typer.Typer(add_completion=False)
    reader.command()(_volume)
    return list(get_command(reader).params)


@contextmanager
def _misuse_told() -> Iterator[None]:
    """Raises `UsageError` for what typer does not understand."""
    try:
        yield
    except Misused as error:
        command = error.ctx.command_path if error.ctx else "loadmaster"
        raise UsageError(
            error.format_message().replace("Value error, ", ""),  # pydantic's own words
            why="the command line has something that the command does not know, or lacks something that it needs.",
            fix=f"mend it; `{command} --help` shows what it takes.",
        ) from error
