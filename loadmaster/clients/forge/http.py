"""GitHub's REST API over HTTP: the client, one request, the pages of a list, and what a refusal says.

Every request is made once; the token is sent only as a header. Each function raises `ForgeUnauthorized`, `ForgeForbidden`,
`ForgeNotFound`, `ForgeRefused`, `ForgeUnreachable`, `ForgeRateLimited` or `ForgeAnswerUnreadable`, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from loadmaster.clients import bounded
from loadmaster.clients.bounded import AnswerRefused
from loadmaster.clients.forge.memory import ForgeMemory
from loadmaster.clients.pages import beginning, is_page
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.forge.answers import (
    ForgeAddressForeign,
    ForgeAlreadyThere,
    ForgeAnswerUnreadable,
    ForgeRateLimited,
    ForgeUnreachable,
)
from loadmaster.planning.answers.forge import forge_refusal
from loadmaster.planning.values.json_text import NotJson, read_json
from loadmaster.planning.values.retry_after import instant_named, instant_of_epoch

T = TypeVar("T")
GITHUB = "https://api.github.com"
_LONG_ENOUGH = 60.0
MOST_PAGES = 200
"""Of one list: twenty thousand releases, of which GitHub itself shows no more than ten thousand."""
UPLOADING = httpx.Timeout(_LONG_ENOUGH, write=600.0, read=600.0)
_SECONDARY_LIMIT = timedelta(minutes=1)
"""The least that GitHub asks to wait, if it limits without naming an instant."""


class ForgeClient(bounded.Client):
    """A client that counts its requests, and asks only whether an answer that it has is still right."""

    def __init__(self, memory: ForgeMemory, **settings: Any) -> None:
        super().__init__(event_hooks={"request": [memory.count]}, **settings)
        self.memory = memory


def http_client(
    api: str,
    repository: str,
    token: str | None = None,
    transport: httpx.BaseTransport | None = None,
    memory: ForgeMemory | None = None,
) -> ForgeClient:
    """A client for `repository` (`OWNER/NAME`) at the API's base address; anonymous without `token`.

    Clients with one `memory` know each other's answers. A memory is for one token.
    """
    headers = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "loadmaster",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    base = f"{api.rstrip('/')}/repos/{repository}/"
    return ForgeClient(
        memory or ForgeMemory(), base_url=base, headers=headers, transport=transport, timeout=_LONG_ENOUGH
    )


def pages(client: httpx.Client, path: str, **params: str) -> Iterator[httpx.Response]:
    """The answers to one question, page by page. Raises `ForgeAnswerUnreadable` if they do not end."""
    answer = send(client, "GET", path, params={**params, "per_page": "100"})
    yield answer
    for _ in range(MOST_PAGES):
        following = answer.links.get("next", {}).get("url")
        if following is None:
            return
        answer = send(client, "GET", following)
        yield answer
    raise ForgeAnswerUnreadable(_shown(client, path), f"it has more than {MOST_PAGES} pages")


def send(client: httpx.Client, method: str, path: str, **arguments: Any) -> httpx.Response:
    """The answer to one request, if it is a success. Also raises `ForgeAddressForeign`."""
    _require_own(client, path)
    with _told(client, path):
        answer = _ask(client, method, path, **arguments)
    if answer.is_success:
        return answer
    raise _error(answer)


def streamed(client: httpx.Client, path: str, **arguments: Any) -> Iterator[bytes]:
    """The bytes at an address, or where that redirects to, piece by piece. Raises what `send` raises, at each piece."""
    _require_own(client, path)
    with _told(client, path), client.stream("GET", path, follow_redirects=True, **arguments) as answer:
        if answer.is_success:
            yield from answer.iter_bytes()
            return
        answer.read()
    raise _error(answer)


@contextmanager
def _told(client: httpx.Client, path: str) -> Iterator[None]:
    """Raises the catalogue's errors for what kept an answer from being read."""
    try:
        yield
    except (AnswerRefused, httpx.TooManyRedirects) as error:
        raise ForgeAnswerUnreadable(_shown(client, path), str(error)) from error
    except httpx.RequestError as error:
        raise ForgeUnreachable(_shown(client, path), str(error) or type(error).__name__) from error


