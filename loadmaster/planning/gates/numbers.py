"""Gates on numbers: the tag, the packages, the changelog and the Python package must have the same version."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from loadmaster.errors.base import clause
from loadmaster.errors.files import ByteOrderMark
from loadmaster.planning.edits import changelog
from loadmaster.planning.edits.changelogs import Changelog, changelogs
from loadmaster.planning.edits.python_package import PYPROJECT, VERSION_PLACES, bump_python
from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import Findings, GateJudgement, Skip, each_of, of_files, profile_findings
from loadmaster.planning.gates.labels import Label
from loadmaster.planning.tree.manifest_lines import package_line, setting_line
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.toml_text import require_no_mark

CHANGELOG = "CHANGELOG.md"

NO_TAG = Skip(why="no tag was named")
_NO_VERSION = Skip(why="the tag names no version, see `strict-tag`")
_SEVERAL_VERSIONS = Skip(why="the packages have versions of their own, and no tag names one")


@of_files("strict-tag", "Assay's `v2.1` needed special cases forever; its aliases `v1` and `v2` started the release.")
def strict_tag(tree: Tree) -> GateJudgement:
    """Does the tag's pattern leave a strict SemVer version? Aliases that move, such as `v1`, are not checked."""
    if not tree.labels:
        return NO_TAG
    if all(label.floats for label in tree.labels):
        return Skip(why=f"`{tree.labels[0].tag}` is an alias that moves, and names no release")
    return each_of(tree.labels, _not_strict)


def _not_strict(label: Label) -> Iterator[Problem]:
    if label.version is None:
        fix = "name the tag after a whole version such as `v1.2.3` (`release.tag` in the profile is its pattern)."
        yield Problem(where=label.tag, what=f"`{label.version_text}` is not SemVer", fix=fix)


@of_files(
    "tag-equals-version",
    "Assay's v2.3.0, v2.11.0 and v2.16.0 pointed at trees with the previous version, and published nothing.",
)
def tag_equals_version(tree: Tree) -> GateJudgement:
    """Does every package have the version that its tag names? The tag may leave out build metadata.

    Without a profile, if packages have versions of their own, a tag for all of them must name the version of one.
    """
    if not tree.labels:
        return NO_TAG
    labels = [label for label in tree.labels if label.version is not None]
    if not labels:
        return Skip(why=f"`{tree.labels[0].tag}` names no version, see `strict-tag`")
    problems = tuple(problem for label in labels for problem in _other_versions(tree, label))
    return Findings(checked=sum(len(label.crates) for label in labels), problems=problems)


def _other_versions(tree: Tree, label: Label) -> Iterator[Problem]:
    labelled = [package for package in tree.released if package.name in label.crates]
    others = [
        package for package in labelled if label.version not in (package.version, package.version.partition("+")[0])
    ]
    if tree.project is None and len(others) < len(labelled):
        return
    fix = f"bump it to `{label.version}` first, or name the right tag."
    for package in others:
        what = f"`{package.name}` has the version `{package.version}` under the tag `{label.tag}`"
        line = package_line(tree.files.texts[package.manifest], "version")
        yield Problem.in_file(package.manifest, line, what=what, fix=fix)


@of_files("changelog-heading", "54 of Assay's 148 tags have no heading; v1.6.0 was dated `2026-XX-XX`.")
def changelog_heading(tree: Tree) -> GateJudgement:
    """Does every changelog of the release have exactly one heading for the version, with a date if other headings have one?

    If packages have versions of their own, these are the changelogs in the packages' directories. A changelog that packages
    of several versions share is only a warning. So is a missing one in the rehearsal of a past release (`--as-of`).
    """
    logs = changelogs_of(tree)
    if isinstance(logs, Skip):
        return logs
    shared = tuple(_warn_of_sharing(log) for log in logs if log.version is None)
    problems = (problem for log in logs for problem in _headings(tree, log))
    missing = (_no_changelog(log) for log in logs if tree.text(log.path) is None)
    findings = profile_findings(tree, len(logs), problems, missing)
    return findings.model_copy(update={"warnings": (*findings.warnings, *shared)})


def changelogs_of(tree: Tree) -> tuple[Changelog, ...] | Skip:
    """The profile's changelogs. Without a profile: the one of a tag's only package, else that of a workspace's root,
    else the one at the top.
    """
    if tree.is_lockstep and tree.version is None:
        return _NO_VERSION if tree.labels else _SEVERAL_VERSIONS
    if tree.project is None:
        return _default_changelog(tree)
    if tree.project.release.changelog is None:
        return Skip(why="the profile names no changelog")
    tagged = {name: label.version for label in tree.labels for name in label.crates if label.version}
    versions = {package.name: tagged.get(package.name, package.version) for package in tree.released}
    logs = changelogs(tree.files.texts, tree.workspace, versions, tree.project.release)
    return logs or Skip(why="none of the packages has a changelog of its own")


