"""What a release asks of git, and does with it: small functions over repositories of Loadmaster's own.

It knows clones, mirrors, commits, tags and pushes, and makes ids that depend on nothing but the arguments. It refuses
to know versions, plans and worlds, never forces a push, and never writes into a checkout that a person works in.
`extra` holds variables that a command may see besides (`GIT_CONFIG_GLOBAL`, `SSH_AUTH_SOCK`); see `git_command.ask`.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from loadmaster.clients.git_command import NOTHING, ask, complaint_about, run, text, without_credentials
from loadmaster.errors import (
    DirectoryTaken,
    GitFailed,
    NothingToCommit,
    PushForced,
    PushNotFastForward,
    PushProtected,
    PushRefused,
    RemoteTagExists,
    TagTaken,
    UnknownCommit,
)
from loadmaster.planning.seen import TagSeen
from loadmaster.planning.value import Value

_NO_OBJECT = "0" * 40
_ANYWHERE = Path("/")
"""Where a command runs that is about no local repository, so that it finds none."""


class Identity(Value):
    """Who a commit or a tag is by."""

    name: str
    email: str


def mirror(source: str, cache: Path, *, extra: Mapping[str, str] = NOTHING) -> Path:
    """The bare mirror of `source` (address or path) in `cache`, made or brought up to date; one per source.

    Holds the branches and tags of an address, every ref of a path; its HEAD is detached at the source's HEAD commit.
    Two processes may ask at once; one that is killed leaves what the next one finishes.
    Raises `GitRemoteMissing`, `GitDenied`, `GitRemoteUnreachable`.
    """
    source, local = _address(source), Path(source).is_dir()
    name = Path(without_credentials(source).rstrip("/")).name.removesuffix(".git").rpartition(":")[2]
    bare = cache / f"{name}-{hashlib.sha256(source.encode()).hexdigest()[:12]}.git"
    kept = ("refs/*",) if local else ("refs/heads/*", "refs/tags/*")
    refspecs = ["+HEAD:refs/source/HEAD", *(f"+{each}:{each}" for each in kept)]
    with _alone(bare.with_suffix(".lock")):
        _initialise(bare)
        _with_remote(bare, source, "fetch", "--quiet", "--prune", "--no-tags", "--", source, *refspecs, extra=extra)
        run(bare, "update-ref", "--no-deref", "HEAD", "refs/source/HEAD")
    return bare


def import_directory(directory: Path, bare: Path, branch: str, when: datetime) -> str:
    """Makes `bare` hold `directory` as one commit without parents on `branch`, and returns the commit's id.

    Equal files (contents, executable bits, links) and an equal `when` give an equal id, wherever the directory stands.
    What the repository around it tracks is taken, as it is on disk; where none tracks anything of it, all files but
    those under `target/` and `.git`.
    """
    files = _files_of(directory)
    _initialise(bare)
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch, "index")), "GIT_WORK_TREE": str(directory.resolve())}
        listed = b"".join(path.encode(errors="surrogateescape") + b"\0" for path in files)
        # Asked from the directory: paths given to update-index are relative to where it runs.
        at = {"GIT_DIR": str(bare.resolve()), **index}
        run(directory, "update-index", "--add", "-z", "--stdin", stdin=listed, extra=at)
        tree = text(directory, "write-tree", extra=at)
    author = Identity(name="Loadmaster", email="loadmaster@localhost")
    commit = text(bare, "commit-tree", tree, "-m", "Import the workspace", extra=_signed(author, when))
    run(bare, "update-ref", f"refs/heads/{branch}", commit)
    run(bare, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    return commit


def clone_at(
    source: Path | str, commit: str, directory: Path, branch: str, *, extra: Mapping[str, str] = NOTHING
) -> None:
    """Clones `source` into `directory` with `commit` checked out on the local branch `branch`; `origin` is `source`.

    The directory appears whole or not at all. Raises `DirectoryTaken`, `UnknownCommit`, and as `mirror` does.
    """
    if directory.exists():
        raise DirectoryTaken(str(directory))
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    directory.parent.mkdir(parents=True, exist_ok=True)
    origin = _address(source)
    arguments = ("clone", "--quiet", "--no-checkout", "--", origin, str(unfinished.resolve()))
    _with_remote(_ANYWHERE, origin, *arguments, extra=extra)
    if ask(unfinished, "cat-file", "-e", f"{commit}^{{commit}}").status:
        raise UnknownCommit(origin, commit)
    run(unfinished, "checkout", "--quiet", "-B", branch, commit)
    unfinished.rename(directory)


def resolve(repository: Path, revision: str) -> str:
    """The full id of the commit that `revision` (id, branch, tag, HEAD) names. Raises `UnknownCommit`."""
    answer = ask(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if answer.status and answer.complaint:
        raise complaint_about(repository, ("rev-parse", revision), answer.complaint)
    if answer.status:
        raise UnknownCommit(str(repository), revision)
    return answer.output.decode().strip()


def head(directory: Path) -> str:
    return resolve(directory, "HEAD")


def tree_of(directory: Path, commit: str) -> str:
    """Raises `UnknownCommit`."""
    return text(directory, "rev-parse", f"{resolve(directory, commit)}^{{tree}}")


def tags(repository: Path) -> tuple[TagSeen, ...]:
    """Every tag that leads to a commit, annotated or not, sorted by name."""
    names = text(repository, "for-each-ref", "--format=%(refname:strip=2)", "refs/tags").splitlines()
    asked = "".join(f"refs/tags/{name}^{{commit}}\n" for name in names).encode()
    peeled = text(repository, "cat-file", "--batch-check=%(objectname)", stdin=asked).splitlines()
    told = text(repository, "log", "--no-walk", "--tags", "--format=%H%x09%P%x09%s").split("\n")
    read = {
        commit: (tuple(parents.split()), subject)
        for commit, parents, subject in (each.split("\t", 2) for each in told if each)
    }
    return tuple(
        TagSeen(name=name, commit=commit, parents=read[commit][0], subject=read[commit][1])
        for name, commit in zip(names, peeled, strict=True)
        if commit in read
    )


def is_ancestor(repository: Path, ancestor: str, descendant: str) -> bool:
    """Whether `descendant` holds `ancestor`; a commit is its own. Raises `UnknownCommit`."""
    commits = resolve(repository, ancestor), resolve(repository, descendant)
    answer = ask(repository, "merge-base", "--is-ancestor", *commits)
    if answer.status not in (0, 1):
        raise complaint_about(repository, ("merge-base", "--is-ancestor"), answer.complaint)
    return answer.status == 0


def status(directory: Path) -> tuple[str, ...]:
    """Paths that differ from HEAD or are untracked and not ignored; () when clean."""
    listed = run(directory, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all")
    return tuple(entry[3:] for entry in _separated(listed))


def show_file(repository: Path, commit: str, path: str) -> bytes | None:
    """The bytes of `path` in `commit`; None where the commit has no such file. Raises `UnknownCommit`."""
    listed = run(repository, "ls-tree", "-z", "--full-tree", resolve(repository, commit), "--", path)
    entries = [entry for entry in _separated(listed) if entry.split()[1] == "blob"]
    return run(repository, "cat-file", "blob", entries[0].split()[2]) if entries else None


def tracked_files(directory: Path, pattern: str) -> tuple[str, ...]:
    """Tracked paths under `directory` that match git's `pattern` (`*` crosses slashes), sorted."""
    return tuple(sorted(set(_separated(run(directory, "ls-files", "-z", "--", pattern)))))


