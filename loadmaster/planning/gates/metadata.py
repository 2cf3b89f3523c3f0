"""Gates on what a manifest says about its package, and on the files that it names."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import Findings, each_of, of_files
from loadmaster.planning.tree.manifest_lines import package_line
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.gate import Problem


@of_files("metadata-complete", "The first publish of three of Assay's crates failed on it, one release after another.")
def metadata_complete(tree: Tree) -> Findings:
    """Does every published package have a description and a licence? crates.io refuses a crate without them."""
    return each_of(tree.released, lambda package: _missing_metadata(tree, package))


def _missing_metadata(tree: Tree, package: Package) -> Iterator[Problem]:
    if not package.description:
        yield _missing(tree, package, "description", "no description", 'add `description = "…"` to `[package]`.')
    if not package.license and not package.license_file:
        fix = 'add `license = "…"` (an SPDX expression) or `license-file` to `[package]`.'
        yield _missing(tree, package, "license", "no licence", fix)
    if package.license_file and tree.holds_code and _place(package, package.license_file) not in tree.files.paths:
        fix = f"put the file there, or correct `license-file` in `{package.manifest}`."
        what = f"no licence: its `license-file`, `{package.license_file}`, is not in the tree"
        yield _missing(tree, package, "license-file", what, fix)


def _missing(tree: Tree, package: Package, key: str, what: str, fix: str) -> Problem:
    line = package_line(tree.files.texts[package.manifest], key)
    return Problem.in_file(package.manifest, line, what=f"`{package.name}` has {what}", fix=fix)


def _place(package: Package, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(package.manifest), path))
