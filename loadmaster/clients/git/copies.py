"""Repositories of Loadmaster's own, made from somebody else's: mirrors, imports, clones.

It knows how to copy so that neither a kill nor a second process does harm. It refuses to know what is copied.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from loadmaster.clients.disk import remove_tree, scratch, walk, writing
from loadmaster.clients.git.acting import Author, signature
from loadmaster.clients.git.asking import has_commit, observe_refs
from loadmaster.clients.git.command import NOTHING, address, ask, run, split_entries, strip_credentials, text
from loadmaster.clients.git.completing import complete, lacks
from loadmaster.clients.git.remotes import run_with
from loadmaster.errors.git import DirectoryTaken, SourceIncomplete, UnknownCommit


def mirror(source: str, cache: Path, *, extra: Mapping[str, str] = NOTHING) -> Path:
    """The bare mirror of `source` in `cache`, in its present state; its HEAD is the same commit as the source's.

    An address has one mirror, with its branches and tags, and a fetch brings it up to date. A path has one mirror for each
    state that was seen, with every ref, as hard links: that also copies a repository that lacks objects, such as a partial
    clone; what a person's clone lacks of its remote is fetched into the mirror. Two processes may call it at once; the next
    call finishes what a killed one left. Raises `SourceIncomplete`, `GitRemoteMissing`, `GitDenied`, `GitRemoteUnreachable`.
    """
    source = address(source)
    if Path(source).is_dir():
        return _copy(source, cache, extra)
    bare = place_of(source, cache, source)
    refspecs = ("+HEAD:refs/source/HEAD", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    # Without `--update-shallow`, git silently leaves out what a shallow remote has new.
    fetch = ("fetch", "--quiet", "--prune", "--no-tags", "--update-shallow", "--", source, *refspecs)
    with alone(bare):
        initialise(bare)
        run_with(source, *fetch, directory=bare, extra=extra)
        run(bare, "update-ref", "--no-deref", "HEAD", "refs/source/HEAD")
        if lacks(bare) is not None:
            remove_tree(bare)  # a later fetch would not make it whole
            raise SourceIncomplete(strip_credentials(source), "history", "it is shallow itself")
    return bare


def import_directory(directory: Path, bare: Path, branch: str, when: datetime) -> str:
    """Makes `bare` hold `directory` as one commit without parents on `branch`, and returns the commit's id.

    Equal files (contents, executable bits, links) and an equal `when` give an equal id, wherever the directory is.
    If a repository around it tracks some of its files, those are taken, with their contents on disk, and those of its
    submodules; else all files except those under `target/` and `.git`. A submodule that is not there stays a link.
    """
    files = _files_of(directory)
    initialise(bare)
    with scratch() as place:
        index = {"GIT_INDEX_FILE": str(place / "index"), "GIT_WORK_TREE": str(directory.resolve())}
        listed = b"".join(path.encode(errors="surrogateescape") + b"\0" for path in files)
        # Run in the directory: `update-index` takes paths relative to its working directory.
        at = {"GIT_DIR": str(bare.resolve()), **index}
        run(directory, "update-index", "--add", "-z", "--stdin", stdin=listed, extra=at)
        run(bare, "update-index", "--add", "-z", "--index-info", stdin=_links_of(directory), extra=index)
        tree = text(directory, "write-tree", extra=at)
    author = Author(name="Loadmaster", email="loadmaster@localhost")
    commit = text(bare, "commit-tree", tree, "-m", "Import the workspace", extra=signature(author, when))
    run(bare, "update-ref", f"refs/heads/{branch}", commit)
    run(bare, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    return commit


def clone_at(
    source: Path | str, commit: str, directory: Path, branch: str, *, extra: Mapping[str, str] = NOTHING
) -> None:
    """Clones `source` into `directory` with `commit` checked out on the local branch `branch`; `origin` is `source`.

    The directory appears whole or not at all. Raises `DirectoryTaken`, `UnknownCommit`, and the errors of `mirror`.
    """
    if directory.exists():
        raise DirectoryTaken(str(directory))
    unfinished = _start_afresh(directory)
    origin = address(source)
    # A clone that borrowed objects would need the directories that it borrows from wherever it is used.
    arguments = ("clone", "--quiet", "--dissociate", "--no-checkout", "--", origin, str(unfinished.resolve()))
    run_with(origin, *arguments, extra=extra)
    if not has_commit(unfinished, commit):
        raise UnknownCommit(origin, commit)
    run(unfinished, "checkout", "--quiet", "-B", branch, commit)
    with writing(directory):
        unfinished.rename(directory)


def fetch_branch(directory: Path, remote: str, branch: str, *, extra: Mapping[str, str] = NOTHING) -> None:
    """Fetches the present state of the remote's branch into the clone, as `origin/BRANCH`. Raises the errors of `mirror`."""
    refspec = f"+refs/heads/{branch}:refs/remotes/origin/{branch}"
    fetch = ("fetch", "--quiet", "--no-tags", "--", address(remote), refspec)
    run_with(remote, *fetch, directory=directory, extra=extra)


