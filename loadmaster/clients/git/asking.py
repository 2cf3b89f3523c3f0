"""Questions to a repository or a remote: which objects it has, and how they are related. Asking changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from loadmaster.clients.git.command import (
    NOTHING,
    address,
    ask,
    complaint_about,
    run,
    split_entries,
    strip_credentials,
    text,
)
from loadmaster.clients.git.remotes import run_with
from loadmaster.errors.git import GitRemoteUnreachable, UnknownCommit
from loadmaster.planning.changes.messages import Commit
from loadmaster.planning.registry.seen import BranchCommit, Signature, TagSeen


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
    """The branch that is checked out. For a detached clone, the default branch of its origin, else `main`."""
    answer = ask(directory, "symbolic-ref", "--quiet", "--short", "HEAD")
    if answer.status:
        answer = ask(directory, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return answer.output.decode().strip().removeprefix("origin/") if not answer.status else "main"


def top(directory: Path) -> Path | None:
    """The top of the work tree around the directory; None if there is none."""
    answer = ask(directory, "rev-parse", "--show-toplevel", discover=True)
    return None if answer.status else Path(answer.output.decode(errors="surrogateescape").rstrip("\n"))


def origin(directory: Path) -> str | None:
    """The address that the repository was cloned from; None if it records none."""
    answer = ask(directory, "config", "--get", "remote.origin.url")
    return None if answer.status else answer.output.decode().strip()


def tree_of(directory: Path, commit: str) -> str:
    """Raises `UnknownCommit`."""
    return text(directory, "rev-parse", f"{resolve(directory, commit)}^{{tree}}")


def commit_time(repository: Path, commit: str) -> datetime:
    """When the commit was made, by its committer's clock. Raises `UnknownCommit`."""
    stamp = text(repository, "show", "--no-patch", "--format=%cI", resolve(repository, commit))
    return datetime.fromisoformat(stamp.strip())


def tags(repository: Path) -> tuple[TagSeen, ...]:
    """Every tag that leads to a commit, annotated or not, sorted by name."""
    fields = "%(refname:strip=2)%09%(taggername)%09%(taggeremail)%09%(contents:subject)"
    listed = text(repository, "for-each-ref", f"--format={fields}", "refs/tags").split("\n")
    made = {name: _annotation(*rest) for name, *rest in (line.split("\t", 3) for line in listed if line)}
    names = list(made)
    objects = "".join(f"refs/tags/{name}^{{commit}}\n" for name in names).encode()
    peeled = text(repository, "cat-file", "--batch-check=%(objectname)", stdin=objects).splitlines()
    lines = text(repository, "log", "--no-walk", "--tags", "--format=%H%x09%P%x09%ct%x09%s").split("\n")
    commits = {
        commit: {"parents": tuple(parents.split()), "committed": int(committed), "subject": subject}
        for commit, parents, committed, subject in (line.split("\t", 3) for line in lines if line)
    }
    return tuple(
        TagSeen.model_validate({"name": name, "commit": commit, **commits[commit], **made[name]})
        for name, commit in zip(names, peeled, strict=True)
        if commit in commits
    )


def _annotation(name: str, email: str, message: str) -> dict[str, object]:
    """The fields of a tag that is an object of its own; {} for one that is only a name."""
    return {"tagger": Signature(name=name, email=email.strip("<>")), "message": message} if name or email else {}


def history(repository: Path, revision: str) -> Iterator[BranchCommit]:
    """The commits that `revision` contains; none comes before one that contains it. Raises `UnknownCommit`."""
    form = "--format=%H%x09%P%x09%cn%x09%ce%x09%s"
    for line in text(repository, "log", "--topo-order", form, resolve(repository, revision)).split("\n"):
        if line:
            commit, parents, name, email, subject = line.split("\t", 4)
            by = Signature(name=name, email=email)
            yield BranchCommit(commit=commit, parents=tuple(parents.split()), by=by, subject=subject)


def branches(repository: Path) -> tuple[str, ...]:
    """The names of its own branches."""
    return tuple(text(repository, "for-each-ref", "--format=%(refname:strip=2)", "refs/heads").splitlines())


def tags_below(repository: Path, commit: str) -> tuple[str, ...]:
    """Names of the tags on `commit` and on its ancestors. Raises `UnknownCommit`."""
    below = resolve(repository, commit)
    return tuple(
        text(repository, "for-each-ref", f"--merged={below}", "--format=%(refname:strip=2)", "refs/tags").splitlines()
    )


