"""Reads profiles. The model is `loadmaster.planning.profile.project`; here are the files `projects/NAME.toml`."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from loadmaster.errors.request import ProfileBroken, UnknownProject
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.run.store import default_store
from loadmaster.shipped import checkout, shipped

OWN_PROJECTS = shipped("projects")
PROJECTS = Path(
    os.environ.get("LOADMASTER_PROJECTS") or (OWN_PROJECTS if checkout() else default_store().root / "projects")
)
"""The directory for new profiles: a checkout's own, for an installation one in its store. `LOADMASTER_PROJECTS` names another.
Its profiles come before Loadmaster's."""

_PLACES = tuple(dict.fromkeys((PROJECTS, OWN_PROJECTS)))


def project_names(*places: Path) -> tuple[str, ...]:
    """The names of the profiles in `places`, or else in all the places that are searched."""
    return tuple(sorted({path.stem for place in places or _PLACES for path in place.glob("*.toml") if path.is_file()}))


def load_project(name: str, *places: Path) -> Project:
    """The profile from the first of the places that has it. Raises `UnknownProject`, `ProfileBroken`."""
    if name not in (known := project_names(*places)):
        raise UnknownProject(name, known)
    files = (place / f"{name}.toml" for place in places or _PLACES)
    path = next(file for file in files if file.is_file())
    try:
        document = load_toml(path.read_text(encoding="utf-8"))
        if "name" in document:
            raise ProfileBroken(path.name, ["`name`: the file's own name is the project's"])
        return Project.model_validate({"name": name, **document})
    except ValidationError as error:
        raise ProfileBroken(path.name, problems_of(error)) from error
    except ValueError as error:  # no text, or no TOML
        raise ProfileBroken(path.name, [str(error)]) from error


def problems_of(error: ValidationError) -> list[str]:
    """A validation error as short sentences: `field: problem`, or only the problem if it concerns the whole."""
    problems = ((".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")) for one in error.errors())
    return [f"`{field}`: {problem}" if field else problem for field, problem in problems]
