"""Gates on how a changelog is written. They read its lines themselves, and hold what they see against what the writer understood.

`planning.edits.changelog` understands a changelog by its Markdown. Here a heading is any line that looks like one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from semver import Version

from loadmaster.errors.edits import ChangelogHeadings
from loadmaster.planning.changes.entries import entries_in
from loadmaster.planning.changes.level import Change, allows, next_after
from loadmaster.planning.edits import changelog
from loadmaster.planning.edits.changelogs import Changelog
from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import GateJudgement, Skip, each_of, of_files
from loadmaster.planning.gates.numbers import changelogs_of
from loadmaster.planning.values.gate import Problem

_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}(?P=fence)|\Z)", re.DOTALL | re.MULTILINE
)
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})[ \t]+(?P<text>.*)")
_UNDERLINE = re.compile(r"([=\-~^\"'*+#])\1{2,}[ \t]*")
_ENTRY = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]+(?!TODO\b)\S.*")
_NUMBER = re.compile(r"(?<![\w.])v?(\d+\.\d+(?:\.\d+)?(?:-[0-9A-Za-z.-]+)?)")
_NUMBERED = re.compile(r"[\s*+_`\[>-]*(?:version )?v?\d+\.\d+\.\d+(?![\w.])", re.IGNORECASE)
_ADDRESS = re.compile(r"\([^()\s]*/[^()\s]*\)")
_TO_COME = re.compile(r"unreleased|not (?:yet )?released|\bv?next\b|upcoming|\bTB[DA]\b", re.IGNORECASE)
_TITLE = re.compile(r"change|history|news|release notes|releases\b", re.IGNORECASE)


class _Line(NamedTuple):
    """A line that looks like a heading."""

    number: int
    level: int
    """0 for one that is underlined."""
    text: str

    @property
    def version(self) -> str | None:
        """The first number that looks like a version's."""
        found = _NUMBER.search(_ADDRESS.sub("", self.text))
        return found[1] if found else None


@of_files(
    "changelog-understood",
    "A template in a comment, `## mdBook 0.5.4` and `# Unreleased` above `## v0.3.0` each got a heading where nobody reads it.",
)
def changelog_understood(tree: Tree) -> GateJudgement:
    """Is the newest heading of every changelog one that Loadmaster understands, and is the changelog still in use?

    Asked of the text before the bump: a line that looks like a version's heading, above all that were understood, is one
    that the bump would have passed over.
    """
    logs = changelogs_of(tree)
    return logs if isinstance(logs, Skip) else each_of(logs, lambda log: _not_understood(tree, log))


def _not_understood(tree: Tree, log: Changelog) -> Iterator[Problem]:
    text = (tree.before or tree).text(log.path)
    if text is None:
        return
    if (line := changelog.obsolete_line(text)) is not None:
        fix = "name the changelog that is in use as `release.changelog` in the profile, or delete the sentence."
        what = f"says in line {line} that another one took its place"
        yield Problem.in_file(log.path, line, what=what, fix=fix)
    fix = "write it as `## [1.2.3] - YYYY-MM-DD` (docs/bump.md lists the forms), and commit that."
    missed = _missed(text)
    if missed is not None:
        what = f"has `{missed.text}` (line {missed.number}), which is not understood"
        yield Problem.in_file(log.path, missed.number, what=what, fix=fix)


def _missed(text: str) -> _Line | None:
    """The first heading that may be a version's and stands above all that are understood."""
    lines = list(_headings(text))
    known = changelog.headings(text)
    numbered = [line for line in lines if line.version and not _TO_COME.search(line.text)]
    if known:
        level = next((line.level for line in lines if line.number == known[0].line), 6)
        return next((line for line in numbered if line.number < known[0].line and line.level <= level), None)
    if changelog.is_understood(text):
        return next((line for line in numbered if line.level < 3), None)
    below = [line for line in lines if line.level != 1]
    return next(iter(numbered or (below if len(below) > 1 else [])), None) or _first_number(text)


def _first_number(text: str) -> _Line | None:
    """The first line that begins with what looks like a version, where no heading has one."""
    for number, line in enumerate(_seen_lines(text), start=1):
        if _NUMBERED.match(line):
            return _Line(number, 0, line.strip())
    return None


@of_files(
    "changelog-entries",
    "Entries that stay behind under another heading leave a release with empty notes, and reach the next one.",
)
def changelog_entries(tree: Tree) -> GateJudgement:
    """Does every version that has entries in the changelog get them as its notes?

    A version without notes is right where nothing is written above the version before it.
    """
    logs = changelogs_of(tree)
    return logs if isinstance(logs, Skip) else each_of(logs, lambda log: _left_behind(tree, log))


def _left_behind(tree: Tree, log: Changelog) -> Iterator[Problem]:
    text = tree.text(log.path)
    try:
        if text is None or log.version is None or changelog.has_notes(text, log.version):
            return
    except ChangelogHeadings:
        return  # `changelog-heading` reports it
    entry = _first_entry(text, log.version)
    if entry is not None:
        line = tree.line_before(log.path, entry.number)
        told = f"line {line or entry.number}, `{entry.text}`"
        what = f"has no notes for `{log.version}`, and an entry that belongs to no version: {told}"
        fix = f"put the entries right below the heading of what is to come, or of `{log.version}`, and commit that."
        yield Problem.in_file(log.path, line, what=what, fix=fix)


