"""A token in memory. It is never shown, cannot be pickled or copied, and the redactor knows it from the start.

A process that has one shields its memory from others.
"""

from __future__ import annotations

from typing import NoReturn

from loadmaster.credentials.memory import shield
from loadmaster.errors import redaction
from loadmaster.errors.credentials import TokenUnusable

SHORTEST = 8
"""Characters. A shorter text is no secret, and redacting it would tear holes into every message."""


_QUOTES = ('"', "'", "`")


class Token:
    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        """`source` names the place it was read from, for people. Raises `TokenUnusable`, which does not show the value."""
        if problem := _problem(value):
            raise TokenUnusable(source, problem)
        shield()
        redaction.know(value)
        self._value, self.source = value, source

    def reveal(self) -> str:
        """The text itself, for a header."""
        return self._value

    def __repr__(self) -> str:
        return f"Token({redaction.HIDDEN})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a token is never pickled or copied: read it inside the task that needs it")


def _problem(value: str) -> str | None:
    """The reason why `value` is no token, or cannot be sent in a header; None if it may be one."""
    text = value.strip()
    problems = (
        (text.startswith("$"), "it begins with `$`: it names a variable, and nothing put the token in its place"),
        (text.startswith(_QUOTES) or text.endswith(_QUOTES), "there is a quote around it"),
        (not value.isascii(), "it has characters that are not ASCII"),
        (any(character in "\r\n" for character in value), "it has a line break"),
        (any(character.isspace() for character in value), "it has a blank, and only the token itself belongs there"),
        (not value.isprintable(), "it has a control character"),
        (len(value) < SHORTEST, f"it has fewer than {SHORTEST} characters"),
    )
    return next((problem for is_so, problem in problems if is_so), None)
