"""What a job of the forge printed, made fit to be shown: its last lines, without instants, escapes and masked commands."""

from __future__ import annotations

import re

from loadmaster.errors.redaction import HIDDEN

MOST_LINES = 12
MOST_CHARACTERS = 300
"""Of one line."""
_INSTANT = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SECRET = re.compile(
    r"gh[pousr]_\w{16,}|github_pat_\w{16,}|cio(?:_tp_)?[A-Za-z0-9]{24,}|pypi-[\w-]{16,}|npm_[A-Za-z0-9]{16,}|AKIA[0-9A-Z]{16}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*|(?<=[Bb]earer )[\w.~+/=-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
)
"""Tokens by their shapes: the forge masks what it knows to be a secret, and nobody here knows the job's."""
_COMMAND = re.compile(r"^##\[(?:group|endgroup|debug|section|command)\]")
_ERROR = "##[error]"


def last_lines(log: str, most: int = MOST_LINES) -> tuple[str, ...]:
    """The lines up to the last error that the job itself marked, else up to its end; what comes after is clean-up."""
    lines = [line for raw in log.split("\n") if (line := _plain(raw)) and not _COMMAND.match(line)]
    marked = max((number for number, line in enumerate(lines) if line.startswith(_ERROR)), default=len(lines) - 1)
    return tuple(_short(line.removeprefix(_ERROR)) for line in lines[max(0, marked + 1 - most) : marked + 1])


def _plain(raw: str) -> str:
    shown = _CONTROL.sub("", _ESCAPE.sub("", _INSTANT.sub("", raw))).rstrip()
    return _SECRET.sub(HIDDEN, shown)


def _short(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]} …"
