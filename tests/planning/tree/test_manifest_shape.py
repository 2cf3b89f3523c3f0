"""Manifests whose values are not of a kind that cargo takes: told by key, before anybody stumbles over them."""

from __future__ import annotations

import tomllib

import pytest

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark
from loadmaster.errors.workspace import ManifestIncomplete
from loadmaster.planning.tree.manifest_package import parse_manifest
from loadmaster.planning.tree.manifest_shape import shape_problem

WRONG = {
    "package = 3": "`package` is not a table",
    "package.name = 3": "`package.name` is not a string",
    'package.name = "a\\nb"': "`package.name` has characters that a package's name cannot have",
    "package.version = 4": "`package.version` is not a string",
    "package.publish = 3": "`package.publish` is not a list",
    'package.publish = "no"': "`package.publish` is not a list",
    "package.publish = [3]": "`package.publish.0` is not a string",
    "package.exclude = [3]": "`package.exclude.0` is not a string",
    "package.workspace = 3": "`package.workspace` is not a string",
    "workspace.members = 3": "`workspace.members` is not a list",
    'workspace.members = [["a"]]': "`workspace.members.0` is not a string",
    "workspace.exclude = [3]": "`workspace.exclude.0` is not a string",
    "workspace.package.version = 4": "`workspace.package.version` is not a string",
    "workspace.dependencies.foo = 3": "`workspace.dependencies.foo` is not a table",
    "dependencies = 3": "`dependencies` is not a table",
    "dependencies.foo = 3": "`dependencies.foo` is not a table",
    "dependencies.foo.version = 3": "`dependencies.foo.version` is not a string",
    "dependencies.foo.path = 3": "`dependencies.foo.path` is not a string",
    "dependencies.foo.package = 3": "`dependencies.foo.package` is not a string",
    "dependencies.foo.workspace = 3": "`dependencies.foo.workspace` is neither `true` nor `false`",
    'dependencies.foo.optional = "yes"': "`dependencies.foo.optional` is neither `true` nor `false`",
    "dev-dependencies.foo.path = 3": "`dev-dependencies.foo.path` is not a string",
    "dev_dependencies.foo.path = 3": "`dev_dependencies.foo.path` is not a string",
    "build-dependencies.foo.path = 3": "`build-dependencies.foo.path` is not a string",
    "target = 3": "`target` is not a table",
    "target.unix = 3": "`target.unix` is not a table",
    "target.unix.dependencies = 3": "`target.unix.dependencies` is not a table",
    "bin = [3]": "`bin.0` is not a table",
    "patch.crates-io = 3": "`patch.crates-io` is not a table",
    "patch.crates-io.foo.path = 3": "`patch.crates-io.foo.path` is not a string",
}


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=WRONG)
def test_what_stands_in_the_wrong_place_is_told_by_its_key(text: str, told: str) -> None:
    assert (shape_problem(tomllib.loads(text)) or "").startswith(told)
    with pytest.raises(ManifestIncomplete, match=r"`a/Cargo\.toml` is no manifest that cargo takes: `"):
        parse_manifest("a/Cargo.toml", text)


RIGHT = """
[package]
name = "grüße-1_a"
version.workspace = true
edition = { workspace = true }
publish = ["mine"]
license-file.workspace = true
exclude = { workspace = true }
metadata = { anything = [1, 2.5, 1979-05-27] }

[workspace]
members = []
package = { publish = false, version = "1.0.0" }

[dependencies]
a = "1"
b = { workspace = true, optional = true, features = ["x"] }
c = { git = "https://forge.example/c", branch = "main", default-features = false }

[target.'cfg(unix)'.dev-dependencies]
d = { path = "../d" }

[patch.crates-io]
a = { path = "a" }

[lints]
workspace = true
"""


def test_what_cargo_takes_has_no_problem() -> None:
    assert shape_problem(tomllib.loads(RIGHT)) is None


DAMAGED = {
    "a byte order mark": ("\ufeff[package]\n", ByteOrderMark, r"`a/Cargo\.toml` begins with a byte order mark"),
    "a word that is none": ("[package]\nname = foo\n", NotToml, r"line 2, column 8"),
    "an unfinished merge": ("<<<<<<< HEAD\n", NotToml, r"line 1, column 1"),
    "lists in lists in lists": (f"a = {'[' * 5000}{']' * 5000}\n", NotToml, "nested too deeply"),
    "a number without an end": (f"a = {'9' * 6000}\n", NotToml, "digits"),
    "both of them": (f"a = {{\n b = {'9' * 6000}\n}}\n", NotToml, "line 1"),
}


@pytest.mark.parametrize(("text", "error", "told"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_toml_is_told_with_its_place(text: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        parse_manifest("a/Cargo.toml", text)
