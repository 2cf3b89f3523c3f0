"""The served registry, asked over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from loadmaster.clients.serving import serving
from loadmaster.rehearsal.registry import Limits, Registry
from tests.kit.packing import body, crate_file, upload
from tests.kit.registry_world import Served, detail, fresh, served

NOT_AN_OWNER = (
    "this crate exists but you don't seem to be an owner. If you believe this is a mistake, "
    "perhaps you need to accept an invitation to be an owner before publishing."
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Served]:
    with fresh(tmp_path) as world:
        yield world


def test_an_upload_is_in_the_index_and_can_be_downloaded(world: Served) -> None:
    answer = world.put(upload())
    assert answer.status_code == 200
    assert answer.json()["crate"]["max_version"] == "1.0.0"
    assert answer.json()["warnings"] == {"invalid_categories": [], "invalid_badges": [], "other": []}
    line = json.loads(world.client.get("/index/ou/rs/ours").text)
    assert (line["name"], line["vers"]) == ("ours", "1.0.0")
    config = world.client.get("/index/config.json").json()
    address = config["dl"].replace("{crate}", "ours").replace("{version}", "1.0.0")
    assert httpx.get(address).content == crate_file()
    redirected = world.client.get("/api/v1/crates/ours/1.0.0/download")
    assert (redirected.status_code, redirected.headers["Location"]) == (302, "/crates/ours/ours-1.0.0.crate")


def test_index_files_have_etags_and_are_404_for_what_is_not_there(world: Served) -> None:
    world.put(upload())
    first = world.client.get("/index/ou/rs/ours")
    etag = {"If-None-Match": first.headers["ETag"]}
    assert world.client.get("/index/ou/rs/ours", headers=etag).status_code == 304
    world.put(upload(version="1.1.0"))
    second = world.client.get("/index/ou/rs/ours", headers=etag)
    assert second.status_code == 200
    assert second.text.startswith(first.text)
    for path in ("no/pe/nope", "ours", "ou/rs/OURS", "xx/xx/ours", "", "ou/rs/"):
        assert world.client.get(f"/index/{path}").status_code == 404
    assert world.client.get("/crates/ours/ours-9.9.9.crate").status_code == 404


def test_addresses_follow_the_mount_and_the_host_of_the_request(tmp_path: Path) -> None:
    app = Starlette(routes=[Mount("/registry", Registry(tmp_path).app())])
    with serving(app) as address:
        config = httpx.get(f"{address}/registry/index/config.json").json()
        download = httpx.get(f"{address}/registry/api/v1/crates/a/1.0.0/download")
        nothing = httpx.get(f"{address}/registry/api/v1/nope")
    assert config == {
        "dl": f"{address}/registry/crates/{{crate}}/{{crate}}-{{version}}.crate",
        "api": f"{address}/registry",
    }
    assert download.headers["Location"] == "/registry/crates/a/a-1.0.0.crate"
    assert detail(nothing) == (404, "Not Found")


def test_a_version_is_published_once_whatever_its_build_metadata(world: Served) -> None:
    world.put(upload(version="1.0.0+first"))
    refused = world.put(upload(version="1.0.0+second"))
    assert detail(refused) == (400, "crate version `1.0.0` is already uploaded")
    assert httpx.get(f"{world.address}/crates/ours/ours-1.0.0+first.crate").status_code == 200


def test_a_crate_is_its_owners(world: Served) -> None:
    world.put(upload())
    world.registry.add_account("bob")
    bob = world.token_of("bob")
    assert detail(world.put(upload(version="1.1.0"), bob)) == (403, NOT_AN_OWNER)
    assert detail(world.put(upload("OURS", "1.1.0"), bob)) == (403, NOT_AN_OWNER)
    world.registry.add_owner("ours", "bob")
    assert detail(world.put(upload("OURS", "1.1.0"), bob)) == (400, "crate was previously named `ours`")
    assert world.put(upload(version="1.1.0"), bob).status_code == 200
    owners = world.client.get("/api/v1/crates/ours/owners").json()["users"]
    assert [owner["login"] for owner in owners] == ["mia", "bob"]


def test_a_dependency_must_exist_in_its_spelling_but_not_in_its_version(world: Served) -> None:
    world.put(upload("base-lib"))
    needs = '[dependencies]\n{} = "9"'
    refused = world.put(upload(rest=needs.format("base_lib")))
    assert detail(refused) == (400, "no known crate named `base_lib`")
    assert world.put(upload(rest=needs.format("base-lib"))).status_code == 200


def test_a_refused_upload_leaves_nothing_behind(world: Served) -> None:
    assert world.put(upload(rest='[dependencies]\nnope = "1"')).status_code == 400
    assert detail(world.client.get("/api/v1/crates/ours")) == (404, "crate `ours` does not exist")
    assert world.client.get("/index/ou/rs/ours").status_code == 404


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        pytest.param(
            upload("1a"),
            (400, "the name `1a` cannot be used as a crate name, the name cannot start with a digit"),
            id="name",
        ),
        pytest.param(upload(version="1"), (400, '"1" is an invalid semver version'), id="version"),
        pytest.param(body(b""), (403, "authentication failed"), id="token before tarball"),
    ],
)
def test_checks_come_in_order_before_and_at_the_token(
    world: Served, request_body: bytes, expected: tuple[int, str]
) -> None:
    assert detail(world.put(request_body, "cio" + "x" * 32)) == expected


def test_checks_come_in_order_after_the_token(world: Served) -> None:
    world.registry.add_account("carol", email_verified=False)
    scoped, carol = world.token_of("mia", scopes=("publish-update",)), world.token_of("carol")
    assert detail(world.put(body(b""), scoped))[1].startswith("this token does not have the required permissions")
    assert detail(world.put(body(b""), carol))[1].startswith("A verified email address is required")
    assert detail(world.put(body(b"")))[1] == "uploaded tarball is malformed or too large when decompressed"
    assert detail(world.put(body(b"")[:-4])) == (400, "invalid tarball length")
    assert detail(world.put(upload(fields='license = ""')))[1].startswith("missing or empty metadata fields: license.")
    assert detail(world.put(upload("std"))) == (400, "cannot upload a crate with a reserved name")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 7, 25, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_every_attempt_past_the_token_costs_one_and_the_answer_says_when_to_return(tmp_path: Path) -> None:
    clock = Clock()
    with served(Registry(tmp_path, limits=Limits(new_burst=3), clock=clock)) as world:
        world.put(body(b""), "cio" + "x" * 32)
        assert world.put(upload("one")).status_code == 200
        assert world.put(body(b"garbage", "two")).status_code == 400
        assert world.put(upload("three", fields='license = ""')).status_code == 400
        refused = world.put(upload("four"))
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "Sat, 25 Jul 2026 12:10:00 GMT"
        assert world.put(upload("one", "1.1.0")).status_code == 200, "updates have a bucket of their own"
        clock.now += timedelta(minutes=10)
        assert world.put(upload("four")).status_code == 200


def test_one_crate_has_a_daily_limit_without_an_hour_to_return(tmp_path: Path) -> None:
    clock = Clock()
    with served(Registry(tmp_path, limits=Limits(daily_per_crate=1), clock=clock)) as world:
        assert world.put(upload()).status_code == 200
        refused = world.put(upload(version="1.1.0"))
        assert detail(refused) == (429, "You have published too many versions of this crate in the last 24 hours")
        assert "Retry-After" not in refused.headers
        assert world.put(upload("another")).status_code == 200
        clock.now += timedelta(hours=24)
        assert world.put(upload(version="1.1.0")).status_code == 200


def test_the_api_tells_of_crates_and_versions(world: Served) -> None:
    world.put(upload("our-crate", "1.0.0", 'keywords = ["k"]\ncategories = ["asynchronous"]'))
    world.put(upload("our-crate", "1.1.0-rc.1"))
    answer = world.client.get("/api/v1/crates/OUR_crate").json()
    assert answer["crate"]["name"] == "our-crate"
    assert [version["num"] for version in answer["versions"]] == ["1.1.0-rc.1", "1.0.0"]
    assert answer["crate"]["max_version"] == answer["crate"]["newest_version"] == "1.1.0-rc.1"
    assert answer["crate"]["max_stable_version"] == answer["crate"]["default_version"] == "1.0.0"
    assert world.client.get("/api/v1/crates/our-crate?include=").json()["versions"] is None
    version = world.client.get("/api/v1/crates/our-crate/1.0.0").json()["version"]
    assert version["checksum"] == json.loads(world.client.get("/index/ou/r-/our-crate").text.splitlines()[0])["cksum"]
    assert (version["published_by"]["login"], version["license"]) == ("mia", "MIT")
    missing = world.client.get("/api/v1/crates/our_crate/2.0.0")
    assert detail(missing) == (404, "crate `our_crate` does not have a version `2.0.0`"), "as it was asked for"
    assert detail(world.client.get("/api/v1/crates/nope/owners")) == (404, "crate `nope` does not exist")


def test_me_tells_a_valid_token_from_another_by_its_words_alone(world: Served) -> None:
    def me(**headers: str) -> tuple[int, str]:
        return detail(world.client.get("/api/v1/me", headers=headers))

    assert me(Authorization=world.token) == (403, "this action can only be performed on the crates.io website")
    assert me(Authorization="cio" + "x" * 32) == (403, "authentication failed")
    assert me() == (403, "this action requires authentication")
    assert me(Authorization="zzz")[0] == 401


def test_the_api_wants_to_know_who_asks_and_downloads_do_not(world: Served) -> None:
    nobody = {"User-Agent": ""}
    status, text = detail(world.client.get("/api/v1/crates/ours", headers=nobody))
    assert status == 403
    assert text.startswith("We require that all requests include a `User-Agent` header.")
    assert world.client.get("/api/v1/crates/ours/1.0.0/download", headers=nobody).status_code == 302
    assert world.client.get("/index/config.json", headers=nobody).status_code == 200


def test_routes_that_are_not_there(world: Served) -> None:
    assert detail(world.client.get("/api/v1/nope")) == (404, "Not Found")
    assert world.client.get("/nope").status_code == 404
    wrong_method = world.client.post("/api/v1/crates/new")
    assert (wrong_method.status_code, wrong_method.content) == (405, b"")


def test_a_client_that_waits_for_100_continue_is_told_to(world: Served) -> None:
    import socket

    sent = upload()
    host, port = world.address.removeprefix("http://").split(":")
    head = (
        f"PUT /api/v1/crates/new HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: cargo\r\n"
        f"Authorization: {world.token}\r\nContent-Length: {len(sent)}\r\nExpect: 100-continue\r\n"
        "Connection: close\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(sent)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_every_upload_is_logged_in_order(world: Served) -> None:
    world.put(upload())
    world.put(upload())
    world.put(b"")
    log = world.registry.uploads()
    assert [(entry.crate, entry.version, entry.status) for entry in log] == [
        ("ours", "1.0.0", 200),
        ("ours", "1.0.0", 400),
        ("", "", 400),
    ]
    assert [entry.sequence for entry in log] == [1, 2, 3]
    assert log[1].detail == "crate version `1.0.0` is already uploaded"
