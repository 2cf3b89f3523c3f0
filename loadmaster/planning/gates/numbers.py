"""Gates on numbers: the tag, the packages, the changelog and the Python package must tell one version."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from loadmaster.errors.files import ByteOrderMark
from loadmaster.planning.edits import changelog
from loadmaster.planning.edits.changelogs import Changelog, changelogs
from loadmaster.planning.edits.python_package import PYPROJECT, bump_python
from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import Findings, GateJudgement, Skip, by_profile, each_of, of_files
from loadmaster.planning.gates.labels import Label
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.toml_text import require_no_mark

CHANGELOG = "CHANGELOG.md"

NO_TAG = Skip(why="no tag was named")
_NO_VERSION = Skip(why="the tag names no version, see `strict-tag`")
_SEVERAL_VERSIONS = Skip(why="the packages have versions of their own, and no tag names one")


@of_files("strict-tag", "Assay's `v2.1` needed special cases for ever; its aliases `v1` and `v2` ran the release.")
def strict_tag(tree: Tree) -> GateJudgement:
    """Is what the pattern leaves of the tag a strict SemVer version? Aliases that move, such as `v1`, are passed over."""
    if not tree.labels:
        return NO_TAG
    if all(label.floats for label in tree.labels):
        return Skip(why=f"`{tree.labels[0].tag}` is an alias that moves, and names no release")
    return each_of(tree.labels, _not_strict)


def _not_strict(label: Label) -> Iterator[Problem]:
    if label.version is None:
        fix = "name the tag after a whole version such as `v1.2.3` (`release.tag` in the profile tells its pattern)."
        yield Problem(where=label.tag, what=f"`{label.told}` is not SemVer", fix=fix)


@of_files(
    "tag-equals-version",
    "Assay's v2.3.0, v2.11.0 and v2.16.0 stood on trees of the version before, and published nothing.",
)
def tag_equals_version(tree: Tree) -> GateJudgement:
    """Does every package carry the version that its tag names? The tag may leave out build metadata.

    Without a profile, where packages have versions of their own, the tag of all of them must be the version of one.
    """
    if not tree.labels:
        return NO_TAG
    labels = [label for label in tree.labels if label.version is not None]
    if not labels:
        return Skip(why=f"`{tree.labels[0].tag}` names no version, see `strict-tag`")
    problems = tuple(problem for label in labels for problem in _other_versions(tree, label))
    return Findings(checked=sum(len(label.crates) for label in labels), problems=problems)


def _other_versions(tree: Tree, label: Label) -> Iterator[Problem]:
    standing = [package for package in tree.released if package.name in label.crates]
    others = [each for each in standing if label.version not in (each.version, each.version.partition("+")[0])]
    if tree.project is None and len(others) < len(standing):
        return
    for each in others:
        what = f"`{each.name}` is at `{each.version}` under the tag `{label.tag}`"
        yield Problem(where=each.manifest, what=what, fix=f"bump it to `{label.version}` first, or name the right tag.")


@of_files("changelog-heading", "54 of Assay's 148 tags have no heading; v1.6.0 was dated `2026-XX-XX`.")
def changelog_heading(tree: Tree) -> GateJudgement:
    """Has every changelog of the release exactly one heading for the version, with a date if others have one?

    Where packages have versions of their own, that is the changelog beside each of them. One that packages of several
    versions share is only pointed out, and so is one that is not there yet where the past is rehearsed (`--as-of`).
    """
    found = _changelogs_of(tree)
    if isinstance(found, Skip):
        return found
    shared = tuple(_shared(each) for each in found if each.version is None)
    told = (problem for each in found for problem in _headings(tree, each))
    missing = (_no_changelog(each) for each in found if tree.text(each.path) is None)
    judged = by_profile(tree, len(found), told, missing)
    return judged.model_copy(update={"warnings": (*judged.warnings, *shared)})


def _changelogs_of(tree: Tree) -> tuple[Changelog, ...] | Skip:
    """Those that the profile means; without one that beside a tag's only package, else that of the root."""
    if tree.in_lockstep and tree.version is None:
        return _NO_VERSION if tree.labels else _SEVERAL_VERSIONS
    if tree.project is None:
        return _without_profile(tree)
    if tree.project.release.changelog is None:
        return Skip(why="the profile names no changelog")
    tagged = {name: label.version for label in tree.labels for name in label.crates if label.version}
    versions = {package.name: tagged.get(package.name, package.version) for package in tree.released}
    found = changelogs(tree.files.texts.keys(), tree.workspace, versions, tree.project.release)
    return found or Skip(why="none of the packages has a changelog of its own")


