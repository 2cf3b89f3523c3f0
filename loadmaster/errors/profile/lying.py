"""A profile beside `Cargo.toml`: it is not there, it is there twice, or it asks for what a stranger's file may not have."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from loadmaster.errors.base import LoadmasterError, UsageError, names


class NoProfileHere(UsageError):
    """No project is named, and there is no profile from the working directory upwards."""

    def __init__(self, place: str, repository: str | None, known: Collection[str]) -> None:
        """`repository`: the top of the repository around `place`; None if there is none. `known` are the projects by name."""
        where = (
            f"the repository `{repository}`"
            if repository is not None
            else f"`{place}`, which lies in no git repository,"
        )
        first = "" if repository is not None else "change into a clone of the workspace, then "
        super().__init__(
            f"No project is named, and {where} has no profile from `{place}` upwards.",
            why="a profile is `loadmaster.toml` beside the workspace's `Cargo.toml`, or the table "
            "`[workspace.metadata.loadmaster]` in it.",
            fix=f"{first}run `loadmaster init`, which writes one. Or name a project that is known, with `--project`: "
            f"{names(known)}.",
        )


class TwoProfiles(UsageError):
    """Two places hold the profile of one workspace."""

    def __init__(self, file: str, manifest: str) -> None:
        super().__init__(
            f"There are two profiles of one workspace: `{file}`, and the table `[workspace.metadata.loadmaster]` in `{manifest}`.",
            why="one was added while the other was there; neither goes before the other.",
            fix="move everything into one of them, and remove the other.",
        )


class NoProfileIn(LoadmasterError):
    """A repository that is, or should become, a project has no profile where one is looked for."""

    def __init__(self, repository: str, place: str, at: str) -> None:
        """`place`: the directory from the repository's top, "" for anywhere. `at`: the branch or commit that was looked at."""
        where = f"in its directory `{place}`" if place else "in any directory"
        super().__init__(
            f"`{repository}` has no profile {where}, at `{at}`.",
            why="the profile is not committed there, or was moved. What is known to a server is read from the release branch: what "
            "is committed counts.",
            fix="commit `loadmaster.toml` to that branch, and push it if the repository is elsewhere. `loadmaster init` in a clone "
            "writes one.",
        )


class SeveralProfiles(UsageError):
    """A repository with several profiles, of which one has to be named."""

    def __init__(self, repository: str, files: Sequence[str], command: str) -> None:
        """`command` takes the first one."""
        super().__init__(
            f"`{repository}` has {len(files)} profiles: {names(files)}.",
            why="it holds several workspaces, each with a profile and so a project of its own.",
            fix=f"name the directory of one. For the first: `{command}`.",
        )


class ProfileAsksForMore(UsageError):
    """A profile that came with a repository asks for something of this machine that nobody allowed."""

    def __init__(self, project: str, file: str, fields: Sequence[str]) -> None:
        command = f"loadmaster project allow {shlex.quote(project)} {' '.join(fields)}"
        super().__init__(
            f"The profile `{file}` of `{project}` asks for {names(fields)}, which nobody allowed on this machine.",
            why="it came with the repository, and whoever can commit there could give the workspace's code more of this machine "
            "than it gets otherwise. A value that was allowed counts until it changes.",
            fix=f"look at what it asks for; then allow it, `{command}`, or take it out of the profile.",
        )


class ProjectNameTaken(UsageError):
    """Another project has the name."""

    def __init__(self, name: str, by: str, asked: str) -> None:
        super().__init__(
            f"The name `{name}` belongs to the project of `{by}`, and `{asked}` is another.",
            why="a project that is known keeps its name, whatever another repository's profile says.",
            fix="give this one another name: `name` in its profile, or `--name` where it is made known.",
        )


class AddressRefused(UsageError):
    """An address at which no project can be."""

    def __init__(self, address: str, told: str) -> None:
        super().__init__(
            f"`{address}` cannot be a project's repository: {told}.",
            why="it is kept, shown, and given to git by every run of the project.",
            fix="give the path of a clone, or an address such as `https://HOST/OWNER/NAME` or `git@HOST:OWNER/NAME`; git signs in "
            "by your credential helpers and your ssh agent.",
        )


class ProfileFieldUnknown(UsageError):
    """No field or table of a profile has that name."""

    def __init__(self, field: str, nearest: Sequence[str]) -> None:
        meant = f" Did you mean {' or '.join(f'`{each}`' for each in nearest)}?" if nearest else ""
        super().__init__(
            f"A profile has no field `{field}`.{meant}",
            why="the name is misspelt, or lacks the table in which the field is.",
            fix="name it with its tables, as `release.tag`; `docs/project.md` lists every field.",
        )
