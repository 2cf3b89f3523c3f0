"""Reads what cargo-semver-checks prints: which rules a package breaks, and with what."""

from __future__ import annotations

import re

_FAILURE = re.compile(r"^--- failure (?P<rule>.+) ---$", re.MULTILINE)
_PLACES = re.compile(r"^Failed in:\n(?P<lines>(?:  .*(?:\n|\Z))+)", re.MULTILINE)
_FILE = re.compile(r",?(?: previously)?(?: in)?(?: file)? \S*[/\\]\S*:\d+$")
"""The file is that of a copy of the tree, and the copy is gone when a person reads this."""


def api_findings(report: str) -> tuple[str, ...]:
    """One text for each broken rule: `struct_missing: pub struct removed or renamed (struct wing::Egg, and 2 more)`."""
    _, *parts = _FAILURE.split(report)
    return tuple(_finding(rule, told) for rule, told in zip(parts[::2], parts[1::2], strict=True))


def _finding(rule: str, told: str) -> str:
    found = _PLACES.search(told)
    places = [place for line in found["lines"].splitlines() if (place := _FILE.sub("", line.strip()))] if found else []
    if not places:
        return rule
    more = f", and {len(places) - 1} more" if len(places) > 1 else ""
    return f"{rule} ({places[0]}{more})"
