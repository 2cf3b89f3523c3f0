"""Which tag is the last release's."""

from __future__ import annotations

import pytest

from loadmaster.planning.plan import plan_release
from loadmaster.planning.previous_release import (
    PreviousRelease,
    baseline,
    crates_of,
    previous_release,
    previous_releases,
)
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import TagSeen
from loadmaster.planning.tree.workspace import Package
from tests.kit.building import BASE, TODAY, needs, package, project, seen


def previous(names: list[str], profile: Project | None = None, asked: str = "0.5.0") -> str | None:
    profile = profile or project()
    tags = [TagSeen(name=name, commit=BASE, parents=(), subject="") for name in names]
    found = previous_release(tags, plan_release(seen(package("app")), profile, asked, TODAY), profile)
    return found.tag.name if found else None


@pytest.mark.parametrize(
    ("reason", "names", "found"),
    [
        ("the highest below the planned version", ["v0.3.0", "v0.4.10", "v0.4.9", "v0.6.0"], "v0.4.10"),
        ("not this release's own, made by an earlier attempt", ["v0.4.0", "v0.5.0"], "v0.4.0"),
        ("no candidate", ["v0.4.0", "v0.5.0-rc.1"], "v0.4.0"),
        ("no alias and no other shape", ["v0", "latest", "0.4.0", "app-v0.4.0"], None),
        ("none of a first release", [], None),
    ],
)
def test_the_last_release_is_found(reason: str, names: list[str], found: str | None) -> None:
    assert previous(names) == found, reason


@pytest.mark.parametrize(
    ("packages", "published"),
    [
        ((package("app"), package("core"), package("tool", version="0.1.0")), ("app", "core")),
        ((package("app", version="0.3.0"), package("tool", version="0.1.0")), ("app", "tool")),
    ],
    ids=["those that carried its version", "all, where its tag stood on the tree of another"],
)
def test_what_the_last_release_published(packages: tuple[Package, ...], published: tuple[str, ...]) -> None:
    tag = TagSeen(name="v0.4.0", commit=BASE, parents=(), subject="")
    assert crates_of(PreviousRelease(version="0.4.0", tag=tag), packages) == published


def test_packages_with_versions_of_their_own_have_no_common_last_release() -> None:
    own = project(policy="independent", tag="{name}-v{version}")
    assert previous(["app-v0.3.0"], own, "app=0.5.0") is None


@pytest.mark.parametrize(
    ("reason", "names", "found"),
    [
        ("the latest of those in the tree", ["app-v0.4.0", "core-v0.4.0"], "core-v0.4.0"),
        ("none that the tree has left behind", ["core-v0.4.0", "app-v0.3.0"], "core-v0.4.0"),
        ("none of a first release", ["v0.4.0"], None),
    ],
)
def test_findings_are_compared_with_one_package_s_release(reason: str, names: list[str], found: str | None) -> None:
    own = project(policy="independent", tag="{name}-v{version}")
    tags = [TagSeen(name=each, commit=BASE, parents=(), subject="", committed=at) for at, each in enumerate(names)]
    plan = plan_release(seen(package("app", needs("core")), package("core")), own, "patch", TODAY)
    compared = baseline(tags, plan, own)
    assert (compared.tag.name if compared else None) == found, reason


def test_each_crate_has_a_last_release_of_its_own_by_its_own_tags() -> None:
    own = project(policy="independent", tag="{name}-v{version}", tags={"core": "v{version}"})
    names = ["app-v0.3.0", "app-v0.4.0", "app-v0.5.0-rc.1", "core-v0.3.9", "v0.4.0", "v0.2.0"]
    tags = [TagSeen(name=name, commit=BASE, parents=(), subject="") for name in names]
    plan = plan_release(seen(package("app"), package("core"), package("new")), own, "minor", TODAY)
    found = previous_releases(tags, plan, own)
    assert {name: release.tag.name for name, release in found.items()} == {"app": "app-v0.4.0", "core": "v0.4.0"}
