"""A world is what its scenario says at its first opening, and what was done in it since at every other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry import Limits, Registry, new_token
from loadmaster.rehearsal.registry.ownership import Rights
from loadmaster.rehearsal.scenario import (
    Deleted,
    Reserved,
    Scenario,
    ScenarioCrate,
    ScenarioToken,
    Team,
    TrustedPublisher,
    User,
)
from loadmaster.rehearsal.seeding import seed
from loadmaster.run.world import credential_file
from tests.kit.packing import upload
from tests.kit.registry_world import Served, detail, served

NOON = datetime(2026, 7, 25, 12, 0, tzinfo=UTC)
CREW = "github:hangar:crew"
LITERAL = new_token()
STORY = Scenario(
    users=(User(login="zoe"), User(login="mia", id=1), User(login="noah", email_verified=False, limits="off")),
    teams=(Team(login=CREW, members=("noah",)),),
    tokens=(
        ScenarioToken(user="mia", name="mia", scopes=("publish-update",), crates=("hangar-*",)),
        ScenarioToken(user="noah", token=LITERAL, revoked=True),
    ),
    crates=(
        ScenarioCrate(name="hangar-one", owners=("mia", CREW), versions=("0.1.0", "0.2.0-rc.1"), invited=("zoe",)),
        ScenarioCrate(name="locked", owners=("zoe",), versions=("1.0.0",), trustpub_only=True),
    ),
    deleted=(Deleted(name="gone"),),
    reserved=(Reserved(name="kept-back"),),
    daily_per_crate=1,
    trusted_publishing=(
        TrustedPublisher(
            crate="hangar-one",
            repository_owner="Ada",
            repository_owner_id=5,
            repository_name="hangar",
            workflow_filename=" release.yml",
        ),
    ),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Served]:
    registry = Registry(tmp_path / "registry", limits=Limits(new_burst=9), clock=lambda: NOON)
    seed(STORY, registry, tmp_path, NOON)
    with served(registry) as world:
        yield world


def test_its_people_have_the_ids_it_gives_and_free_ones_else(world: Served) -> None:
    owners = {name: world.registry.ownership.owners(name) for name in ("hangar-one", "locked")}
    assert [(each.kind, each.id, each.login) for each in owners["hangar-one"]] == [
        ("user", 1, "mia"),
        ("team", 1, CREW),
    ]
    assert [each.id for each in owners["locked"]] == [2]
    rights = {login: world.registry.ownership.rights("hangar_one", login) for login in ("mia", "noah", "zoe")}
    assert rights == {"mia": Rights.FULL, "noah": Rights.PUBLISH, "zoe": Rights.NONE}


def test_its_tokens_are_written_down_or_are_those_it_names(world: Served, tmp_path: Path) -> None:
    file = credential_file(tmp_path, "mia")
    assert file.stat().st_mode & 0o077 == 0
    granted = world.registry.accounts.grant(file.read_text())
    assert granted is not None
    assert (granted.login, granted.scopes, granted.crates) == ("mia", ("publish-update",), ("hangar-*",))
    assert detail(world.put(upload("x"), LITERAL)) == (403, "authentication failed")
    assert LITERAL not in (tmp_path / "scenario.json").read_text()


def test_its_crates_are_in_the_index_with_files_that_fit(world: Served) -> None:
    lines = world.client.get("/index/ha/ng/hangar-one").text.splitlines()
    assert [line.count('"pubtime":"2020-01-01T00:00:00Z"') for line in lines] == [1, 1]
    assert world.client.get("/crates/hangar-one/hangar-one-0.1.0.crate").status_code == 200
    assert world.registry.uploads() == (), "nobody uploaded them"


def test_a_version_from_before_the_world_does_not_count_for_the_day(world: Served, tmp_path: Path) -> None:
    token = credential_file(tmp_path, "mia").read_text()
    assert world.put(upload("hangar-one", "0.3.0"), token).status_code == 200
    assert world.put(upload("hangar-one", "0.4.0"), token).status_code == 429


def test_its_names_are_taken(world: Served) -> None:
    assert "Reuse of this name will be available after 2026-07-26T12:00:00Z." in detail(world.put(upload("gone")))[1]
    assert detail(world.put(upload("kept_back"))) == (400, "cannot upload a crate with a reserved name")
    only = world.put(upload("locked", "1.1.0"))
    assert detail(only)[1].startswith("New versions of this crate can only be published using Trusted Publishing")
    assert world.client.get("/api/v1/crates/locked").json()["crate"]["trustpub_only"] is True


def test_an_invitation_of_it_can_be_accepted(world: Served) -> None:
    world.registry.invitations.accept("hangar-one", "zoe")
    assert world.registry.ownership.is_owner("hangar-one", "Zoe")


def test_it_is_told_once(world: Served, tmp_path: Path) -> None:
    world.registry.accounts.add("noah", email_verified=True)
    world.registry.ownership.add("locked", "mia")
    seed(Scenario(users=(User(login="late"),)), world.registry, tmp_path, NOON)
    assert world.registry.accounts.user("late") is None
    assert world.registry.ownership.is_owner("locked", "mia")


def test_a_world_that_was_killed_while_it_was_told_is_told_again(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry", clock=lambda: NOON)
    seed(STORY, registry, tmp_path, NOON)
    token = credential_file(tmp_path, "mia").read_text()
    (tmp_path / "scenario.json").unlink()
    seed(STORY, registry, tmp_path, NOON)
    assert registry.accounts.grant(token) is not None
    assert len(registry.ledger.published("hangar-one")) == 2
    with registry.database.reading() as db:
        rows = db.execute("SELECT canonical, workflow_filename FROM github_configs").fetchall()
    assert rows == [{"canonical": "hangar_one", "workflow_filename": " release.yml"}], "blanks stay"
    with pytest.raises(Refusal):
        registry.policies.check_not_deleted("gone", NOON)
