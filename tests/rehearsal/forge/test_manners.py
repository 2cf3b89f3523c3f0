"""The manners of the API: rights, limits, entity tags, pages, and how it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from loadmaster.rehearsal.forge.front.rights import Needed, denial
from loadmaster.rehearsal.forge_scenario import ForgeScenario, ForgeTokenRights, SecondaryLimit
from tests.kit.forges import API, ServedForge, served_forge

FINE = ForgeTokenRights.model_validate({"kind": "fine-grained", "permissions": {"contents": "write"}})


@pytest.fixture
def hangar(tmp_path: Path) -> Iterator[ServedForge]:
    with served_forge(tmp_path) as served:
        yield served


def with_token(hangar: ServedForge, rights: ForgeTokenRights) -> httpx.Client:
    hangar.forge.add_token("other", rights)
    return httpx.Client(base_url=hangar.address, headers={"Authorization": "token other"})


class TestRights:
    def test_a_classic_token_shows_its_scopes(self, hangar: ServedForge) -> None:
        answer = hangar.http.get(API)
        assert answer.headers["X-OAuth-Scopes"] == "repo, workflow"
        assert answer.json()["permissions"] == {
            "admin": True,
            "maintain": True,
            "push": True,
            "triage": True,
            "pull": True,
        }

    def test_a_fine_grained_token_is_told_what_it_lacks_before_its_body_is_read(self, hangar: ServedForge) -> None:
        with with_token(hangar, FINE) as http:
            may = http.post(f"{API}/git/refs", json={})
            assert (may.status_code, may.json()["message"]) == (422, 'Invalid request.\n\n"ref" wasn\'t supplied.')
            may_not = http.post(f"{API}/pulls", json={})
            assert (may_not.status_code, may_not.json()["message"]) == (
                403,
                "Resource not accessible by personal access token",
            )
            assert may_not.headers["X-Accepted-GitHub-Permissions"] == "pull_requests=write"
            assert http.get(f"{API}/pulls").status_code == 200, "the repository is public"
            assert http.get(f"{API}/branches/main/protection").status_code == 403

    @pytest.mark.parametrize(
        "path", ["pulls", "git/refs", "releases", "actions/workflows/release.yml/dispatches", "actions/runs/1/rerun"]
    )
    def test_a_classic_token_without_a_scope_finds_nothing_to_write_to(self, hangar: ServedForge, path: str) -> None:
        with with_token(hangar, ForgeTokenRights(scopes=("workflow",))) as http:
            assert http.post(f"{API}/{path}", json={}).status_code == 404
            assert http.get(API).status_code == 200

    def test_an_expired_token_is_a_bad_credential(self, hangar: ServedForge) -> None:
        with with_token(hangar, ForgeTokenRights(expired=True)) as http:
            assert (http.get(API).status_code, http.get(API).json()["message"]) == (401, "Bad credentials")

    def test_the_role_of_its_owner_counts_too(self, hangar: ServedForge) -> None:
        with with_token(hangar, ForgeTokenRights(role="read")) as http:
            assert http.post(f"{API}/git/refs", json={}).status_code == 404
            assert http.get(API).json()["permissions"]["push"] is False

    def test_a_password_may_be_the_token(self, hangar: ServedForge) -> None:
        assert httpx.get(f"{hangar.address}{API}", auth=("x", "t0ken")).json()["permissions"]["push"]

    @pytest.mark.parametrize(
        ("rights", "needed", "private", "status"),
        [
            (None, Needed("contents", "read"), False, None),
            (None, Needed("contents", "read"), True, 404),
            (None, Needed("contents", "write"), False, 404),
            (FINE, Needed("contents", "write"), True, None),
            (FINE, Needed("actions", "read"), True, 403),
            (FINE, Needed("metadata", "read"), True, None),
            (ForgeTokenRights(scopes=("public_repo",)), Needed("contents", "write"), False, None),
            (ForgeTokenRights(scopes=("public_repo",)), Needed("contents", "read"), True, 404),
            (ForgeTokenRights(role="write"), Needed("administration", "read", only_admins=True), False, 404),
        ],
    )
    def test_the_table(
        self, rights: ForgeTokenRights | None, needed: Needed, private: bool, status: int | None
    ) -> None:
        denied = denial(rights, needed, private=private)
        assert (denied.status if denied else None) == status


class TestLimits:
    def test_requests_are_counted_and_an_unchanged_answer_costs_nothing(self, hangar: ServedForge) -> None:
        first = hangar.http.get(API)
        assert first.headers["etag"].startswith('W/"')
        assert first.headers["x-ratelimit-limit"] == "5000"
        again = hangar.http.get(API, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"] == "1"
        assert hangar.http.get(API, headers={"If-None-Match": 'W/"other"'}).status_code == 200

    def test_whoever_has_none_left_waits_for_the_hour_s_end(self, tmp_path: Path) -> None:
        with served_forge(tmp_path, ForgeScenario(requests_per_hour=2)) as hangar:
            tag = hangar.http.get(API).headers["etag"]
            hangar.http.get(API)
            refused = hangar.http.get(API, headers={"If-None-Match": tag})
            assert refused.status_code == 403
            assert refused.json()["message"].startswith("API rate limit exceeded for user ID 1. ")
            assert refused.headers["x-ratelimit-remaining"] == "0"
            assert int(refused.headers["x-ratelimit-reset"]) == int(hangar.clock().timestamp()) + 3600
            hangar.clock.pass_by(3600)
            assert hangar.http.get(API).status_code == 200

    def test_writes_in_quick_succession_are_refused_once(self, tmp_path: Path) -> None:
        limit = SecondaryLimit(after_writes=1, seconds=30)
        with served_forge(tmp_path, ForgeScenario(secondary_limit=limit)) as hangar:

            def write(tag: str) -> httpx.Response:
                return hangar.http.post(f"{API}/releases", json={"tag_name": tag, "draft": True})

            assert write("v1").status_code == 201
            refused = write("v2")
            assert (refused.status_code, refused.headers["retry-after"]) == (403, "30")
            assert refused.json()["message"].startswith("You have exceeded a secondary rate limit.")
            assert hangar.http.get(API).status_code == 200
            hangar.clock.pass_by(31)
            assert write("v2").status_code == 201


def test_a_list_names_the_pages_around(hangar: ServedForge) -> None:
    for number in range(5):
        hangar.ask("POST", "releases", 201, json={"tag_name": f"v{number}", "draft": True})

    def links(page: int) -> dict[str, str]:
        answer = hangar.http.get(f"{API}/releases", params={"per_page": 2, "page": page})
        return {str(name): str(link["url"]).rpartition("page=")[2] for name, link in answer.links.items()}

    assert links(1) == {"next": "2", "last": "3"}
    assert links(2) == {"prev": "1", "next": "3", "last": "3", "first": "1"}
    assert links(3) == {"prev": "2", "first": "1"}
    assert links(9) == {"prev": "3", "first": "1"}
