"""GitHub's workflow commands: lines in the output of a step that its runner reads and obeys. Text in, text out.

The runner obeys whoever wrote the line. So text of others is either escaped, as a part of a command of ours, or made inert.
"""

from __future__ import annotations

import re

_IN_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTIES = (*_IN_DATA, (":", "%3A"), (",", "%2C"))
_BEGINS_COMMAND = re.compile(r"(?P<before>(?:^|[\r\n])[\s\x00-\x20\u200b-\u200f\u2060\ufeff]*)::")
_OLD_COMMAND = "##["
"""The runner's older commands, which it finds anywhere in a line."""


def workflow_command(name: str, data: str, **properties: str | int | None) -> str:
    """One line, `::name key=value,…::data`. Properties that are None are left out."""
    given = (f"{key}={_escaped(str(value), _IN_PROPERTIES)}" for key, value in properties.items() if value is not None)
    parameters = ",".join(given)
    return f"::{name}{f' {parameters}' if parameters else ''}::{_escaped(data, _IN_DATA)}"


def _escaped(text: str, signs: tuple[tuple[str, str], ...]) -> str:
    for sign, written in signs:
        text = text.replace(sign, written)
    return text


def inert(text: str) -> str:
    """The text with a blank in everything that the runner would take for a command."""
    return _BEGINS_COMMAND.sub(r"\g<before>: :", text).replace(_OLD_COMMAND, "# #[")
