"""Writes the first profile of a workspace: surveys it, and asks crates.io's index which packages were ever published."""

from __future__ import annotations

import os
import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from loadmaster.cli.commands.terminal import tell
from loadmaster.clients import cargo, git
from loadmaster.clients.disk import scratch
from loadmaster.clients.files import read_texts
from loadmaster.clients.git.git_cliff import propose_notes
from loadmaster.clients.registry import questions
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.edits import NotUtf8, TreeMissing
from loadmaster.errors.files import FileUnreadable
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.errors.request import ProfileBroken, ProfileThere, WrongRequest
from loadmaster.errors.workspace import LinkOutOfTree
from loadmaster.planning.edits.changelog_preview import ChangelogPreview, preview_changelogs, previews_text
from loadmaster.planning.edits.changelogs import proposal_scopes
from loadmaster.planning.elsewhere.adopting import files_mentioned, tool_files
from loadmaster.planning.elsewhere.settings import Setting
from loadmaster.planning.first_changelogs import CHANGELOGS
from loadmaster.planning.first_profile import (
    ProfilePlace,
    Survey,
    adopt_settings,
    first_profile,
    forge_of,
    programs,
)
from loadmaster.planning.permissions.namesakes import Lines, Whose, doubtful, family, whose
from loadmaster.planning.permissions.questions import pause_between_requests
from loadmaster.planning.permissions.seen import CrateAnswers
from loadmaster.planning.profile.in_directory import examine_named
from loadmaster.planning.profile.in_repository import FILE, NAME, SCHEMA_FILE, ProfileText, examine, profiles_in
from loadmaster.planning.profile.project import CargoStyle, Project, ReleaseStyle
from loadmaster.planning.profile.schema import json_schema
from loadmaster.planning.registry.index_line import IndexLine
from loadmaster.planning.tree.lockfiles import own_lockfiles
from loadmaster.planning.tree.tree import MANIFEST
from loadmaster.planning.tree.workspace import DEFAULT_REGISTRY, Workspace, read_metadata, together
from loadmaster.planning.values.value import Value
from loadmaster.run.clock import SystemClock
from loadmaster.run.known_projects import texts_in
from loadmaster.run.sandboxing import sandbox_for
from loadmaster.run.store import default_store, write_atomically
from loadmaster.steps.look import lockfiles_concerned, metadata_of, pinned_toolchain, require_named_toolchain
from loadmaster.steps.permission_questions import Turnstile
from loadmaster.survey.whereabouts import Whereabouts, find_workspaces


class FirstProfile(Value):
    """The document of `loadmaster init --json`."""

    project: str
    file: str
    in_repository: bool
    """Whether it lies beside the manifest, where commands find it."""
    profile: str
    """The text that was written."""
    workspaces: tuple[str, ...]
    """The root manifests of what is released, from the repository's top."""
    found: str = ""
    """How they were found, if they are not where they were looked for."""
    settings: tuple[Setting, ...] = ()
    """The settings of other release tools, and what each of them became in the profile."""
    changelogs: tuple[ChangelogPreview, ...] = ()
    """What the next minor release would write into the changelogs that the profile names."""


def write_first_profile(
    path: Path,
    name: str | None,
    into: Path | None,
    index: str,
    manifests: Sequence[str] = (),
    *,
    force: bool,
    with_schema: bool = False,
) -> FirstProfile:
    """Writes the profile of the workspace in `path`, or of those of `manifests`, which are named from there: beside its manifest,
    or at the top for several; or as `NAME.toml` in the directory `into`, where `NAME` is the directory's if it is left out.

    Raises `ProfileThere` rather than overwrite a profile, `TreeMissing`, `CargoMissing`, `ProfileBroken`, and what
    `find_workspaces` and `metadata_of` raise.
    """
    if not os.path.isdir(path):  # noqa: PTH112 - `Path.is_dir` raises for names that are too long
        raise TreeMissing(str(path))
    asked = path.resolve()
    if into is not None:
        _free(into, _name_of(asked, None) if name is None else name, force)  # before anything is looked at
    where = find_workspaces(asked, manifests)
    title = _name_of(asked, where) if name is None else name
    file = _free_beside(where, name, force) if into is None else _free(into, title, force)
    place = ProfilePlace(title=title, in_repository=into is None, name=name, schema_line=into is None and with_schema)
    survey = _survey(where, index)
    text = first_profile(survey, place)
    project = _read_back(file, where, place, text)
    previews = _previews(Path(where.top), survey, project.release)  # what they raise is told before anything is written
    _write(file, text)
    if place.schema_line:
        _write(file.with_name(SCHEMA_FILE), json_schema())
    return FirstProfile(
        project=project.name,
        file=str(file),
        in_repository=place.in_repository,
        profile=text,
        workspaces=where.roots,
        found=where.told,
        settings=adopt_settings(survey).settings,
        changelogs=previews,
    )


