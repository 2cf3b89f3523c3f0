"""The requests about the checks of a commit."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import JSONResponse, Response

from loadmaster.errors.git import UnknownCommit
from loadmaster.rehearsal.forge.checks.checks import Checks, CheckSeen
from loadmaster.rehearsal.forge.checks.records import ChecksMemory, StatusRecord
from loadmaster.rehearsal.forge.front.addresses import Addresses, node_id
from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.listing import listed
from loadmaster.rehearsal.forge.front.people import actions_app, person_json
from loadmaster.rehearsal.forge.front.refusals import ForgeJson, ForgeProblem
from loadmaster.rehearsal.forge.front.repository_shape import repository_in_brief
from loadmaster.rehearsal.forge.front.rights import Needed
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.memory.premises import ACTOR, Premises, stamp, stamp_or_none

READ, READ_STATUSES = Needed("checks", "read"), Needed("statuses", "read")
POST = Needed("statuses", "write")
_STATES = ("error", "failure", "pending", "success")


class CheckRoutes:
    def __init__(self, premises: Premises, memory: ChecksMemory, checks: Checks) -> None:
        self._premises, self._memory, self._checks = premises, memory, checks

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        api = f"/repos/{self._premises.repository}"
        yield ForgeEndpoint("GET", f"{api}/commits/{{revision:path}}/check-runs", self._list_runs, READ)
        yield ForgeEndpoint("GET", f"{api}/commits/{{revision:path}}/status", self._combined, READ_STATUSES)
        yield ForgeEndpoint("GET", f"{api}/commits/{{revision:path}}/statuses", self._list_statuses, READ_STATUSES)
        yield ForgeEndpoint("POST", f"{api}/statuses/{{sha}}", self._post, POST)

    def _sha(self, asked: ForgeAsked, revision: str) -> str:
        try:
            return looking.revision(self._premises.remote, revision)
        except UnknownCommit:
            raise ForgeProblem(422, f"No commit found for SHA: {revision}") from None

    def _list_runs(self, asked: ForgeAsked) -> Response:
        found = self._checks.runs(self._sha(asked, asked.path["revision"]))
        name, status = asked.query("check_name"), asked.query("status")
        found = [each for each in found if name in ("", each.name) and status in ("", each.status)]
        return listed(asked, found, lambda each: check_json(asked.at, each), under="check_runs")

    def _combined(self, asked: ForgeAsked) -> Response:
        sha = self._sha(asked, asked.path["revision"])
        found = self._checks.latest_statuses(sha)
        states = {each.state for each in found}
        bad = states & {"failure", "error"}
        state = "failure" if bad else "success" if states == {"success"} else "pending"
        return JSONResponse(
            {
                "state": state,
                "statuses": [_brief(asked.at, each) for each in found],
                "sha": sha,
                "total_count": len(found),
                "repository": repository_in_brief(asked.at),
                "commit_url": f"{asked.at.api}/commits/{sha}",
                "url": f"{asked.at.api}/commits/{sha}/status",
            }
        )

    def _list_statuses(self, asked: ForgeAsked) -> Response:
        found = self._checks.statuses(self._sha(asked, asked.path["revision"]))
        return listed(asked, found, lambda each: _status_json(asked.at, each))

    def _post(self, asked: ForgeAsked) -> Response:
        body, sha = asked.json(), asked.path["sha"]
        state = asked.required_text(body, "state")
        if state not in _STATES:
            raise ForgeProblem(
                422, "Invalid request.\n\n'state' must be one of 'error', 'failure', 'pending', 'success'."
            )
        if looking.kind_of(self._premises.remote, sha) != "commit":
            raise ForgeProblem(422, f"No commit found for SHA: {sha}")
        record = self._memory.statuses.add(
            lambda identity: StatusRecord(
                id=identity,
                sha=sha,
                state=state,
                context=asked.text(body, "context") or "default",
                description=asked.text(body, "description"),
                target_url=asked.text(body, "target_url"),
                at=self._premises.now(),
                creator=ACTOR,
            )
        )
        shown = _status_json(asked.at, record)
        return JSONResponse(shown, 201, headers={"Location": shown["url"]})


def check_json(at: Addresses, check: CheckSeen) -> ForgeJson:
    here = f"{at.api}/check-runs/{check.id}"
    page = f"{at.pages}/actions/runs/{check.job_of}/job/{check.id}" if check.job_of else f"{at.pages}/runs/{check.id}"
    return {
        "id": check.id,
        "name": check.name,
        "node_id": node_id("CheckRun", check.id),
        "head_sha": check.sha,
        "external_id": "",
        "url": here,
        "html_url": page,
        "details_url": page,
        "status": check.status,
        "conclusion": check.conclusion,
        "started_at": stamp(check.started),
        "completed_at": stamp_or_none(check.completed),
        "output": {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": 0,
            "annotations_url": f"{here}/annotations",
        },
        "check_suite": {"id": check.job_of or check.id},
        "app": actions_app(at),
        "pull_requests": [],
    }


def _brief(at: Addresses, status: StatusRecord) -> ForgeJson:
    return {
        "url": f"{at.api}/statuses/{status.sha}",
        "avatar_url": f"{at.base}/avatars/{status.creator}",
        "id": status.id,
        "node_id": node_id("StatusContext", status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": stamp(status.at),
        "updated_at": stamp(status.at),
    }


def _status_json(at: Addresses, status: StatusRecord) -> ForgeJson:
    return _brief(at, status) | {"creator": person_json(at, status.creator)}
