"""The forge of a rehearsal, asked as GitHub is asked; some requests as a stranger makes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from loadmaster.clients import git
from loadmaster.clients.git.command import run
from loadmaster.clients.serving import serving
from loadmaster.rehearsal.forge import Forge, LoggedRequest

WHEN = datetime(2026, 10, 1, tzinfo=UTC)
AUTHOR = git.Author(name="Ada", email="ada@example.org")
API = "/repos/ada/hangar"


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """One commit on main; the annotated tag v1.0.0 and the light one v1.0.0-rc.1 stand on it."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").touch()
    bare = tmp_path / "remote.git"
    commit = git.import_directory(tmp_path / "tree", bare, "main", WHEN)
    git.create_tag(bare, "v1.0.0", commit, "v1.0.0", AUTHOR, WHEN)
    run(bare, "tag", "v1.0.0-rc.1", commit)
    return bare


def open_forge(tmp_path: Path, remote: Path, *, immutable: bool = False) -> Forge:
    return Forge(tmp_path / "forge", remote=remote, owner="ada", name="hangar", immutable_releases=immutable)


Reach = Callable[[Forge, str | None], httpx.Client]


@pytest.fixture
def reach() -> Iterator[Reach]:
    """Serves a forge, once for all askers, and gives a client of it with that token."""
    served: dict[Forge, str] = {}
    with ExitStack() as stack:

        def reached(forge: Forge, token: str | None) -> httpx.Client:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            if forge not in served:
                served[forge] = stack.enter_context(serving(forge.app()))
            return stack.enter_context(httpx.Client(base_url=served[forge], headers=headers))

        yield reached


@pytest.fixture
def forge(tmp_path: Path, remote: Path) -> Forge:
    made = open_forge(tmp_path, remote)
    made.add_token("t0ken")
    return made


@pytest.fixture
def http(forge: Forge, reach: Reach) -> httpx.Client:
    return reach(forge, "t0ken")


def draft(http: httpx.Client, tag: str = "v1.0.0", **more: object) -> int:
    made = http.post(f"{API}/releases", json={"tag_name": tag, "draft": True, **more})
    assert made.status_code == 201, made.text
    identity = made.json()["id"]
    assert isinstance(identity, int)
    return identity


def upload(http: httpx.Client, release: int, name: str, content: bytes) -> tuple[int, object]:
    address = http.get(f"{API}/releases/{release}").json()["upload_url"].partition("{")[0]
    sent = http.post(address, params={"name": name}, content=content)
    return sent.status_code, sent.json()


class TestWhoMayAsk:
    def test_a_stranger_sees_what_is_public_and_no_draft(self, forge: Forge, http: httpx.Client, reach: Reach) -> None:
        hidden = draft(http)
        stranger = reach(forge, None)
        assert stranger.get(API).json()["default_branch"] == "main"
        assert "permissions" not in stranger.get(API).json()
        assert stranger.get(f"{API}/releases").json() == []
        assert stranger.get(f"{API}/releases/{hidden}").status_code == 404

    def test_a_stranger_s_writing_is_not_found(self, forge: Forge, http: httpx.Client, reach: Reach) -> None:
        release, stranger = draft(http), reach(forge, None)
        assert stranger.post(f"{API}/releases", json={"tag_name": "v1"}).status_code == 404
        assert stranger.patch(f"{API}/releases/{release}", json={"draft": False}).status_code == 404
        assert stranger.delete(f"{API}/releases/{release}").status_code == 404
        assert http.get(f"{API}/releases/{release}").json()["draft"]

    def test_an_unknown_token_is_refused_even_for_what_is_public(self, forge: Forge, reach: Reach) -> None:
        refused = reach(forge, "wrong").get(API)
        assert refused.status_code == 401
        assert refused.json()["message"] == "Bad credentials"
        assert refused.json()["documentation_url"]

    @pytest.mark.parametrize("path", ["/repos/ada/other", "/", f"{API}/issues", f"{API}/releases/99"])
    def test_what_is_not_there_is_not_found_in_json(self, http: httpx.Client, path: str) -> None:
        assert http.get(path).status_code == 404
        assert http.get(path).json()["message"] == "Not Found"

    def test_no_token_is_kept(self, tmp_path: Path, forge: Forge) -> None:
        forge.add_token("s3cret-t0ken")
        assert all(b"s3cret" not in file.read_bytes() for file in (tmp_path / "forge").iterdir())


