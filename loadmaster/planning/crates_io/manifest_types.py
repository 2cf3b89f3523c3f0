"""The types that crates.io's server gives to a manifest's fields, and the first value of another type. Pure.

Its reader goes through the document in the document's own order and stops at the first wrong value, so order matters here.
Fields that it does not know may hold anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from loadmaster.planning.crates_io.serde_words import wrong_type

ValuePath = tuple[str | int, ...]


class WrongType(NamedTuple):
    keys: ValuePath
    """The place of the value in the document."""
    message: str


Judge = Callable[[object, ValuePath], WrongType | None]


def first_wrong_type(manifest: Mapping[str, object]) -> WrongType | None:
    """The first value that the server's reader refuses; None if it takes all."""
    return _MANIFEST(manifest, ())


def wrong_package(package: object) -> WrongType | None:
    """The same for a package's table alone."""
    return _PACKAGE(package, ())


def _text(value: object, keys: ValuePath) -> WrongType | None:
    return None if isinstance(value, str) else WrongType(keys, wrong_type(value, "a string"))


def _flag(value: object, keys: ValuePath) -> WrongType | None:
    return None if isinstance(value, bool) else WrongType(keys, wrong_type(value, "a boolean"))


def _true(value: object, keys: ValuePath) -> WrongType | None:
    return None if value is True else WrongType(keys, wrong_type(value, "a `true` boolean value"))


def _edition(value: object, keys: ValuePath) -> WrongType | None:
    if isinstance(value, str) and value not in ("2015", "2018", "2021", "2024"):
        known = "`2015`, `2018`, `2021`, `2024`"
        return WrongType(keys, f"unknown variant `{value}`, expected one of {known}")
    return _text(value, keys)


def _list_of(judge: Judge) -> Judge:
    def judge_all(value: object, keys: ValuePath) -> WrongType | None:
        if not isinstance(value, list):
            return WrongType(keys, wrong_type(value, "a sequence"))
        return _first(judge(item, (*keys, place)) for place, item in enumerate(value))

    return judge_all


def _map_of(judge: Judge) -> Judge:
    def judge_all(value: object, keys: ValuePath) -> WrongType | None:
        if not isinstance(value, dict):
            return WrongType(keys, wrong_type(value, "a map"))
        return _first(judge(item, (*keys, key)) for key, item in value.items())

    return judge_all


def _struct(name: str, fields: Mapping[str, Judge], required: str | None = None) -> Judge:
    def judge_fields(value: object, keys: ValuePath) -> WrongType | None:
        if not isinstance(value, dict):
            return WrongType(keys, wrong_type(value, f"struct {name}"))
        wrong = _first(fields[key](item, (*keys, key)) for key, item in value.items() if key in fields)
        missing = required is not None and required not in value
        return wrong or (WrongType(keys, f"missing field `{required}`") if missing else None)

    return judge_fields


def _any_of(enum: str, *judges: Judge) -> Judge:
    """Tries one type after the other, and says of a value that fits none only which types these are."""

    def judge_each(value: object, keys: ValuePath) -> WrongType | None:
        if any(judge(value, keys) is None for judge in judges):
            return None
        return WrongType(keys, f"data did not match any variant of untagged enum {enum}")

    return judge_each


def _first(found: Iterable[WrongType | None]) -> WrongType | None:
    return next((wrong for wrong in found if wrong is not None), None)


def _spelled(fields: Mapping[str, Judge]) -> dict[str, Judge]:
    """The fields, and those of several words with underscores as well."""
    return {**fields, **{name.replace("-", "_"): judge for name, judge in fields.items()}}


def _inheritable(judge: Judge) -> Judge:
    return _any_of("MaybeInherited", _struct("", {"workspace": _true}, required="workspace"), judge)


_TEXTS = _list_of(_text)
_TEXT_OR_FLAG = _any_of("StringOrBool", _text, _flag)
_DEPENDENCY = _any_of(
    "Dependency",
    _text,
    _struct("", {"workspace": _true, "features": _TEXTS, "optional": _flag}, required="workspace"),
    _struct(
        "",
        dict.fromkeys(("version", "registry", "path", "git", "branch", "tag", "rev", "package"), _text)
        | _spelled({"registry-index": _text, "features": _TEXTS, "optional": _flag, "default-features": _flag}),
    ),
)
_DEPENDENCIES = _spelled(
    dict.fromkeys(("dependencies", "dev-dependencies", "build-dependencies"), _map_of(_DEPENDENCY))
)
_PRODUCT = _struct(
    "Product",
    dict.fromkeys(("path", "name"), _text)
    | dict.fromkeys(("test", "doctest", "bench", "doc", "plugin", "harness"), _flag)
    | {"edition": _edition}
    | _spelled({"proc-macro": _flag, "required-features": _TEXTS, "crate-type": _TEXTS}),
)
_PACKAGE = _struct(
    "Package",
    dict.fromkeys(("name", "links"), _text)
    | dict.fromkeys(("autolib", "autobins", "autoexamples", "autotests", "autobenches"), _flag)
    | dict.fromkeys(("version", "description", "homepage", "documentation", "license"), _inheritable(_text))
    | dict.fromkeys(("license-file", "repository", "rust-version"), _inheritable(_text))
    | dict.fromkeys(("authors", "keywords", "categories"), _inheritable(_TEXTS))
    | {"edition": _inheritable(_edition), "readme": _inheritable(_TEXT_OR_FLAG), "build": _TEXT_OR_FLAG},
    required="name",
)
_MANIFEST = _struct(
    "Manifest",
    _DEPENDENCIES
    | dict.fromkeys(("bin", "bench", "test", "example"), _list_of(_PRODUCT))
    | {"package": _PACKAGE, "lib": _PRODUCT, "features": _map_of(_TEXTS)}
    | {"target": _map_of(_struct("Target", _DEPENDENCIES)), "patch": _map_of(_map_of(_DEPENDENCY))},
)
