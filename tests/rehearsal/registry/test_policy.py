"""What the people who run the registry decide: read-only mode, who is turned away, names, the cap of a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loadmaster.rehearsal.faults.fault import READ_ONLY
from loadmaster.rehearsal.registry import Limits, Registry
from loadmaster.rehearsal.registry.policy import PublishPolicy
from tests.kit.packing import upload
from tests.kit.registry_world import Served, detail, fresh, served

NOON = datetime(2026, 7, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Served]:
    """`ours` 1.0.0 is published, and noah has an account."""
    with fresh(tmp_path) as world:
        world.registry.add_account("noah")
        assert world.put(upload("ours")).status_code == 200
        yield world


def test_in_read_only_mode_nothing_is_changed_and_everything_is_told(world: Served) -> None:
    world.registry.policies.set(PublishPolicy(read_only=True))
    headers = {"Authorization": world.token}
    refused = [
        world.put(upload("ours", "1.1.0")),
        world.put(upload("other")),
        world.client.delete("/api/v1/crates/ours/1.0.0/yank", headers=headers),
        world.client.put("/api/v1/crates/ours/owners", json={"owners": ["noah"]}, headers=headers),
        world.client.request("DELETE", "/api/v1/tokens/current", headers=headers),
    ]
    assert [detail(each) for each in refused] == [(503, READ_ONLY)] * len(refused)
    assert world.client.get("/api/v1/site_metadata").json()["read_only"] is True
    assert world.client.get("/index/ou/rs/ours").text.count("\n") == 1
    assert [(each.crate, each.status) for each in world.registry.uploads()] == [
        ("ours", 200),
        ("ours", 503),
        ("other", 503),
    ]
    world.registry.policies.set(PublishPolicy())
    assert world.put(upload("ours", "1.1.0")).status_code == 200


def test_read_only_mode_does_not_hide_a_bad_token(world: Served) -> None:
    world.registry.policies.set(PublishPolicy(read_only=True))
    assert world.put(upload("ours", "1.1.0"), "nonsense").status_code == 401


def test_some_agents_are_turned_away_from_the_web_api(world: Served) -> None:
    world.registry.policies.set(PublishPolicy(blocked_agents=("curl",)))
    curl = {"User-Agent": "my-tool curl/8.0"}
    blocked = world.client.get("/api/v1/crates/ours", headers=curl)
    assert detail(blocked) == (
        403,
        "We are unable to process your request at this time. This usually means that you are in violation of our API "
        "data access policy (https://crates.io/data-access). Please email help@crates.io and provide the request id ",
    )
    assert world.client.get("/index/ou/rs/ours", headers=curl).status_code == 200
    assert world.client.get("/api/v1/crates/ours").status_code == 200


def test_the_name_of_a_deleted_crate_is_free_after_a_day_whoever_asks(tmp_path: Path) -> None:
    now = [NOON]
    with served(Registry(tmp_path, clock=lambda: now[0])) as world:
        world.registry.policies.delete("Gone-crate", NOON)
        for token in (world.token, "nonsense"):
            assert detail(world.put(upload("gone_crate"), token)) == (
                400,
                "A crate with the name `Gone-crate` was recently deleted. "
                "Reuse of this name will be available after 2026-07-26T12:00:00Z.",
            )
        now[0] += timedelta(days=1)
        assert world.put(upload("gone_crate")).status_code == 200


def test_a_reserved_name_is_told_of_after_the_tarball(world: Served) -> None:
    world.registry.policies.reserve("kept-back")
    assert detail(world.put(upload("Kept_Back"))) == (400, "cannot upload a crate with a reserved name")
    broken = world.put(upload("kept-back", fields='license = ""'))
    assert broken.json()["errors"][0]["detail"].startswith("missing or empty metadata fields: license")


@pytest.mark.parametrize(
    ("limits", "policy"),
    [(2, PublishPolicy()), (None, PublishPolicy(daily_per_crate=2)), (9, PublishPolicy(daily_per_crate=2))],
)
def test_a_crate_has_so_many_versions_in_24_hours(tmp_path: Path, limits: int | None, policy: PublishPolicy) -> None:
    now = [NOON]
    with served(Registry(tmp_path, limits=Limits(daily_per_crate=limits), clock=lambda: now[0])) as world:
        world.registry.policies.set(policy)
        for minute in (0, 1):
            now[0] = NOON + timedelta(minutes=minute)
            assert world.put(upload("ours", f"1.{minute}.0")).status_code == 200
        capped = world.put(upload("ours", "1.2.0"))
        assert detail(capped) == (429, "You have published too many versions of this crate in the last 24 hours")
        assert "Retry-After" not in capped.headers
        assert world.put(upload("other")).status_code == 200, "another crate has a day of its own"
        now[0] = NOON + timedelta(hours=24)
        assert world.put(upload("ours", "1.2.0")).status_code == 200, "the first is out of the rolling day"
        assert world.put(upload("ours", "1.3.0")).status_code == 429, "the second is not"
