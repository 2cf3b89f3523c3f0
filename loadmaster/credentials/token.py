"""A token in memory. It is never shown, cannot be pickled or copied, and the redactor knows it from the start."""

from __future__ import annotations

from typing import NoReturn

from loadmaster.errors import redaction
from loadmaster.errors.credentials import TokenUnusable

SHORTEST = 8
"""Characters. A shorter text is no secret, and redacting it would tear holes into every message."""


class Token:
    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        """`source` names the place it was read from, for messages. Raises `TokenUnusable`, which does not show the value."""
        if problem := _problem(value):
            raise TokenUnusable(source, problem)
        redaction.know(value)
        self._value = value
        self.source = source

    def reveal(self) -> str:
        """The text itself, for a header."""
        return self._value

    def __repr__(self) -> str:
        return f"Token({redaction.HIDDEN})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a token is never pickled or copied: read it inside the task that needs it")


def _problem(value: str) -> str | None:
    """The reason why `value` cannot be sent in a header; None if it can."""
    if not value.isascii():
        return "it has characters that are not ASCII"
    if any(character in "\r\n" for character in value):
        return "it has a line break"
    if any(character.isspace() for character in value):
        return "it has a blank"
    if not value.isprintable():
        return "it has a control character"
    return f"it has fewer than {SHORTEST} characters" if len(value) < SHORTEST else None
