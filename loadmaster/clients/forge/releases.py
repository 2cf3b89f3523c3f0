"""GitHub's REST API, as far as a release uses it: releases and their assets, tags, workflow runs.

It knows addresses, shapes and statuses. It refuses to know what a release should look like: the caller compares whether an
existing draft or asset is ours. Every request is made once; the token is sent only as a header.
Each function raises `ForgeUnauthorized`, `ForgeForbidden`, `ForgeNotFound`, `ForgeRefused`, `ForgeUnreachable`,
`ForgeRateLimited` or `ForgeAnswerUnreadable`, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from loadmaster.clients import bounded
from loadmaster.clients.bounded import ASSET, AnswerRefused
from loadmaster.clients.pages import beginning, is_page
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.forge import (
    ForgeAddressForeign,
    ForgeAlreadyThere,
    ForgeAnswerUnreadable,
    ForgeRateLimited,
    ForgeUnreachable,
)
from loadmaster.planning.answers.forge import forge_refusal
from loadmaster.planning.values.json_text import NotJson, read_json
from loadmaster.planning.values.retry_after import instant_named, instant_of_epoch
from loadmaster.planning.values.value import Value

T = TypeVar("T")
GITHUB = "https://api.github.com"
_LONG_ENOUGH = 60.0
MOST_PAGES = 200
"""Of one list: twenty thousand releases, of which GitHub itself shows no more than ten thousand."""
_UPLOAD = httpx.Timeout(_LONG_ENOUGH, write=600.0, read=600.0)
_SECONDARY_LIMIT = timedelta(minutes=1)
"""The least that GitHub asks to wait, if it limits without naming an instant."""


class Answered(Value):
    """The forge's answer about one object. It has more fields than a release needs, and may get new ones."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Asset(Answered):
    id: int
    name: str
    size: int
    state: str
    """`uploaded`, or `starter` if its upload broke off."""
    digest: str | None = None
    """`sha256:…`, computed by the forge; None for assets older than the field."""
    url: str
    """Its address in the API; `browser_download_url` is for people."""
    browser_download_url: str

    @property
    def sha256(self) -> str | None:
        return self.digest.removeprefix("sha256:") if self.digest else None


class ForgeRelease(Answered):
    id: int
    tag: str = Field(validation_alias="tag_name")
    name: str | None
    body: str | None
    draft: bool
    prerelease: bool
    immutable: bool = False
    url: str = Field(validation_alias="html_url")
    upload_url: str
    assets: tuple[Asset, ...]


class Draft(Value):
    """The parameters of a new release."""

    tag_name: str
    name: str
    body: str
    target_commitish: str
    """A commit or branch; the forge tags it if the tag does not exist when the release is published."""
    prerelease: bool = False


class TagObject(Answered):
    sha: str
    type: str
    """`tag` for an annotated tag, whose commit is one more step away; else `commit`."""


class ForgeTag(Answered):
    ref: str
    object: TagObject


class WorkflowRun(Answered):
    id: int
    name: str | None
    path: str
    """The path of the workflow's file."""
    head_branch: str | None
    """The tag's name, for a run that a tag's push started."""
    head_sha: str
    event: str
    status: str | None
    conclusion: str | None
    url: str = Field(validation_alias="html_url")


def http_client(
    api: str, repository: str, token: str | None = None, transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """A client for `repository` (`OWNER/NAME`) at the API's base address; anonymous without `token`."""
    headers = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "loadmaster",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    base = f"{api.rstrip('/')}/repos/{repository}/"
    return bounded.Client(base_url=base, headers=headers, transport=transport, timeout=_LONG_ENOUGH)


def releases(client: httpx.Client) -> tuple[ForgeRelease, ...]:
    """Every release, newest first; drafts too if the token may write."""
    answers = pages(client, "releases")
    return tuple(release for answer in answers for release in read(tuple[ForgeRelease, ...], answer))


def find_release(client: httpx.Client, tag: str) -> ForgeRelease | None:
    """The published release of `tag`; else its oldest draft; else None.

    Searches the list, because the forge finds no draft by its tag. The forge allows two drafts of one tag: every attempt takes
    the same one.
    """
    of_tag = [release for release in releases(client) if release.tag == tag]
    return min(of_tag, key=lambda release: (release.draft, release.id), default=None)


def create_draft(client: httpx.Client, draft: Draft) -> ForgeRelease:
    """Creates a draft, even if the tag has one already: call `find_release` first."""
    return read(ForgeRelease, send(client, "POST", "releases", json={**draft.model_dump(), "draft": True}))


def publish(client: httpx.Client, release: int, *, latest: bool = True) -> ForgeRelease:
    """Makes the draft public; a public release is left unchanged. `latest`: whether the forge shows it as its latest one."""
    wanted = {"draft": False, "make_latest": "true" if latest else "false"}
    return read(ForgeRelease, send(client, "PATCH", f"releases/{release}", json=wanted))


def assets(client: httpx.Client, release: int) -> tuple[Asset, ...]:
    answers = pages(client, f"releases/{release}/assets")
    return tuple(asset for answer in answers for asset in read(tuple[Asset, ...], answer))


def upload_asset(
    client: httpx.Client,
    release: ForgeRelease,
    name: str,
    content: bytes,
    content_type: str = "application/octet-stream",
) -> Asset:
    """Also raises `ForgeAlreadyThere` if the release has an asset of that name: nothing is overwritten."""
    address = release.upload_url.partition("{")[0]
    headers = {"Content-Type": content_type}
    settings: dict[str, Any] = {"headers": headers, "timeout": _UPLOAD, "extensions": ASSET.asked}
    answer = send(client, "POST", address, params={"name": name}, content=content, **settings)
    return read(Asset, answer)


def download_asset(client: httpx.Client, asset: Asset) -> bytes:
    """The bytes, from wherever the forge redirects to; the token is not sent to another host."""
    headers = {"Accept": "application/octet-stream"}
    settings: dict[str, Any] = {"follow_redirects": True, "timeout": _UPLOAD, "extensions": ASSET.asked}
    return send(client, "GET", asset.url, headers=headers, **settings).content


def find_tag(client: httpx.Client, tag: str) -> ForgeTag | None:
    """The tag as the forge has it; None if it has none of that name.

    Asks for all tags with this prefix: the answer is empty if there is none, and 404 only if the repository is not visible.
    """
    matching = read(tuple[ForgeTag, ...], send(client, "GET", f"git/matching-refs/tags/{tag}"))
    return next((one for one in matching if one.ref == f"refs/tags/{tag}"), None)


def workflow_runs(client: httpx.Client, commit: str, event: str = "push") -> tuple[WorkflowRun, ...]:
    """Runs for `commit`, newest first."""
    answers = pages(client, "actions/runs", head_sha=commit, event=event)
    return tuple(run for answer in answers for run in read(_Runs, answer).workflow_runs)


class _Runs(Answered):
    workflow_runs: tuple[WorkflowRun, ...]


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
    try:
        answer = client.request(method, path, **arguments)
    except (AnswerRefused, httpx.TooManyRedirects) as error:
        raise ForgeAnswerUnreadable(_shown(client, path), str(error)) from error
    except httpx.RequestError as error:
        raise ForgeUnreachable(_shown(client, path), str(error) or type(error).__name__) from error
    if answer.is_success:
        return answer
    raise _error(answer)


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