def _previews(top: Path, survey: Survey, style: ReleaseStyle) -> tuple[ChangelogPreview, ...]:
    texts = {**survey.mentioned, **survey.changelogs}
    proposals = _proposals(top, texts, survey.workspace, style)
    return preview_changelogs(texts, survey.workspace, style, date.today(), proposals)


def _write(file: Path, text: str) -> None:
    write_atomically(file, text.encode())
    file.chmod(0o644)  # it is no part of the store, and no secret


def _free_beside(where: Whereabouts, name: str | None, force: bool) -> Path:
    """The file beside the workspace's manifest that may be written; of several workspaces, the one at the top.

    Raises `WrongRequest`, `ProfileThere`.
    """
    if name is not None and re.fullmatch(NAME, name) is None:
        raise WrongRequest([f"`{name}` cannot be the project's name; give another with `--name`"])
    folder = posixpath.dirname(where.roots[0]) if len(where.roots) == 1 else ""
    there = profiles_in(texts_in(Path(where.top), folder)).get(folder)
    file = Path(where.top) / folder / FILE
    if there is not None and (not force or posixpath.basename(there.file) != FILE):
        raise ProfileThere(str(Path(where.top) / there.file))
    return file


def _name_of(path: Path, where: Whereabouts | None) -> str:
    """The name of the directory, or of the repository around it if what is released is not there."""
    if where is None or path == Path(where.top) or where.roots == (_from(Path(where.top), path),):
        return path.name
    return Path(where.top).name


def _from(top: Path, path: Path) -> str:
    return (path / MANIFEST).relative_to(top).as_posix()


def _free(projects: Path, project: str, force: bool) -> Path:
    """The file of a profile that may be written. Raises `WrongRequest`, `ProfileThere`."""
    if re.fullmatch(r"\w[^/\x00-\x1f\x7f]*", project) is None:
        raise WrongRequest([f"`{project}` cannot be the project's name; give another with `--name`"])
    file = projects / f"{project}.toml"
    if file.exists() and not force:
        raise ProfileThere(str(file))
    return file


def _proposals(path: Path, texts: Mapping[str, str], workspace: Workspace, style: ReleaseStyle) -> dict[str, str]:
    """The entries that a release would make from commits, by path of the changelog. Raises what `propose_notes` raises."""
    scopes = proposal_scopes(texts, workspace, style, (), git.tags_below(path, git.head(path)))
    return {file: notes for file, scope in scopes.items() if (notes := propose_notes(path, scope))}


def _read_back(file: Path, where: Whereabouts, place: ProfilePlace, text: str) -> Project:
    """The profile that is to be written. Raises `ProfileBroken`."""
    if place.in_repository:
        found = ProfileText(file=file.relative_to(where.top).as_posix(), text=text)
        project, problems = examine(found, where.top)
    else:
        project, problems = examine_named(file.stem, text)
    if project is None:
        raise ProfileBroken(file.name, [problem.text for problem in problems])
    return project


def _survey(where: Whereabouts, index: str) -> Survey:
    path = Path(where.top)
    require_named_toolchain(path, where.roots, CargoStyle())
    pinned = pinned_toolchain(path, where.roots[0])
    substitute = _substitute(pinned)
    with scratch() as home:
        sandbox = sandbox_for(CargoStyle(), default_store().root)
        chosen = cargo.cargo_in(home, home / "cargo.log", sandbox=sandbox, toolchain=substitute)
        told = {root: metadata_of(chosen, path, root, str(path)) for root in where.roots}
        workspace = together(read_metadata(document, root) for root, document in told.items())
        metadata = {"packages": [package for document in told.values() for package in document["packages"]]}
        stale = _stale_lockfiles(chosen, path, workspace)
    published, tags, forge = _index_lines(workspace, index), git.tags(path), forge_of(git.origin(path), metadata)
    paths = frozenset(git.all_tracked_files(path))
    tools = read_texts(path, tool_files(workspace, paths))
    owned = _whose(workspace, published or {}, index, _repositories(forge, metadata))
    newest = max((git.commit_time(path, "HEAD").timestamp(), *(tag.committed for tag in tags)))
    return Survey(
        repository=str(path),
        forge=forge,
        branch=git.branch(path),
        workspace=workspace,
        tags=tuple(tag.name for tag in tags),
        published=None if published is None else {name: _versions(lines) for name, lines in published.items()},
        foreign=owned.foreign,
        doubtful=owned.unknown,
        later={name: _versions_after(newest, lines) for name, lines in (published or {}).items()},
        changelogs=_changelogs(path, workspace),
        paths=paths,
        tools=tools,
        mentioned=_readable(path, files_mentioned(tools, workspace, paths)),
        stale_lockfiles=stale,
        programs=programs(metadata),
        pinned_toolchain=pinned,
        substitute_toolchain=substitute,
    )


