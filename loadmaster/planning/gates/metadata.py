"""Gates on what a manifest says about its package, and on the files that it names."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import Findings, each_of, of_files
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.gate import Problem


@of_files("metadata-complete", "The first publish of three of Assay's crates failed on it, one release after another.")
def metadata_complete(tree: Tree) -> Findings:
    """Does every published package have a description and a licence? crates.io refuses a crate without them."""
    return each_of(tree.released, lambda package: _missing_metadata(tree, package))


def _missing_metadata(tree: Tree, package: Package) -> Iterator[Problem]:
    if not package.description:
        yield _missing(package, "no description", 'add `description = "…"` to `[package]`.')
    if not package.license and not package.license_file:
        fix = 'add `license = "…"` (an SPDX expression) or `license-file` to `[package]`.'
        yield _missing(package, "no licence", fix)
    if package.license_file and tree.holds_code and _place(package, package.license_file) not in tree.files.paths:
        fix = f"put the file there, or correct `license-file` in `{package.manifest}`."
        yield _missing(package, f"no licence: its `license-file`, `{package.license_file}`, is not in the tree", fix)


def _missing(package: Package, what: str, fix: str) -> Problem:
    return Problem(where=package.manifest, what=f"`{package.name}` has {what}", fix=fix)


def _place(package: Package, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(package.manifest), path))
