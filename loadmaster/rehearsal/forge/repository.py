"""The forge's view of its repository. Nothing is kept: every answer is read anew from the bare repository."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.git.command import ask, run, text
from loadmaster.errors.git import UnknownCommit
from loadmaster.planning.values.value import Value

RELEASE_WORKFLOW = ".github/workflows/release.yml"


class TagRef(Value):
    name: str
    object: str
    kind: str
    """The kind of the object: `tag` or `commit`."""
    commit: str
    pushed_at: str
    """When it was made: git does not record the push."""

    @property
    def run(self) -> int:
        """The id of the workflow run that its push started: the same in every process."""
        return int(hashlib.sha256(self.name.encode()).hexdigest()[:8], 16)


class CommitSeen(Value):
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: str
    email: str
    date: str
    message: str


def tags(remote: Path) -> tuple[TagRef, ...]:
    """The tags that lead to a commit, sorted by name."""
    commits = {each.name: each.commit for each in git.tags(remote)}
    wanted = "%(refname:strip=2)%09%(objectname)%09%(objecttype)%09%(creatordate:unix)"
    rows = (row.split("\t") for row in text(remote, "for-each-ref", f"--format={wanted}", "refs/tags").splitlines())
    return tuple(
        TagRef(name=name, object=identity, kind=kind, commit=commits[name], pushed_at=_instant(when))
        for name, identity, kind, when in rows
        if name in commits
    )


def default_branch(remote: Path) -> str:
    return text(remote, "symbolic-ref", "--short", "HEAD")


def commit(remote: Path, revision: str) -> CommitSeen:
    """Raises `UnknownCommit`."""
    found = git.resolve(remote, revision)
    shown = run(remote, "show", "--no-patch", "--format=%T%x00%P%x00%an%x00%ae%x00%at%x00%B", found)
    tree, parents, author, email, when, message = shown.decode(errors="replace").split("\0")
    return CommitSeen(
        sha=found,
        tree=tree,
        parents=tuple(parents.split()),
        author=author,
        email=email,
        date=_instant(when),
        message=message.strip(),
    )


def ensure_tag(remote: Path, tag: str, target: str) -> bool:
    """Makes a missing tag, lightweight, on `target`, as GitHub does when a release is published. False if that is impossible."""
    if any(each.name == tag for each in tags(remote)):
        return True
    try:
        made = git.resolve(remote, target or default_branch(remote))
    except UnknownCommit:
        return False
    return ask(remote, "update-ref", f"refs/tags/{tag}", made, "0" * 40).status == 0


def _instant(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