def newest(repository: Path, revisions: Collection[str]) -> str:
    """The youngest of the commits that the revisions name."""
    lines = "".join(f"{revision}\n" for revision in revisions).encode()
    return text(repository, "rev-list", "--no-walk", "--max-count=1", "--stdin", stdin=lines).strip()


def commits_since(
    repository: Path, revisions: Collection[str], include: Collection[str] = (), exclude: Collection[str] = ()
) -> frozenset[str]:
    """Ids of the commits of `HEAD` that none of the revisions contains. If folders are named, only commits that touch them.

    `include` are folders, () for all; `exclude` are folders within them that do not count.
    """
    paths = [f":(top,literal){path}" for path in include] + [f":(top,exclude,literal){path}" for path in exclude]
    lines = "".join(f"^{revision}\n" for revision in revisions).encode()
    return frozenset(
        text(repository, "rev-list", "--full-history", "--stdin", "HEAD", "--", *paths, stdin=lines).split()
    )


def changes_since(repository: Path, base: str, tip: str) -> tuple[Commit, ...]:
    """The commits that `tip` contains and `base` does not, with their messages and the paths that they changed, newest first.

    A renamed file changes at both paths. Of a merge, only those paths count that are as in none of its parents. Raises
    `UnknownCommit`.
    """
    between = f"{resolve(repository, base)}..{resolve(repository, tip)}"
    form = ("-z", "--name-only", "--no-renames", "--diff-merges=dense-combined", f"--format=%x00{_COMMIT}%H%x00 %B")
    listed = run(repository, "log", "--topo-order", *form, between, "--").decode(errors="surrogateescape")
    return tuple(_commits(listed.split("\0")))


_COMMIT = "//"
"""Begins a commit's id in the log. No path of a tree begins so, and the message begins with a blank."""


def _commits(fields: Sequence[str]) -> Iterator[Commit]:
    """Each commit is its marked id, its message, and its paths, with empty fields between; a path may follow a line's end."""
    begins = [place for place, field in enumerate(fields) if field.startswith(_COMMIT)]
    for begin, end in pairwise([*begins, len(fields)]):
        paths = tuple(field.removeprefix("\n") for field in fields[begin + 2 : end] if field)
        yield Commit(id=fields[begin].removeprefix(_COMMIT), message=fields[begin + 1].strip(), paths=paths)


def commit_with_tree(repository: Path, tree: str, base: str, tip: str) -> str | None:
    """The oldest commit that the branch at `tip` got after `base` and that has this tree; None if there is none.

    Only what the branch itself had: commits that a merge brought in are not counted.
    """
    listed = text(repository, "log", "--first-parent", "--reverse", "--format=%H %T", f"{base}..{tip}")
    rows = (line.split() for line in listed.splitlines())
    return next((commit for commit, its_tree in rows if its_tree == tree), None)


def message_of(repository: Path, commit: str) -> str:
    """The whole message of a commit."""
    return text(repository, "log", "-1", "--format=%B", commit)


def is_ancestor(repository: Path, ancestor: str, descendant: str) -> bool:
    """Whether `descendant` contains `ancestor`; a commit contains itself. Raises `UnknownCommit`."""
    commits = resolve(repository, ancestor), resolve(repository, descendant)
    answer = ask(repository, "merge-base", "--is-ancestor", *commits)
    if answer.status not in (0, 1):
        raise complaint_about(repository, ("merge-base", "--is-ancestor"), answer.complaint)
    return answer.status == 0


def has_commit(repository: Path, commit: str) -> bool:
    """Whether the repository has this commit."""
    return ask(repository, "cat-file", "-e", f"{commit}^{{commit}}").status == 0


