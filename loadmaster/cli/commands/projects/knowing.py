"""The projects that there are: those that people made known, and those in directories. A broken one is shown with its problem."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.profile.lying import (
    AddressRefused,
    NoProfileIn,
    ProfileAsksForMore,
    ProfileFieldUnknown,
    ProjectNameTaken,
    SeveralProfiles,
)
from loadmaster.errors.request import ProfileBroken, UnknownProject, WrongRequest
from loadmaster.planning.profile.in_repository import (
    FILE,
    MANIFEST,
    NAME,
    ProfileText,
    beyond,
    examine,
    name_in,
    profiles_in,
)
from loadmaster.planning.values.value import Value
from loadmaster.run.known_projects import KnownProject, find_known, forget, keep, known_names, profile_at
from loadmaster.run.profiles import OWN_PROJECTS, PROJECTS, has_own_file, load_project, project_names
from loadmaster.run.store import Store


class ListedProject(Value):
    project: str
    title: str = ""
    forge: str = ""
    where: str
    """The address of its repository, or the directory of its profile."""
    branch: str | None = None
    """From whose head the profile is read; None if it is a file on this machine."""
    problem: str = ""
    """Why it cannot be used; "" if it can."""


def list_projects(store: Store) -> tuple[ListedProject, ...]:
    return tuple(_listed(name, store) for name in project_names())


def projects_text(projects: tuple[ListedProject, ...]) -> str:
    """A line for each, and one more for the problem of one that is broken."""
    lines = []
    for one in projects:
        known = f"{one.title or one.project} ({one.forge})" if not one.problem else "cannot be used"
        lines.append(f"{one.project:<12} {known}, {_where_text(one)}")
        lines += [f"{'':<12} {line}" for line in one.problem.splitlines()]
    return "\n".join(lines)


def _where_text(one: ListedProject) -> str:
    return one.where if one.branch is None else f"{one.where}, branch {one.branch}"


def _listed(name: str, store: Store) -> ListedProject:
    where, branch = str(PROJECTS if has_own_file(name) else OWN_PROJECTS), None
    try:
        if not has_own_file(name) and (known := find_known(name, store)) is not None:
            where, branch = known.address, known.branch
            if known.problem:
                return ListedProject(project=name, where=where, branch=branch, problem=known.problem)
        project = load_project(name)
    except LoadmasterError as error:
        return ListedProject(project=name, where=where, branch=branch, problem=str(error))
    return ListedProject(project=name, title=project.title, forge=project.forge, where=where, branch=branch)


class AddedProject(Value):
    """The document of `loadmaster project add --json`."""

    project: str
    address: str
    branch: str
    file: str
    """The profile, from the repository's top."""
    asks_for: Mapping[str, object] = {}
    """What its profile asks for and nobody allowed yet, by field; until then it cannot be used."""


def add(where: str, name: str | None, folder: str | None, store: Store) -> AddedProject:
    """Makes the project of a repository known: `where` is a path in a clone, or a Git URL. What is committed counts.

    Raises `AddressRefused`, `NoProfileIn`, `SeveralProfiles`, `ProjectNameTaken`, `ProfileBroken`, `WrongRequest`, and what
    reading the repository raises.
    """
    from loadmaster.clients import git

    address, nearest = _address(where)
    bare = git.mirror(address, store.part("mirrors"))
    found = _choose(
        address, where, profiles_in(_texts(bare)), nearest if folder is None else folder, exact=folder is not None
    )
    called = _name(name, found, address)
    project, problems = examine(found, address, called)
    if project is None:
        raise ProfileBroken(found.file, [problem.text for problem in problems])
    before = _require_free(called, address, found.folder, store)
    branch = project.source.branch
    known = KnownProject(
        name=called,
        address=address,
        branch=branch,
        folder=found.folder,
        profile=found,
        allowed=before.allowed if before is not None else {},
    )
    known = keep(known.model_copy(update={"profile": profile_at(known, store)}), store)
    return AddedProject(
        project=called, address=address, branch=branch, file=known.profile.file, asks_for=_not_allowed(known)
    )


def added_text(added: AddedProject) -> str:
    lines = [f"`{added.project}` is known: `{added.file}` at the head of `{added.branch}` of `{added.address}`"]
    if added.asks_for:
        lines.append("its profile asks for more of this machine than a stranger's gets:")
        lines += [f"  {field} = {value}" for field, value in added.asks_for.items()]
        fields = " ".join(added.asks_for)
        lines += ["next: if that is meant, then", f"    loadmaster project allow {shlex.quote(added.project)} {fields}"]
    return "\n".join(lines)


