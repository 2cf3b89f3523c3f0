"""A workflow's file, as far as a release depends on it: what starts it, and what its jobs are, need and may do.

Reads text, and asks nobody. The rules are GitHub's; Gitea's and Forgejo's files have the same shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from loadmaster.planning.forge.ref_filters import lets_through
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.yaml_text import NotYaml, read_yaml

SKIPS = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]")
"""In the message of a pushed commit, each of these keeps the forge from starting a workflow for it."""


class PushFilter(Value):
    """What of a push starts the workflow. None: nothing is said of it."""

    tags: tuple[str, ...] | None = None
    tags_ignore: tuple[str, ...] | None = None
    branches: tuple[str, ...] | None = None
    branches_ignore: tuple[str, ...] | None = None

    def takes_tag(self, tag: str) -> bool:
        if self.tags is not None:
            return lets_through(self.tags, tag)
        if self.tags_ignore is not None:
            return not lets_through(self.tags_ignore, tag)
        return self.branches is None and self.branches_ignore is None


class JobInFile(Value):
    id: str
    title: str
    """What the forge shows: `name`, or else the id."""
    needs: tuple[str, ...] = ()
    environment: str | None = None
    permissions: Mapping[str, str] | None = None
    """By name, `read`, `write` or `none`; with the name `*` for all of them. None if the job says nothing."""
    calls: str | None = None
    """The workflow that it is, if it is another one: `./.github/workflows/FILE` or `OWNER/NAME/…@REF`."""

    def is_shown_as(self, name: str) -> bool:
        """Whether a job that the forge shows so is this one: perhaps one of its matrix, or one of the workflow that it calls."""
        return name == self.title or name.startswith((f"{self.title} (", f"{self.title} / "))


class WorkflowInFile(Value):
    push: PushFilter | None = None
    """None if no push starts it."""
    dispatch: Mapping[str, bool] | None = None
    """The inputs of `workflow_dispatch`, with whether each must be given; None if it cannot be started by hand."""
    permissions: Mapping[str, str] | None = None
    """For jobs that say nothing of their own."""
    jobs: tuple[JobInFile, ...] = Field(default=())

    def job(self, id: str) -> JobInFile | None:
        return next((job for job in self.jobs if job.id == id), None)

    def may(self, job: JobInFile, permission: str, level: str = "write") -> bool:
        """Whether the job's own token has the permission. What a job or a file does not name, it has not; what neither says at all
        is the repository's setting, which gives no ID tokens.
        """
        said = job.permissions if job.permissions is not None else self.permissions
        if said is None:
            return False
        has = said.get(permission, said.get("*", "none"))
        return has == "write" or has == level


def read_workflow(text: str) -> WorkflowInFile:
    """Raises `NotYaml`, for YAML without jobs, too."""
    document = read_yaml(text)
    if not isinstance(document, dict):
        raise NotYaml("it has no keys")
    jobs = document.get("jobs")
    if not isinstance(jobs, dict) or not jobs:
        raise NotYaml("it has no `jobs`")
    events = _events(document.get("on"))
    return WorkflowInFile(
        push=_push(events["push"]) if "push" in events else None,
        dispatch=_inputs(events["workflow_dispatch"]) if "workflow_dispatch" in events else None,
        permissions=_permissions(document.get("permissions")),
        jobs=tuple(_job(str(id), job) for id, job in jobs.items() if isinstance(job, dict)),
    )


def _events(said: Any) -> Mapping[str, Any]:
    """A word, a list or a table of them."""
    if isinstance(said, str):
        return {said: None}
    if isinstance(said, list):
        return {str(each): None for each in said}
    return {str(name): settings for name, settings in said.items()} if isinstance(said, dict) else {}


def _push(said: Any) -> PushFilter:
    settings = said if isinstance(said, dict) else {}
    names = ("tags", "tags-ignore", "branches", "branches-ignore")
    return PushFilter(**{name.replace("-", "_"): _words(settings[name]) for name in names if settings.get(name)})


def _inputs(said: Any) -> Mapping[str, bool]:
    inputs = said.get("inputs") if isinstance(said, dict) else None
    if not isinstance(inputs, dict):
        return {}
    return {
        str(name): isinstance(each, dict) and each.get("required") is True and each.get("default") is None
        for name, each in inputs.items()
    }


def _permissions(said: Any) -> Mapping[str, str] | None:
    if said in ("read-all", "write-all"):
        return {"*": str(said).partition("-")[0]}
    return {str(name): str(level) for name, level in said.items()} if isinstance(said, dict) else None


def _job(id: str, said: Mapping[str, Any]) -> JobInFile:
    environment = said.get("environment")
    if isinstance(environment, dict):
        environment = environment.get("name")
    return JobInFile(
        id=id,
        title=str(said.get("name") or id),
        needs=_words(said.get("needs") or ()),
        environment=str(environment) if environment else None,
        permissions=_permissions(said.get("permissions")),
        calls=str(said["uses"]) if said.get("uses") else None,
    )


def _words(said: Any) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, Sequence) and not isinstance(said, str) else (str(said),)
