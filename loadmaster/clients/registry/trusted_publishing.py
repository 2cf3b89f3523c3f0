"""Trusted publishing over HTTP: an ID token from whoever vouches for this process, a registry's token for it, its end.

Every function asks once. Tokens come and go as text; whoever calls wraps them (`loadmaster.credentials.token`). The shapes
are those of GitHub Actions (the ID token) and of crates.io (`/api/v1/trusted_publishing/tokens`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx

from loadmaster.errors.credentials import ExchangeRefused, IdentityRefused, IdentityUnavailable, TokenNotRevoked
from loadmaster.errors.redaction import redact
from loadmaster.errors.registry import RegistryUnreachable


def audience_of(api: str) -> str:
    """What an ID token for this registry must be made out to: the address without its scheme, `crates.io`."""
    return urlsplit(api).netloc


def identity_token(url: str, request_token: str, audience: str, client: httpx.Client) -> str:
    """A JWT for `audience`. Raises `IdentityUnavailable`, `IdentityRefused`."""
    headers = {"Authorization": f"Bearer {request_token}", "Accept": "application/json"}
    try:
        asked = httpx.URL(url).copy_merge_params({"audience": audience})
        answer = client.get(asked, headers=headers, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IdentityUnavailable(url, _named(error)) from error
    if answer.status_code in (400, 401, 403, 404):
        raise IdentityRefused(url, answer.status_code, _said(answer))
    if (jwt := _text(answer, "value")) is None:
        raise IdentityUnavailable(url, f"{answer.status_code}: {_said(answer)}")
    return jwt


def exchange(api: str, jwt: str, client: httpx.Client) -> str:
    """The registry's token for an ID token; for all crates whose configuration matches it, for 30 minutes.

    Raises `ExchangeRefused`, `RegistryUnreachable`.
    """
    url = _tokens(api)
    try:
        answer = client.post(url, json={"jwt": jwt}, follow_redirects=False)
    except httpx.HTTPError as error:
        raise RegistryUnreachable(url, _named(error)) from error
    if 400 <= answer.status_code < 500 and answer.status_code not in (408, 429):
        raise ExchangeRefused(url, answer.status_code, _said(answer))
    if (token := _text(answer, "token")) is None:
        raise RegistryUnreachable(url, f"{answer.status_code}: {_said(answer)}")
    return token


def revoke(api: str, token: str, client: httpx.Client) -> None:
    """Ends the life of a token; that of one that is revoked already, too. Raises `TokenNotRevoked`."""
    url = _tokens(api)
    try:
        answer = client.delete(url, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)
    except httpx.HTTPError as error:
        raise TokenNotRevoked(url, _named(error)) from error
    if answer.status_code != 204:
        raise TokenNotRevoked(url, f"{answer.status_code}: {_said(answer)}")


def _tokens(api: str) -> str:
    return f"{api}/api/v1/trusted_publishing/tokens"


def _text(answer: httpx.Response, field: str) -> str | None:
    """The field of a 200 with a JSON object, if it is a text."""
    if answer.status_code != 200:
        return None
    document = _document(answer)
    found = document.get(field) if isinstance(document, dict) else None
    return found if isinstance(found, str) else None


def _said(answer: httpx.Response) -> str:
    """The registry's own words, or what there is; a 200 that is none of ours may hold a token, so nothing of it is shown."""
    if answer.is_success:
        return "the answer is not of the expected shape"
    try:
        return "; ".join(str(each["detail"]) for each in _document(answer)["errors"])
    except (KeyError, TypeError):
        # Redacted before it is cut: half a token is not recognised.
        return f"`{redact(answer.text)[:200].strip()}`"


def _document(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _named(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