def _readable(path: Path, files: Iterable[str]) -> dict[str, str]:
    """The texts of those of the files that are texts."""
    texts: dict[str, str] = {}
    for file in files:
        with suppress(NotUtf8, FileUnreadable, LinkOutOfTree):
            texts |= read_texts(path, [file])
    return texts


def _substitute(pinned: str | None) -> str | None:
    """An installed toolchain, if the pinned one is not installed."""
    installed = cargo.installed_toolchains()
    if not pinned or not installed or any(toolchain.startswith(pinned) for toolchain in installed):
        return None
    return installed[0].split("-")[0]


def _changelogs(path: Path, workspace: Workspace) -> dict[str, str]:
    """The texts of the tracked changelogs at the top, at roots and beside packages, by path. Raises what reading them raises."""
    manifests = (manifest for package in workspace.packages for manifest in (package.manifest, package.root))
    folders = {"", *map(posixpath.dirname, manifests)}
    tracked = (file for file in git.tracked_files(path, "*") if posixpath.dirname(file) in folders)
    return read_texts(path, [file for file in tracked if posixpath.basename(file).lower() in CHANGELOGS])


def _stale_lockfiles(chosen: cargo.Cargo, path: Path, workspace: Workspace) -> tuple[str, ...]:
    """The stale lockfiles of the repository's other workspaces: those that are released have to be current."""
    own = own_lockfiles(workspace)
    tracked = (file for file in git.tracked_files(path, "*Cargo.lock") if file not in own)
    ours = lockfiles_concerned(path, tracked, workspace)
    called = chosen.in_tree(path)
    return tuple(file for file in ours if cargo.lockfile_problem(called, (path / file).parent) is not None)


def _index_lines(workspace: Workspace, index: str) -> dict[str, tuple[IndexLine, ...]] | None:
    """The index lines of the packages on crates.io, by name; None if it did not answer."""
    names = sorted(package.name for package in workspace.packages if package.may_go_to(DEFAULT_REGISTRY))
    try:
        return RegistryClient(index).find_all_lines(names)
    except RegistryUnreachable:
        return None


def _repositories(forge: str | None, metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses that the workspace gives for itself."""
    named = (package.get("repository") for package in metadata["packages"])
    return (*([f"https://forge/{forge}"] if forge else []), *(address for address in named if address))


def _whose(workspace: Workspace, lines: Lines, index: str, repositories: Iterable[str]) -> Whose:
    """Asks the registry's web API about the names that its index does not tie to the others, as slowly as it wants."""
    names, relative = doubtful(lines), min(family(lines), default=None)
    if not names:
        return Whose()
    try:
        registry = RegistryClient(index)
        api, client = registry.api, registry.http
    except RegistryUnreachable:
        return whose(names, {}, repositories, None, workspace, lines)
    tell(f"asking the registry whose {len(names)} of its crates are")
    turn = Turnstile(pause_between_requests(api), SystemClock())
    answers = {
        name: CrateAnswers(
            crate=turn(partial(questions.crate, api, name, client)),
            owners=turn(partial(questions.owners, api, name, client)),
        )
        for name in (*names, *([relative] if relative else []))
    }
    return whose(names, answers, repositories, answers.get(relative or ""), workspace, lines)


def _versions_after(instant: float, lines: Iterable[IndexLine]) -> tuple[str, ...]:
    return _versions(line for line in lines if line.published and line.published.timestamp() > instant)


def _versions(lines: Iterable[IndexLine]) -> tuple[str, ...]:
    return tuple(line.version for line in lines)


def first_profile_text(written: FirstProfile) -> str:
    where = f"\n{written.found}\n" if written.found else ""
    return f"""{written.profile}
written to {written.file}
{where}
{previews_text(written.changelogs)}

next: look it through, then
{_next_commands(written)}"""


def _next_commands(written: FirstProfile) -> str:
    project = shlex.quote(written.project)
    if not written.in_repository:
        return f"""\
    loadmaster plan --project {project} --version patch
    loadmaster rehearse --project {project} --version patch"""
    place = Path(written.file).parent
    change = "" if Path.cwd().is_relative_to(place) else f"    cd {shlex.quote(str(place))}\n"
    return change + "    loadmaster plan\n    loadmaster rehearse"
