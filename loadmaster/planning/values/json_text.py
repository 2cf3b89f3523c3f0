"""JSON from outside: bytes in, plain values out. Everybody reads foreign JSON by this one function.

The parser is pydantic's, which is as strict as the one of cargo and crates.io's server: UTF-8 alone, no lone surrogates, no
`NaN`, no deeper than 200, no number of more than 4300 digits. Of a key that is there twice, the last one counts.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

MOST_VALUES = 1_000_000
"""In one document. A list of empty lists takes thirty times its size when it is read, so a limit of bytes is not enough."""


class NotJson(ValueError):
    """A client raises the error of the catalogue instead, which has the address, too."""


def read_json(content: bytes | str) -> Any:
    """Raises `NotJson`, and nothing else."""
    require_few_values(content)
    try:
        return from_json(content, allow_inf_nan=False)
    except (ValueError, UnicodeError) as error:
        raise NotJson(str(error)) from error


def require_few_values(content: bytes | str) -> None:
    """Raises `NotJson` for a text that may hold more than `MOST_VALUES` values."""
    if len(content) <= MOST_VALUES:  # a value takes a byte at least
        return
    commas = content.count(b",") if isinstance(content, bytes) else content.count(",")
    if commas > MOST_VALUES:
        raise NotJson(f"it may have more than {MOST_VALUES} values")
