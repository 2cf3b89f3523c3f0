"""The search that cargo asks for, a crate's versions, and paths that name nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry.paths import check_version_in_path
from tests.kit.packing import upload
from tests.kit.registry_world import Served, detail, fresh


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Served]:
    with fresh(tmp_path) as world:
        world.put(upload("hangar-lamp", fields='description = "a light"\nkeywords = ["glow"]'))
        world.put(upload("hangar", fields='description = "a roof"'))
        world.put(upload("hangar", "2.0.0-rc.1"))
        world.put(upload("runway", fields='description = "leads to the hangar"'))
        yield world


def search(world: Served, query: str) -> dict[str, Any]:
    found: dict[str, Any] = world.client.get(f"/api/v1/crates?{query}").json()
    return found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=hangar", ["hangar", "hangar-lamp", "runway"]),
        ("q=Hangar_Lamp", ["hangar-lamp"]),
        ("q=hangar%20glow", ["hangar-lamp"]),
        ("q=nothing", []),
        ("q=hangar&per_page=2", ["hangar", "hangar-lamp"]),
        ("q=hangar&per_page=2&page=2", ["runway"]),
        ("", ["hangar", "hangar-lamp", "runway"]),
    ],
)
def test_a_search(world: Served, query: str, names: list[str]) -> None:
    assert [each["name"] for each in search(world, query)["crates"]] == names


def test_what_cargo_shows_of_a_crate_that_was_found(world: Served) -> None:
    found = search(world, "q=hangar&per_page=1")
    assert found["meta"] == {"total": 3, "next_page": "?page=2&per_page=1&q=hangar", "prev_page": None}
    (crate,) = found["crates"]
    assert (crate["exact_match"], crate["max_version"], crate["max_stable_version"]) == (True, "2.0.0-rc.1", "1.0.0")
    assert crate["versions"] is None


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "page=0",
            "Failed to deserialize query string: page: invalid value: integer `0`, expected a nonzero u32",
        ),
        ("per_page=x", "Failed to deserialize query string: per_page: invalid digit found in string"),
        ("per_page=101", "cannot request more than 100 items"),
        (
            "page=201",
            "Page 201 is unavailable for performance reasons. "
            "Please take a look at https://crates.io/data-access for alternatives.",
        ),
    ],
)
def test_a_search_that_asks_for_too_much(world: Served, query: str, told: str) -> None:
    assert detail(world.client.get(f"/api/v1/crates?{query}")) == (400, told)


@pytest.mark.parametrize(
    ("yanked", "newest", "default"),
    [(["2.0.0-rc.1"], "1.0.0", "1.0.0"), (["2.0.0-rc.1", "1.0.0"], "0.0.0", "2.0.0-rc.1")],
    ids=["one of two", "all"],
)
def test_versions_that_are_yanked_are_nobody_s_newest(
    world: Served, yanked: list[str], newest: str, default: str
) -> None:
    for version in yanked:
        world.client.delete(f"/api/v1/crates/hangar/{version}/yank", headers={"Authorization": world.token})
    crate = world.client.get("/api/v1/crates/hangar").json()["crate"]
    assert (crate["max_version"], crate["newest_version"], crate["default_version"]) == (newest, newest, default)
    assert crate["yanked"] is (newest == "0.0.0")


def test_the_versions_of_a_crate_newest_first(world: Served) -> None:
    told = world.client.get("/api/v1/crates/HANGAR/versions").json()
    assert [each["num"] for each in told["versions"]] == ["2.0.0-rc.1", "1.0.0"]
    assert told["meta"]["total"] == 2


@pytest.mark.parametrize(
    ("include", "versions", "newest"),
    [
        (None, 2, "2.0.0-rc.1"),
        ("full", 2, "2.0.0-rc.1"),
        ("versions", 2, "2.0.0-rc.1"),
        ("default_version", 1, "0.0.0"),
        ("", None, "0.0.0"),
        ("keywords,downloads", None, "0.0.0"),
    ],
)
def test_parts_of_a_crate(world: Served, include: str | None, versions: int | None, newest: str) -> None:
    query = "" if include is None else f"?include={include}"
    told = world.client.get(f"/api/v1/crates/hangar{query}").json()
    assert (told["versions"] and len(told["versions"])) == versions
    assert told["crate"]["newest_version"] == newest
    assert told["crate"]["default_version"] == "1.0.0"


def test_a_part_that_no_crate_has(world: Served) -> None:
    told = (
        "invalid component for ?include= (expected 'versions', 'keywords', 'categories', 'badges', 'downloads', "
        "'default_version', or 'full')"
    )
    assert detail(world.client.get("/api/v1/crates/hangar?include=nope")) == (400, told)


def test_what_a_version_needs_and_what_needs_a_crate(world: Served) -> None:
    needs = (
        '[dependencies]\nroof = { package = "hangar", version = "1" }\nrunway = { version = "1", optional = true }\n'
    )
    assert world.put(upload("tower", rest=needs)).status_code == 200
    told = world.client.get("/api/v1/crates/tower/1.0.0/dependencies").json()["dependencies"]
    assert [(each["crate_id"], each["req"], each["optional"]) for each in told] == [
        ("hangar", "^1", False),
        ("runway", "^1", True),
    ]
    told = world.client.get("/api/v1/crates/HANGAR/reverse_dependencies").json()
    assert [each["crate"] for each in told["versions"]] == ["tower"]
    assert told["meta"] == {"total": 1}


def test_what_crates_are_about(world: Served) -> None:
    world.put(upload("tower", fields='categories = ["os::linux-apis"]\nkeywords = ["glow"]'))
    assert world.client.get("/api/v1/keywords").json()["meta"] == {"total": 1}
    assert world.client.get("/api/v1/keywords/GLOW").json()["keyword"]["crates_cnt"] == 2
    category = world.client.get("/api/v1/categories/os::linux-apis").json()["category"]
    assert (category["crates_cnt"], [each["slug"] for each in category["parent_categories"]]) == (1, ["os"])
    below = world.client.get("/api/v1/categories/os").json()["category"]["subcategories"]
    assert "os::linux-apis" in [each["slug"] for each in below]
    top = world.client.get("/api/v1/categories?per_page=100").json()
    assert top["meta"]["total"] == len(top["categories"]) == 58
    assert len(world.client.get("/api/v1/category_slugs").json()["category_slugs"]) > 58
    for missing in ("keywords/nope", "categories/nope"):
        assert detail(world.client.get(f"/api/v1/{missing}")) == (404, "Not Found")


def test_who_somebody_is(world: Served) -> None:
    world.registry.accounts.add_team("github:hangar:crew", ["mia"])
    assert world.client.get("/api/v1/users/MIA").json()["user"]["id"] == 1
    assert world.client.get("/api/v1/teams/github:hangar:crew").json()["team"]["url"] == "https://github.com/hangar"
    for missing in ("users/nobody", "teams/github:a:b"):
        assert detail(world.client.get(f"/api/v1/{missing}")) == (404, "Not Found")


def test_downloads_are_counted_by_nobody(world: Served) -> None:
    assert world.client.get("/api/v1/crates/hangar/downloads").json()["version_downloads"] == []
    assert world.client.get("/api/v1/crates/hangar/1.0.0/downloads").json() == {"version_downloads": []}
    missing = world.client.get("/api/v1/crates/hangar/9.0.0/downloads")
    assert detail(missing) == (404, "crate `hangar` does not have a version `9.0.0`")


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("hangar/1.0.0+x/download", "/crates/hangar/hangar-1.0.0%2Bx.crate"),
        ("HANGAR/1.0.0/readme", "/readmes/HANGAR/HANGAR-1.0.0.html"),
    ],
)
def test_files_are_elsewhere(world: Served, path: str, location: str) -> None:
    answer = world.client.get(f"/api/v1/crates/{path}")
    assert (answer.status_code, answer.headers["Location"]) == (302, location)
    bad = world.client.get("/api/v1/crates/hangar/x/download")
    assert detail(bad) == (400, "Invalid URL: unexpected character 'x' while parsing major version number")


def test_the_address_of_a_download_can_be_asked_for(world: Served) -> None:
    told = world.client.get("/api/v1/crates/hangar/1.0.0/download", headers={"Accept": "application/json"})
    assert told.json() == {"url": "/crates/hangar/hangar-1.0.0.crate"}


def test_a_name_that_cannot_be_one_is_no_crate(world: Served) -> None:
    assert detail(world.client.get("/api/v1/crates/a.b")) == (404, "crate `a.b` does not exist")


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("invalid", "unexpected character 'i' while parsing major version number"),
        ("1", "unexpected end of input while parsing major version number"),
        ("1.0", "unexpected end of input while parsing minor version number"),
        ("1.", "unexpected end of input while parsing minor version number"),
        ("1.0.", "unexpected end of input while parsing patch version number"),
        ("1x.0.0", "unexpected character 'x' after major version number"),
        ("1.0.0x", "unexpected character 'x' after patch version number"),
        ("01.0.0", "invalid leading zero in major version number"),
        ("1.0.99999999999999999999", "value of patch version number exceeds u64::MAX"),
        ("1.0.0-", "empty identifier segment in pre-release identifier"),
        ("1.0.0-a..b", "empty identifier segment in pre-release identifier"),
        ("1.0.0-01", "invalid leading zero in pre-release identifier"),
        ("1.0.0+", "empty identifier segment in build metadata"),
        ("1.0.0-a_b", "unexpected character '_' after pre-release identifier"),
        ("", "empty string, expected a semver version"),
    ],
)
def test_a_path_without_a_version(version: str, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_version_in_path(version)
    assert (refused.value.status, refused.value.detail) == (400, f"Invalid URL: {told}")


@pytest.mark.parametrize("version", ["1.0.0", "0.0.0", "1.0.0-rc.1", "1.0.0-a-b.0+01.x", "1.0.0+x"])
def test_a_path_with_one(version: str) -> None:
    check_version_in_path(version)
