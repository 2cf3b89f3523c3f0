"""What one release must bring about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loadmaster.errors.edits import LeaderNotReleased, TagOfTwoVersions
from loadmaster.errors.workspace import NothingToPublish, VersionsDisagree
from loadmaster.planning.gates.labels import labels_of
from loadmaster.planning.plan import ReleasePlan, outstanding, plan_release
from loadmaster.planning.profile.project import Install
from loadmaster.planning.registry.seen import Seen, TagSeen
from loadmaster.planning.show import plan_markdown, plan_text
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.value import digest
from loadmaster.planning.values.version import parse
from tests.kit.building import BASE, CHANGELOG, TODAY, needs, package, project, seen, workspaces


def plan_of(looked: Seen, asked: str = "minor", **release: object) -> ReleasePlan:
    return plan_release(looked, project(**release), asked, TODAY)


def released(plan: ReleasePlan, packages: tuple[Package, ...]) -> Seen:
    """The world after the plan was carried out, seen from the same base commit."""
    tags = [
        TagSeen(name=each.name, commit="c" * 40, parents=(BASE,), subject=plan.commit_message) for each in plan.tags
    ]
    out = {each.name: [each.version] for each in plan.crates}
    return seen(*packages, registry=out, tags=tags, published_releases=tuple(each.name for each in plan.tags))


def test_a_small_workspace_becomes_a_commit_a_tag_and_its_crates_in_order() -> None:
    looked = seen(package("app", needs("core")), package("core"), package("bench", publish=()))
    plan = plan_of(looked)
    assert (plan.version, [each.name for each in plan.tags]) == ("0.5.0", ["v0.5.0"])
    assert [each.id for each in plan.crates] == ["core@0.5.0", "app@0.5.0"]
    assert plan.crate("app").needs == ("core",)
    assert [each.path for each in plan.edits] == [
        "CHANGELOG.md",
        "Cargo.lock",
        "crates/app/Cargo.toml",
        "crates/bench/Cargo.toml",
        "crates/core/Cargo.toml",
    ]
    assert plan.tags[0].notes.strip() == "- Something new."


def test_python_packages_and_files_by_rule_follow() -> None:
    others = {"crates/app/pyproject.toml": '[project]\nversion = "0.4.0"\n', "README.md": "app v0.4.0"}
    plan = plan_of(seen(package("app"), others=others), files=[{"path": "README.md", "pattern": "v{version}"}])
    edits = {each.path: each.text for each in plan.edits}
    assert edits["crates/app/pyproject.toml"] == '[project]\nversion = "0.5.0"\n'
    assert edits["README.md"] == "app v0.5.0"


def test_entries_are_proposed_only_for_a_changelog_without_any() -> None:
    empty = CHANGELOG.replace("- Something new.\n\n", "")
    proposals = {"CHANGELOG.md": "- Flaps"}
    proposed = plan_of(seen(package("app"), changelogs={"CHANGELOG.md": empty}, proposals=proposals)).tags[0]
    written = plan_of(seen(package("app"), proposals=proposals)).tags[0]
    assert (proposed.notes, proposed.proposed) == ("- Flaps", True)
    assert (written.notes.strip(), written.proposed) == ("- Something new.", False)


def test_an_excluded_package_is_bumped_and_not_published() -> None:
    looked = seen(package("app"), package("wheel"))
    plan = plan_of(looked, exclude=[{"package": "wheel", "why": "PyPI only"}])
    assert [each.name for each in plan.crates] == ["app"]
    assert "crates/wheel/Cargo.toml" in {each.path for each in plan.edits}
    assert "not published: wheel (PyPI only)" in plan_text(plan)


def test_a_private_member_with_a_version_of_its_own_stays() -> None:
    plan = plan_of(seen(package("app"), package("fuzz", version="0.0.0", publish=())))
    assert "crates/fuzz/Cargo.toml" not in {each.path for each in plan.edits}


def test_a_tree_that_carries_the_version_needs_no_commit() -> None:
    changelog = CHANGELOG.replace("## [0.4.0]", "## [0.5.0] - 2026-11-01\n\n- New.\n\n## [0.4.0]")
    plan = plan_of(seen(package("app", version="0.5.0"), changelogs={"CHANGELOG.md": changelog}), asked="0.5.0")
    assert plan.edits == ()


def test_packages_that_disagree_are_named() -> None:
    with pytest.raises(VersionsDisagree, match=r"`a` 0\.4\.0, `b` 0\.3\.9"):
        plan_of(seen(package("a"), package("b", version="0.3.9")))


def test_a_workspace_without_a_publishable_package_is_refused() -> None:
    with pytest.raises(NothingToPublish):
        plan_of(seen(package("a", publish=())))


NOTHING = {
    "private members": (package("a", publish=()), {}, "`a` may not be published (`publish = false`).", "`publish`"),
    "members for another registry": (
        package("a", publish=("works",)),
        {},
        "`publish` of `a` names only `works`.",
        'write `name = "works"` in the table `[registry]` of the profile.',
    ),
    "members that the profile leaves out": (
        package("a"),
        {"exclude": [{"package": "a", "why": "old"}]},
        "the profile excludes `a`.",
        "take a package from `release.exclude` in the profile.",
    ),
}


@pytest.mark.parametrize(("member", "release", "why", "fix"), NOTHING.values(), ids=NOTHING)
def test_why_nothing_can_be_published_is_said_as_it_is(
    member: Package, release: dict[str, Any], why: str, fix: str
) -> None:
    with pytest.raises(NothingToPublish) as refused:
        plan_release(seen(member), project(**release), "minor", TODAY)
    assert refused.value.why == why
    assert fix in refused.value.fix


def test_two_crates_of_two_versions_get_no_tag_together() -> None:
    looked = seen(package("app", version="0.5.0+one"), package("core", version="0.5.0+two"))
    with pytest.raises(
        TagOfTwoVersions, match=r"The tag `v0\.5\.0` would stand for `app` 0\.5\.0\+x and `core` 0\.5\.0\+y"
    ):
        plan_release(looked, project(policy="independent", tag="v{plain}"), "app=0.5.0+x,core=0.5.0+y", TODAY)


FOLLOWING = {"policy": "independent", "tagged_with": {"app-macros": "app"}}


def test_a_package_without_a_tag_of_its_own_is_released_under_that_of_another() -> None:
    looked = seen(
        package("app-macros", version="0.2.7"), package("app", version="0.4.0"), package("core", version="0.1.0")
    )
    plan = plan_release(looked, project(**FOLLOWING), "app=0.4.1,app-macros=0.2.8,core=0.1.1", TODAY)
    assert [(tag.name, tag.version, tag.crates) for tag in plan.tags] == [
        ("v0.4.1", "0.4.1", ("app", "app-macros")),
        ("v0.1.1", "0.1.1", ("core",)),
    ]


def test_no_gate_asks_it_for_the_version_of_that_tag() -> None:
    looked = seen(package("app-macros", version="0.2.7"), package("app", version="0.4.0"))
    plan = plan_release(looked, project(**FOLLOWING), "app=0.4.1,app-macros=0.2.8", TODAY)
    assert [(label.tag, label.crates) for label in labels_of(plan, project(**FOLLOWING))] == [("v0.4.1", ("app",))]


def test_it_is_not_released_alone() -> None:
    looked = seen(package("app-macros", version="0.2.7"), package("app", version="0.4.0"))
    with pytest.raises(LeaderNotReleased, match="`app-macros` has no tag of its own, and `app`"):
        plan_release(looked, project(**FOLLOWING), "app-macros=0.2.8", TODAY)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"tagged_with": {"a": "b", "b": "c"}}, "`a` cannot be tagged with `b`, which has no tag of its own either"),
        ({"tagged_with": {"a": "b"}, "tags": {"a": "a-{version}"}}, "`a` has a pattern in `tags`"),
    ],
    ids=["a chain", "two ways"],
)
def test_whose_tag_a_package_gets_is_said_once(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        project(**wrong)


def test_a_member_for_another_registry_is_released_where_the_profile_s_registry_is_that_one() -> None:
    looked = seen(package("ours", publish=("works",)), package("open"), package("theirs", publish=("elsewhere",)))
    style = project().registry.model_copy(update={"name": "works"})
    plan = plan_release(looked, project().model_copy(update={"registry": style}), "minor", TODAY)
    assert sorted(plan.versions) == ["open", "ours"]
    assert sorted(plan_release(looked, project(), "minor", TODAY).versions) == ["open"]


@given(workspaces(), st.sampled_from(["major", "minor", "patch", "rc"]))
def test_a_finished_release_plans_nothing(packages: tuple[Package, ...], level: str) -> None:
    plan = plan_of(seen(*packages), level)
    assert outstanding(plan, seen(*packages)) != ()
    assert outstanding(plan, released(plan, packages)) == ()


@given(workspaces(), st.sampled_from(["major", "minor", "patch"]))
def test_the_plan_is_the_same_before_and_after_it_was_carried_out(packages: tuple[Package, ...], level: str) -> None:
    plan = plan_of(seen(*packages), level)
    assert digest(plan_of(released(plan, packages), level)) == digest(plan)


@given(workspaces(), st.sampled_from(["major", "minor", "patch", "rc"]))
def test_a_bump_never_lowers(packages: tuple[Package, ...], level: str) -> None:
    plan = plan_of(seen(*packages), level)
    assert all(parse(each.version) > parse(each.current_version) for each in plan.crates)


def test_a_plan_that_differs_hashes_differently() -> None:
    assert digest(plan_of(seen(package("a")), "minor")) != digest(plan_of(seen(package("a")), "patch"))


def test_the_profiles_departures_are_recorded() -> None:
    profile = project().model_copy(
        update={"cargo": project().cargo.model_copy(update={"toolchain": "1.95.0", "verify": False})}
    )
    plan = plan_release(seen(package("a"), pinned_toolchain="1.96.0"), profile, "minor", TODAY)
    assert plan.deviations == (
        "toolchain `1.95.0` by the profile; the repository pins `1.96.0`",
        "packaged with `verify = false` by the profile: the packaged crates were not built",
    )


def test_the_plan_is_shown_as_text_and_as_a_graph() -> None:
    plan = plan_of(seen(package("app", needs("core")), package("core")))
    assert plan_text(plan) == (
        f"""demo 0.4.0 → 0.5.0
  from    {BASE} on `main`
  commit  Release 0.5.0
            CHANGELOG.md
            Cargo.lock
            crates/app/Cargo.toml
            crates/core/Cargo.toml
  tag     v0.5.0
  crates  2, dependencies first
            core@0.5.0 (new)
            app@0.5.0 (new) after core
            all published about 7 s after the first upload
  release v0.5.0 with SHA256SUMS, receipt.json
  plan    {digest(plan)}
"""
    )
    assert '```mermaid\ngraph LR\n  c0["core@0.5.0"]\n  c1["app@0.5.0"]\n  c0 --> c1\n```' in plan_markdown(plan)


def test_a_binary_that_nothing_published_has_is_not_installed_and_the_plan_says_so() -> None:
    profile = project().model_copy(update={"install": Install(package="tool", binary="tool")})
    with_it = plan_release(seen(package("tool", binaries=("tool",))), profile, "minor", TODAY)
    without = plan_release(seen(package("other")), profile, "minor", TODAY)
    assert with_it.install == profile.install
    assert without.install is None
    assert without.deviations == ("no install check: nothing that is published has the binary `tool`",)
