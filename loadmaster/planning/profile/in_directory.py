"""A profile in a directory of profiles, `projects/NAME.toml`: text in, a project out. A person of this machine wrote it."""

from __future__ import annotations

from pydantic import ValidationError

from loadmaster.planning.profile.problems import ProfileProblem, lines_of, not_toml, problems_in
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.toml_text import load_toml


def examine_named(name: str, text: str) -> tuple[Project, tuple[()]] | tuple[None, tuple[ProfileProblem, ...]]:
    """The project of the file `NAME.toml`, or all that keeps it from being one."""
    try:
        document = load_toml(text)
    except ValueError as error:
        return None, (not_toml(str(error)),)
    lines = lines_of(text)
    if "name" in document:
        what = "the file's own name is the project's"
        return None, (ProfileProblem(field="name", what=what, line=lines.get(("name",))),)
    try:
        return Project.model_validate({"name": name, **document}), ()
    except ValidationError as error:
        return None, problems_in(error, lines)
