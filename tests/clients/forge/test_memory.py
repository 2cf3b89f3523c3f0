"""What a client remembers of a forge: it asks whether an answer is still right, and never shows an old one for a new one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

import httpx
import pytest

from loadmaster.clients.forge import releases, workflows
from loadmaster.clients.forge.http import ForgeClient, http_client
from loadmaster.clients.forge.memory import ForgeMemory
from loadmaster.errors.forge.answers import ForgeAnswerUnreadable, ForgeUnreachable
from loadmaster.planning.forge.releases import Asset

RUN = {
    "id": 1,
    "name": "Release",
    "path": ".github/workflows/release.yml",
    "head_branch": "v1.0.0",
    "head_sha": "c",
    "event": "push",
    "status": "in_progress",
    "conclusion": None,
    "html_url": "https://forge.example/runs/1",
}


class ForgeOfOneRun:
    """Answers 304 to whoever knows the present state."""

    def __init__(self) -> None:
        self.status, self.asked = "queued", list[Mapping[str, str]]()
        self.fails = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.headers)
        if self.fails:
            return httpx.Response(500)
        if request.headers.get("If-None-Match") == f'"{self.status}"':
            return httpx.Response(304)
        return httpx.Response(200, json={**RUN, "status": self.status}, headers={"ETag": f'"{self.status}"'})


def client(forge: ForgeOfOneRun, memory: ForgeMemory | None = None) -> ForgeClient:
    return http_client("https://api.forge.example", "ada/hangar", "t0ken", httpx.MockTransport(forge), memory)


def test_what_has_not_changed_is_taken_from_memory_and_counted() -> None:
    forge, memory = ForgeOfOneRun(), ForgeMemory()
    with client(forge, memory) as first:
        assert workflows.workflow_run(first, 1).status == "queued"
    with client(forge, memory) as second:
        assert workflows.workflow_run(second, 1).status == "queued"
    assert (memory.use.requests, memory.use.unchanged) == (2, 1)


def test_what_has_changed_is_seen_at_once() -> None:
    forge, memory = ForgeOfOneRun(), ForgeMemory()
    with client(forge, memory) as asking:
        for status in ("queued", "in_progress", "completed", "queued"):
            forge.status = status
            assert workflows.workflow_run(asking, 1).status == status
    assert memory.use.unchanged == 0


def test_after_an_answer_that_is_no_success_nothing_old_is_believed() -> None:
    forge, memory = ForgeOfOneRun(), ForgeMemory()
    with client(forge, memory) as asking:
        workflows.workflow_run(asking, 1)
        forge.fails = True
        with pytest.raises(ForgeUnreachable):
            workflows.workflow_run(asking, 1)
        forge.fails = False
        workflows.workflow_run(asking, 1)
    assert "If-None-Match" not in forge.asked[-1]


def test_a_304_that_nobody_asked_for_is_no_answer() -> None:
    with client(ForgeOfOneRun()) as asking, pytest.raises(ForgeAnswerUnreadable):
        asking._transport = httpx.MockTransport(lambda _request: httpx.Response(304))
        workflows.workflow_run(asking, 1)


def test_two_memories_know_nothing_of_each_other() -> None:
    forge = ForgeOfOneRun()
    for _ in range(2):
        with client(forge, ForgeMemory()) as asking:
            workflows.workflow_run(asking, 1)
    assert all("If-None-Match" not in headers for headers in forge.asked)


def test_pages_are_remembered_each_by_its_own_address() -> None:
    def two_pages(request: httpx.Request) -> httpx.Response:
        number = request.url.params.get("page", "1")
        if request.headers.get("If-None-Match") == f'"{number}"':
            return httpx.Response(304)
        run = {"workflow_runs": [{**RUN, "id": int(number)}]}
        headers = {"ETag": f'"{number}"'}
        if number == "1":
            headers["Link"] = f'<{request.url.copy_merge_params({"page": "2"})}>; rel="next"'
        return httpx.Response(200, content=json.dumps(run), headers=headers)

    memory = ForgeMemory()
    transport = httpx.MockTransport(two_pages)
    with http_client("https://api.forge.example", "ada/hangar", "t", transport, memory) as asking:
        for _ in range(2):
            assert [run.id for run in workflows.runs_of_commit(asking, "c")] == [1, 2]
    assert (memory.use.requests, memory.use.unchanged) == (4, 2)


def test_an_asset_is_hashed_without_being_held() -> None:
    pieces = [b"x" * 1024 * 1024] * 200  # more than may be kept in memory

    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=_Pieces(pieces))

    asset = Asset.model_validate(
        {
            "id": 1,
            "name": "big",
            "size": 1,
            "state": "uploaded",
            "url": "https://api.forge.example/repos/ada/hangar/releases/assets/1",
            "browser_download_url": "",
        }
    )
    with http_client("https://api.forge.example", "ada/hangar", "t", httpx.MockTransport(serve)) as asking:
        assert releases.hash_asset(asking, asset) == hashlib.sha256(b"".join(pieces)).hexdigest()


class _Pieces(httpx.SyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)