class TestRepository:
    def test_tags_are_read_live(self, http: httpx.Client, remote: Path) -> None:
        annotated = http.get(f"{API}/git/ref/tags/v1.0.0").json()
        assert annotated["object"]["type"] == "tag"
        assert annotated["object"]["sha"] == git.observe_refs(str(remote))["refs/tags/v1.0.0"]
        assert http.get(f"{API}/git/ref/tags/v1.0.0-rc.1").json()["object"]["type"] == "commit"
        assert http.get(f"{API}/git/ref/tags/v1").status_code == 404
        run(remote, "tag", "v1", "main")
        assert http.get(f"{API}/git/ref/tags/v1").status_code == 200

    def test_matching_tags_begin_alike(self, http: httpx.Client) -> None:
        def names(prefix: str) -> list[str]:
            return [each["ref"] for each in http.get(f"{API}/git/matching-refs/tags/{prefix}").json()]

        assert names("v1.0.0") == names("") == ["refs/tags/v1.0.0", "refs/tags/v1.0.0-rc.1"]
        assert names("v2") == []

    def test_a_commit_is_found_by_id_and_by_tag(self, http: httpx.Client, remote: Path) -> None:
        commit = git.head(remote)
        for revision in (commit, "v1.0.0", "main"):
            assert http.get(f"{API}/commits/{revision}").json()["sha"] == commit
        unknown = http.get(f"{API}/commits/{'1' * 40}")
        assert (unknown.status_code, unknown.json()["message"]) == (422, f"No commit found for SHA: {'1' * 40}")

    @pytest.mark.parametrize("params", [{"head_sha": "1" * 40}, {"event": "workflow_dispatch"}, {"branch": "main"}])
    def test_what_was_there_before_has_started_no_runs(self, http: httpx.Client, params: dict[str, str]) -> None:
        assert http.get(f"{API}/actions/runs", params=params).json() == {"total_count": 0, "workflow_runs": []}
        assert http.get(f"{API}/actions/runs/1/jobs").status_code == 404


class TestReleases:
    def test_a_draft_is_in_the_list_and_not_found_by_its_tag_until_it_is_published(
        self, forge: Forge, http: httpx.Client, reach: Reach
    ) -> None:
        release = draft(http, name="Hangar", body="Notes")
        assert [each["id"] for each in http.get(f"{API}/releases").json()] == [release]
        assert http.get(f"{API}/releases/tags/v1.0.0").status_code == 404
        published = http.patch(f"{API}/releases/{release}", json={"draft": False}).json()
        assert (published["draft"], published["name"], published["body"]) == (False, "Hangar", "Notes")
        assert published["published_at"]
        assert reach(forge, None).get(f"{API}/releases/tags/v1.0.0").json() == published

    def test_publishing_twice_changes_nothing(self, http: httpx.Client) -> None:
        release = draft(http)
        first, second = (http.patch(f"{API}/releases/{release}", json={"draft": False}).json() for _ in range(2))
        assert first == second

    def test_two_drafts_of_a_tag_may_be_but_one_published_release(self, http: httpx.Client) -> None:
        one, two = draft(http), draft(http)
        assert one != two
        assert http.patch(f"{API}/releases/{one}", json={"draft": False}).status_code == 200
        for refused in (
            http.patch(f"{API}/releases/{two}", json={"draft": False}),
            http.post(f"{API}/releases", json={"tag_name": "v1.0.0", "draft": True}),
        ):
            assert refused.status_code == 422
            assert refused.json()["errors"] == [{"resource": "Release", "code": "already_exists", "field": "tag_name"}]

    def test_publishing_makes_a_missing_tag_as_github_does(self, http: httpx.Client, remote: Path) -> None:
        release = draft(http, tag="v2.0.0")
        assert "refs/tags/v2.0.0" not in git.observe_refs(str(remote))
        http.patch(f"{API}/releases/{release}", json={"draft": False})
        assert git.observe_refs(str(remote))["refs/tags/v2.0.0"] == git.head(remote)

    def test_publishing_without_a_tag_to_be_had_is_refused(self, http: httpx.Client) -> None:
        release = draft(http, tag="v2.0.0", target_commitish="1" * 40)
        refused = http.patch(f"{API}/releases/{release}", json={"draft": False})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["message"] == "Published releases must have a valid tag"
        assert http.get(f"{API}/releases/{release}").json()["draft"]

    def test_a_draft_can_be_deleted(self, http: httpx.Client) -> None:
        release = draft(http)
        upload(http, release, "a", b"a")
        assert http.delete(f"{API}/releases/{release}").status_code == 204
        assert http.delete(f"{API}/releases/{release}").status_code == 404
        assert http.get(f"{API}/releases").json() == []

    @pytest.mark.parametrize(
        ("body", "status"), [("{", 400), ("[]", 400), ("{}", 422), ('{"tag_name": 1}', 422)], ids=str
    )
    def test_a_broken_request_is_refused(self, http: httpx.Client, body: str, status: int) -> None:
        assert http.post(f"{API}/releases", content=body).status_code == status

    def test_the_list_comes_in_pages_newest_first(self, http: httpx.Client) -> None:
        made = [draft(http, tag=f"v{number}") for number in range(3)]
        first = http.get(f"{API}/releases", params={"per_page": 2})
        second = http.get(first.links["next"]["url"])
        assert [each["id"] for each in (*first.json(), *second.json())] == made[::-1]
        assert "next" not in second.links


