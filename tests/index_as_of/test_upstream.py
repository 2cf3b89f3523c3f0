"""The overlay, against another registry on loopback that counts what it is asked."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loadmaster.clients.serving import serving
from loadmaster.index_as_of.upstream import Upstream
from loadmaster.rehearsal.registry import Registry
from tests.kit.packing import crate_file, upload
from tests.kit.registry_world import Served, detail, served

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
LATER = START + timedelta(days=30)


@dataclass
class Counting:
    """An application in front of another: counts paths with the status answered, and can be told to break."""

    app: ASGIApp
    asked: Counter[tuple[str, int]] = field(default_factory=Counter)
    broken: int | None = None
    _answered: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, path: str) -> bool:
        """Until that path was answered with success; False after half a minute without."""
        with self._answered:
            return self._answered.wait_for(lambda: self.asked[path, 200] > 0, timeout=30)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                with self._answered:
                    self.asked[scope["path"], message["status"]] += 1
                    self._answered.notify_all()
            await send(message)

        app = (
            PlainTextResponse("down", status_code=self.broken) if self.broken and scope["type"] == "http" else self.app
        )
        await app(scope, receive, counted)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Far:
    """The upstream registry: `ext` 1.0.0 at START, 1.1.0 ten days later, and `our-crate` 0.9.0 of somebody's."""

    front: Counting
    index: str
    cache: Path

    def seen(self, as_of: datetime, now: datetime = LATER) -> Upstream:
        return Upstream(self.index, self.cache, as_of=as_of, clock=lambda: now)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    clock = Clock()
    registry = Registry(tmp_path / "far", clock=clock)
    with served(registry) as world:
        for name, version, days in (("ext", "1.0.0", 0), ("our-crate", "0.9.0", 1), ("ext", "1.1.0", 10)):
            clock.now = START + timedelta(days=days)
            assert world.put(upload(name, version)).status_code == 200
    front = Counting(registry.app())
    with serving(front) as address:
        yield Far(front, f"sparse+{address}/index/", tmp_path / "cache")


def near(tmp_path: Path, upstream: Upstream) -> Registry:
    return Registry(tmp_path / "near", upstream=upstream)


def versions(world: Served, path: str) -> list[str]:
    return [json.loads(line)["vers"] for line in world.client.get(f"/index/{path}").text.splitlines()]


def test_the_index_is_as_of_the_instant(far: Far, tmp_path: Path) -> None:
    with served(near(tmp_path, far.seen(START + timedelta(days=5)))) as world:
        assert versions(world, "3/e/ext") == ["1.0.0"]
        assert world.client.get("/crates/ext/ext-1.1.0.crate").status_code == 404
    with served(near(tmp_path, far.seen(LATER))) as world:
        assert versions(world, "3/e/ext") == ["1.0.0", "1.1.0"]
    with served(near(tmp_path, far.seen(START - timedelta(days=1)))) as world:
        assert world.client.get("/index/3/e/ext").status_code == 404


def test_a_file_fetched_after_the_instant_is_never_asked_for_again(far: Far, tmp_path: Path) -> None:
    for _ in range(2):
        with served(near(tmp_path, far.seen(LATER))) as world:
            assert versions(world, "3/e/ext") == versions(world, "3/e/ext") == ["1.0.0", "1.1.0"]
            assert world.client.get("/index/no/pe/nope").status_code == 404
    assert far.front.asked == {("/index/3/e/ext", 200): 1, ("/index/no/pe/nope", 404): 1}


def test_an_older_file_is_revalidated(far: Far, tmp_path: Path) -> None:
    for _ in range(2):
        with served(near(tmp_path, far.seen(LATER, now=LATER - timedelta(days=1)))) as world:
            assert versions(world, "3/e/ext") == versions(world, "3/e/ext") == ["1.0.0", "1.1.0"]
    assert far.front.asked == {("/index/3/e/ext", 200): 1, ("/index/3/e/ext", 304): 3}
    with served(near(tmp_path, far.seen(LATER))) as world:
        assert versions(world, "3/e/ext") == versions(world, "3/e/ext") == ["1.0.0", "1.1.0"]
    assert far.front.asked["/index/3/e/ext", 304] == 4


def test_concurrent_askers_for_one_name_make_one_request(far: Far, tmp_path: Path) -> None:
    with served(near(tmp_path, far.seen(LATER))) as world, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: versions(world, "3/e/ext"), range(8)))
    assert answers == [["1.0.0", "1.1.0"]] * 8
    assert far.front.asked == {("/index/3/e/ext", 200): 1}


