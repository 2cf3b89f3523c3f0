"""Where a credential is read, and above all where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from loadmaster.credentials.given import given, require_not_in_environment
from loadmaster.credentials.sources import (
    api_token,
    forge_token,
    given_forge_token,
    given_token,
    identity,
    no_blocks,
)
from loadmaster.errors.credentials import (
    IdentityMissing,
    SecretBlockMissing,
    SecretInEnvironment,
    TokenMissing,
    TokenUnusable,
)
from loadmaster.errors.redaction import HIDDEN, redact
from loadmaster.planning.profile.registry_style import Credentials
from loadmaster.planning.profile.secret_variables import (
    FORGE_TOKEN_VARIABLE,
    GIVEN_VARIABLES,
    IDENTITY_VARIABLES,
    SECRET_VARIABLES,
)
from loadmaster.planning.registry.sparse_index import crates_io_index
from loadmaster.planning.values.rates import Action
from loadmaster.run.world import World, credential_file
from tests.kit.credentials import holding

LOOPBACK = "sparse+http://127.0.0.1:1/index/"
OURS, NEW, CARGO = "LOADMASTER_REGISTRY_TOKEN", "LOADMASTER_REGISTRY_TOKEN_NEW", "CARGO_REGISTRY_TOKEN"
ALL = {OURS: "ours-token", NEW: "new-token", CARGO: "cargo-token"}
READ = [
    ("ours", LOOPBACK, Action.UPDATE, ALL, "ours-token"),
    ("the one for new crates", LOOPBACK, Action.NEW, ALL, "new-token"),
    ("ours for new crates too", LOOPBACK, Action.NEW, {OURS: "ours-token"}, "ours-token"),
    ("ours before cargo's", crates_io_index(), Action.UPDATE, ALL, "ours-token"),
    ("cargo's for crates.io itself", crates_io_index(), Action.UPDATE, {CARGO: "cargo-token"}, "cargo-token"),
    ("an empty one is none", crates_io_index(), Action.NEW, {OURS: "", CARGO: "cargo-token"}, "cargo-token"),
]


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No keeper, and no variable of whoever runs the tests."""
    monkeypatch.setenv("LOADMASTER_HOME", str(tmp_path))
    for name in GIVEN_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def live(directory: Path, index: str = LOOPBACK) -> World:
    return World(
        kind="live",
        index=index,
        replaces_crates_io=True,
        forge=None,
        repository="ada/demo",
        remote="remote.git",
        directory=directory,
    )


def rehearsal(directory: Path, **credentials: str) -> World:
    for name, text in credentials.items():
        credential_file(directory, name).write_text(text)
    return live(directory).model_copy(update={"kind": "rehearsal"})


@pytest.mark.parametrize(("index", "action", "held", "read"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_what_was_given_is_read(index: str, action: Action, held: Mapping[str, str], read: str) -> None:
    with holding(held):
        assert given_token(index, action).reveal() == read


@pytest.mark.parametrize("index", [LOOPBACK, "sparse+https://registry.example/index/", f"{LOOPBACK}crates.io/"])
def test_cargo_s_token_for_crates_io_goes_to_no_other_registry(index: str) -> None:
    with holding({CARGO: "cargo-token"}), pytest.raises(TokenMissing) as caught:
        given_token(index)
    assert CARGO not in str(caught.value)


def test_a_token_with_a_line_break_is_refused_by_the_name_of_its_variable() -> None:
    with holding({OURS: "cio-secret\n"}), pytest.raises(TokenUnusable, match=f"`{OURS}`") as caught:
        given_token(LOOPBACK)
    assert "cio-secret" not in str(caught.value)


def test_a_named_block_is_read_and_what_was_given_is_not(tmp_path: Path) -> None:
    said = Credentials(token_block="registry-token", new_token_block="registry-token-new")
    blocks = {"registry-token": "block-token", "registry-token-new": "block-token-new"}
    with holding({OURS: "ours-token"}):
        tokens = [api_token(live(tmp_path), said, action, blocks.__getitem__).reveal() for action in Action]
    assert tokens == ["block-token-new", "block-token"]


def test_without_prefect_there_are_no_blocks(tmp_path: Path) -> None:
    with pytest.raises(SecretBlockMissing, match="`registry-token`"):
        api_token(live(tmp_path), Credentials(token_block="registry-token"), Action.NEW, no_blocks)


def test_a_rehearsal_reads_its_own_directory_and_nothing_else(tmp_path: Path) -> None:
    world = rehearsal(tmp_path, registry="rehearsed-token", forge="rehearsed-forge")
    said = Credentials(token_block="registry-token")
    with holding(dict.fromkeys(GIVEN_VARIABLES, "a-person-s-own")):
        assert api_token(world, said, Action.NEW, no_blocks).reveal() == "rehearsed-token"
        assert forge_token(world).reveal() == "rehearsed-forge"
        credential_file(tmp_path, "registry-new").write_text("rehearsed-to-create")
        tokens = [api_token(world, said, action, no_blocks).reveal() for action in (Action.NEW, Action.UPDATE)]
        assert tokens == ["rehearsed-to-create", "rehearsed-token"]
        with pytest.raises(IdentityMissing):
            identity(world)


def test_an_id_token_is_asked_for_at_the_rehearsal_s_issuer_or_else_at_the_job_s(tmp_path: Path) -> None:
    world = rehearsal(tmp_path, identity="rehearsed-asking").model_copy(update={"identity": "http://127.0.0.1:1/token"})
    url, token = identity(world)
    assert (url, token.reveal()) == ("http://127.0.0.1:1/token", "rehearsed-asking")
    with pytest.raises(IdentityMissing, match="`id-token: write`"):
        identity(live(tmp_path))
    with holding({IDENTITY_VARIABLES[0]: "http://127.0.0.1:2/token"}):
        with pytest.raises(IdentityMissing):
            identity(live(tmp_path))
        with holding({IDENTITY_VARIABLES[1]: "asking-token"}):
            url, token = identity(live(tmp_path))
    assert (url, token.reveal()) == ("http://127.0.0.1:2/token", "asking-token")


def test_the_token_for_a_live_forge_is_the_one_that_was_given() -> None:
    assert given_forge_token() is None
    with holding({FORGE_TOKEN_VARIABLE: "forge-token"}):
        token = given_forge_token()
    assert token is not None
    assert (token.reveal(), token.source, redact("sent forge-token")) == (
        "forge-token",
        f"`{FORGE_TOKEN_VARIABLE}`",
        f"sent {HIDDEN}",
    )


@pytest.mark.parametrize("name", sorted(SECRET_VARIABLES))
def test_a_token_in_the_environment_is_refused_by_the_process_that_would_use_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a worker runs can read what the worker was started with."""
    monkeypatch.setenv(name, "started-with-it")
    with pytest.raises(SecretInEnvironment, match=f"`{name}`"):
        given(name)
    with pytest.raises(SecretInEnvironment, match=f"`{name}`"):
        require_not_in_environment()
