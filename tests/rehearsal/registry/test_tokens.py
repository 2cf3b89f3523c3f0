"""What a token can find out and do about itself, and what accounts there are: locked, unverified, with limits of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from loadmaster.rehearsal.registry import Limits, Registry
from loadmaster.rehearsal.registry.credentials import Lock
from loadmaster.rehearsal.registry.limits import Bursts, OwnLimits
from tests.kit.packing import upload
from tests.kit.registry_world import Served, detail, fresh, served

PERMISSIONS = "this token does not have the required permissions to perform this action"
WEBSITE = (403, "this action can only be performed on the crates.io website")
NOON = datetime(2026, 7, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Served]:
    with fresh(tmp_path) as world:
        yield world


def ask(world: Served, path: str, token: str, method: str = "GET", **more: str) -> httpx.Response:
    return world.client.request(method, f"/api/v1/{path}", headers={"Authorization": token, **more})


def test_a_token_is_revoked_by_itself_and_then_unknown(world: Served) -> None:
    assert ask(world, "me", world.token).status_code == 403
    assert detail(ask(world, "me", world.token)) == WEBSITE
    revoked = ask(world, "tokens/current", world.token, "DELETE")
    assert (revoked.status_code, revoked.content) == (204, b"")
    assert detail(ask(world, "me", world.token)) == (403, "authentication failed")
    assert detail(world.put(upload())) == (403, "authentication failed")


def test_a_revoked_token_stays_revoked_when_the_world_is_opened_again(world: Served, tmp_path: Path) -> None:
    ask(world, "tokens/current", world.token, "DELETE")
    again = Registry(tmp_path)
    again.add_token("mia", world.token)
    assert again.accounts.grant(world.token) is not None
    with served(again) as reopened:
        assert detail(ask(reopened, "me", world.token)) == (403, "authentication failed")


@pytest.mark.parametrize(
    ("scopes", "crates"), [(("publish-new",), None), (None, ("ours",))], ids=["with scopes", "for some crates"]
)
def test_only_a_legacy_token_for_any_crate_revokes_itself(
    world: Served, scopes: tuple[str, ...] | None, crates: tuple[str, ...] | None
) -> None:
    token = world.token_of("mia", scopes=scopes, crates=crates)
    assert detail(ask(world, "tokens/current", token, "DELETE")) == (403, PERMISSIONS)
    assert detail(ask(world, "me", token)) == WEBSITE, "it is alive"


def test_a_legacy_token_revokes_its_owner_s_others_and_nobody_else_s(world: Served) -> None:
    world.registry.add_account("noah")
    mine, theirs = world.token_of("mia"), world.token_of("noah")
    for number in (2, 3):
        assert ask(world, f"me/tokens/{number}", world.token, "DELETE").json() == {}
    assert detail(ask(world, "me", mine)) == (403, "authentication failed")
    assert detail(ask(world, "me", theirs)) == WEBSITE


def test_a_legacy_token_is_told_about_its_owner_s_tokens(world: Served) -> None:
    world.token_of("mia", scopes=("yank",), crates=("ours",))
    told = ask(world, "me/tokens/2", world.token).json()["api_token"]
    assert (told["id"], told["endpoint_scopes"], told["crate_scopes"]) == (2, ["yank"], ["ours"])
    assert detail(ask(world, "me/tokens/9", world.token)) == (404, "Not Found")


def test_a_crate_is_deleted_on_the_website(world: Served) -> None:
    world.put(upload("ours"))
    assert detail(ask(world, "crates/ours", world.token, "DELETE")) == WEBSITE


@pytest.mark.parametrize("page", ["me", "me/tokens", "me/updates", "me/crate_owner_invitations"])
def test_some_pages_are_for_the_website(world: Served, page: str) -> None:
    assert detail(ask(world, page, world.token)) == WEBSITE
    assert detail(world.client.get(f"/api/v1/{page}")) == (403, "this action requires authentication")


def test_no_token_makes_another(world: Served) -> None:
    made = ask(world, "me/tokens", world.token, "PUT")
    assert detail(made) == (400, "cannot use an API token to create a new API token")


def test_a_request_from_another_site_is_refused_before_its_token_is_looked_at(world: Served) -> None:
    assert detail(ask(world, "me", "nonsense", Origin="https://evil.example")) == (403, "invalid origin header")
    assert detail(ask(world, "me", world.token, Origin=world.address)) == WEBSITE


@pytest.mark.parametrize(
    ("lock", "told"),
    [
        (Lock(reason="spam"), "This account is indefinitely locked. Reason: spam"),
        (
            Lock(reason="spam", until=NOON + timedelta(hours=1)),
            "This account is locked until 2026-07-25 at 13:00:00 UTC. Reason: spam",
        ),
        (Lock(reason="spam", until=NOON), None),
    ],
    ids=["for ever", "for an hour", "until now"],
)
def test_a_locked_account(tmp_path: Path, lock: Lock, told: str | None) -> None:
    with served(Registry(tmp_path, clock=lambda: NOON)) as world:
        world.registry.accounts.add("mia", lock=lock)
        answer = world.put(upload())
        assert answer.status_code == (200 if told is None else 403)
        if told is not None:
            assert detail(answer) == (403, told)
        assert detail(ask(world, "me", world.token)) == (WEBSITE if told is None else (403, told))


@pytest.mark.parametrize(
    ("own", "pass_at_once"),
    [(None, 2), ("crates.io", 5), ("off", 7), (Bursts(new=1), 1), (Bursts(update=1), 2)],
    ids=["the world's", "crates.io's", "none", "their own", "their own, of something else"],
)
def test_an_account_may_have_limits_of_its_own(tmp_path: Path, own: OwnLimits | None, pass_at_once: int) -> None:
    with served(Registry(tmp_path, limits=Limits(new_burst=2), clock=lambda: NOON)) as world:
        world.registry.accounts.add("mia", limits=own)
        passed = [world.put(upload(f"crate-{number}")).status_code for number in range(7)]
        assert passed == [200] * pass_at_once + [429] * (7 - pass_at_once)
