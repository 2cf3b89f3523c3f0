"""The text edits of a release: manifests, lockfiles, changelogs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from loadmaster.errors.base import LoadmasterError, UsageError, clause


class BumpRefused(LoadmasterError):
    """cargo does not take the bumped tree with the bumped lockfile."""

    def __init__(self, lockfile: str, told: str, project: str, version: str) -> None:
        bump = f"--project {shlex.quote(project)} --version {shlex.quote(version)}"
        super().__init__(
            f"After the bump, cargo refuses `{lockfile}`: {told}",
            why="a requirement on a member no longer fits its new version, or the lockfile needs more than new versions.",
            fix=f"make this bump in a clone of the branch: `loadmaster bump CLONE {bump}`. Mend what cargo names, run "
            f"`cargo update --workspace` beside `{lockfile}`, look at what moves, commit all of it, and release this version.",
        )


class MalformedRequirement(LoadmasterError):
    """A version requirement that cargo cannot read."""

    def __init__(self, requirement: str) -> None:
        super().__init__(
            f"`{requirement}` is not a version requirement.",
            why="cargo knows `1.2.3`, parts of it such as `1.2`, the operators `^ ~ = > >= < <=`, `*` as last part, and commas.",
            fix="search the manifests for it and write one of these.",
        )


class RequirementCannotFollow(LoadmasterError):
    """A requirement on a member that cannot be rewritten to take the member's planned version."""

    def __init__(self, path: str, member: str, requirement: str, version: str) -> None:
        super().__init__(
            f"`{path}` requires `{member}` as `{requirement}`, which excludes the planned `{version}`.",
            why="it has an upper bound, and only its author knows whether that bound was meant to hold.",
            fix=f"write a requirement that `{version}` satisfies, commit it, and plan again.",
        )


class NotToml(LoadmasterError):
    """A manifest that is no TOML; the reason names line and column. `line` is None if the parser did not say where it stopped."""

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        self.reason = reason
        super().__init__(
            f"`{path}` is not TOML: {reason}.",
            why="a hand edit or a merge left it half written.",
            fix="mend the line; `cargo metadata --no-deps` shows whether it is right."
            if path.rpartition("/")[2] == "Cargo.toml"
            else "mend the line, and commit that.",
        )


class NotUtf8(LoadmasterError):
    """A file that must be read as text is not text."""

    def __init__(self, path: str, line: int) -> None:
        super().__init__(
            f"`{path}` is not UTF-8, from line {line} on.",
            why="an editor saved it in another encoding, or it is not a text at all.",
            fix="save it as UTF-8 and commit it.",
        )


class FileRuleUnmatched(LoadmasterError):
    """A rule of the profile that does not match exactly once."""

    def __init__(self, path: str, pattern: str, lines: Sequence[int]) -> None:
        places = (
            f"{len(lines)} times in `{path}` (lines {', '.join(map(str, lines))})" if lines else f"nowhere in `{path}`"
        )
        super().__init__(
            f"`{pattern}` of the profile's `release.files` matches {places}; it must match once.",
            why="the file was moved or rewritten after the rule was written, or the rule is not specific enough.",
            fix="mend the rule in the profile, so that it matches the one place that follows the release; `since` is for a place "
            "that older trees do not have.",
        )


class PatternTooSlow(LoadmasterError):
    """A pattern of the profile takes too long to match."""

    def __init__(self, path: str, pattern: str, seconds: float) -> None:
        super().__init__(
            f"`{pattern}` of the profile was not found in `{path}` within {seconds:.0f} seconds; the search was stopped.",
            why="a repetition within a repetition, such as `(a+)+`, has more ways to match than anybody can try.",
            fix="mend the pattern in the profile, so that each part of a line fits in one way.",
        )


class FileRuleWithoutPackage(LoadmasterError):
    """A rule of the profile does not say whose version it follows, in a release of several versions."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The rule for `{path}` in the profile's `release.files` names no package, and several versions are released.",
            why="packages with versions of their own move to different ones, and a file cannot follow all of them.",
            fix="give the rule its `package`.",
        )


class NotesNotProposed(LoadmasterError):
    """git-cliff could not make changelog entries from commits."""

    def __init__(self, told: str) -> None:
        super().__init__(
            f"No changelog entries could be proposed: {told}",
            why="`git-cliff` is missing, cannot read the repository, or takes too long for its history.",
            fix="write the entries yourself below `## [Unreleased]`: then nothing has to be proposed. A `git-cliff` that is "
            "missing comes with Loadmaster's dependencies: install these again.",
        )


class TreeMissing(UsageError):
    """There is no directory where a tree was expected."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` is not a directory.",
            why="its name is misspelt, or it is relative to another directory than the current one.",
            fix="name the directory that holds the workspace's root `Cargo.toml`.",
        )


class TreeNotJudged(UsageError):
    """The gates cannot judge a tree that cannot be read; the texts are those of the error that was found.

    `tree` is the directory that the paths of that error begin in.
    """

    def __init__(self, found: LoadmasterError, tree: str) -> None:
        super().__init__(found.what, why=found.why, fix=found.fix)


class FilesNotWritten(LoadmasterError):
    """A file of a tree cannot be written."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"`{path}` cannot be written: {clause(reason)}; no file was changed.",
            why="the disk is full, or the directory belongs to somebody else.",
            fix="make room or give yourself the right to write there, then start again.",
        )


class ManifestNotKept(LoadmasterError):
    """A manifest cannot be edited without changing bytes that have nothing to do with a version."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` cannot be edited with every other byte kept.",
            why="most often another table lies between two entries of an array of tables (`[[bin]]`).",
            fix="put them next to one another, commit that, and plan again.",
        )


