"""The forge as an ASGI application: it checks tokens, and logs every request.

GitHub's answers to strangers: an unknown token is 401 everywhere; without one, writing is 404. It refuses to know pull
requests and checks; their routes would be beside those of the repository and the releases.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from loadmaster.rehearsal.faults import FaultScript, Misfortune, WholeServer
from loadmaster.rehearsal.forge import store
from loadmaster.rehearsal.forge.answers import problem
from loadmaster.rehearsal.forge.release_routes import ReleaseRoutes, refusal
from loadmaster.rehearsal.forge.repository_routes import RepositoryRoutes
from loadmaster.rehearsal.forge.store import ForgeStore
from loadmaster.rehearsal.forge.workflow_routes import PlayedWorkflow, WorkflowRoutes, runs_nothing
from loadmaster.run.clock import utc_now


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
        faults: FaultScript | None = None,
        workflow: PlayedWorkflow = runs_nothing,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`workflow` is what a dispatched workflow does; `clock` is what the script counts by; `sleep` waits so many of
        its seconds."""
        self._store, repository = ForgeStore(directory), f"{owner}/{name}"
        self._repository = RepositoryRoutes(remote, repository)
        self._workflows = WorkflowRoutes(self._store, remote, repository, workflow)
        self._misfortune = Misfortune(faults, directory / "faults.sqlite", clock=clock, sleep=sleep)
        self._releases = ReleaseRoutes(self._store, remote, repository, self._misfortune, immutable=immutable_releases)

    def add_token(self, token: str) -> None:
        """Lets everybody write who sends this token. Only its digest is kept."""
        self._store.add_token(token)

    def requests(self) -> tuple[store.LoggedRequest, ...]:
        """All requests so far, in the order of the answers."""
        return self._store.requests()

    def app(self) -> Starlette:
        """The application, to be served at the root or mounted anywhere: addresses in its answers follow the request's."""
        return Starlette(
            routes=[*self._repository.routes(), *self._workflows.routes(), *self._releases.routes()],
            middleware=[
                Middleware(WholeServer, self._misfortune, "forge", _refuse),
                Middleware(BaseHTTPMiddleware, dispatch=self._admit),
            ],
            exception_handlers={404: _not_found, 405: _not_found},
        )

    async def _admit(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        request.state.may_write = scheme.lower() in ("bearer", "token") and self._store.knows(token)
        if scheme and not request.state.may_write:
            response: Response = problem(401, "Bad credentials")
        elif request.method not in ("GET", "HEAD") and not request.state.may_write:
            response = problem(404, "Not Found")
        else:
            response = await call_next(request)
        path = request.url.path.removeprefix(request.scope.get("root_path", ""))
        self._store.log(request.method, path, response.status_code)
        return response


def _refuse(request: Request, status: int, detail: str, headers: Mapping[str, str]) -> Response:
    return refusal(status, detail, headers)


def _not_found(request: Request, error: Exception) -> Response:
    return problem(404, "Not Found")