class TestAssets:
    def test_an_asset_has_the_digest_of_its_bytes_and_comes_back_by_redirection(self, http: httpx.Client) -> None:
        release = draft(http)
        status, asset = upload(http, release, "a+b.crate", b"bytes")
        assert status == 201
        assert isinstance(asset, dict)
        assert (asset["digest"], asset["size"]) == (f"sha256:{hashlib.sha256(b'bytes').hexdigest()}", 5)
        assert http.get(f"{API}/releases/{release}/assets").json() == [asset]
        assert http.get(f"{API}/releases/{release}").json()["assets"] == [asset]
        assert http.get(asset["url"]).json() == asset
        sent_on = http.get(asset["url"], headers={"Accept": "application/octet-stream"})
        assert sent_on.status_code == 302
        assert http.get(sent_on.headers["location"]).content == b"bytes"

    def test_a_name_is_given_once(self, http: httpx.Client) -> None:
        release = draft(http)
        upload(http, release, "a", b"first")
        status, refused = upload(http, release, "a", b"second")
        assert status == 422
        assert isinstance(refused, dict)
        assert refused["message"] == "Validation Failed"
        assert refused["errors"] == [{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]
        assert [each["size"] for each in http.get(f"{API}/releases/{release}/assets").json()] == [5]
        assert upload(http, draft(http), "a", b"on another release")[0] == 201

    def test_a_nameless_asset_is_refused(self, http: httpx.Client) -> None:
        assert upload(http, draft(http), "", b"a")[0] == 422

    def test_the_public_address_serves_it_once_published(self, forge: Forge, http: httpx.Client, reach: Reach) -> None:
        release, stranger = draft(http, body="Notes"), reach(forge, None)
        upload(http, release, "a", b"bytes")
        address = f"{str(http.base_url).rstrip('/')}/ada/hangar/releases/download/v1.0.0/a"
        assert stranger.get(address).status_code == 404
        published = http.patch(f"{API}/releases/{release}", json={"draft": False}).json()
        assert published["assets"][0]["browser_download_url"] == address
        assert stranger.get(address).content == b"bytes"
        assert "Notes" in stranger.get(published["html_url"]).text

    @pytest.mark.parametrize("immutable", [True, False])
    def test_a_published_release_takes_assets_unless_it_is_immutable(
        self, tmp_path: Path, remote: Path, immutable: bool, reach: Reach
    ) -> None:
        forge = open_forge(tmp_path, remote, immutable=immutable)
        forge.add_token("t0ken")
        http = reach(forge, "t0ken")
        release = draft(http)
        assert upload(http, release, "a", b"a")[0] == 201
        assert http.patch(f"{API}/releases/{release}", json={"draft": False}).json()["immutable"] is immutable
        status, answer = upload(http, release, "b", b"b")
        assert status == (422 if immutable else 201)
        assert isinstance(answer, dict)
        assert answer.get("message") == ("Cannot upload assets to an immutable release." if immutable else None)
        renamed = http.patch(f"{API}/releases/{release}", json={"tag_name": "v1.0.0-rc.1"})
        assert renamed.status_code == (422 if immutable else 200)


class TestSurroundings:
    def test_opened_again_it_is_the_same_forge(
        self, tmp_path: Path, remote: Path, http: httpx.Client, reach: Reach
    ) -> None:
        release = draft(http)
        upload(http, release, "a", b"bytes")
        again = open_forge(tmp_path, remote)
        there, before = (each.get(f"{API}/releases") for each in (reach(again, "t0ken"), http))
        assert there.text == before.text.replace(f":{before.url.port}/", f":{there.url.port}/")
        assert again.requests()[0] == LoggedRequest(method="POST", path=f"{API}/releases", status=201)

    def test_mounted_its_addresses_follow(self, forge: Forge) -> None:
        outer = Starlette(routes=[Mount("/forge", app=forge.app())])
        with serving(outer) as address, httpx.Client(headers={"Authorization": "Bearer t0ken"}) as http:
            made = http.post(f"{address}/forge{API}/releases", json={"tag_name": "v1.0.0", "draft": True}).json()
            assert made["url"] == f"{address}/forge{API}/releases/{made['id']}"
            assert made["upload_url"].startswith(f"{address}/forge/uploads/")
            asset = http.post(made["upload_url"].partition("{")[0], params={"name": "a"}, content=b"bytes").json()
            headers = {"Accept": "application/octet-stream"}
            assert http.get(asset["url"], headers=headers, follow_redirects=True).content == b"bytes"
        assert [each.path for each in forge.requests()][:2] == [
            f"{API}/releases",
            f"/uploads{API}/releases/{made['id']}/assets",
        ]

    def test_refused_requests_are_in_the_log(self, forge: Forge, reach: Reach) -> None:
        reach(forge, "wrong").get(API)
        reach(forge, None).post(f"{API}/releases")
        assert [each.status for each in forge.requests()] == [401, 404]
