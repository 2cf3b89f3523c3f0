"""GitHub's rules for releases and assets that are not of every day."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from loadmaster.rehearsal.forge_scenario import AssetMishap, ForgeScenario, PlantedAsset, PlantedRelease
from tests.kit.forges import API, ServedForge, served_forge
from tests.kit.waiting import eventually

IMMUTABLE = PlantedRelease(tag="v1", immutable=True, assets=(PlantedAsset(name="a", text="a"),))
GIB = 1024**3


def upload(hangar: ServedForge, release: int, name: str, content: bytes = b"1\n2\n") -> httpx.Response:
    return hangar.http.post(f"/uploads{API}/releases/{release}/assets", params={"name": name}, content=content)


def draft(hangar: ServedForge, tag: str = "v1") -> int:
    made: int = hangar.ask("POST", "releases", 201, json={"tag_name": tag, "draft": True})["id"]
    return made


def names(hangar: ServedForge, release: int = 1) -> list[str]:
    return [each["name"] for each in hangar.get(f"releases/{release}/assets")]


def test_an_immutable_release_keeps_everything(tmp_path: Path) -> None:
    with served_forge(tmp_path, ForgeScenario(releases=(IMMUTABLE,))) as hangar:
        assert hangar.get("releases/tags/v1")["immutable"]
        told = {
            "upload": upload(hangar, 1, "b").json()["message"],
            "delete": hangar.http.delete(f"{API}/releases/assets/1").json()["message"],
            "rename": hangar.http.patch(f"{API}/releases/assets/1", json={"name": "c"}).status_code,
            "again": hangar.ask("POST", "releases", 422, json={"tag_name": "v1"})["errors"][0]["code"],
        }
        assert told == {
            "upload": "Cannot upload assets to an immutable release.",
            "delete": "Cannot delete asset from an immutable release",
            "rename": 422,
            "again": "already_exists",
        }
        assert hangar.ask("PATCH", "releases/1", 200, json={"body": "Notes"})["body"] == "Notes"
        hangar.ask("DELETE", "releases/1", 204)
        used = hangar.ask("POST", "releases", 422, json={"tag_name": "v1"})
        assert used["errors"][0]["message"] == "tag_name was used by an immutable release"


def test_a_simulated_asset_has_its_size_and_no_bytes_that_are_kept(tmp_path: Path) -> None:
    planted = PlantedRelease(
        tag="v1", assets=(PlantedAsset(name="huge", size=2 * GIB - 1), PlantedAsset(name="s", size=9))
    )
    with served_forge(tmp_path, ForgeScenario(releases=(planted,))) as hangar:
        huge, small = hangar.get("releases/1/assets")
        assert (huge["size"], huge["digest"]) == (2 * GIB - 1, None)
        with hangar.http.stream(
            "GET", huge["url"], headers={"Accept": "application/octet-stream"}, follow_redirects=True
        ) as answer:
            assert answer.headers["content-length"] == str(2 * GIB - 1)
            assert not any(next(answer.iter_bytes()))
        assert hangar.stranger.get(small["browser_download_url"]).content == bytes(9)
        assert sum(file.stat().st_size for file in (tmp_path / "forge").rglob("*") if file.is_file()) < 1_000_000


def test_an_upload_that_breaks_off_leaves_a_starter_that_takes_the_name(tmp_path: Path) -> None:
    with served_forge(tmp_path) as hangar:
        release = draft(hangar)
        host, _, port = hangar.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as connection:
            head = (
                f"POST /uploads{API}/releases/{release}/assets?name=a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
            )
            connection.sendall(f"{head}Authorization: Bearer t0ken\r\n\r\n".encode() + b"x" * 10)
        eventually(lambda: names(hangar) == ["a"], "the broken upload leaves something")
        (left,) = hangar.get("releases/1/assets")
        assert (left["state"], left["size"], left["digest"]) == ("starter", 0, None)
        assert upload(hangar, release, "a").json()["errors"][0]["code"] == "already_exists"
        hangar.ask("DELETE", f"releases/assets/{left['id']}", 204)
        assert upload(hangar, release, "a").status_code == 201


@pytest.mark.parametrize(
    ("becomes", "status", "left", "state"),
    [
        ("missing", 201, [], ""),
        ("renamed", 201, ["hangar.1.zip"], "uploaded"),
        ("crlf", 201, ["hangar-1.zip"], "uploaded"),
        ("starter", 502, ["hangar-1.zip"], "starter"),
    ],
)
def test_what_becomes_of_an_asset(tmp_path: Path, becomes: str, status: int, left: list[str], state: str) -> None:
    mishap = AssetMishap.model_validate({"name": "*.zip", "becomes": becomes, "uploader": "anybody"})
    with served_forge(tmp_path, ForgeScenario(assets=(mishap,))) as hangar:
        release = draft(hangar)
        assert upload(hangar, release, "hangar-1.zip").status_code == status
        assert names(hangar) == left
        assert [each["state"] for each in hangar.get("releases/1/assets")] == [state] * len(left)
        if becomes == "crlf":
            assert hangar.get("releases/1/assets")[0]["size"] == 6
        assert upload(hangar, release, "hangar-2.zip").status_code == 201


def test_an_asset_is_renamed_unless_the_name_is_taken(tmp_path: Path) -> None:
    with served_forge(tmp_path) as hangar:
        release = draft(hangar)
        first, _ = (upload(hangar, release, name).json()["id"] for name in ("a", "b"))
        assert hangar.ask("PATCH", f"releases/assets/{first}", 200, json={"name": "c", "label": "x"})["label"] == "x"
        taken = hangar.ask("PATCH", f"releases/assets/{first}", 422, json={"name": "b"})
        assert taken["errors"][0]["code"] == "already_exists"
        assert names(hangar) == ["c", "b"]


def test_a_published_release_without_a_tag_makes_one_and_starts_its_workflow(tmp_path: Path) -> None:
    with served_forge(tmp_path) as hangar:
        hangar.ask("POST", "releases", 201, json={"tag_name": "v1.0.0", "target_commitish": "main"})
        assert hangar.get("git/ref/tags/v1.0.0")["object"]["type"] == "commit"
        assert hangar.run()["head_branch"] == "v1.0.0"
        long = hangar.ask("POST", "releases", 422, json={"tag_name": "v2", "draft": True, "body": "x" * 125_001})
        assert long["errors"][0]["message"] == "body is too long (maximum is 125000 characters)"
