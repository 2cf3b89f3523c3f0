"""Owners, teams and invitations, as crates.io answers: who may change them, in which order it looks, who may publish then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.registry.ledger import NOT_AN_OWNER
from tests.kit.packing import upload
from tests.kit.registry_world import Served, detail, served

NOON = datetime(2026, 7, 25, 12, 0, tzinfo=UTC)
CREW = "github:hangar:crew"
INVITED = "user noah has been invited to be an owner of crate ours"


class Clocked:
    """A served registry whose clock stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clocked:
    return Clocked()


@pytest.fixture
def world(tmp_path: Path, clock: Clocked) -> Iterator[Served]:
    """`ours` is mia's; noah and zoe have accounts, mia and zoe are the crew."""
    with served(Registry(tmp_path, clock=clock)) as world:
        world.registry.add_account("noah")
        world.registry.add_account("zoe")
        world.registry.accounts.add_team(CREW, ["mia", "zoe"])
        assert world.put(upload("ours")).status_code == 200
        yield world


def change(
    world: Served, method: str, *logins: str, token: str | None = None, crate: str = "ours", field: str = "owners"
) -> httpx.Response:
    headers = {"Authorization": token or world.token}
    return world.client.request(method, f"/api/v1/crates/{crate}/owners", json={field: logins}, headers=headers)


def owners(world: Served, page: str = "owners", key: str = "users") -> list[str]:
    return [each["login"] for each in world.client.get(f"/api/v1/crates/ours/{page}").json()[key]]


