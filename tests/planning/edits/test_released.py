"""Which version each package of a release gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.request import PackageNamedTwice
from loadmaster.errors.workspace import NoSuchPackage, VersionsByName
from loadmaster.planning.edits.released import (
    exact_versions,
    label,
    manifest_versions,
    named_versions,
    released_versions,
)
from loadmaster.planning.plan import plan_release
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.show import plan_text
from loadmaster.planning.tree.workspace import Package, Workspace
from tests.kit.building import TODAY, needs, package, project, seen, workspaces

WING, TAIL = package("wing", version="1.2.0"), package("tail", needs("wing", "^1.2"), version="0.3.1")

ASKED = [
    pytest.param("patch", {"wing": "1.2.1", "tail": "0.3.2"}, id="a level moves each package from its own version"),
    pytest.param("wing=2.0.0", {"wing": "2.0.0"}, id="only the named package moves"),
    pytest.param("wing=minor,tail=1.0.0", {"wing": "1.3.0", "tail": "1.0.0"}, id="each named package moves as asked"),
]


@pytest.mark.parametrize(("asked", "versions"), ASKED)
def test_independent_packages_have_versions_of_their_own(asked: str, versions: dict[str, str]) -> None:
    assert released_versions((WING, TAIL), Policy.INDEPENDENT, asked, {}) == versions


def test_the_next_candidate_of_a_package_counts_what_is_out_of_it_alone() -> None:
    taken = {"wing": ["1.2.1-rc.1"], "tail": []}
    versions = released_versions((WING, TAIL), Policy.INDEPENDENT, "rc", taken)
    assert versions == {"wing": "1.2.1-rc.2", "tail": "0.3.2-rc.1"}


def test_a_name_that_is_not_published_is_refused() -> None:
    with pytest.raises(NoSuchPackage, match="`wnig`"):
        released_versions((WING, TAIL), Policy.INDEPENDENT, "wnig=1.0.0", {})


def test_a_package_that_is_named_twice_is_refused() -> None:
    with pytest.raises(PackageNamedTwice, match=r"`core` is named twice, with the versions `1\.0\.0` and `2\.0\.0`"):
        named_versions("core=1.0.0,app=1.0.0,core=2.0.0")


def test_lockstep_has_no_version_for_one_package() -> None:
    with pytest.raises(VersionsByName):
        released_versions((WING,), Policy.LOCKSTEP, "wing=1.0.0", {})


def test_private_members_keep_step_also_where_a_bump_took_them_ahead() -> None:
    others = (package("tool", version="1.2.0"), package("ahead", version="1.3.0"), package("odd", version="0.0.0"))
    everything = Workspace(packages=(WING, *others))
    assert manifest_versions(everything, (WING,), Policy.LOCKSTEP, {"wing": "1.3.0"}) == {
        "wing": "1.3.0",
        "tool": "1.3.0",
        "ahead": "1.3.0",
    }


@given(workspaces(), st.sampled_from([Policy.LOCKSTEP, Policy.INDEPENDENT]))
def test_asking_for_what_was_planned_plans_the_same(packages: tuple[Package, ...], policy: Policy) -> None:
    planned = released_versions(packages, policy, "minor", {})
    told = label(policy, planned)
    assert released_versions(packages, policy, told, {}) == planned
    assert exact_versions(packages, told) == planned


def test_each_package_gets_the_tag_that_its_pattern_says() -> None:
    profile = project(policy="independent", tag="{name}-v{version}", tags={"wing": "v{version}"})
    plan = plan_release(seen(WING, TAIL), profile, "patch", TODAY)
    assert [(each.name, each.crates) for each in plan.tags] == [("v1.2.1", ("wing",)), ("tail-v0.3.2", ("tail",))]
    assert [each.message for each in plan.tags] == ["wing 1.2.1", "tail 0.3.2"]
    assert plan.version == "tail=0.3.2,wing=1.2.1"
    assert "tag     tail-v0.3.2" in plan_text(plan)


def test_packages_that_share_a_version_share_a_tag_that_names_none() -> None:
    rudder = package("rudder", version="0.3.1")
    plan = plan_release(seen(WING, TAIL, rudder), project(policy="independent"), "patch", TODAY)
    assert {each.name: set(each.crates) for each in plan.tags} == {"v1.2.1": {"wing"}, "v0.3.2": {"tail", "rudder"}}


def test_a_package_that_is_not_asked_for_stays_and_its_requirement_moves_only_where_it_must() -> None:
    profile = project(policy="independent", tag="{name}-v{version}")
    compatible = plan_release(seen(WING, TAIL), profile, "wing=1.3.0", TODAY)
    assert [each.id for each in compatible.crates] == ["wing@1.3.0"]
    assert "crates/tail/Cargo.toml" not in {each.path for each in compatible.edits}
    breaking = plan_release(seen(WING, TAIL), profile, "wing=2.0.0", TODAY)
    assert [each.id for each in breaking.crates] == ["wing@2.0.0"]
    assert "crates/tail/Cargo.toml" in {each.path for each in breaking.edits}
