"""The submodules of a clone: fetched at the recorded commits, and checked out as git itself does.

Only hosts are asked (`planning.tree.submodules`), and the copies that the person's own repository keeps. No hook and no
program that a tree names is run. It refuses to know whether a release needs a submodule.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from loadmaster.clients.git.asking import has_commit, head, origin
from loadmaster.clients.git.command import NOTHING, address, ask, run, split_entries, strip_credentials, text
from loadmaster.clients.git.copies import alone, initialise, place_of
from loadmaster.clients.git.lfs import bring_files
from loadmaster.clients.git.remotes import run_with
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.git import GitFailed, GitRemoteUnreachable, SubmoduleRefused, UnknownCommit
from loadmaster.planning.tree.submodules import Carried, Submodule, SubmoduleSeen, address_of, submodules_of

_HOSTS = {"GIT_ALLOW_PROTOCOL": "git:http:https:ssh"}
_OURS = {"GIT_ALLOW_PROTOCOL": "file"}
_RECORDED = "refs/heads/recorded"
_DEEPEST = 10


def fill(checkout: Path, source: str | None, cache: Path, *, extra: Mapping[str, str] = NOTHING) -> Carried:
    """Brings what a clone carries beside its commit's own files, and says what of it is there.

    That is every submodule, also those within others, and the files of Git LFS.

    `source` is the repository that the clone's commit came from, an address or a path: relative addresses count from there, and
    of a path the copies are taken that it keeps itself. Raises `DiskFull`, `NotWritten`; nothing for one that cannot be had.
    """
    place = None if source is None else address(source)
    lfs = bring_files(checkout, place, extra=extra)
    return Carried(submodules=tuple(_fill(checkout, "", place, cache, extra, _DEEPEST)), lfs=lfs)


def _fill(
    checkout: Path, above: str, source: str | None, cache: Path, extra: Mapping[str, str], left: int
) -> Iterator[SubmoduleSeen]:
    for submodule in _listed(checkout):
        path = f"{above}{submodule.path}"
        if isinstance(submodule, SubmoduleSeen):
            yield submodule.model_copy(update={"path": path})
            continue
        try:
            if not left:
                raise SubmoduleRefused(path, f"more than {_DEEPEST} submodules lie within each other")
            origin_of_it = _check_out(checkout, submodule, source, cache, extra)
            lfs = bring_files(checkout / submodule.path, origin_of_it, extra=extra)
        except (DiskFull, NotWritten):
            raise
        except LoadmasterError as error:
            yield SubmoduleSeen(path=path, commit=submodule.commit, absent=error.what)
            continue
        yield SubmoduleSeen(path=path, commit=submodule.commit, lfs=lfs)
        yield from _fill(checkout / submodule.path, f"{path}/", origin_of_it, cache, extra, left - 1)


def _listed(checkout: Path) -> tuple[Submodule | SubmoduleSeen, ...]:
    entries = (entry.split("\t", 1) for entry in split_entries(run(checkout, "ls-files", "--stage", "-z")))
    links = {path: entry.split()[1] for entry, path in entries if entry.startswith("160000 ")}
    if not links:
        return ()
    answer = ask(checkout, "config", "--blob", "HEAD:.gitmodules", "--list", "-z")
    pairs = [entry.partition("\n") for entry in split_entries(answer.output)] if answer.status == 0 else []
    try:
        return submodules_of(links, [(key, value) for key, _, value in pairs])
    except SubmoduleRefused as error:
        return tuple(SubmoduleSeen(path=path, commit=links[path], absent=error.what) for path in sorted(links))


def _check_out(
    checkout: Path, submodule: Submodule, source: str | None, cache: Path, extra: Mapping[str, str]
) -> str | None:
    """Returns where it came from."""
    origin_of_it, bare = _fetch(submodule, source, cache, extra)
    run(checkout, "config", f"submodule.{submodule.name}.url", str(bare.resolve()))
    update = ("submodule", "--quiet", "update", "--init", "--force", "--checkout", "--", submodule.path)
    run(checkout, *update, extra=_OURS)
    if head(checkout / submodule.path) != submodule.commit:
        raise UnknownCommit(str(bare), submodule.commit)
    return origin_of_it


def _fetch(submodule: Submodule, source: str | None, cache: Path, extra: Mapping[str, str]) -> tuple[str | None, Path]:
    """A bare repository that has the recorded commit, and where it came from."""
    repository = Path(source) if source is not None and Path(source).is_dir() else None
    for copy in _copies_within(repository, submodule) if repository is not None else ():
        if has_commit(copy, submodule.commit):
            return str(copy), _fetch_commit(str(copy), submodule.commit, cache, _OURS)
    base = origin(repository) if repository is not None else source
    url = address_of(submodule, base)
    return url, _fetch_commit(url, submodule.commit, cache, {**extra, **_HOSTS})


def _copies_within(repository: Path, submodule: Submodule) -> Iterator[Path]:
    """The repositories that git keeps for the submodule in a person's own one: in the work tree, or below `.git/modules`."""
    work = repository / submodule.path
    is_inside = work.resolve().is_relative_to(repository.resolve())  # a tree may have a link to anywhere in its place
    if is_inside and (work / ".git").exists():
        yield work
    for question in ("--absolute-git-dir", "--git-common-dir"):  # in a linked work tree, these are two
        kept = repository / text(repository, "rev-parse", question) / "modules" / submodule.name
        if (kept / "HEAD").is_file():
            yield kept


def _fetch_commit(source: str, commit: str, cache: Path, extra: Mapping[str, str]) -> Path:
    """The one commit without its history; all of the source where its host gives no single commits."""
    bare = place_of(source, cache, json.dumps([source, commit]))
    fetch = partial(run_with, source, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", named_by_tree=True)
    with alone(bare):
        initialise(bare)
        if has_commit(bare, _RECORDED):
            return bare
        try:
            fetch("--depth=1", "--", source, f"+{commit}:{_RECORDED}", directory=bare, extra=extra)
        except (GitFailed, GitRemoteUnreachable):  # `upload-pack: not our ref`, or a host that knows no depth
            fetch("--", source, "+refs/*:refs/source/*", directory=bare, extra=extra)
            if not has_commit(bare, commit):
                raise UnknownCommit(strip_credentials(source), commit) from None
            run(bare, "update-ref", _RECORDED, commit)
    return bare
