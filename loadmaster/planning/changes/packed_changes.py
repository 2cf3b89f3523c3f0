"""Which files of a packaged crate are others than those of the published one, and where in the repository they come from.

Two crates of one version in, paths out. What packaging may change is no change: the commit in `.cargo_vcs_info.json`, the
lockfile, and the spelling of the manifest that cargo makes, which follows cargo's version. Nor is the changelog alone one.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Iterable

from loadmaster.errors.cargo import CrateFileBroken
from loadmaster.planning.registry.compare import VCS_INFO, compare
from loadmaster.planning.registry.crate_file import CrateFile, read_crate
from loadmaster.planning.registry.embedded_lock import LOCKFILE
from loadmaster.planning.registry.metadata import upload_metadata
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.planning.values.value import Value

MANIFEST = "Cargo.toml"
ORIGINAL = "Cargo.toml.orig"
MADE_BY_CARGO = frozenset({MANIFEST, LOCKFILE, VCS_INFO})


class PackedChanges(Value):
    files: tuple[str, ...]
    """The files of which one crate has none, or another one, by path; () if nothing counts."""
    all_files: frozenset[str]
    """Every file of either crate that is not made by cargo alone."""
    inherits_changes: bool = False
    """Whether the manifest changed by what it inherits from the workspace's."""


def packed_changes(ours: bytes, theirs: bytes, crate: str, changelogs: Collection[str]) -> PackedChanges:
    """`changelogs` are file names. Raises `CrateFileBroken`."""
    here, there = (read_crate(each, crate, keep=(MANIFEST, ORIGINAL)) for each in (ours, theirs))
    all_files = (here.files.keys() | there.files.keys()) - MADE_BY_CARGO
    compared = compare(ours, theirs, crate=crate)
    if compared.state is not ObjectState.DIFFERENT:
        return PackedChanges(files=(), all_files=frozenset(all_files))
    differ = {difference.path for difference in compared.differs} - {VCS_INFO, LOCKFILE}
    manifest = MANIFEST in differ and _means_other_things(ours, theirs, here, there, crate)
    differ -= set() if manifest else {MANIFEST}
    is_changelog_alone = all(posixpath.basename(path) in changelogs for path in differ)
    return PackedChanges(
        files=() if is_changelog_alone else tuple(sorted(differ)),
        all_files=frozenset(all_files),
        inherits_changes=manifest and _inherits(here),
    )


def _means_other_things(ours: bytes, theirs: bytes, here: CrateFile, there: CrateFile, crate: str) -> bool:
    """Whether the two manifests that cargo made say something else to a registry or to a compiler."""
    if ORIGINAL not in here.kept or ORIGINAL not in there.kept:
        return True
    try:
        return _meaning(ours, here, crate) != _meaning(theirs, there, crate)
    except CrateFileBroken:
        return True


def _meaning(content: bytes, file: CrateFile, crate: str) -> tuple[object, ...]:
    metadata = json.loads(upload_metadata(content, name=crate))
    metadata.pop("readme", None)  # a file of its own
    metadata.pop("readme_file", None)  # cargo has not always written it
    package = load_toml(file.kept[MANIFEST].decode()).get("package", {})
    return (metadata, package.get("edition", "2015"))


def _inherits(file: CrateFile) -> bool:
    return b"workspace" in file.kept.get(ORIGINAL, b"")


def library_of(crate: bytes, name: str) -> bool:
    """Whether others can use types of the packaged crate: it has a library, and no procedural macros.

    cargo lists the targets in the manifests that it makes. Raises `CrateFileBroken`.
    """
    try:
        library = load_toml(read_crate(crate, name, keep=(MANIFEST,)).kept[MANIFEST].decode()).get("lib")
    except (ValueError, LookupError) as error:
        raise CrateFileBroken(name, f"its `{MANIFEST}` cannot be read ({error})") from error
    return isinstance(library, dict) and not library.get("proc-macro", library.get("proc_macro", False))


def places_of(paths: Iterable[str], folder: str) -> dict[str, str]:
    """Where the packaged files would be in the repository, by their path in the crate. `folder` is the package's."""
    return {path: posixpath.join(folder, MANIFEST if path == ORIGINAL else path) for path in paths}


def within_submodules(paths: Iterable[str], submodules: Collection[str]) -> frozenset[str]:
    """`paths`, and the submodules that they lie in: of what is in these, the repository records the commit."""
    listed = frozenset(paths)
    return listed | {submodule for submodule in submodules if any(path.startswith(f"{submodule}/") for path in listed)}
