"""A bump of a plain directory of files: no Git, no network, no cargo."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from loadmaster.clients.files import read_tree
from loadmaster.clients.rewriting import alone_in, require_whole, take_back, write_files
from loadmaster.planning.edits.bump import Bump, bump_tree
from loadmaster.planning.edits.changelogs import changelog_globs
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.tree.tree import TreeFiles
from loadmaster.planning.values.value import Value


class MemberMoved(Value):
    package: str
    before: str
    after: str


class FileChanged(Value):
    path: str
    diff: str
    """As `diff -u` tells it, without context."""


class Bumped(Value):
    outcome: str
    """`bumped`, or `planned` for a dry run."""
    policy: str
    packages: tuple[MemberMoved, ...]
    """Every member, those too that stay."""
    files: tuple[FileChanged, ...]
    """() for a tree that carries the version already."""
    unasked: tuple[str, ...] = ()
    """Files of the profile's rules that this tree, which is of manifests alone, does not have."""


def bump(directory: Path, asked: str, style: ReleaseStyle, today: date, *, dry_run: bool) -> Bumped:
    """Writes all files that change, or none; a bump that was killed is taken back first.

    Raises what reading, deciding and writing raise; for a dry run `BumpInterrupted`, too.
    """
    if dry_run:
        require_whole(directory)
        return _told(*_decided(directory, asked, style, today), style, dry_run=True)
    with alone_in(directory):
        take_back(directory)
        files, decided = _decided(directory, asked, style, today)
        if decided.edits:
            write_files(directory, decided.edits)
    return _told(files, decided, style, dry_run=False)


def _decided(directory: Path, asked: str, style: ReleaseStyle, today: date) -> tuple[TreeFiles, Bump]:
    also = [*changelog_globs(style), *(rule.path for rule in style.files)]
    files = read_tree(directory, also, without=style.stale_lockfiles)
    return files, bump_tree(files, asked, style, today)


def _told(files: TreeFiles, decided: Bump, style: ReleaseStyle, *, dry_run: bool) -> Bumped:
    return Bumped(
        outcome="planned" if dry_run else "bumped",
        policy=style.policy,
        packages=tuple(
            MemberMoved(package=name, before=version, after=decided.planned.get(name, version))
            for name, version in sorted(decided.current.items())
        ),
        files=tuple(_changed(path, files.texts, decided.edits) for path in decided.edits),
        unasked=decided.unasked,
    )


def _changed(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> FileChanged:
    lines = difflib.unified_diff(before[path].splitlines(), after[path].splitlines(), path, path, n=0, lineterm="")
    return FileChanged(path=path, diff="\n".join(lines))


def bumped_text(found: Bumped) -> str:
    lines = [f"{each.package:<30} {_move(each)}" for each in found.packages]
    lines += ["", *([each.diff for each in found.files] or ["Nothing to change."])]
    if found.unasked:
        lines += ["", f"The tree holds no code, nor what the profile has rules for: {', '.join(found.unasked)}."]
    return "\n".join(lines)


def _move(member: MemberMoved) -> str:
    return f"{member.before} stays" if member.before == member.after else f"{member.before} → {member.after}"