def initialise(bare: Path) -> None:
    """Makes a bare repository, or completes one whose making was interrupted."""
    with writing(bare):
        bare.mkdir(parents=True, exist_ok=True)
    run(bare, "init", "--quiet", "--bare", ".")


def _copy(source: str, cache: Path, extra: Mapping[str, str]) -> Path:
    refs = observe_refs(source, extra=extra)
    bare = place_of(source, cache, json.dumps([source, dict(refs)]))
    with alone(bare):
        if not bare.exists():
            unfinished = _start_afresh(bare)
            # Dissociated: another repository, which this one borrows objects from, may go away.
            clone = ("clone", "--quiet", "--mirror", "--dissociate", "--", source, str(unfinished.resolve()))
            run_with(source, *clone, extra=extra)
            complete(unfinished, Path(source), extra)
            with writing(bare):
                unfinished.rename(bare)
    return bare


def place_of(source: str, cache: Path, state: str) -> Path:
    name = Path(strip_credentials(source).rstrip("/")).name.removesuffix(".git").rpartition(":")[2]
    return cache / f"{name}-{hashlib.sha256(state.encode()).hexdigest()[:12]}.git"


def _start_afresh(directory: Path) -> Path:
    """The place where `directory` is made until it is whole. Removes what an earlier attempt left there."""
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    remove_tree(unfinished)
    with writing(directory.parent):
        directory.parent.mkdir(parents=True, exist_ok=True)
    return unfinished


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    lock = FileLock(directory.with_suffix(".lock"), preserve_lock_file=True)
    with writing(Path(lock.lock_file)):
        directory.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _files_of(directory: Path) -> list[str]:
    tracked = ask(directory, "ls-files", "-z", "--recurse-submodules", discover=True)
    if tracked.status == 0 and tracked.output:
        return sorted(path for path in set(split_entries(tracked.output)) if _is_there(directory / path))
    files = (Path(entry.path).relative_to(directory) for entry in walk(directory) if _is_there(Path(entry.path)))
    return sorted(str(path) for path in files if not {"target", ".git"} & set(path.parts))


def _links_of(directory: Path) -> bytes:
    """The entries of the submodules that are not there, as `update-index` reads them."""
    tracked = ask(directory, "ls-files", "-z", "--stage", discover=True)
    links = (entry for entry in tracked.output.split(b"\0") if entry.startswith(b"160000 "))
    absent = (link for link in links if not (directory / os.fsdecode(link.partition(b"\t")[2]) / ".git").exists())
    return b"".join(link + b"\0" for link in absent)


def _is_there(path: Path) -> bool:
    return os.path.islink(path) or os.path.isfile(path)  # noqa: PTH113, PTH114 - those of `Path` raise for long names
