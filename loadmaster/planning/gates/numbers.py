"""Gates on numbers: the tag, the packages, the changelog and the Python package must tell one version."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from loadmaster.planning import changelog
from loadmaster.planning.gate import Problem
from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import Findings, Judgement, Skip, each_of, of_files
from loadmaster.planning.gates.labels import Label
from loadmaster.planning.python_package import PYPROJECT, bump_python

CHANGELOG = "CHANGELOG.md"

NO_TAG = Skip(why="no tag was named")


@of_files("strict-tag", "Assay's `v2.1` needed special cases for ever; its aliases `v1` and `v2` ran the release.")
def strict_tag(tree: Tree) -> Judgement:
    """Is what the pattern leaves of the tag a strict SemVer version? Aliases that move, such as `v1`, are passed over."""
    if not tree.labels:
        return NO_TAG
    if all(each.floats for each in tree.labels):
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
def tag_equals_version(tree: Tree) -> Judgement:
    """Does every package carry the version that its tag names?

    Without a profile, where packages have versions of their own, the tag of all of them must be the version of one.
    """
    if not tree.labels:
        return NO_TAG
    labels = [each for each in tree.labels if each.version is not None]
    if not labels:
        return Skip(why=f"`{tree.labels[0].tag}` names no version, see `strict-tag`")
    problems = tuple(problem for label in labels for problem in _other_versions(tree, label))
    return Findings(checked=sum(len(each.crates) for each in labels), problems=problems)


def _other_versions(tree: Tree, label: Label) -> Iterator[Problem]:
    standing = [each for each in tree.released if each.name in label.crates]
    others = [each for each in standing if each.version != label.version]
    if tree.project is None and len(others) < len(standing):
        return
    for each in others:
        what = f"`{each.name}` is at `{each.version}` under the tag `{label.tag}`"
        yield Problem(where=each.manifest, what=what, fix=f"bump it to `{label.version}` first, or name the right tag.")


@of_files("changelog-heading", "54 of Assay's 148 tags have no heading; v1.6.0 was dated `2026-XX-XX`.")
def changelog_heading(tree: Tree) -> Judgement:
    """Has the changelog exactly one heading for the version, with a date?"""
    path = _changelog_of(tree)
    if isinstance(path, Skip):
        return path
    if tree.version is None:
        return Skip(why="the packages have versions of their own, and no tag names one")
    text = tree.text(path)
    if text is None:
        fix = "add it, or set `release.changelog` in the profile."
        return Findings(checked=1, problems=(Problem(where=path, what="is not in the tree", fix=fix),))
    return Findings(checked=1, problems=tuple(_headings(path, text, tree.version)))


def _changelog_of(tree: Tree) -> str | Skip:
    """The path: what the profile says, else that beside a tag's only package, else that of the root."""
    if tree.project is not None:
        if tree.project.release.changelog is None:
            return Skip(why="the profile names no changelog")
        if not tree.in_lockstep:
            return Skip(why="one changelog cannot stand for packages that have versions of their own")
        return tree.project.release.changelog
    alone = [each for each in tree.released if all(label.crates == (each.name,) for label in tree.labels)]
    places = [posixpath.join(posixpath.dirname(each.manifest), CHANGELOG) for each in alone if len(alone) == 1]
    there = [each for each in (*places, CHANGELOG) if each in tree.files.texts]
    return there[0] if there else Skip(why=f"there is no {CHANGELOG}")


def _headings(path: str, text: str, version: str) -> Iterator[Problem]:
    found = [each for each in changelog.headings(text) if each.version == version]
    fix = f"leave one heading `## [{version}] - YYYY-MM-DD`."
    if len(found) != 1:
        yield Problem(where=path, what=f"has {len(found)} headings for `{version}`", fix=fix)
    elif found[0].date is None:
        yield Problem(where=path, what=f"has a heading for `{version}` without a date", fix=fix)


@of_files(
    "python-version",
    "Assay's Python package was forgotten in v0.9.0, v1.0.0-rc.3 and v1.4.0, and moved alone in v0.6.0.",
)
def python_version(tree: Tree) -> Judgement:
    """Has a Python package that is built from a member the member's version? One that is `dynamic` has by itself."""
    versions = {posixpath.dirname(each.manifest): each.version for each in tree.workspace.packages}
    texts = {path: tree.files.texts[path] for path in tree.files.named(PYPROJECT)}
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
