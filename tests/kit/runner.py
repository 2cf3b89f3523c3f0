"""What the runner of GitHub Actions does with the output of a step: which lines it obeys. Written from its documentation, apart
from the code that writes the lines.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_COMMAND = re.compile(r"::(?P<name>[\w-]+)(?: (?P<properties>[^\r\n]*?))?::(?P<data>.*)")
_OLD_COMMAND = re.compile(r"##\[(?P<name>[\w-]+)[^\]]*\](?P<data>.*)")


class Obeyed(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def obeyed(output: str) -> list[Obeyed]:
    """The commands in the output, with their texts as the runner reads them."""
    lines = [line for line in re.split(r"\r\n|\r|\n", output) if "::" in line or "##[" in line]
    return [command for line in lines if (command := _read(line)) is not None]


def _read(line: str) -> Obeyed | None:
    found = _COMMAND.match(line.lstrip())
    if found is None:
        old = _OLD_COMMAND.search(line)
        return None if old is None else Obeyed(old["name"], {}, old["data"])
    pairs = (pair.partition("=") for pair in (found["properties"] or "").split(",") if pair)
    return Obeyed(found["name"], {key: _plain(value) for key, _, value in pairs}, _plain(found["data"]))


def _plain(text: str) -> str:
    for written, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(written, sign)
    return text
