"""Licence expressions that crates.io's parser (the Rust crate `spdx`) accepts, and its messages for the others. Pure.

`/` may replace `OR`. Deprecated identifiers and a GNU licence with `+` pass. An identifier that SPDX does not list fails.
This module does not know what an expression means: a well-formed one passes, and no tree is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from loadmaster.planning.crates_io.spdx_ids import EXCEPTIONS, LICENSES

_Kind = Literal["license", "reference", "exception", "+", "(", ")", "WITH", "AND", "OR"]

_TEXT = re.compile(r"[-a-zA-Z0-9.:]+")
_LICENSE_REFERENCE = re.compile(r"(?:DocumentRef-[-a-zA-Z0-9.]*:)?LicenseRef-[-a-zA-Z0-9.]*")
_ADDITION_REFERENCE = re.compile(r"(?:DocumentRef-[-a-zA-Z0-9.]*:)?AdditionRef-[-a-zA-Z0-9.]*")
_SIGNS: dict[str, _Kind] = {"+": "+", "(": "(", ")": ")", "/": "OR"}
_OPERATORS: dict[str, _Kind] = {
    "AND": "AND",
    "and": "AND",
    "OR": "OR",
    "or": "OR",
    "WITH": "WITH",
    "with": "WITH",
}
_GNU = ("AGPL-", "GFDL-", "GPL-", "LGPL-")

_BEFORE_A_TERM: tuple[_Kind | None, ...] = (None, "AND", "OR", "(")
_AFTER_A_TERM: tuple[_Kind | None, ...] = ("license", "reference", "exception", "+", ")")
_MAY_FOLLOW: dict[_Kind, tuple[_Kind | None, ...]] = {
    "license": _BEFORE_A_TERM,
    "reference": _BEFORE_A_TERM,
    "(": _BEFORE_A_TERM,
    "AND": _AFTER_A_TERM,
    "OR": _AFTER_A_TERM,
    ")": _AFTER_A_TERM,
    "WITH": ("license", "reference", "+"),
    "+": ("license",),
    "exception": ("WITH",),
}
_EXPECTED: dict[_Kind | None, str] = {
    **dict.fromkeys(_BEFORE_A_TERM, "expected one of `<license>`, `(` here"),
    ")": "expected one of `AND`, `OR` here",
    "exception": "expected one of `AND`, `OR`, `)` here",
    "license": "expected one of `AND`, `OR`, `WITH`, `)`, `+` here",
    "reference": "expected one of `AND`, `OR`, `WITH`, `)` here",
    "+": "expected one of `AND`, `OR`, `WITH`, `)` here",
    "WITH": "expected a `<addition>` here",
}


class _Token(NamedTuple):
    kind: _Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def problem_of(expression: str) -> str | None:
    """The parser's message: the expression, below it a mark, and what is wrong there. None if the expression is valid."""
    try:
        _parse(expression)
    except _Problem as problem:
        return str(problem)
    return None


class _Problem(Exception):
    def __init__(self, expression: str, start: int, mark: str, what: str) -> None:
        super().__init__(f"{expression}\n{' ' * start}{mark} {what}")


def _parse(expression: str) -> None:
    before: _Token | None = None
    opened: list[_Token] = []
    for token in _tokens(expression):
        kind = before.kind if before else None
        if kind not in _MAY_FOLLOW[token.kind]:
            raise _Problem(expression, token.start, "^" * len(token.text), _EXPECTED[kind])
        if token.kind == "+" and before:
            _check_or_later(expression, before.text, token.start)
        if token.kind == "(":
            opened.append(token)
        elif token.kind == ")":
            if not opened:
                raise _Problem(expression, token.start, "^", "unopened parens")
            opened.pop()
        before = token
    if before is None:
        raise _Problem(expression, 0, "^" * len(expression), "empty expression")
    if before.kind not in _AFTER_A_TERM:
        raise _Problem(expression, len(expression), "", _EXPECTED[before.kind])
    if opened:
        raise _Problem(expression, opened[-1].start, "-", "unclosed parens")


def _check_or_later(expression: str, license_id: str, at: int) -> None:
    if not license_id.startswith(_GNU):
        return
    if license_id.endswith("-or-later"):
        raise _Problem(
            expression, at, "^", "a GNU license was followed by a `+` even though it ended in `-only` or `-or-later`"
        )
    if f"{license_id.removesuffix('-only')}-or-later" not in LICENSES:
        raise _Problem(expression, at, "^", "unknown license id")


def _tokens(expression: str) -> Iterator[_Token]:
    at = 0
    while True:
        start = at + len(expression[at:]) - len(expression[at:].lstrip())
        if start == len(expression):
            return
        if expression[start] == "+" and start > at:
            raise _Problem(expression, at, "^" * (start - at), "`+` must not follow whitespace")
        token = _token(expression, start)
        yield token
        at = token.end


def _token(expression: str, start: int) -> _Token:
    if kind := _SIGNS.get(expression[start]):
        return _Token(kind, expression[start], start)
    match = _TEXT.match(expression, start)
    if match is None:
        raise _Problem(expression, start, "^" * (len(expression) - start), "invalid character(s)")
    word = match.group()
    if kind := _OPERATORS.get(word):
        return _Token(kind, word, start)
    if word in LICENSES:
        return _Token("license", word, start)
    if word in EXCEPTIONS:
        return _Token("exception", word, start)
    if reference := _LICENSE_REFERENCE.match(word):
        return _Token("reference", reference.group(), start)
    if reference := _ADDITION_REFERENCE.match(word):
        return _Token("exception", reference.group(), start)
    raise _Problem(expression, start, "^" * len(word), "unknown term")
