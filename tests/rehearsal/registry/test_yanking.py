"""Yanks, as crates.io answers them: who may, in which order it looks, and what the index says afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from loadmaster.rehearsal.registry import CRATES_IO_LIMITS, Registry
from tests.kit.packing import upload
from tests.kit.registry_world import Served, detail, fresh, served

NOON = datetime(2026, 7, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Served]:
    """`ours` 1.0.0 and 1.1.0 are published by mia; noah has an account, too."""
    with fresh(tmp_path) as world:
        world.registry.add_account("noah")
        for version in ("1.0.0", "1.1.0"):
            assert world.put(upload("ours", version)).status_code == 200
        yield world


def yank(world: Served, token: str | None = None, crate: str = "ours", version: str = "1.0.0") -> httpx.Response:
    address = f"/api/v1/crates/{crate}/{version}/yank"
    return world.client.delete(address, headers={"Authorization": token or world.token})


def unyank(world: Served, version: str = "1.0.0") -> httpx.Response:
    return world.client.put(f"/api/v1/crates/ours/{version}/unyank", headers={"Authorization": world.token})


def index(world: Served) -> httpx.Response:
    return world.client.get("/index/ou/rs/ours")


def lines(world: Served) -> list[str]:
    return index(world).text.splitlines()


def test_a_yank_changes_one_word_of_one_line_and_the_etag(world: Served) -> None:
    before, tag = lines(world), index(world).headers["ETag"]
    answer = yank(world)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert lines(world) == [before[0].replace('"yanked":false', '"yanked":true'), before[1]]
    assert index(world).headers["ETag"] != tag
    assert world.client.get("/api/v1/crates/ours/1.0.0").json()["version"]["yanked"] is True


def test_yanking_twice_is_yanking_once_and_unyanking_takes_it_back(world: Served) -> None:
    before = lines(world)
    assert [yank(world).status_code, yank(world).status_code] == [200, 200]
    assert [json.loads(line)["yanked"] for line in lines(world)] == [True, False]
    assert unyank(world).json() == {"ok": True}
    assert lines(world) == before


def change(world: Served, **wanted: object) -> httpx.Response:
    headers = {"Authorization": world.token}
    return world.client.patch("/api/v1/crates/ours/1.0.0", json={"version": wanted}, headers=headers)


def test_a_yank_may_carry_a_message(world: Served) -> None:
    told = change(world, yanked=True, yank_message="broken").json()["version"]
    assert (told["yanked"], told["yank_message"]) == (True, "broken")
    assert change(world, yank_message="very broken").json()["version"]["yank_message"] == "very broken"
    unyank(world)
    told = world.client.get("/api/v1/crates/ours/1.0.0").json()["version"]
    assert (told["yanked"], told["yank_message"]) == (False, None)


def test_a_message_needs_a_yank(world: Served) -> None:
    told = "Cannot update yank message for a version that is not yanked"
    assert detail(change(world, yank_message="x")) == (400, told)
    told = "Cannot set yank message when unyanking"
    assert detail(change(world, yanked=False, yank_message="x")) == (400, told)


def test_a_yanked_version_is_still_taken_and_still_served(world: Served) -> None:
    yank(world)
    assert detail(world.put(upload("ours", "1.0.0"))) == (400, "crate version `1.0.0` is already uploaded")
    assert world.client.get("/crates/ours/ours-1.0.0.crate").status_code == 200


def test_it_survives_that_the_registry_is_served_again(world: Served, tmp_path: Path) -> None:
    yank(world)
    with served(Registry(tmp_path)) as again:
        assert [json.loads(line)["yanked"] for line in lines(again)] == [True, False]


@pytest.mark.parametrize(
    ("scopes", "crates"),
    [(("yank",), None), (("yank", "publish-update"), ("ours",)), (None, None)],
    ids=["the scope", "the scope for this crate", "a token that may do everything"],
)
def test_a_token_that_may(world: Served, scopes: tuple[str, ...] | None, crates: tuple[str, ...] | None) -> None:
    assert yank(world, world.token_of("mia", scopes=scopes, crates=crates)).status_code == 200


@pytest.mark.parametrize(
    ("scopes", "crates"),
    [(("publish-new", "publish-update"), None), (("yank",), ("other",))],
    ids=["without the scope", "for another crate"],
)
def test_a_token_that_may_not(world: Served, scopes: tuple[str, ...] | None, crates: tuple[str, ...] | None) -> None:
    refused = yank(world, world.token_of("mia", scopes=scopes, crates=crates))
    assert detail(refused) == (403, "this token does not have the required permissions to perform this action")
    assert '"yanked":true' not in index(world).text


def test_somebody_else_may_not(world: Served) -> None:
    assert detail(yank(world, world.token_of("noah"))) == (403, "must already be an owner to yank or unyank")
    assert '"yanked":true' not in index(world).text


@pytest.mark.parametrize(
    ("crate", "version", "told"),
    [
        ("nobody-s", "1.0.0", "crate `nobody-s` does not exist"),
        ("ours", "9.0.0", "crate `ours` does not have a version `9.0.0`"),
    ],
)
def test_what_is_not_there_is_told_before_anybody_is_asked_who_they_are(
    world: Served, crate: str, version: str, told: str
) -> None:
    assert detail(yank(world, "nonsense", crate, version)) == (404, told)


def test_a_hundred_at_once_then_one_a_minute(tmp_path: Path) -> None:
    now = [NOON]
    with served(Registry(tmp_path, clock=lambda: now[0])) as world:
        assert world.put(upload("ours")).status_code == 200
        assert {yank(world).status_code for _ in range(CRATES_IO_LIMITS.yank_burst)} == {200}
        limited = yank(world)
        assert limited.headers["Retry-After"] == "Sat, 25 Jul 2026 12:01:00 GMT"
        assert detail(limited) == (
            429,
            "You have yanked or unyanked too many versions in a short period of time. Please try again after "
            "Sat, 25 Jul 2026 12:01:00 GMT and see https://crates.io/docs/rate-limits for more details.",
        )
        now[0] += timedelta(minutes=1)
        assert yank(world).status_code == 200
