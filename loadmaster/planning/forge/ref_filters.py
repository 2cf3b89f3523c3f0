"""The filters of a workflow's `branches`, `tags` and `paths`: which names they let through.

The rules are GitHub's ("Filter pattern cheat sheet"): `*` stands for anything but `/`, `**` for anything, `?` for the character
before it or nothing, `+` for one or more of it, `[…]` for one of some. A pattern with `!` takes away what those before it let
through, and a later one may give it back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def lets_through(patterns: Sequence[str], name: str) -> bool:
    """Whether the last pattern that matches is one without `!`."""
    through = False
    for pattern in patterns:
        wanted = not pattern.startswith("!")
        if re.fullmatch(_expression(pattern if wanted else pattern[1:]), name) is not None:
            through = wanted
    return through


def _expression(pattern: str) -> str:
    """As a regular expression. A bracket that is not closed stands for itself."""
    expression, place = "", 0
    while place < len(pattern):
        character = pattern[place]
        if pattern.startswith("**", place):
            expression += ".*"
            place += 2
            continue
        if character == "[" and (end := pattern.find("]", place + 1)) > place + 1:
            inside = re.sub(r"([\\\[&~|^])", r"\\\1", pattern[place + 1 : end])
            expression += f"[{inside}]"
            place = end + 1
            continue
        if character == "\\" and place + 1 < len(pattern):
            expression += re.escape(pattern[place + 1])
            place += 2
            continue
        if character == "*":
            expression += "[^/]*"
        elif character in "?+" and expression and not expression.endswith(("*", "?", "+")):
            expression += character
        else:
            expression += re.escape(character)
        place += 1
    return expression
