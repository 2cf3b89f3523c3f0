"""Questions to a repository, or to a remote: what is there, and how it hangs together. Nothing is changed by asking."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from loadmaster.clients.git.command import NOTHING, address, ask, complaint_about, run, run_with, separated, text
from loadmaster.errors.git import UnknownCommit
from loadmaster.planning.registry.seen import TagSeen


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


def branch(directory: Path) -> str:
    """The branch that is checked out; of a detached clone the one that its origin calls its own, else `main`."""
    answer = ask(directory, "symbolic-ref", "--quiet", "--short", "HEAD")
    if answer.status:
        answer = ask(directory, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return answer.output.decode().strip().removeprefix("origin/") if not answer.status else "main"


def top(directory: Path) -> Path | None:
    """The top of the work tree that the directory is in; None if it is in none."""
    answer = ask(directory, "rev-parse", "--show-toplevel", discover=True)
    return None if answer.status else Path(answer.output.decode(errors="surrogateescape").rstrip("\n"))


def origin(directory: Path) -> str | None:
    """The address that the repository was cloned from; None if it says none."""
    answer = ask(directory, "config", "--get", "remote.origin.url")
    return None if answer.status else answer.output.decode().strip()


def tree_of(directory: Path, commit: str) -> str:
    """Raises `UnknownCommit`."""
    return text(directory, "rev-parse", f"{resolve(directory, commit)}^{{tree}}")


def committed_at(repository: Path, commit: str) -> datetime:
    """When the commit was made, by its committer's clock. Raises `UnknownCommit`."""
    told = text(repository, "show", "--no-patch", "--format=%cI", resolve(repository, commit))
    return datetime.fromisoformat(told.strip())


def tags(repository: Path) -> tuple[TagSeen, ...]:
    """Every tag that leads to a commit, annotated or not, sorted by name."""
    names = text(repository, "for-each-ref", "--format=%(refname:strip=2)", "refs/tags").splitlines()
    asked = "".join(f"refs/tags/{name}^{{commit}}\n" for name in names).encode()
    peeled = text(repository, "cat-file", "--batch-check=%(objectname)", stdin=asked).splitlines()
    told = text(repository, "log", "--no-walk", "--tags", "--format=%H%x09%P%x09%ct%x09%s").split("\n")
    read = {
        commit: {"parents": tuple(parents.split()), "committed": int(committed), "subject": subject}
        for commit, parents, committed, subject in (each.split("\t", 3) for each in told if each)
    }
    return tuple(
        TagSeen.model_validate({"name": name, "commit": commit, **read[commit]})
        for name, commit in zip(names, peeled, strict=True)
        if commit in read
    )


def tags_below(repository: Path, commit: str) -> tuple[str, ...]:
    """Names of the tags on `commit` and on what is below it. Raises `UnknownCommit`."""
    below = resolve(repository, commit)
    return tuple(
        text(repository, "for-each-ref", f"--merged={below}", "--format=%(refname:strip=2)", "refs/tags").splitlines()
    )


def newest(repository: Path, revisions: Collection[str]) -> str:
    """The youngest of the commits that the revisions name."""
    asked = "".join(f"{each}\n" for each in revisions).encode()
    return text(repository, "rev-list", "--no-walk", "--max-count=1", "--stdin", stdin=asked).strip()


def commits_since(
    repository: Path, revisions: Collection[str], include: Collection[str] = (), exclude: Collection[str] = ()
) -> frozenset[str]:
    """Ids of the commits in `HEAD` that are below none of the revisions; where folders are named, only of those that touch them.

    `include` are folders, () for all; `exclude` those of them that do not count.
    """
    paths = [f":(top,literal){each}" for each in include] + [f":(top,exclude,literal){each}" for each in exclude]
    asked = "".join(f"^{each}\n" for each in revisions).encode()
    return frozenset(
        text(repository, "rev-list", "--full-history", "--stdin", "HEAD", "--", *paths, stdin=asked).split()
    )


