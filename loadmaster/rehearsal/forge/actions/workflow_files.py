"""The workflows of the repository, as they are at a commit. Each commit is read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from loadmaster.clients.git.command import run
from loadmaster.rehearsal.forge.actions.workflow_file import WORKFLOW_FOLDER, WorkflowSource, read_workflow
from loadmaster.rehearsal.forge.git_data import looking


@lru_cache(maxsize=64)
def workflows_at(remote: Path, commit: str) -> tuple[WorkflowSource, ...]:
    """By their paths."""
    listed = run(remote, "ls-tree", "-z", "--name-only", commit, "--", WORKFLOW_FOLDER).decode(errors="replace")
    paths = [path for path in listed.split("\0") if path.endswith((".yml", ".yaml"))]
    texts = ((path, looking.text_at(remote, commit, path)) for path in paths)
    return tuple(read_workflow(path, text) for path, text in texts if text is not None)


def workflow_at(remote: Path, commit: str, path: str) -> WorkflowSource:
    """One that nothing starts, if it is not there."""
    found = (each for each in workflows_at(remote, commit) if each.path == path)
    return next(found, WorkflowSource(path=path, name=path))
