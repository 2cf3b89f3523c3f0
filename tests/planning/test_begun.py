"""What is begun and not finished, and which release may start then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from loadmaster.errors.request import NothingToAbandon, ReleaseUnfinished
from loadmaster.planning.begun import (
    Abandoned,
    WayBack,
    begun_release,
    exact_request,
    is_asked_for,
    is_own_tag,
    is_release_commit,
    may_announce,
    may_name,
    own_versions,
    require_finished,
    version_to_finish,
)
from loadmaster.planning.plan import CHECKSUMS, RECEIPT, plan_release
from loadmaster.planning.registry.seen import BranchCommit, ForgeSeen, OwnRelease, Seen, Signature, TagSeen
from loadmaster.planning.tree.workspace import Package, Workspace
from loadmaster.planning.values.value import digest
from loadmaster.run.request import LiveRequest
from tests.kit.building import BASE, TODAY, package, project, seen

OURS = Signature(name="Loadmaster", email="loadmaster@localhost")
MIA = Signature(name="Mia", email="mia@localhost")
COMMIT = "c" * 40
WAY = WayBack(project="demo", options={"registry": "sparse+http://127.0.0.1:1/index/", "forge": "none"})


def own(commit: str = COMMIT, **versions: str) -> OwnRelease:
    return OwnRelease(commit=commit, versions=versions or {"app": "0.5.0", "core": "0.5.0"})


def tag(name: str = "v0.5.0", *, by: Signature | None = OURS, message: str = "demo 0.5.0") -> TagSeen:
    return TagSeen(name=name, commit=COMMIT, parents=(BASE,), subject="Release 0.5.0", tagger=by, message=message)


def world(
    *tags: str, release: OwnRelease | None = None, published: Mapping[str, list[str]] | None = None, **more: Any
) -> Seen:
    """The release commit of 0.5.0 is on the branch; of the rest there is what is named."""
    members = (package("app", version="0.5.0"), package("core", version="0.5.0"))
    looked = seen(
        *members, tags=[tag(name) for name in tags], registry=published, commit=COMMIT, own=release or own(), **more
    )
    return looked.model_copy(update={"forge": None})


ALL_OUT = {"app": ["0.5.0"], "core": ["0.5.0"]}


@pytest.mark.parametrize(
    ("looked", "missing"),
    [
        pytest.param(
            world(), ("tag v0.5.0", "crate app@0.5.0", "crate core@0.5.0"), id="nothing but the release commit"
        ),
        pytest.param(world("v0.5.0", published={"core": ["0.5.0"]}), ("crate app@0.5.0",), id="half of the crates"),
        pytest.param(world(published=ALL_OUT), ("tag v0.5.0",), id="all but the tag"),
        pytest.param(
            world(release=own(gone="0.5.0")),
            ("tag v0.5.0", "crate gone@0.5.0"),
            id="a crate that the tree does not have any more",
        ),
    ],
)
def test_what_is_missing_of_the_newest_release_is_told(looked: Seen, missing: tuple[str, ...]) -> None:
    begun = begun_release(looked, project())
    assert begun is not None
    assert (begun.version, begun.missing) == ("0.5.0", missing)


def test_a_forge_that_remembers_is_asked_for_releases_and_assets() -> None:
    looked = world("v0.5.0", published=ALL_OUT)

    def missing(**forge: Any) -> tuple[str, ...] | None:
        begun = begun_release(looked.model_copy(update={"forge": ForgeSeen(**forge)}), project())
        return begun.missing if begun else None

    assert missing(published=()) == ("release v0.5.0",)
    assert missing(published=(), drafts=("v0.5.0",)) == ("release v0.5.0",)
    assert missing(published=("v0.5.0",), assets={"v0.5.0": (CHECKSUMS,)}) == (f"asset v0.5.0/{RECEIPT}",)
    assert missing(published=("v0.5.0",), assets={"v0.5.0": (CHECKSUMS, RECEIPT)}) is None
    assert missing(published=(), remembers=False) is None


@pytest.mark.parametrize(
    "looked",
    [
        pytest.param(world("v0.5.0", published=ALL_OUT), id="all of it is there"),
        pytest.param(seen(package("app", version="0.5.0")), id="a version that a person wrote ahead of its release"),
        pytest.param(seen(package("app"), tags=[tag("v0.4.0")]), id="a tag of somebody else's"),
    ],
)
def test_nothing_is_begun(looked: Seen) -> None:
    assert begun_release(looked, project()) is None


def test_a_registry_that_does_not_remember_is_not_asked_but_git_is() -> None:
    forgetful = world("v0.5.0").registry.model_copy(update={"remembers": False})
    assert begun_release(world("v0.5.0").model_copy(update={"registry": forgetful}), project()) is None
    untagged = begun_release(world().model_copy(update={"registry": forgetful}), project())
    assert untagged is not None
    assert untagged.missing == ("tag v0.5.0",)


def test_a_release_of_which_all_that_was_published_is_yanked_is_not_begun_any_more() -> None:
    looked = world("v0.5.0", published={"core": ["0.5.0"]})
    (core,) = looked.registry.crates["core"]
    yanked = {**looked.registry.crates, "core": (core.model_copy(update={"yanked": True}),)}
    registry = looked.registry.model_copy(update={"crates": yanked})
    assert begun_release(looked.model_copy(update={"registry": registry}), project()) is None


def start(looked: Seen, asked: str, over: Abandoned | None = None, *, again: bool = False) -> None:
    plan = plan_release(looked, project(), asked, TODAY)
    require_finished(begun_release(looked, project()), plan, over, WAY, again=again)


@pytest.mark.parametrize("asked", ["major", "minor", "patch", "rc", "0.6.0", "0.5.1-rc.1", "0.4.9"])
def test_every_level_and_every_other_version_stops_and_names_the_command(asked: str) -> None:
    with pytest.raises(ReleaseUnfinished) as raised:
        start(world(), asked)
    command = (
        "loadmaster release --project demo --version 0.5.0 --registry sparse+http://127.0.0.1:1/index/ --forge none"
    )
    assert raised.value.facts["command"] == command
    form = "Project `demo`, Version `0.5.0`, Registry `sparse+http://127.0.0.1:1/index/`, Forge `none`"
    assert raised.value.facts["form"] == form
    assert f"`{command}`" in raised.value.fix


def test_its_own_version_goes_on_from_its_commit_and_from_no_other() -> None:
    start(world(), "0.5.0")
    moved_on = world(release=own(commit="d" * 40))
    with pytest.raises(ReleaseUnfinished):
        start(moved_on, "0.5.0")
    start(moved_on, "0.5.0", again=True)


def test_who_leaves_the_version_open_finishes_it_at_its_commit_and_is_stopped_after_it() -> None:
    found = begun_release(world(), project())
    assert found is not None
    assert version_to_finish(found, COMMIT, "changed", WAY) == "0.5.0"
    with pytest.raises(ReleaseUnfinished) as raised:
        version_to_finish(found, "d" * 40, "changed", WAY)
    assert (raised.value.facts["version"], raised.value.facts["asked"]) == ("0.5.0", "changed")


def test_the_command_that_shows_what_changed_looks_where_the_request_looked() -> None:
    said = {
        "registry": "sparse+http://127.0.0.1:1/index/",
        "repository": "a place",
        "forge": "none",
        "token-block": "x",
    }
    assert WayBack(project="demo", options=said).next_command(COMMIT) == (
        f"loadmaster next demo --commit {COMMIT} --registry sparse+http://127.0.0.1:1/index/ --repository 'a place'"
    )


def test_a_candidate_is_finished_before_the_final_version() -> None:
    candidate = OwnRelease(commit=COMMIT, versions={"app": "0.5.0-rc.1"})
    looked = seen(package("app", version="0.5.0-rc.1"), own=candidate, commit=COMMIT)
    for asked in ("minor", "patch", "0.5.0", "rc"):
        with pytest.raises(ReleaseUnfinished) as raised:
            start(looked, asked)
        assert raised.value.facts["version"] == "0.5.0-rc.1"
    start(looked, "0.5.0-rc.1")


def test_packages_with_versions_of_their_own_are_resumed_together() -> None:
    alone = project(policy="independent", tag="{name}-v{version}", changelog="")
    release = own(app="1.1.0", core="0.2.1")
    members = (package("app", version="1.1.0"), package("core", version="0.2.1"), package("more", version="2.0.0"))
    looked = seen(*members, own=release, commit=COMMIT, registry={"core": ["0.2.1"]})
    begun = begun_release(looked, alone)
    assert begun is not None
    assert begun.version == "app=1.1.0,core=0.2.1"
    for asked in ("app=1.1.0", "more=minor", "patch"):
        with pytest.raises(ReleaseUnfinished):
            require_finished(begun, plan_release(looked, alone, asked, TODAY), None, WAY, again=False)
    require_finished(begun, plan_release(looked, alone, begun.version, TODAY), None, WAY, again=False)


def test_it_is_given_up_by_its_own_version_only() -> None:
    start(world(), "minor", Abandoned(version="0.5.0", why="it panics"))
    with pytest.raises(ReleaseUnfinished, match=r"`0\.4\.0`, which was to be given up, is not the one that was begun"):
        start(world(), "minor", Abandoned(version="0.4.0", why="it panics"))
    with pytest.raises(NothingToAbandon):
        start(world(), "0.5.0", Abandoned(version="0.5.0", why="it panics"))
    with pytest.raises(NothingToAbandon):
        start(world("v0.5.0", published=ALL_OUT), "minor", Abandoned(version="0.5.0", why="it panics"))


def test_a_run_that_began_over_another_goes_on_though_its_own_is_the_newest_now() -> None:
    start(world(), "0.5.0", Abandoned(version="0.4.0", why="it panics"), again=True)


def test_the_plans_hash_does_not_depend_on_what_is_begun() -> None:
    begun, finished, other = world(), world("v0.5.0", published=ALL_OUT), world(release=own(gone="0.1.0"))
    plans = (plan_release(looked, project(), "0.5.0", TODAY) for looked in (begun, finished, other))
    assert len({digest(plan) for plan in plans}) == 1


@pytest.mark.parametrize(
    ("by", "subject", "ours"),
    [
        pytest.param(OURS, "Release 0.5.0", True, id="by us, with the message"),
        pytest.param(OURS, "Release app 0.5.0, core 0.4.1", True, id="of several packages"),
        pytest.param(MIA, "Release 0.5.0", False, id="by a person, with the same words"),
        pytest.param(OURS, "Import the workspace", False, id="by us, and no release"),
        pytest.param(OURS, "Release ", False, id="without a version"),
    ],
)
def test_a_release_commit_is_known_by_its_committer_and_its_message(by: Signature, subject: str, ours: bool) -> None:
    commit = BranchCommit(commit=COMMIT, parents=(BASE,), by=by, subject=subject)
    assert is_release_commit(commit, project()) is ours


def test_a_name_is_compared_as_git_writes_it() -> None:
    commit = BranchCommit(
        commit=COMMIT, parents=(), by=Signature(name="Acme Inc", email="a@b"), subject="chore: 1.0.0 is out"
    )
    assert is_release_commit(
        commit, project(author_name="Acme Inc.", author_email="a@b", commit_message="chore: {version} is out\n\nBody.")
    )


@pytest.mark.parametrize(
    ("by", "message", "ours"),
    [
        pytest.param(OURS, "demo 0.5.0", True, id="by us, with the message"),
        pytest.param(MIA, "demo 0.5.0", False, id="by a person"),
        pytest.param(OURS, "nightly", False, id="by us, with another message"),
        pytest.param(None, "", False, id="only a name"),
    ],
)
def test_a_tag_is_known_by_its_tagger_and_its_message(by: Signature | None, message: str, ours: bool) -> None:
    assert is_own_tag(tag(by=by, message=message), project()) is ours


def versions_of(*packages: Package, before: tuple[Package, ...] | None, tags: tuple[str, ...] = ()) -> object:
    alone = project(policy="independent", tag="{name}-v{version}")
    former = None if before is None else Workspace(packages=before)
    return own_versions(Workspace(packages=packages), former, tags, alone)


def test_a_release_has_the_versions_that_its_commit_changed_or_its_tags_name() -> None:
    app, core = package("app", version="1.1.0"), package("core", version="0.2.0")
    older = (package("app", version="1.0.0"), core)
    assert versions_of(app, core, before=older) == {"app": "1.1.0"}
    assert versions_of(app, core, before=older, tags=("core-v0.2.0",)) == {"app": "1.1.0", "core": "0.2.0"}
    assert versions_of(app, core, before=None, tags=("app-v1.1.0",)) == {"app": "1.1.0"}
    assert versions_of(app, core, before=None) == {}


def test_a_package_without_a_tag_of_its_own_is_of_a_release_if_the_commit_changed_it_or_changed_nothing() -> None:
    style = project(policy="independent", tagged_with={"app-macros": "app"})
    tree = Workspace(packages=(package("app", version="0.5.0"), package("app-macros", version="0.2.8")))
    former = Workspace(packages=(package("app", version="0.4.0"), package("app-macros", version="0.2.8")))
    assert own_versions(tree, former, ["v0.5.0"], style) == {"app": "0.5.0"}
    assert own_versions(tree, None, ["v0.5.0"], style) == {"app": "0.5.0", "app-macros": "0.2.8"}
    older = Workspace(packages=(package("app", version="0.4.0"), package("app-macros", version="0.2.7")))
    assert own_versions(tree, older, [], style) == {"app": "0.5.0", "app-macros": "0.2.8"}


@pytest.mark.parametrize(
    ("asked", "exact"),
    [
        ("1.4.0", {"": "1.4.0"}),
        ("app=1.1.0,core=0.2.1", {"app": "1.1.0", "core": "0.2.1"}),
        ("minor", None),
        ("app=1.1.0,core=minor", None),
        ("changed", None),
    ],
)
def test_only_a_request_without_levels_names_a_release(asked: str, exact: Mapping[str, str] | None) -> None:
    assert exact_request(asked) == exact


def test_a_request_is_for_a_release_if_all_of_its_versions_are_asked_for() -> None:
    release = own(app="1.1.0", core="0.2.1")
    assert is_asked_for(release, {"app": "1.1.0", "core": "0.2.1", "more": "2.0.0"})
    assert not is_asked_for(release, {"app": "1.1.0"})
    assert not is_asked_for(release, {"": "1.1.0"})
    assert is_asked_for(own(app="1.1.0", core="1.1.0"), {"": "1.1.0"})


def test_names_of_tags_and_messages_lead_to_the_commits_that_are_read() -> None:
    style = project(policy="independent", tag="{name}-v{version}", tags={"core": "v{version}"}).release
    assert may_name("app-v1.1.0", {"app": "1.1.0"}, style)
    assert may_name("v0.2.1", {"core": "0.2.1"}, style)
    assert may_name("anything-v1.1.0", {"": "1.1.0"}, style)
    assert not may_name("app-v1.1.1", {"app": "1.1.0"}, style)
    assert may_announce("Release 1.1.0", {"app": "1.1.0"}, style)
    assert may_announce("Release core 0.2.1, app 1.1.0", {"app": "1.1.0", "core": "0.2.1"}, style)
    assert may_announce("Release 4 crates", dict.fromkeys("abcd", "1.0.0"), style)
    assert not may_announce("Release 1.1.1", {"app": "1.1.0"}, style)
    silent = style.model_copy(update={"commit_message": "Out\n\n{version}"})
    assert may_announce("Out", {"app": "1.1.0"}, silent)


def test_the_form_calls_every_option_as_the_request_does() -> None:
    titles = {name: field.title for name, field in LiveRequest.model_fields.items()}
    every = {"registry": "r", "forge": "none", "repository": "p", "token_block": "b"}
    request = LiveRequest.model_validate(
        {"project": "demo", "version": "1.0.0"} | every | {"registry": "sparse+http://x/"}
    )
    shown = WayBack(project="demo", options=request.options).form("1.0.0")
    assert all(f"{titles[name]} `" in shown for name in every)
