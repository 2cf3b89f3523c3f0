"""The profile's model: what it refuses, and what it fills in."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from loadmaster.errors.request import BranchNotReleased
from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.secret_variables import SECRET_VARIABLES

LEAST: dict[str, Any] = {"name": "demo", "forge": "ada/demo", "source": {"repository": "demo.git"}}

REFUSED = [
    ("no source", {"source": {}}, "exactly one of `repository` and `directory`"),
    (
        "a path and workspaces",
        {"source": {"repository": "a", "path": "b", "workspaces": ["c"]}},
        "at most one of `path`",
    ),
    ("a workspace twice", {"source": {"repository": "a", "workspaces": ["b", "./b"]}}, "names a directory twice"),
    (
        "a path out of the repository",
        {"source": {"repository": "a", "path": "../b"}},
        "is no directory of the repository",
    ),
    (
        "a path from the system's root",
        {"source": {"repository": "a", "path": "/b"}},
        "is no directory of the repository",
    ),
    ("a manifest for a directory", {"source": {"repository": "a", "path": "b/Cargo.toml"}}, "name its directory, `b`"),
    ("an empty path", {"source": {"repository": "a", "path": ""}}, "is no directory of the repository"),
    ("git's own directory", {"source": {"repository": "a", "path": ".git/b"}}, "is no directory of the repository"),
    ("both sources", {"source": {"repository": "a", "directory": "b"}}, "exactly one of"),
    ("a misspelt table", {"sources": {}}, "sources"),
    ("a misspelt field", {"cargo": {"verfy": False}}, "cargo.verfy"),
    ("a forge without owner", {"forge": "demo"}, "forge"),
    ("a tag without version", {"release": {"tag": "v1"}}, "release.tag"),
    ("a tag with a name that means nothing", {"release": {"tag": "{project}-{version}"}}, "`{project}` means nothing"),
    ("a tag with a lone brace", {"release": {"tag": "v{version}{"}}, "release.tag"),
    ("a message with a name that means nothing", {"release": {"tag_message": "{v}"}}, "`{project}` and `{version}`"),
    ("a commit message without version", {"release": {"commit_message": "Release"}}, "release.commit_message"),
    ("an exclusion without reason", {"release": {"exclude": [{"package": "a"}]}}, "release.exclude.0.why"),
    ("an install check without binary", {"install": {"package": "a"}}, "install.binary"),
    ("a credential for cargo", {"cargo": {"environment": ["GITHUB_TOKEN"]}}, "`GITHUB_TOKEN` holds a credential"),
    ("a cargo token of any registry", {"cargo": {"environment": ["CARGO_REGISTRIES_X_TOKEN"]}}, "holds a credential"),
    ("a credential provider", {"cargo": {"environment": ["CARGO_REGISTRY_CREDENTIAL_PROVIDER"]}}, "holds a credential"),
    ("a variable of ours", {"cargo": {"environment": ["LOADMASTER_HOME"]}}, "a variable of Loadmaster or Prefect"),
    ("a variable of Prefect's", {"cargo": {"environment": ["PREFECT_API_URL"]}}, "a variable of Loadmaster or Prefect"),
    ("a policy that is none", {"release": {"policy": "sometimes"}}, "release.policy"),
]


@pytest.mark.parametrize(("wrong", "told"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_a_profile_may_not_say(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Project.model_validate(LEAST | wrong)
    problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in caught.value.errors()]
    assert any(told in each for each in problems), problems


def test_the_least_profile_is_careful() -> None:
    profile = Project.model_validate(LEAST)
    assert (profile.cargo.verify, profile.cargo.clippy, profile.cargo.deny_warnings) == (True, True, True)
    assert (profile.cargo.environment, profile.release.exclude, profile.install) == ((), (), None)
    assert profile.source.branch == "main"


WHERE = [
    ("the top, if nothing is said", {}, ("Cargo.toml",)),
    ("the top, by its own name", {"path": "."}, ("Cargo.toml",)),
    ("a directory below", {"path": "rust/"}, ("rust/Cargo.toml",)),
    ("several, the top among them", {"workspaces": [".", "tools/cli"]}, ("Cargo.toml", "tools/cli/Cargo.toml")),
]


@pytest.mark.parametrize(("said", "roots"), [row[1:] for row in WHERE], ids=[row[0] for row in WHERE])
def test_the_root_manifests_are_those_of(said: dict[str, Any], roots: tuple[str, ...]) -> None:
    profile = Project.model_validate(LEAST | {"source": {"repository": "demo.git", **said}})
    assert profile.source.roots == roots


def test_the_tag_is_the_pattern_with_the_version() -> None:
    profile = Project.model_validate(LEAST | {"release": {"tag": "demo-{version}-final"}})
    assert profile.tag_of("demo", "1.0.0-rc.1") == "demo-1.0.0-rc.1-final"


def test_a_maintenance_branch_is_released_if_the_profile_names_it() -> None:
    profile = Project.model_validate(LEAST | {"release": {"branches": ["release/1.*", "lts"]}})
    assert (profile.on_branch(None), profile.on_branch("main"), profile.is_on_maintenance_branch) == (
        profile,
        profile,
        False,
    )
    older = profile.on_branch("release/1.4")
    assert (older.source.branch, older.is_on_maintenance_branch) == ("release/1.4", True)
    for branch in ("release/2.0", "release/1.4/x", "lts2"):
        with pytest.raises(BranchNotReleased, match=f"The branch `{branch}` is not released"):
            profile.on_branch(branch)


@pytest.mark.parametrize(
    ("release", "moving"),
    [
        ({}, "all"),
        ({"policy": "keep-caret-floor"}, "necessary"),
        ({"policy": "independent"}, "necessary"),
        ({"policy": "independent", "requirements": "all"}, "all"),
        ({"requirements": "current"}, "current"),
    ],
)
def test_the_policy_says_which_requirements_move_unless_the_profile_does(release: dict[str, str], moving: str) -> None:
    assert Project.model_validate({**LEAST, "release": release}).release.moving_requirements == moving


@pytest.mark.parametrize("name", sorted(SECRET_VARIABLES))
def test_none_of_our_credentials_is_handed_to_cargo_and_git(name: str) -> None:
    with pytest.raises(ValidationError, match=f"`{name}` holds a credential"):
        Project.model_validate(LEAST | {"cargo": {"environment": ["GIT_CONFIG_GLOBAL", name]}})


def test_an_agent_is_for_git_and_never_for_cargo() -> None:
    cargo = Project.model_validate(LEAST | {"cargo": {"environment": ["SSH_AUTH_SOCK", "GIT_CONFIG_GLOBAL"]}}).cargo
    assert (cargo.environment, cargo.for_cargo) == (("SSH_AUTH_SOCK", "GIT_CONFIG_GLOBAL"), ("GIT_CONFIG_GLOBAL",))
