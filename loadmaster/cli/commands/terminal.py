"""Shared by the commands: how they print progress and results, and how they read a path from the command line.

The runner of GitHub Actions obeys lines of a certain form, whoever wrote them. So there everything but our own commands is made
inert, in every format: a build prints what the workspace's code likes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from loadmaster.cli.screen.streams import has_ascii_only
from loadmaster.cli.screen.volume import Volume, volume
from loadmaster.errors.redaction import redact
from loadmaster.planning.ci.workflow_commands import inert


def tell(line: str) -> None:
    """Prints progress to standard error, unless only the outcome is wanted; results go to standard output."""
    if volume() is not Volume.QUIET:
        warn(line)


def warn(line: str) -> None:
    """Prints a problem to standard error, also where only the outcome is wanted."""
    print(_shown(line), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Prints a result, with one line break at its end."""
    print(_shown(text.removesuffix("\n")), flush=True)


def _shown(text: str) -> str:
    """The text without what this process knows to be secret, and without commands for a runner that reads it."""
    redacted = redact(text)
    return inert(redacted) if on_runner() else redacted


def print_json(document: Any) -> None:
    """Prints the document. In a text of JSON no line begins as a command does; an escape keeps the older form out.

    Where the terminal has no Unicode, its letters are spelled out, and stay what they are.
    """
    text = json.dumps(document, indent=2, ensure_ascii=has_ascii_only(sys.stdout))
    print(redact(text).replace("##[", "##\\u005b"), flush=True)


def print_command(line: str) -> None:
    """Prints a command of ours for the runner."""
    print(redact(line), flush=True)


def on_runner() -> bool:
    """Whether a runner of GitHub Actions reads the output, by the variable that every one of its steps has."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def absolute(repository: str | None) -> str | None:
    """A path made absolute, because the run may have another working directory; an address unchanged."""
    return str(Path(repository).resolve()) if repository is not None and Path(repository).exists() else repository


def columns() -> int:
    """How wide a line may be: as wide as the terminal, or any length where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000
