"""Merges in the bare repository, with git's own commands, in the three ways that GitHub has, and with its messages and authors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from loadmaster.clients.git import Author
from loadmaster.clients.git.command import ask, text
from loadmaster.rehearsal.forge.front.people import email_of
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.git_data.looking import CommitSeen

_WEB = Author(name="GitHub", email="noreply@github.com")
_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "nobody"), ("EMAIL", "nobody"), ("DATE", "1000000000 +0000"))
}


class MergeOrder(NamedTuple):
    """What is merged into what, and who does it."""

    number: int
    title: str
    head: str
    """The commit."""
    base: str
    label: str
    """`OWNER/BRANCH`"""
    author: str
    """The login of whoever opened the pull request."""
    merger: str
    when: datetime
    commit_title: str | None = None
    commit_message: str | None = None


def merged_tree(remote: Path, base: str, head: str) -> str | None:
    """The tree that merging gives; None if there are conflicts."""
    answer = ask(remote, "merge-tree", "--write-tree", "--no-messages", base, head)
    return answer.output.decode().split("\n", 1)[0] if answer.status == 0 else None


def merge(remote: Path, order: MergeOrder) -> str | None:
    """A merge commit of both; None if there are conflicts."""
    tree = merged_tree(remote, order.base, order.head)
    if tree is None:
        return None
    title = order.commit_title or f"Merge pull request #{order.number} from {order.label}"
    message = order.title if order.commit_message is None else order.commit_message
    person = Author(name=order.merger, email=email_of(order.merger))
    return _commit(remote, tree, (order.base, order.head), f"{title}\n\n{message}", person, _WEB, order.when)


def squash(remote: Path, order: MergeOrder) -> str | None:
    """One commit with all changes, whose author is the pull request's; None if there are conflicts."""
    tree = merged_tree(remote, order.base, order.head)
    if tree is None:
        return None
    commits = looking.between(remote, order.base, order.head)
    person = Author(name=order.author, email=email_of(order.author))
    message = squash_message(order, commits, person.email)
    return _commit(remote, tree, (order.base,), message, person, _WEB, order.when)


def squash_message(order: MergeOrder, commits: Sequence[CommitSeen], email: str) -> str:
    """GitHub's message, with the setting `COMMIT_OR_PR_TITLE` and `COMMIT_MESSAGES`.

    A single commit gives title and text; of several, the title is the pull request's and the text lists them. Everybody else who
    wrote one of them is named at the end.
    """
    alone = commits[0] if len(commits) == 1 else None
    title = order.commit_title or f"{alone.title if alone else order.title} (#{order.number})"
    if order.commit_message is not None:
        told = order.commit_message
    elif alone is not None:
        told = alone.text
    else:
        told = "\n\n".join("\n\n".join(filter(None, [f"* {each.title}", each.text])) for each in commits)
    others = dict.fromkeys((each.author, each.email) for each in commits if each.email != email)
    trailers = "\n".join(f"Co-authored-by: {name} <{address}>" for name, address in others)
    separated = f"---------\n\n{trailers}" if trailers and not alone and told else trailers
    return "\n\n".join(filter(None, [title, told, separated]))


def rebase(remote: Path, order: MergeOrder) -> str | None:
    """Each commit anew on top of the base, by its author; None if one does not fit. They are made anew also where none need be."""
    tip = order.base
    person = Author(name=order.merger, email=email_of(order.merger))
    for each in looking.between(remote, order.base, order.head):
        if len(each.parents) != 1:
            return None
        # git finds the base of the merge by itself: so the tip's tree becomes a commit beside the one that is taken over.
        beside = text(remote, "commit-tree", f"{tip}^{{tree}}", "-p", each.parents[0], "-m", "beside", extra=_NOBODY)
        tree = merged_tree(remote, beside, each.sha)
        if tree is None:
            return None
        author, written = Author(name=each.author, email=each.email), datetime.fromisoformat(each.date)
        tip = _commit(remote, tree, (tip,), each.message, author, person, order.when, written=written)
    return tip


def _commit(
    remote: Path,
    tree: str,
    parents: Sequence[str],
    message: str,
    author: Author,
    committer: Author,
    when: datetime,
    *,
    written: datetime | None = None,
) -> str:
    options = [word for parent in parents for word in ("-p", parent)]
    extra = {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_AUTHOR_DATE": _git_instant(written or when),
        "GIT_COMMITTER_NAME": committer.name,
        "GIT_COMMITTER_EMAIL": committer.email,
        "GIT_COMMITTER_DATE": _git_instant(when),
    }
    return text(remote, "commit-tree", tree, *options, stdin=message.strip().encode() + b"\n", extra=extra)


def _git_instant(when: datetime) -> str:
    return f"{int(when.astimezone(UTC).timestamp())} +0000"


def somebody_s_commit(
    remote: Path, base: str, name: str, content: bytes, person: str, when: datetime, *, message: str
) -> str:
    """A commit of somebody else on top of `base`, in which one file is new or other."""
    blob = text(remote, "hash-object", "-w", "--stdin", stdin=content)
    entries = text(remote, "ls-tree", "-r", "-z", "--full-tree", base).split("\0")
    kept = [entry for entry in entries if entry and entry.partition("\t")[2] != name]
    listed = "\0".join([*kept, f"100644 blob {blob}\t{name}"])
    index = remote / f"index-of-{person}"
    extra = {"GIT_INDEX_FILE": str(index.resolve())}
    try:
        text(remote, "update-index", "-z", "--index-info", stdin=f"{listed}\0".encode(), extra=extra)
        tree = text(remote, "write-tree", extra=extra)
    finally:
        index.unlink(missing_ok=True)
    author = Author(name=person, email=email_of(person))
    return _commit(remote, tree, (base,), message, author, author, when)
