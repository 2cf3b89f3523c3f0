"""Conditions of jobs (`if:`), as far as a rehearsal understands them: comparisons, `&&`, `||`, `!`, and some functions.

What is not understood counts as true, and says so (`ConditionVerdict.unclear`): a rehearsal rather runs a job too many than
hides one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z_][\w.*-]*)|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign>&&|\|\||==|!=|[!(),]))"
)
_STATUS = ("always", "success", "failure", "cancelled")
_LITERALS = {"true": "true", "false": "false", "null": ""}


class ConditionVerdict(NamedTuple):
    holds: bool
    unclear: str | None = None
    """The part that was not understood; None if all was."""


class _Unclear(Exception):
    pass


class Circumstances(NamedTuple):
    names: Mapping[str, str]
    """What contexts say, by name: `vars.PUBLISHER`, `github.ref`."""
    results: tuple[str, ...]
    """The conclusions of all jobs before, whatever they are needed by."""
    cancelled: bool = False


def holds(condition: str | None, at: Circumstances) -> ConditionVerdict:
    """Whether a job with that condition runs. Without a function for the state, only after success."""
    text = (condition or "").strip()
    if text.startswith("${{") and text.endswith("}}"):
        text = text[3:-2].strip()
    succeeded = not at.cancelled and all(each in ("success", "skipped") for each in at.results)
    whole_success = succeeded and "skipped" not in at.results
    if not text:
        return ConditionVerdict(whole_success)
    asks_state = re.search(rf"\b(?:{'|'.join(_STATUS)})\s*\(", text) is not None
    try:
        value = _Reader(text, at).whole()
    except _Unclear as error:
        return ConditionVerdict(whole_success or asks_state, str(error))
    return ConditionVerdict(_truth(value) and (asks_state or whole_success))


class _Reader:
    """Reads one expression, and works out its value as a text; a number and a truth are texts, too."""

    def __init__(self, text: str, at: Circumstances) -> None:
        self._at, self._tokens = at, _tokens(text)

    def whole(self) -> str:
        value = self._either()
        if self._tokens:
            raise _Unclear(self._tokens[0])
        return value

    def _either(self) -> str:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value if _truth(value) else other
        return value

    def _both(self) -> str:
        value = self._comparison()
        while self._take("&&"):
            other = self._comparison()
            value = other if _truth(value) else value
        return value

    def _comparison(self) -> str:
        value = self._one()
        for sign in ("==", "!="):
            if self._take(sign):
                equal = value.lower() == self._one().lower()
                return _text(equal is (sign == "=="))
        return value

    def _one(self) -> str:
        if self._take("!"):
            return _text(not _truth(self._one()))
        if self._take("("):
            value = self._either()
            self._require(")")
            return value
        if not self._tokens:
            raise _Unclear("it ends too early")
        token = self._tokens.pop(0)
        return self._call(token) if self._tokens[:1] == ["("] else self._value(token)

    def _value(self, name: str) -> str:
        if name.startswith("'"):
            return name[1:-1].replace("''", "'")
        if name in _LITERALS:
            return _LITERALS[name]
        if re.fullmatch(r"-?\d+(\.\d+)?", name):
            return name
        if name in self._at.names:
            return self._at.names[name]
        if name.startswith(("vars.", "inputs.", "github.event.inputs.")):
            return ""  # one that is not set
        raise _Unclear(name)

    def _call(self, name: str) -> str:
        self._require("(")
        values = []
        while not self._take(")"):
            values.append(self._either())
            self._take(",")
        results = self._at.results
        truths: dict[str, Callable[[], bool]] = {
            "always/0": lambda: True,
            "success/0": lambda: not self._at.cancelled and all(each == "success" for each in results),
            "failure/0": lambda: "failure" in results,
            "cancelled/0": lambda: self._at.cancelled,
            "startswith/2": lambda: values[0].lower().startswith(values[1].lower()),
            "endswith/2": lambda: values[0].lower().endswith(values[1].lower()),
            "contains/2": lambda: values[1].lower() in values[0].lower(),
        }
        if (truth := truths.get(f"{name.lower()}/{len(values)}")) is None:
            raise _Unclear(f"{name}()")
        return _text(truth())

    def _take(self, token: str) -> bool:
        if self._tokens[:1] != [token]:
            return False
        self._tokens.pop(0)
        return True

    def _require(self, token: str) -> None:
        if not self._take(token):
            raise _Unclear(f"`{token}` is missing")


def _tokens(text: str) -> list[str]:
    """Raises `_Unclear`."""
    found, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise _Unclear(text[place:].strip())
        found.append(match[0].strip())
        place = match.end()
    return found


def _truth(value: str) -> bool:
    return value not in ("", "false", "0")


def _text(truth: bool) -> str:
    return "true" if truth else "false"


def filled(template: str, names: Mapping[str, str]) -> str:
    """Replaces `${{ NAME }}` as GitHub does; an unknown name is empty."""
    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda found: names.get(found[1], ""), template)
