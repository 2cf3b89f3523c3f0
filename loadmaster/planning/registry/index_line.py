"""One line of a sparse index: a published version, its checksum and its dependencies. cargo's format, from bytes to a value.

Knows the format. It does not guess: a line without a checksum is an error.
"""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from loadmaster.planning.tree.workspace import DependencyKind
from loadmaster.planning.values.json_text import read_json
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
        entry = read_json(line)
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


def require_line(line: bytes) -> None:
    """Raises `ValueError` for what is no line of an index. It costs less than `parse_line`, because it makes no value of it."""
    entry = read_json(line)
    is_line = isinstance(entry, dict) and all(isinstance(entry.get(field), str) for field in ("name", "vers", "cksum"))
    if not is_line or not isinstance(entry.get("deps"), list) or not all(map(_is_dependency, entry["deps"])):
        raise ValueError("a field is missing or has another type")


def _is_dependency(entry: Any) -> bool:
    texts = ("name", "req", "kind", "package")
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(field), str | None) for field in texts)
        and bool(entry.get("name") and entry.get("req"))
    )


def _need(entry: Any) -> Need:
    return Need(
        name=entry.get("package") or entry["name"],
        requirement=entry["req"],
        kind=entry.get("kind") or "normal",
        optional=entry.get("optional", False),
        registry=entry.get("registry"),
    )
