"""A command, taken out of the text that names it and carried out word for word, as a person does who reads it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.kit.printed_commands import PROGRAMS
from tests.kit.waiting import PATIENCE, killed_at_last

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
    told = taken_from(printed, command, **words)
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


@contextmanager
def start_as_printed(
    _place: str, command: str, printed: str, cwd: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """As `run_as_printed`, for a command that goes on until it is stopped. Its own words are in the process's output."""
    told = ["sh", "-c", f"exec {taken_from(printed, command)}"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(told, cwd=cwd, env=environment(env), stdout=pipe, stderr=pipe, text=True)
    with killed_at_last(process):
        yield process


def taken_from(printed: str, command: str, **words: str | Path) -> str:
    """The command in the text, which the source has as `command`, with the words in capitals replaced."""
    pattern = _VALUE.sub(lambda value: _A_COMMAND if "command" in value[0] else r"[^`\n]*", re.escape(command))
    found = re.search(rf"(?:`|^ +)({pattern})(?:`|$)", printed, re.MULTILINE)
    assert found is not None, f"there is no `{command}` in:\n{printed}"
    told = found[1]
    for word, value in words.items():
        assert re.search(rf"\b{word}\b", told), f"there is no {word} in `{told}`"
        told = re.sub(rf"\b{word}\b", lambda _, value=value: str(value), told)
    return told


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A person's, without a token of theirs; `loadmaster` is the one under test."""
    inherited = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
    return {**inherited, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **(more or {})}
