"""The version literals of Cargo manifests: text in, text out, every other byte kept.

Knows where a manifest says a version and where it requires a member. Which members there are and what versions they get
is decided elsewhere; a plain registry requirement is nobody's business here, even on a member's name.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, MutableMapping
from enum import StrEnum
from typing import Any, NamedTuple

import tomlkit
from tomlkit.exceptions import TOMLKitError

from loadmaster.errors import InheritedVersionsDisagree, ManifestNotKept, NotToml, RequirementCannotFollow
from loadmaster.planning.manifest_package import Manifest, parse_manifest
from loadmaster.planning.requirement import matches, raised
from loadmaster.planning.tree import MANIFEST, root_of

_DEPENDENCY_TABLES = (
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
)
_MARK = "\ufeff"

_Keys = tuple[str, ...]


class Policy(StrEnum):
    """Which members move, and what happens to the requirements that members have on one another."""

    LOCKSTEP = "lockstep"
    """All move together; each requirement becomes the planned version, in the operator and the number of components that
    its author chose."""
    KEEP_CARET_FLOOR = "keep-caret-floor"
    """All move together; only those requirements move that the planned version no longer satisfies."""
    INDEPENDENT = "independent"
    """Each member has a version of its own; requirements move as with `keep-caret-floor`."""


class _Literal(NamedTuple):
    """Where a version stands in a manifest, and what is to stand there."""

    keys: _Keys
    version: str


def bump_manifests(manifests: Mapping[str, str], versions: Mapping[str, str], policy: Policy) -> dict[str, str]:
    """The text of each manifest after the release, by path; those that stay as they are, too.

    `manifests` holds every manifest that may change, workspace roots included, by path from the repository's root;
    `versions` the planned version by package. A root's `[workspace.package] version` becomes that of the members that
    inherit it, which is why one manifest alone cannot be bumped. A byte order mark stays, as cargo lets it.

    Raises `NotToml`, `ManifestIncomplete`, `ManifestNotKept`, `InheritedVersionsDisagree`, `RequirementCannotFollow` and
    `MalformedRequirement`.
    """
    parsed = {path: parse_manifest(path, text) for path, text in manifests.items()}
    inherited = _inherited_versions(parsed, versions)
    after = dict(manifests)
    for path, manifest in parsed.items():
        literals = [*_own(manifest, versions), *_required(path, parsed, versions, policy)]
        if path in inherited:
            literals.append(_Literal(("workspace", "package", "version"), inherited[path]))
        moving = [each for each in literals if _at(manifest, each.keys) != each.version]
        if moving:
            after[path] = _written(path, manifests[path], moving)
    return after


def _written(path: str, text: str, literals: list[_Literal]) -> str:
    """`text` with the literals, in the quotes that are there."""
    mark = _MARK if text.startswith(_MARK) else ""
    try:
        document = tomlkit.parse(text.removeprefix(_MARK))
    except TOMLKitError as error:
        raise NotToml(path, str(error)) from error
    if mark + document.as_string() != text:
        raise ManifestNotKept(path)
    for each in literals:
        table = _at(document, each.keys[:-1])
        quotes = table[each.keys[-1]].as_string()[:3]
        table[each.keys[-1]] = tomlkit.string(
            each.version, literal=quotes.startswith("'"), multiline=quotes in ('"""', "'''")
        )
    return mark + document.as_string()


def _inherited_versions(manifests: Mapping[str, Manifest], versions: Mapping[str, str]) -> dict[str, str]:
    """Planned version of `[workspace.package]`, by the path of the root that has it."""
    heirs: dict[str, dict[str, str]] = {}
    for path, manifest in manifests.items():
        root = root_of(path, manifests)
        current = _at(manifests.get(root or "", {}), ("workspace", "package", "version"))
        if root is not None and current is not None and _at(manifest, ("package", "version", "workspace")) is True:
            name = manifest["package"].get("name", "")
            heirs.setdefault(root, {})[name] = versions.get(name, current)
    for root, planned in heirs.items():
        if len(set(planned.values())) > 1:
            raise InheritedVersionsDisagree(root, planned)
    return {root: next(iter(planned.values())) for root, planned in heirs.items()}


def _own(manifest: Manifest, versions: Mapping[str, str]) -> Iterator[_Literal]:
    name = _at(manifest, ("package", "name"))
    if name in versions and isinstance(_at(manifest, ("package", "version")), str):
        yield _Literal(("package", "version"), versions[name])


def _required(
    path: str, manifests: Mapping[str, Manifest], versions: Mapping[str, str], policy: Policy
) -> Iterator[_Literal]:
    """The requirements that have both a path to a planned member and a version."""
    for keys, table in _dependency_tables(manifests[path]):
        for key, entry in table.items():
            if isinstance(entry, Mapping) and "path" in entry and isinstance(entry.get("version"), str):
                member = entry.get("package", key)
                if member in versions and _leads_to(path, entry["path"], member, manifests):
                    follows = _following(path, member, entry["version"], versions[member], policy)
                    yield _Literal((*keys, key, "version"), follows)


def _dependency_tables(manifest: Manifest) -> Iterator[tuple[_Keys, Mapping[str, Any]]]:
    places: list[_Keys] = [("workspace", "dependencies"), *((name,) for name in _DEPENDENCY_TABLES)]
    places += [("target", each, name) for each in manifest.get("target", {}) for name in _DEPENDENCY_TABLES]
    for keys in places:
        yield keys, _at(manifest, keys) or {}


def _leads_to(path: str, local: str, member: str, manifests: Mapping[str, Manifest]) -> bool:
    """Whether the member lies there, as far as is known: another package may have its name."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), local, MANIFEST))
    return place not in manifests or _at(manifests[place], ("package", "name")) == member


def _following(path: str, member: str, requirement: str, version: str, policy: Policy) -> str:
    if policy is not Policy.LOCKSTEP and matches(requirement, version):
        return requirement
    follows = raised(requirement, version)
    if follows is None:
        raise RequirementCannotFollow(path, member, requirement, version)
    return follows


def _at(place: Any, keys: _Keys) -> Any:
    """What stands at `keys`; None if nothing does."""
    for key in keys:
        place = place.get(key) if isinstance(place, MutableMapping) else None
    return place
