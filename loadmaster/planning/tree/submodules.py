"""What `.gitmodules` says of the submodules in a tree, and which of their addresses may be asked.

The file is a stranger's. It knows no disk and no git: the client lists the tree's links and the settings.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from loadmaster.errors.git import SubmoduleRefused
from loadmaster.planning.values.value import Value

_ASKED = re.compile(r"(?:https?|ssh|git)://(?!-)[^\s/]|(?!-)[\w.-]+@(?!-)[\w.-]+:(?!/?-)")
"""Addresses of a host, as `https://HOST/…` or `USER@HOST:…`. A path, `file://` and `ext::` are none."""


class Submodule(Value):
    """A link of the tree to a commit of another repository."""

    path: str
    """Relative to the repository that records it."""
    commit: str
    name: str
    url: str
    """As `.gitmodules` has it; relative to the address of the repository around it if it begins with `./` or `../`."""


class SubmoduleSeen(Value):
    """A submodule of the run's clone."""

    path: str
    """Relative to the top of the clone, also for one within another."""
    commit: str
    absent: str = ""
    """Why its directory is empty; "" if its files are there."""
    lfs: bool = False
    """Whether it has files of Git LFS, and all of them are there."""


class Carried(Value):
    """What a clone has beside the commit's own files."""

    submodules: tuple[SubmoduleSeen, ...] = ()
    lfs: bool = False
    """Whether the commit has files of Git LFS, and all of them are there."""

    @property
    def name(self) -> str:
        """A name for all of it: two clones of one commit that carry the same are the same."""
        there = (f"{each.path}={'' if each.absent else each.commit} lfs={each.lfs}" for each in self.submodules)
        return "; ".join((f"lfs={self.lfs}", *there))


def submodules_of(
    links: Mapping[str, str], settings: Iterable[tuple[str, str]]
) -> tuple[Submodule | SubmoduleSeen, ...]:
    """Every link of the tree, sorted by path. One for which `.gitmodules` names no address is a `SubmoduleSeen` without files.

    `links` are the recorded commits by path; `settings` are the keys and values of `.gitmodules`. Raises `SubmoduleRefused`.
    """
    table: dict[str, dict[str, str]] = {}
    for key, value in settings:
        section, _, rest = key.partition(".")
        name, _, field = rest.rpartition(".")
        if section == "submodule" and name:
            table.setdefault(name, {})[field] = value
    named = {fields["path"]: name for name, fields in table.items() if "path" in fields}
    return tuple(_submodule(path, links[path], named.get(path), table) for path in sorted(links))


def _submodule(
    path: str, commit: str, name: str | None, table: Mapping[str, Mapping[str, str]]
) -> Submodule | SubmoduleSeen:
    if name is None or "url" not in table[name]:
        return SubmoduleSeen(path=path, commit=commit, absent="`.gitmodules` names no address for it")
    if {"", ".", "..", ".git"} & {part.lower() for part in re.split(r"[/\\]", name)} or name.startswith("-"):
        raise SubmoduleRefused(path, f"its name `{name}` leads out of the directory that git keeps for it")
    return Submodule(path=path, commit=commit, name=name, url=table[name]["url"])


def address_of(submodule: Submodule, base: str | None) -> str:
    """The address to fetch it from. `base` is that of the repository around it, None if it has none.

    Raises `SubmoduleRefused` for anything but a host's address: git would run a program for some, and read this machine's
    files for others.
    """
    url = submodule.url
    if base is not None and url.startswith(("./", "../")):
        url = _joined(base, url)
    if not is_of_host(url):
        raise SubmoduleRefused(submodule.path, f"its address `{url}` is no host's, and is not asked")
    return url


def is_of_host(url: str) -> bool:
    """Whether it is the address of a host; a path, and what makes git run a program, is none."""
    return _ASKED.match(url) is not None


def _joined(base: str, relative: str) -> str:
    """As git joins them: each `..` takes a part of the base away. `relative` unchanged if it takes away more than there is."""
    host, path = re.match(r"\w+://[^/]*/|[^/]*:|", base), base.rstrip("/")
    head = host[0] if host else ""
    joined = posixpath.normpath(posixpath.join(path.removeprefix(head), relative))
    return relative if joined.startswith("..") else head + joined
