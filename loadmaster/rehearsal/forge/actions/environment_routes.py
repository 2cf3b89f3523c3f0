"""The requests about environments, and about jobs that wait for a reviewer of one."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from starlette.responses import JSONResponse, Response

from loadmaster.rehearsal.forge.actions.playing import Player
from loadmaster.rehearsal.forge.actions.records import ActionsMemory
from loadmaster.rehearsal.forge.actions.run_routes import RunRoutes
from loadmaster.rehearsal.forge.actions.shapes import (
    deployment_json,
    environment_in_brief,
    environment_json,
    reviewers_json,
)
from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.listing import listed
from loadmaster.rehearsal.forge.front.people import person_json
from loadmaster.rehearsal.forge.front.refusals import ForgeJson, ForgeProblem, not_found
from loadmaster.rehearsal.forge.front.rights import Needed
from loadmaster.rehearsal.forge.memory.premises import ACTOR, Premises, stamp

READ = Needed("actions", "read")
APPROVE = Needed("deployments", "write")


def environment_number(name: str) -> int:
    """The id of an environment: the same in every world."""
    return crc32(name.encode())


class EnvironmentRoutes:
    def __init__(self, premises: Premises, memory: ActionsMemory, player: Player, runs: RunRoutes) -> None:
        self._premises, self._memory, self._player, self._runs = premises, memory, player, runs

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        api = f"/repos/{self._premises.repository}"
        waiting = f"{api}/actions/runs/{{run:int}}/pending_deployments"
        yield ForgeEndpoint("GET", f"{api}/environments", self._list, READ)
        yield ForgeEndpoint("GET", f"{api}/environments/{{environment:path}}", self._show, READ)
        yield ForgeEndpoint("GET", waiting, self._list_waiting, READ)
        yield ForgeEndpoint("POST", waiting, self._decide, APPROVE)
        yield ForgeEndpoint("GET", f"{api}/actions/runs/{{run:int}}/approvals", self._list_approvals, READ)

    def _names(self) -> list[str]:
        """Those of the scenario, and those that jobs have used: GitHub makes an environment at its first use."""
        used = [job.environment for job in self._memory.jobs.all() if job.environment is not None]
        return sorted({*used, *(each.name for each in self._premises.scenario.environments)})

    def _json(self, asked: ForgeAsked, name: str) -> ForgeJson:
        said = self._premises.scenario.environment(name)
        return environment_json(asked.at, name, environment_number(name), said.reviewers if said else ())

    def _list(self, asked: ForgeAsked) -> Response:
        return listed(asked, self._names(), lambda each: self._json(asked, each), under="environments")

    def _show(self, asked: ForgeAsked) -> Response:
        if asked.path["environment"] not in self._names():
            raise not_found()
        return JSONResponse(self._json(asked, asked.path["environment"]))

    def _list_waiting(self, asked: ForgeAsked) -> Response:
        run = self._runs.require_run(asked)
        shown = []
        for job in self._memory.jobs_of(run):
            said = self._premises.scenario.environment(job.environment or "") if job.status == "waiting" else None
            if said is not None:
                shown.append(
                    {
                        "environment": environment_in_brief(asked.at, said.name, environment_number(said.name)),
                        "wait_timer": 0,
                        "wait_timer_started_at": None,
                        "current_user_can_approve": asked.rights is not None and said.may_approve,
                        "reviewers": reviewers_json(asked.at, said.reviewers),
                    }
                )
        return JSONResponse(shown)

    def _decide(self, asked: ForgeAsked) -> Response:
        run, body = self._runs.require_run(asked), asked.json()
        for field in ("environment_ids", "state", "comment"):
            if field not in body:
                raise ForgeProblem(422, f'Invalid request.\n\n"{field}" wasn\'t supplied.')
        state, comment, wanted = body["state"], asked.text(body, "comment") or "", body["environment_ids"]
        if state not in ("approved", "rejected") or not isinstance(wanted, list):
            raise ForgeProblem(422, "Invalid request.\n\n'state' must be one of 'approved', 'rejected'.")
        waiting = {job.environment for job in self._memory.jobs_of(run) if job.status == "waiting" and job.environment}
        names = tuple(sorted(name for name in waiting if environment_number(name) in wanted))
        if not names:
            raise ForgeProblem(422, "No pending deployment requests to approve or reject")
        said = [self._premises.scenario.environment(name) for name in names]
        if not all(each is not None and each.may_approve for each in said):
            raise ForgeProblem(403, "You are not authorized to approve or reject the pending deployment(s).")
        decided = self._player.decide(run, names, state, comment, ACTOR)
        return JSONResponse([deployment_json(asked.at, run, each) for each in decided])

    def _list_approvals(self, asked: ForgeAsked) -> Response:
        run = self._runs.require_run(asked)
        found = [each for each in self._memory.approvals.all() if each.run == run.id]
        return JSONResponse(
            [
                {
                    "state": each.state,
                    "comment": each.comment,
                    "environments": [
                        environment_in_brief(asked.at, name, environment_number(name))
                        | {"created_at": stamp(each.at), "updated_at": stamp(each.at)}
                        for name in each.environments
                    ],
                    "user": person_json(asked.at, each.login),
                }
                for each in found
            ]
        )
