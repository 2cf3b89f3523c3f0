"""The front door of the API: lets callers in, counts them, judges their rights, and only then reads what they want.

The order is GitHub's: an unknown token is 401; then the limits; then the rights; then the body. So a write with an empty body is
422 for whoever may and 403 for whoever may not. Faults of a scripted door come between the rights and the effect.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from loadmaster.rehearsal.faults import Dealing, Door, Misfortune
from loadmaster.rehearsal.forge.front.addresses import addresses
from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.callers import Callers, ForgeCaller
from loadmaster.rehearsal.forge.front.entity_tags import NOT_MODIFIED, tagged
from loadmaster.rehearsal.forge.front.limits import RequestLimits
from loadmaster.rehearsal.forge.front.refusals import ForgeJson, ForgeProblem, problem
from loadmaster.rehearsal.forge.front.rights import Needed, denial, may_push
from loadmaster.rehearsal.forge.memory.premises import Premises

Answering = Callable[[ForgeAsked], Response]
_READS = ("GET", "HEAD")


class ForgeEndpoint(NamedTuple):
    """One request that the forge knows."""

    method: str
    path: str
    answer: Answering
    """Called in a thread, with the lock. Raises `ForgeProblem`."""
    need: Needed = Needed("metadata", "read")
    door: Door | None = None
    """The door of scripted faults that it goes through."""
    effective: Callable[[ForgeJson], bool] = lambda _: True
    """Whether a request with that body goes through the door at all."""
    receives: bool = False
    """Whether its body is a file: `ForgeAsked.file` then has it, and `body` is empty."""
    broken: Callable[[ForgeAsked], None] | None = None
    """Called if the connection breaks while the file comes."""
    api: bool = True
    """False for pages and storage: no token, no limit, no rights."""


class FrontDoor:
    def __init__(
        self,
        premises: Premises,
        callers: Callers,
        misfortune: Misfortune,
        advance: Callable[[], None],
    ) -> None:
        """`advance` is called before each request: it lets the forge's own work go on to the present instant."""
        self._premises, self._callers, self._misfortune, self._advance = premises, callers, misfortune, advance
        self._limits = RequestLimits(premises)

    def route(self, endpoint: ForgeEndpoint) -> Route:
        return Route(endpoint.path, partial(self._answer, endpoint), methods=[endpoint.method])

    async def unknown(self, request: Request, error: Exception) -> Response:
        """The answer to what the forge does not know."""
        return await self._answer(_UNKNOWN, request)

    async def _answer(self, endpoint: ForgeEndpoint, request: Request) -> Response:
        request_id = ":".join(secrets.token_hex(2).upper() for _ in range(5))
        caller: ForgeCaller | None = None
        try:
            caller = self._caller(request) if endpoint.api else None
            self._admit(endpoint, request, caller, request_id)
            answer = await self._carry_out(endpoint, request, caller)
        except ForgeProblem as refused:
            answer = refused.answer()
        return await run_in_threadpool(self._finish, endpoint, request, caller, answer, request_id)

    def _caller(self, request: Request) -> ForgeCaller | None:
        authorization = request.headers.get("authorization", "")
        caller = self._callers.caller(authorization) if authorization else None
        if authorization and caller is None:
            raise ForgeProblem(401, "Bad credentials")
        return caller

    def _admit(self, endpoint: ForgeEndpoint, request: Request, caller: ForgeCaller | None, request_id: str) -> None:
        if not endpoint.api:
            return
        self._limits.require_left(caller.digest if caller else None, request_id)
        if request.method not in _READS:
            self._limits.require_slow(request_id)
        need = endpoint.need
        if endpoint is _UNKNOWN and request.method not in _READS:
            need = Needed("contents", "write")
        denied = denial(caller.rights if caller else None, need, private=self._premises.scenario.private)
        if denied is not None:
            raise ForgeProblem(denied.status, denied.message)

    async def _carry_out(self, endpoint: ForgeEndpoint, request: Request, caller: ForgeCaller | None) -> Response:
        door = endpoint.door
        if door is not None and not endpoint.receives and not endpoint.effective(_body_of(await request.body())):
            door = None
        fault = self._misfortune.due(door) if door is not None else None
        received: list[Path] = []

        async def read() -> None:
            if endpoint.receives:
                received.append(await self._receive(endpoint, request, caller))
            else:
                await request.body()

        async def act() -> Response:
            body = b"" if endpoint.receives else await request.body()
            asked = self._asked(request, caller, body, received[0] if received else None)
            return await run_in_threadpool(self._act, endpoint, asked)

        try:
            return await self._misfortune.meet(fault, request, Dealing(read=read, act=act, refuse=refusal))
        finally:
            for file in received:
                file.unlink(missing_ok=True)

    async def _receive(self, endpoint: ForgeEndpoint, request: Request, caller: ForgeCaller | None) -> Path:
        """Writes the body to a file, piece by piece."""
        folder = self._premises.directory / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / secrets.token_hex(8)
        try:
            with file.open("wb") as sink:
                async for piece in request.stream():
                    sink.write(piece)
        except ClientDisconnect:
            file.unlink(missing_ok=True)
            if endpoint.broken is not None:
                asked = self._asked(request, caller, b"", None)
                await run_in_threadpool(self._locked, endpoint.broken, asked)
            raise ForgeProblem(400, "Bad Size") from None  # nobody receives it
        return file

    def _asked(self, request: Request, caller: ForgeCaller | None, body: bytes, file: Path | None) -> ForgeAsked:
        rights = caller.rights if caller else None
        return ForgeAsked(
            request=request,
            at=addresses(request, self._premises.repository),
            caller=caller.digest if caller else None,
            rights=rights,
            body=body,
            file=file,
            may_push=may_push(rights, private=self._premises.scenario.private),
        )

    def _act(self, endpoint: ForgeEndpoint, asked: ForgeAsked) -> Response:
        try:
            self._advance()
            with self._premises.lock:
                return endpoint.answer(asked)
        except ForgeProblem as refused:
            return refused.answer()

    def _locked(self, work: Callable[[ForgeAsked], None], asked: ForgeAsked) -> None:
        with self._premises.lock:
            work(asked)

    def _finish(
        self, endpoint: ForgeEndpoint, request: Request, caller: ForgeCaller | None, answer: Response, request_id: str
    ) -> Response:
        """Adds the headers that every answer of the API has, counts the request, and logs it."""
        path = request.url.path.removeprefix(request.scope.get("root_path", ""))
        self._callers.log(request.method, path, answer.status_code)
        if not endpoint.api:
            return answer
        answer = tagged(request, answer)
        digest = caller.digest if caller else None
        if answer.status_code not in (NOT_MODIFIED, 401):
            self._limits.count(digest)
        headers = self._limits.hour(digest).headers() | {
            "X-GitHub-Media-Type": "github.v3; format=json",
            "x-github-api-version-selected": "2022-11-28",
            "X-GitHub-Request-Id": request_id,
            "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP",
            **_rights_headers(endpoint, caller),
        }
        if request.method in _READS:
            headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
        if answer.headers.get("content-type") == "application/json":
            answer.headers["Content-Type"] = "application/json; charset=utf-8"
        for name, value in headers.items():
            answer.headers.setdefault(name, value)
        return answer


def refusal(status: int, detail: str, headers: Mapping[str, str]) -> Response:
    return problem(status, detail, headers=headers)


def _rights_headers(endpoint: ForgeEndpoint, caller: ForgeCaller | None) -> dict[str, str]:
    if caller is None:
        return {}
    headers = {}
    if caller.rights.kind == "classic":
        headers = {"X-OAuth-Scopes": ", ".join(caller.rights.scopes), "X-Accepted-OAuth-Scopes": "repo"}
    else:
        headers = {"X-Accepted-GitHub-Permissions": endpoint.need.accepted}
    if caller.rights.expires is not None:
        when = f"{caller.rights.expires.astimezone():%Y-%m-%d %H:%M:%S %z}"
        headers["GitHub-Authentication-Token-Expiration"] = when
    return headers


def _body_of(content: bytes) -> ForgeJson:
    try:
        return ForgeAsked.read(content)
    except ForgeProblem:
        return {}


def _nothing(asked: ForgeAsked) -> Response:
    raise ForgeProblem(404, "Not Found")


_UNKNOWN = ForgeEndpoint("GET", "", _nothing)
