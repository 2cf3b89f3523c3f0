"""What a worker carries out: the deployments of `prefect.yaml` as they are written there, and nothing else.

Whoever may ask the server can change deployments and work pools there, and ask for other commands, variables and places. The
worker believes none of that: it takes the entrypoint from the file, and refuses a run that says anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from loadmaster.planning.values.value import Value

JOB_TEMPLATE: dict[str, Any] = {
    "job_configuration": {"stream_output": False},
    "variables": {"type": "object", "properties": {}, "additionalProperties": False},
}
"""Of both work pools: there is nothing to fill in. Without streaming, a run's output is not the worker's pipe, and does not
end with the worker."""
RUN_VARIABLE = "PREFECT__FLOW_RUN_ID"
"""In the environment of every process that works on a flow run."""


def offer_projects(schema: Any, names: Iterable[str]) -> Any:
    """The schema of a form, in which every field `project` has these names to choose from."""
    if isinstance(schema, list):
        return [offer_projects(each, names) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _with_choices(value, list(names)) if key == "project" else offer_projects(value, names)
        for key, value in schema.items()
    }


def _with_choices(field: Any, names: list[str]) -> Any:
    """The field, which may also be left out (`anyOf`). A value of that name, such as a default's, is no field."""
    if isinstance(field, list):
        return [_with_choices(each, names) for each in field]
    if not isinstance(field, dict):
        return field
    inner = {key: _with_choices(value, names) if key == "anyOf" else value for key, value in field.items()}
    return {**inner, "enum": names} if "enum" in inner else inner


class WrittenDeployment(Value):
    """A deployment of `prefect.yaml`."""

    name: str
    entrypoint: str
    """Module and function: `loadmaster.flows.release.release`. The function has the flow's name."""
    pool: str
    steps: tuple[str, ...]
    """The names of the pull steps."""

    @property
    def flow(self) -> str:
        return function_of(self.entrypoint)


class FoundRun(Value):
    """What the server says of a run that a worker is to carry out, and of its deployment."""

    pool: str
    """The worker's own."""
    deployment: str | None
    """None for a run of no deployment."""
    flow: str = ""
    entrypoint: str | None = None
    steps: tuple[str, ...] = ()
    job_variables: tuple[str, ...] = ()
    """Names: those of the deployment and those of the run."""


def written_deployments(document: Mapping[str, Any]) -> tuple[WrittenDeployment, ...]:
    """Those of `prefect.yaml`, which is given as it was read."""
    shared = document.get("pull") or ()
    return tuple(
        WrittenDeployment(
            name=each["name"],
            entrypoint=each["entrypoint"],
            pool=each["work_pool"]["name"],
            steps=step_names(each.get("pull") or shared),
        )
        for each in document["deployments"]
    )


def function_of(entrypoint: str) -> str:
    """The last word of `package.module.function`, or of a path: `module.py:function`."""
    return entrypoint.rpartition(":")[2].rpartition(".")[2]


def step_names(steps: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(name for step in steps for name in step)


def written_for(found: FoundRun, written: Iterable[WrittenDeployment]) -> WrittenDeployment | None:
    """The deployment that the run names, by flow, deployment and pool."""
    wanted = (found.flow, found.deployment, found.pool)
    return next((each for each in written if (each.flow, each.name, each.pool) == wanted), None)


def why_not_ours(found: FoundRun, written: Iterable[WrittenDeployment]) -> tuple[str, ...]:
    """What the run says that `prefect.yaml` does not; () if it may be carried out."""
    if found.deployment is None:
        return ("it belongs to no deployment",)
    ours = written_for(found, written)
    if ours is None:
        named = f"{found.flow}/{found.deployment}"
        return (f"`prefect.yaml` has no deployment `{named}` for the work pool `{found.pool}`",)
    problems = []
    if found.entrypoint != ours.entrypoint:
        problems.append(f"its entrypoint is `{found.entrypoint}` instead of `{ours.entrypoint}`")
    if found.steps != ours.steps:
        problems.append(f"its pull steps are `{'`, `'.join(found.steps)}` instead of `{'`, `'.join(ours.steps)}`")
    if found.job_variables:
        problems.append(f"it sets `{'`, `'.join(sorted(set(found.job_variables)))}`, and there is nothing to set")
    return tuple(problems)
