"""Files that Git LFS keeps beside a repository, brought into a clone by `git-lfs` where that is installed.

Objects that the person's own repository has are taken from there, the others are asked of its host. It refuses to judge: what
is still a pointer afterwards is told by the packaged bytes (`planning.gates.contents`).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from loadmaster.clients.disk import writing
from loadmaster.clients.git.asking import origin
from loadmaster.clients.git.command import NOTHING, ask, run, split_entries, text
from loadmaster.clients.git.remotes import ask_with
from loadmaster.planning.tree.submodules import is_of_host

_FILTER = {
    "filter.lfs.clean": "git-lfs clean -- %f",
    "filter.lfs.smudge": "git-lfs smudge -- %f",
    "filter.lfs.process": "git-lfs filter-process",
    "filter.lfs.required": "true",
}


def bring_files(checkout: Path, source: str | None, *, extra: Mapping[str, str] = NOTHING) -> bool:
    """Whether every file of Git LFS is in the clone; also False if it has none, or if there is no `git-lfs`.

    `source` is the repository that the clone's commit came from, an address or a path.
    """
    if ask(checkout, "grep", "--cached", "-q", "filter=lfs", "--", "*.gitattributes").status != 0:
        return False
    if ask(checkout, "lfs", "version").status != 0 or not _names_hosts_only(checkout):
        return False
    for key, value in _FILTER.items():
        run(checkout, "config", key, value)
    scratch = checkout / text(checkout, "rev-parse", "--git-dir") / "lfs" / "tmp"
    with writing(scratch):
        scratch.mkdir(parents=True, exist_ok=True)  # the sandbox shows an empty one in its place
    repository = Path(source) if source is not None and Path(source).is_dir() else None
    if repository is not None:
        _copy_objects(repository, checkout)
    address = origin(repository) if repository is not None else source
    if address is not None and is_of_host(address):
        # Named in the command alone: code that is built can read the clone's configuration, and an address may have a password.
        pull = ("lfs", "pull", address)
        return ask_with(address, *pull, directory=checkout, extra=extra, named_by_tree=True).status == 0
    return _check_out(checkout)


def _check_out(checkout: Path) -> bool:
    """Puts the objects that are here in the place of their pointers; whether that were all."""
    checked_out = ask(checkout, "lfs", "checkout").status == 0
    listed = ask(checkout, "lfs", "ls-files").output.decode(errors="replace").splitlines()
    return checked_out and all(line.split()[1] == "*" for line in listed)  # `-` marks a pointer


def _names_hosts_only(checkout: Path) -> bool:
    """Whether `.lfsconfig` of the tree sends `git-lfs` to hosts only, and to no path of this machine."""
    answer = ask(checkout, "config", "--file", ".lfsconfig", "--list", "-z")
    settings = [entry.partition("\n") for entry in split_entries(answer.output)] if answer.status == 0 else []
    return all(is_of_host(value) for key, _, value in settings if key.endswith("url"))


def _copy_objects(repository: Path, checkout: Path) -> None:
    kept = repository / text(repository, "rev-parse", "--git-common-dir") / "lfs" / "objects"
    place = checkout / text(checkout, "rev-parse", "--git-dir") / "lfs" / "objects"
    if kept.is_dir():
        with writing(place):
            shutil.copytree(kept, place, dirs_exist_ok=True)