def _without_profile(tree: Tree) -> tuple[Changelog, ...] | Skip:
    if tree.version is None:
        return _SEVERAL_VERSIONS
    alone = [package for package in tree.released if all(label.crates == (package.name,) for label in tree.labels)]
    places = [posixpath.join(posixpath.dirname(each.manifest), CHANGELOG) for each in alone if len(alone) == 1]
    there = [each for each in (*places, CHANGELOG) if each in tree.files.texts]
    if not there:
        return Skip(why=f"there is no {CHANGELOG}")
    if changelog.leaves_it_to_releases(tree.files.texts[there[0]]):
        return Skip(why=f"`{there[0]}` names no versions, and says that the forge's releases do")
    return (Changelog(path=there[0], packages=tuple(sorted(tree.names)), version=tree.version),)


def _shared(found: Changelog) -> Problem:
    names = ", ".join(f"`{package}`" for package in found.packages)
    fix = "write its section by hand before the release, or give each package a changelog of its own."
    return Problem(
        where=found.path, what=f"is left as it is: {names} share it with others, in several versions", fix=fix
    )


def _no_changelog(found: Changelog) -> Problem:
    return Problem(
        where=found.path, what="is not in the tree", fix="add it, or set `release.changelog` in the profile."
    )


def _headings(tree: Tree, of: Changelog) -> Iterator[Problem]:
    """Nothing of one that is not there, or that packages of several versions share."""
    path, text, version = of.path, tree.text(of.path), of.version
    if text is None or version is None:
        return
    try:
        require_no_mark(path, text)
    except ByteOrderMark as error:
        yield Problem(where=path, what=error.what, fix=error.fix)
    found = [heading for heading in changelog.headings(text) if heading.version == version]
    fix = f"leave one heading `## [{version}] - YYYY-MM-DD`."
    if len(found) != 1:
        yield Problem(where=path, what=f"has {len(found)} headings for `{version}`", fix=fix)
    elif found[0].date is None and not _is_undated(text, version):
        yield Problem(where=path, what=f"has a heading for `{version}` without a date", fix=fix)


def _is_undated(text: str, version: str) -> bool:
    """Whether the changelog has other versions, and none of them, or not the newest two, tells its day."""
    others = [heading for heading in changelog.headings(text) if heading.version != version]
    return changelog.leaves_out_days(text, version) or (bool(others) and all(each.date is None for each in others))


@of_files(
    "python-version",
    "Assay's Python package was forgotten in v0.9.0, v1.0.0-rc.3 and v1.4.0, and moved alone in v0.6.0.",
)
def python_version(tree: Tree) -> GateJudgement:
    """Has a Python package that is built from a member the member's version? One that is `dynamic` has by itself."""
    versions = {posixpath.dirname(package.manifest): package.version for package in tree.workspace.packages}
    texts = {path: tree.files.texts[path] for path in tree.files.paths_named(PYPROJECT)}
    stale = {path: text for path, text in bump_python(texts, versions).items() if _differ(texts[path], text)}
    beside = {path for path in texts if posixpath.dirname(path) in versions}
    if not beside | stale.keys():
        return Skip(why="no Python package is built from a member")
    fix = 'write the member\'s version, or leave it to the build with `dynamic = ["version"]`.'
    what = "has another version than the member that it is built from"
    problems = tuple(Problem(where=path, what=what, fix=fix) for path in sorted(stale))
    return Findings(checked=len(beside | stale.keys()), problems=problems)


def _differ(one: str, other: str) -> bool:
    """Line by line, but for the spelling of a pre-release: Python's `1.0.0rc1` is `1.0.0-rc.1`."""
    return any(
        _spelled_alike(line) != _spelled_alike(wanted)
        for line, wanted in zip(one.splitlines(), other.splitlines(), strict=True)
        if line != wanted
    )


def _spelled_alike(line: str) -> str:
    return (
        re.sub(r"(?<=\d)[-._]?(rc|a|b|alpha|beta)[-._]?(?=\d)", r"\1", line).replace("alpha", "a").replace("beta", "b")
    )
