"""What is proposed for the next release, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.request import ChangesUnknown, NothingChanged
from loadmaster.errors.workspace import VersionsDisagree
from loadmaster.planning.changes.level import Change, allows
from loadmaster.planning.changes.proposal import Proposal, asked_for, packages_to_compare, propose
from loadmaster.planning.changes.survey import ApiSeen, PackageSeen
from loadmaster.planning.edits.bump import edit_tree, moving_versions
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import Seen
from loadmaster.planning.tree.tree import read_workspace
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.requirement import matches
from tests.kit.building import TODAY, needs, package, project, seen, workspaces
from tests.kit.surveyed import brand_new, changed, entry, unchanged

FIX, FEATURE, BREAKING = Change

OWN = project(policy="independent", tag="{name}-v{version}")
LOCKSTEP = project()


def looked(*packages: Package, registry: Mapping[str, Iterable[str]] | None = None, **source: object) -> Seen:
    """On the registry is every package at its version, unless `registry` says otherwise."""
    there = {each.name: [each.version] for each in packages}
    return seen(*packages, registry={**there, **(registry or {})}, **source)  # type: ignore[arg-type]


def proposed(found: Seen, *packages: PackageSeen, profile: Project = OWN) -> Proposal:
    return propose(found, {each.name: each for each in packages}, profile)


HULL, MAST = package("hull", version="1.4.0"), package("mast", needs("hull", "^1.4.0"), version="1.4.0")
BOTH = looked(HULL, MAST)
hull_changed = {"version": "1.4.0", "released": "1.4.0"}

OWN_CHANGES: list[tuple[str, PackageSeen, str | None]] = [
    ("nothing", unchanged("hull", "1.4.0"), None),
    ("a commit", changed("hull", "Mend a rivet", **hull_changed), "1.4.1"),
    ("a commit that adds", changed("hull", "Mend a rivet", "feat: wings", **hull_changed), "1.5.0"),
    ("a commit that breaks", changed("hull", "feat: wings", "fix!: doors", **hull_changed), "2.0.0"),
    ("an entry that adds", changed("hull", entries=(entry(FEATURE),), **hull_changed), "1.5.0"),
    ("an entry that breaks", changed("hull", entries=(entry(BREAKING),), **hull_changed), "2.0.0"),
    ("an API that grew", changed("hull", api=ApiSeen(asked=True, needs=FEATURE), **hull_changed), "1.5.0"),
    ("an API that broke", changed("hull", api=ApiSeen(asked=True, needs=BREAKING), **hull_changed), "2.0.0"),
    ("an entry alone, without a changed file", unchanged("hull", "1.4.0", entries=(entry(BREAKING),)), None),
    ("files without a commit", changed("hull", commits=(), **hull_changed), None),
    ("a tree that was raised, and nothing else", unchanged("hull", "1.5.0", "1.4.0"), None),
    ("a tree that was raised", changed("hull", version="1.5.0", released="1.4.0"), "1.5.0"),
    ("a hotfix from another branch", changed("hull", above="1.4.3", **hull_changed), "1.4.4"),
    ("a tree that was not raised enough", changed("hull", "x!: y", version="1.5.0", released="1.4.0"), "2.0.0"),
]


@pytest.mark.parametrize(("reason", "hull", "version"), OWN_CHANGES, ids=[row[0] for row in OWN_CHANGES])
def test_a_package_is_proposed_for_what_changed_in_it(reason: str, hull: PackageSeen, version: str | None) -> None:
    found = proposed(looked(package("hull", version=hull.version), registry={"hull": ["1.4.0"]}), hull)
    assert found.versions.get("hull") == version, reason


FOLLOWING = [
    ("a fix needs nobody", "Mend a rivet", needs("hull", "^1.4.0"), True, {"hull": "1.4.1"}),
    ("a break needs who requires it", "x!: y", needs("hull", "^1.4.0"), True, {"hull": "2.0.0", "mast": "2.0.0"}),
    ("a program breaks nobody", "x!: y", needs("hull", "^1.4.0"), False, {"hull": "2.0.0", "mast": "1.4.1"}),
    (
        "nor does who builds with it",
        "x!: y",
        needs("hull", "^1.4.0", "build"),
        True,
        {"hull": "2.0.0", "mast": "1.4.1"},
    ),
    ("nor who tests with it", "x!: y", needs("hull", "^1.4.0", "dev"), True, {"hull": "2.0.0", "mast": "1.4.1"}),
    ("a test by path alone follows nobody", "x!: y", needs("hull", "*", "dev"), True, {"hull": "2.0.0"}),
    ("a requirement that takes both stays", "x!: y", needs("hull", ">=1, <3"), True, {"hull": "2.0.0"}),
    ("one that pins follows a fix", "Mend", needs("hull", "=1.4.0"), True, {"hull": "1.4.1", "mast": "2.0.0"}),
]


@pytest.mark.parametrize(
    ("reason", "message", "need", "library", "versions"), FOLLOWING, ids=[row[0] for row in FOLLOWING]
)
def test_dependents_whose_requirement_must_move_follow(
    reason: str, message: str, need: object, library: bool, versions: dict[str, str]
) -> None:
    mast = package("mast", need, version="1.4.0")  # type: ignore[arg-type]
    pair = changed("hull", message, **hull_changed), unchanged("mast", "1.4.0", has_library=library)
    found = proposed(looked(HULL, mast), *pair)
    assert found.versions == versions, reason


def test_they_follow_each_other() -> None:
    chain = (HULL, MAST, package("flag", needs("mast", "^1.4.0"), version="0.3.0"), package("crew", version="0.1.0"))
    found = proposed(
        looked(*chain),
        changed("hull", "x!: y", **hull_changed),
        unchanged("mast", "1.4.0"),
        unchanged("flag", "0.3.0"),
        unchanged("crew", "0.1.0"),
    )
    assert found.versions == {"hull": "2.0.0", "mast": "2.0.0", "flag": "0.4.0"}
    flag = next(each for each in found.packages if each.package == "flag")
    assert [cause.what for cause in flag.causes] == ["it needs `mast ^1.4.0`, which becomes `^2.0.0` with `mast 2.0.0`"]


def test_where_all_requirements_move_every_dependent_follows_and_breaks_nobody() -> None:
    all_move = project(policy="independent", tag="{name}-v{version}", requirements="all")
    found = proposed(BOTH, changed("hull", **hull_changed), unchanged("mast", "1.4.0"), profile=all_move)
    assert found.versions == {"hull": "1.4.1", "mast": "1.4.1"}


def test_below_0_1_every_change_moves_who_requires_it() -> None:
    tiny = looked(package("hull", version="0.0.3"), package("mast", needs("hull", "^0.0.3"), version="0.2.0"))
    found = proposed(tiny, changed("hull", version="0.0.3"), unchanged("mast", "0.2.0"))
    assert found.versions == {"hull": "0.0.4", "mast": "0.3.0"}


def test_a_new_package_is_proposed_only_if_somebody_wants_it() -> None:
    found = looked(HULL, package("rope", version="0.1.0"), registry={"rope": []})
    alone = proposed(found, changed("hull", **hull_changed), brand_new("rope", "0.1.0"))
    assert alone.versions == {"hull": "1.4.1"}
    rope = next(each for each in alone.packages if each.package == "rope")
    assert "ask for `rope=0.1.0`" in rope.remarks[0]

    listed = OWN.model_copy(update={"release": OWN.release.model_copy(update={"publish": ("hull", "rope")})})
    named = proposed(found, unchanged("hull", "1.4.0"), brand_new("rope", "0.1.0"), profile=listed)
    assert named.versions == {"rope": "0.1.0"}

    tied = package("hull", needs("rope", "^0.1.0"), version="1.4.0")
    needed = looked(tied, package("rope", version="0.1.0"), registry={"rope": []})
    both = proposed(needed, changed("hull", **hull_changed), brand_new("rope", "0.1.0"))
    assert both.versions == {"hull": "1.4.1", "rope": "0.1.0"}
    nobody = proposed(needed, unchanged("hull", "1.4.0"), brand_new("rope", "0.1.0"))
    assert nobody.versions == {}


def test_a_raised_package_that_did_not_change_goes_out_if_a_changed_one_needs_it_so() -> None:
    tree = looked(
        package("hull", version="1.5.0"),
        package("mast", needs("hull", "^1.5.0"), version="1.4.0"),
        registry={"hull": ["1.4.0"]},
    )
    hull = unchanged("hull", "1.5.0", "1.4.0")
    assert proposed(tree, hull, changed("mast", **hull_changed)).versions == {"hull": "1.5.0", "mast": "1.4.1"}
    assert proposed(tree, hull, unchanged("mast", "1.4.0")).versions == {}


INHERITED = '[workspace]\nmembers = ["crates/*"]\n[workspace.package]\nversion = "1.4.0"\n'


def test_a_package_whose_tag_another_gets_goes_out_with_it() -> None:
    profile = project(policy="independent", tagged_with={"mast": "hull"})
    found = looked(HULL, package("mast", version="0.2.0"))
    only_mast = changed("mast", "Mend a shroud", version="0.2.0", released="0.2.0")
    both = proposed(found, unchanged("hull", "1.4.0"), only_mast, profile=profile)
    assert both.versions == {"hull": "1.4.1", "mast": "0.2.1"}
    assert [cause.what for each in both.packages if each.package == "hull" for cause in each.causes] == [
        "`mast` has no tag of its own, and gets that of `hull`"
    ]


def test_packages_that_inherit_one_version_move_together() -> None:
    heirs = {
        f"crates/{name}/Cargo.toml": f'[package]\nname = "{name}"\nversion.workspace = true\n'
        for name in ("hull", "mast")
    }
    tree = looked(
        HULL,
        package("mast", version="1.4.0"),
        package("crew", version="0.1.0"),
        others={"Cargo.toml": INHERITED, **heirs},
    )
    found = proposed(
        tree, changed("hull", "feat: x", **hull_changed), unchanged("mast", "1.4.0"), unchanged("crew", "0.1.0")
    )
    assert found.versions == {"hull": "1.5.0", "mast": "1.5.0"}
    mast = next(each for each in found.packages if each.package == "mast")
    assert [cause.what for cause in mast.causes] == ["it shares its version with `hull`"]


class TestLockstep:
    def test_all_get_the_version_of_the_heaviest_change(self) -> None:
        found = proposed(
            BOTH,
            changed("hull", "Mend", **hull_changed),
            changed("mast", "feat: x", **hull_changed),
            profile=LOCKSTEP,
        )
        assert (found.versions, asked_for(found, "loadmaster next demo")) == (
            {"hull": "1.5.0", "mast": "1.5.0"},
            "1.5.0",
        )

    def test_where_nothing_changed_it_is_refused_by_name(self) -> None:
        found = proposed(BOTH, unchanged("hull", "1.4.0"), unchanged("mast", "1.4.0"), profile=LOCKSTEP)
        assert found.asked is None
        with pytest.raises(NothingChanged, match="demo"):
            asked_for(found, "loadmaster next demo")

    def test_a_new_package_that_is_listed_is_a_change(self) -> None:
        tree = looked(HULL, MAST, registry={"mast": []})
        pair = unchanged("hull", "1.4.0"), brand_new("mast", "1.4.0")
        assert proposed(tree, *pair, profile=LOCKSTEP).versions == {}
        assert proposed(tree, *pair, profile=project(publish=["hull", "mast"])).versions == {
            "hull": "1.4.1",
            "mast": "1.4.1",
        }

    def test_a_first_release_of_all_takes_the_tree_s_version(self) -> None:
        tree = looked(HULL, MAST, registry={"hull": [], "mast": []})
        pair = brand_new("hull", "1.4.0"), brand_new("mast", "1.4.0")
        found = proposed(tree, *pair, profile=project(publish=["hull", "mast"]))
        assert found.versions == {"hull": "1.4.0", "mast": "1.4.0"}

    def test_packages_that_do_not_carry_one_version_have_no_next_one(self) -> None:
        with pytest.raises(VersionsDisagree):
            proposed(
                looked(HULL, package("mast", version="1.3.0")),
                unchanged("hull", "1.4.0"),
                unchanged("mast", "1.3.0"),
                profile=LOCKSTEP,
            )


NO_API = ApiSeen(asked=False, why="cargo-semver-checks is not installed")
UNKNOWN: list[tuple[str, PackageSeen, str | None]] = [
    (
        "bytes that could not be compared",
        unchanged("hull", "1.4.0", files=None, why_unknown="cargo says no"),
        "cargo says no",
    ),
    ("a commit that is not in the history", changed("hull", since=None, **hull_changed), "neither the tag"),
    ("an API that could not be compared", changed("hull", api=NO_API, **hull_changed), "is not installed"),
    ("the same, where a commit breaks already", changed("hull", "x!: y", api=NO_API, **hull_changed), None),
    (
        "the same, where the tree was raised for it",
        changed("hull", api=NO_API, version="2.0.0", released="1.4.0"),
        None,
    ),
    ("the same below 0.1", changed("hull", api=NO_API, version="0.0.3"), None),
    ("the same after a candidate", changed("hull", api=NO_API, version="2.0.0-rc.1"), None),
    ("an API that nobody asked for", changed("hull", api=None, **hull_changed), None),
]


@pytest.mark.parametrize(("reason", "hull", "why"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_what_is_not_known_and_decides_is_refused_by_name(reason: str, hull: PackageSeen, why: str | None) -> None:
    released = hull.released or "1.4.0"
    found = proposed(looked(package("hull", version=hull.version), registry={"hull": [released]}), hull)
    if why is None:
        assert found.undecided == {}, reason
        return
    with pytest.raises(ChangesUnknown, match="`hull`") as refused:
        asked_for(found, "loadmaster next demo")
    assert why in refused.value.what


def test_an_api_that_the_profile_takes_for_advice_decides_nothing_and_is_said() -> None:
    advised = OWN.model_copy(update={"gates": OWN.gates.model_copy(update={"advice": ("semver-compatible",)})})
    found = proposed(looked(HULL), changed("hull", api=NO_API, **hull_changed), profile=advised)
    assert (found.undecided, asked_for(found, "loadmaster next demo")) == ({}, "hull=1.4.1")
    assert "is not installed" in found.packages[0].remarks[0]


def test_what_is_not_known_of_a_package_decides_for_all_that_share_its_version() -> None:
    pair = changed("hull", "Mend", **hull_changed), unchanged("mast", "1.4.0", files=None, why_unknown="cargo says no")
    assert list(proposed(BOTH, *pair, profile=LOCKSTEP).undecided) == ["mast"]
    broken = changed("hull", "x!: y", **hull_changed), pair[1]
    assert proposed(BOTH, *broken, profile=LOCKSTEP).undecided == {}


COMPARED: list[tuple[str, PackageSeen, bool]] = [
    ("a change", changed("hull", api=None, **hull_changed), True),
    ("a break", changed("hull", "x!: y", api=None, **hull_changed), False),
    ("a program", changed("hull", api=None, has_library=False, **hull_changed), False),
    ("no change", unchanged("hull", "1.4.0"), False),
    ("a change since nobody knows when", changed("hull", api=None, since=None, **hull_changed), False),
]


@pytest.mark.parametrize(("reason", "hull", "asked"), COMPARED, ids=[row[0] for row in COMPARED])
def test_only_apis_that_may_ask_for_more_are_compared(reason: str, hull: PackageSeen, asked: bool) -> None:
    assert packages_to_compare(looked(HULL), {"hull": hull}, OWN) == (("hull",) if asked else ()), reason


REMARKS: list[tuple[str, PackageSeen, str]] = [
    (
        "no tag",
        changed("hull", is_tagged=False, **hull_changed),
        "`git tag v1.4.0 5555555555555555555555555555555555555555`",
    ),
    ("a hotfix", changed("hull", above="1.4.3", **hull_changed), "the next number comes after 1.4.3"),
    ("no commit", changed("hull", commits=(), **hull_changed), "no commit since then touches them (`src/lib.rs`)"),
    ("only higher versions", PackageSeen(name="hull", version="0.0.0", is_new=False), "raise the tree's"),
]


@pytest.mark.parametrize(("reason", "hull", "told"), REMARKS, ids=[row[0] for row in REMARKS])
def test_what_is_worth_a_look_is_said(reason: str, hull: PackageSeen, told: str) -> None:
    found = proposed(looked(package("hull", version=hull.version)), hull)
    assert told in found.packages[0].remarks[0], reason


class TestLaws:
    """Packages that need each other, each with any evidence."""

    @staticmethod
    @st.composite
    def situations(draw: st.DrawFn) -> tuple[tuple[Package, ...], dict[str, PackageSeen]]:
        packages = draw(workspaces(at_most=6))
        weights = {each.name: draw(st.sampled_from((None, *Change))) for each in packages}
        libraries = {each.name: draw(st.booleans()) for each in packages}
        return packages, {
            name: unchanged(name, has_library=libraries[name])
            if weight is None
            else changed(name, api=ApiSeen(asked=True, needs=weight), has_library=libraries[name])
            for name, weight in weights.items()
        }

    @given(situations(), st.sampled_from((OWN, LOCKSTEP)))
    def test_no_version_is_lower_than_any_evidence_asks_for(
        self, situation: tuple[tuple[Package, ...], dict[str, PackageSeen]], profile: Project
    ) -> None:
        packages, evidence = situation
        found = propose(looked(*packages), evidence, profile)
        for name, each in evidence.items():
            if each.api is not None and each.api.needs is not None:
                assert allows("0.4.0", found.versions[name], each.api.needs)

    @given(situations())
    def test_what_did_not_change_and_needs_nothing_that_moves_is_not_proposed(
        self, situation: tuple[tuple[Package, ...], dict[str, PackageSeen]]
    ) -> None:
        packages, evidence = situation
        found = propose(looked(*packages), evidence, OWN)
        for each in packages:
            if not evidence[each.name].files and each.name in found.versions:
                assert any(dependency.name in found.versions for dependency in each.dependencies)

    @given(situations(), st.sampled_from((OWN, LOCKSTEP)))
    def test_every_dependent_whose_requirement_does_not_take_the_new_version_is_proposed(
        self, situation: tuple[tuple[Package, ...], dict[str, PackageSeen]], profile: Project
    ) -> None:
        packages, evidence = situation
        found = propose(looked(*packages), evidence, profile)
        for each in packages:
            for dependency in each.dependencies:
                version = found.versions.get(dependency.name)
                if version is not None and dependency.is_packaged and not matches(dependency.requirement, version):
                    assert each.name in found.versions

    @given(situations(), st.sampled_from((OWN, LOCKSTEP)))
    def test_carried_out_and_asked_again_it_proposes_nothing(
        self, situation: tuple[tuple[Package, ...], dict[str, PackageSeen]], profile: Project
    ) -> None:
        packages, evidence = situation
        before = looked(*packages)
        found = propose(before, evidence, profile)
        released = moving_versions(before.source.files, before.workspace, found.versions)
        edits = edit_tree(before.source.files, before.workspace, released, profile.release, TODAY)
        after = read_workspace(before.source.files.after(edits.texts))
        for each in packages:  # what is left out keeps its manifest, so that its bytes are those that are published
            if each.name not in found.versions:
                assert each.manifest not in edits.texts
        again = looked(*after.packages)
        nothing = {each.name: unchanged(each.name, each.version) for each in after.packages}
        assert propose(again, nothing, profile).versions == {}
