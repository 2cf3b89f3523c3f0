"""Real sockets: a registry, its issuer beside it, and ID tokens that are asked for as a job asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from loadmaster.clients.serving import serving
from loadmaster.rehearsal.issuer import SOUND, Flaws, IssuedRun, Issuer
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.registry.trustpub import GITHUB, KeySource
from loadmaster.run.clock import utc_now
from tests.kit.packing import upload
from tests.kit.registry_world import Served, detail, served

RUN = IssuedRun(repository="octo/repo", repository_owner_id=7, workflow="release.yml", sha="f" * 40)
TOKENS = "/api/v1/trusted_publishing/tokens"
CONFIGS = "/api/v1/trusted_publishing/github_configs"


@dataclass
class Clock:
    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return utc_now() + self.ahead


@dataclass(frozen=True)
class Trusting:
    world: Served
    issuer: Issuer
    address: str
    """Of the issuer."""
    clock: Clock

    def jwt(self, run: IssuedRun = RUN, flaws: Flaws = SOUND) -> str:
        asks = {"Authorization": f"Bearer {self.issuer.request_token(run, flaws)}"}
        audience = self.world.address.removeprefix("http://")
        answer = httpx.get(f"{self.address}/token?api-version=2.0&audience={audience}", headers=asks)
        assert answer.status_code == 200
        return str(answer.json()["value"])

    def exchange(self, jwt: str) -> httpx.Response:
        return self.world.client.post(TOKENS, json={"jwt": jwt})

    def token(self) -> str:
        answer = self.exchange(self.jwt())
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def configure(self, crate: str, token: str | None = None, **changes: str | None) -> httpx.Response:
        usual = {"repository_owner": "octo", "repository_name": "repo", "workflow_filename": "release.yml"}
        config = {"crate": crate, "environment": None} | usual | changes
        headers = {"Authorization": token or self.world.token}
        return self.world.client.post(CONFIGS, json={"github_config": config}, headers=headers)


@contextmanager
def trusting(directory: Path, keys: Path, issuer_address: str | None = None) -> Iterator[Trusting]:
    """A registry that has `demo` and `other`, both configured for `RUN`'s workflow in one repository."""
    clock = Clock()
    issuer = Issuer(keys, clock.now)
    with serving(issuer.app()) as address:
        issuers = {GITHUB: KeySource(issuer_address or address)}
        registry = Registry(directory / "registry", issuers=issuers, forge_accounts={"octo": 7}, clock=clock.now)
        with served(registry) as world:
            for name in ("demo", "other", "third"):
                assert world.put(upload(name)).status_code == 200
            here = Trusting(world, issuer, address, clock)
            for name in ("demo", "other"):
                assert here.configure(name).status_code == 200
            yield here


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one issuer's key is, made once: that takes longer than most tests."""
    return tmp_path_factory.mktemp("issuer")


@pytest.fixture
def here(tmp_path: Path, keys: Path) -> Iterator[Trusting]:
    with trusting(tmp_path, keys) as found:
        yield found


def test_a_run_gets_one_token_for_every_crate_that_is_configured_for_it(here: Trusting) -> None:
    token = here.token()
    for name in ("demo", "other"):
        assert here.world.put(upload(name, "1.1.0"), f"Bearer {token}").status_code == 200
    refused = here.world.put(upload("third", "1.1.0"), token)
    assert detail(refused) == (403, "The provided access token is not valid for crate `third`")
    told = here.world.client.get("/api/v1/crates/demo/1.1.0").json()["version"]
    assert told["published_by"] is None
    assert told["trustpub_data"] == {"provider": "github", "repository": "octo/repo", "run_id": "1", "sha": "f" * 40}


def test_new_crates_are_left_to_people(here: Trusting) -> None:
    said = "Trusted Publishing tokens do not support creating new crates. Publish the crate manually, first"
    assert detail(here.world.put(upload("newest"), here.token())) == (403, said)


def test_a_token_lives_for_half_an_hour(here: Trusting) -> None:
    token = here.token()
    here.clock.ahead = timedelta(minutes=29, seconds=59)
    assert here.world.put(upload("demo", "1.1.0"), token).status_code == 200
    here.clock.ahead = timedelta(minutes=30, seconds=1)
    assert detail(here.world.put(upload("demo", "1.2.0"), token)) == (403, "Invalid authentication token")


def test_a_revoked_token_is_none_and_may_be_revoked_again(here: Trusting) -> None:
    token = here.token()
    for _ in range(2):
        answer = here.world.client.delete(TOKENS, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.content) == (204, b"")
    assert detail(here.world.put(upload("demo", "1.1.0"), token)) == (403, "Invalid authentication token")


