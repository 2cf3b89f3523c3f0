"""Writes the first profile of a workspace: surveys it, and asks crates.io's index which packages were ever published."""

from __future__ import annotations

import os
import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from loadmaster.cli.commands.terminal import tell
from loadmaster.clients import cargo, git
from loadmaster.clients.disk import scratch
from loadmaster.clients.files import read_texts
from loadmaster.clients.git.git_cliff import propose_notes
from loadmaster.clients.registry import questions
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.edits import TreeMissing
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.errors.request import ProfileBroken, ProfileThere, WrongRequest
from loadmaster.errors.workspace import NotAWorkspace, RootNotAtTop
from loadmaster.planning.changelog_preview import ChangelogPreview, preview_changelogs, previews_text
from loadmaster.planning.edits.changelogs import proposal_scopes
from loadmaster.planning.first_profile import CHANGELOGS, Survey, first_profile, forge_of, programs
from loadmaster.planning.permissions.namesakes import Lines, Whose, doubtful, family, whose
from loadmaster.planning.permissions.questions import pause_between_requests
from loadmaster.planning.permissions.seen import CrateAnswers
from loadmaster.planning.profile.project import CargoStyle, Project, ReleaseStyle
from loadmaster.planning.registry.index_line import IndexLine
from loadmaster.planning.tree.workspace import DEFAULT_REGISTRY, Workspace, read_metadata
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.planning.values.value import Value
from loadmaster.run.clock import SystemClock
from loadmaster.run.profiles import problems_of
from loadmaster.run.sandboxing import sandbox_for
from loadmaster.run.store import default_store, write_atomically
from loadmaster.steps.look import lockfiles_concerned, metadata_of, pinned_toolchain, require_named_toolchain
from loadmaster.steps.permission_questions import Turnstile


class FirstProfile(Value):
    """The document of `loadmaster init --json`."""

    project: str
    file: str
    profile: str
    """The text that was written."""
    changelogs: tuple[ChangelogPreview, ...] = ()
    """What the next minor release would write into the changelogs that the profile names."""


def write_first_profile(path: Path, name: str | None, projects: Path, index: str, *, force: bool) -> FirstProfile:
    """Writes `projects/NAME.toml` for the workspace in `path`. If `name` is left out, it is the directory's.

    Raises `ProfileThere` rather than overwrite a profile, `WrongRequest`, `TreeMissing`, `NotARepository`,
    `RootNotAtTop`, `CargoMissing`, `ProfileBroken`, and what `metadata_of` raises.
    """
    if not os.path.isdir(path):  # noqa: PTH112 - `Path.is_dir` raises for names that are too long
        raise TreeMissing(str(path))
    project = path.resolve().name if name is None else name
    if re.fullmatch(r"\w[^/\x00-\x1f\x7f]*", project) is None:
        raise WrongRequest([f"`{project}` cannot be the project's name; give another with `--name`"])
    file = projects / f"{project}.toml"
    if file.exists() and not force:
        raise ProfileThere(str(file))
    survey = _survey(path.resolve(), index)
    text = first_profile(survey, project)
    style = _read_back(file, project, text).release
    proposals = _proposals(path, survey, style)
    previews = preview_changelogs(survey.changelogs, survey.workspace, style, date.today(), proposals)
    write_atomically(file, text.encode())
    file.chmod(0o644)  # it is no part of the store, and no secret
    return FirstProfile(project=project, file=str(file), profile=text, changelogs=previews)


def _proposals(path: Path, survey: Survey, style: ReleaseStyle) -> dict[str, str]:
    """The entries that a release would make from commits, by path of the changelog. Raises what `propose_notes` raises."""
    scopes = proposal_scopes(survey.changelogs, survey.workspace, style, (), git.tags_below(path, git.head(path)))
    return {file: notes for file, scope in scopes.items() if (notes := propose_notes(path, scope))}


def _read_back(file: Path, name: str, text: str) -> Project:
    """The profile that was written. Raises `ProfileBroken`."""
    try:
        return Project.model_validate({"name": name, **load_toml(text)})
    except ValidationError as error:
        raise ProfileBroken(file.name, problems_of(error)) from error


def _survey(path: Path, index: str) -> Survey:
    _require_root_at_top(path)
    require_named_toolchain(path, CargoStyle())
    pinned = pinned_toolchain(path)
    substitute = _substitute(pinned)
    with scratch() as home:
        sandbox = sandbox_for(CargoStyle(), default_store().root)
        chosen = cargo.cargo_in(home, home / "cargo.log", sandbox=sandbox, toolchain=substitute)
        metadata = metadata_of(chosen, path, str(path))
        workspace = read_metadata(metadata)
        stale = _stale_lockfiles(chosen, path, workspace)
    published, tags, forge = _index_lines(workspace, index), git.tags(path), forge_of(git.origin(path), metadata)
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
        stale_lockfiles=stale,
        programs=programs(metadata),
        pinned_toolchain=pinned,
        substitute_toolchain=substitute,
    )


def _substitute(pinned: str | None) -> str | None:
    """An installed toolchain, if the pinned one is not installed."""
    installed = cargo.installed_toolchains()
    if not pinned or not installed or any(toolchain.startswith(pinned) for toolchain in installed):
        return None
    return installed[0].split("-")[0]


def _changelogs(path: Path, workspace: Workspace) -> dict[str, str]:
    """The texts of the tracked changelogs at the root and beside packages, by path. Raises what reading them raises."""
    folders = {"", *(posixpath.dirname(package.manifest) for package in workspace.packages)}
    tracked = (file for file in git.tracked_files(path, "*") if posixpath.dirname(file) in folders)
    return read_texts(path, [file for file in tracked if posixpath.basename(file).lower() in CHANGELOGS])


def _require_root_at_top(path: Path) -> None:
    """Raises `RootNotAtTop`, `NotARepository`, what `git.require_surveyable` raises, and `NotAWorkspace`, which names a
    manifest that lies deeper.
    """
    if (top := git.top(path)) not in (None, path):
        raise RootNotAtTop(str(path), str(top))
    git.resolve(path, "HEAD")
    git.require_surveyable(path)
    deeper = git.tracked_files(path, "*Cargo.toml")
    if deeper and "Cargo.toml" not in deeper:
        highest = min(deeper, key=lambda file: file.count("/"))
        raise NotAWorkspace(str(path), f"its manifests lie deeper, as `{highest}` does.")


def _stale_lockfiles(chosen: cargo.Cargo, path: Path, workspace: Workspace) -> tuple[str, ...]:
    """The stale lockfiles of the repository's other workspaces: the root's own has to be current."""
    tracked = (file for file in git.tracked_files(path, "*/Cargo.lock") if file != "Cargo.lock")
    ours = lockfiles_concerned(path, tracked, workspace)
    return tuple(file for file in ours if cargo.lockfile_problem(chosen, (path / file).parent, path) is not None)


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
    project = shlex.quote(written.project)
    return f"""{written.profile}
written to {written.file}

{previews_text(written.changelogs)}

next: look it through, then
    loadmaster plan --project {project} --version patch
    loadmaster rehearse --project {project} --version patch"""
