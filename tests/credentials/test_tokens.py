"""What one release holds: read or minted once for all uploads, renewed in time, revoked at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from loadmaster.credentials.tokens import HeldTokens, hold_tokens, tokens_of
from loadmaster.errors.base import is_worth_retrying
from loadmaster.errors.credentials import IdentityUnavailable, SecretInEnvironment, TokenNotRevoked
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.planning.profile.registry_style import Credential, RegistryStyle
from loadmaster.planning.profile.secret_variables import SECRET_VARIABLES
from loadmaster.planning.values.rates import Action
from loadmaster.run.job import Job, Pinned
from loadmaster.run.profiles import load_project
from loadmaster.run.store import Store
from loadmaster.run.world import World, credential_file
from tests.kit.provider import ASKING, HandClock, Provider

NEW, UPDATE = Action.NEW, Action.UPDATE
TRUSTED = RegistryStyle(credential=Credential.TRUSTED_PUBLISHING)
SIDE_BY_SIDE = RegistryStyle.model_validate({"credential": "trusted-publishing", "credentials": {"new": "token"}})


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider().served() as served:
        yield served


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(provider: Provider, tmp_path: Path) -> World:
    for name, text in {"identity": ASKING, "registry": "cio-of-the-world"}.items():
        credential_file(tmp_path, name).write_text(text)
    return World(
        kind="rehearsal",
        index=provider.index,
        replaces_crates_io=True,
        forge=None,
        repository="ada/demo",
        remote="remote.git",
        directory=tmp_path,
        identity=provider.identity,
    )


@pytest.fixture
def tokens(world: World, clock: HandClock) -> HeldTokens:
    return HeldTokens(world, TRUSTED, clock)


@pytest.fixture
def job(world: World, clock: HandClock, tmp_path: Path) -> Job:
    store, now = Store(tmp_path / "home"), clock.now()
    pinned = Pinned(project="demo", asked="minor", commit="0" * 40, on_branch=True, started=now, as_of=now)
    project = load_project("demo").model_copy(update={"registry": TRUSTED})
    return Job(project=project, pinned=pinned, world=world, directory=store.run("one"), store=store, clock=clock)


def at_once(tokens: HeldTokens, action: Action = UPDATE) -> set[str]:
    """What eight uploads get that ask at the same time."""
    with ThreadPoolExecutor(8) as uploads:
        return {each.reveal() for each in uploads.map(tokens.token, [action] * 8)}


def test_nothing_is_minted_before_it_is_needed(tokens: HeldTokens, provider: Provider) -> None:
    assert (tokens.revoke(), provider.asked, provider.revoked) == ((), [], [])


def test_parallel_uploads_share_one_minted_token(tokens: HeldTokens, provider: Provider) -> None:
    assert at_once(tokens) == set(provider.minted)
    audience = provider.address.removeprefix("http://").replace(":", "%3A")
    assert provider.asked == [f"api-version=2.0&audience={audience} Bearer {ASKING}"]


def test_a_token_is_renewed_once_for_all_before_its_end_and_both_are_revoked(
    tokens: HeldTokens, provider: Provider, clock: HandClock
) -> None:
    first = at_once(tokens)
    clock.pass_minutes(24.9)
    assert at_once(tokens) == first
    clock.pass_minutes(0.1)
    second = at_once(tokens)
    assert second.isdisjoint(first)
    assert len(provider.minted) == 2
    assert tokens.revoke() == ()
    assert provider.revoked == provider.minted


def test_a_renewal_that_fails_leaves_the_token_to_its_own_end(
    tokens: HeldTokens, provider: Provider, clock: HandClock
) -> None:
    first = tokens.token(UPDATE).reveal()
    provider.fails.add("identity")
    clock.pass_minutes(29.9)
    assert tokens.token(UPDATE).reveal() == first
    clock.pass_minutes(0.1)
    with pytest.raises(IdentityUnavailable) as caught:
        tokens.token(UPDATE)
    assert is_worth_retrying(caught.value)
    provider.fails.clear()
    assert tokens.token(UPDATE).reveal() == provider.minted[-1] != first


def test_a_registry_that_repeats_the_id_token_is_not_quoted(tokens: HeldTokens, provider: Provider) -> None:
    provider.fails.add("exchange")
    with pytest.raises(RegistryUnreachable) as caught:
        tokens.token(UPDATE)
    assert "not now" in caught.value.what
    assert "header.claims" not in str(caught.value)


def test_what_cannot_be_revoked_is_told_without_its_token_and_hides_nothing(
    tokens: HeldTokens, provider: Provider
) -> None:
    token = tokens.token(UPDATE).reveal()
    provider.fails.add("revoke")
    (failure,) = tokens.revoke()
    assert "503: not now, `Bearer [redacted]`" in failure.what
    assert token not in str(failure)
    assert tokens.revoke() == ()


def test_one_credential_creates_and_another_updates(world: World, clock: HandClock, provider: Provider) -> None:
    tokens = HeldTokens(world, SIDE_BY_SIDE, clock)
    assert tokens.token(NEW).reveal() == "cio-of-the-world"
    assert provider.minted == []
    assert tokens.token(UPDATE).reveal() == provider.minted[0]
    tokens.revoke()
    assert provider.revoked == provider.minted


@pytest.fixture
def blocks() -> tuple[list[str], Callable[[str], str]]:
    read: list[str] = []

    def read_block(name: str) -> str:
        read.append(name)
        return f"token-of-{name}-{len(read)}"

    return read, read_block


def test_a_block_is_read_at_the_first_upload_once_for_all_and_anew_by_the_next_attempt(
    world: World, clock: HandClock, blocks: tuple[list[str], Callable[[str], str]]
) -> None:
    read, read_block = blocks
    live = world.model_copy(update={"kind": "live"})
    style = RegistryStyle.model_validate({"credentials": {"token_block": "one", "new_token_block": "two"}})
    tokens = HeldTokens(live, style, clock, read_block)
    assert read == []
    assert (at_once(tokens), at_once(tokens, NEW)) == ({"token-of-one-1"}, {"token-of-two-2"})
    tokens.revoke()
    assert at_once(tokens) == {"token-of-one-3"}


def test_what_is_held_for_a_job_is_found_by_its_world_and_revoked_at_the_end(job: Job, provider: Provider) -> None:
    provider.fails.add("revoke")
    told: list[TokenNotRevoked] = []
    with hold_tokens(job, tell=told.append) as tokens:
        assert tokens_of(job) is tokens
        minted = tokens_of(job).token(UPDATE).reveal()
    assert provider.minted == [minted]
    assert [failure.code for failure in told] == ["token-not-revoked"]
    with pytest.raises(KeyError):
        tokens_of(job)


@pytest.mark.parametrize("name", sorted(SECRET_VARIABLES))
def test_nothing_is_carried_out_where_a_token_is_in_the_environment(
    job: Job, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a rehearsal, which runs the workspace's code, too."""
    monkeypatch.setenv(name, "started-with-it")
    with pytest.raises(SecretInEnvironment, match=f"`{name}`"), hold_tokens(job):
        pytest.fail("it began")
