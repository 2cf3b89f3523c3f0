"""An error made with placeholders: `PATH` where a message has a path. So a page shows the words of the real message."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from loadmaster.errors.base import LoadmasterError, UsageError
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.registry import CrateFailure

_WORDS: Mapping[str, str] = {
    "crate": "NAME@VERSION",
    "told": "ITS WORDS",
    "lacking": "history",
}
"""Parameters whose placeholder says more than their name."""
_NUMBERS: Mapping[str, int] = {"status": 403, "port": 8080, "seconds": 60, "free": 4_000_000}
_LINES = (3, 9)
_INSTANT = datetime(2026, 7, 25, 12, 35, 41, tzinfo=UTC)
_CODE = "CODE"
_FAILURE = CrateFailure(crate="NAME@VERSION", code=_CODE, what="WHAT.", why="WHY.", next="NEXT.")


def placeholder_error(kind: type[LoadmasterError]) -> LoadmasterError:
    """An instance whose facts are placeholders. Raises `TypeError` for a parameter of a type that has none."""
    hints = get_type_hints(kind.__init__)
    names = [name for name in inspect.signature(kind.__init__).parameters if name != "self"]
    return kind(**{name: _placeholder(name, hints[name]) for name in names})


def _placeholder(name: str, hint: Any) -> Any:
    if get_origin(hint) is UnionType:
        hint = next(each for each in get_args(hint) if each is not NoneType)
    if (origin := get_origin(hint)) is not None and issubclass(origin, Mapping):
        return {_word(name): _placeholder("value", get_args(hint)[1])}
    if origin is not None:
        return _several(name, get_args(hint)[0])
    return _plain(name, hint)


def _several(name: str, hint: Any) -> tuple[Any, ...]:
    """Two, because a message about one often has other words."""
    match hint:
        case type() if issubclass(hint, str):
            return _word(name), "…"
        case type() if issubclass(hint, int):
            return _LINES
        case _:
            return (_placeholder(name, hint),)


def _plain(name: str, hint: type) -> Any:
    if issubclass(hint, LoadmasterError):
        return UsageError("WHAT.", why="WHY.", fix="NEXT.")
    made = {
        str: _word(name),
        bool: True,
        int: _NUMBERS.get(name, 3),
        float: float(_NUMBERS.get(name, 3)),
        datetime: _INSTANT,
        Reason: Reason.NOT_OWNER,
        CrateFailure: _FAILURE,
    }
    if hint not in made:
        raise TypeError(f"no placeholder for `{name}: {hint.__name__}`; add one to {__name__}")
    return made[hint]


def _word(name: str) -> str:
    return _WORDS.get(name, name.replace("_", "-").upper())
