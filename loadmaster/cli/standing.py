"""Where one stands: the workspace around the working directory, its last release, what is unfinished, and the next command.

Looks at files, at git's own records and at the runs of this machine. Asks nothing of the network.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from semver import Version

from loadmaster.cli.commands.known_runs import RunSeen, list_runs
from loadmaster.cli.commands.projects.here import Here, find_here
from loadmaster.clients import git
from loadmaster.errors.base import LoadmasterError, in_one_line
from loadmaster.errors.git import GitMissing
from loadmaster.errors.prefect import NoStackRunning
from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.tag_name import package_version_in
from loadmaster.planning.registry.seen import TagSeen
from loadmaster.planning.tree.tree import MANIFEST
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.planning.values.value import Value
from loadmaster.planning.way_on import WayOn
from loadmaster.run.profiles import has_own_file, load_project, project_names
from loadmaster.run.store import Store
from loadmaster.shipped import checkout
from loadmaster.stack.record import running

USUAL = ("v{version}", "{version}", "{name}-v{version}", "{name}-{version}")
"""How tags are spelled where no profile says it."""


class LastTag(Value):
    version: str
    tag: str
    when: datetime
    """When its commit was made."""


class Standing(Value):
    """The document of `loadmaster --json`."""

    directory: str
    workspace: str | None = None
    """The directory of the workspace's root manifest; None if the working directory is in none."""
    """Of a profile that names several workspaces from elsewhere: its directory."""
    project: str | None = None
    problem: str | None = None
    """Why the profile here cannot be used."""
    last: LastTag | None = None
    """By the tags of this clone; None if none of them names a version, or if git could not be asked."""
    last_unknown: str | None = None
    """Why git could not be asked."""
    at_work: tuple[RunSeen, ...] = ()
    unfinished: tuple[RunSeen, ...] = ()
    """Runs that can go on, and whose release no later run brought about; the newest first."""
    not_readable: tuple[RunSeen, ...] = ()
    """Runs of any project whose records cannot be read: nobody knows how they stand."""
    server: str | None = None
    """The page of the server, if one is running."""
    next: str
    """The command that comes next, and what it does."""


def standing_here(directory: Path, store: Store, *, is_elsewhere: bool = False) -> Standing:
    """Raises nothing of a release's: what cannot be known is told as such. `is_elsewhere`: the reader's shell is in another
    directory, so that the next command has to name this one.
    """
    here, project, problem = _profile_here(directory)
    workspace = workspace_around(directory) or (None if here is None else here.top / here.profile.folder)
    if project is None and problem is None and workspace is not None:
        project = project_by_address(workspace)
    last, unknown = (None, None) if workspace is None else _last_release(workspace, project)
    all_runs = list_runs(store, close=False)
    runs = [run for run in all_runs if project is None or run.project == project.name]
    at_work, unfinished = tuple(run for run in runs if run.is_at_work), unfinished_of(runs)
    return Standing(
        directory=str(directory),
        workspace=None if workspace is None else str(workspace),
        project=None if project is None else project.name,
        problem=None if problem is None else problem.what,
        last=last,
        last_unknown=unknown,
        at_work=at_work,
        unfinished=unfinished,
        not_readable=tuple(run for run in all_runs if run.problem is not None),
        server=_server(store),
        next=_run_next(at_work, unfinished)
        or _next(directory if is_elsewhere else None, workspace, here, project, problem),
    )


def _profile_here(directory: Path) -> tuple[Here | None, Project | None, LoadmasterError | None]:
    """The nearest profile upwards, as commands here take it, and its project; or why it cannot be used."""
    here: Here | None = None
    try:
        here = find_here(directory)
        if here is None:
            return None, None, None
        return here, load_project(here.name) if has_own_file(here.name) else here.project(), None
    except LoadmasterError as error:
        return here, None, error


def workspace_around(directory: Path) -> Path | None:
    """The directory of the outermost manifest above with a table `workspace`, else of the nearest manifest."""
    holders = [place for place in (directory, *directory.parents) if (place / MANIFEST).is_file()]
    roots = [place for place in holders if _is_root(place / MANIFEST)]
    return next(iter(roots[-1:] or holders), None)


def _is_root(manifest: Path) -> bool:
    with suppress(OSError, ValueError):
        return "workspace" in load_toml(manifest.read_text(encoding="utf-8"))
    return False


def project_by_address(workspace: Path) -> Project | None:
    """The known project whose profile names this repository, by its origin, its path or its directory; None if there is none."""
    places = {str(workspace)}
    with suppress(LoadmasterError):
        top = git.top(workspace)
        places |= {str(top)} if top else set()
        places |= {origin} if top and (origin := git.origin(top)) else set()
    for name in project_names():
        with suppress(LoadmasterError):
            project = load_project(name)
            own = checkout()
            named = own / project.source.directory if own and project.source.directory else project.source.repository
            if named is not None and str(named) in places:
                return project
    return None


