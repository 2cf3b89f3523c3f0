"""Version requirements as Rust's crate `semver` reads and prints them. Pure.

Deliberately separate from `values.requirement`: the registry judges what a release sends.
"""

from __future__ import annotations

import re

LARGEST_NUMBER = 2**64 - 1
MOST_COMPARATORS = 32

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRE_PART = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_PRE = rf"{_PRE_PART}(?:\.{_PRE_PART})*"
_BUILD = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-{_PRE})?(?:\+{_BUILD})?")
_COMPARATOR = re.compile(
    rf"(?P<op>>=|<=|[=><~^])? *(?P<major>{_NUMBER})"
    rf"(?:\.(?P<minor>{_NUMBER}|[*xX])(?:\.(?P<patch>{_NUMBER}|[*xX])(?:-(?P<pre>{_PRE}))?(?:\+{_BUILD})?)?)? *"
)
_WILDCARDS = frozenset("*xX")


def is_version(text: str) -> bool:
    match = _VERSION.fullmatch(text)
    return match is not None and all(int(number) <= LARGEST_NUMBER for number in match.groups())


def strip_build(version: str) -> str:
    return version.partition("+")[0]


def normalize(text: str) -> str:
    """The requirement as the index spells it (`1.2` becomes `^1.2`). Raises `ValueError`."""
    stripped = text.lstrip(" ")
    if stripped.rstrip(" ") in _WILDCARDS:
        return "*"
    comparators = re.split(r", *", stripped)
    if len(comparators) > MOST_COMPARATORS:
        raise ValueError(text)
    return ", ".join(_comparator(part) for part in comparators)


def _comparator(text: str) -> str:
    match = _COMPARATOR.fullmatch(text)
    if match is None:
        raise ValueError(text)
    op, major, minor, patch, pre = (match[group] for group in ("op", "major", "minor", "patch", "pre"))
    if minor in _WILDCARDS and patch is not None and patch not in _WILDCARDS:
        raise ValueError(text)
    if patch in _WILDCARDS and ("-" in text or "+" in text):
        raise ValueError(text)
    numbers = [number for number in (major, minor, patch) if number is not None and number not in _WILDCARDS]
    if any(int(number) > LARGEST_NUMBER for number in numbers):
        raise ValueError(text)
    if op is None and (minor in _WILDCARDS or patch in _WILDCARDS):
        return ".".join([*numbers, "*"])
    return (op or "^") + ".".join(numbers) + (f"-{pre}" if pre else "")
