"""Checks: reads the files of the run's clone, and lets every gate judge them with what was looked at before."""

from __future__ import annotations

from loadmaster.clients.files import read_tree
from loadmaster.clients.sources import read_sources
from loadmaster.job import Job
from loadmaster.planning.gate import GateAnswer
from loadmaster.planning.gates import check as ask_every_gate
from loadmaster.planning.gates.evidence import Built, Evidence, Release, Tree
from loadmaster.planning.gates.sources import sources_to_read
from loadmaster.planning.gates.trees import planned_tree, texts_to_read
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.seen import Lint, Seen


def check(job: Job, seen: Seen, plan: ReleasePlan, lint: Lint) -> tuple[GateAnswer, ...]:
    """The answers of all gates, before the release commit is written. Raises what reading the clone raises."""
    release = Release(seen=seen, plan=plan, project=job.project)
    built = Built(seen=seen, project=job.project, lint=lint)
    return ask_every_gate(Evidence(tree=_tree(job, seen, plan), release=release, built=built))


def _tree(job: Job, seen: Seen, plan: ReleasePlan) -> Tree:
    files = read_tree(job.directory.checkout, texts_to_read(job.project))
    released = tuple(each for each in seen.workspace.packages if each.name in plan.versions)
    sources = read_sources(job.directory.checkout, sources_to_read(files.paths, released))
    return planned_tree(files, sources, plan, job.project)
