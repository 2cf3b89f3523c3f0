"""Trusted publishing over HTTP: gets an ID token from the provider, exchanges it for a registry's token, and revokes that.

Every function asks once. Tokens are passed as text; the caller wraps them (`loadmaster.credentials.token`). The shapes are
those of GitHub Actions (the ID token) and of crates.io (`/api/v1/trusted_publishing/tokens`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from loadmaster.clients.pages import beginning, is_page
from loadmaster.clients.registry.answers import describe, no_answer
from loadmaster.errors.credentials import ExchangeRefused, IdentityRefused, IdentityUnavailable, TokenNotRevoked
from loadmaster.errors.registry import RegistryBusy, RegistryUnreachable
from loadmaster.planning.answers.registry import read_exchange_refusal
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.retry_after import instant_named


def audience_of(api: str) -> str:
    """The audience of an ID token for this registry: the address without its scheme, such as `crates.io`."""
    return urlsplit(api).netloc


def identity_token(url: str, request_token: str, audience: str, client: httpx.Client) -> str:
    """A JWT for `audience`. Raises `IdentityUnavailable`, `IdentityRefused`."""
    headers = {"Authorization": f"Bearer {request_token}", "Accept": "application/json"}
    try:
        address = httpx.URL(url).copy_merge_params({"audience": audience})
        answer = client.get(address, headers=headers, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IdentityUnavailable(url, describe(error)) from error
    if answer.status_code in (400, 401, 403, 404) and not is_page(answer):
        raise IdentityRefused(url, answer.status_code, _reason(answer))
    if (jwt := _text(answer, "value")) is None:
        raise IdentityUnavailable(url, f"{answer.status_code}: {_reason(answer)}")
    return jwt


def exchange(api: str, jwt: str, client: httpx.Client) -> str:
    """The registry's token for an ID token. It is valid for 30 minutes, for all crates whose configuration matches.

    Raises `ExchangeRefused`, `RegistryBusy`, `RegistryUnreachable`.
    """
    url = _tokens(api)
    try:
        answer = client.post(url, json={"jwt": jwt}, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise no_answer(url, error) from error
    if answer.status_code == 429:
        named = instant_named(answer.headers.get("Retry-After", ""), datetime.now(UTC))
        raise RegistryBusy(url, f"429: {_reason(answer)}", named)
    if 400 <= answer.status_code < 500 and answer.status_code != 408 and not is_page(answer):
        told = _reason(answer)
        reason, details = read_exchange_refusal(answer.status_code, told)
        raise ExchangeRefused(url, answer.status_code, told, reason, details)
    if (token := _text(answer, "token")) is None:
        raise RegistryUnreachable(url, f"{answer.status_code}: {_reason(answer)}")
    return token


def revoke(api: str, token: str, client: httpx.Client) -> None:
    """Revokes a token; one that is revoked already is no error. Raises `TokenNotRevoked`."""
    url = _tokens(api)
    try:
        answer = client.delete(url, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TokenNotRevoked(url, describe(error)) from error
    if answer.status_code != 204:
        raise TokenNotRevoked(url, f"{answer.status_code}: {_reason(answer)}")


def _tokens(api: str) -> str:
    return f"{api}/api/v1/trusted_publishing/tokens"


def _text(answer: httpx.Response, field: str) -> str | None:
    """The text in that field of the JSON object in a 200; else None."""
    if answer.status_code != 200:
        return None
    document = _document(answer)
    value = document.get(field) if isinstance(document, dict) else None
    return value if isinstance(value, str) else None


def _reason(answer: httpx.Response) -> str:
    """The registry's own words, or the start of the body. Nothing of a success is shown, because it may hold a token."""
    if answer.is_success:
        return "the answer is not of the expected shape"
    try:
        return "; ".join(str(error["detail"]) for error in _document(answer)["errors"])
    except (KeyError, TypeError):
        return f"`{beginning(answer)}`"


def _document(answer: httpx.Response) -> Any:
    try:
        return read_json(answer.content)
    except ValueError:
        return None
