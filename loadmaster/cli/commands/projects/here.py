"""The project that a command is about: the one that is named, or else that of the profile from the working directory upwards; of a
plain tree, its profile and its root manifests.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from loadmaster.cli.commands.terminal import absolute, warn
from loadmaster.errors.profile.lying import NoProfileHere, ProfileAsksForMore, ProjectNameTaken
from loadmaster.errors.request import ProfileBroken, UnknownProject, WrongRequest
from loadmaster.errors.workspace import NotAWorkspace
from loadmaster.planning.profile.in_repository import MANIFEST, ProfileText, examine, name_in, profiles_in
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.tell import Tell
from loadmaster.run.known_projects import KnownProject, find_known, keep, texts_in
from loadmaster.run.profiles import has_own_file, project_names, read_anew
from loadmaster.run.store import default_store


class Here(NamedTuple):
    """The profile from a directory upwards, in the clone around it."""

    top: Path
    profile: ProfileText

    @property
    def name(self) -> str:
        """Raises `ProfileBroken`."""
        name = name_in(self.profile)
        if name is None:
            raise ProfileBroken(
                self.profile.file, [problem.text for problem in examine(self.profile, str(self.top))[1]]
            )
        return name

    def project(self) -> Project:
        """Raises `ProfileBroken`."""
        project, problems = examine(self.profile, str(self.top))
        if project is None:
            raise ProfileBroken(self.profile.file, [problem.text for problem in problems])
        return project


class Chosen(NamedTuple):
    project: str
    repository: str | None
    """What is planned and rehearsed: the one that was given, or the clone in which the command runs. None for the profile's."""
    remote: str | None
    """What a release pushes to: the one that was given, or the clone's origin. None for the profile's."""


def chosen(project: str | None, repository: str | None, tell: Tell = warn) -> Chosen:
    """Raises `UnknownProject`, `NoProfileHere`, `ProjectNameTaken`, and what reading the profile raises."""
    from loadmaster.clients import git

    given = absolute(repository)
    if project is not None and project in project_names():
        read_anew(project)
        return Chosen(project, given, given)
    here = find_here(Path.cwd())
    if project is not None and (here is None or here.name != project):
        raise UnknownProject(project, project_names())
    if here is None:
        raise NoProfileHere(str(Path.cwd()), _text(git.top(Path.cwd())), project_names())
    name = _make_known(here, tell)
    return Chosen(name, given or str(here.top), given or _remote(here.top))


def find_here(directory: Path) -> Here | None:
    """The nearest profile, from the directory up to the top of its repository. Raises `TwoProfiles`, `LinkOutOfTree`,
    `FileUnreadable`, `NotUtf8`.
    """
    from loadmaster.clients import git

    place = directory.resolve()
    top = git.top(place)
    for folder in _upwards(place, top) if top is not None else ():
        path = folder.relative_to(top or folder).as_posix()
        if found := profiles_in(texts_in(top or folder, "" if path == "." else path)):
            return Here(top or folder, next(iter(found.values())))
    return None


def profile_of_tree(tree: Path, tell: Tell = warn) -> Project | None:
    """The profile that lies in a plain directory, which has to be the top of its repository if it is in one: all paths begin
    there. None if it has none. Raises `TwoProfiles`, `ProfileBroken`, and what reading the files raises.
    """
    if not os.path.isdir(tree):  # noqa: PTH112 - `Path.is_dir` raises for names that are too long
        return None
    place = tree.resolve()
    found = next(iter(profiles_in(texts_in(place, "")).values()), None)
    if found is None:
        return None
    from loadmaster.clients import git  # a plain tree without a profile needs no git

    if (top := git.top(place)) is not None and top != place:
        tell(f"`{found.file}` is not used: its paths begin at the top of the repository, `{top}`; name that directory")
        return None
    return Here(place, found).project()


def roots_in(directory: Path, manifests: Sequence[str], project: Project | None) -> tuple[str, ...]:
    """The root manifests in a plain directory: those that were named from it, else the profile's, else the one at its top.

    Raises `NotAWorkspace`, `WrongRequest`.
    """
    if manifests:
        return tuple(_in_directory(directory, manifest) for manifest in manifests)
    roots = project.source.roots if project is not None else (MANIFEST,)
    missing = [root for root in roots if not os.path.isfile(directory / root)]  # noqa: PTH113 - as for names that are too long
    if missing and missing != [MANIFEST] and os.path.isdir(directory):  # noqa: PTH112 - likewise
        why = f"the profile has a workspace at `{missing[0]}`, from the repository's top, and there is no such file."
        raise NotAWorkspace(str(directory), why)
    return roots


def _in_directory(directory: Path, manifest: str) -> str:
    """Raises `WrongRequest`."""
    place = os.path.relpath(directory / manifest, directory)
    if posixpath.basename(place) != MANIFEST or place.startswith("../"):
        raise WrongRequest([f"`{manifest}` is no `{MANIFEST}` within `{directory}`"])
    return place


def _upwards(place: Path, top: Path) -> Iterator[Path]:
    yield place
    if place != top:
        yield from _upwards(place.parent, top)


def _make_known(here: Here, tell: Tell) -> str:
    """Makes the project known as it is here, so that the worker finds it, too. What somebody made known himself goes before that.

    Raises `ProjectNameTaken`, and what reading the profile raises.
    """
    name, store = here.name, default_store()
    if has_own_file(name):
        tell(
            f"`{name}` has a profile in the directory of `LOADMASTER_PROJECTS`, which goes before `{here.profile.file}`"
        )
        return name
    before = find_known(name, store)
    if before is not None and before.branch is not None:
        read_anew(name)
        _tell_of_other(before, here, tell)
        return name
    known = _as_it_is(here, name, before, tell)
    try:
        known.project()
    except (ProfileBroken, ProfileAsksForMore) as error:
        last = before if before is not None and before.address == known.address else known
        keep(last.model_copy(update={"problem": str(error)}), store)
        raise
    if known != before:
        keep(known, store)
    return name


def _as_it_is(here: Here, name: str, before: KnownProject | None, tell: Tell) -> KnownProject:
    """The project by its files here. `before`: what a command in a clone made known by that name. Raises `ProjectNameTaken`."""
    top, folder = str(here.top), here.profile.folder
    is_same = before is None or (before.address, before.folder) == (top, folder)
    if before is not None and not is_same:
        if before.address == top and texts_in(here.top, before.folder):
            raise ProjectNameTaken(name, before.profile.file, here.profile.file)
        tell(f"`{name}` is the project in `{top}` from now on; it was the one in `{before.address}`")
    allowed = before.allowed if before is not None and before.address == top else {}
    return KnownProject(name=name, address=top, branch=None, folder=folder, profile=here.profile, allowed=allowed)


def _tell_of_other(before: KnownProject, here: Here, tell: Tell) -> None:
    known = find_known(before.name, default_store())
    if known is not None and known.profile.text != here.profile.text:
        tell(
            f"the profile of `{known.name}` is read from the head of `{known.branch}` of `{known.address}`; `{here.profile.file}` "
            "here differs, and does not count until it is committed there"
        )


def _remote(top: Path) -> str:
    """The address from which the clone came, without what signs in there; the clone itself if it came from nowhere."""
    from loadmaster.clients import git
    from loadmaster.clients.git.command import strip_credentials

    origin = git.origin(top)
    if origin is None:
        return str(top)
    return str((top / origin).resolve()) if (top / origin).is_dir() else strip_credentials(origin)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
