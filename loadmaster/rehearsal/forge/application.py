"""The forge as an ASGI application, and as something that goes on by itself: workflows that run, checks, other people."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.profile.rehearsed_job import RehearsedJob
from loadmaster.rehearsal.faults import FaultScript, Misfortune, WholeServer
from loadmaster.rehearsal.forge.actions.environment_routes import EnvironmentRoutes
from loadmaster.rehearsal.forge.actions.job_logs import JobLogs
from loadmaster.rehearsal.forge.actions.playing import Player
from loadmaster.rehearsal.forge.actions.records import ActionsMemory
from loadmaster.rehearsal.forge.actions.run_routes import RunRoutes
from loadmaster.rehearsal.forge.actions.starting import Starting
from loadmaster.rehearsal.forge.actions.workflow_routes import WorkflowRoutes
from loadmaster.rehearsal.forge.actions.works import JobWork, PlayedWorkflow
from loadmaster.rehearsal.forge.checks.check_routes import CheckRoutes
from loadmaster.rehearsal.forge.checks.checks import Checks, CheckSeen
from loadmaster.rehearsal.forge.checks.records import ChecksMemory
from loadmaster.rehearsal.forge.front.callers import Callers, LoggedRequest
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint, FrontDoor, refusal
from loadmaster.rehearsal.forge.git_data import looking, push_spool
from loadmaster.rehearsal.forge.git_data.branch_routes import BranchRoutes
from loadmaster.rehearsal.forge.git_data.commit_routes import CommitRoutes
from loadmaster.rehearsal.forge.git_data.looking import NOTHING
from loadmaster.rehearsal.forge.git_data.moved import moved_endpoints
from loadmaster.rehearsal.forge.git_data.ref_routes import RefRoutes
from loadmaster.rehearsal.forge.git_data.ref_rules import Violation, hook_text, push_violations
from loadmaster.rehearsal.forge.git_data.tags_seen import TagsSeen
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate
from loadmaster.rehearsal.forge.memory.premises import ACTOR, Premises
from loadmaster.rehearsal.forge.memory.shelves import ForgeFile
from loadmaster.rehearsal.forge.pulls.judging import PullJudge
from loadmaster.rehearsal.forge.pulls.pull_routes import PullRoutes
from loadmaster.rehearsal.forge.pulls.pulls import Pulls
from loadmaster.rehearsal.forge.pulls.records import PullMemory, PullRecord
from loadmaster.rehearsal.forge.releases.asset_routes import AssetRoutes
from loadmaster.rehearsal.forge.releases.ci_uploads import CiUploads
from loadmaster.rehearsal.forge.releases.planting import plant_releases
from loadmaster.rehearsal.forge.releases.release_routes import ReleaseRoutes
from loadmaster.rehearsal.forge.releases.store import ReleaseStore
from loadmaster.rehearsal.forge.site.site_routes import SiteRoutes
from loadmaster.rehearsal.forge_scenario import HEALTHY, ForgeScenario, ForgeTokenRights
from loadmaster.run.clock import utc_now

_PULSE = 0.1
"""Seconds between two looks at what is due."""


class Forge:
    """The forge of one repository, `owner/name`, whose refs are those of the bare repository `remote`.

    Its state is in `directory`: any process that opens the directory again finds the same forge.
    """

    def __init__(
        self,
        directory: Path,
        *,
        remote: Path,
        owner: str,
        name: str,
        immutable_releases: bool = False,
        scenario: ForgeScenario = HEALTHY,
        faults: FaultScript | None = None,
        jobs: tuple[RehearsedJob, ...] = (),
        variables: Mapping[str, str] | None = None,
        workflow: PlayedWorkflow | None = None,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`jobs` is what the profile says of the workflows' jobs, `variables` are the repository's (`vars`), `workflow` is what a
        dispatched workflow comes to; `clock` is what everything counts by; `sleep` waits so many of its seconds."""
        if immutable_releases:
            scenario = scenario.model_copy(update={"immutable_releases": True})
        self._premises = premises = Premises(
            directory=directory,
            remote=remote,
            repository=f"{owner}/{name}",
            file=ForgeFile(directory / "forge.sqlite"),
            scenario=scenario,
            clock=clock,
        )
        push_spool.install(remote)
        self._tags = TagsSeen(directory / "tags.json", remote)
        self._callers = Callers(premises.file)
        self._misfortune = Misfortune(faults, directory / "faults.sqlite", clock=clock, sleep=sleep)
        self._door = FrontDoor(premises, self._callers, self._misfortune, self.advance)
        variables = dict(variables or {})
        self._actions, logs = ActionsMemory(premises.file), JobLogs(premises)
        self._starting = Starting(premises, self._actions, variables)
        self._player = Player(premises, self._actions, logs, jobs=jobs, variables=variables, dispatched=workflow)
        self._checks_memory = ChecksMemory(premises.file)
        self.checks = Checks(premises, self._checks_memory, self._job_checks)
        pull_memory = PullMemory(premises.file)
        self._pulls = Pulls(premises, pull_memory, self._checks_memory, self.pushed, self._proposed)
        self._releases = ReleaseStore(premises)
        plant_releases(premises, self._releases)
        releases = ReleaseRoutes(premises, self._releases, self.judge, self.pushed)
        assets = AssetRoutes(premises, self._releases, releases)
        self.ci_uploads = CiUploads(premises, self._releases, assets)
        workflows = WorkflowRoutes(premises, self._actions, self._starting, self._player)
        runs = RunRoutes(premises, self._actions, self._player, logs, workflows)
        environments = EnvironmentRoutes(premises, self._actions, self._player, runs)
        commits = CommitRoutes(premises)
        pull_judge = PullJudge(premises, self.checks)
        site = SiteRoutes(
            premises, (self._actions, self._player, logs), (pull_memory, self._pulls, pull_judge), self._releases
        )
        self._endpoints: list[ForgeEndpoint] = [
            *RefRoutes(premises, self.judge, self.pushed).endpoints(),
            *BranchRoutes(premises).endpoints(),
            *commits.endpoints(),
            *CheckRoutes(premises, self._checks_memory, self.checks).endpoints(),
            *PullRoutes(premises, pull_memory, self._pulls, pull_judge).endpoints(),
            *runs.endpoints(),
            *workflows.endpoints(),
            *environments.endpoints(),
            *assets.endpoints(),
            *releases.endpoints(),
            *site.endpoints(),
            *commits.last_endpoints(),
        ]

    def add_token(self, token: str, rights: ForgeTokenRights | None = None) -> None:
        """Lets in who sends this token, with the scenario's rights by default. Only its digest is kept."""
        self._callers.add(token, rights or self._premises.scenario.token)

    def requests(self) -> tuple[LoggedRequest, ...]:
        """All requests so far, in the order of the answers."""
        return self._callers.requests()

    def app(self) -> Starlette:
        """The application, to be served at the root or mounted anywhere: addresses in its answers follow the request's."""
        return Starlette(
            routes=[
                self._door.route(each) for each in (*self._endpoints, *moved_endpoints(self._premises, self._endpoints))
            ],
            middleware=[Middleware(WholeServer, self._misfortune, "forge", _refuse)],
            exception_handlers={404: self._door.unknown, 405: self._door.unknown},
        )

    @contextmanager
    def running(self, works: Mapping[str, JobWork]) -> Iterator[None]:
        """Lets the forge go on by itself in the block, in a thread; `works` is what jobs can do, by the profile's words."""
        ended = threading.Event()

        def go_on() -> None:
            while not ended.wait(_PULSE):
                with suppress(LoadmasterError):  # such as of a disk that is full for a while
                    self.advance()

        self._player.open(works)
        thread = threading.Thread(target=go_on, name="forge", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            self._player.close()
            thread.join(timeout=10)

    def advance(self) -> None:
        """Takes everything on to the present instant: pushes that came, runs, and what other people do."""
        with self._premises.lock:
            for push in push_spool.take(self._premises.remote):
                self.pushed(push)
            for update in self._tags.missed():
                self.pushed([update])
            self._pulls.advance()
            self._player.advance()

    def judge(self, update: RefUpdate) -> tuple[Violation, ...]:
        """The rules that an update violates which comes by a push or by the API for refs."""
        remote, scenario = self._premises.remote, self._premises.scenario
        exists = not update.creates and not update.deletes
        rewinds = exists and update.branch is not None and not looking.is_ancestor(remote, update.old, update.new)
        checks = {} if update.deletes or not scenario.required_checks else self.checks.states(update.new)
        branch = looking.default_branch(remote)
        return push_violations(scenario, branch, update, checks, rewinds=rewinds)

    def refusal_of_push(self, update: RefUpdate) -> str | None:
        """What the git remote says against an update that is pushed. What rewinds is refused by its own hook, which alone sees the
        commits."""
        checks = {} if update.deletes else self.checks.states(update.new)
        branch = looking.default_branch(self._premises.remote)
        violations = push_violations(self._premises.scenario, branch, update, checks, rewinds=False)
        return hook_text(update.ref, violations) if violations else None

    def pushed(self, updates: Sequence[RefUpdate], actor: str = ACTOR) -> None:
        """Refs were updated: checks and workflows begin."""
        with self._premises.lock:
            self._tags.note(updates)
            for update in updates:
                if update.branch is not None and update.new != NOTHING:
                    self._checks_memory.arrived(update.new, self._premises.now())
            if self._starting.pushed(updates, actor):
                self._player.wake()

    def _proposed(self, pull: PullRecord) -> None:
        if self._starting.pull_request(pull.id, pull.head, pull.head_sha, pull.title):
            self._player.wake()

    def _job_checks(self, sha: str) -> list[CheckSeen]:
        of_commit = [run for run in self._actions.runs.all() if run.head_sha == sha]
        return [
            CheckSeen(
                id=job.id,
                name=job.name,
                sha=sha,
                status=job.status,
                conclusion=job.conclusion,
                started=job.started or job.created,
                completed=job.completed,
                job_of=run.id,
            )
            for run in of_commit
            for job in self._actions.jobs_of(run)
        ]


def _refuse(request: Request, status: int, detail: str, headers: Mapping[str, str]) -> Response:
    return refusal(status, detail, headers)
