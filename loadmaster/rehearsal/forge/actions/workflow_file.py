"""A workflow as its file says it: text in, a value out. It knows what starts it, and its jobs; it runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from pydantic import Field

from loadmaster.planning.values.value import Value
from loadmaster.planning.values.yaml_text import NotYaml, read_yaml
from loadmaster.rehearsal.forge.actions.expressions import filled
from loadmaster.rehearsal.forge.actions.ref_filters import RefFilters

WORKFLOW_FOLDER = ".github/workflows/"
_MOST_JOBS = 256


class DispatchInput(Value):
    required: bool = False
    default: str | None = None
    kind: str = "string"
    options: tuple[str, ...] = ()


class JobSource(Value):
    """One job of the file; one for each combination of a matrix."""

    key: str
    """Its id in the file."""
    name: str
    needs: tuple[str, ...] = ()
    condition: str | None = None
    environment: str | None = None
    permissions: Mapping[str, str] | str | None = None
    """None: those of the workflow count."""
    steps: tuple[str, ...] = ()
    """What they are called."""
    uses: str | None = None
    """The workflow that it calls."""
    labels: tuple[str, ...] = ()


class WorkflowSource(Value):
    path: str
    name: str
    """The path, if the file gives none."""
    run_name: str | None = None
    push: RefFilters | None = None
    """None: no push starts it."""
    pull_request: bool = False
    dispatch: Mapping[str, DispatchInput] | None = None
    """Its inputs; None: it cannot be dispatched."""
    permissions: Mapping[str, str] | str | None = None
    jobs: tuple[JobSource, ...] = Field(default=())

    @property
    def file(self) -> str:
        return self.path.removeprefix(WORKFLOW_FOLDER)

    @property
    def job_keys(self) -> tuple[str, ...]:
        """The ids of the jobs, in their order."""
        return tuple(dict.fromkeys(job.key for job in self.jobs))

    def grants(self, job: JobSource, permission: str, level: str) -> bool:
        """Whether the job's own token has that permission, which the file must give by name: `id-token`."""
        given = self.permissions if job.permissions is None else job.permissions
        if isinstance(given, str):
            return given == "write-all" or (given == "read-all" and level == "read")
        return given is not None and given.get(permission) in (level, "write")


def read_workflow(path: str, text: str) -> WorkflowSource:
    """A file that is no workflow gives one that nothing starts."""
    try:
        document = read_yaml(text)
    except NotYaml:
        document = None
    if not isinstance(document, dict):
        return WorkflowSource(path=path, name=path)
    events = _events(document.get("on"))
    dispatch = events.get("workflow_dispatch")
    return WorkflowSource(
        path=path,
        name=str(document.get("name") or path),
        run_name=None if document.get("run-name") is None else str(document["run-name"]),
        push=_filters(events["push"]) if "push" in events else None,
        pull_request="pull_request" in events,
        dispatch=_inputs(dispatch) if "workflow_dispatch" in events else None,
        permissions=_permissions(document, default=None),
        jobs=tuple(_jobs(document.get("jobs"))),
    )


def _events(on: Any) -> dict[str, Any]:
    if isinstance(on, str):
        return {on: None}
    if isinstance(on, list):
        return {str(each): None for each in on}
    return {str(key): value for key, value in on.items()} if isinstance(on, dict) else {}


def _filters(told: Any) -> RefFilters:
    told = told if isinstance(told, dict) else {}

    def patterns(name: str) -> tuple[str, ...] | None:
        value = told.get(name)
        if value is None:
            return None
        return tuple(str(each) for each in value) if isinstance(value, list) else (str(value),)

    return RefFilters(
        branches=patterns("branches"),
        branches_ignore=patterns("branches-ignore"),
        tags=patterns("tags"),
        tags_ignore=patterns("tags-ignore"),
    )


def _inputs(told: Any) -> dict[str, DispatchInput]:
    inputs = told.get("inputs") if isinstance(told, dict) else None
    found = {}
    for name, value in inputs.items() if isinstance(inputs, dict) else ():
        said = value if isinstance(value, dict) else {}
        default, options = said.get("default"), said.get("options")
        found[str(name)] = DispatchInput(
            required=said.get("required") is True,
            default=None if default is None else _plain(default),
            kind=str(said.get("type") or "string"),
            options=tuple(_plain(each) for each in options) if isinstance(options, list) else (),
        )
    return found


def _permissions(told: Mapping[str, Any], default: Any) -> Any:
    value = told.get("permissions", default)
    if isinstance(value, dict):
        return {str(name): str(level) for name, level in value.items()}
    return value if value is None else str(value)


def _jobs(told: Any) -> Iterator[JobSource]:
    for key, value in told.items() if isinstance(told, dict) else ():
        if isinstance(value, dict):
            yield from _combinations(str(key), value)


def _combinations(key: str, told: Mapping[str, Any]) -> Iterator[JobSource]:
    matrix = _matrix(told.get("strategy"))
    for combination in matrix[:_MOST_JOBS] or [{}]:
        names = {f"matrix.{name}": _plain(value) for name, value in combination.items()}
        suffix = f" ({', '.join(_plain(value) for value in combination.values())})" if combination else ""
        name = filled(str(told["name"]), names) if told.get("name") else f"{key}{suffix}"
        environment = told.get("environment")
        if isinstance(environment, dict):
            environment = environment.get("name")
        yield JobSource(
            key=key,
            name=name,
            needs=_words(told.get("needs")),
            condition=None if told.get("if") is None else _plain(told["if"]),
            environment=None if environment is None else filled(str(environment), names),
            permissions=_permissions(told, None),
            steps=tuple(_step_name(each) for each in told.get("steps") or () if isinstance(each, dict)),
            uses=None if told.get("uses") is None else str(told["uses"]),
            labels=_words(told.get("runs-on")),
        )


def _matrix(strategy: Any) -> list[dict[str, Any]]:
    """The combinations of a matrix that is written down. One that an expression makes has a single, empty one."""
    matrix = strategy.get("matrix") if isinstance(strategy, dict) else None
    if not isinstance(matrix, dict):
        return []
    axes = {
        str(name): value
        for name, value in matrix.items()
        if name not in ("include", "exclude") and isinstance(value, list)
    }
    combinations = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())] if axes else []
    excluded = [each for each in matrix.get("exclude") or () if isinstance(each, dict)]
    combinations = [each for each in combinations if not any(drop.items() <= each.items() for drop in excluded)]
    for extra in matrix.get("include") or ():
        if isinstance(extra, dict):
            fits = [
                each for each in combinations if all(each.get(axis) == extra[axis] for axis in axes if axis in extra)
            ]
            if axes and fits and any(axis in extra for axis in axes):
                for each in fits:
                    each.update({name: value for name, value in extra.items() if name not in axes})
            else:
                combinations.append(dict(extra))
    return combinations


def _step_name(step: Mapping[str, Any]) -> str:
    if step.get("name"):
        return str(step["name"])
    told = step.get("uses") or str(step.get("run") or "").strip().partition("\n")[0]
    return f"Run {told}"


def _words(told: Any) -> tuple[str, ...]:
    if isinstance(told, Sequence) and not isinstance(told, str):
        return tuple(str(each) for each in told)
    return () if told is None or isinstance(told, dict) else (str(told),)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