def _ask(client: httpx.Client, method: str, path: str, **arguments: Any) -> httpx.Response:
    """The answer; one that has not changed since the client saw it is taken from its memory, and costs nothing of the limit."""
    if method != "GET" or not isinstance(client, ForgeClient) or "headers" in arguments or "extensions" in arguments:
        return client.request(method, path, **arguments)
    known = client.memory.find(address := str(client.build_request(method, path, **arguments).url))
    headers = {"If-None-Match": known.etag} if known is not None else None
    answer = client.request(method, path, **arguments, headers=headers)
    if answer.status_code == httpx.codes.NOT_MODIFIED and known is not None:
        return client.memory.again(known, answer.request)
    client.memory.keep(address, answer)
    return answer


def repository_address(client: httpx.Client) -> str:
    """The address of the repository itself: the forge finds nothing at one that ends in a slash."""
    return str(client.base_url).rstrip("/")


def _require_own(client: httpx.Client, path: str) -> None:
    """Raises `ForgeAddressForeign` for an address to which the token may not be sent.

    A forge's answers name addresses (the next page, an asset, where to upload), and whoever answers in its place may name his
    own. Uploads may go to `uploads.` of the forge's domain, as GitHub's do; every other address is the API's own.
    """
    try:
        address = client.base_url.join(path)
    except httpx.InvalidURL as error:
        raise ForgeAnswerUnreadable(str(client.base_url), f"it names an address that is none: {error}") from error
    own = client.base_url
    hosts = (own.host, f"uploads.{own.host.removeprefix('api.')}")
    if (address.scheme, address.port) != (own.scheme, own.port) or address.host not in hosts:
        raise ForgeAddressForeign(str(own), f"{address.scheme}://{address.netloc.decode('ascii', 'replace')}")


def _shown(client: httpx.Client, path: str) -> str:
    # Without the query: it holds the signature of a storage address.
    return str(client.base_url.join(path).copy_with(query=None))


def read(kind: type[T], answer: httpx.Response) -> T:
    """The answer as a value. Raises `ForgeAnswerUnreadable`, and `ForgeUnreachable` for a page of a proxy."""
    url = str(answer.url.copy_with(query=None))
    if is_page(answer):
        raise ForgeUnreachable(url, f"a page instead of JSON: {beginning(answer)}")
    try:
        return TypeAdapter(kind).validate_python(read_json(answer.content))
    except NotJson as error:
        raise ForgeAnswerUnreadable(url, str(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ForgeAnswerUnreadable(url, f"{where}: {first['msg']}".removeprefix(": ")) from error


def _error(answer: httpx.Response) -> LoadmasterError:
    # Without the query: it holds the signature of a storage address.
    url = f"{answer.request.method} {answer.url.copy_with(query=None)}"
    status, (message, codes) = answer.status_code, _message_of(answer)
    limited = answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    if status == 429 or (status == 403 and (limited or "secondary rate limit" in message)):
        return ForgeRateLimited(url, _until(answer), message)
    if "already_exists" in codes:
        return ForgeAlreadyThere(url, message)
    if status >= 500 or status == 408 or (is_page(answer) and status != 413):
        return ForgeUnreachable(url, f"status {status}: {message}")
    if kind := forge_refusal(status, message):
        return kind(url, message)
    return ForgeAnswerUnreadable(url, f"status {status}: {message}")


def _message_of(answer: httpx.Response) -> tuple[str, set[str]]:
    """The forge's message with its `errors` spelled out, and their codes; else the start of the body."""
    try:
        body = read_json(answer.content)
    except NotJson:
        body = None
    if not isinstance(body, dict) or "message" not in body:
        return (beginning(answer) or answer.reason_phrase), set()
    errors = body.get("errors")
    problems = [problem for problem in errors if isinstance(problem, dict)] if isinstance(errors, list) else []
    texts = [
        str(problem.get("message") or f"{problem.get('resource')}.{problem.get('field')} {problem.get('code')}")
        for problem in problems
    ]
    message = ": ".join([str(body["message"]), *filter(None, [", ".join(texts)])])
    return message, {str(problem.get("code")) for problem in problems}


def _until(answer: httpx.Response) -> datetime:
    """The instant that the forge names; GitHub's least wait if it names none."""
    now = datetime.now(UTC)
    named = instant_named(answer.headers.get("retry-after", ""), now)
    return named or instant_of_epoch(answer.headers.get("x-ratelimit-reset", "")) or now + _SECONDARY_LIMIT
