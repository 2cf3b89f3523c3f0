"""What is uncommitted in a person's checkout, told without running a program that the checkout's own configuration names.

git believes the configuration of a repository: filters, a watcher of files, where missing objects come from. That of a checkout
may be anybody's who can write there, and git is not in the sandbox. It refuses to know what the paths are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from loadmaster.clients.git.command import run, split_entries

_FILTER = re.compile(r"filter\..*\.(clean|smudge|process|required)", re.DOTALL)
_ALONE = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
"""No remote is asked: not for an object that is missing, and not by the program that the configuration names for it."""


def uncommitted(directory: Path) -> tuple[str, ...]:
    """Paths that differ from HEAD, or that are untracked and not ignored, also in submodules; () for a clean checkout.

    A file that was touched since and has a filter is compared as it is on disk, so it is one of them.
    """
    words = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=dirty")
    listed = run(directory, "status", *words, extra=_without_programs(directory))
    inner = (f"{path}/{each}" for path in _submodules(directory) for each in uncommitted(directory / path))
    return (*(entry[3:] for entry in split_entries(listed)), *inner)


def _without_programs(directory: Path) -> Mapping[str, str]:
    """The variables that take every filter from git, over whatever the repository's configuration says."""
    names = split_entries(run(directory, "config", "--list", "--name-only", "-z"))
    filters = sorted({name for name in names if _FILTER.fullmatch(name)})
    settings = [(name, "false" if name.endswith(".required") else "") for name in filters]
    keys = {f"GIT_CONFIG_KEY_{number}": name for number, (name, _) in enumerate(settings)}
    values = {f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in enumerate(settings)}
    return {**_ALONE, **keys, **values, "GIT_CONFIG_COUNT": str(len(settings))}


def _submodules(directory: Path) -> tuple[str, ...]:
    """Those that are checked out. git would ask each of them with its own configuration."""
    staged = split_entries(run(directory, "ls-files", "--stage", "-z"))
    links = (entry.partition("\t")[2] for entry in staged if entry.startswith("160000 "))
    return tuple(path for path in links if (directory / path / ".git").exists() and not (directory / path).is_symlink())
