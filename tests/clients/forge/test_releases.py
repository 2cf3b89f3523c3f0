"""The client against answers as GitHub sends them, and once against the forge of a rehearsal over a socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadmaster.clients import git
from loadmaster.clients.forge import refs, workflows
from loadmaster.clients.forge import releases as forge
from loadmaster.clients.forge.http import http_client, send
from loadmaster.clients.serving import serving
from loadmaster.errors.base import LoadmasterError, is_worth_retrying
from loadmaster.errors.forge.answers import (
    ForgeAlreadyThere,
    ForgeAnswerUnreadable,
    ForgeForbidden,
    ForgeImmutable,
    ForgeNotFound,
    ForgeRateLimited,
    ForgeTagRefused,
    ForgeUnauthorized,
    ForgeUnreachable,
)
from loadmaster.planning.forge.releases import Asset, Draft, ForgeRelease
from loadmaster.rehearsal.forge import Forge
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate
from loadmaster.rehearsal.forge_scenario import ForgeScenario, PlayedJob
from loadmaster.rehearsal.remote import create_remote

API = "https://forge.example/api/v3"
WHEN = datetime(2026, 10, 1, tzinfo=UTC)
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, token: str | None = "t0ken") -> httpx.Client:
    return http_client(API, "ada/hangar", token, httpx.MockTransport(handler))


def answering(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> Handler:
    return lambda request: httpx.Response(status, json=body, headers=headers)


def asset(name: str = "SHA256SUMS", **more: object) -> dict[str, Any]:
    """An asset, as GitHub describes one."""
    return {
        "url": f"{API}/repos/ada/hangar/releases/assets/7",
        "id": 7,
        "node_id": "RA_kwDOA",
        "name": name,
        "label": "",
        "uploader": {"login": "ada", "id": 1, "type": "User"},
        "content_type": "text/plain",
        "state": "uploaded",
        "size": 12,
        "digest": "sha256:" + "ab" * 32,
        "download_count": 0,
        "created_at": "2026-10-01T12:00:00Z",
        "updated_at": "2026-10-01T12:00:01Z",
        "browser_download_url": f"https://forge.example/ada/hangar/releases/download/v1.0.0/{name}",
    } | more


def release(identity: int = 1, tag: str = "v1.0.0", **more: object) -> dict[str, Any]:
    """A release, as GitHub describes one."""
    return {
        "url": f"{API}/repos/ada/hangar/releases/{identity}",
        "assets_url": f"{API}/repos/ada/hangar/releases/{identity}/assets",
        "upload_url": f"https://uploads.forge.example/repos/ada/hangar/releases/{identity}/assets{{?name,label}}",
        "html_url": f"https://forge.example/ada/hangar/releases/tag/{tag}",
        "id": identity,
        "author": {"login": "ada", "id": 1},
        "node_id": "RE_kwDOA",
        "tag_name": tag,
        "target_commitish": "main",
        "name": tag,
        "draft": False,
        "immutable": False,
        "prerelease": False,
        "created_at": "2026-10-01T12:00:00Z",
        "updated_at": "2026-10-01T12:00:00Z",
        "published_at": "2026-10-01T12:00:00Z",
        "assets": [],
        "tarball_url": f"{API}/repos/ada/hangar/tarball/{tag}",
        "zipball_url": f"{API}/repos/ada/hangar/zipball/{tag}",
        "body": "Notes",
    } | more


class TestRequests:
    def test_the_token_is_a_header_and_nothing_else(self) -> None:
        seen: list[httpx.Request] = []

        def handler(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200, json=[])

        forge.releases(client(handler))
        assert seen[0].headers["authorization"] == "Bearer t0ken"
        assert str(seen[0].url) == f"{API}/repos/ada/hangar/releases?per_page=100"
        assert "t0ken" not in repr(client(handler).headers)

    def test_without_a_token_nothing_is_sent_in_its_place(self) -> None:
        def handler(request: httpx.Request) -> httpx.Response:
            assert "authorization" not in request.headers
            return httpx.Response(200, json=[])

        assert forge.releases(client(handler, token=None)) == ()

    def test_every_page_is_read(self) -> None:
        def handler(request: httpx.Request) -> httpx.Response:
            if request.url.params.get("page") == "2":
                return httpx.Response(200, json=[release(1, "v1")])
            following = request.url.copy_add_param("page", "2")
            return httpx.Response(200, json=[release(2, "v2")], headers={"Link": f'<{following}>; rel="next"'})

        assert [each.tag for each in forge.releases(client(handler))] == ["v2", "v1"]

    def test_an_asset_goes_to_the_upload_address_with_its_name_and_bytes(self) -> None:
        def handler(request: httpx.Request) -> httpx.Response:
            assert (
                str(request.url) == "https://uploads.forge.example/repos/ada/hangar/releases/1/assets?name=a%2Bb.crate"
            )
            assert request.content == b"bytes"
            assert request.headers["content-type"] == "application/octet-stream"
            return httpx.Response(201, json=asset("a+b.crate"))

        there = ForgeRelease.model_validate(release())
        assert forge.upload_asset(client(handler), there, "a+b.crate", b"bytes").sha256 == "ab" * 32

    def test_a_download_follows_to_storage_and_leaves_the_token_behind(self) -> None:
        def handler(request: httpx.Request) -> httpx.Response:
            if request.url.host == "forge.example":
                assert request.headers["accept"] == "application/octet-stream"
                return httpx.Response(302, headers={"Location": "https://storage.example/x?signature=s3cret"})
            assert "authorization" not in request.headers
            return httpx.Response(200, content=b"bytes")

        assert forge.download_asset(client(handler), Asset.model_validate(asset())) == b"bytes"

    def test_an_error_does_not_tell_a_signature(self) -> None:
        def handler(request: httpx.Request) -> httpx.Response:
            if request.url.host == "forge.example":
                return httpx.Response(302, headers={"Location": "https://storage.example/x?signature=s3cret"})
            return httpx.Response(403, text="<Error>AuthenticationFailed</Error>")

        with pytest.raises(ForgeForbidden, match=r"storage\.example/x") as caught:
            forge.download_asset(client(handler), Asset.model_validate(asset()))
        assert "s3cret" not in str(caught.value)


class TestFindRelease:
    @pytest.mark.parametrize(
        ("there", "found"),
        [
            ([], None),
            ([release(1, "v0.9.0")], None),
            ([release(3, draft=True)], 3),
            ([release(4, draft=True), release(3, draft=True)], 3),
            ([release(4, draft=True), release(3, draft=True), release(5)], 5),
        ],
        ids=["nothing", "another tag", "a draft", "two drafts: the older", "the published one before any draft"],
    )
    def test_which_one_it_is(self, there: list[object], found: int | None) -> None:
        release = forge.find_release(client(answering(200, there)), "v1.0.0")
        assert (release and release.id) == found


def test_a_tag_is_found_by_its_whole_name() -> None:
    def tag(name: str) -> dict[str, Any]:
        return {
            "ref": f"refs/tags/{name}",
            "node_id": "x",
            "url": "x",
            "object": {"sha": "1", "type": "tag", "url": "x"},
        }

    found = refs.find_tag(client(answering(200, [tag("v1.0.0-rc.1"), tag("v1.0.0")])), "v1.0.0")
    assert found is not None
    assert (found.ref, found.object.type) == ("refs/tags/v1.0.0", "tag")
    assert refs.find_tag(client(answering(200, [tag("v1.0.0-rc.1")])), "v1.0.0") is None
    with pytest.raises(ForgeNotFound):  # a repository that cannot be seen is not a tag that is absent
        refs.find_tag(client(answering(404, {"message": "Not Found"})), "v1.0.0")


def test_values_survive_being_kept_as_json() -> None:
    value = ForgeRelease.model_validate(release(assets=[asset()]))
    assert ForgeRelease.model_validate(json.loads(value.model_dump_json())) == value


VALIDATION = {"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest", "status": "422"}


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "words"),
    [
        (401, {"message": "Bad credentials", "status": "401"}, {}, ForgeUnauthorized, "Bad credentials"),
        (403, {"message": "Resource not accessible by personal access token"}, {}, ForgeForbidden, "contents: write"),
        (404, {"message": "Not Found", "status": "404"}, {}, ForgeNotFound, "permission"),
        (
            422,
            VALIDATION | {"errors": [{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]},
            {},
            ForgeAlreadyThere,
            "ReleaseAsset.name already_exists",
        ),
        (
            422,
            VALIDATION | {"errors": [{"resource": "Release", "code": "custom", "message": "must have a valid tag"}]},
            {},
            ForgeTagRefused,
            "must have a valid tag",
        ),
        (422, {"message": "Cannot upload assets to an immutable release."}, {}, ForgeImmutable, "immutable"),
        (429, {"message": "slow down"}, {}, ForgeRateLimited, "slow down"),
        (403, {"message": "You have exceeded a secondary rate limit."}, {}, ForgeRateLimited, "secondary"),
        (500, None, {}, ForgeUnreachable, "status 500"),
        (408, {"message": "too slow"}, {}, ForgeUnreachable, "status 408: too slow"),
        (418, {"message": "teapot"}, {}, ForgeAnswerUnreadable, "status 418: teapot"),
        (200, {"message": "not a list"}, {}, ForgeAnswerUnreadable, "cannot be read"),
    ],
)  # fmt: skip
def test_each_status_has_its_error(
    status: int, body: object, headers: Mapping[str, str], kind: type[LoadmasterError], words: str
) -> None:
    with pytest.raises(LoadmasterError) as caught:
        forge.releases(client(answering(status, body, headers)))
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert "repos/ada/hangar/releases`" in str(caught.value)
    assert is_worth_retrying(caught.value) == (kind in (ForgeUnreachable, ForgeRateLimited))


PAGE = "<!DOCTYPE html>\n<html><title>Sign in to the network</title></html>"


@pytest.mark.parametrize("status", [200, 401, 403, 404, 422, 502])
def test_a_page_is_not_the_forge_s_word_whatever_its_status(status: int) -> None:
    page = httpx.MockTransport(lambda request: httpx.Response(status, text=PAGE))
    with (
        http_client(API, "ada/hangar", transport=page) as http,
        pytest.raises(ForgeUnreachable, match="Sign in to the network") as caught,
    ):
        forge.releases(http)
    assert caught.value.outage


class TestRateLimit:
    def test_an_epoch_is_taken_as_it_is(self) -> None:
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1790856000"}
        with pytest.raises(ForgeRateLimited, match="2026-10-01 12:00:00 UTC") as caught:
            forge.releases(client(answering(403, {"message": "API rate limit exceeded"}, headers)))
        assert caught.value.until == datetime(2026, 10, 1, 12, tzinfo=UTC)

    @pytest.mark.parametrize("header", ["retry-after", "x-ratelimit-reset"])
    def test_an_absurd_instant_is_one_at_the_end_of_the_calendar(self, header: str) -> None:
        with pytest.raises(ForgeRateLimited, match="9999-12-31") as caught:
            forge.releases(client(answering(429, {"message": "wait"}, {header: "99999999999999"})))
        assert caught.value.outage

    @pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "30"}, 30), ({}, 60)], ids=["told", "not told"])
    def test_seconds_count_from_now(self, headers: Mapping[str, str], seconds: int) -> None:
        before = datetime.now(UTC)
        with pytest.raises(ForgeRateLimited) as caught:
            forge.releases(client(answering(429, {"message": "wait"}, headers)))
        assert timedelta(0) <= caught.value.until - before - timedelta(seconds=seconds) < timedelta(seconds=30)


def test_a_broken_connection_is_worth_retrying() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(ForgeUnreachable, match="refused") as caught:
        forge.releases(client(handler))
    assert is_worth_retrying(caught.value)


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[tuple[Forge, httpx.Client, str]]:
    """A served forge whose repository has the tag v1.0.0, a client that may write, and the tag's commit."""
    workflows = tmp_path / "tree" / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "release.yml").write_text("name: Release\non: {push: {tags: ['v*']}}\njobs: {release: {runs-on: x}}\n")
    source = tmp_path / "source.git"
    commit = git.import_directory(tmp_path / "tree", source, "main", WHEN)
    git.create_tag(source, "v1.0.0", commit, "v1.0.0", git.Author(name="Ada", email="a@b.c"), WHEN)
    remote = create_remote(tmp_path / "remote.git", source, "main")
    scenario = ForgeScenario(immutable_releases=True, jobs=(PlayedJob(name="release", seconds=0),))
    made = Forge(tmp_path / "forge", remote=remote, owner="ada", name="hangar", scenario=scenario)
    made.add_token("t0ken")
    made.pushed(
        [RefUpdate(ref="refs/tags/v1.0.0", old="0" * 40, new=git.observe_refs(str(remote))["refs/tags/v1.0.0"])]
    )
    with serving(made.app()) as address, http_client(address, "ada/hangar", "t0ken") as http:
        yield made, http, commit