def is_ancestor(repository: Path, ancestor: str, descendant: str) -> bool:
    """Whether `descendant` holds `ancestor`; a commit is its own. Raises `UnknownCommit`."""
    commits = resolve(repository, ancestor), resolve(repository, descendant)
    answer = ask(repository, "merge-base", "--is-ancestor", *commits)
    if answer.status not in (0, 1):
        raise complaint_about(repository, ("merge-base", "--is-ancestor"), answer.complaint)
    return answer.status == 0


def has_commit(repository: Path, commit: str) -> bool:
    """Whether the repository has that very commit."""
    return ask(repository, "cat-file", "-e", f"{commit}^{{commit}}").status == 0


def status(directory: Path) -> tuple[str, ...]:
    """Paths that differ from HEAD or are untracked and not ignored; () when clean."""
    listed = run(directory, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all")
    return tuple(entry[3:] for entry in separated(listed))


def show_file(repository: Path, commit: str, path: str) -> bytes | None:
    """The bytes of `path` in `commit`; None where the commit has no such file. Raises `UnknownCommit`."""
    listed = run(repository, "ls-tree", "-z", "--full-tree", resolve(repository, commit), "--", path)
    entries = [entry for entry in separated(listed) if entry.split()[1] == "blob"]
    return run(repository, "cat-file", "blob", entries[0].split()[2]) if entries else None


def texts_at(repository: Path, commit: str, name: str) -> dict[str, str]:
    """Text by path of every file called `name` in `commit`; one that is no UTF-8 is read as far as it goes.

    Raises `UnknownCommit`.
    """
    listed = run(repository, "ls-tree", "-r", "-z", "--full-tree", resolve(repository, commit))
    entries = (entry.split("\t", 1) for entry in separated(listed))
    blobs = {path: told.split()[2] for told, path in entries if path.split("/")[-1] == name and " blob " in told}
    told = run(
        repository, "cat-file", "--batch=%(objectsize)", stdin="".join(f"{each}\n" for each in blobs.values()).encode()
    )
    texts = {}
    for path in blobs:
        size, _, rest = told.partition(b"\n")
        texts[path], told = rest[: int(size)].decode(errors="replace"), rest[int(size) + 1 :]
    return texts


def last_change(repository: Path, commit: str, line: str, path: str) -> tuple[str, ...] | None:
    """The paths that the newest commit up to `commit` changed which put in or took out a line of `path` that matches `line`.

    None if there is no such commit, or if it is the first of all. Raises `UnknownCommit`.
    """
    asked = ("log", "-n1", "--format=%H %P", "-G", line, resolve(repository, commit), "--", path)
    found, *parents = text(repository, *asked).split() or [""]
    if not parents:
        return None
    changed = run(repository, "diff-tree", "-r", "-z", "--no-commit-id", "--name-only", found)
    return tuple(separated(changed))


def tracked_files(directory: Path, pattern: str) -> tuple[str, ...]:
    """Tracked paths under `directory` that match git's `pattern` (`*` crosses slashes), sorted."""
    return tuple(sorted(set(separated(run(directory, "ls-files", "-z", "--", pattern)))))


def observe_refs(remote: str, *, extra: Mapping[str, str] = NOTHING) -> Mapping[str, str]:
    """Every ref of `remote` with its object id, HEAD too; an annotated tag's commit stands at `refs/tags/NAME^{}`.

    Raises `GitRemoteMissing`, `GitDenied`, `GitRemoteUnreachable`.
    """
    listed = run_with(remote, "ls-remote", "--quiet", "--", address(remote), extra=extra).decode()
    pairs = (row.split("\t", 1) for row in listed.splitlines())
    return {name: identity for identity, name in pairs}


def tagged_commit(refs: Mapping[str, str], tag: str) -> str | None:
    """The commit that the tag stands on, by the refs of `observe_refs`; None where there is no such tag."""
    return refs.get(f"refs/tags/{tag}^{{}}") or refs.get(f"refs/tags/{tag}")
