"""What `cargo metadata` says of a workspace."""

from __future__ import annotations

from typing import Any

import pytest

from loadmaster.planning.tree.workspace import Package, read_metadata

ROOT = "/somewhere/tree"


def metadata(**package: Any) -> dict[str, Any]:
    entry = {
        "id": "path+file:///somewhere/tree/crates/app#0.4.0",
        "name": "app",
        "version": "0.4.0",
        "manifest_path": f"{ROOT}/crates/app/Cargo.toml",
        "publish": None,
        "description": None,
        "license": "MIT",
        "license_file": None,
        "targets": [{"name": "app", "kind": ["bin"]}, {"name": "app_core", "kind": ["lib"]}],
        "dependencies": [],
    }
    return {"workspace_root": ROOT, "workspace_members": [entry["id"]], "packages": [entry | package]}


def dependency(**fields: Any) -> dict[str, Any]:
    plain = {
        "name": "core",
        "req": "^0.4.0",
        "source": None,
        "kind": None,
        "optional": False,
        "target": None,
        "rename": None,
    }
    return plain | fields


def only(document: dict[str, Any]) -> Package:
    return read_metadata(document).packages[0]


def test_paths_are_told_from_the_workspaces_root_on() -> None:
    app = only(metadata(dependencies=[dependency(path=f"{ROOT}/crates/core")]))
    assert app.manifest == "crates/app/Cargo.toml"
    assert app.dependencies[0].path == "crates/core"
    assert app.binaries == ("app",)


def test_a_package_that_is_no_member_is_left_out() -> None:
    document = metadata()
    assert read_metadata(document | {"workspace_members": []}).packages == ()


def test_a_git_dependency_keeps_its_address() -> None:
    app = only(metadata(dependencies=[dependency(req="*", source="git+https://example.org/aya?tag=v1")]))
    assert (app.dependencies[0].git, app.dependencies[0].has_version) == ("https://example.org/aya?tag=v1", False)


@pytest.mark.parametrize(
    ("publish", "publishable", "registries"),
    [
        (None, True, ["crates-io", "works"]),
        ([], False, []),
        (["crates-io"], True, ["crates-io"]),
        (["crates.io"], True, ["crates-io"]),
        (["works"], True, ["works"]),
        (["elsewhere"], True, []),
        (["elsewhere", "works"], True, ["works"]),
    ],
)
def test_a_package_is_publishable_by_what_its_manifest_says(
    publish: list[str] | None, publishable: bool, registries: list[str]
) -> None:
    found = only(metadata(publish=publish))
    assert found.is_publishable is publishable
    assert [name for name in ("crates-io", "works") if found.may_go_to(name)] == registries
