"""Cargo's version requirements: what they match, and how they are rewritten for a new version.

Knows the grammar and the meaning that cargo gives them: those of the Rust crate `semver`.
Does not know manifests, or which requirements ought to move.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from semver import Version

from loadmaster.errors.edits import MalformedRequirement
from loadmaster.planning.values.version import parse

_NUMBER = r"(?:0|[1-9]\d*)"
_IDENTIFIER = rf"(?:{_NUMBER}(?![0-9A-Za-z-])|\d*[A-Za-z-][0-9A-Za-z-]*)"
_COMPARATOR = re.compile(
    rf"(?P<operator>[<>]=?|[=~^]|)(?P<blank> *)"
    rf"(?P<numbers>{_NUMBER}(?:\.{_NUMBER}){{0,2}})(?P<wildcard>(?:\.[*xX]){{0,2}})"
    rf"(?:-(?P<prerelease>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)
_ANYTHING = ("*", "x", "X")


class _Comparator(NamedTuple):
    operator: str
    """As written; `*` if the text has a wildcard and no operator."""
    numbers: tuple[int, ...]
    """The components that were written, one to three."""
    prerelease: str | None

    @property
    def is_full(self) -> bool:
        return len(self.numbers) == 3


def matches(requirement: str, version: str) -> bool:
    """Whether cargo would take `version` for `requirement`. Raises `MalformedRequirement` and `MalformedVersion`.

    A pre-release matches only if a comparator names a pre-release of the same three numbers.
    """
    comparators, candidate = _comparators(requirement), parse(version)
    if not all(_holds(comparator, candidate) for comparator in comparators):
        return False
    return candidate.prerelease is None or any(
        comparator.prerelease is not None and comparator.numbers == _numbers(candidate) for comparator in comparators
    )


def rewrite_requirement(requirement: str, version: str) -> str | None:
    """`requirement`, as its author would have written it for `version`; None if that does not match `version`.

    Operators, blanks and the number of components stay; upper bounds and `>` do not change at all. A pre-release is always
    written in full, otherwise nothing would match it. Raises `MalformedRequirement` and `MalformedVersion`.
    """
    _comparators(requirement)
    new = parse(version)
    if requirement.strip(" ") in _ANYTHING:
        return requirement if new.prerelease is None else _full_text(new)
    follows = _COMPARATOR.sub(lambda match: _following(match, new), requirement)
    return follows if matches(follows, version) else None


def _following(match: re.Match[str], new: Version) -> str:
    operator, wildcard = match["operator"], match["wildcard"]
    if operator in ("<", "<=", ">"):
        return match[0]
    if new.prerelease is not None:
        return operator + match["blank"] + _full_text(new)
    components = len(match["numbers"].split("."))
    return operator + match["blank"] + ".".join(map(str, _numbers(new)[:components])) + wildcard


def _comparators(requirement: str) -> tuple[_Comparator, ...]:
    """() for a lone wildcard, which holds for everything."""
    if requirement.strip(" ") in _ANYTHING:
        return ()
    parsed = [_COMPARATOR.fullmatch(text.strip(" ")) for text in requirement.split(",")]
    return tuple(_comparator(requirement, match) for match in parsed)


def _comparator(requirement: str, match: re.Match[str] | None) -> _Comparator:
    if match is None:
        raise MalformedRequirement(requirement)
    comparator = _Comparator(
        operator=match["operator"] or ("*" if match["wildcard"] else "^"),
        numbers=tuple(map(int, match["numbers"].split("."))),
        prerelease=match["prerelease"],
    )
    too_long = len(comparator.numbers) + match["wildcard"].count(".") > 3
    after_a_part = not comparator.is_full and match.end() > max(match.end("numbers"), match.end("wildcard"))
    if too_long or after_a_part:
        raise MalformedRequirement(requirement)
    return comparator


def _holds(comparator: _Comparator, version: Version) -> bool:
    operator, side = comparator.operator, _side(comparator, version)
    match operator:
        case "=" | "*":
            return _is(comparator, version)
        case ">" | ">=":
            return side > 0 or (operator == ">=" and _is(comparator, version))
        case "<" | "<=":
            return side < 0 or (operator == "<=" and _is(comparator, version))
        case "~":
            fixed = 2
        case _:
            fixed = _caret_components(comparator)
    return side >= 0 and _shares(comparator, version, fixed)


def _is(comparator: _Comparator, version: Version) -> bool:
    return _shares(comparator, version, 3) and comparator.prerelease == version.prerelease


def _shares(comparator: _Comparator, version: Version, count: int) -> bool:
    """Whether those of the first `count` components that were written are the same."""
    wanted = comparator.numbers[:count]
    return _numbers(version)[: len(wanted)] == wanted


def _side(comparator: _Comparator, version: Version) -> int:
    """Whether `version` is lower (below 0), equal (0) or higher (above 0) in the components that were written."""
    written = _numbers(version)[: len(comparator.numbers)]
    if written != comparator.numbers:
        return 1 if written > comparator.numbers else -1
    if not comparator.is_full:
        return 0
    major, minor, patch = comparator.numbers
    return version.compare(Version(major, minor, patch, comparator.prerelease))


def _caret_components(comparator: _Comparator) -> int:
    """How many components a caret fixes: those up to the first that is not zero."""
    leading_zeros = next((index for index, number in enumerate(comparator.numbers) if number), len(comparator.numbers))
    return leading_zeros + 1


def _numbers(version: Version) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch


def _full_text(version: Version) -> str:
    """The version without build metadata, which means nothing in a requirement."""
    return str(version.replace(build=None))
