"""The requests about workflows themselves: listed, shown, switched off, dispatched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from loadmaster.rehearsal.forge.actions.playing import Player
from loadmaster.rehearsal.forge.actions.records import ActionsMemory
from loadmaster.rehearsal.forge.actions.shapes import workflow_json, workflow_number
from loadmaster.rehearsal.forge.actions.starting import Starting
from loadmaster.rehearsal.forge.actions.workflow_file import DispatchInput, WorkflowSource
from loadmaster.rehearsal.forge.actions.workflow_files import workflow_at, workflows_at
from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.listing import listed
from loadmaster.rehearsal.forge.front.refusals import ForgeJson, ForgeProblem, not_found
from loadmaster.rehearsal.forge.front.rights import Needed
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.memory.premises import Premises

READ, WRITE = Needed("actions", "read"), Needed("actions", "write")
_MOST_INPUTS = 25


class WorkflowRoutes:
    def __init__(self, premises: Premises, memory: ActionsMemory, starting: Starting, player: Player) -> None:
        self._premises, self._memory, self._starting, self._player = premises, memory, starting, player

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        api = f"/repos/{self._premises.repository}/actions/workflows"
        yield ForgeEndpoint("GET", api, self._list, READ)
        yield ForgeEndpoint("GET", f"{api}/{{workflow}}", self._show, READ)
        yield ForgeEndpoint("PUT", f"{api}/{{workflow}}/disable", self._disable, WRITE)
        yield ForgeEndpoint("PUT", f"{api}/{{workflow}}/enable", self._enable, WRITE)
        yield ForgeEndpoint("POST", f"{api}/{{workflow}}/dispatches", self._dispatch, WRITE, door="dispatch")

    def require(self, asked: ForgeAsked) -> WorkflowSource:
        """The workflow of the path, by its number or its file, as it is on the default branch. Raises `ForgeProblem`."""
        wanted = asked.path["workflow"]
        for each in self._there():
            if wanted in (str(workflow_number(each.path)), each.file, each.path):
                return each
        raise not_found()

    def _there(self) -> tuple[WorkflowSource, ...]:
        remote = self._premises.remote
        branch = f"refs/heads/{looking.default_branch(remote)}"
        tip = looking.commit_of(remote, branch)
        return workflows_at(remote, tip) if tip is not None else ()

    def _json(self, asked: ForgeAsked, source: WorkflowSource) -> ForgeJson:
        return workflow_json(asked.at, source.path, source.name, disabled=self._memory.is_disabled(source.path))

    def _list(self, asked: ForgeAsked) -> Response:
        return listed(asked, self._there(), lambda each: self._json(asked, each), under="workflows")

    def _show(self, asked: ForgeAsked) -> Response:
        return JSONResponse(self._json(asked, self.require(asked)))

    def _disable(self, asked: ForgeAsked) -> Response:
        self._memory.disable(self.require(asked).path, disabled=True)
        return Response(status_code=204)

    def _enable(self, asked: ForgeAsked) -> Response:
        self._memory.disable(self.require(asked).path, disabled=False)
        return Response(status_code=204)

    def _dispatch(self, asked: ForgeAsked) -> Response:
        source, body = self.require(asked), asked.json()
        name = asked.required_text(body, "ref")
        ref, sha = self._ref(name)
        at_ref = workflow_at(self._premises.remote, sha, source.path)
        if at_ref.dispatch is None:
            raise ForgeProblem(422, "Workflow does not have 'workflow_dispatch' trigger")
        if self._memory.is_disabled(source.path):
            raise ForgeProblem(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
        inputs = _checked(at_ref.dispatch, body.get("inputs") or {})
        started = self._starting.dispatched(at_ref, ref, sha, inputs)
        self._player.wake()
        if body.get("return_run_details") is not True or not started:
            return Response(status_code=204)
        here = f"actions/runs/{started[0].id}"
        details = {"workflow_run_id": started[0].id, "run_url": f"{asked.at.api}/{here}"}
        return JSONResponse(details | {"html_url": f"{asked.at.pages}/{here}"})

    def _ref(self, name: str) -> tuple[str, str]:
        """The branch or tag in full, and its commit. Raises `ForgeProblem`."""
        wanted = (name,) if name.startswith("refs/") else (f"refs/heads/{name}", f"refs/tags/{name}")
        for ref in wanted:
            if (sha := looking.commit_of(self._premises.remote, ref)) is not None:
                return ref, sha
        raise ForgeProblem(422, f"No ref found for: {name}")


def _checked(known: Mapping[str, DispatchInput], given: Any) -> dict[str, str]:
    """The inputs as texts, with their defaults. Raises `ForgeProblem`."""
    if not isinstance(given, dict):
        raise ForgeProblem(422, "Invalid request.\n\nFor 'inputs', the value is not an object.")
    if len(given) > _MOST_INPUTS:
        raise ForgeProblem(422, f"Invalid request.\n\nNo more than {_MOST_INPUTS} properties are allowed.")
    if unexpected := sorted(set(given) - set(known)):
        raise ForgeProblem(422, f"Unexpected inputs provided: {json.dumps(unexpected)}")
    inputs = {}
    for name, said in known.items():
        value = given.get(name, said.default)
        if value is None:
            if said.required:
                raise ForgeProblem(422, f"Required input '{name}' not provided")
            continue
        text = json.dumps(value) if isinstance(value, bool) else str(value)
        allowed = {"choice": said.options, "boolean": ("true", "false")}.get(said.kind, ())
        if allowed and text not in allowed:
            raise ForgeProblem(422, f"Provided value '{text}' for input '{name}' not in the list of allowed values")
        inputs[name] = text
    return inputs
