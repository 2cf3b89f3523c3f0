"""One line of a sparse index: a published version, its digest, and what it needs. cargo's format, from bytes to a value.

Knows the format. Refuses to guess: a line that lacks its checksum is not a line.
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
    """Index of the registry that it comes from; None for the same one."""


class IndexLine(Value):
    name: str
    version: str
    checksum: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the `.crate`."""
    yanked: bool = False
    published: AwareDatetime | None = None
    """None where the registry does not tell."""
    needs: tuple[Need, ...] = ()


def read_line(line: bytes) -> IndexLine:
    """Raises `ValueError` for anything that is not a line of an index."""
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
        raise ValueError(f"{error} is missing or of another kind") from error


def _need(entry: Any) -> Need:
    return Need(
        name=entry.get("package") or entry["name"],
        requirement=entry["req"],
        kind=entry.get("kind") or "normal",
        optional=entry.get("optional", False),
        registry=entry.get("registry"),
    )