def msg(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["ok"] is True
    return str(told["msg"])


def test_who_owns_a_crate_is_told_to_anybody(world: Served) -> None:
    change(world, "PUT", CREW)
    users = world.client.get("/api/v1/crates/OURS/owners").json()["users"]
    assert [(each["kind"], each["login"], each["url"]) for each in users] == [
        ("user", "mia", "https://github.com/mia"),
        ("team", CREW, "https://github.com/hangar"),
    ]
    assert (owners(world, "owner_user"), owners(world, "owner_team", "teams")) == (["mia"], [CREW])
    assert detail(world.client.get("/api/v1/crates/nobody-s/owner_team")) == (404, "crate `nobody-s` does not exist")
    assert detail(world.client.get("/api/v1/crates/1x/owners")) == (404, "crate `1x` does not exist")


def test_an_invited_user_is_no_owner_until_the_invitation_is_accepted(world: Served) -> None:
    token = world.token_of("noah")
    assert msg(change(world, "PUT", "Noah")) == INVITED
    assert owners(world) == ["mia"]
    assert detail(world.put(upload("ours", "1.1.0"), token)) == (403, NOT_AN_OWNER)
    assert (
        msg(change(world, "PUT", "noah")) == "user noah already has a pending invitation to be an owner of crate ours"
    )
    world.registry.invitations.accept("ours", "noah")
    assert owners(world) == ["mia", "noah"]
    assert world.put(upload("ours", "1.1.0"), token).status_code == 200
    assert detail(change(world, "PUT", "noah")) == (400, "`noah` is already an owner")


def answer_invitation(world: Served, crate: int, accepted: bool, token: str) -> httpx.Response:
    told = {"crate_owner_invite": {"crate_id": crate, "accepted": accepted}}
    address = f"/api/v1/me/crate_owner_invitations/{crate}"
    return world.client.put(address, json=told, headers={"Authorization": token})


@pytest.mark.parametrize(("accepted", "then"), [(True, ["mia", "noah"]), (False, ["mia"])])
def test_a_legacy_token_can_answer_an_invitation_once(world: Served, accepted: bool, then: list[str]) -> None:
    change(world, "PUT", "noah")
    token = world.token_of("noah")
    answered = answer_invitation(world, 1, accepted, token)
    assert answered.json() == {"crate_owner_invitation": {"crate_id": 1, "accepted": accepted}}
    assert owners(world) == then
    assert detail(answer_invitation(world, 1, accepted, token)) == (404, "Not Found")


def test_nobody_answers_somebody_elses_invitation(world: Served) -> None:
    change(world, "PUT", "noah")
    assert answer_invitation(world, 1, True, world.token_of("zoe")).status_code == 404
    scoped = world.token_of("noah", scopes=("change-owners",))
    assert answer_invitation(world, 1, True, scoped).status_code == 403
    assert owners(world) == ["mia"]


def test_an_invitation_stands_for_thirty_days(world: Served, clock: Clocked) -> None:
    change(world, "PUT", "noah")
    clock.now += timedelta(days=30)
    gone = answer_invitation(world, 1, True, world.token_of("noah"))
    assert detail(gone) == (
        410,
        "The invitation to become an owner of the ours crate expired. "
        "Please reach out to an owner of the crate to request a new invitation.",
    )
    assert msg(change(world, "PUT", "noah")) == INVITED


def test_an_unverified_address_accepts_no_invitation(world: Served) -> None:
    change(world, "PUT", "noah")
    world.registry.add_account("noah", email_verified=False)
    assert detail(answer_invitation(world, 1, True, world.token_of("noah")))[0] == 403


def test_a_team_is_added_at_once_and_its_members_publish_and_yank_but_do_not_manage(world: Served) -> None:
    member = world.token_of("zoe")
    assert detail(world.put(upload("ours", "1.1.0"), member)) == (403, NOT_AN_OWNER)
    assert (
        msg(change(world, "PUT", "GitHub:Hangar:crew".lower()))
        == f"team {CREW} has been added as an owner of crate ours"
    )
    assert world.put(upload("ours", "1.1.0"), member).status_code == 200
    yanked = world.client.delete("/api/v1/crates/ours/1.1.0/yank", headers={"Authorization": member})
    assert yanked.json() == {"ok": True}
    refused = change(world, "PUT", "noah", token=member)
    assert detail(refused) == (403, "team members don't have permission to modify owners")
    assert detail(change(world, "PUT", CREW)) == (400, f"`{CREW}` is already an owner")


def test_a_team_whose_organisation_hides_its_members_stops_everybody_but_the_owners(world: Served) -> None:
    change(world, "PUT", CREW)
    world.registry.accounts.add_team(CREW, [], restricted=True)
    told = (
        403,
        "GitHub organization 'hangar' has restricted OAuth access. A 'hangar' administrator must approve the "
        "'crates.io' application in the organization's 'Third-party access' settings.",
    )
    for stranger in ("zoe", "noah"):
        assert detail(world.put(upload("ours", "1.1.0"), world.token_of(stranger))) == told
    assert world.put(upload("ours", "1.1.0")).status_code == 200


def test_several_at_once_are_told_of_in_one_line(world: Served) -> None:
    told = f"{INVITED},team {CREW} has been added as an owner of crate ours"
    assert msg(change(world, "PUT", "noah", CREW, field="users")) == told


@pytest.mark.parametrize(
    ("login", "told"),
    [
        ("nobody", "could not find user with login `nobody`"),
        ("gitlab:a:b", "unknown organization handler, only 'github:org:team' is supported"),
        ("github:a", "missing github team argument; format is github:org:team"),
        ("github:a/b:c", "organization cannot contain special characters like /"),
        (
            "github:a:b",
            "could not find the github team a/b. Make sure that you have the right permissions in GitHub. "
            "See https://doc.rust-lang.org/cargo/reference/publishing.html#github-permissions",
        ),
    ],
)
def test_who_cannot_be_asked_and_then_nobody_is(world: Served, login: str, told: str) -> None:
    assert detail(change(world, "PUT", "noah", login)) == (400, told)
    assert msg(change(world, "PUT", "noah")) == INVITED, "the refused request invited nobody"


def test_a_team_is_added_by_its_members_only(world: Served) -> None:
    world.registry.add_owner("ours", "noah")
    refused = change(world, "PUT", CREW, token=world.token_of("noah"))
    assert detail(refused) == (403, "only members of a team or organization owners can add it as an owner")


def test_owners_are_removed_but_for_the_last_person(world: Served) -> None:
    change(world, "PUT", CREW)
    world.registry.add_owner("ours", "noah")
    assert detail(change(world, "DELETE", "zoe")) == (400, "could not find owner with login `zoe`")
    assert msg(change(world, "DELETE", "MIA", CREW, token=world.token_of("noah"))) == "owners successfully removed"
    assert owners(world) == ["noah"]
    left = change(world, "DELETE", "noah", token=world.token_of("noah"))
    assert detail(left) == (
        400,
        "cannot remove all individual owners of a crate. Team member don't have permission to modify owners, "
        "so at least one individual owner is required.",
    )
    assert owners(world) == ["noah"]


def test_the_order_in_which_it_looks(world: Served) -> None:
    many = [f"a{number}" for number in range(11)]
    nonsense = "nonsense"
    assert detail(change(world, "PUT", *many, token=nonsense, crate="nobody-s")) == (
        400,
        "too many invites for this request - maximum 10",
    )
    assert change(world, "PUT", "nobody", token=nonsense, crate="nobody-s").status_code == 401
    assert detail(change(world, "PUT", "nobody", crate="nobody-s")) == (404, "crate `nobody-s` does not exist")
    stranger = change(world, "PUT", "nobody", token=world.token_of("noah"))
    assert detail(stranger) == (403, "only owners have permission to modify owners")


@pytest.mark.parametrize(
    ("scopes", "crates", "status"),
    [
        (("change-owners",), ("ours",), 200),
        (("change-owners",), ("our*",), 200),
        (("publish-update",), None, 403),
        (("change-owners",), ("OURS",), 403),
    ],
)
def test_the_scope_and_the_crates_of_a_token(
    world: Served, scopes: tuple[str, ...], crates: tuple[str, ...] | None, status: int
) -> None:
    token = world.token_of("mia", scopes=scopes, crates=crates)
    assert change(world, "PUT", "noah", token=token).status_code == status


@pytest.mark.parametrize(
    ("body", "kind", "status", "told"),
    [
        (b"{}", "text/plain", 415, "Expected request with `Content-Type: application/json`"),
        (
            b'{"owners": ["a", ]}',
            "application/json",
            400,
            "Failed to parse the request body as JSON: ",
        ),
        (
            b"{",
            "application/json",
            400,
            "Failed to parse the request body as JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            b"{}",
            "application/json",
            422,
            "Failed to deserialize the JSON body into the target type: missing field `owners` at line 1 column 2",
        ),
        (
            b'{"owners":"foo"}',
            "application/json; charset=utf-8",
            422,
            'Failed to deserialize the JSON body into the target type: owners: invalid type: string "foo", '
            "expected a sequence at line 1 column ",
        ),
    ],
)
def test_a_body_that_is_none(world: Served, body: bytes, kind: str, status: int, told: str) -> None:
    headers = {"Authorization": world.token, "Content-Type": kind}
    answer = world.client.put("/api/v1/crates/ours/owners", content=body, headers=headers)
    assert detail(answer)[0] == status
    assert detail(answer)[1].startswith(told)


def test_owners_survive_that_the_registry_is_served_again(world: Served, tmp_path: Path) -> None:
    change(world, "PUT", CREW, "noah")
    with served(Registry(tmp_path, clock=lambda: NOON)) as again:
        assert owners(again) == ["mia", CREW]
        assert "already has a pending invitation" in msg(change(again, "PUT", "noah"))