def status(directory: Path) -> tuple[str, ...]:
    """Paths that differ from HEAD, or that are untracked and not ignored; () for a clean checkout."""
    listed = run(directory, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all")
    return tuple(entry[3:] for entry in split_entries(listed))


def show_file(repository: Path, commit: str, path: str) -> bytes | None:
    """The bytes of `path` in `commit`; None if the commit has no such file. Raises `UnknownCommit`."""
    listed = run(repository, "ls-tree", "-z", "--full-tree", resolve(repository, commit), "--", path)
    entries = [entry for entry in split_entries(listed) if entry.split()[1] == "blob"]
    return run(repository, "cat-file", "blob", entries[0].split()[2]) if entries else None


def texts_at(repository: Path, commit: str, name: str) -> dict[str, str]:
    """Text by path of every file called `name` in `commit`. Bytes that are not UTF-8 are replaced.

    Raises `UnknownCommit`.
    """
    listed = run(repository, "ls-tree", "-r", "-z", "--full-tree", resolve(repository, commit))
    entries = (entry.split("\t", 1) for entry in split_entries(listed))
    blobs = {path: entry.split()[2] for entry, path in entries if path.split("/")[-1] == name and " blob " in entry}
    lines = "".join(f"{blob}\n" for blob in blobs.values())
    contents = run(repository, "cat-file", "--batch=%(objectsize)", stdin=lines.encode())
    texts = {}
    for path in blobs:
        size, _, rest = contents.partition(b"\n")
        texts[path], contents = rest[: int(size)].decode(errors="replace"), rest[int(size) + 1 :]
    return texts


def last_change(repository: Path, commit: str, line: str, path: str) -> tuple[str, ...] | None:
    """The paths that one commit changed: the newest up to `commit` that added or removed a line of `path` matching `line`.

    None if there is no such commit, or if it has no parent. Raises `UnknownCommit`.
    """
    query = (
        "log",
        "-n1",
        "--no-ext-diff",
        "--no-textconv",
        "--format=%H %P",
        "-G",
        line,
        resolve(repository, commit),
        "--",
        path,
    )
    newest, *parents = text(repository, *query).split() or [""]
    if not parents:
        return None
    changed = run(repository, "diff-tree", "-r", "-z", "--no-commit-id", "--name-only", newest)
    return tuple(split_entries(changed))


def tracked_files(directory: Path, pattern: str) -> tuple[str, ...]:
    """Tracked paths under `directory` that match git's `pattern` (`*` crosses slashes), sorted."""
    return tuple(sorted(set(split_entries(run(directory, "ls-files", "-z", "--", pattern)))))


def all_tracked_files(directory: Path) -> tuple[str, ...]:
    """Every tracked path, those of submodules too, in git's order."""
    return tuple(split_entries(run(directory, "ls-files", "-z", "--recurse-submodules")))


def untracked_in(tree: Path, clone: Path) -> tuple[str, ...]:
    """Paths in `tree`, a copy of `clone`, that the clone does not track and the tree does not ignore.

    A repository within it is one path, which ends with a slash. No git directory of `tree` is used.
    """
    places = {"GIT_DIR": str((clone / ".git").resolve()), "GIT_WORK_TREE": str(tree.resolve())}
    return tuple(split_entries(run(tree, "ls-files", "--others", "--exclude-standard", "-z", extra=places)))


def filters_of(directory: Path, paths: Iterable[str]) -> dict[str, str]:
    """The filter that `.gitattributes` names for each of the paths. Those of Git LFS are left out, and paths without one."""
    named = _filters(directory, paths)
    return {path: driver for path, driver in named.items() if driver not in ("unspecified", "unset", "set", "lfs")}


def paths_of_lfs(directory: Path, paths: Iterable[str]) -> frozenset[str]:
    """Those of the paths that `.gitattributes` gives to Git LFS; they need not exist."""
    return frozenset(path for path, driver in _filters(directory, paths).items() if driver == "lfs")


def _filters(directory: Path, paths: Iterable[str]) -> dict[str, str]:
    listed = "".join(f"{path}\0" for path in paths).encode(errors="surrogateescape")
    answer = run(directory, "check-attr", "-z", "--stdin", "filter", stdin=listed)
    fields = answer.decode(errors="surrogateescape").split("\0")
    return dict(zip(fields[::3], fields[2::3], strict=False))


def observe_refs(remote: str, *, extra: Mapping[str, str] = NOTHING) -> Mapping[str, str]:
    """Every ref of `remote` with its object id, HEAD too; the commit of an annotated tag is at `refs/tags/NAME^{}`.

    Raises `GitRemoteMissing`, `GitDenied`, `GitRemoteUnreachable`.
    """
    listed = run_with(remote, "ls-remote", "--quiet", "--", address(remote), extra=extra).decode()
    if not listed and remote.startswith(("http://", "https://")):
        raise GitRemoteUnreachable(
            strip_credentials(remote), "it shows no refs: a page of a proxy, or an empty repository"
        )
    pairs = (row.split("\t", 1) for row in listed.splitlines())
    return {name: identity for identity, name in pairs}


def commit_of_tag(refs: Mapping[str, str], tag: str) -> str | None:
    """The commit of the tag, from the refs of `observe_refs`; None if there is no such tag."""
    return refs.get(f"refs/tags/{tag}^{{}}") or refs.get(f"refs/tags/{tag}")
