"""Which version a release gets: SemVer text in, SemVer text out. The library `semver` has the grammar and the precedence."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING

from loadmaster.errors.request import MalformedVersion, VersionTooLong

if TYPE_CHECKING:
    from semver import Version

_LEVEL_OR_VERSION = (
    r"(major|minor|patch|rc|(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?)"
)
_NAMED = rf"[A-Za-z0-9_-]+={_LEVEL_OR_VERSION}"

_GIVEN = rf"{_LEVEL_OR_VERSION}|{_NAMED}(,{_NAMED})*"

GIVEN = rf"^({_GIVEN})$"
"""Versions that a person gives: a level, or a strict SemVer version without a leading `v`. If packages have versions of their
own, one for each named package: `NAME=VERSION,NAME=LEVEL`."""

CHANGED = "changed"
"""Asks for what changed since the last release, with the versions that the changes ask for (`planning.changes`)."""

ASKED = rf"^({CHANGED}|{_GIVEN})$"
"""What a person may ask for: versions, or what changed."""


class Level(StrEnum):
    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    RC = "rc"


_LONGEST = 255 - len(".crate") - 64 - len("-")
"""How many characters a file name leaves for a version after a crate's longest name."""

_LARGEST = 2**64 - 1
"""The largest that cargo accepts of the three numbers."""


def parse(text: str) -> Version:
    """Raises `MalformedVersion`."""
    from semver import Version  # the options of the command line need the words of this module, and not the grammar

    try:
        version = Version.parse(text)
    except ValueError as error:
        raise MalformedVersion(text) from error
    if max(version.major, version.minor, version.patch) > _LARGEST:
        raise MalformedVersion(text)
    return version


def planned_version(asked: str, current: str, taken: Collection[str]) -> str:
    """The version that `asked` means for a workspace at version `current`.

    A level finishes a pre-release before it moves on (`minor` of 1.2.0-rc.1 is 1.2.0). `rc` is the next free
    candidate: of `current` if that is a pre-release, otherwise of the next patch.

    Raises `MalformedVersion` and `VersionTooLong`.
    """
    if asked == Level.RC:
        return _next_candidate(parse(current), {_precedence(version) for version in taken})
    if asked in set(Level):
        return str(parse(current).next_version(asked))
    planned = str(parse(asked))
    if len(planned) > _LONGEST:
        raise VersionTooLong(planned, _LONGEST)
    return planned


def _next_candidate(current: Version, taken: Collection[str]) -> str:
    first = current.bump_patch().replace(prerelease="rc.1")
    candidate = first if current.prerelease is None else current.bump_prerelease()
    while _precedence(str(candidate)) in taken:
        candidate = candidate.bump_prerelease()
    return str(candidate)


def series_of(version: str) -> tuple[int, ...]:
    """The numbers that compatible versions share, as cargo counts: all up to the first that is not zero."""
    major, minor, patch = parse(version).to_tuple()[:3]
    return (major,) if major else (0, minor) if minor else (0, 0, patch)


def same_version(one: str, other: str) -> bool:
    """`1.0.0+a` and `1.0.0+b` are one version to a registry: build metadata does not count."""
    return _precedence(one) == _precedence(other)


def _precedence(text: str) -> str:
    return text.partition("+")[0]