def allow_fields(name: str, fields: list[str], store: Store) -> KnownProject:
    """Allows what the project's profile asks for now in these fields, beside what was allowed before. A later change of a value
    has to be allowed again.

    Raises `UnknownProject`, `ProfileFieldUnknown`, `ProfileBroken`, and what reading the repository raises.
    """
    known = _required(name, store)
    known = known.model_copy(update={"profile": profile_at(known, store), "problem": ""})
    asked = _asked(known)
    if unknown := [field for field in fields if field not in asked]:
        raise ProfileFieldUnknown(unknown[0], tuple(asked))
    return keep(
        known.model_copy(update={"allowed": {**known.allowed, **{each: asked[each] for each in fields}}}), store
    )


def remove(name: str, store: Store) -> str:
    """Forgets the project, and returns its address. Its repository, profile and runs stay. Raises `UnknownProject`."""
    try:
        address = _required(name, store).address
    except ProfileBroken:
        address = "a repository that cannot be read any more"
    forget(name, store)
    return address


def _required(name: str, store: Store) -> KnownProject:
    known = find_known(name, store)
    if known is None:
        raise UnknownProject(name, known_names(store))
    return known


def _asked(known: KnownProject) -> dict[str, object]:
    """Raises `ProfileBroken`."""
    project, problems = examine(known.profile, known.address, known.name)
    if project is None:
        raise ProfileBroken(known.profile.file, [problem.text for problem in problems])
    return dict(beyond(project, known.address))


def _not_allowed(known: KnownProject) -> dict[str, object]:
    try:
        known.project()
    except ProfileAsksForMore:
        return {field: value for field, value in _asked(known).items() if known.allowed.get(field) != value}
    return {}


def _address(where: str) -> tuple[str, str]:
    """The address of the repository, and the directory in it that was named, "" for its top. Raises `AddressRefused`."""
    from loadmaster.clients import git
    from loadmaster.planning.tree.submodules import is_of_host

    path = Path(where)
    if path.is_dir():
        place, top = path.resolve(), git.top(path.resolve())
        inside = "" if top is None or place == top else place.relative_to(top).as_posix()
        return str(top or place), inside
    if not is_of_host(where):
        raise AddressRefused(git_text(where), "it is neither a directory here nor the address of a host")
    parts = urlsplit(where)
    if parts.password is not None or (parts.scheme in ("http", "https") and parts.username is not None):
        raise AddressRefused(git_text(where), "it holds a credential, which would be kept and shown")
    return where, ""


def git_text(address: str) -> str:
    """The address without what signs in there."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", address)


def _texts(bare: Path) -> dict[str, str]:
    from loadmaster.clients import git

    return {**git.texts_at(bare, "HEAD", FILE), **git.texts_at(bare, "HEAD", MANIFEST)}


def _choose(address: str, where: str, found: Mapping[str, ProfileText], folder: str, *, exact: bool) -> ProfileText:
    """The profile of the directory, else of the nearest one above it, else the only one. `exact`: of the directory alone.

    Raises `NoProfileIn`, `SeveralProfiles`.
    """
    place = posixpath.normpath(folder) if folder else ""
    place = "" if place == "." else place
    if exact and place not in found:
        raise NoProfileIn(address, place, "HEAD")
    while place and place not in found:
        place = posixpath.dirname(place)
    if place in found:
        return found[place]
    if not found:
        raise NoProfileIn(address, "", "HEAD")
    if len(found) > 1:
        first = shlex.quote(next(iter(found)))
        command = f"loadmaster project add {shlex.quote(where)} --directory {first}"
        raise SeveralProfiles(address, [one.file for one in found.values()], command)
    return next(iter(found.values()))


def _name(name: str | None, found: ProfileText, address: str) -> str:
    """Raises `WrongRequest`, `ProfileBroken`."""
    if name is not None:
        if re.fullmatch(NAME, name) is None:
            raise WrongRequest([f"`{name}` cannot be the project's name; give another with `--name`"])
        return name
    given = name_in(found)
    if given is None:
        raise ProfileBroken(found.file, [problem.text for problem in examine(found, address)[1]])
    return given


def _require_free(name: str, address: str, folder: str, store: Store) -> KnownProject | None:
    """What is known by the name, if it is the same project. Raises `ProjectNameTaken`."""
    if has_own_file(name):
        raise ProjectNameTaken(name, str(PROJECTS / f"{name}.toml"), address)
    try:
        before = find_known(name, store)
    except ProfileBroken:
        return None
    if before is not None and before.branch is not None and (before.address, before.folder) != (address, folder):
        raise ProjectNameTaken(name, before.address, address)
    return before if before is not None and before.address == address else None
