"""Reads profiles. The model is `loadmaster.planning.project`; here are the files `projects/NAME.toml`."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from pydantic import ValidationError

from loadmaster.errors import ProfileBroken, UnknownProject
from loadmaster.planning.project import Project

ROOT = Path(__file__).resolve().parent.parent
"""Loadmaster's own checkout: profiles, examples and the ignored `.loadmaster/` lie in it."""

PROJECTS = Path(os.environ.get("LOADMASTER_PROJECTS", ROOT / "projects"))
"""Where the profiles are; `LOADMASTER_PROJECTS` names another directory, for somebody who keeps theirs elsewhere."""


def project_names(directory: Path = PROJECTS) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in directory.glob("*.toml")))


def load_project(name: str, directory: Path = PROJECTS) -> Project:
    """Raises `UnknownProject`, `ProfileBroken`."""
    if name not in (known := project_names(directory)):
        raise UnknownProject(name, known)
    path = directory / f"{name}.toml"
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
