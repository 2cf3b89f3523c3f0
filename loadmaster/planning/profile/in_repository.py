"""A profile that lies in its own repository: `loadmaster.toml`, or a table of `Cargo.toml`. Text in, a project out.

It is a stranger's file: whoever can commit there writes it. So it may not name another repository, and what would give the
workspace's code more of this machine than it gets otherwise counts only where a person allowed it (`beyond`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from pydantic import JsonValue, ValidationError
from pydantic_core import to_jsonable_python

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark
from loadmaster.errors.profile.lying import ProfileAsksForMore, TwoProfiles
from loadmaster.errors.request import ProfileBroken
from loadmaster.planning.profile.problems import FieldPlace, ProfileProblem, line_at, lines_of, not_toml, problems_in
from loadmaster.planning.profile.project import Project, SandboxChoice
from loadmaster.planning.values.toml_text import load_toml, parse_toml
from loadmaster.planning.values.value import Value

FILE = "loadmaster.toml"
SCHEMA_FILE = "loadmaster.schema.json"
"""The JSON Schema for editors, beside the profile that names it."""
MANIFEST = "Cargo.toml"
TABLE = ("workspace", "metadata", "loadmaster")
NAME = r"^\w[\w.-]{0,63}$"
"""A project's name becomes a part of file names and of Prefect's keys."""
MOST = 64 * 1024
"""Characters of a profile. Assay's has 6000."""
_OWNER_NAME = re.compile(r"(?:\w+://[^/]+/|[\w.-]+@[\w.-]+:)(?:.*/)?(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that change what a terminal or a page shows of the text around them."""


class ProfileText(Value):
    """A profile as it lies in a repository."""

    file: str
    """Its path from the repository's top."""
    text: str

    @property
    def folder(self) -> str:
        """The directory of the workspace's root manifest, from the top, "" for the top."""
        return posixpath.dirname(self.file)


def profiles_in(texts: Mapping[str, str]) -> dict[str, ProfileText]:
    """The profiles among the files, given by path, by the directory in which they lie. Raises `TwoProfiles`."""
    found = {posixpath.dirname(path): path for path in sorted(texts) if posixpath.basename(path) == FILE}
    for path in sorted(texts):
        folder = posixpath.dirname(path)
        if posixpath.basename(path) == MANIFEST and _table(texts[path]) is not None:
            if folder in found:
                raise TwoProfiles(found[folder], path)
            found[folder] = path
    return {folder: ProfileText(file=path, text=texts[path]) for folder, path in sorted(found.items())}


def project_of(
    found: ProfileText, address: str, *, name: str | None = None, allowed: Mapping[str, JsonValue] | None = None
) -> Project:
    """The project whose repository is at `address`: a path or a URL.

    `name`: the one by which it is known, whatever the profile says. `allowed`: what a person allowed on this machine, by field,
    with the values that were allowed. Raises `ProfileBroken`, `ProfileAsksForMore`.
    """
    project, problems = examine(found, address, name)
    if project is None:
        raise ProfileBroken(found.file, [problem.text for problem in problems])
    more = beyond(project, address)
    if fields := [field for field, value in more.items() if (allowed or {}).get(field) != value]:
        raise ProfileAsksForMore(project.name, found.file, fields)
    return project


def examine(
    found: ProfileText, address: str, name: str | None = None
) -> tuple[Project, tuple[()]] | tuple[None, tuple[ProfileProblem, ...]]:
    """The project, or all that keeps it from being one, by line."""
    if len(found.text) > MOST:
        return None, (ProfileProblem(field="", what=f"it has more than {MOST} characters"),)
    try:
        document = _document(found)
    except ValueError as error:
        return None, (not_toml(str(error)),)
    lines = _lines(found)
    problems = [*_refused(document, lines)]
    try:
        project = Project.model_validate(_completed(document, found.folder, address, name))
    except ValidationError as error:
        problems += problems_in(error, lines)
    else:
        if not problems:
            return project, ()
    return None, tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.field)))


def name_in(found: ProfileText) -> str | None:
    """The name that the profile gives to its project: its `name`, or the NAME of its `forge`. None if it gives none."""
    with suppress(ValueError):
        document = _document(found)
        name = document.get("name", _name_of(document.get("forge")))
        return name if isinstance(name, str) and re.fullmatch(NAME, name) else None
    return None


