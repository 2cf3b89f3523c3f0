"""A scenario is read whole or refused with every problem by name; nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadmaster.errors.request import ScenarioBroken
from loadmaster.rehearsal.registry.credentials import Lock
from loadmaster.rehearsal.registry.limits import Bursts
from loadmaster.rehearsal.scenario import (
    Scenario,
    ScenarioCrate,
    ScenarioToken,
    Team,
    TrustedPublisher,
    User,
    read_scenario,
)
from tests.kit.checkout import ROOT

TOML = """
actor = "mia"
read_only = true
blocked_agents = ["curl"]
daily_per_crate = 10
actor_token = { scopes = ["publish-update"], crates = ["hangar-*"] }

[[users]]
login = "mia"
id = 7

[[users]]
login = "noah"
email_verified = false
locked = { reason = "spam" }
limits = { new = 1 }

[[users]]
login = "zoe"
limits = "off"

[[teams]]
login = "github:hangar:crew"
members = ["noah"]

[[tokens]]
user = "noah"
name = "noah"
expires = 2026-07-25T12:00:00Z

[[crates]]
name = "hangar"
owners = ["mia", "github:hangar:crew"]
versions = ["0.1.0"]
invited = ["zoe"]

[[trusted_publishing]]
crate = "hangar"
repository_owner = "ada"
repository_owner_id = 5
repository_name = "hangar"
workflow_filename = " release.yml"
"""


def test_a_scenario_is_toml_or_json(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(TOML)
    read = read_scenario(file)
    assert read.users == (
        User(login="mia", id=7),
        User(login="noah", email_verified=False, locked=Lock(reason="spam"), limits=Bursts(new=1)),
        User(login="zoe", limits="off"),
    )
    assert read.teams == (Team(login="github:hangar:crew", members=("noah",)),)
    again = tmp_path / "scenario.json"
    again.write_text(read.model_dump_json())
    assert read_scenario(again) == read


def test_blanks_that_somebody_typed_into_a_configuration_stay(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(TOML)
    assert [each.workflow_filename for each in read_scenario(file).trusted_publishing] == [" release.yml"]


def test_the_example_of_the_documentation_is_one(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "rehearsal.md").read_text(encoding="utf-8")
    file = tmp_path / "scenario.toml"
    file.write_text(text.partition("## Scenarios")[2].partition("```toml\n")[2].partition("```")[0])
    assert read_scenario(file).model_fields_set == Scenario.model_fields.keys(), "it shows every key"


def test_nothing_said_is_a_world_without_surprises() -> None:
    assert Scenario.model_validate({}) == Scenario()


MIA = {"users": [{"login": "mia"}]}


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        pytest.param({"userz": []}, "`userz`: Extra inputs are not permitted", id="an unknown key"),
        pytest.param({"users": [{"logn": "mia"}]}, "`users.0.logn`", id="an unknown key further in"),
        pytest.param({"users": [{"login": "mia", "id": 0}]}, "`users.0.id`", id="a number that is none"),
        pytest.param(MIA | {"teams": [{"login": "crew"}]}, "`teams.0.login`", id="a team that is no team"),
        pytest.param(
            MIA | {"tokens": [{"user": "mia"}]}, "give `name`, to find the token", id="a token nobody could find"
        ),
        pytest.param(
            MIA | {"tokens": [{"user": "mia", "name": "registry"}]}, "the world's own credential", id="a taken file"
        ),
        pytest.param(
            MIA | {"tokens": [{"user": "mia", "token": "secret"}]}, "`tokens.0.token`", id="a token that is no token"
        ),
        pytest.param(
            MIA | {"tokens": [{"user": "mia", "name": "a", "scopes": ["publish"]}]}, "scopes.0", id="an unknown scope"
        ),
        pytest.param(
            MIA | {"tokens": [{"user": "mia", "name": "a", "expires": "2026-07-25T12:00:00"}]},
            "timezone",
            id="an instant without a time zone",
        ),
        pytest.param({"users": [{"login": "mia"}, {"login": "Mia"}]}, "user `Mia` is there twice", id="twice"),
        pytest.param({"crates": [{"name": "a", "owners": ["mia"]}]}, "`mia`, an owner of `a`, is no user", id="nobody"),
        pytest.param(
            MIA | {"crates": [{"name": "a", "owners": ["mia", "github:x:y"]}]},
            "`github:x:y`, an owner of `a`, is no team",
            id="a team that is not there",
        ),
        pytest.param(
            MIA | {"crates": [{"name": name, "owners": ["mia"]} for name in ("a-b", "A_b")]},
            "crate `a_b` is there twice",
            id="two spellings of one crate",
        ),
        pytest.param(MIA | {"crates": [{"name": "a", "owners": []}]}, "`crates.0.owners`", id="a crate of nobody"),
        pytest.param([], "valid dictionary", id="a list"),
    ],
)
def test_a_scenario_that_cannot_be_used_says_why(tmp_path: Path, document: object, complaint: str) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ScenarioBroken) as refused:
        read_scenario(file)
    assert str(file) in refused.value.what
    assert complaint in refused.value.what


def test_text_that_is_no_toml_says_where(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text("[[users")
    with pytest.raises(ScenarioBroken, match="end of document"):
        read_scenario(file)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ScenarioBroken, match="No such file"):
        read_scenario(tmp_path / "nowhere.toml")


def test_a_token_and_a_crate_have_the_widest_rights_unless_said_otherwise() -> None:
    token = ScenarioToken(user="mia", name="mine")
    assert (token.scopes, token.crates, token.expires, token.revoked) == (None, None, None, False)
    crate = ScenarioCrate(name="hangar", owners=("mia",))
    assert (crate.versions, crate.trustpub_only, crate.invited) == ((), False, ())
    publisher = TrustedPublisher(
        crate="hangar",
        repository_owner="ada",
        repository_owner_id=5,
        repository_name="hangar",
        workflow_filename="release.yml",
    )
    assert (publisher.provider, publisher.environment) == ("github", None)
