"""Path globs as cargo matches them in `members`: `*`, `?` and `[…]` stay within one component, `**` crosses them.

Knows the grammar of the Rust crate `glob`; sees no disk.
"""

from __future__ import annotations

import re
from functools import cache


def matches_glob(path: str, pattern: str) -> bool:
    return _compile(pattern).fullmatch(path) is not None


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    parts = pattern.split("/")
    return re.compile("".join(_component(part, last=number == len(parts) - 1) for number, part in enumerate(parts)))


def _component(part: str, *, last: bool) -> str:
    if part == "**":
        return r".*" if last else r"(?:[^/]+/)*"
    return "".join(_piece(piece) for piece in re.findall(r"\[[!^]?\]?[^\]]*\]|.", part)) + ("" if last else "/")


def _piece(piece: str) -> str:
    if piece == "*":
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if len(piece) > 1:
        inner = piece[1:-1]
        negated = inner.startswith(("!", "^"))
        return f"[{'^' * negated}{re.escape(inner[negated:]).replace(chr(92) + '-', '-')}]"
    return re.escape(piece)