def beyond(project: Project, address: str) -> dict[str, JsonValue]:
    """The fields by which the project gets more of this machine, or of a person's rights, than any stranger's; with values."""
    cargo, credentials = project.cargo, project.registry.credentials
    asked: dict[str, object] = {
        "cargo.environment": cargo.environment or None,
        "cargo.sandbox": cargo.sandbox if cargo.sandbox is SandboxChoice.NONE else None,
        "cargo.sandbox_reads": cargo.sandbox_reads or None,
        "registry.credentials.token_block": credentials.token_block,
        "registry.credentials.new_token_block": credentials.new_token_block,
        "preflight.probe": project.preflight.probe or None,
        "smoke.artefact": project.smoke.artefact if project.smoke else None,
        "forge": None if _is_forge_of(project.forge, address) else project.forge,
    }
    return {field: to_jsonable_python(value) for field, value in asked.items() if value is not None}


def _is_forge_of(forge: str, address: str) -> bool:
    """Whether the address does not speak against it. A path speaks of no forge, so whoever works in a clone is believed."""
    named = _OWNER_NAME.fullmatch(address)
    return named is None or forge.lower() == f"{named['owner']}/{named['name']}".lower()


def _table(manifest: str) -> dict[str, Any] | None:
    """The profile in a manifest; None if it has none, or if it cannot be read, which is for cargo to say."""
    inner: Any = {}
    with suppress(NotToml, ByteOrderMark):
        inner = parse_toml(MANIFEST, manifest)
    for name in TABLE:
        inner = inner.get(name) if isinstance(inner, dict) else None
    return inner if isinstance(inner, dict) else None


def _document(found: ProfileText) -> dict[str, Any]:
    """Raises ValueError."""
    if posixpath.basename(found.file) == MANIFEST:
        return _table(found.text) or {}
    return load_toml(found.text)


def _lines(found: ProfileText) -> dict[FieldPlace, int]:
    if posixpath.basename(found.file) != MANIFEST:
        return lines_of(found.text)
    size = len(TABLE)
    return {place[size:]: line for place, line in lines_of(found.text).items() if place[:size] == TABLE}


def _completed(document: Mapping[str, Any], folder: str, address: str, name: str | None) -> dict[str, Any]:
    """What the place of the profile says: the repository, the workspace's directory, and where nothing else does, the name."""
    source = document.get("source", {})
    if isinstance(source, dict):
        here = {} if not folder or "path" in source or "workspaces" in source else {"path": folder}
        source = {**here, **source, "repository": address}
        source.pop("directory", None)  # refused, and told so
    given = name or document.get("name") or _name_of(document.get("forge")) or "without-a-name"  # told by its cause
    return {**document, "source": source, "name": given}


def _name_of(forge: object) -> str:
    """NAME of `OWNER/NAME`; "" for anything else."""
    return forge.partition("/")[2] if isinstance(forge, str) else ""


def _refused(document: Mapping[str, Any], lines: Mapping[FieldPlace, int]) -> Iterator[ProfileProblem]:
    """What no profile in a repository may have."""
    source = document.get("source")
    for key in ("repository", "directory"):
        if isinstance(source, dict) and key in source:
            what = "the profile lies in the repository that it is for, and can name no other"
            yield ProfileProblem(field=f"source.{key}", what=what, line=line_at(lines, ("source", key)))
    name = document.get("name", _name_of(document.get("forge")) or "a")
    if not (isinstance(name, str) and re.fullmatch(NAME, name)):
        what = f"`{name}` is no name: one has letters, digits, `_`, `-` and `.`, at most 64, and begins with none of the last two"
        yield ProfileProblem(field="name", what=what, line=lines.get(("name",)))
    for place in _unseen(document):
        what = "it has a control character, which a terminal or a page would not show as it is"
        yield ProfileProblem(field=".".join(map(str, place)), what=what, line=line_at(lines, place))


def _unseen(document: Mapping[str, Any]) -> Iterator[FieldPlace]:
    """Where a text or a name has a character that is not shown. Tables may be nested deeper than calls."""
    waiting: list[tuple[FieldPlace, object]] = [((), document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str) and _UNSEEN.search(value):
            yield place
        elif isinstance(value, dict):
            yield from ((*place, repr(name)) for name in value if _UNSEEN.search(name))
            waiting += [((*place, name), inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [((*place, number), inner) for number, inner in enumerate(value)]
