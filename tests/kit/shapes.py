"""What a shape of the demo workspace is: one question each, asked of `cargo metadata --no-deps` and the manifests.

Refuses to know how Loadmaster plans: edges and layers are worked out here again, by other means.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

LAYERS = (
    {"hangar-ansi", "hangar-codegen", "hangar-json", "hangar-units"},
    {"hangar-fleet", "hangar-freight", "hangar-testkit"},
    {"hangar-balance", "hangar-report", "hangar-route"},
    {"hangar-cli"},
)


def cargo(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ("cargo", *arguments, "--offline", "--locked")
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


class Edge(NamedTuple):
    """That `package` can only be published after `needs`, and the dependency that says so."""

    package: str
    needs: str
    dependency: dict[str, Any]


class Demo:
    """A copy of the workspace, as cargo sees it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        answer = cargo(root, "metadata", "--no-deps", "--format-version", "1")
        assert answer.returncode == 0, answer.stderr
        packages = json.loads(answer.stdout)["packages"]
        self.packages: dict[str, dict[str, Any]] = {package["name"]: package for package in packages}
        self.publishable = {name for name, package in self.packages.items() if package["publish"] != []}

    def manifest(self, path: str) -> dict[str, Any]:
        return tomllib.loads((self.root / path / "Cargo.toml").read_text())

    def edges(self) -> Iterator[Edge]:
        """Between publishable packages. A dev-dependency without a version orders nothing: cargo leaves it out."""
        for name in sorted(self.publishable):
            for dependency in self.packages[name]["dependencies"]:
                if dependency["kind"] != "dev" or dependency["req"] != "*":
                    yield Edge(name, dependency["name"], dependency)

    def layers(self) -> tuple[set[str], ...]:
        """Every publishable package in the first layer that comes after all its needs."""
        left, layers = set(self.publishable), list[set[str]]()
        while left:
            layer = left - {edge.package for edge in self.edges() if edge.needs in left}
            assert layer, f"a cycle among {sorted(left)}"
            layers.append(layer)
            left -= layer
        return tuple(layers)


def some_edge(**wanted: object) -> Callable[[Demo], bool]:
    def holds(demo: Demo) -> bool:
        return any(wanted.items() <= edge.dependency.items() for edge in demo.edges())

    return holds


def has_a_renamed_dependency(demo: Demo) -> bool:
    return any(edge.dependency["rename"] for edge in demo.edges())


def has_an_optional_dependency_that_no_default_feature_turns_on(demo: Demo) -> bool:
    features: dict[str, list[str]] = demo.packages["hangar-balance"]["features"]
    return features == {"json": ["dep:hangar-json"]}


def only_a_dev_dependency_puts_testkit_before_route(demo: Demo) -> bool:
    kinds = [edge.dependency["kind"] for edge in demo.edges() if edge[:2] == ("hangar-route", "hangar-testkit")]
    others = {edge.needs for edge in demo.edges() if edge.package == "hangar-route"} - {"hangar-testkit"}
    return kinds == ["dev"] and others <= LAYERS[0]


def has_a_dev_dependency_cycle_without_a_version(demo: Demo) -> bool:
    units = demo.packages["hangar-units"]["dependencies"]
    return [(needed["name"], needed["kind"], needed["req"]) for needed in units] == [("hangar-testkit", "dev", "*")]


def inherits_from_the_workspace(demo: Demo) -> bool:
    inherited = {"version", "edition", "license", "repository"}
    package = demo.manifest("crates/hangar-units")["package"]
    return inherited <= demo.manifest(".")["workspace"]["package"].keys() and all(
        package[key] == {"workspace": True} for key in inherited
    )


def has_a_literal_version(demo: Demo) -> bool:
    return isinstance(demo.manifest("crates/hangar-ansi")["package"]["version"], str)


def has_requirements_in_the_workspace_table(demo: Demo) -> bool:
    table = demo.manifest(".")["workspace"]["dependencies"]
    return len(table) >= 9 and all({"path", "version"} <= entry.keys() for entry in table.values())


def has_a_requirement_outside_the_workspace_table(demo: Demo) -> bool:
    return set(demo.manifest("crates/hangar-report")["dependencies"]["hangar-freight"]) == {"path", "version"}


def is_virtual_with_a_resolver(demo: Demo) -> bool:
    root = demo.manifest(".")
    return "package" not in root and "resolver" in root["workspace"]


def has_a_member_outside_crates(demo: Demo) -> bool:
    manifests = (Path(demo.packages[name]["manifest_path"]) for name in demo.publishable)
    return any("crates" not in manifest.relative_to(demo.root).parts for manifest in manifests)


def has_one_private_member_that_depends_on_others(demo: Demo) -> bool:
    private = demo.packages.keys() - demo.publishable
    return private == {"hangar-bench"} and bool(demo.packages["hangar-bench"]["dependencies"])


def has_one_version_and_complete_metadata(demo: Demo) -> bool:
    told = ("description", "license", "repository")
    packages = [demo.packages[name] for name in demo.publishable]
    return {package["version"] for package in packages} == {"0.4.0"} and all(
        package[key] for package in packages for key in told
    )


def has_a_binary_to_install(demo: Demo) -> bool:
    return any(
        target["name"] == "hangar" and "bin" in target["kind"] for target in demo.packages["hangar-cli"]["targets"]
    )


def needs_no_network(demo: Demo) -> bool:
    needed = {dependency["name"] for package in demo.packages.values() for dependency in package["dependencies"]}
    return needed <= demo.packages.keys()


def has_a_lockfile_that_matches(demo: Demo) -> bool:
    return cargo(demo.root, "metadata", "--format-version", "1").returncode == 0


def has_a_second_workspace_with_a_lockfile_that_matches(demo: Demo) -> bool:
    answer = cargo(demo.root / "fuzz", "metadata", "--format-version", "1")
    return answer.returncode == 0 and "hangar-fuzz" not in demo.packages


def has_a_second_workspace_on_members_of_the_first(demo: Demo) -> bool:
    fuzz = demo.manifest("fuzz")
    private = fuzz["package"]["publish"] is False and fuzz["package"]["version"] == "0.0.0"
    return private and fuzz["dependencies"].keys() <= demo.publishable and len(fuzz["dependencies"]) >= 2


def has_a_changelog_with_something_to_release(demo: Demo) -> bool:
    text = (demo.root / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[(.+?)\](?: - \d{4}-\d\d-\d\d)?$", text, re.MULTILINE)
    unreleased = text.partition("## [Unreleased]")[2].partition("\n## ")[0]
    return headings[:2] == ["Unreleased", "0.4.0"] and len(headings) > 2 and "\n- " in unreleased


def has_the_layers_of_its_readme(demo: Demo) -> bool:
    rows = re.findall(r"^\| (\d) \| `(hangar-\w+)` \|", (demo.root / "README.md").read_text(), re.MULTILINE)
    told = tuple({name for number, name in rows if int(number) == layer} for layer in range(1, 5))
    return told == demo.layers() == LAYERS
