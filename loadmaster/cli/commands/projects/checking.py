"""What is wrong with a profile, all of it at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from loadmaster.cli.commands.projects.here import Here, find_here
from loadmaster.clients import git
from loadmaster.clients.files import read_text, read_texts
from loadmaster.errors.edits import TreeMissing
from loadmaster.errors.profile.lying import NoProfileHere
from loadmaster.planning.profile.in_directory import examine_named
from loadmaster.planning.profile.in_repository import FILE, MANIFEST, ProfileText, beyond, examine
from loadmaster.planning.profile.problems import ProfileProblem
from loadmaster.planning.values.value import Value
from loadmaster.run.profiles import project_names


class CheckedProfile(Value):
    """The document of `loadmaster profile check --json`."""

    file: str
    project: str | None
    """The name; None if the profile cannot be used."""
    problems: tuple[ProfileProblem, ...]
    asks_for: Mapping[str, JsonValue]
    """What counts only where a person allowed it, by field."""


def check_profile(path: Path) -> CheckedProfile:
    """`path` is a profile, or a directory from which upwards one lies. Raises `TreeMissing`, `NoProfileHere`, `TwoProfiles`, and
    what reading the file raises.
    """
    if os.path.isfile(path) and path.name not in (FILE, MANIFEST):  # noqa: PTH113 - `Path.is_file` raises for names that are too long
        text = read_text(str(path), path)
        named, problems = examine_named(path.stem, text)
        return CheckedProfile(
            file=str(path.resolve()), project=named.name if named else None, problems=problems, asks_for={}
        )
    here = _at(path)
    if here is None:
        top = git.top(path.resolve())
        raise NoProfileHere(str(path.resolve()), None if top is None else str(top), project_names())
    origin = git.origin(here.top) if git.top(here.top) is not None else None
    project, problems = examine(here.profile, str(here.top))
    return CheckedProfile(
        file=str(here.top / here.profile.file),
        project=project.name if project is not None else None,
        problems=problems,
        asks_for=beyond(project, origin or str(here.top)) if project is not None else {},
    )


def _at(path: Path) -> Here | None:
    if os.path.isfile(path):  # noqa: PTH113 - as above
        place = path.resolve()
        top = git.top(place.parent) or place.parent
        file = place.relative_to(top).as_posix()
        return Here(top, ProfileText(file=file, text=read_texts(top, [file])[file]))
    if not os.path.isdir(path):  # noqa: PTH112 - likewise
        raise TreeMissing(str(path))
    return find_here(path)


def checked_text(checked: CheckedProfile) -> str:
    lines = [f"{checked.file}:{problem.line or 1}: {problem.text}" for problem in checked.problems]
    if not lines:
        lines = [f"{checked.file} can be used; it is the profile of `{checked.project}`"]
    if checked.asks_for:
        lines.append("a server has to allow it what it asks of the machine:")
        lines += [f"  {field} = {value}" for field, value in checked.asks_for.items()]
    return "\n".join(lines)
