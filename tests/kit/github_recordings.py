"""Exchanges that GitHub recorded of its own API, and its examples of webhooks: what a real forge answered.

`exchanges(NAME)` are those of one scenario, in their order. A test sends their requests to the rehearsal's forge and compares
(`shape_problems`), or lets a client meet their answers (`transport`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import httpx

from tests.kit.npm_packages import NpmPackage, npm_file

FIXTURES = NpmPackage("@octokit/fixtures@23.1.2", "5a9b0221d7c18f593dc57b5f292e946e8cadfac2b0d4578b38d7e9bd63836c64")
EXAMPLES = NpmPackage(
    "@octokit/webhooks-examples@7.6.1", "89e6cb1c6345d32e3dd775617fa54effbdc26c859e514898d7728e95e9738280"
)
SCENARIOS = (
    "branch-protection",
    "create-file",
    "create-status",
    "errors",
    "get-content",
    "get-repository",
    "git-refs",
    "paginate-issues",
    "release-assets",
    "release-assets-conflict",
    "rename-repository",
)


class Exchange(NamedTuple):
    """One request and what GitHub answered."""

    method: str
    """In capitals."""
    host: str
    """`api.github.com` or `uploads.github.com`."""
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """Of the request."""
    body: Any
    """Read from JSON, or a text; `""` if there was none."""
    status: int
    answer: Any
    """As `body`."""
    answer_headers: Mapping[str, str]

    @property
    def repository(self) -> str:
        """`OWNER/NAME`; empty where the path names none."""
        parts = self.path.split("/")
        return f"{parts[2]}/{parts[3].partition('?')[0]}" if parts[1] == "repos" else ""

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


@cache
def exchanges(scenario: str) -> tuple[Exchange, ...]:
    file = npm_file(FIXTURES, f"scenarios/api.github.com/{scenario}/normalized-fixture.json")
    return tuple(_exchange(each) for each in json.loads(file.read_text(encoding="utf-8")))


@cache
def webhook_examples(event: str) -> tuple[dict[str, Any], ...]:
    """GitHub's examples of an event's payloads, such as `workflow_job`."""
    events = json.loads(npm_file(EXAMPLES, "api.github.com/index.json").read_text(encoding="utf-8"))
    return next(tuple(each["examples"]) for each in events if each["name"] == event)


def transport(recorded: Iterable[Exchange]) -> httpx.MockTransport:
    """Answers the requests as recorded, in their order. Another request than the next one fails the test."""
    waiting = list(recorded)

    def answer(request: httpx.Request) -> httpx.Response:
        assert waiting, f"{request.method} {request.url} was not recorded: all are answered"
        next_one = waiting.pop(0)
        asked = (request.method, request.url.host, request.url.raw_path.decode())
        assert asked == (next_one.method, next_one.host, next_one.path)
        headers = {
            name: str(value)
            for name, value in next_one.answer_headers.items()
            if name not in ("content-length", "content-encoding", "transfer-encoding", "connection")
        }
        if isinstance(next_one.answer, str):
            return httpx.Response(next_one.status, headers=headers, text=next_one.answer)
        return httpx.Response(next_one.status, headers=headers, json=next_one.answer)

    return httpx.MockTransport(answer)


def shape_problems(recorded: Any, given: Any, place: str = "", without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Where `given` has not the shape of what GitHub recorded: a key that is missing, a value of another type.

    A value that was null says nothing of its type; of a list the first element counts. `without`: names of keys that are not
    looked at, wherever they are. Keys that the recording has not are no problem: the recordings are older than GitHub's answers
    of today.
    """
    if recorded is None or given is None:
        return
    if type(recorded) is not type(given):
        yield f"{place or '(top)'}: {type(recorded).__name__} is recorded, {type(given).__name__} is given"
    elif isinstance(recorded, dict):
        for key in recorded:
            if key in without:
                continue
            if key not in given:
                yield f"{place}/{key}: is recorded, and not given"
            else:
                yield from shape_problems(recorded[key], given[key], f"{place}/{key}", without)
    elif isinstance(recorded, list) and recorded and given:
        yield from shape_problems(recorded[0], given[0], f"{place}/0", without)


def error_codes(answer: Any) -> tuple[tuple[str, str | None, str | None], ...]:
    """The resource, field and code of each error that an answer names."""
    errors = answer.get("errors", ()) if isinstance(answer, dict) else ()
    return tuple((each["resource"], each.get("field"), each.get("code")) for each in errors)


def _exchange(recorded: Mapping[str, Any]) -> Exchange:
    return Exchange(
        method=recorded["method"].upper(),
        host=recorded["scope"].removeprefix("https://").partition(":")[0],
        path=recorded["path"],
        headers={name: str(value) for name, value in recorded["reqheaders"].items()},
        body=recorded["body"],
        status=recorded["status"],
        answer=recorded["response"],
        answer_headers={name: str(value) for name, value in recorded["headers"].items()},
    )
