"""Which requirements follow a member to its planned version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.edits.manifest import bump_manifests
from loadmaster.planning.profile.policy import Requirements
from loadmaster.planning.values.requirement import matches

PATH = "crates/wing/Cargo.toml"
TAIL = "crates/tail/Cargo.toml"


def moved(requirement: str, version: str, moving: Requirements, before: str = "1.8.2") -> str:
    """The requirement of wing on tail, after tail has moved from `before` to `version`."""
    manifests = {
        PATH: f'[dependencies]\ntail = {{ path = "../tail", version = "{requirement}" }}\n',
        TAIL: f'[package]\nname = "tail"\nversion = "{before}"\n',
    }
    return bump_manifests(manifests, {"tail": version}, moving)[PATH].split('"')[3]


KEEPS_THE_FLOOR = {
    "a caret that the version still satisfies": ("1.0.0", "1.9.0", "1.0.0"),
    "a caret across a major version": ("1.0", "2.3.0", "2.3"),
    "a caret across a minor version below 1.0": ("0.4.0", "0.5.0", "0.5.0"),
    "an exact requirement": ("=1.0.0", "1.0.1", "=1.0.1"),
    "a tilde": ("~1.2", "1.3.0", "~1.3"),
    "a pre-release": ("1.0.0", "1.1.0-rc.1", "1.1.0-rc.1"),
    "bounds that hold": (">=1.0, <2", "1.9.0", ">=1.0, <2"),
}


@pytest.mark.parametrize(("before", "version", "after"), KEEPS_THE_FLOOR.values(), ids=KEEPS_THE_FLOOR)
def test_keep_caret_floor_moves_only_what_the_version_no_longer_satisfies(
    before: str, version: str, after: str
) -> None:
    assert moved(before, version, Requirements.NECESSARY) == after


TABLE = """[workspace.package]
version = "3.17.0"
[workspace.dependencies]
assay-core = { path = "crates/assay-core", version = "3.17.0" }
"""
LITERAL = 'assay-adapter-api = { path = "../assay-adapter-api", version = "3.0.0" }\n'
ADAPTER = '[package]\nname = "{}"\nversion.workspace = true\n[dependencies]\n'


def test_older_floors_stay_while_current_ones_follow_as_in_assay_3_18_0() -> None:
    before = {
        "Cargo.toml": f'[workspace]\nmembers = ["crates/*"]\n{TABLE}',
        "crates/assay-core/Cargo.toml": ADAPTER.format("assay-core") + LITERAL,
        "crates/assay-adapter-api/Cargo.toml": ADAPTER.format("assay-adapter-api"),
    }
    minor = bump_manifests(before, dict.fromkeys(("assay-core", "assay-adapter-api"), "3.18.0"), Requirements.CURRENT)
    assert minor == before | {"Cargo.toml": before["Cargo.toml"].replace("3.17.0", "3.18.0")}
    major = bump_manifests(before, dict.fromkeys(("assay-core", "assay-adapter-api"), "4.0.0"), Requirements.CURRENT)
    assert major["crates/assay-core/Cargo.toml"] == before["crates/assay-core/Cargo.toml"].replace("3.0.0", "4.0.0")


CURRENT_ONES = {
    "what said the version before": ("1.8.2", "1.9.0", "1.9.0"),
    "in fewer components": ("1.8", "1.9.0", "1.9"),
    "in an operator of its own": ("^1.8.2", "1.9.0", "^1.9.0"),
    "what is older stays": ("1.8.1", "1.9.0", "1.8.1"),
    "what is older moves where it must": ("1.8.1", "2.0.0", "2.0.0"),
    "bounds that never named it stay": (">=1.0, <2", "1.9.0", ">=1.0, <2"),
}


@pytest.mark.parametrize(("before", "version", "after"), CURRENT_ONES.values(), ids=CURRENT_ONES)
def test_current_requirements_follow(before: str, version: str, after: str) -> None:
    assert moved(before, version, Requirements.CURRENT) == after


_number = st.integers(0, 3)
_versions = st.builds("{}.{}.{}".format, _number, _number, _number)
_floors = st.builds("{}{}".format, st.sampled_from(["", "^", "~", "="]), _versions)


@given(_floors, _versions, _versions)
def test_necessary_ones_are_among_the_current_ones_and_these_among_all(floor: str, old: str, new: str) -> None:
    after = {each: moved(floor, new, each, old) for each in Requirements}
    assert after[Requirements.CURRENT] in (after[Requirements.NECESSARY], after[Requirements.ALL])
    assert after[Requirements.NECESSARY] in (floor, after[Requirements.ALL])
    assert all(matches(each, new) for each in after.values())
