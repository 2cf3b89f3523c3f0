"""The demo workspace keeps every shape that a release tool meets, so that nobody simplifies one away.

Each shape stands beside the edit that would lose it, which is tried on a copy. What a shape is: `shapes`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.kit import shapes
from tests.kit.checkout import ROOT
from tests.kit.shapes import Demo, cargo

HANGAR = ROOT / "examples" / "hangar"

pytestmark = pytest.mark.cargo


class Edit(NamedTuple):
    """Takes every `old` for `new` in one file."""

    path: str
    old: str
    new: str


BALANCE, CLI, FUZZ, REPORT = "crates/hangar-balance", "crates/hangar-cli", "fuzz", "crates/hangar-report"
OPTIONAL_JSON = """json = ["dep:hangar-json"]

[dependencies]
hangar-fleet.workspace = true
hangar-json = { workspace = true, optional = true }
"""
PLAIN_JSON = """json = []

[dependencies]
hangar-fleet.workspace = true
hangar-json.workspace = true
"""
SHAPES: dict[str, tuple[Callable[[Demo], bool], Edit]] = {
    "it is a virtual workspace with a resolver": (
        shapes.is_virtual_with_a_resolver,
        Edit("Cargo.toml", 'resolver = "3"\n', ""),
    ),
    "eleven packages in four layers, as its README says": (
        shapes.has_the_layers_of_its_readme,
        Edit("crates/hangar-route/Cargo.toml", "hangar-testkit.workspace", "hangar-json.workspace"),
    ),
    "one version everywhere and complete metadata": (
        shapes.has_one_version_and_complete_metadata,
        Edit("crates/hangar-json/Cargo.toml", "license.workspace = true\n", ""),
    ),
    "package fields are inherited": (
        shapes.inherits_from_the_workspace,
        Edit("crates/hangar-units/Cargo.toml", "\nversion.workspace = true", '\nversion = "0.4.0"'),
    ),
    "requirements are inherited": (
        shapes.has_requirements_in_the_workspace_table,
        Edit("Cargo.toml", '"crates/hangar-json", version = "0.4.0"', '"crates/hangar-json"'),
    ),
    "one package has a literal version": (
        shapes.has_a_literal_version,
        Edit("crates/hangar-ansi/Cargo.toml", 'version = "0.4.0"', "version.workspace = true"),
    ),
    "one requirement is literal": (
        shapes.has_a_requirement_outside_the_workspace_table,
        Edit(f"{REPORT}/Cargo.toml", 'path = "../hangar-freight", version = "0.4.0"', "workspace = true"),
    ),
    "one dependency is renamed": (
        shapes.has_a_renamed_dependency,
        Edit(
            f"{BALANCE}/Cargo.toml",
            '[dependencies.freight]\npackage = "hangar-freight"',
            "[dependencies.hangar-freight]",
        ),
    ),
    "one dependency is optional": (
        shapes.some_edge(name="hangar-json", optional=True),
        Edit(f"{BALANCE}/Cargo.toml", OPTIONAL_JSON, PLAIN_JSON),
    ),
    "the optional one is off by default": (
        shapes.has_an_optional_dependency_that_no_default_feature_turns_on,
        Edit(f"{BALANCE}/Cargo.toml", "[features]\n", '[features]\ndefault = ["json"]\n'),
    ),
    "one dependency is for a build script": (
        shapes.some_edge(name="hangar-codegen", kind="build"),
        Edit("crates/hangar-fleet/Cargo.toml", "build-dependencies", "target.'cfg(unix)'.dependencies"),
    ),
    "one dependency is for one target": (
        shapes.some_edge(name="hangar-ansi", target="cfg(unix)"),
        Edit(f"{REPORT}/Cargo.toml", "target.'cfg(unix)'.dependencies", "build-dependencies"),
    ),
    "a versioned dev-dependency alone decides an order": (
        shapes.only_a_dev_dependency_puts_testkit_before_route,
        Edit("crates/hangar-route/Cargo.toml", "[dev-dependencies]", "[build-dependencies]"),
    ),
    "a dev-dependency without a version closes a cycle": (
        shapes.has_a_dev_dependency_cycle_without_a_version,
        Edit("crates/hangar-units/Cargo.toml", '{ path = "../hangar-testkit" }', "{ workspace = true }"),
    ),
    "one publishable member lies outside crates": (
        shapes.has_a_member_outside_crates,
        Edit("tools/hangar-codegen/Cargo.toml", "readme.workspace = true", "publish = false"),
    ),
    "one member is never published": (
        shapes.has_one_private_member_that_depends_on_others,
        Edit("bench/Cargo.toml", "publish = false\n", ""),
    ),
    "there is a binary to install": (
        shapes.has_a_binary_to_install,
        Edit(f"{CLI}/Cargo.toml", 'name = "hangar"', 'name = "hangar-loader"'),
    ),
    "nothing needs the network": (
        shapes.needs_no_network,
        Edit("crates/hangar-json/Cargo.toml", "[lints]", '[dependencies]\nserde = "1"\n\n[lints]'),
    ),
    "the lockfile matches": (
        shapes.has_a_lockfile_that_matches,
        Edit("Cargo.lock", 'version = "0.4.0"', 'version = "0.3.1"'),
    ),
    "the second workspace's lockfile matches": (
        shapes.has_a_second_workspace_with_a_lockfile_that_matches,
        Edit(f"{FUZZ}/Cargo.lock", 'version = "0.4.0"', 'version = "0.3.1"'),
    ),
    "the second workspace is private and stands on the first": (
        shapes.has_a_second_workspace_on_members_of_the_first,
        Edit(f"{FUZZ}/Cargo.toml", "publish = false", "publish = true"),
    ),
    "the changelog has something to release": (
        shapes.has_a_changelog_with_something_to_release,
        Edit("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n## [0.5.0] - 2026-11-01\n"),
    ),
}


@pytest.fixture(scope="module")
def hangar() -> Demo:
    return Demo(HANGAR)


@pytest.mark.parametrize("sentence", SHAPES)
def test_the_demo_has_the_shape(hangar: Demo, sentence: str) -> None:
    holds, _ = SHAPES[sentence]
    assert holds(hangar)


@pytest.mark.parametrize("sentence", SHAPES)
def test_losing_the_shape_is_noticed(tmp_path: Path, sentence: str) -> None:
    holds, edit = SHAPES[sentence]
    shutil.copytree(HANGAR, tmp_path / "hangar", ignore=shutil.ignore_patterns("target"))
    edited = tmp_path / "hangar" / edit.path
    before = edited.read_text()
    assert edit.old in before
    edited.write_text(before.replace(edit.old, edit.new))
    assert not holds(Demo(tmp_path / "hangar"))


def test_its_own_tests_pass(tmp_path: Path) -> None:
    answer = cargo(HANGAR, "test", "--quiet", "--workspace", "--all-features", "--target-dir", str(tmp_path / "target"))
    assert answer.returncode == 0, answer.stdout + answer.stderr
