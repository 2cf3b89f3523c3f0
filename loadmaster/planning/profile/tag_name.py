"""The name of a tag and its pattern: from a version to the tag, and from a tag back to the version.

A pattern has the version in one of three spellings, and may have `{name}`, the package's name.
"""

from __future__ import annotations

import re

VERSION = "version"
PLAIN = "plain"
SHORT = "short"
SPELLINGS = (VERSION, PLAIN, SHORT)
"""`{version}` is the whole version, `{plain}` leaves its build metadata out, and `{short}` also a patch number that is 0."""

_FIELD = re.compile(rf"\{{(?P<spelling>{'|'.join(SPELLINGS)})\}}")
_TWO_NUMBERS = re.compile(r"\d+\.\d+")
_VERSION_TEXT = r"(?P<version>\d+\.\d+.*)"


def spelled(version: str) -> dict[str, str]:
    """The version in each spelling, by the name of its field. A pre-release keeps its patch number."""
    plain = version.partition("+")[0]
    return {VERSION: version, PLAIN: plain, SHORT: plain.removesuffix(".0") if plain.count(".") == 2 else plain}


def fields_of(pattern: str) -> tuple[str, ...]:
    """The spellings of the version in the pattern, in their order; one in a pattern that can be used."""
    return tuple(match["spelling"] for match in _FIELD.finditer(pattern))


def tag_name(pattern: str, package: str, version: str) -> str:
    return pattern.format(name=package, **spelled(version))


def version_in(tag: str, pattern: str, package: str) -> str | None:
    """The text in the version's place, completed to three numbers where the pattern leaves one out.

    None if the tag does not follow the package's pattern. Whether the text is a version is not looked at.
    """
    place = _FIELD.search(pattern)
    if place is None:
        return None
    before, after = (part.format(name=package) for part in (pattern[: place.start()], pattern[place.end() :]))
    if not (tag.startswith(before) and tag.endswith(after)) or len(tag) <= len(before) + len(after):
        return None
    text = tag[len(before) : len(tag) - len(after)]
    return _complete(text, place["spelling"])


def package_version_in(tag: str, pattern: str) -> str | None:
    """As `version_in`, of a package whose name nobody knows: where the pattern has `{name}`, the tag has any text."""
    place = _FIELD.search(pattern)
    if place is None:
        return None
    before, after = (
        ".+?".join(re.escape(part) for part in side.split("{name}"))
        for side in (pattern[: place.start()], pattern[place.end() :])
    )
    found = re.fullmatch(f"{before}{_VERSION_TEXT}{after}", tag)
    return None if found is None else _complete(found["version"], place["spelling"])


def _complete(text: str, spelling: str) -> str:
    return f"{text}.0" if spelling == SHORT and _TWO_NUMBERS.fullmatch(text) else text
