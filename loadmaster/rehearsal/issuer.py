"""The issuer of a rehearsal: signs ID tokens for its runs as GitHub Actions does, with a key made for this world.

It has the name of GitHub's issuer, so that a registry treats its tokens alike. Nobody else has or accepts its key.
A request token gives ID tokens for the run that it was made for, as in a job on GitHub.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm
from pydantic import Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry.trustpub import GITHUB, GITLAB, Issuers, KeySource
from loadmaster.run.store import write_atomically

_LIFE = 300
"""The life of an ID token in seconds, as at GitHub."""
_REQUESTS = "id-token-requests"
_INSIDE = "http://issuer.invalid"


class IssuedRun(Value):
    """A run as its ID token describes it. The defaults are a release of no particular project."""

    repository: str
    repository_owner_id: int
    workflow: str
    """The name of the workflow's file."""
    environment: str | None = None
    event: str = "workflow_dispatch"
    ref: str = "refs/heads/main"
    run_id: int = 1
    sha: str = "0" * 40


class Flaws(Value):
    """Flaws of a run's ID tokens, for tests."""

    clock_ahead: float = 0.0
    """Seconds by which the issuer's clock is ahead, or behind if negative."""
    key: Literal["own", "unknown", "forged", "unnamed"] = "own"
    """`unknown`: a key that the issuer does not publish; `forged`: such a key under the name of its own."""
    claims: dict[str, Any] = Field(default_factory=dict)
    """These replace the usual claims."""
    without: tuple[str, ...] = ()
    """Claims that are left out."""


SOUND = Flaws()


class Start(Value):
    run: IssuedRun
    flaws: Flaws = SOUND


class Issuer:
    def __init__(self, directory: Path, clock: Callable[[], datetime]) -> None:
        """`directory` keeps the key, which is made at the first use."""
        self._file, self._clock = directory / "issuer.pem", clock
        self._keys: dict[str, rsa.RSAPrivateKey] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.configuration),
                Route("/.well-known/jwks", self.keys),
                Route("/token", self.token),
                Route("/runs", self.start, methods=["POST"]),
            ]
        )

    def issuers(self) -> Issuers:
        """For a registry in this process."""
        source = KeySource(_INSIDE, httpx.ASGITransport(self.app()))
        return {GITHUB: source, GITLAB: source}

    def request_token(self, run: IssuedRun, flaws: Flaws = SOUND) -> str:
        """The credential with which a job asks for ID tokens."""
        told = {"aud": _REQUESTS, "run": run.model_dump(), "flaws": flaws.model_dump()}
        return jwt.encode(told, self._key("own"), "RS256")

    def id_token(self, run: IssuedRun, audience: str, flaws: Flaws = SOUND) -> str:
        now = int(self._clock().timestamp() + flaws.clock_ahead)
        claims = _claims(run) | {"iss": GITHUB, "aud": audience, "jti": secrets.token_hex(16)}
        claims |= {"iat": now, "nbf": now - _LIFE, "exp": now + _LIFE} | flaws.claims
        told = {name: value for name, value in claims.items() if value is not None and name not in flaws.without}
        key = self._key("other" if flaws.key in ("unknown", "forged") else "own")
        header = {} if flaws.key == "unnamed" else {"kid": _key_id("other" if flaws.key == "unknown" else "own")}
        return jwt.encode(told, key, "RS256", headers=header)

    async def configuration(self, request: Request) -> Response:
        here = str(request.base_url).rstrip("/")
        return JSONResponse({"issuer": GITHUB, "jwks_uri": f"{here}/.well-known/jwks"})

    async def keys(self, request: Request) -> Response:
        public = json.loads(RSAAlgorithm.to_jwk(self._key("own").public_key()))
        return JSONResponse({"keys": [public | {"kid": _key_id("own"), "alg": "RS256", "use": "sig"}]})

    async def token(self, request: Request) -> Response:
        """Answers `?audience=…` with an ID token, for a request token as bearer."""
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        try:
            told = jwt.decode(bearer, self._key("own").public_key(), ["RS256"], audience=_REQUESTS)
        except jwt.InvalidTokenError:
            told = None
        if told is None or scheme.lower() != "bearer":
            return JSONResponse({"message": "Unauthorized"}, status_code=401)
        run, flaws = IssuedRun.model_validate(told["run"]), Flaws.model_validate(told["flaws"])
        audience = request.query_params.get("audience", f"https://github.com/{run.repository.partition('/')[0]}")
        return JSONResponse({"value": self.id_token(run, audience, flaws)})

    async def start(self, request: Request) -> Response:
        """Starts a run, which everybody in this world may: takes `{"run": …, "flaws": …}` and answers its request token."""
        try:
            asked = Start.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"message": str(error)}, status_code=422)
        return JSONResponse({"token": self.request_token(asked.run, asked.flaws)})

    def _key(self, name: str) -> rsa.RSAPrivateKey:
        """The key `own`, or `other`, which the issuer does not publish."""
        if name not in self._keys:
            self._keys[name] = self._own_key() if name == "own" else _new_key()
        return self._keys[name]

    def _own_key(self) -> rsa.RSAPrivateKey:
        if not self._file.exists():
            pem = _new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_atomically(self._file, pem)
            self._file.chmod(0o600)
        key = load_pem_private_key(self._file.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key


def _key_id(name: str) -> str:
    return f"rehearsal-{name}"


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _claims(run: IssuedRun) -> dict[str, Any]:
    owner = run.repository.partition("/")[0]
    place = f"environment:{run.environment}" if run.environment is not None else f"ref:{run.ref}"
    workflow = f"{run.repository}/.github/workflows/{run.workflow}@{run.ref}"
    return {
        "sub": f"repo:{run.repository}:{place}",
        "repository": run.repository,
        "repository_owner": owner,
        "repository_owner_id": str(run.repository_owner_id),
        "workflow_ref": workflow,
        "job_workflow_ref": workflow,
        "environment": run.environment,
        "event_name": run.event,
        "ref": run.ref,
        "ref_type": "tag" if run.ref.startswith("refs/tags/") else "branch",
        "run_id": str(run.run_id),
        "run_attempt": "1",
        "runner_environment": "github-hosted",
        "sha": run.sha,
    }
