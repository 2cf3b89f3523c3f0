"""What a job of a played workflow finds around it: the world's addresses, the project, cargo's sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.sandbox import BuildSandbox
from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.profile.project import Project
from loadmaster.rehearsal.forge.actions.works import JobTask, WorkFailed

_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?[0-9A-Za-z.+-]*")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    project: Project
    remote: Path
    index: str
    """The registry's index: `sparse+http://…/`."""
    python_index: str
    """Base address of the package index for Python."""
    id_token: Callable[[JobTask, str], str]
    """The ID token of a job for an audience."""
    sandbox: BuildSandbox | None

    @property
    def registry(self) -> str:
        """Base address of the registry's web API."""
        return self.index.removeprefix("sparse+").removesuffix("/index/")


def check_out(around: Surroundings, task: JobTask) -> Path:
    """The tree of the run's commit, in the job's directory. Raises `WorkFailed`."""
    tree = task.directory / "tree"
    task.tell(f"##[group]Run actions/checkout of {task.run.head_sha}")
    try:
        git.clone_at(around.remote, task.run.head_sha, tree, "main")
    except LoadmasterError as error:
        raise WorkFailed(str(error)) from error
    task.tell("##[endgroup]")
    return tree


def version_of(tag: str) -> str:
    """The version that a tag's name holds. Raises `WorkFailed`."""
    found = _VERSION.search(tag)
    if found is None:
        raise WorkFailed(f"{tag} names no version")
    return found[0]
