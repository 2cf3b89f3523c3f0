"""The version literals of Cargo manifests: text in, text out. Every other byte stays.

Knows where a manifest has a version and where it requires a member. Other modules decide which members there are and which
versions they get. A requirement without a path stays as it is, even on a member's name, unless the root patches the member
into the registry.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from loadmaster.errors.edits import InheritedVersionsDisagree, RequirementCannotFollow
from loadmaster.planning.edits.toml_literals import KeyPath, Literal, replace_literals, value_at
from loadmaster.planning.profile.policy import Requirements
from loadmaster.planning.tree.manifest_package import ManifestTable, parse_manifest, registries_of
from loadmaster.planning.tree.tree import MANIFEST, root_of
from loadmaster.planning.values.requirement import matches, rewrite_requirement

_DEPENDENCY_TABLES = (
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
)


class _Move(NamedTuple):
    """A member's version before and after the bump."""

    before: str | None
    """None if no manifest has it."""
    after: str


def bump_manifests(
    manifests: Mapping[str, str], versions: Mapping[str, str], moving: Requirements, others: Collection[str] = ()
) -> dict[str, str]:
    """The text of each manifest after the release, by path, also of those that do not change.

    `manifests` has every manifest that may change, workspace roots included, by path from the repository's root. `versions`
    has the planned version by package. A root's `[workspace.package] version` becomes that of the members that inherit it;
    this is why one manifest alone cannot be bumped. `others` are manifests of other workspaces: only their requirements
    change, whatever their packages are called.

    Raises what `parse_manifest` raises, `ManifestNotKept`, `InheritedVersionsDisagree`, `RequirementCannotFollow` and
    `MalformedRequirement`.
    """
    parsed = {path: parse_manifest(path, text) for path, text in manifests.items()}
    own = {path: manifest for path, manifest in parsed.items() if path not in others}
    shared = _shared_versions(own, parsed, versions)
    before = {value_at(manifest, ("package", "name")): _version(path, parsed) for path, manifest in own.items()}
    moves = {name: _Move(before.get(name), planned) for name, planned in versions.items()}
    after = dict(manifests)
    for path, manifest in parsed.items():
        literals = [
            *_path_requirements(path, parsed, moves, moving, others),
            *_patch_requirements(path, parsed, versions, others),
        ]
        if path in own:
            literals += _own(manifest, versions)
        if path in shared:
            literals.append(Literal(("workspace", "package", "version"), shared[path]))
        changing = [literal for literal in literals if value_at(manifest, literal.keys) != literal.text]
        if changing:
            after[path] = replace_literals(path, manifests[path], changing)
    return after


def add_heirs(
    manifests: Mapping[str, str], versions: Mapping[str, str], others: Collection[str] = ()
) -> dict[str, str]:
    """`versions`, and those of private members that inherit from the same `[workspace.package]`: theirs changes with it.

    Raises `ByteOrderMark`, `NotToml` and `ManifestIncomplete`.
    """
    parsed = {path: parse_manifest(path, text) for path, text in manifests.items()}
    own = {path: manifest for path, manifest in parsed.items() if path not in others}
    heirs = [
        (path, root_of(path, parsed), manifest["package"]) for path, manifest in own.items() if _inherits(manifest)
    ]
    moved = {root: versions[package["name"]] for _, root, package in heirs if package.get("name") in versions}
    return {
        package["name"]: moved[root]
        for path, root, package in heirs
        if root in moved and root is not None and _is_private(path, root, parsed)
    } | dict(versions)


def version_heirs(manifests: Mapping[str, str], others: Collection[str] = ()) -> dict[str, str]:
    """By name, the packages that inherit their version, each with the root that has it. Raises what `parse_manifest` raises."""
    parsed = {path: parse_manifest(path, text) for path, text in manifests.items()}
    own = {path: manifest for path, manifest in parsed.items() if path not in others and _inherits(manifest)}
    roots = {path: root_of(path, parsed) for path in own}
    return {own[path]["package"]["name"]: root for path, root in roots.items() if root is not None}


def _is_private(path: str, root: str, manifests: Mapping[str, ManifestTable]) -> bool:
    """Whether no registry may get the package, by its manifest or by what it inherits."""
    return registries_of(path, manifests[path], root, manifests.get(root, {})) == ()


def _inherits(manifest: ManifestTable) -> bool:
    return value_at(manifest, ("package", "version", "workspace")) is True


def _shared_versions(
    own: Mapping[str, ManifestTable], manifests: Mapping[str, ManifestTable], versions: Mapping[str, str]
) -> dict[str, str]:
    """Planned version of `[workspace.package]`, by the path of the root that has it."""
    heirs: dict[str, dict[str, str]] = {}
    for path, manifest in own.items():
        root = root_of(path, manifests)
        current = value_at(manifests.get(root or "", {}), ("workspace", "package", "version"))
        if root is not None and current is not None and _inherits(manifest):
            name = manifest["package"].get("name", "")
            heirs.setdefault(root, {})[name] = versions.get(name, current)
    for root, planned in heirs.items():
        if len(set(planned.values())) > 1:
            raise InheritedVersionsDisagree(root, planned)
    return {root: next(iter(planned.values())) for root, planned in heirs.items()}