def test_revoking_needs_a_token(here: Trusting) -> None:
    assert detail(here.world.client.delete(TOKENS)) == (401, "Missing `Authorization` header")


def test_no_other_page_takes_such_a_token(here: Trusting) -> None:
    headers = {"Authorization": here.token()}
    for page in ("/api/v1/me", f"{CONFIGS}?crate=demo"):
        assert detail(here.world.client.get(page, headers=headers)) == (403, "authentication failed")


def test_a_trusted_publisher_takes_nothing_from_anybodys_bucket(here: Trusting) -> None:
    token = here.token()
    for minor in range(1, 36):  # an account's burst is 30
        assert here.world.put(upload("demo", f"1.{minor}.0"), token).status_code == 200


def test_an_id_token_is_good_once(here: Trusting) -> None:
    jwt = here.jwt()
    assert here.exchange(jwt).status_code == 200
    assert detail(here.exchange(jwt)) == (400, "JWT has already been used")


def test_an_id_token_that_was_refused_is_not_used_up(here: Trusting) -> None:
    jwt = here.jwt(RUN.model_copy(update={"repository": "octo/else"}))
    refused = (400, "No Trusted Publishing config found for repository `octo/else`.")
    assert detail(here.exchange(jwt)) == refused
    assert detail(here.exchange(jwt)) == refused
    here.configure("third", repository_name="else")
    assert here.exchange(jwt).status_code == 200


@pytest.mark.parametrize("ahead", [-350.0, 50.0])
def test_clocks_may_be_a_minute_apart(here: Trusting, ahead: float) -> None:
    assert here.exchange(here.jwt(flaws=Flaws(clock_ahead=ahead))).status_code == 200


@pytest.mark.parametrize(
    "flaws",
    [
        Flaws(clock_ahead=90),
        Flaws(clock_ahead=-390),
        Flaws(claims={"nbf": 2**32}),
        Flaws(without=("exp",)),
        Flaws(claims={"exp": "soon"}),
        Flaws(claims={"aud": "another registry"}),
        Flaws(without=("aud",)),
        Flaws(without=("jti",)),
        Flaws(claims={"run_id": 5}),
        Flaws(key="forged"),
    ],
    ids=str,
)
def test_an_id_token_that_is_not_sound_is_refused(here: Trusting, flaws: Flaws) -> None:
    assert detail(here.exchange(here.jwt(flaws=flaws))) == (400, "Failed to decode JWT")


@pytest.mark.parametrize(
    ("flaws", "said"),
    [
        (Flaws(key="unknown"), "Invalid JWT key ID"),
        (Flaws(key="unnamed"), "Missing JWT key ID"),
        (Flaws(claims={"iss": "https://issuer.invalid"}), "Unsupported JWT issuer: https://issuer.invalid"),
        (Flaws(without=("iss",)), "Failed to decode JWT"),
    ],
)
def test_an_id_token_from_elsewhere_is_refused(here: Trusting, flaws: Flaws, said: str) -> None:
    assert detail(here.exchange(here.jwt(flaws=flaws))) == (400, said)


def test_an_issuer_that_is_down_is_not_the_id_tokens_fault(tmp_path: Path, keys: Path) -> None:
    with serving(Issuer(keys, utc_now).app()) as gone:
        pass
    with trusting(tmp_path, keys, issuer_address=gone) as here:
        assert detail(here.exchange(here.jwt())) == (500, "Failed to load OIDC key set")


def test_who_has_no_request_token_gets_no_id_token(here: Trusting) -> None:
    for headers in ({}, {"Authorization": "Bearer guessed"}, {"Authorization": f"Bearer {here.jwt()}"}):
        assert httpx.get(f"{here.address}/token", headers=headers).status_code == 401


def test_a_crate_that_is_for_trusted_publishers_takes_no_api_token(here: Trusting) -> None:
    page, body = "/api/v1/crates/demo", {"crate": {"trustpub_only": True}}
    scoped = {"Authorization": here.world.token_of("mia", scopes=("trusted-publishing",))}
    legacy = {"Authorization": here.world.token}
    refused = here.world.client.patch(page, json=body, headers=legacy)
    assert detail(refused)[1].startswith("This endpoint cannot be used with legacy API tokens.")
    assert here.world.client.patch(page, json=body, headers=scoped).json()["crate"]["trustpub_only"] is True
    assert here.world.client.get(page).json()["crate"]["trustpub_only"] is True
    assert detail(here.world.put(upload("demo", "1.1.0")))[1].startswith("New versions of this crate can only be")
    assert here.world.put(upload("demo", "1.1.0"), here.token()).status_code == 200
    body["crate"]["trustpub_only"] = False
    assert here.world.client.patch(page, json=body, headers=scoped).status_code == 200
    assert here.world.put(upload("demo", "1.2.0")).status_code == 200


