"""A command of the project's own, as a profile names it: `[[release.commands]]`. It refuses to know what the command does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from semver import Version

from loadmaster.errors.base import in_one_line
from loadmaster.planning.values.globs import matches_glob
from loadmaster.planning.values.tree_path import TreePath
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import parse

_SHOWN = 60
"""Characters of a command line that serve as its title."""


def _glob(pattern: str) -> str:
    parts = pattern.split("/")
    if not {"", ".", ".."}.isdisjoint(parts):
        raise ValueError(f"`{pattern}` is no glob of files in the tree; paths are relative to its root, as `docs/*.md`")
    if ".git" in map(str.lower, parts):
        raise ValueError(f"`{pattern}` lies in `.git`, which no command may change")
    try:
        matches_glob("", pattern)
    except re.error as error:
        raise ValueError(f"`{pattern}` is no glob: {error}") from error
    return pattern


Word = Annotated[str, Field(pattern=r"^[^\x00]*$")]
ChangedPath = Annotated[str, AfterValidator(_glob)]
"""A glob from the repository's root, with forward slashes."""


class ReleaseCommand(Value):
    """Runs after the release's edits, in the order of the profile; what it changes is committed, too: [commands](commands.md)."""

    run: tuple[Word, ...] = Field(min_length=1)
    """The program and its arguments, as a list. No shell reads them; `["sh", "-c", "…"]` calls one."""
    paths: tuple[ChangedPath, ...] = Field(min_length=1)
    """The files that it may make, change and delete, from the repository's root. `*`, `?` and `[…]` stay within a part of a path,
    `**` stands for any directories. Anything else that it touches, or leaves, is an error."""
    name: str | None = Field(default=None, pattern=r"^\w[\w .-]*$", max_length=40)
    """What messages call it; `run` as one would type it if left out."""
    why: str = ""
    """For whoever reads the profile."""
    directory: TreePath | None = None
    """The directory in which it runs; the repository's root if left out. If it has a `Cargo.lock` of its own, cargo fetches what
    that names, too."""
    within: float = Field(default=600.0, gt=0, allow_inf_nan=False)
    """How many seconds it may take."""
    twice: bool = True
    """Run it a second time, on a fresh copy of the same tree: both must make the same files. `false` is recorded as a deviation."""
    since: str | None = None
    """The first version whose tree has it. A release of an earlier one does not run it."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if not self.run[0]:
            raise ValueError("`run` begins with an empty text, which is no program")
        if self.since is not None and not Version.is_valid(self.since):
            raise ValueError("`since` is not a version such as `1.4.0`")
        return self

    @property
    def title(self) -> str:
        line = in_one_line(shlex.join(self.run))
        return self.name or (line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…")

    def may_change(self, path: str) -> bool:
        return any(matches_glob(path, pattern) for pattern in self.paths)

    @property
    def plain_paths(self) -> tuple[str, ...]:
        """Those of its paths that name one file each."""
        return tuple(path for path in self.paths if not set(path) & set("*?["))

    def holds_for(self, planned: Mapping[str, str]) -> bool:
        """Whether a release of the `planned` versions, by package, is not older than `since`."""
        versions = [parse(version) for version in planned.values()]
        return self.since is None or not versions or max(versions) >= parse(self.since)


def require_own_titles(commands: tuple[ReleaseCommand, ...]) -> tuple[ReleaseCommand, ...]:
    """Raises ValueError if two commands have one title: nobody could tell which of them a message is about."""
    titles = [command.title for command in commands]
    if twofold := sorted({title for title in titles if titles.count(title) > 1}):
        raise ValueError(f"two commands are called `{twofold[0]}`; give each a `name` of its own")
    return commands


def deviations_of(commands: Iterable[ReleaseCommand]) -> Sequence[str]:
    """What the profile has otherwise than a careful release would."""
    once = (command.title for command in commands if not command.twice)
    return [f"the command `{title}` was run once, by the profile: nobody saw that it repeats itself" for title in once]
