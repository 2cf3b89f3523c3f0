"""One line of a sparse index: a published version, its checksum and its dependencies. cargo's format, from bytes to a value.

Knows the format. It does not guess: a line without a checksum is an error.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import AwareDatetime, Field

from loadmaster.planning.tree.workspace import DependencyKind
from loadmaster.planning.values.value import Value


class Need(Value):
    """One dependency of a published version."""

    name: str
    """The crate's own name, not the alias that the manifest gives it."""
    requirement: str
    kind: DependencyKind = "normal"
    optional: bool = False
    registry: str | None = None
    """Index of the registry that has the crate; None for the same registry."""


class IndexLine(Value):
    name: str
    version: str
    checksum: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the `.crate`."""
    yanked: bool = False
    published: AwareDatetime | None = None
    """None if the registry does not say."""
    needs: tuple[Need, ...] = ()


def parse_line(line: bytes) -> IndexLine:
    """The published version. Raises `ValueError` for anything that is not a line of an index."""
    try:
        entry = json.loads(line)
        return IndexLine(
            name=entry["name"],
            version=entry["vers"],
            checksum=entry["cksum"],
            yanked=bool(entry.get("yanked", False)),
            published=entry.get("pubtime"),
            needs=tuple(_need(dependency) for dependency in entry["deps"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{error} is missing or has another type") from error


def _need(entry: Any) -> Need:
    return Need(
        name=entry.get("package") or entry["name"],
        requirement=entry["req"],
        kind=entry.get("kind") or "normal",
        optional=entry.get("optional", False),
        registry=entry.get("registry"),
    )