def observe_refs(remote: str, *, extra: Mapping[str, str] = NOTHING) -> Mapping[str, str]:
    """Every ref of `remote` with its object id, HEAD too; an annotated tag's commit stands at `refs/tags/NAME^{}`.

    Raises `GitRemoteMissing`, `GitDenied`, `GitRemoteUnreachable`.
    """
    listed = _with_remote(_ANYWHERE, remote, "ls-remote", "--quiet", "--", _address(remote), extra=extra).decode()
    pairs = (row.split("\t", 1) for row in listed.splitlines())
    return {name: identity for identity, name in pairs}


def commit_all(directory: Path, message: str, author: Identity, when: datetime) -> str:
    """Commits every change of the checkout and returns the id, which depends on the arguments, tree and parent only.

    Raises `NothingToCommit`.
    """
    if not status(directory):
        raise NothingToCommit(str(directory))
    run(directory, "add", "--all", "--", ":/")
    run(directory, "commit", "--quiet", "--no-verify", "-m", message, extra=_signed(author, when))
    return head(directory)


def create_tag(directory: Path, name: str, commit: str, message: str, identity: Identity, when: datetime) -> str:
    """Makes the annotated tag, whose id depends on the arguments only, and returns that id.

    A tag of that name on that commit is left as it is. Raises `TagTaken` for one on another, and `UnknownCommit`.
    """
    commit = resolve(directory, commit)
    tagger = f"{identity.name} <{identity.email}> {_instant(when)}"
    tag_file = f"object {commit}\ntype commit\ntag {name}\ntagger {tagger}\n\n{message.rstrip()}\n"
    tag = text(directory, "mktag", stdin=tag_file.encode())
    if ask(directory, "update-ref", f"refs/tags/{name}", tag, _NO_OBJECT).status == 0:
        return tag
    there = resolve(directory, f"refs/tags/{name}")
    if there != commit:
        raise TagTaken(name, commit, there)
    return text(directory, "rev-parse", f"refs/tags/{name}")