class InheritedVersionsDisagree(LoadmasterError):
    """Members share one version in the root manifest, and the plan gives them different ones."""

    def __init__(self, path: str, versions: Mapping[str, str]) -> None:
        planned = ", ".join(f"`{name}` {version}" for name, version in sorted(versions.items()))
        super().__init__(
            f"Members take their version from `{path}`, and are planned to have different ones: {planned}.",
            why="`version.workspace = true` gives all of them the one version in `[workspace.package]`.",
            fix="plan one version for them, or give the odd one a version of its own in its manifest.",
        )


class MergeMarkers(LoadmasterError):
    """A lockfile with an unfinished merge in it."""

    def __init__(self, path: str, line: int) -> None:
        super().__init__(
            f"`{path}` has merge markers, the first in line {line}.",
            why="a merge or rebase was committed before its conflict was resolved.",
            fix="check out one side's lockfile, run `cargo metadata` beside it, and commit the result.",
        )


class LockfileFormat(LoadmasterError):
    """This version cannot edit a lockfile of that format."""

    def __init__(self, path: str, found: str | None) -> None:
        super().__init__(
            f"`{path}` has lockfile format `{found}`; 3 and 4 can be edited."
            if found is not None
            else f"`{path}` names no lockfile format; 3 and 4 can be edited.",
            why="a cargo older than 1.53, or newer than this version of Loadmaster knows, wrote it; or it was cut short.",
            fix="run `cargo generate-lockfile` beside it with a current stable cargo, look at what moves, and commit the result; "
            "or use a newer Loadmaster.",
        )


class LockfileNotToml(LoadmasterError):
    """A lockfile that is no TOML; the reason names line and column."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"`{path}` is no lockfile that cargo takes: {reason}.",
            why="a hand edit or a merge spoilt it, or it was cut short.",
            fix="check out the last good one, or delete it, run `cargo metadata` beside it, and commit the result.",
        )


class LockfileBroken(LoadmasterError):
    """A lockfile in which a package is missing or ambiguous."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(
            f"`{path}`, line {line}: {reason}.",
            why="it was edited or merged by hand, or a directory holds another package of a member's name.",
            fix="check out the last good one, or delete it, run `cargo metadata` beside it, and commit the result.",
        )


class ChangelogTooLong(LoadmasterError):
    """A changelog that is longer than any that people write."""

    def __init__(self, characters: int, lines: int, path: str | None = None) -> None:
        self.characters, self.lines = characters, lines
        super().__init__(
            f"The changelog{f' `{path}`' if path else ''} has {characters} characters in {lines} lines, and is not read.",
            why="something else than a changelog is in its place, or it has been generated without an end.",
            fix="move its older sections into another file and commit that, or name another file as `release.changelog`.",
        )


class SeveralUnreleased(LoadmasterError):
    """A changelog with entries for the next version in more than one place."""

    def __init__(self, lines: Sequence[int], path: str | None = None) -> None:
        self.lines = lines
        place = f"`{path}`" if path else "The changelog"
        super().__init__(
            f"{place} has {len(lines)} sections with entries for the next version (lines {', '.join(map(str, lines))}).",
            why="a merge left one further down, or packages share the file and have a section each.",
            fix="put the entries of the next version under one heading, and commit that.",
        )


class HeadingOfSeveral(LoadmasterError):
    """The newest headings of a changelog name several packages, so nobody knows how the next one reads."""

    def __init__(self, heading: str, line: int, path: str | None = None) -> None:
        self.heading, self.line = heading, line
        super().__init__(
            f"`{heading}`{f' in `{path}`' if path else ''} (line {line}) is a heading in a changelog of several packages.",
            why="the newest headings name packages with a version each, and a release writes one version.",
            fix="write the heading of the next version by hand and commit that, or set `release.changelog` in the profile.",
        )


class ChangelogHeadings(LoadmasterError):
    """A version that does not have exactly one heading in the changelog."""

    def __init__(self, version: str, lines: Sequence[int], path: str | None = None) -> None:
        self.version, self.lines = version, lines
        several = f"{len(lines)} headings for `{version}` (lines {', '.join(map(str, lines))})"
        place = f", in `{path}`" if path else ""
        super().__init__(
            f"The changelog has {several if lines else f'no heading for `{version}`'}{place}.",
            why="two branches each added one."
            if lines
            else "nobody wrote one, or it is inside of a comment or a code block.",
            fix=f"leave one heading for `{version}`, with all its entries under it, and commit that.",
        )


class LeaderNotReleased(LoadmasterError):
    """A package without a tag of its own would be released without the package whose tag it gets."""

    def __init__(self, package: str, leader: str) -> None:
        super().__init__(
            f"`{package}` has no tag of its own, and `{leader}`, with whose tag it is released, is not released.",
            why="`release.tagged_with` in the profile says so; a release without a tag could not be found again.",
            fix=f"release `{leader}`, too; or take `{package}` out of `release.tagged_with`, so that it has tags of its own.",
        )


class TagOfTwoVersions(LoadmasterError):
    """Packages of different versions would get one tag."""

    def __init__(self, tag: str, versions: Mapping[str, str]) -> None:
        named = " and ".join(f"`{name}` {version}" for name, version in sorted(versions.items()))
        super().__init__(
            f"The tag `{tag}` would stand for {named}.",
            why="their patterns (`release.tag`, `release.tags`) leave out what tells the two apart: the package's name, the patch "
            "number or the build metadata.",
            fix="give each package a tag of its own with `release.tags` in the profile, such as `{name}-v{version}`.",
        )