def _default_changelog(tree: Tree) -> tuple[Changelog, ...] | Skip:
    if tree.version is None:
        return _SEVERAL_VERSIONS
    alone = [package for package in tree.released if all(label.crates == (package.name,) for label in tree.labels)]
    places = [posixpath.join(posixpath.dirname(package.manifest), CHANGELOG) for package in alone if len(alone) == 1]
    above = [posixpath.join(posixpath.dirname(root), CHANGELOG) for root in tree.workspace.roots]
    there = [place for place in (*places, *above, CHANGELOG) if place in tree.files.texts]
    if not there:
        return Skip(why=f"there is no {CHANGELOG}")
    if changelog.leaves_it_to_releases(tree.files.texts[there[0]]):
        return Skip(why=f"`{there[0]}` names no versions, and says that the forge's releases do")
    return (Changelog(path=there[0], packages=tuple(sorted(tree.names)), version=tree.version),)


def _warn_of_sharing(log: Changelog) -> Problem:
    names = ", ".join(f"`{package}`" for package in log.packages)
    fix = "write its section by hand before the release, or give each package a changelog of its own."
    what = f"does not change: {names} share it with others, in several versions"
    return Problem.in_file(log.path, None, what=what, fix=fix)


def _no_changelog(log: Changelog) -> Problem:
    fix = "add it, or set `release.changelog` in the profile."
    return Problem.in_file(log.path, None, what="is not in the tree", fix=fix)


def _headings(tree: Tree, log: Changelog) -> Iterator[Problem]:
    """No problems if the changelog is missing, or if packages of several versions share it: the caller reports that."""
    path, text, version = log.path, tree.text(log.path), log.version
    if text is None or version is None:
        return
    try:
        require_no_mark(path, text)
    except ByteOrderMark as error:
        yield Problem.in_file(path, 1, what=clause(error.what), fix=error.fix)
    own = [heading for heading in changelog.headings(text) if changelog.is_of(heading.version, version)]
    fix = f"write exactly one heading `## [{version}] - YYYY-MM-DD`."
    if len(own) != 1:
        second = tree.line_before(path, own[1].line) if own else None
        yield Problem.in_file(path, second, what=f"has {len(own)} headings for `{version}`", fix=fix)
    elif own[0].date is None and not _is_undated(text, version):
        line = tree.line_before(path, own[0].line)
        yield Problem.in_file(path, line, what=f"has a heading for `{version}` without a date", fix=fix)


def _is_undated(text: str, version: str) -> bool:
    """Whether the changelog has other versions, and none of them has a date, or the newest two have none."""
    others = [heading for heading in changelog.headings(text) if not changelog.is_of(heading.version, version)]
    return changelog.leaves_out_days(text, version) or (
        bool(others) and all(heading.date is None for heading in others)
    )


@of_files(
    "python-version",
    "Assay's Python package kept its old version in v0.9.0, v1.0.0-rc.3 and v1.4.0, and changed alone in v0.6.0.",
)
def python_version(tree: Tree) -> GateJudgement:
    """Does every Python package that is built from a member have the member's version? A `dynamic` version always agrees."""
    versions = {posixpath.dirname(package.manifest): package.version for package in tree.workspace.packages}
    texts = {path: tree.files.texts[path] for path in tree.files.paths_named(PYPROJECT)}
    stale = {path: text for path, text in bump_python(texts, versions).items() if _differ(texts[path], text)}
    judged = {path for path in texts if posixpath.dirname(path) in versions} | stale.keys()
    if not judged:
        return Skip(why="no Python package is built from a member")
    fix = 'write the member\'s version, or let the build set it with `dynamic = ["version"]`.'
    what = "has another version than the member that it is built from"
    problems = tuple(
        Problem.in_file(path, setting_line(texts[path], *VERSION_PLACES), what=what, fix=fix) for path in sorted(stale)
    )
    return Findings(checked=len(judged), problems=problems)


def _differ(one: str, other: str) -> bool:
    """Whether a line differs, except in the spelling of a pre-release: Python's `1.0.0rc1` is `1.0.0-rc.1`."""
    return any(
        _normalize_prerelease(line) != _normalize_prerelease(wanted)
        for line, wanted in zip(one.splitlines(), other.splitlines(), strict=True)
        if line != wanted
    )


def _normalize_prerelease(line: str) -> str:
    return (
        re.sub(r"(?<=\d)[-._]?(rc|a|b|alpha|beta)[-._]?(?=\d)", r"\1", line).replace("alpha", "a").replace("beta", "b")
    )