class TestRoundTrip:
    DRAFT = Draft(tag_name="v1.0.0", name="Hangar 1.0.0", body="Notes", target_commitish="main")
    FILES: Mapping[str, bytes] = {"SHA256SUMS": b"sums\n", "receipt.json": b"{}\n"}

    def bring_about(self, http: httpx.Client) -> ForgeRelease:
        """Observe, compare, act: what a release's step does."""
        release = forge.find_release(http, "v1.0.0") or forge.create_draft(http, self.DRAFT)
        there = {each.name for each in forge.assets(http, release.id)}
        for name in self.FILES.keys() - there:
            forge.upload_asset(http, release, name, self.FILES[name])
        return forge.publish(http, release.id) if release.draft else release

    def test_draft_then_assets_then_publish_and_twice_is_harmless(
        self, rehearsal: tuple[Forge, httpx.Client, str]
    ) -> None:
        made, http, _ = rehearsal
        first = self.bring_about(http)
        assert (first.draft, first.immutable, first.name) == (False, True, "Hangar 1.0.0")
        assert {each.name: forge.download_asset(http, each) for each in first.assets} == dict(self.FILES)
        assert self.bring_about(http) == first == forge.publish(http, first.id)
        assert len([each for each in made.requests() if each.method == "POST"]) == 1 + len(self.FILES)

    def test_a_maintenance_release_leaves_the_latest_one_where_it_is(
        self, rehearsal: tuple[Forge, httpx.Client, str]
    ) -> None:
        _, http, commit = rehearsal

        def latest() -> str:
            return str(send(http, "GET", "releases/latest").json()["tag_name"])

        def out(tag: str, **more: bool) -> None:
            draft = self.DRAFT.model_copy(update={"tag_name": tag, "target_commitish": commit, **more})
            forge.publish(http, forge.create_draft(http, draft).id, latest=tag != "v1.0.1")

        with pytest.raises(ForgeNotFound):
            latest()
        out("v2.0.0")
        out("v1.0.1")
        assert latest() == "v2.0.0"
        out("v2.0.1")
        out("v3.0.0-rc.1", prerelease=True)
        assert latest() == "v2.0.1"

    def test_a_different_asset_is_not_overwritten_and_is_recognised_by_its_digest(
        self, rehearsal: tuple[Forge, httpx.Client, str]
    ) -> None:
        _, http, _ = rehearsal
        draft = forge.create_draft(http, self.DRAFT)
        planted = forge.upload_asset(http, draft, "SHA256SUMS", b"planted")
        with pytest.raises(ForgeAlreadyThere):
            forge.upload_asset(http, draft, "SHA256SUMS", self.FILES["SHA256SUMS"])
        assert forge.assets(http, draft.id) == (planted,)
        same = forge.upload_asset(http, draft, "copy", b"planted")
        assert planted.sha256 == same.sha256
        assert forge.download_asset(http, planted) == b"planted"

    def test_tag_and_run_of_the_tag_are_found(self, rehearsal: tuple[Forge, httpx.Client, str]) -> None:
        _, http, commit = rehearsal
        tag = refs.find_tag(http, "v1.0.0")
        assert tag is not None
        assert tag.object.type == "tag"
        (run,) = workflows.runs_of_commit(http, commit)
        assert (run.head_branch, run.status, run.conclusion) == ("v1.0.0", "completed", "success")
        assert workflows.runs_of_commit(http, "1" * 40) == ()

    def test_a_wrong_token_is_said_so(self, rehearsal: tuple[Forge, httpx.Client, str]) -> None:
        _, http, _ = rehearsal
        with pytest.raises(ForgeUnauthorized, match="Bad credentials"):
            forge.releases(http_client(str(http.base_url).partition("/repos/")[0], "ada/hangar", "wrong"))
