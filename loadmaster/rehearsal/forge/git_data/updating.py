"""Changes of refs in the bare repository, each one only if the ref is as it was seen."""

from __future__ import annotations

from pathlib import Path

from loadmaster.clients.git.command import ask
from loadmaster.errors.git import UnknownCommit
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.git_data.looking import NOTHING


class RefUpdate(Value):
    ref: str
    """In full."""
    old: str
    """`NOTHING` for a ref that was made."""
    new: str
    """`NOTHING` for one that was deleted."""

    @property
    def creates(self) -> bool:
        return self.old == NOTHING

    @property
    def deletes(self) -> bool:
        return self.new == NOTHING

    @property
    def branch(self) -> str | None:
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else None

    @property
    def tag(self) -> str | None:
        return self.ref.removeprefix("refs/tags/") if self.ref.startswith("refs/tags/") else None


def move(remote: Path, update: RefUpdate) -> bool:
    """False, and nothing is changed, if the ref is not at `old` any more, or cannot be there beside others."""
    return ask(remote, "update-ref", update.ref, update.new, update.old).status == 0


def delete(remote: Path, update: RefUpdate) -> bool:
    return ask(remote, "update-ref", "-d", update.ref, update.old).status == 0


def ensure_tag(remote: Path, tag: str, target: str) -> RefUpdate | bool:
    """Makes a missing tag, lightweight, on `target`, as GitHub does when a release is published.

    The update; True if the tag is there already, False if it cannot be made.
    """
    if looking.has_tag(remote, tag):
        return True
    try:
        made = looking.revision(remote, target or looking.default_branch(remote))
    except UnknownCommit:
        return False
    update = RefUpdate(ref=f"refs/tags/{tag}", old=NOTHING, new=made)
    return update if move(remote, update) else False


def read_updates(lines: str) -> tuple[RefUpdate, ...]:
    """What git writes on the standard input of its hooks: `OLD NEW REF`, a line each."""
    rows = (line.split(" ", 2) for line in lines.splitlines() if line.count(" ") >= 2)
    return tuple(RefUpdate(ref=ref, old=old, new=new) for old, new, ref in rows)
