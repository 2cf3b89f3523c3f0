"""The requests about workflows: their runs for pushed tags, and dispatched runs.

One workflow, `release.yml`, has run once, with success, for every existing tag. Any other workflow on the default branch can be
dispatched by GitHub's rules. It then does what the forge was given for it; by default nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from loadmaster.clients import git
from loadmaster.errors.git import UnknownCommit
from loadmaster.planning.values.yaml_text import NotYaml, read_yaml
from loadmaster.rehearsal.forge import answers, repository
from loadmaster.rehearsal.forge.answers import DISPATCHED, page, problem
from loadmaster.rehearsal.forge.store import Dispatch, ForgeStore


class WorkflowOutcome(NamedTuple):
    conclusion: str
    log: str


PlayedWorkflow = Callable[[Mapping[str, str]], WorkflowOutcome]
"""The work of a dispatched workflow, from its inputs."""


def runs_nothing(inputs: Mapping[str, str]) -> WorkflowOutcome:
    return WorkflowOutcome("success", "This is a rehearsal's forge: it runs no workflow.\n")


class WorkflowRoutes:
    def __init__(self, store: ForgeStore, remote: Path, name: str, workflow: PlayedWorkflow) -> None:
        self._store, self._remote, self._name, self._workflow = store, remote, name, workflow

    def routes(self) -> Iterator[Route]:
        api = f"/repos/{self._name}/actions"
        yield Route(f"{api}/workflows", self._list_workflows)
        yield Route(f"{api}/workflows/{{file}}", self._show_workflow)
        yield Route(f"{api}/workflows/{{file}}/dispatches", self._dispatch, methods=["POST"])
        yield Route(f"{api}/workflows/{{file}}/runs", self._list_dispatched)
        yield Route(f"{api}/runs", self._list_runs)
        yield Route(f"{api}/runs/{{run:int}}", self._show_run)
        yield Route(f"{api}/runs/{{run:int}}/cancel", self._cancel, methods=["POST"])
        yield Route(f"{api}/runs/{{run:int}}/jobs", self._list_jobs)
        yield Route(f"{api}/jobs/{{job:int}}/logs", self._show_log)

    def _at(self, request: Request) -> answers.Addresses:
        return answers.addresses(request, self._name)

    def _list_workflows(self, request: Request) -> Response:
        return page(request, [answers.workflow_json(self._at(request))], under="workflows")

    def _show_workflow(self, request: Request) -> Response:
        path = f".github/workflows/{request.path_params['file']}"
        if path != repository.RELEASE_WORKFLOW and self._document(request) is None:
            return problem(404, "Not Found")
        return JSONResponse(answers.workflow_json(self._at(request), path))

    def _document(self, request: Request) -> Any:
        """The workflow's file on the default branch; None if there is none."""
        file = request.path_params["file"]
        texts = git.texts_at(self._remote, repository.default_branch(self._remote), file)
        text = texts.get(f".github/workflows/{file}")
        if text is None:
            return None
        try:
            document = read_yaml(text)
        except NotYaml:
            document = None
        return document if isinstance(document, dict) else {}  # a file that starts nothing

    async def _dispatch(self, request: Request) -> Response:
        asked, document = json.loads(await request.body()), self._document(request)
        if document is None:
            return problem(404, "Not Found")
        triggers = document.get("on") or {}
        if "workflow_dispatch" not in triggers:
            return problem(422, "Workflow does not have 'workflow_dispatch' trigger")
        by_hand = (triggers["workflow_dispatch"] if isinstance(triggers, dict) else None) or {}
        inputs = asked.get("inputs") or {}
        if unexpected := sorted(set(inputs) - set(by_hand.get("inputs") or {})):
            return problem(422, f"Unexpected inputs provided: {json.dumps(unexpected)}")
        try:
            commit = git.resolve(self._remote, asked["ref"])
        except UnknownCommit:
            return problem(422, f"No ref found for: {asked['ref']}")
        title = _filled(str(document.get("run-name") or document.get("name") or ""), inputs)
        self._store.add_dispatch(request.path_params["file"], asked["ref"], commit, json.dumps(inputs), title)
        return Response(status_code=204)

    def _list_dispatched(self, request: Request) -> Response:
        wanted = [each for each in self._store.dispatches() if each.file == request.path_params["file"]]
        return page(request, [self._run_json(request, each) for each in wanted], under="workflow_runs")

    def _run_json(self, request: Request, dispatch: Dispatch) -> answers.ForgeJson:
        return answers.dispatch_json(self._at(request), dispatch, self._outcome(dispatch).conclusion)

    def _outcome(self, dispatch: Dispatch) -> WorkflowOutcome:
        return self._workflow(json.loads(dispatch.inputs))

    def _dispatched(self, number: int) -> Dispatch | None:
        return next((each for each in self._store.dispatches() if each.id + DISPATCHED == number), None)

    def _list_runs(self, request: Request) -> Response:
        asked = {"head_sha": request.query_params.get("head_sha"), "event": request.query_params.get("event")}
        asked["head_branch"] = request.query_params.get("branch")
        runs = [answers.run_json(self._at(request), each) for each in repository.tags(self._remote)]
        wanted = [run for run in runs if all(value in (None, run[key]) for key, value in asked.items())]
        return page(request, wanted, under="workflow_runs")

    def _show_run(self, request: Request) -> Response:
        dispatch = self._dispatched(request.path_params["run"])
        if dispatch is None:
            return problem(404, "Not Found")
        shown = self._run_json(request, dispatch)
        self._store.looked_at(dispatch.id)
        return JSONResponse(shown)

    def _cancel(self, request: Request) -> Response:
        """Accepts the request, as GitHub does. A run here is over at the next look anyway."""
        there = self._dispatched(request.path_params["run"]) is not None
        return JSONResponse({}, 202) if there else problem(404, "Not Found")

    def _list_jobs(self, request: Request) -> Response:
        number = request.path_params["run"]
        if (dispatch := self._dispatched(number)) is not None:
            job = {"id": number, "run_id": number, "name": "smoke", "conclusion": self._outcome(dispatch).conclusion}
            return page(request, [job], under="jobs")
        tags = [each for each in repository.tags(self._remote) if each.run == number]
        if not tags:
            return problem(404, "Not Found")
        return page(request, [answers.job_json(self._at(request), each) for each in tags], under="jobs")

    def _show_log(self, request: Request) -> Response:
        dispatch = self._dispatched(request.path_params["job"])
        if dispatch is None:
            return problem(404, "Not Found")
        lines = self._outcome(dispatch).log.splitlines()
        return PlainTextResponse("".join(f"2026-01-01T00:00:00.0000000Z {line}\n" for line in lines))


def _filled(template: str, inputs: Mapping[str, str]) -> str:
    """Replaces `${{ inputs.NAME }}` as GitHub does; a missing input is empty."""
    return re.sub(r"\$\{\{ *inputs\.([\w-]+) *\}\}", lambda found: inputs.get(found[1], ""), template)
