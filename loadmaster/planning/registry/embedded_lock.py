"""How the lockfiles in two `.crate` files differ, and whether packaging at another time explains the difference.

Knows Cargo.lock's packages, versions, checksums and sources. Does not know which of the packages are siblings.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from loadmaster.planning.values.toml_text import load_toml

LOCKFILE = "Cargo.lock"

_AT_MOST = 8


class _Pin(NamedTuple):
    version: str
    checksum: str
    """Empty for the packaged crate itself."""


class _Lock(NamedTuple):
    format: int
    sources: frozenset[str]
    pins: dict[str, frozenset[_Pin]]


class LockDifference(NamedTuple):
    how: str
    packaging_may_change: bool
    """Whether resolving again on another day explains the difference."""


def compare_locks(ours: bytes, theirs: bytes) -> LockDifference:
    """How two unequal lockfiles differ; `here` is ours.

    Packaging cannot explain the difference if one of them is not a lockfile, or if their packages come from other sources.
    """
    here, there = _parse(ours), _parse(theirs)
    if here is None or there is None:
        broken = [where for lock, where in ((here, "here"), (there, "there")) if lock is None]
        return LockDifference(f"no lockfile {' nor '.join(broken)}", packaging_may_change=False)
    if here.sources != there.sources:
        sources = [", ".join(f"`{source}`" for source in sorted(lock.sources)) or "nowhere" for lock in (here, there)]
        return LockDifference(f"packages from {sources[0]} here, {sources[1]} there", packaging_may_change=False)
    return LockDifference("; ".join(_changes(here, there)) or "the same packages, written differently", True)


def _changes(here: _Lock, there: _Lock) -> list[str]:
    changes = [
        _change(name, here.pins.get(name, frozenset()), there.pins.get(name, frozenset()))
        for name in sorted(here.pins.keys() | there.pins.keys())
        if here.pins.get(name) != there.pins.get(name)
    ]
    if here.format != there.format:
        changes.insert(0, f"lockfile format {here.format} here, {there.format} there")
    if len(changes) > _AT_MOST:
        return [*changes[:_AT_MOST], f"and {len(changes) - _AT_MOST} more"]
    return changes


def _parse(text: bytes) -> _Lock | None:
    pins: defaultdict[str, set[_Pin]] = defaultdict(set)
    try:
        lock = load_toml(text.decode())
        for package in lock["package"]:
            pins[str(package["name"])].add(_Pin(str(package["version"]), str(package.get("checksum", ""))))
        return _Lock(
            format=int(lock.get("version", 1)),
            sources=frozenset(str(package["source"]) for package in lock["package"] if "source" in package),
            pins={name: frozenset(versions) for name, versions in pins.items()},
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _change(name: str, ours: frozenset[_Pin], theirs: frozenset[_Pin]) -> str:
    here, there = sorted(ours - theirs), sorted(theirs - ours)
    if [pin.version for pin in here] == [pin.version for pin in there]:
        versions = ", ".join(pin.version for pin in here)
        checksums = [" ".join(pin.checksum[:12] for pin in pins) for pins in (here, there)]
        return f"`{name}` {versions}: checksum {checksums[0]} here, {checksums[1]} there"
    return f"`{name}` {_versions(here)} here, {_versions(there)} there"


def _versions(pins: list[_Pin]) -> str:
    return ", ".join(pin.version for pin in pins) or "not"