def _first_entry(text: str, version: str) -> _Line | None:
    """The first item of a list above the version before `version`, except those that introduce the file."""
    headings = {line.number: line for line in _headings(text)}
    above: _Line | None = None
    for number, line in enumerate(_seen_lines(text), start=1):
        if number in headings:
            above = headings[number]
            other = above.version is not None and not version.startswith(above.version)
            if other and above.level < 4 and not _TO_COME.search(above.text):
                return None
        elif _ENTRY.fullmatch(line) and above is not None and _holds_entries(above):
            return _Line(number, 0, line.strip())
    return None


def _holds_entries(heading: _Line) -> bool:
    """Whether entries stand below it, and not an introduction."""
    return _TO_COME.search(heading.text) is not None or heading.version is not None or not _TITLE.search(heading.text)


def _seen_lines(text: str) -> list[str]:
    """The lines, with comments and code blocks left blank."""
    blank = _UNSEEN.sub(lambda match: re.sub(r"[^\n]", "", match[0]), text)
    return [line.rstrip("\r") for line in blank.split("\n")]


def _headings(text: str) -> Iterator[_Line]:
    lines = _seen_lines(text)
    for number, (line, below) in enumerate(zip(lines, [*lines[1:], ""], strict=True), start=1):
        if match := _HEADING.fullmatch(line):
            yield _Line(number, len(match["marks"]), match["text"].strip())
        elif re.match(r"\w|\[", line) and _UNDERLINE.fullmatch(below) and len(below.rstrip()) >= len(line.rstrip()):
            yield _Line(number, 0, line.strip())


@of_files(
    "breaking-level",
    "crossterm 0.28.1 and aya 0.13.1 list breaking changes, and came to everybody with the next update.",
)
def breaking_level(tree: Tree) -> GateJudgement:
    """Is the version of every changelog whose section says *breaking* one that lets breaking changes out?

    Counted from the highest stable version below it, of the changelog's headings and of the registry. In 0.y.z a breaking
    change moves y. Headings, and marks such as `**breaking:**` or `[BREAKING]`, say it; a heading without entries does not.
    """
    logs = changelogs_of(tree)
    return logs if isinstance(logs, Skip) else each_of(logs, lambda log: _too_low(tree, log))


def _too_low(tree: Tree, log: Changelog) -> Iterator[Problem]:
    text, version = tree.text(log.path), log.version
    if text is None or version is None:
        return
    try:
        entries = entries_in(log.path, changelog.lines_of(text, version))
    except ChangelogHeadings:
        return  # `changelog-heading` reports it
    before = _version_before(tree, log, text, version)
    breaking = next((entry for entry in entries if entry.change is Change.BREAKING), None)
    if breaking is not None and before is not None and not allows(before, version, Change.BREAKING):
        line = tree.line_before(log.path, breaking.line)
        told = f"in line {line or breaking.line} that something is breaking (`{breaking.text}`)"
        what = f"says {told}, and `{version}` follows `{before}`"
        fix = (
            f"release `{next_after(before, Change.BREAKING)}`, or mend the entry if it breaks nobody, and commit that."
        )
        yield Problem.in_file(log.path, line, what=what, fix=fix)


def _version_before(tree: Tree, log: Changelog, text: str, version: str) -> str | None:
    """The highest stable version below `version`; None if there is none, or only candidates of it."""
    registry = tree.registry.crates if tree.registry is not None else {}
    published = [crate.version for name in log.packages for crate in registry.get(name, ())]
    known = [heading.version for heading in changelog.headings(text)] + published
    numbers = [Version.parse(one) for one in known if Version.is_valid(one)]
    lower = [number for number in numbers if number < Version.parse(version) and number.prerelease is None]
    return str(max(lower)) if lower else None


_FOLDERS = (".changes", ".changeset", "changelog.d", "newsfragments", ".changelog", ".unreleased", "changes.d")
_KEPT = re.compile(
    r"(?:readme|config|template|header|\.).*|.*\.(?:json|toml|j2|jinja2?|tera)|v?\d+\.\d+\.\d+.*", re.IGNORECASE
)
"""Names of files in such a folder that are no fragments: settings, templates, and sections of versions that are out."""


@of_files(
    "changelog-fragments",
    "changesets, towncrier and covector keep entries in files of their own, which no release without them puts into a changelog.",
)
def changelog_fragments(tree: Tree) -> GateJudgement:
    """Has every changelog fragment (`.changes/`, `.changeset/`, `changelog.d/`, `newsfragments/` and their like) been put into the
    changelog?
    """
    if tree.project is not None and tree.project.release.changelog is None:
        return Skip(why="the profile names no changelog")
    fragments = [path for path in sorted(tree.files.paths) if _is_fragment(path) and _concerns(tree, path)]
    if not fragments:
        return Skip(why="there are no changelog fragments")
    return each_of(fragments, _waiting)


def _is_fragment(path: str) -> bool:
    *folders, name = path.split("/")
    return any(folder in _FOLDERS for folder in folders[-2:]) and _KEPT.fullmatch(name) is None


def _concerns(tree: Tree, path: str) -> bool:
    """Whether the directory that keeps the fragments lies around the workspace or in it: others keep those of something else."""
    keeper = f"{posixpath.dirname(posixpath.dirname(path))}/".lstrip("/")
    places = {
        f"{posixpath.dirname(each)}/".lstrip("/")
        for package in tree.workspace.packages
        for each in (package.manifest, package.root)
    }
    return any(place.startswith(keeper) or keeper.startswith(place) for place in places)


def _waiting(path: str) -> Iterator[Problem]:
    fix = f"have its own tool put what is in `{posixpath.dirname(path)}` into the changelog, and commit that before the release."
    yield Problem.in_file(path, None, what="is an entry that is in no changelog yet", fix=fix)
