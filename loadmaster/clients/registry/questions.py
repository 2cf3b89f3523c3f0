"""Questions to a registry's web API about permissions. Each function asks once, and returns the answer unread.

An answer that does not come from the registry is no error here: `loadmaster.planning.permissions.reading` recognises it.
"""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx

from loadmaster.errors.redaction import redact
from loadmaster.planning.permissions.seen import Exchange
from loadmaster.planning.registry.metadata import upload_head

_LONGEST_TEXT = 1_000_000
_ANY_USER = 1


def site(api: str, client: httpx.Client) -> Exchange:
    """Whether the registry takes uploads."""
    return _ask(client, "GET", f"{api}/api/v1/site_metadata")


def me(api: str, token: str, client: httpx.Client) -> Exchange:
    """Always refused to a token; the text shows whether the token is valid."""
    return _ask(client, "GET", f"{api}/api/v1/me", token)


def configs_of_user(api: str, token: str, client: httpx.Client) -> Exchange:
    """Refused to every token, but with another text to a legacy one."""
    return _ask(client, "GET", f"{api}/api/v1/trusted_publishing/github_configs?user_id={_ANY_USER}", token)


def crate(api: str, name: str, client: httpx.Client) -> Exchange:
    """The crate's spelling, and whether it takes versions by trusted publishing only."""
    return _ask(client, "GET", f"{api}/api/v1/crates/{quote(name)}?include=")


def owners(api: str, name: str, client: httpx.Client) -> Exchange:
    return _ask(client, "GET", f"{api}/api/v1/crates/{quote(name)}/owners")


def configs(api: str, name: str, token: str, client: httpx.Client) -> Exchange:
    """The crate's configurations of trusted publishing at GitHub; a crate has at most five."""
    address = f"{api}/api/v1/trusted_publishing/github_configs?crate={quote(name)}&per_page=100"
    return _ask(client, "GET", address, token)


def probe(api: str, name: str, version: str, token: str, client: httpx.Client) -> Exchange:
    """An upload that ends after its metadata. The registry always refuses it, at the latest because the crate file is missing.

    crates.io checks scope, crate pattern and e-mail before it notices that. It counts the attempt.
    """
    metadata = json.dumps({"name": name, "vers": version}, separators=(",", ":")).encode()
    body = upload_head(metadata, 0)[: 4 + len(metadata)]
    exchange = _ask(client, "PUT", f"{api}/api/v1/crates/new", token, body)
    return exchange.model_copy(update={"request": f"{exchange.request} ({name}@{version}, its metadata alone)"})


def _ask(client: httpx.Client, method: str, url: str, token: str | None = None, body: bytes | None = None) -> Exchange:
    headers = {"Accept": "application/json"} | ({"Authorization": token} if token else {})
    try:
        answer = client.request(method, url, headers=headers, content=body, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Exchange(request=f"{method} {url}", status=None, text=redact(f"{type(error).__name__}: {error}"))
    text = redact(answer.text[:_LONGEST_TEXT])
    return Exchange(request=f"{method} {url}", status=answer.status_code, text=text)
