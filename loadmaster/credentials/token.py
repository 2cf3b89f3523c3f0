"""A token in memory. It shows itself to nobody, cannot be pickled or copied, and is known to the redactor from the start."""

from __future__ import annotations

from typing import NoReturn

from loadmaster.errors import redaction
from loadmaster.errors.credentials import TokenUnusable

SHORTEST = 8
"""Characters. What is shorter is no secret, and redacting it would tear holes into every text."""


class Token:
    __slots__ = ("_value",)

    def __init__(self, value: str, source: str) -> None:
        """`source` says where it was read, for messages. Raises `TokenUnusable` for what cannot be one, without showing it."""
        if problem := _problem(value):
            raise TokenUnusable(source, problem)
        redaction.know(value)
        self._value = value

    def reveal(self) -> str:
        """The text itself, for a header."""
        return self._value

    def __repr__(self) -> str:
        return f"Token({redaction.HIDDEN})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a token is never pickled or copied: read it inside the task that needs it")


def _problem(value: str) -> str | None:
    """What keeps `value` from being sent in a header as it is."""
    if not value.isascii():
        return "it has characters that are not ASCII"
    if any(each in "\r\n" for each in value):
        return "it has a line break"
    if any(each.isspace() for each in value):
        return "it has a blank"
    if not value.isprintable():
        return "it has a control character"
    return f"it has fewer than {SHORTEST} characters" if len(value) < SHORTEST else None
