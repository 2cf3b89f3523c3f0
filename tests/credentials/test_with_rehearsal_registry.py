"""Trusted publishing from end to end over real sockets: the rehearsal's issuer vouches, its registry mints, takes and forgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.clients.serving import serving
from loadmaster.credentials.tokens import HeldTokens
from loadmaster.errors.credentials import ExchangeRefused, IdentityRefused
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.registry import UploadRefused
from loadmaster.planning.crates_io.tokens import TRUSTED_LIFE
from loadmaster.planning.profile.registry_style import Credential, RegistryStyle
from loadmaster.planning.values.rates import Action
from loadmaster.rehearsal.issuer import IssuedRun, Issuer
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.scenario import Scenario
from loadmaster.rehearsal.seeding import seed
from loadmaster.run.world import World, credential_file
from tests.kit.packing import upload
from tests.kit.provider import HandClock

RUN = IssuedRun(repository="ada/demo", repository_owner_id=7, workflow="release.yml")
CRATES = ("covered", "covered-too", "not-covered")
SCENARIO = Scenario.model_validate(
    {
        "users": [{"login": "mia"}],
        "crates": [{"name": name, "owners": ["mia"], "versions": ["0.1.0"]} for name in CRATES],
        "trusted_publishing": [
            {
                "crate": name,
                "repository_owner": "ada",
                "repository_owner_id": 7,
                "repository_name": "demo",
                "workflow_filename": "release.yml",
            }
            for name in CRATES[:2]
        ],
    }
)


@dataclass(frozen=True)
class Place:
    world: World
    issuer: Issuer
    clock: HandClock

    def tokens(self) -> HeldTokens:
        return HeldTokens(self.world, RegistryStyle(credential=Credential.TRUSTED_PUBLISHING), self.clock)

    def vouches_for(self, run: IssuedRun) -> None:
        credential_file(self.world.directory, "identity").write_text(self.issuer.request_token(run))

    def publish(self, name: str, version: str, token: str, credential: str | None = None) -> None:
        registry = RegistryClient(self.world.index)
        registry.upload(f"{name}@{version}", upload(name, version), token, credential=credential)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    clock = HandClock()
    issuer = Issuer(tmp_path, clock.now)
    registry = Registry(tmp_path / "registry", clock=clock.now, issuers=issuer.issuers())
    seed(SCENARIO, registry, tmp_path, clock.now())
    with serving(Starlette(routes=[Mount("/registry", registry.app()), Mount("/issuer", issuer.app())])) as address:
        world = World(
            kind="rehearsal",
            index=f"sparse+{address}/registry/index/",
            replaces_crates_io=True,
            forge=None,
            repository="ada/demo",
            remote="remote.git",
            directory=tmp_path,
            identity=f"{address}/issuer/token",
        )
        place = Place(world, issuer, clock)
        place.vouches_for(RUN)
        yield place


def test_one_minted_token_publishes_what_is_configured_and_nothing_else_until_it_is_revoked(place: Place) -> None:
    tokens = place.tokens()
    minted = tokens.token(Action.UPDATE)
    token = minted.reveal()
    for name in CRATES[:2]:
        place.publish(name, "1.0.0", tokens.token(Action.UPDATE).reveal())
    with pytest.raises(UploadRefused, match="403") as refused:
        place.publish("not-covered", "1.0.0", token, minted.source)
    assert refused.value.facts["reason"] == Reason.TRUSTED_OTHER_CRATE
    assert "no configuration of trusted publishing of `not-covered` fits" in refused.value.why
    assert tokens.revoke() == ()
    with pytest.raises(UploadRefused, match="403") as refused:
        place.publish("covered", "1.1.0", token, minted.source)
    assert refused.value.facts["reason"] == Reason.TRUSTED_TOKEN_ENDED
    assert "no longer knows the token from trusted publishing: it lives 30 minutes" in refused.value.why


def test_a_release_that_outlives_its_first_token_goes_on_with_the_renewed_one(place: Place) -> None:
    tokens = place.tokens()
    first = tokens.token(Action.UPDATE).reveal()
    place.clock.pass_minutes(TRUSTED_LIFE.total_seconds() / 60 - 0.1)
    place.publish("covered", "1.0.0", first)  # the life that we reckon with is the registry's
    second = tokens.token(Action.UPDATE).reveal()
    place.clock.pass_minutes(0.2)
    with pytest.raises(UploadRefused, match="403"):
        place.publish("covered", "1.1.0", first)
    place.publish("covered", "1.1.0", second)


def test_the_registry_s_own_words_tell_what_the_configuration_lacks(place: Place) -> None:
    place.vouches_for(RUN.model_copy(update={"workflow": "publish.yml"}))
    with pytest.raises(ExchangeRefused, match="does not match the workflow filename `publish") as refused:
        place.tokens().token(Action.UPDATE)
    assert refused.value.facts["reason"] == Reason.CONFIGURATION_WORKFLOW
    assert "the job runs `publish.yml`, and the configuration for `" in refused.value.why


def test_who_may_not_ask_gets_no_id_token(place: Place) -> None:
    credential_file(place.world.directory, "identity").write_text("made-up-request-token")
    with pytest.raises(IdentityRefused, match="status 401"):
        place.tokens().token(Action.UPDATE)
