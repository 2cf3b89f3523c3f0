"""The version literals of Cargo manifests: text in, text out, every other byte kept.

Knows where a manifest says a version and where it requires a member. Which members there are and what versions they get
is decided elsewhere; a plain registry requirement is nobody's business here, even on a member's name.
"""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping
from enum import StrEnum
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from loadmaster.errors import (
    ByteOrderMark,
    InheritedVersionsDisagree,
    ManifestNotKept,
    NotToml,
    RequirementCannotFollow,
)
from loadmaster.planning.requirement import matches, raised

_DEPENDENCY_TABLES = (
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
)

_Table = MutableMapping[str, Any]


class Policy(StrEnum):
    """What happens to the requirements that members have on one another."""

    LOCKSTEP = "lockstep"
    """Each becomes the member's planned version, in the operator and the number of components that its author chose."""
    KEEP_CARET_FLOOR = "keep-caret-floor"
    """Only those move that the planned version no longer satisfies."""
    INDEPENDENT = "independent"
    """Packages have versions of their own; only those requirements move that a planned version no longer satisfies."""


def bump_manifests(manifests: Mapping[str, str], versions: Mapping[str, str], policy: Policy) -> dict[str, str]:
    """The text of each manifest after the release, by path; those that stay as they are, too.

    `manifests` holds every manifest that may change, workspace roots included, by path from the repository's root;
    `versions` the planned version by package. A root's `[workspace.package] version` becomes that of the members that
    inherit it, which is why one manifest alone cannot be bumped.

    Raises `NotToml`, `ByteOrderMark`, `ManifestNotKept`, `InheritedVersionsDisagree`, `RequirementCannotFollow` and
    `MalformedRequirement`.
    """
    documents = {path: _parse(path, text) for path, text in manifests.items()}
    inherited = _inherited_versions(documents, versions)
    for path, document in documents.items():
        _bump_own(_table(document, "package"), versions)
        _write(_table(document, "workspace", "package"), inherited.get(path))
        for member, dependency in _internal_dependencies(document):
            if member in versions:
                _write(dependency, _required(path, member, dependency["version"], versions[member], policy))
    return {path: document.as_string() for path, document in documents.items()}


def _parse(path: str, text: str) -> tomlkit.TOMLDocument:
    if text.startswith("\ufeff"):
        raise ByteOrderMark(path)
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise NotToml(path, _reason(text, error)) from error
    if document.as_string() != text:
        raise ManifestNotKept(path)
    return document


def _reason(text: str, error: TOMLKitError) -> str:
    """With line and column, which tomlkit does not tell of a repeated key, and the standard library does."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as told:
        return str(told)
    return str(error)


def _inherited_versions(documents: Mapping[str, _Table], versions: Mapping[str, str]) -> dict[str, str]:
    """Planned version of `[workspace.package]`, by the path of the root that has it."""
    heirs: dict[str, dict[str, str]] = {}
    for path, document in documents.items():
        package = _table(document, "package")
        root, name = _root_of(path, package, documents), package.get("name", "")
        if root is not None and name in versions and _table(package, "version").get("workspace"):
            heirs.setdefault(root, {})[name] = versions[name]
    for root, planned in heirs.items():
        if len(set(planned.values())) > 1:
            raise InheritedVersionsDisagree(root, planned)
    return {root: next(iter(planned.values())) for root, planned in heirs.items()}


def _root_of(path: str, package: _Table, documents: Mapping[str, _Table]) -> str | None:
    """As cargo finds it: where `package.workspace` points, else the nearest `[workspace]` at or above the manifest."""
    folder = posixpath.dirname(path)
    if "workspace" in package:
        return posixpath.normpath(posixpath.join(folder, package["workspace"], "Cargo.toml"))
    while True:
        candidate = posixpath.join(folder, "Cargo.toml")
        if "workspace" in documents.get(candidate, {}):
            return candidate
        if folder in ("", "/"):
            return None
        folder = posixpath.dirname(folder)


def _bump_own(package: _Table, versions: Mapping[str, str]) -> None:
    if isinstance(package.get("version"), str):
        _write(package, versions.get(package.get("name", "")))


def _internal_dependencies(document: _Table) -> Iterator[tuple[str, _Table]]:
    """The real name and the entry of every dependency that has both a path and a version."""
    platforms = _table(document, "target").values()
    tables = [_table(document, "workspace", "dependencies")]
    tables += [_table(place, name) for place in (document, *platforms) for name in _DEPENDENCY_TABLES]
    for table in tables:
        for key, entry in table.items():
            if isinstance(entry, MutableMapping) and "path" in entry and "version" in entry:
                yield entry.get("package", key), entry


def _required(path: str, member: str, requirement: str, version: str, policy: Policy) -> str:
    if policy is not Policy.LOCKSTEP and matches(requirement, version):
        return requirement
    follows = raised(requirement, version)
    if follows is None:
        raise RequirementCannotFollow(path, member, requirement, version)
    return follows


def _table(table: _Table, *keys: str) -> _Table:
    """The table at `keys`, an empty one if there is none."""
    for key in keys:
        inner = table.get(key)
        table = inner if isinstance(inner, MutableMapping) else {}
    return table


def _write(table: _Table, version: str | None) -> None:
    """Puts `version` in, in the quotes that are there. None and what stands there already change nothing."""
    old = table.get("version")
    if version is None or old is None or old == version:
        return
    quotes = old.as_string()[:3]
    table["version"] = tomlkit.string(version, literal=quotes.startswith("'"), multiline=quotes in ('"""', "'''"))
