"""Whether Loadmaster runs on the versions that it was tested with: the extra `pinned` of its own metadata lists them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata
from typing import NamedTuple

from packaging.requirements import Requirement

NAMED = 3
"""So many packages are named; a sentence with all of them would not be read."""


class OtherVersion(NamedTuple):
    package: str
    found: str
    tested: str


def other_versions(distribution: str = "loadmaster") -> tuple[OtherVersion, ...]:
    """The packages that are here in another version than the tested one. Raises `PackageNotFoundError`."""
    pins = _pins(metadata.requires(distribution) or ())
    found = {package: _version(package) for package in pins}
    return tuple(
        OtherVersion(package, here, pins[package])
        for package, here in found.items()
        if here not in (None, pins[package])
    )


def untested_text() -> str | None:
    """One sentence for whoever runs it on other versions; None if all are those that were tested."""
    try:
        others = other_versions()
    except metadata.PackageNotFoundError:
        return "these versions cannot be compared with those that were tested: this Loadmaster is not installed"
    if not others:
        return None
    named = ", ".join(f"{one.package} {one.found} instead of {one.tested}" for one in others[:NAMED])
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return (
        f"this Loadmaster was tested with other versions ({named}{more}); the extra `loadmaster[pinned]` installs those"
    )


def needed_python(distribution: str = "loadmaster") -> str:
    """Which Python it needs, such as `>=3.11`; "", which any is, where it is not installed."""
    try:
        described = metadata.metadata(distribution)
    except metadata.PackageNotFoundError:
        return ""
    return next(iter(described.get_all("Requires-Python") or ()), "")


def _pins(requirements: Iterable[str]) -> dict[str, str]:
    """Version by package, of those that this machine needs."""
    wanted = map(Requirement, requirements)
    pinned = [one for one in wanted if _is_pinned(one)]
    return {one.name: next(iter(one.specifier)).version for one in pinned}


def _is_pinned(wanted: Requirement) -> bool:
    """Whether the extra alone asks for it, here."""
    marker = wanted.marker
    return marker is not None and marker.evaluate({"extra": "pinned"}) and not marker.evaluate({"extra": ""})


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
