"""`POST` and `DELETE api/v1/trusted_publishing/tokens`: gives a registry's token for an ID token, and revokes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import Refusal, bad_request, forbidden
from loadmaster.rehearsal.registry.credentials import credential_sent
from loadmaster.rehearsal.registry.structs import Struct, Text
from loadmaster.rehearsal.registry.trustpub.access_token import check_access_token, new_access_token
from loadmaster.rehearsal.registry.trustpub.claims import LEEWAY, ProviderRun, unverified, verified
from loadmaster.rehearsal.registry.trustpub.keys import Issuers, Keys
from loadmaster.rehearsal.registry.trustpub.matching import Config, fitting
from loadmaster.rehearsal.registry.trustpub.providers import PROVIDERS
from loadmaster.rehearsal.registry.trustpub.records import Records
from loadmaster.rehearsal.registry.trustpub.structs import struct_body

_TOKENS = "/api/v1/trusted_publishing/tokens"
_REQUEST = Struct(name="ExchangeRequest", fields={"jwt": Text()})


class TokenExchange:
    def __init__(self, records: Records, issuers: Issuers, clock: Callable[[], datetime]) -> None:
        self._records, self._clock = records, clock
        self._keys = {issuer: Keys(source, clock) for issuer, source in issuers.items()}
        self._providers = {provider.issuer: provider for provider in PROVIDERS}

    def routes(self) -> tuple[Route, ...]:
        return (Route(_TOKENS, self.exchange, methods=["POST"]), Route(_TOKENS, self.revoke, methods=["DELETE"]))

    async def exchange(self, request: Request) -> Response:
        jwt = (await struct_body(request, _REQUEST))["jwt"]
        issuer, key_id = unverified(jwt)
        if issuer not in self._keys or issuer not in self._providers:
            raise bad_request(f"Unsupported JWT issuer: {issuer}")
        if key_id is None:
            raise bad_request("Missing JWT key ID")
        key = await self._keys[issuer].key(key_id)
        claims = verified(jwt, key, issuer, audience=request.url.netloc, now=self._clock())
        return JSONResponse({"token": await run_in_threadpool(self._issue, issuer, claims)})

    def _issue(self, issuer: str, claims: dict[str, Any]) -> str:
        """A token for every crate with a configuration that matches the run. Raises `Refusal`."""
        provider, token = self._providers[issuer], new_access_token()

        def judge(configs: Sequence[Config]) -> tuple[ProviderRun, tuple[Config, ...]]:
            run = provider.read_run(claims)
            return run, fitting(configs, run, provider.words)

        until = datetime.fromtimestamp(claims["exp"], UTC) + LEEWAY
        self._records.issue(provider, claims["jti"], until, token, self._clock(), judge)
        return token

    async def revoke(self, request: Request) -> Response:
        sent = credential_sent(request.headers.get("Authorization"))
        if sent is None:
            raise Refusal(401, "Missing `Authorization` header")
        await run_in_threadpool(self._records.revoke, check_access_token(sent))
        return Response(status_code=204)

    def admit(self, credential: str, crate: str | None, now: datetime) -> dict[str, Any]:
        """The data of the run whose token publishes to `crate`; None for a missing crate. Raises `Refusal`."""
        token = check_access_token(credential)
        if crate is None:
            raise forbidden(
                "Trusted Publishing tokens do not support creating new crates. Publish the crate manually, first"
            )
        known = self._records.token(token, now)
        if known is None:
            raise forbidden("Invalid authentication token")
        crates, run = known
        if canonical(crate) not in crates:
            raise forbidden(f"The provided access token is not valid for crate `{crate}`")
        return run