def push(directory: Path, remote: str, refspecs: Sequence[str], *, extra: Mapping[str, str] = NOTHING) -> None:
    """Pushes all of `refspecs` (`SOURCE:refs/...`) or none. What is there already is no error; nothing is forced.

    Raises `PushForced` for a refspec that forces or deletes, `PushProtected`, `PushNotFastForward`, `RemoteTagExists`,
    `PushRefused`, and as `observe_refs` does.
    """
    for refspec in refspecs:
        if refspec.startswith(("+", ":")):
            raise PushForced(refspec)
    answer = ask(directory, "push", "--porcelain", "--atomic", "--", remote, *refspecs, extra=extra)
    refusals = [row.split("\t") for row in answer.output.decode().splitlines() if row.startswith("!\t")]
    for _, names, reason in refusals:
        if "atomic" not in reason:
            raise _refusal(names.rpartition(":")[2], without_credentials(remote), reason, answer.complaint)
    if answer.status:
        raise complaint_about(directory, ("push",), answer.complaint, remote)


def _refusal(ref: str, remote: str, reason: str, complaint: str) -> PushRefused:
    told = [row.removeprefix("remote:").strip() for row in complaint.splitlines() if row.startswith("remote:")]
    words = " ".join(each for each in told if each) or reason
    if reason.startswith("[remote rejected]"):
        protected = any(sign in f"{reason} {words}" for sign in ("GH006", "GH013", "protected", "rule violations"))
        return (PushProtected if protected else PushRefused)(ref, remote, words)
    return (RemoteTagExists if ref.startswith("refs/tags/") else PushNotFastForward)(ref, remote, words)


def _with_remote(directory: Path, remote: str, *arguments: str, extra: Mapping[str, str]) -> bytes:
    answer = ask(directory, *arguments, extra=extra)
    if answer.status:
        raise complaint_about(directory, arguments, answer.complaint, remote)
    return answer.output


def _address(source: Path | str) -> str:
    return str(Path(source).resolve()) if Path(source).exists() else str(source)


def _initialise(bare: Path) -> None:
    """Also mends one whose making was cut short."""
    bare.mkdir(parents=True, exist_ok=True)
    run(bare, "init", "--quiet", "--bare", ".")


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _files_of(directory: Path) -> list[str]:
    tracked = ask(directory, "ls-files", "-z", discover=True)
    if tracked.status == 0 and tracked.output:
        return sorted(path for path in set(_separated(tracked.output)) if _is_there(directory / path))
    found = (path.relative_to(directory) for path in directory.rglob("*") if path.is_symlink() or path.is_file())
    files = sorted(str(path) for path in found if not {"target", ".git"} & set(path.parts))
    if not files:
        raise GitFailed("git update-index", str(directory), "there is no file to import")
    return files


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _separated(listed: bytes) -> list[str]:
    return [entry.decode(errors="surrogateescape") for entry in listed.split(b"\0") if entry]


def _instant(when: datetime) -> str:
    return f"{int(when.astimezone(UTC).timestamp())} +0000"


def _signed(by: Identity, when: datetime) -> dict[str, str]:
    parts = {"NAME": by.name, "EMAIL": by.email, "DATE": _instant(when)}
    return {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in parts.items()}
