"""A bump of a plain directory of files: no Git, no network, no cargo."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from loadmaster.clients.files import read_tree
from loadmaster.clients.rewriting import alone_in, require_whole, take_back, write_files
from loadmaster.planning.edits.bump import Bump, bump_tree, globs_to_edit
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.tree.tree import MANIFEST, TreeFiles
from loadmaster.planning.values.value import Value


class MemberMoved(Value):
    package: str
    before: str
    after: str


class FileChanged(Value):
    path: str
    diff: str
    """As `diff -u` shows it, without context."""


class Bumped(Value):
    outcome: str
    """`bumped`, or `planned` for a dry run."""
    policy: str
    packages: tuple[MemberMoved, ...]
    """Every member, including those that keep their version."""
    files: tuple[FileChanged, ...]
    """() for a tree that has the version already."""
    unasked: tuple[str, ...] = ()
    """Files that the profile has rules for, in a tree that holds only manifests and so does not have them."""
    commands: tuple[str, ...] = ()
    """Commands of the profile that a release would run now. A bump runs none."""


def bump(
    directory: Path, asked: str, style: ReleaseStyle, today: date, roots: Sequence[str] = (MANIFEST,), *, dry_run: bool
) -> Bumped:
    """Writes all files that change, or none. A bump that was killed is undone first. `roots` are the root manifests in it.

    Raises what reading, deciding and writing raise; a dry run also raises `BumpInterrupted`.
    """
    if dry_run:
        require_whole(directory)
        return _report(*_decide(directory, asked, style, today, roots), style, dry_run=True)
    with alone_in(directory):
        take_back(directory)
        files, decision = _decide(directory, asked, style, today, roots)
        if decision.edits:
            write_files(directory, decision.edits)
    return _report(files, decision, style, dry_run=False)


def _decide(
    directory: Path, asked: str, style: ReleaseStyle, today: date, roots: Sequence[str]
) -> tuple[TreeFiles, Bump]:
    files = read_tree(directory, globs_to_edit(style), without=style.stale_lockfiles)
    return files, bump_tree(files, asked, style, today, roots)


def _report(files: TreeFiles, decision: Bump, style: ReleaseStyle, *, dry_run: bool) -> Bumped:
    return Bumped(
        outcome="planned" if dry_run else "bumped",
        policy=style.policy,
        packages=tuple(
            MemberMoved(package=name, before=version, after=decision.planned.get(name, version))
            for name, version in sorted(decision.current.items())
        ),
        files=tuple(_diff(path, files.texts, decision.edits) for path in decision.edits),
        unasked=decision.unasked,
        commands=tuple(command.title for command in style.commands if command.holds_for(decision.planned)),
    )


def _diff(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> FileChanged:
    lines = difflib.unified_diff(before[path].splitlines(), after[path].splitlines(), path, path, n=0, lineterm="")
    return FileChanged(path=path, diff="\n".join(lines))


def bump_text(bumped: Bumped) -> str:
    lines = [f"{member.package:<30} {_move(member)}" for member in bumped.packages]
    lines += ["", *([file.diff for file in bumped.files] or ["Nothing to change."])]
    if bumped.unasked:
        lines += ["", f"The tree holds no code, nor files that the profile has rules for: {', '.join(bumped.unasked)}."]
    if bumped.commands:
        titles = ", ".join(f"`{title}`" for title in bumped.commands)
        lines += ["", f"A release also runs the profile's commands after its edits; a bump runs none: {titles}."]
    return "\n".join(lines)


def _move(member: MemberMoved) -> str:
    return f"{member.before} stays" if member.before == member.after else f"{member.before} → {member.after}"