def test_only_owners_change_what_a_crate_takes(here: Trusting) -> None:
    here.world.registry.add_account("eve")
    token = here.world.token_of("eve", scopes=("trusted-publishing",))
    answer = here.world.client.patch("/api/v1/crates/demo", json={"crate": {}}, headers={"Authorization": token})
    assert detail(answer) == (403, "only owners have permission to modify crate settings")


def test_a_crate_has_at_most_five_configurations(here: Trusting) -> None:
    for number in range(4):
        assert here.configure("demo", workflow_filename=f"w{number}.yml").status_code == 200
    said = "This crate already has the maximum number of GitHub Trusted Publishing configurations (5)"
    assert detail(here.configure("demo", workflow_filename="w5.yml")) == (409, said)


def test_an_owner_that_github_does_not_know_is_refused(here: Trusting) -> None:
    refused = here.configure("demo", repository_owner="nobody-at-all")
    assert detail(refused) == (400, "Unknown GitHub user or organization")
    assert here.configure("third", repository_owner="OCTO").json()["github_config"]["repository_owner"] == "octo"


def test_configurations_come_in_pages(here: Trusting) -> None:
    for number in range(3):
        here.configure("demo", workflow_filename=f"w{number}.yml")
    headers = {"Authorization": here.world.token_of("mia", scopes=("trusted-publishing",), crates=("demo",))}
    seen, page = [], "?crate=demo&per_page=2"
    while page is not None:
        answer = here.world.client.get(f"{CONFIGS}{page}", headers=headers).json()
        assert answer["meta"]["total"] == 4
        seen += [config["workflow_filename"] for config in answer["github_configs"]]
        page = answer["meta"]["next_page"]
    assert seen == ["release.yml", "w0.yml", "w1.yml", "w2.yml"]


def test_a_person_lists_only_their_own_and_what_their_token_is_for(here: Trusting) -> None:
    mine = {"Authorization": here.world.token_of("mia", scopes=("trusted-publishing",), crates=("oth*",))}
    listed = here.world.client.get(f"{CONFIGS}?user_id=1", headers=mine).json()["github_configs"]
    assert [config["crate"] for config in listed] == ["other"]
    other = here.world.client.get(f"{CONFIGS}?user_id=2", headers=mine)
    assert detail(other) == (403, "this action requires authentication as the specified user")


def test_a_deleted_configuration_lets_nobody_in(here: Trusting) -> None:
    mine = {"Authorization": here.world.token}
    here.world.registry.add_account("eve")
    others = {"Authorization": here.world.token_of("eve")}
    assert detail(here.world.client.delete(f"{CONFIGS}/1", headers=others)) == (
        400,
        "You are not an owner of this crate",
    )
    assert here.world.client.delete(f"{CONFIGS}/1", headers=mine).status_code == 204
    assert detail(here.world.client.delete(f"{CONFIGS}/1", headers=mine)) == (404, "Not Found")
    said = "The provided access token is not valid for crate `demo`"
    assert detail(here.world.put(upload("demo", "1.1.0"), here.token())) == (403, said)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b'\xef\xbb\xbf{"jwt": "x"}', "expected value at line 1 column 1", id="a byte order mark"),
        pytest.param('{"jwt": "x"}'.encode("utf-16"), "expected value at line 1 column 1", id="another encoding"),
        pytest.param(b'{"jwt": "\\ud800"}', "unexpected end of hex escape at line 1 column 16", id="half a character"),
    ],
)
def test_json_that_only_python_takes_for_some_is_none(here: Trusting, body: bytes, why: str) -> None:
    answer = here.world.client.post(TOKENS, content=body, headers={"Content-Type": "application/json"})
    assert detail(answer) == (400, f"Failed to parse the request body as JSON: {why}")


@pytest.mark.parametrize("user", ["", "x", " 1", "1_0", "\u0661"])
def test_a_user_is_asked_for_by_number(here: Trusting, user: str) -> None:
    answer = here.world.client.get(CONFIGS, params={"user_id": user}, headers={"Authorization": here.world.token})
    status, said = detail(answer)
    assert status == 400
    assert said.startswith("Failed to deserialize query string: user_id: ")
