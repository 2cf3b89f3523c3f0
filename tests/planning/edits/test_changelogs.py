"""Which changelogs a release writes, whose they are, and from which commits their entries may be made."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from loadmaster.planning.edits.changelog import notes
from loadmaster.planning.edits.changelogs import (
    NotesScope,
    changelog_globs,
    changelog_places,
    changelogs,
    owners,
    proposal_scopes,
    write_changelogs,
)
from loadmaster.planning.plan import ReleasePlan, plan_release
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import Exclusion, ReleaseStyle
from loadmaster.planning.show import plan_markdown, plan_text
from loadmaster.planning.tree.workspace import Package, Workspace
from tests.kit.building import CHANGELOG, TODAY, package, project, seen

LOCKSTEP = ReleaseStyle()
OWN = ReleaseStyle(policy=Policy.INDEPENDENT, tag="{name}-{version}", tags={"wing": "v{version}"})
WING, TAIL, TOOL = package("wing", version="1.2.0"), package("tail", version="0.4.1"), package("tool", publish=())
ROOT = package("plane", manifest="Cargo.toml")
EMPTY = "# Changelog\n\n## [Unreleased]\n\n## [0.4.1] - 2026-10-01\n\n- Older.\n"
TAGS = ("v0.4.1", "tail-0.4.1", "plane-0.4.1", "fin-0.3.9", "v0", "tail-0.4")


def at(name: str) -> str:
    return f"crates/{name}/CHANGELOG.md"


def whose(
    present: Mapping[str, str],
    packages: tuple[Package, ...],
    versions: Mapping[str, str],
    style: ReleaseStyle = OWN,
) -> dict[str, tuple[tuple[str, ...], str | None]]:
    found = changelogs(present, Workspace(packages=packages), versions, style)
    return {each.path: (each.packages, each.version) for each in found}


GIVEN_UP = "# Changelog\n\nSee the top-level changelog.\n"
BOTH = {"CHANGELOG.md": CHANGELOG, at("wing"): CHANGELOG}


@pytest.mark.parametrize(
    ("present", "packages", "versions", "expected"),
    [
        (BOTH, (WING, TAIL), {"wing": "1.3.0"}, {at("wing"): (("wing",), "1.3.0")}),
        ({at("wing"): "", at("tail"): ""}, (WING, TAIL), {"tail": "0.5.0"}, {at("tail"): (("tail",), "0.5.0")}),
        (BOTH, (WING, TAIL), {"tail": "0.5.0"}, {"CHANGELOG.md": (("tail",), None)}),
        (BOTH | {"CHANGELOG.md": "# Changelogs\n\n- [wing](a)\n"}, (WING, TAIL), {"tail": "0.5.0"}, {}),
        (BOTH | {at("wing"): GIVEN_UP}, (WING, TAIL), {"tail": "0.5.0"}, {"CHANGELOG.md": (("tail",), None)}),
        (BOTH | {at("wing"): GIVEN_UP}, (WING,), {"wing": "1.3.0"}, {"CHANGELOG.md": (("wing",), "1.3.0")}),
        ({}, (WING, TAIL), {"wing": "1.3.0"}, {}),
        ({"CHANGELOG.md": ""}, (ROOT, WING), {"wing": "1.3.0"}, {}),
        ({"CHANGELOG.md": ""}, (ROOT, WING), {"plane": "0.5.0"}, {"CHANGELOG.md": (("plane",), "0.5.0")}),
        (
            {"CHANGELOG.md": ""},
            (WING, TAIL),
            {"wing": "2.0.0", "tail": "2.0.0"},
            {"CHANGELOG.md": (("wing", "tail"), "2.0.0")},
        ),
        (
            {"CHANGELOG.md": ""},
            (WING, TAIL),
            {"wing": "2.0.0", "tail": "0.5.0"},
            {"CHANGELOG.md": (("wing", "tail"), None)},
        ),
        ({"CHANGELOG.md": ""}, (WING, TAIL), {"wing": "2.0.0"}, {"CHANGELOG.md": (("wing",), None)}),
        ({"CHANGELOG.md": ""}, (WING, TOOL), {"wing": "2.0.0"}, {"CHANGELOG.md": (("wing",), "2.0.0")}),
    ],
    ids=[
        "the one beside it",
        "only those of packages that move",
        "not the root's, where another has its own",
        "nor is a list of changelogs one",
        "one that is given up is none",
        "one that is given up leaves the root's",
        "none is there",
        "the root's belongs to the root's package alone",
        "the root's package moves",
        "all that share it move to one version",
        "those that share it move to several",
        "one that shares it stays",
        "what is never released has no part in it",
    ],
)
def test_a_package_with_a_version_of_its_own_has_the_changelog(
    present: Mapping[str, str],
    packages: tuple[Package, ...],
    versions: Mapping[str, str],
    expected: Mapping[str, tuple[tuple[str, ...], str | None]],
) -> None:
    assert whose(present, packages, versions) == expected


def test_in_lockstep_there_is_one_for_all() -> None:
    moving = {"wing": "2.0.0", "tail": "2.0.0"}
    assert whose(BOTH, (WING, TAIL), moving, LOCKSTEP) == {"CHANGELOG.md": (("wing", "tail"), "2.0.0")}
    assert changelog_places(Workspace(packages=(WING, TAIL)), LOCKSTEP) == ("CHANGELOG.md",)


def test_an_excluded_package_has_no_part_in_a_shared_one() -> None:
    style = OWN.model_copy(update={"exclude": (Exclusion(package="tail", why="it stays"),)})
    assert whose({"CHANGELOG.md": ""}, (WING, TAIL), {"wing": "2.0.0"}, style)["CHANGELOG.md"][1] == "2.0.0"


def test_a_project_that_keeps_none_has_none() -> None:
    style = OWN.model_copy(update={"changelog": None})
    assert changelog_places(Workspace(packages=(WING,)), style) == ()
    assert whose(BOTH, (WING,), {"wing": "2.0.0"}, style) == {}


def test_one_that_is_shared_by_several_versions_stays_as_it_is() -> None:
    found = changelogs({"CHANGELOG.md": ""}, Workspace(packages=(WING, TAIL)), {"wing": "2.0.0"}, OWN)
    assert write_changelogs({"CHANGELOG.md": CHANGELOG}, found, {"CHANGELOG.md": "- Flaps"}, TODAY) == ()


def scopes(
    texts: Mapping[str, str], *packages: Package, style: ReleaseStyle = OWN, asked: tuple[str, ...] = ()
) -> dict[str, NotesScope]:
    return proposal_scopes(texts, Workspace(packages=packages), style, asked, TAGS)


def test_entries_are_made_of_the_commits_in_the_packages_folder() -> None:
    assert scopes({at("wing"): EMPTY, at("tail"): EMPTY}, WING, TAIL) == {
        at("wing"): NotesScope(tags=("v0.4.1",), include=("crates/wing",)),
        at("tail"): NotesScope(tags=("tail-0.4.1",), include=("crates/tail",)),
    }


def test_commits_of_packages_inside_the_folder_are_left_out() -> None:
    macros = package("macros", manifest="crates/wing/macros/Cargo.toml")
    assert scopes({at("wing"): EMPTY}, WING, macros)[at("wing")].exclude == ("crates/wing/macros",)
    assert scopes({"CHANGELOG.md": EMPTY}, ROOT, WING) == {
        "CHANGELOG.md": NotesScope(tags=("plane-0.4.1",), include=(), exclude=("crates/wing",))
    }


def test_in_lockstep_they_are_made_of_all_commits() -> None:
    assert scopes({"CHANGELOG.md": EMPTY}, WING, TAIL, style=LOCKSTEP) == {"CHANGELOG.md": NotesScope(tags=("v0.4.1",))}


@pytest.mark.parametrize(
    ("places", "include"),
    [
        (("rust/Cargo.toml", "rust/wing/Cargo.toml"), ("rust",)),
        (("rust/Cargo.toml", "beside/wing/Cargo.toml"), ("beside/wing", "rust")),
        (("Cargo.toml", "crates/wing/Cargo.toml"), ()),
    ],
    ids=["below the top", "with a member beside it", "at the top"],
)
def test_a_neighbour_of_the_workspace_has_no_part_in_them(places: tuple[str, str], include: tuple[str, ...]) -> None:
    root, manifest = places
    wing = package("wing", root=root, manifest=manifest)
    found = scopes({"CHANGELOG.md": EMPTY}, wing, style=LOCKSTEP)
    assert found["CHANGELOG.md"].include == include


@pytest.mark.parametrize(
    ("text", "packages", "asked"),
    [
        (CHANGELOG, (WING,), ()),
        (EMPTY, (WING, TAIL), ("tail",)),
        (EMPTY, (package("wing", publish=()),), ()),
    ],
    ids=["it has entries", "its package was not asked for", "its package is never released"],
)
def test_no_entries_are_made_where(text: str, packages: tuple[Package, ...], asked: tuple[str, ...]) -> None:
    assert scopes({at("wing"): text}, *packages, asked=asked) == {}


def test_no_entries_are_made_where_the_tag_of_the_last_release_is_not_below() -> None:
    fin = package("fin")
    assert scopes({at("fin"): EMPTY}, fin) == {}
    assert at("fin") in scopes({at("fin"): "# Changelog\n\n## [Unreleased]\n"}, fin)


def test_the_profile_may_say_whose_the_changelog_at_the_top_is() -> None:
    texts = {"CHANGELOG.md": EMPTY, at("tail"): EMPTY}
    style = project(policy="independent", changelogs={"wing": "CHANGELOG.md"}).release
    own = owners(texts, Workspace(packages=(WING, TAIL)), style)
    assert {path: [each.name for each in packages] for path, packages in own.items()} == {
        "CHANGELOG.md": ["wing"],
        at("tail"): ["tail"],
    }
    assert changelog_places(Workspace(packages=(WING, TAIL)), style) == ("CHANGELOG.md", at("tail"))
    assert "docs/NEWS.md" in changelog_globs(project(policy="independent", changelogs={"wing": "docs/NEWS.md"}).release)


def test_one_that_is_named_for_a_package_and_missing_is_missed() -> None:
    style = project(policy="independent", changelogs={"wing": "NEWS.md"}).release
    (log,) = changelogs({}, Workspace(packages=(WING,)), {"wing": "1.3.0"}, style)
    assert (log.path, log.version) == ("NEWS.md", "1.3.0")


@pytest.mark.parametrize("style", [{"policy": "lockstep"}, {"policy": "independent", "changelog": ""}])
def test_changelogs_by_package_are_for_packages_with_versions_of_their_own(style: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="`changelogs` needs `policy"):
        project(changelogs={"wing": "NEWS.md"}, **style)


SHARED_TAG = {"tag": "{name}-{version}", "tags": {"wing": "v{version}", "fin": "v{version}"}}


def plan_of(asked: str, changelog_of_wing: str = CHANGELOG, **release: object) -> ReleasePlan:
    texts = {at("wing"): changelog_of_wing, at("tail"): EMPTY, at("fin"): CHANGELOG.replace("Something", "Fins")}
    looked = seen(
        WING, TAIL, package("fin", version="1.2.0"), changelogs=texts, proposals={at("tail"): "### Fixed\n\n- A leak"}
    )
    return plan_release(looked, project(policy="independent", **(SHARED_TAG | release)), asked, TODAY)


def test_the_plan_writes_the_changelog_of_every_package_that_moves() -> None:
    plan = plan_of("wing=minor,tail=minor")
    edits = {each.path: each.text for each in plan.edits}
    assert [path for path in edits if path.endswith(".md")] == [at("tail"), at("wing")]
    assert "## [1.3.0] - 2026-11-22\n\n- Something new.\n" in edits[at("wing")]
    assert notes(edits[at("tail")], "0.5.0") == "- A leak"


def test_each_tag_has_the_notes_of_its_own_crates() -> None:
    tags = {each.name: each for each in plan_of("wing=minor,tail=minor").tags}
    assert (tags["v1.3.0"].notes, tags["v1.3.0"].proposed) == ("- Something new.", False)
    assert (tags["tail-0.5.0"].notes, tags["tail-0.5.0"].proposed) == ("- A leak", True)


def test_a_tag_for_crates_with_several_changelogs_has_the_notes_of_each() -> None:
    tags = {each.name: each.notes for each in plan_of("wing=minor,fin=minor").tags}
    assert tags == {"v1.3.0": "## fin\n\n- Fins new.\n\n## wing\n\n- Something new."}


def test_a_package_without_a_changelog_has_no_notes() -> None:
    plan = plan_release(seen(WING, TAIL, changelogs={}), project(policy="independent", **SHARED_TAG), "minor", TODAY)
    assert [each.notes for each in plan.tags] == ["", ""]


def test_what_is_proposed_is_shown_to_a_person() -> None:
    plan = plan_of("wing=minor,tail=minor")
    assert (
        "  tag     tail-0.5.0\n            notes proposed from commits; entries in the changelog would replace them:\n"
        "            | - A leak\n"
    ) in plan_text(plan)
    assert "Something new" not in plan_text(plan)
    told = plan_markdown(plan)
    assert "### `v1.3.0`\n\n- Something new.\n" in told
    assert "### `tail-0.5.0`\n\n_notes proposed from commits" in told
