"""A job that is prepared once (looked at, planned, committed, packaged), and copied for every test that acts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadmaster.credentials.tokens import hold_tokens
from loadmaster.planning.plan import plan_release
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps import prepare
from loadmaster.steps.look import look
from tests.kit.hangar import repository
from tests.kit.step_world import RUN, Opening, Prepared


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    home = tmp_path_factory.mktemp("home")
    source = repository(tmp_path_factory.mktemp("hangar"))
    request = rehearse_request({"project": "demo", "version": "minor", "repository": str(source)})
    store = Store(home)
    with rehearsal(request, store.run(RUN), store) as job:
        seen = look(job)
        plan = plan_release(seen, job.project, job.pinned.asked, job.pinned.today)
        commit = prepare.commit(job, plan)
        crates = {each.name: each.version for each in plan.crates}
        digests = prepare.package(job, crates, seen.source.tree, seen.registry, job.pinned.as_of)
    return Prepared(home=home, request=request, seen=seen, plan=plan, commit=commit, digests=digests)


@pytest.fixture
def opening(prepared: Prepared, tmp_path: Path) -> Opening:
    home = tmp_path / "home"
    shutil.copytree(prepared.home, home, symlinks=True, ignore=shutil.ignore_patterns("build"))

    @contextmanager
    def opened(*faults: Fault) -> Iterator[Job]:
        store = Store(home)
        request = prepared.request.model_copy(update={"faults": faults})
        with rehearsal(request, store.run(RUN), store) as job, hold_tokens(job):
            yield job

    return opened


@pytest.fixture
def job(opening: Opening) -> Iterator[Job]:
    with opening() as opened:
        yield opened
