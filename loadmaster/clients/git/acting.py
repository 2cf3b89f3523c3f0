"""Commits, tags and pushes, with ids that depend only on the arguments.

It refuses to know when to do so. It never forces, and never deletes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from loadmaster.clients.git.asking import head, resolve, status
from loadmaster.clients.git.command import NOTHING, ask, complaint_about, run, strip_credentials, text, trouble_at
from loadmaster.clients.git.remotes import ask_with
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.git import (
    NothingToCommit,
    PushForced,
    PushNotFastForward,
    PushRefused,
    RemoteTagExists,
    TagTaken,
)
from loadmaster.planning.answers.git import push_refusal
from loadmaster.planning.values.value import Value

_NO_OBJECT = "0" * 40


class Author(Value):
    """The author of a commit or a tag."""

    name: str
    email: str


def commit_all(directory: Path, message: str, author: Author, when: datetime) -> str:
    """Commits every change of the checkout and returns the id, which depends on the arguments, tree and parent only.

    Raises `NothingToCommit`.
    """
    if not status(directory):
        raise NothingToCommit(str(directory))
    run(directory, "add", "--all", "--", ":/")
    run(directory, "commit", "--quiet", "--no-verify", "-m", message, extra=signature(author, when))
    return head(directory)


def check_out_again(directory: Path, paths: Sequence[str]) -> None:
    """Writes the files anew as every clone of HEAD has them: git may store and give other bytes than were put there (`eol`)."""
    for path in paths:
        (directory / path).unlink(missing_ok=True)
    listed = "".join(f"{path}\0" for path in paths).encode()
    literal = {"GIT_LITERAL_PATHSPECS": "1"}
    words = ("checkout", "--quiet", "HEAD", "--pathspec-from-file=-", "--pathspec-file-nul")
    run(directory, *words, stdin=listed, extra=literal)


def stand_on(directory: Path, commit: str) -> None:
    """Moves the clone's branch to a commit that has the same tree as its own. No file changes."""
    run(directory, "reset", "--quiet", "--soft", commit, "--")


def create_tag(directory: Path, name: str, commit: str, message: str, identity: Author, when: datetime) -> str:
    """Makes the annotated tag and returns its id, which depends on the arguments only.

    A tag of that name on that commit is left unchanged. Raises `TagTaken` if it is on another commit, and `UnknownCommit`.
    """
    commit = resolve(directory, commit)
    tagger = f"{identity.name} <{identity.email}> {instant(when)}"
    tag_file = f"object {commit}\ntype commit\ntag {name}\ntagger {tagger}\n\n{message.rstrip()}\n"
    tag = text(directory, "mktag", stdin=tag_file.encode())
    if ask(directory, "update-ref", f"refs/tags/{name}", tag, _NO_OBJECT).status == 0:
        return tag
    existing = resolve(directory, f"refs/tags/{name}")
    if existing != commit:
        raise TagTaken(name, commit, existing)
    return text(directory, "rev-parse", f"refs/tags/{name}")


def push(directory: Path, remote: str, refspecs: Sequence[str], *, extra: Mapping[str, str] = NOTHING) -> None:
    """Pushes all of `refspecs` (`SOURCE:refs/...`) or none. A ref that is there already is no error; nothing is forced.

    Raises `PushForced` for a refspec that forces or deletes, `PushNotFastForward`, `RemoteTagExists`, another kind of
    `PushRefused`, `DiskFull` or `NotWritten` for a remote on this machine, and the errors of `observe_refs`.
    """
    for refspec in refspecs:
        if refspec.startswith(("+", ":")):
            raise PushForced(refspec)
    command = ("push", "--porcelain", "--atomic", "--", remote, *refspecs)
    answer = ask_with(remote, *command, directory=directory, extra=extra)
    refusals = [row.split("\t") for row in answer.output.decode().splitlines() if row.startswith("!\t")]
    # Of an atomic push, the refs that were not at fault are rejected, too, for that reason alone.
    at_fault = [row for row in refusals if "atomic push fail" not in row[2]] or refusals
    if at_fault and (trouble := trouble_at(remote, answer.complaint, "push")) is not None:
        raise trouble
    if at_fault:
        _, names, reason = at_fault[0]
        raise _refusal(names.rpartition(":")[2], strip_credentials(remote), reason, answer.complaint)
    if answer.status:
        raise complaint_about(directory, ("push",), answer.complaint, remote)


def _refusal(ref: str, remote: str, reason: str, complaint: str) -> LoadmasterError:
    if not reason.startswith("[remote "):  # git itself compared the refs, and sent nothing
        return (RemoteTagExists if ref.startswith("refs/tags/") else PushNotFastForward)(ref, remote, reason)
    lines = [row.removeprefix("remote:").strip() for row in complaint.splitlines() if row.startswith("remote:")]
    words = " ".join(filter(None, lines))
    kind = push_refusal(reason, words)
    told = words or reason
    return kind(ref, remote, told) if issubclass(kind, PushRefused) else kind(remote, f"`{ref}`: {told}")


def signature(by: Author, when: datetime) -> dict[str, str]:
    parts = {"NAME": by.name, "EMAIL": by.email, "DATE": instant(when)}
    return {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in parts.items()}


def instant(when: datetime) -> str:
    return f"{int(when.astimezone(UTC).timestamp())} +0000"
