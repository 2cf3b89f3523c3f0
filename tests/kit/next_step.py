"""A command, taken out of the text that names it and carried out word for word, as a person does who reads it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.kit.printed_commands import PROGRAMS
from tests.kit.waiting import PATIENCE

BIN = Path(sys.executable).parent
"""Where the program `loadmaster` is."""
_VALUE = re.compile(r"\\\{[^{}]*\\\}")
_A_COMMAND = rf"(?:{'|'.join(map(re.escape, PROGRAMS))}) [^`\n]+"


def run_as_printed(
    place: str,
    command: str,
    printed: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    *,
    succeeds: bool = True,
    **words: str | Path,
) -> subprocess.CompletedProcess[str]:
    """Runs the command of the text `printed` that the source has as `command` at `place` (see `printed_commands`).

    `words` are what a person puts in for the words in capitals.
    """
    told = taken_from(printed, command)
    for word, value in words.items():
        assert re.search(rf"\b{word}\b", told), f"{place}: no {word} in `{told}`"
        told = re.sub(rf"\b{word}\b", lambda _, value=value: str(value), told)  # type: ignore[misc]
    done = subprocess.run(
        ["sh", "-c", told],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    if succeeds:
        assert done.returncode == 0, f"{place}: `{told}` ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done


def taken_from(printed: str, command: str) -> str:
    """The command in the text, which the source has as `command`."""
    pattern = _VALUE.sub(lambda value: _A_COMMAND if "command" in value[0] else r"[^`\n]*", re.escape(command))
    found = re.search(rf"(?:`|^ +)({pattern})(?:`|$)", printed, re.MULTILINE)
    assert found is not None, f"there is no `{command}` in:\n{printed}"
    return found[1]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A person's, without a token of theirs; `loadmaster` is the one under test."""
    inherited = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
    return {**inherited, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **(more or {})}
