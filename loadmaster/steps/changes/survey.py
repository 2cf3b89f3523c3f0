"""Looks at what changed in each package since its last release: its packaged bytes, its commits, its changelog, its API.

Writes into copies of the run's clone only, and asks the registry for what everybody may read.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from loadmaster.clients import git
from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.errors.cargo import CrateFileBroken
from loadmaster.planning.begun import WayBack
from loadmaster.planning.changes.entries import Entry, entries_in
from loadmaster.planning.changes.last_release import LastRelease, commit_it_names, releases_before
from loadmaster.planning.changes.messages import Commit, touching
from loadmaster.planning.changes.proposal import Proposal, asked_for, packages_to_compare, propose
from loadmaster.planning.changes.survey import PackageSeen
from loadmaster.planning.edits.changelog import lines_to_come
from loadmaster.planning.edits.changelogs import owners
from loadmaster.planning.plan import publishable
from loadmaster.planning.registry.seen import CrateVersion, Seen
from loadmaster.planning.tree.workspace import Package
from loadmaster.run.job import Job
from loadmaster.steps.api import compare_apis
from loadmaster.steps.changes.as_published import Comparable, compare_with_published, places_in_repository


def look_at_changes(job: Job, seen: Seen) -> Proposal:
    """What changed, and which versions that asks for. Raises what looking and deciding raise."""
    packages = survey(job, seen)
    wanted = {name: packages[name].since or "" for name in packages_to_compare(seen, packages, job.project)}
    for name, api in compare_apis(job, seen.workspace, wanted).items():
        packages[name] = packages[name].model_copy(update={"api": api})
    return propose(seen, packages, job.project)


def request_of(job: Job, proposal: Proposal) -> str:
    """The versions that are proposed, as a person would ask for them. Raises `ChangesUnknown`, `NothingChanged`."""
    way = WayBack(project=job.project.name, options=job.options)
    return asked_for(proposal, way.next_command(proposal.commit))


def survey(job: Job, seen: Seen) -> dict[str, PackageSeen]:
    """Everything but the APIs, which take longest: of every package that the project publishes, by name."""
    packages, history = publishable(seen.workspace, job.project), _History(job, seen)
    releases = {package.name: _releases(job, seen, package, history) for package in packages}
    name = job.project.release.changelog
    changelogs = () if name is None else (posixpath.basename(name),)
    last = {name: listed[0].crate for name, listed in releases.items() if listed}
    compared = compare_with_published(job, seen, last, changelogs)
    return {
        package.name: _look(job, seen, package, releases[package.name], compared.get(package.name), history)
        for package in packages
    }


class _History:
    """The commits and tags that the commit to release contains."""

    def __init__(self, job: Job, seen: Seen) -> None:
        self._checkout, self._tip = job.directory.checkout, seen.source.commit
        below = set(git.tags_below(self._checkout, self._tip))
        self.tags = {tag.name: tag.commit for tag in seen.source.tags if tag.name in below}
        self._known: dict[str, tuple[Commit, ...]] = {}

    def has(self, commit: str) -> bool:
        return git.has_commit(self._checkout, commit) and git.is_ancestor(self._checkout, commit, self._tip)

    def since(self, commit: str) -> tuple[Commit, ...]:
        """Each commit is asked for once."""
        if commit not in self._known:
            self._known[commit] = git.changes_since(self._checkout, commit, self._tip)
        return self._known[commit]


def _releases(job: Job, seen: Seen, package: Package, history: _History) -> tuple[LastRelease, ...]:
    """The release that the package is compared with, and after it the highest of its line if that came from elsewhere.

    That is the highest one whose commit the history has; the highest of all, without a commit, if it has none of them.
    """
    known = releases_before(package, seen.registry.crates.get(package.name, ()), history.tags, job.project)
    if not known or known[0].is_tagged:
        return known[:1]
    highest = known[0].model_copy(update={"commit": _commit_named_by(job, package.name, known[0].crate, history)})
    tagged = next((release for release in known if release.is_tagged), None)
    return (highest,) if highest.commit is not None or tagged is None else (tagged, highest)


def _commit_named_by(job: Job, name: str, crate: CrateVersion, history: _History) -> str | None:
    """The commit that the published crate names, if the history has it."""
    try:
        content = job.registry.download(name, crate.version, crate.checksum)
        commit = commit_it_names(content, f"{name}@{crate.version}")
    except CrateFileBroken:
        return None
    return commit if commit is not None and history.has(commit) else None


def _look(
    job: Job,
    seen: Seen,
    package: Package,
    releases: tuple[LastRelease, ...],
    compared: Comparable | None,
    history: _History,
) -> PackageSeen:
    own = PackageSeen(name=package.name, version=package.version, is_new=not seen.registry.crates.get(package.name))
    if not releases or compared is None:
        return own
    release, *others = releases
    known = own.model_copy(
        update={
            "released": release.crate.version,
            "tag": release.tag,
            "is_tagged": release.is_tagged,
            "since": release.commit,
            "above": others[0].crate.version if others else None,
        }
    )
    if isinstance(compared, LoadmasterError):
        return known.model_copy(update={"files": None, "why_unknown": clause(compared.what)})
    commits: tuple[Commit, ...] = ()
    if release.commit is not None and compared.changes.files:
        commits = touching(history.since(release.commit), places_in_repository(job, seen, package, compared))
    return known.model_copy(
        update={
            "files": compared.changes.files,
            "commits": commits,
            "entries": _entries(job, seen, package, release.crate.version),
            "has_library": compared.has_library,
        }
    )


def _entries(job: Job, seen: Seen, package: Package, released: str) -> tuple[Entry, ...]:
    """What the package's changelogs say of what came after `released`."""
    texts: Mapping[str, str] = seen.source.files.texts
    own = owners(texts, seen.workspace, job.project.release)
    paths = [path for path, packages in own.items() if package.name in {each.name for each in packages}]
    return tuple(
        entry for path in paths if path in texts for entry in entries_in(path, lines_to_come(texts[path], released))
    )
