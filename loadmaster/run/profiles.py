"""Finds a project's profile by the project's name. The model is `loadmaster.planning.profile.project`.

A profile lies in one of three places, of which the first that has the name counts: the directory that `LOADMASTER_PROJECTS`
names; the project's own repository, if a person made it known (`known_projects`); Loadmaster's own `projects/`.
"""

from __future__ import annotations

import os
from pathlib import Path

from loadmaster.errors.files import FileUnreadable
from loadmaster.errors.request import ProfileBroken, UnknownProject
from loadmaster.planning.profile.in_directory import examine_named
from loadmaster.planning.profile.problems import problems_of as problems_of
from loadmaster.planning.profile.project import Project
from loadmaster.run.known_projects import find_known, known_names, look_again
from loadmaster.run.store import default_store
from loadmaster.shipped import shipped

OWN_PROJECTS = shipped("projects")
PROJECTS = Path(os.environ.get("LOADMASTER_PROJECTS") or OWN_PROJECTS)
"""The directory of a server that releases many. `LOADMASTER_PROJECTS` names it; its profiles come before all others."""


def project_names(*places: Path) -> tuple[str, ...]:
    """The names of the profiles in the directories `places`, or else of all projects. Reads none of them, so that a broken one
    breaks nothing but itself.
    """
    known = () if places else known_names(default_store())
    files = (path for place in places or (PROJECTS, OWN_PROJECTS) for path in place.glob("*.toml") if path.is_file())
    return tuple(sorted({*known, *(file.stem for file in files)}))


def load_project(name: str, *places: Path) -> Project:
    """The profile from the first of the places that has it; that of a repository as it was read last.

    Raises `UnknownProject`, `ProfileBroken`, `ProfileAsksForMore`.
    """
    if name not in (names := project_names(*places)):
        raise UnknownProject(name, names)
    if (file := _first(name, *places or (() if PROJECTS == OWN_PROJECTS else (PROJECTS,)))) is not None:
        return _read(name, file)
    if (known := None if places else find_known(name, default_store())) is not None:
        return known.project()
    return _read(name, _first(name, OWN_PROJECTS) or OWN_PROJECTS / f"{name}.toml")


def read_anew(name: str) -> Project:
    """As `load_project`; a profile in a repository is read there again first, and kept. A run begins with it.

    Raises what `load_project` and `look_again` raise.
    """
    if (known := None if has_own_file(name) else find_known(name, default_store())) is not None:
        look_again(known, default_store())
    return load_project(name)


def has_own_file(name: str) -> bool:
    """Whether the directory that `LOADMASTER_PROJECTS` names has the profile: it goes before every repository's."""
    return PROJECTS != OWN_PROJECTS and _first(name, PROJECTS) is not None


def _first(name: str, *places: Path) -> Path | None:
    files = (place / f"{name}.toml" for place in places)
    return next((file for file in files if file.is_file()), None)


def _read(name: str, path: Path) -> Project:
    """Raises `ProfileBroken`, `FileUnreadable`."""
    try:
        project, problems = examine_named(name, path.read_text(encoding="utf-8"))
    except ValueError as error:  # no text
        raise ProfileBroken(path.name, [str(error)]) from error
    except OSError as error:
        raise FileUnreadable(str(path), error.strerror or "") from error
    if project is None:
        raise ProfileBroken(path.name, [problem.text for problem in problems])
    return project
