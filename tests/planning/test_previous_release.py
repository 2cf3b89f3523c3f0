"""Which tag is the last release's."""

from __future__ import annotations

import pytest

from loadmaster.planning.plan import plan_release
from loadmaster.planning.previous_release import previous_tag
from loadmaster.planning.project import Project
from loadmaster.planning.seen import TagSeen
from tests.planning.building import BASE, TODAY, package, project, seen


def previous(names: list[str], profile: Project | None = None, asked: str = "0.5.0") -> str | None:
    profile = profile or project()
    tags = [TagSeen(name=name, commit=BASE, parents=(), subject="") for name in names]
    found = previous_tag(tags, plan_release(seen(package("app")), profile, asked, TODAY), profile)
    return found.name if found else None


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


def test_packages_with_versions_of_their_own_have_no_common_last_release() -> None:
    own = project(policy="independent", tag="{name}-v{version}")
    assert previous(["app-v0.3.0"], own, "app=0.5.0") is None
