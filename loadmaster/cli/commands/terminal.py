"""Shared by the commands: how they print progress and results, and how they read a path from the command line.

The runner of GitHub Actions obeys lines of a certain form, whoever wrote them. So there everything but our own commands is made
inert, in every format: a build prints what the workspace's code likes.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from loadmaster.errors.redaction import redact
from loadmaster.planning.ci.workflow_commands import inert


def tell(line: str) -> None:
    """Prints progress and errors to standard error; results go to standard output."""
    print(_shown(line), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Prints a result, with one line break at its end."""
    print(_shown(text.removesuffix("\n")), flush=True)


def _shown(text: str) -> str:
    """The text without what this process knows to be secret, and without commands for a runner that reads it."""
    redacted = redact(text)
    return inert(redacted) if on_runner() else redacted


def print_json(document: Any) -> None:
    """Prints the document. In a text of JSON no line begins as a command does; an escape keeps the older form out."""
    print(redact(json.dumps(document, indent=2, ensure_ascii=False)).replace("##[", "##\\u005b"), flush=True)


def print_command(line: str) -> None:
    """Prints a command of ours for the runner."""
    print(redact(line), flush=True)


def on_runner() -> bool:
    """Whether a runner of GitHub Actions reads the output, by the variable that every one of its steps has."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def absolute(repository: str | None) -> str | None:
    """A path made absolute, because the run may have another working directory; an address unchanged."""
    return str(Path(repository).resolve()) if repository is not None and Path(repository).exists() else repository