def _own(manifest: ManifestTable, versions: Mapping[str, str]) -> Iterator[Literal]:
    name = value_at(manifest, ("package", "name"))
    if name in versions and isinstance(value_at(manifest, ("package", "version")), str):
        yield Literal(("package", "version"), versions[name])


def _path_requirements(
    path: str,
    manifests: Mapping[str, ManifestTable],
    moves: Mapping[str, _Move],
    moving: Requirements,
    others: Collection[str],
) -> Iterator[Literal]:
    """The new requirements that have a version and a path to a planned member."""
    for keys, table in _dependency_tables(manifests[path]):
        for key, entry in table.items():
            if isinstance(entry, Mapping) and "path" in entry and isinstance(entry.get("version"), str):
                member = entry.get("package", key)
                if member not in moves or not _leads_to(path, entry["path"], member, manifests, others):
                    continue
                if not _stays(entry["version"], moves[member], moving):
                    yield Literal(
                        (*keys, key, "version"), _rewrite(path, member, entry["version"], moves[member].after)
                    )


def _patch_requirements(
    path: str, manifests: Mapping[str, ManifestTable], versions: Mapping[str, str], others: Collection[str]
) -> Iterator[Literal]:
    """The new requirements without a path on a planned member that `[patch]` puts in the registry's place.

    Whatever the policy is, they change only if they must: cargo uses the patch if its version satisfies the requirement, and
    the registry's package otherwise.
    """
    current = _patches(root_of(path, manifests) or path, manifests, others)
    for keys, table in _dependency_tables(manifests[path]) if current else ():
        for key, entry in table.items():
            fields = entry if isinstance(entry, Mapping) else {"version": entry}
            member, requirement = fields.get("package", key), fields.get("version")
            if "path" in fields or member not in current or member not in versions or not isinstance(requirement, str):
                continue
            if matches(requirement, current[member]) and not matches(requirement, versions[member]):
                follows = _rewrite(path, member, requirement, versions[member])
                yield Literal((*keys, key, "version") if fields is entry else (*keys, key), follows)


def _patches(root: str, manifests: Mapping[str, ManifestTable], others: Collection[str]) -> dict[str, str]:
    """Versions by name of the packages of this workspace that its root patches into crates.io by path."""
    patched: dict[str, str] = {}
    for key, entry in (value_at(manifests.get(root, {}), ("patch", "crates-io")) or {}).items():
        name, local = entry.get("package", key), entry.get("path", "")
        place = posixpath.normpath(posixpath.join(posixpath.dirname(root), local, MANIFEST))
        if local and place in manifests and _leads_to(root, local, name, manifests, others):
            version = _version(place, manifests)
            patched |= {name: version} if version is not None else {}
    return patched


def _version(path: str, manifests: Mapping[str, ManifestTable]) -> str | None:
    """The version of the manifest's package, its own or an inherited one; None if it has neither."""
    own = value_at(manifests[path], ("package", "version"))
    shared = value_at(manifests.get(root_of(path, manifests) or "", {}), ("workspace", "package", "version"))
    version = own if isinstance(own, str) else shared
    return version if isinstance(version, str) else None


def _dependency_tables(manifest: ManifestTable) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    places: list[KeyPath] = [("workspace", "dependencies"), *((name,) for name in _DEPENDENCY_TABLES)]
    places += [("target", target, name) for target in manifest.get("target", {}) for name in _DEPENDENCY_TABLES]
    for keys in places:
        yield keys, value_at(manifest, keys) or {}


def _leads_to(
    path: str, local: str, member: str, manifests: Mapping[str, ManifestTable], others: Collection[str]
) -> bool:
    """Whether the member is at the path `local`, as far as is known: another package may have its name."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), local, MANIFEST))
    return place not in manifests or (place not in others and value_at(manifests[place], ("package", "name")) == member)


def _stays(requirement: str, move: _Move, moving: Requirements) -> bool:
    if moving is Requirements.ALL or not matches(requirement, move.after):
        return False
    return (
        moving is Requirements.NECESSARY
        or move.before is None
        or rewrite_requirement(requirement, move.before) != requirement
    )


def _rewrite(path: str, member: str, requirement: str, version: str) -> str:
    """The requirement for `version`. Raises `RequirementCannotFollow`."""
    follows = rewrite_requirement(requirement, version)
    if follows is None:
        raise RequirementCannotFollow(path, member, requirement, version)
    return follows
