"""Checks: reads the files of the run's clone, and asks every gate about them and about what was seen before."""

from __future__ import annotations

import os
import re
from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.disk import walk
from loadmaster.clients.files import read_tree
from loadmaster.clients.sources import read_sources
from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.gates import check as ask_every_gate
from loadmaster.planning.gates.evidence import Built, Evidence, Past, ReleaseEvidence, Tree
from loadmaster.planning.gates.sources import sources_to_read
from loadmaster.planning.gates.trees import planned_tree, released_packages, texts_to_read
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.previous_release import PreviousRelease, crates_of, previous_release
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import Judged, Seen
from loadmaster.planning.tree.roots import roots_at_hand
from loadmaster.planning.tree.tree import LOCKFILE, MANIFEST, TreeFiles, read_workspaces
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.run.job import Job
from loadmaster.steps.look import files_of_submodules
from loadmaster.steps.planned_trees import planned_copy


def check(job: Job, seen: Seen, plan: ReleasePlan, judged: Judged) -> tuple[GateAnswer, ...]:
    """The answers of all gates, before the release commit is written. Raises what reading the clone raises."""
    tree = _tree(job, seen, plan)
    release = ReleaseEvidence(seen=seen, plan=plan, project=job.project, past=_past(job, seen, plan, tree))
    built = Built(seen=seen, project=job.project, judged=judged)
    return ask_every_gate(Evidence(tree=tree, release=release, built=built))


def _tree(job: Job, seen: Seen, plan: ReleasePlan) -> Tree:
    """The tree of the release commit; where commands of the project's own changed files, as it is written out with them."""
    before = _files(job, seen, job.directory.checkout)
    planned = planned_copy(job, plan) if plan.has_results else None
    after = _files(job, seen, planned) if planned is not None else None
    released = tuple(package for package in seen.workspace.packages if package.name in plan.versions)
    sources = read_sources(planned or job.directory.checkout, sources_to_read((after or before).paths, released))
    is_past = job.pinned.as_of < job.pinned.started
    return planned_tree(before, sources, plan, job.project, registry=seen.registry, is_past=is_past, after=after)


def _files(job: Job, seen: Seen, tree: Path) -> TreeFiles:
    # Cargo leaves a lockfile if none is tracked, and a project may keep stale ones that no gate should judge.
    others = {os.path.relpath(entry.path, tree) for entry in walk(tree) if entry.name == LOCKFILE}
    others = others.difference(seen.source.lockfiles) | files_of_submodules(tree, seen.source.carried, seen.workspace)
    return read_tree(tree, texts_to_read(job.project), without=others)


def _past(job: Job, seen: Seen, plan: ReleasePlan, tree: Tree) -> Past:
    checkout, last = job.directory.checkout, previous_release(seen.source.tags, plan, job.project)
    return Past(
        tag=last.tag.name if last else None,
        published=_packages_of_last_release(checkout, last, job.project) if last else None,
        bump=None if plan.edits else _bump(checkout, seen, plan, tree),
    )


def _packages_of_last_release(checkout: Path, last: PreviousRelease, project: Project) -> tuple[str, ...] | None:
    """The packages that the last release published; None if the manifests of its commit cannot be read any more."""
    try:
        files = TreeFiles(texts=git.texts_at(checkout, last.tag.commit, MANIFEST))
        return crates_of(
            last, released_packages(files, read_workspaces(files, roots_at_hand(files, project.source.roots)), project)
        )
    except LoadmasterError:
        return None


def _bump(checkout: Path, seen: Seen, plan: ReleasePlan, tree: Tree) -> tuple[str, ...] | None:
    """The last change of the version's line: in a root manifest if it is there, else in that of the first package."""
    version = plan.crates[0].version
    line = rf'^version *= *"{re.escape(version)}"'
    roots = [root for root in tree.workspace.roots if re.search(line, tree.files.texts[root], re.MULTILINE)]
    return git.last_change(checkout, seen.source.commit, line, (roots or [tree.released[0].manifest])[0])
