"""Reads profiles. The model is `loadmaster.planning.profile.project`; here are the files `projects/NAME.toml`."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from pydantic import ValidationError

from loadmaster.errors.request import ProfileBroken, UnknownProject
from loadmaster.planning.profile.project import Project

ROOT = Path(__file__).resolve().parents[2]
"""Loadmaster's own checkout: profiles, examples and the ignored `.loadmaster/` lie in it."""

OWN_PROJECTS = ROOT / "projects"
PROJECTS = Path(os.environ.get("LOADMASTER_PROJECTS", OWN_PROJECTS))
"""Where new profiles go; `LOADMASTER_PROJECTS` names a directory of one's own, whose profiles come before Loadmaster's."""

_PLACES = tuple(dict.fromkeys((PROJECTS, OWN_PROJECTS)))


def project_names(*places: Path) -> tuple[str, ...]:
    """Of the profiles in `places`, or else in all that are looked in."""
    return tuple(sorted({path.stem for place in places or _PLACES for path in place.glob("*.toml") if path.is_file()}))


def load_project(name: str, *places: Path) -> Project:
    """The profile from the first of the places that has it. Raises `UnknownProject`, `ProfileBroken`."""
    if name not in (known := project_names(*places)):
        raise UnknownProject(name, known)
    files = (place / f"{name}.toml" for place in places or _PLACES)
    path = next(each for each in files if each.is_file())
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        if "name" in document:
            raise ProfileBroken(path.name, ["`name`: the file's own name is the project's"])
        return Project.model_validate({"name": name, **document})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileBroken(path.name, [str(error)]) from error
    except ValidationError as error:
        raise ProfileBroken(path.name, problems_of(error)) from error


def problems_of(error: ValidationError) -> list[str]:
    """A validation error as short sentences: `field: what is wrong`, or what is wrong with the whole."""
    problems = ((".".join(map(str, each["loc"])), each["msg"].removeprefix("Value error, ")) for each in error.errors())
    return [f"`{field}`: {problem}" if field else problem for field, problem in problems]
