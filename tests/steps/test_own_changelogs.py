"""A release of packages with versions, tags and changelogs of their own, as far as its commit: real git, real cargo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from loadmaster.planning.plan import ReleasePlan, plan_release
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.values.value import digest
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps import prepare
from loadmaster.steps.look import look
from tests.kit.hangar import git, repository, write

pytestmark = pytest.mark.cargo

EMPTY = "# Changelog\n\n## [Unreleased]\n\n## [0.4.0] - 2026-10-01\n\n- Older.\n"


@contextmanager
def two_packages(tmp_path: Path) -> Iterator[Job]:
    """Both were released as 0.4.0 and have changed since then; the changelog of one has no entry for it."""
    mine = EMPTY.replace("[Unreleased]\n", "[Unreleased]\n\n- By hand.\n")
    source = repository(tmp_path / "source", {"units/CHANGELOG.md": EMPTY, "cli/CHANGELOG.md": mine})
    for name in ("hangar-cli-0.4.0", "hangar-units-0.4.0"):
        git(source, "tag", name)
    for message, path in (("fix: a leak", "units/src/leak.rs"), ("feat: a door", "cli/src/door.rs")):
        write(source, {path: ""})
        git(source, "add", "--all")
        git(source, "commit", "--quiet", "-m", message)
    request = rehearse_request({"project": "demo", "version": "patch", "repository": str(source)})
    store = Store(tmp_path / "home")
    with rehearsal(request, store.run("one"), store) as job:
        own = {"policy": Policy.INDEPENDENT, "tag": "{name}-{version}"}
        style = job.project.release.model_copy(update=own)
        yield replace(job, project=job.project.model_copy(update={"release": style}))


def plan_of(job: Job) -> ReleasePlan:
    return plan_release(look(job), job.project, job.wanted_version, job.pinned.today)


def test_the_release_commit_holds_a_section_for_each_package(tmp_path: Path) -> None:
    with two_packages(tmp_path) as job:
        plan = plan_of(job)
        commit = prepare.commit(job, plan)
        assert {each.name: (each.notes, each.proposed) for each in plan.tags} == {
            "hangar-units-0.4.1": ("- A leak", True),
            "hangar-cli-0.4.1": ("- By hand.", False),
        }
        changed = git(job.directory.checkout, "diff", "--name-only", f"{commit}^", commit, "--", "*.md")
    assert changed.split() == ["cli/CHANGELOG.md", "units/CHANGELOG.md"]


def test_an_attempt_after_the_tags_were_pushed_plans_the_same(tmp_path: Path) -> None:
    with two_packages(tmp_path) as job:
        first = plan_of(job)
        commit = prepare.commit(job, first)
        for each in first.tags:
            git(job.directory.checkout, "tag", each.name, commit)
            git(job.directory.checkout, "push", "--quiet", "origin", each.name)
        again = look(job)
        assert {each.name for each in again.source.tags} >= {each.name for each in first.tags}
        assert digest(plan_release(again, job.project, job.wanted_version, job.pinned.today)) == digest(first)