def test_what_the_newest_version_needs_is_fetched_before_it_is_asked_for(far: Far, tmp_path: Path) -> None:
    with served(Registry(tmp_path / "far")) as there:
        there.put(upload("needs", rest='[dependencies]\nrenamed = { package = "ext", version = "1" }'))
    with served(near(tmp_path, far.seen(datetime.now(UTC), now=datetime.now(UTC)))) as world:
        assert versions(world, "ne/ed/needs") == ["1.0.0"]
        assert far.front.wait_for("/index/3/e/ext")
        assert versions(world, "3/e/ext") == ["1.0.0", "1.1.0"]
    assert far.front.asked["/index/3/e/ext", 200] == 1


@pytest.mark.parametrize("damaged", [b"", b"{", b'{"etag":"","fetched":"2030-01-01T00:00:00+00:00","sha256":""}\n{}'])
def test_a_kept_file_that_a_power_cut_damaged_is_fetched_again(far: Far, tmp_path: Path, damaged: bytes) -> None:
    with served(near(tmp_path, far.seen(LATER))) as world:
        versions(world, "3/e/ext")
    (kept,) = (file for file in (far.cache / "index").rglob("ext"))
    kept.write_bytes(damaged)
    with served(near(tmp_path, far.seen(LATER))) as world:
        assert versions(world, "3/e/ext") == ["1.0.0", "1.1.0"]
    assert far.front.asked["/index/3/e/ext", 200] == 2


def test_crate_files_come_from_upstream_once(far: Far, tmp_path: Path) -> None:
    for _ in range(2):
        with served(near(tmp_path, far.seen(LATER))) as world:
            assert world.client.get("/crates/ext/ext-1.0.0.crate").content == crate_file("ext")
    assert far.front.asked["/crates/ext/ext-1.0.0.crate", 200] == 1


def test_a_crate_file_with_another_checksum_is_not_passed_on(far: Far, tmp_path: Path) -> None:
    for file in (tmp_path / "far" / "crates").iterdir():
        file.write_bytes(b"something else")
    with served(near(tmp_path, far.seen(LATER))) as world:
        answer = world.client.get("/crates/ext/ext-1.0.0.crate")
    assert answer.status_code == 502
    assert "does not have the checksum of the index" in answer.text
    assert not (far.cache / "crates").exists()


@pytest.mark.parametrize("status", [403, 500, 503])
def test_an_upstream_that_does_not_answer_is_never_taken_for_an_absent_crate(
    far: Far, tmp_path: Path, status: int
) -> None:
    far.front.broken = status
    with served(near(tmp_path, far.seen(LATER))) as world:
        index = world.client.get("/index/3/e/ext")
        put = world.put(upload())
    assert index.status_code == 502
    assert f"answered {status}" in index.text
    assert put.status_code == 502
    assert "The upstream registry gave no usable answer" in detail(put)[1]
    assert [entry.status for entry in world.registry.uploads()] == [502]


def test_an_upstream_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with serving(Registry(tmp_path / "gone").app()) as address:
        pass
    with served(near(tmp_path, Upstream(f"sparse+{address}/index/", tmp_path / "cache", as_of=START))) as world:
        answer = world.client.get("/index/3/e/ext")
    assert answer.status_code == 502
    assert "ConnectError" in answer.text


def test_a_crate_of_upstream_belongs_to_somebody_until_it_is_made_ours(far: Far, tmp_path: Path) -> None:
    with served(near(tmp_path, far.seen(LATER))) as world:
        assert detail(world.put(upload("our-crate")))[1].startswith(
            "this crate exists but you don't seem to be an owner"
        )
        world.registry.add_owner("our-crate", "mia")
        assert detail(world.put(upload("our_crate"))) == (400, "crate was previously named `our-crate`")
        assert detail(world.put(upload("our-crate", "0.9.0+again"))) == (
            400,
            "crate version `0.9.0` is already uploaded",
        )
        assert world.put(upload("our-crate", "1.0.0")).status_code == 200
        assert versions(world, "ou/r-/our-crate") == ["0.9.0", "1.0.0"]
        assert world.client.get("/api/v1/crates/our_crate").json()["crate"]["num_versions"] == 2
        assert world.client.get("/api/v1/crates/ext").json()["crate"]["newest_version"] == "1.1.0"


def test_a_dependency_may_be_upstream_s_in_its_spelling(far: Far, tmp_path: Path) -> None:
    with served(near(tmp_path, far.seen(LATER))) as world:
        assert world.put(upload("one", rest='[dependencies]\next = "1"')).status_code == 200
        refused = world.put(upload("two", rest='[dependencies]\nEXT = "1"'))
        assert detail(refused) == (400, "no known crate named `EXT`")
