"""Looks at what changed in each package since its last release: its packaged bytes, its commits, its changelog, its API.

Writes into copies of the run's clone only, and asks the registry for what everybody may read.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from loadmaster.clients import git
from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.planning.begun import WayBack
from loadmaster.planning.changes.entries import Entry, entries_in
from loadmaster.planning.changes.last_release import LastRelease, last_release
from loadmaster.planning.changes.messages import Commit, touching
from loadmaster.planning.changes.proposal import Proposal, asked_for, packages_to_compare, propose
from loadmaster.planning.changes.survey import PackageSeen
from loadmaster.planning.edits.changelog import lines_to_come
from loadmaster.planning.edits.changelogs import owners
from loadmaster.planning.plan import publishable
from loadmaster.planning.registry.seen import Seen
from loadmaster.planning.tree.workspace import Package
from loadmaster.run.job import Job
from loadmaster.steps.api import compare_apis
from loadmaster.steps.as_published import Beside, Comparable, compare_with_published, places_in_repository


def look_at_changes(job: Job, seen: Seen) -> Proposal:
    """What changed, and which versions that asks for. Raises what looking and deciding raise."""
    packages = survey(job, seen)
    wanted = {name: packages[name].since or "" for name in packages_to_compare(seen, packages, job.project)}
    for name, api in compare_apis(job, wanted).items():
        packages[name] = packages[name].model_copy(update={"api": api})
    return propose(seen, packages, job.project)


def request_of(job: Job, proposal: Proposal) -> str:
    """The versions that are proposed, as a person would ask for them. Raises `ChangesUnknown`, `NothingChanged`."""
    way = WayBack(project=job.project.name, options=job.options)
    return asked_for(proposal, way.next_command(proposal.commit))


def survey(job: Job, seen: Seen) -> dict[str, PackageSeen]:
    """Everything but the APIs, which take longest: of every package that the project publishes, by name."""
    packages = publishable(seen.workspace, job.project)
    releases = _last_releases(job, seen, packages)
    name = job.project.release.changelog
    changelogs = () if name is None else (posixpath.basename(name),)
    compared = compare_with_published(
        job, seen, {name: release.crate for name, release in releases.items()}, changelogs
    )
    histories = _Histories(job, seen)
    return {
        package.name: _look(job, seen, package, releases.get(package.name), compared.get(package.name), histories)
        for package in packages
    }


def _last_releases(job: Job, seen: Seen, packages: Iterable[Package]) -> dict[str, LastRelease]:
    below = set(git.tags_below(job.directory.checkout, seen.source.commit))
    tags = {tag.name: tag.commit for tag in seen.source.tags if tag.name in below}
    found = {
        package.name: last_release(package, seen.registry.crates.get(package.name, ()), tags, job.project)
        for package in packages
    }
    return {name: release for name, release in found.items() if release is not None}


class _Histories:
    """The commits since each commit that is asked for, each asked for once."""

    def __init__(self, job: Job, seen: Seen) -> None:
        self._checkout, self._tip = job.directory.checkout, seen.source.commit
        self._known: dict[str, tuple[Commit, ...]] = {}

    def has(self, commit: str) -> bool:
        return git.has_commit(self._checkout, commit) and git.is_ancestor(self._checkout, commit, self._tip)

    def since(self, commit: str) -> tuple[Commit, ...]:
        if commit not in self._known:
            self._known[commit] = git.changes_since(self._checkout, commit, self._tip)
        return self._known[commit]


def _look(
    job: Job,
    seen: Seen,
    package: Package,
    release: LastRelease | None,
    compared: Comparable | None,
    histories: _Histories,
) -> PackageSeen:
    name, version = package.name, package.version
    is_new = not seen.registry.crates.get(name)
    if release is None or compared is None:
        return PackageSeen(name=name, version=version, is_new=is_new)
    known = {"name": name, "version": version, "is_new": is_new, "released": release.crate.version, "tag": release.tag}
    known["is_tagged"] = release.commit is not None
    if isinstance(compared, LoadmasterError):
        return PackageSeen.model_validate(
            {**known, "since": release.commit, "files": None, "why_unknown": clause(compared.what)}
        )
    since = release.commit or _if_there(compared, histories)
    commits: tuple[Commit, ...] = ()
    if since is not None and compared.changes.files:
        commits = touching(histories.since(since), places_in_repository(job, seen, package, compared))
    return PackageSeen.model_validate(
        {
            **known,
            "since": since,
            "files": compared.changes.files,
            "commits": commits,
            "entries": _entries(job, seen, package, release.crate.version),
            "has_library": compared.has_library,
        }
    )


def _if_there(beside: Beside, histories: _Histories) -> str | None:
    """The commit that the published crate names, if the history has it."""
    return beside.commit if beside.commit is not None and histories.has(beside.commit) else None


def _entries(job: Job, seen: Seen, package: Package, released: str) -> tuple[Entry, ...]:
    """What the package's changelogs say of what came after `released`."""
    texts: Mapping[str, str] = seen.source.files.texts
    own = owners(texts, seen.workspace, job.project.release)
    paths = [path for path, packages in own.items() if package.name in {each.name for each in packages}]
    return tuple(
        entry for path in paths if path in texts for entry in entries_in(path, lines_to_come(texts[path], released))
    )
