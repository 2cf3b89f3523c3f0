"""Worlds of a rehearsal whose permissions a test makes, and the gates asked there."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from loadmaster.credentials.tokens import hold_tokens
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.profile.project import Preflight, Project
from loadmaster.planning.profile.registry_style import RegistryStyle
from loadmaster.rehearsal.scenario import Scenario
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps.look import look_at_registry
from loadmaster.steps.permissions import look_at_permissions
from tests.kit.step_world import RUN, Prepared

CRATES = ("hangar-units", "hangar-cli")
TEAM = "github:org:team"
WANTED = {"repository": "loadmaster/hangar", "workflow": "release.yml", "owner_id": 1}
"""What a rehearsal of the demo says of itself."""
SCOPES = ("publish-new", "publish-update", "trusted-publishing")
PROFILE: dict[str, Any] = {"owners": ["ann"], "trusted_publishing": WANTED}
BY_TRUSTED_PUBLISHING = {**PROFILE, "credential": "trusted-publishing"}


def crate(name: str, **differs: Any) -> dict[str, Any]:
    return {"name": name, "owners": ["ann"], "versions": ["0.4.0"], **differs}


def publisher(name: str, **differs: Any) -> dict[str, Any]:
    return {
        "crate": name,
        "repository_owner": "loadmaster",
        "repository_owner_id": 1,
        "repository_name": "hangar",
        "workflow_filename": "release.yml",
        "environment": None,
        **differs,
    }


@pytest.fixture
def home(prepared: Prepared, tmp_path: Path) -> Path:
    """The store of the prepared release, with a world that is still to be made."""
    copy = tmp_path / "home"
    shutil.copytree(prepared.home, copy, symlinks=True, ignore=shutil.ignore_patterns("build", "world"))
    return copy


@contextmanager
def opened(
    prepared: Prepared, home: Path, scenario: dict[str, Any], registry: dict[str, Any], *, probe: bool = True
) -> Iterator[Job]:
    store = Store(home)
    request = prepared.request.model_copy(update={"scenario": Scenario.model_validate(scenario)})
    with rehearsal(request, store.run(RUN), store) as job:
        job = dataclasses.replace(job, project=profiled(job.project, registry, probe=probe))
        with hold_tokens(job):
            yield job


def profiled(project: Project, registry: dict[str, Any], *, probe: bool) -> Project:
    style = RegistryStyle.model_validate(project.registry.model_dump(exclude_unset=True) | registry)
    return project.model_copy(update={"registry": style, "preflight": Preflight(probe=probe)})


def asked_in(job: Job, prepared: Prepared) -> Facts:
    workspace = prepared.seen.workspace
    return look_at_permissions(job, prepared.plan, workspace, look_at_registry(job, workspace.names))
