"""The claims of an ID token about its run, after its signature is verified. Pure.

Knows the claims of GitHub Actions and of GitLab CI that crates.io reads, and when a token is valid. Refuses to
know which configurations they fit (`matching`).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, TypeVar

import jwt
from jwt.types import Options
from pydantic import StrictInt, StrictStr, ValidationError

from loadmaster.planning.crates_io.refusal import Refusal, bad_request
from loadmaster.planning.values.value import Value

LEEWAY = timedelta(seconds=60)
"""The tolerance for clocks that differ."""
UNREADABLE = "Failed to decode JWT"
_ALGORITHMS = frozenset(
    f"{family}{bits}" for family in ("HS", "ES", "RS", "PS") for bits in (256, 384, 512) if f"{family}{bits}" != "ES512"
) | {"EdDSA"}
_DANGEROUS_EVENTS = ("pull_request_target", "workflow_run")
C = TypeVar("C", bound="Claims")
_WORKFLOW = re.compile(r"([^/]+\.(?:yml|yaml))@.+")


class Claims(Value):
    """The claims of every provider. Times are seconds since 1970."""

    iat: StrictInt
    exp: StrictInt
    nbf: StrictInt | None = None
    jti: StrictStr
    sha: StrictStr
    environment: StrictStr | None = None


class GitHubClaims(Claims):
    repository_owner_id: StrictStr
    repository: StrictStr
    workflow_ref: StrictStr
    event_name: StrictStr
    run_id: StrictStr


class GitLabClaims(Claims):
    namespace_id: StrictStr
    project_path: StrictStr
    ci_config_ref_uri: StrictStr
    job_id: StrictStr


class ProviderRun(Value):
    """A run of a provider's CI, with the same fields as a configuration."""

    repository: str
    """As the ID token spells it."""
    owner: str
    owner_id: str
    name: str
    workflow: str
    environment: str | None
    data: dict[str, Any]
    """The data that crates.io keeps with the versions that the run publishes."""


def unverified(token: str) -> tuple[str, str | None]:
    """The issuer and the key id that the token claims, not yet verified. Raises `Refusal`."""
    try:
        read = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise bad_request(UNREADABLE) from None
    issuer, key = read["payload"].get("iss"), read["header"].get("kid")
    if not isinstance(issuer, str) or read["header"].get("alg") not in _ALGORITHMS:
        raise bad_request(UNREADABLE)
    return issuer, key


def verified(token: str, key: jwt.PyJWK, issuer: str, audience: str, now: datetime) -> dict[str, Any]:
    """The claims of a valid token from `issuer` for `audience`, signed with `key`. Raises `Refusal`."""
    # PyJWT uses this machine's clock; a world has its own, so times are checked below.
    options: Options = {
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_sub": False,
        "require": ["exp", "iss", "aud"],
    }
    try:
        claims = jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=issuer, options=options)
    except jwt.InvalidTokenError:
        raise bad_request(UNREADABLE) from None
    times = _read(Claims, claims)
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    too_late = times.exp < seconds - leeway
    too_early = max(times.iat, times.nbf or 0) > seconds + leeway
    if too_late or too_early or not isinstance(claims["aud"], str):
        raise bad_request(UNREADABLE)
    return dict(claims)


def github_run(proven: dict[str, Any]) -> ProviderRun:
    """Raises `Refusal` for events that strangers can start, and for claims that GitHub would not make."""
    claims = _read(GitHubClaims, proven)
    if claims.event_name in _DANGEROUS_EVENTS:
        raise bad_request(
            f"Trusted Publishing does not support the `{claims.event_name}` event trigger due to security concerns. "
            "Please use a different trigger such as `push`, `release`, or `workflow_dispatch`."
        )
    owner, slash, name = claims.repository.partition("/")
    if not slash:
        raise _unexpected("repository")
    workflow = _WORKFLOW.search(claims.workflow_ref)
    if workflow is None:
        raise _unexpected("workflow_ref")
    if not re.fullmatch(r"[+-]?[0-9]+", claims.repository_owner_id, re.ASCII) or _too_large(claims.repository_owner_id):
        raise _unexpected("repository_owner_id")
    return ProviderRun(
        repository=claims.repository,
        owner=owner,
        owner_id=str(int(claims.repository_owner_id)),
        name=name,
        workflow=workflow.group(1),
        environment=claims.environment,
        data={"provider": "github", "repository": claims.repository, "run_id": claims.run_id, "sha": claims.sha},
    )


def gitlab_run(proven: dict[str, Any]) -> ProviderRun:
    """Subgroups belong to the namespace; the part after the last slash is the project. Raises `Refusal`."""
    claims = _read(GitLabClaims, proven)
    namespace, slash, project = claims.project_path.rpartition("/")
    if not slash:
        raise _unexpected("project_path")
    workflow = _gitlab_workflow(claims.ci_config_ref_uri)
    if workflow is None:
        raise _unexpected("ci_config_ref_uri")
    return ProviderRun(
        repository=claims.project_path,
        owner=namespace,
        owner_id=claims.namespace_id,
        name=project,
        workflow=workflow,
        environment=claims.environment,
        data={"provider": "gitlab", "project_path": claims.project_path, "job_id": claims.job_id, "sha": claims.sha},
    )


def _read(model: type[C], proven: dict[str, Any]) -> C:
    """The claims that the model reads; a token has many more. Raises `Refusal`."""
    try:
        return model.model_validate({name: proven.get(name) for name in model.model_fields})
    except ValidationError:
        raise bad_request(UNREADABLE) from None


def _gitlab_workflow(uri: str) -> str | None:
    """`foo/bar.yml` of `gitlab.com/rust-lang/regex//foo/bar.yml@refs/heads/main`."""
    _, slashes, rest = uri.partition("//")
    path, at, _ = rest.rpartition("@")
    is_one = slashes and at and path.endswith((".yml", ".yaml")) and path.rpartition("/")[2] not in (".yml", ".yaml")
    return path if is_one else None


def _too_large(number: str) -> bool:
    return not -(2**31) <= int(number) < 2**31


def _unexpected(claim: str) -> Refusal:
    return bad_request(f"Unexpected `{claim}` value")