def _last_release(workspace: Path, project: Project | None) -> tuple[LastTag | None, str | None]:
    try:
        top = git.top(workspace)
        return (None, None) if top is None else (last_release(git.tags(top), project), None)
    except LoadmasterError as error:
        return None, error.what


def last_release(tags: Iterable[TagSeen], project: Project | None) -> LastTag | None:
    """The youngest tag that names a version: by the profile's patterns, or in the usual spellings where there is none."""
    patterns = {project.release.tag, *project.release.tags.values()} if project else USUAL
    found = [
        LastTag(version=version, tag=tag.name, when=datetime.fromtimestamp(tag.committed, UTC))
        for tag in tags
        if (version := _version_of(tag.name, patterns)) is not None
    ]
    return max(found, key=lambda release: (release.when, Version.parse(release.version)), default=None)


def _version_of(tag: str, patterns: Iterable[str]) -> str | None:
    texts = (package_version_in(tag, pattern) for pattern in patterns)
    return next((text for text in texts if text is not None and Version.is_valid(text)), None)


def unfinished_of(runs: Iterable[RunSeen]) -> tuple[RunSeen, ...]:
    """Those that can go on, of runs that are sorted by their start, the newest first."""
    out: set[tuple[str | None, str | None, str | None]] = set()
    found = []
    for run in runs:
        release = (run.project, run.version, run.world)
        if run.next is WayOn.RESUME and not run.is_at_work and release not in out:
            found.append(run)
        out.add(release)  # a later run of the same release says how it stands
    return tuple(found)


def _server(store: Store) -> str | None:
    try:
        return running(store.root.resolve()).ui_url
    except NoStackRunning:
        return None


def _run_next(at_work: tuple[RunSeen, ...], unfinished: tuple[RunSeen, ...]) -> str | None:
    if at_work:
        run = at_work[0].short
        return f"`loadmaster follow {run}` shows how it goes"
    if unfinished:
        run = unfinished[0].short
        return f"`loadmaster resume {run}` goes on with it"
    return None


def _next(
    elsewhere: Path | None,
    workspace: Path | None,
    here: Here | None,
    project: Project | None,
    problem: LoadmasterError | None,
) -> str:
    """`elsewhere`: the directory, if the next command has to name it."""
    if isinstance(problem, GitMissing):
        return "`loadmaster doctor` says what this machine lacks, and what brings it"
    if problem is not None:
        place = shlex.quote(str(elsewhere or "."))
        return f"`loadmaster profile check {place}` shows everything that is wrong"
    if workspace is None:
        return "go to one (`loadmaster -C WORKSPACE` does so), and `loadmaster init` writes its first profile"
    if project is None:
        place = shlex.quote(str(workspace))
        return f"`loadmaster init {place}` writes its first profile"
    return f"{_next_version(elsewhere, here, project)} says what changed since the last release, and proposes the next version"


def _next_version(elsewhere: Path | None, here: Here | None, project: Project) -> str:
    """The command, which needs no name where the profile lies."""
    if here is None:
        name = shlex.quote(project.name)
        return f"`loadmaster next {name}`"
    if elsewhere is not None:
        place = shlex.quote(str(elsewhere))
        return f"`loadmaster -C {place} next`"
    return "`loadmaster next`"


def standing_text(standing: Standing) -> str:
    if standing.workspace is None and not (
        standing.problem or standing.at_work or standing.unfinished or standing.not_readable
    ):
        return f"`{standing.directory}` is in no Cargo workspace: {standing.next}."
    lines = [
        f"workspace   {standing.workspace or 'none here'}",
        f"project     {_project_text(standing)}",
        f"last        {_last_text(standing)}",
        *(f"at work     {_run_text(run)}" for run in standing.at_work),
        *(f"unfinished  {_run_text(run)}" for run in standing.unfinished),
        *(f"not known   {run.short}: {run.problem}" for run in standing.not_readable),
        *([f"server      {standing.server}"] if standing.server else []),
    ]
    return "\n".join([*lines, f"next: {standing.next}"])


def _project_text(standing: Standing) -> str:
    if standing.problem is not None:
        return f"not known: {in_one_line(standing.problem)}"
    return standing.project or "none: there is no profile here, and no known project names this repository"


def _last_text(standing: Standing) -> str:
    if standing.last is not None:
        return f"{standing.last.version}, tag {standing.last.tag}, {standing.last.when:%Y-%m-%d}"
    return f"not known: {standing.last_unknown}" if standing.last_unknown else "no tag of this clone names a version"


def _run_text(run: RunSeen) -> str:
    out = f": {run.out}" if run.out else ""
    return f"{run.short} {run.project or '?'} {run.version or ''} ({run.world or run.state}) {run.state}{out}"
