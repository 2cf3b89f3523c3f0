"""The gates that need more than files: the repository, the registry, cargo. Each has its planted failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from loadmaster.planning.commands.changes import ChangedFile, FileChange
from loadmaster.planning.commands.results import CommandResult
from loadmaster.planning.gates import check
from loadmaster.planning.gates.evidence import Evidence, Past
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import Lint, LockfileSeen, TagSeen, ToolchainSeen
from loadmaster.planning.tree.workspace import DependencyKind
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import BASE, evidence, judged, needs, package, project, seen
from tests.kit.gates_asked import answer, fails

HEALTHY = (package("app", needs("core")), package("core"))
OURS = TagSeen(name="v0.5.0", commit="c" * 40, parents=(BASE,), subject="Release 0.5.0")
SOMEBODYS = TagSeen(name="v0.5.0", commit="d" * 40, parents=("e" * 40,), subject="Release 0.5.0")
INDEPENDENT = project(policy="independent", tag="{name}-v{version}")


def with_toolchain(version: str) -> Evidence:
    looked = seen(*HEALTHY).model_copy(update={"toolchain": ToolchainSeen(cargo=version, rustc=version)})
    return evidence(looked)


def refused_by_cargo() -> Evidence:
    refused = LockfileSeen(path="fuzz/Cargo.lock", accepted=False, why="needs to be updated")
    return evidence(seen(*HEALTHY, lockfile_checks=(refused,)))


PLANTED: list[tuple[str, str, Callable[[], Evidence], str, str]] = [
    (
        "an uncommitted file",
        "tree-clean",
        lambda: evidence(seen(*HEALTHY, dirty=("Cargo.lock",))),
        "Cargo.lock",
        "differs from the commit",
    ),
    (
        "a commit off the branch",
        "release-branch",
        lambda: evidence(seen(*HEALTHY, on_branch=False)),
        BASE,
        "is not on the release branch `main`",
    ),
    (
        "a tag on another commit",
        "tag-free",
        lambda: evidence(seen(*HEALTHY, tags=[SOMEBODYS])),
        "v0.5.0",
        "exists already",
    ),
    (
        "a version below what is out",
        "version-greater",
        lambda: evidence(seen(*HEALTHY, registry={"core": ["0.5.1"]})),
        "core@0.5.0",
        "is lower than `0.5.1`, which is on the registry",
    ),
    (
        "a version below those of somebody else's crate",
        "version-greater",
        lambda: evidence(seen(*HEALTHY, registry={"core": ["0.6.0"]})),
        "core@0.5.0",
        "is lower than `0.6.0`, which is on the registry",
    ),
    (
        "a version below the tree's own",
        "version-greater",
        lambda: evidence(seen(*HEALTHY), "0.3.9"),
        "core@0.3.9",
        "which the tree has",
    ),
    (
        "a candidate of the version that the tree carries",
        "version-greater",
        lambda: evidence(seen(*HEALTHY), "0.4.0-rc.1"),
        "core@0.4.0-rc.1",
        "which the tree has",
    ),
    (
        "a version that is taken",
        "version-greater",
        lambda: evidence(seen(*HEALTHY, registry={"app": ["0.5.0"], "core": ["0.5.0"]})),
        "app@0.5.0",
        "is on the registry already",
    ),
    (
        "a version that is taken but for its build metadata",
        "version-greater",
        lambda: evidence(seen(*HEALTHY, registry={"app": ["0.5.0+other"], "core": ["0.5.0"]})),
        "app@0.5.0",
        "is on the registry already",
    ),
    (
        "a name that the registry spells otherwise",
        "name-spelling",
        lambda: evidence(seen(package("foo-bar"), spelled={"foo-bar": "Foo_bar"})),
        "crates/foo-bar/Cargo.toml",
        "`foo-bar` is on the registry as `Foo_bar`",
    ),
    (
        "a member that stays behind and is not out",
        "dependency-on-registry",
        lambda: evidence(seen(*HEALTHY, registry={"core": ["0.3.0"]}), "app=0.5.0", INDEPENDENT),
        "app@0.5.0",
        "requires `core` as `^0.4.0`",
    ),
    (
        "a crate that nobody listed",
        "new-crate",
        lambda: evidence(seen(*HEALTHY, registry={"core": ["0.4.0"]}), profile=project(publish=["core"])),
        "app",
        "published for the first time",
    ),
    (
        "a cargo with the false deadlock",
        "cargo-version",
        lambda: with_toolchain("1.96.1"),
        "cargo 1.96.1",
        "false deadlock",
    ),
    ("a lockfile that cargo refuses", "lockfiles-accepted", refused_by_cargo, "fuzz/Cargo.lock", "refuses it"),
    (
        "a clippy warning",
        "clippy",
        lambda: evidence(seen(*HEALTHY), lint=Lint(ran=True, findings=("src/lib.rs:1:1: error: no",))),
        "cargo clippy",
        "src/lib.rs:1:1",
    ),
]


@pytest.mark.parametrize(
    ("planted", "gate", "found", "where", "what"), PLANTED, ids=[f"{each[1]}: {each[0]}" for each in PLANTED]
)
def test_what_is_planted_is_found(
    planted: str, gate: str, found: Callable[[], Evidence], where: str, what: str
) -> None:
    assert fails(answer(found(), gate), where, what), planted


def carrying(*changed: str) -> Evidence:
    """A tree that carries the version already, by a commit that changed these paths."""
    found = evidence(seen(*HEALTHY), "0.4.0")
    assert found.release is not None
    assert not found.release.plan.edits
    release = found.release.model_copy(update={"past": Past(bump=changed)})
    return found.model_copy(update={"release": release})


def test_a_version_that_came_with_code_is_found() -> None:
    found = answer(carrying("Cargo.toml", "crates/app/src/lib.rs", "src/a.rs"), "bump-alone")
    assert fails(found, "crates/app/src/lib.rs", "with 1 other source files")


def test_a_version_that_came_alone_is_no_problem() -> None:
    assert answer(carrying("Cargo.toml", "Cargo.lock", "docs/a.md"), "bump-alone").outcome is Outcome.PASS
    assert answer(evidence(seen(*HEALTHY)), "bump-alone").outcome is Outcome.PASS
    assert answer(evidence(seen(*HEALTHY), "0.4.0"), "bump-alone").outcome is Outcome.SKIP


TABLE = ChangedFile(path="docs/table.md", how=FileChange.CHANGED, sha256="a" * 64)
DOCS = CommandResult(name="docs", run=("make", "docs"), directory=None, files=(TABLE,))


def with_commands(found: Evidence, *results: CommandResult) -> Evidence:
    assert found.release is not None
    plan = found.release.plan.model_copy(update={"commands": results})
    return found.model_copy(update={"release": found.release.model_copy(update={"plan": plan})})


def test_a_commit_that_has_the_version_must_have_what_the_commands_make_unless_its_tag_is_out() -> None:
    written = evidence(seen(*HEALTHY), "0.4.0")
    stale = answer(with_commands(written, DOCS), "commands-done")
    assert fails(
        stale, "docs/table.md", "would be changed by the command `docs`, and the commit has the version already"
    )
    tagged = evidence(seen(*HEALTHY, tags=[TagSeen(name="v0.4.0", commit=BASE, parents=(), subject="x")]), "0.4.0")
    out = answer(with_commands(tagged, DOCS), "commands-done")
    assert (out.outcome, out.warnings) == (Outcome.PASS, stale.problems)
    elsewhere = evidence(seen(*HEALTHY, tags=[SOMEBODYS.model_copy(update={"name": "v0.4.0"})]), "0.4.0")
    assert answer(with_commands(elsewhere, DOCS), "commands-done").outcome is Outcome.FAIL


def test_what_the_commands_make_is_in_the_release_commit_or_there_is_nothing() -> None:
    idle = DOCS.model_copy(update={"files": ()})
    assert answer(with_commands(evidence(seen(*HEALTHY)), DOCS, idle), "commands-done").checked == 2
    assert answer(with_commands(evidence(seen(*HEALTHY)), DOCS), "commands-done").outcome is Outcome.PASS
    assert answer(with_commands(evidence(seen(*HEALTHY), "0.4.0"), idle), "commands-done").outcome is Outcome.PASS
    assert answer(evidence(seen(*HEALTHY), "0.4.0"), "commands-done").outcome is Outcome.SKIP


def test_what_was_published_before_and_is_gone_is_pointed_out() -> None:
    found = evidence(seen(*HEALTHY))
    assert found.release is not None
    past = Past(tag="v0.4.0", published=("app", "core", "spike"))
    after = found.model_copy(update={"release": found.release.model_copy(update={"past": past})})
    told = answer(after, "gone-crate")
    assert (told.outcome, told.checked, [each.where for each in told.warnings]) == (Outcome.PASS, 3, ["spike"])
    assert answer(found, "gone-crate").outcome is Outcome.SKIP


def test_a_last_release_that_cannot_be_read_could_not_be_checked_and_closes_nothing() -> None:
    found = evidence(seen(*HEALTHY))
    assert found.release is not None
    unread = found.release.model_copy(update={"past": Past(tag="v0.4.0")})
    asked = next(each for each in check(found.model_copy(update={"release": unread})) if each.gate == "gone-crate")
    assert (asked.outcome, asked.opens) == (Outcome.COULD_NOT_CHECK, True)


def test_a_plan_that_was_tampered_with_fails_by_its_tag() -> None:
    found = evidence(seen(*HEALTHY), "0.5.0")
    other = evidence(seen(*HEALTHY), "0.6.0")
    assert found.tree is not None
    assert other.tree is not None
    tampered = found.model_copy(update={"tree": found.tree.model_copy(update={"labels": other.tree.labels})})
    assert fails(answer(tampered, "tag-equals-version"), "crates/core/Cargo.toml", "`core` has the version `0.5.0`")


def test_the_tree_is_judged_as_the_bump_leaves_it() -> None:
    stale = evidence(seen(package("app", needs("core")), package("core")), "1.0.0")
    assert stale.tree is not None
    assert {each.version for each in stale.tree.released} == {"1.0.0"}
    assert answer(stale, "requirements-satisfiable").outcome is Outcome.PASS


def test_what_this_release_put_out_itself_is_no_obstacle() -> None:
    half_out = evidence(seen(*HEALTHY, registry={"core": ["0.5.0"]}, tags=[OURS]))
    assert answer(half_out, "tag-free").outcome is Outcome.PASS
    assert answer(half_out, "version-greater").outcome is Outcome.PASS


def test_a_part_that_is_out_without_a_tag_is_left_to_the_comparison_of_bytes() -> None:
    half_out = evidence(seen(*HEALTHY, registry={"core": ["0.5.0"]}))
    assert answer(half_out, "version-greater").outcome is Outcome.PASS


@pytest.mark.parametrize(
    "begun",
    [{"registry": {"core": ["0.5.0", "0.6.0"]}}, {"registry": {"core": ["0.6.0"]}, "tags": [OURS]}],
    ids=["a crate of it is out", "its tag is there"],
)
def test_a_release_that_has_begun_is_finished_after_a_higher_version_came_out(begun: dict[str, Any]) -> None:
    assert answer(evidence(seen(*HEALTHY, **begun)), "version-greater").outcome is Outcome.PASS


def test_a_member_that_stays_behind_and_is_out_is_no_problem() -> None:
    found = evidence(seen(*HEALTHY, registry={"core": ["0.4.0"]}), "app=0.5.0", INDEPENDENT)
    assert answer(found, "dependency-on-registry").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("requirement", "back", "out", "outcome"),
    [
        pytest.param("^0.5.0", False, [], Outcome.PASS, id="a sibling without a path has a call before it"),
        pytest.param(">=0.1", True, [], Outcome.FAIL, id="not in a cycle"),
        pytest.param(">=0.1", True, ["0.4.0"], Outcome.PASS, id="unless the registry has a version that fits"),
    ],
)
def test_the_order_in_which_cargo_packages(requirement: str, back: bool, out: list[str], outcome: Outcome) -> None:
    mast = package("mast", needs("zeal", requirement, "dev", path=False))
    zeal = package("zeal", *[needs("mast", "^0.5.0")] * back)
    found = evidence(seen(mast, zeal, registry={"zeal": out}))
    assert answer(found, "packaging-order").outcome is outcome


@pytest.mark.parametrize(
    ("kind", "requirement", "out", "outcome"),
    [
        pytest.param("dev", "^0", ["0.0.0"], Outcome.PASS, id="tests may need a private member that was once put out"),
        pytest.param("dev", "^0.4.0", ["0.3.0"], Outcome.FAIL, id="not if what is out does not fit"),
        pytest.param("normal", "^0", ["0.0.0"], Outcome.FAIL, id="what users resolve has to be this release's own"),
    ],
)
def test_a_private_member_that_is_out(kind: DependencyKind, requirement: str, out: list[str], outcome: Outcome) -> None:
    private = package("core", publish=(), version="0.4.0")
    found = evidence(seen(package("app", needs("core", requirement, kind)), private, registry={"core": out}))
    assert answer(found, "depends-on-unpublished").outcome is outcome


def test_crates_that_are_new_beside_others_are_pointed_out() -> None:
    found = answer(evidence(seen(*HEALTHY, registry={"core": ["0.4.0"]})), "new-crate")
    assert (found.outcome, [each.where for each in found.warnings]) == (Outcome.PASS, ["app"])


@pytest.mark.parametrize(
    ("reason", "registry", "profile"),
    [
        ("all of a first release are new", {}, project()),
        ("it is listed", {"core": ["0.4.0"]}, project(publish=["app", "core"])),
    ],
)
def test_crates_that_are_meant_to_be_new_pass(reason: str, registry: dict[str, list[str]], profile: Project) -> None:
    found = answer(evidence(seen(*HEALTHY, registry=registry), profile=profile), "new-crate")
    assert (found.outcome, found.warnings) == (Outcome.PASS, ()), reason


def test_a_maintenance_release_is_pointed_out_and_comes_out() -> None:
    found = answer(
        evidence(seen(*HEALTHY, registry={"core": ["0.4.0", "0.5.0", "0.6.0-rc.1"]}), "patch"), "version-greater"
    )
    assert found.outcome is Outcome.PASS
    assert [(each.where, each.what) for each in found.warnings] == [
        (
            "core@0.4.1",
            "is lower than `0.5.0`, which is on the registry: a maintenance release of an older series",
        )
    ]


def judging(**said: Lint) -> Evidence:
    """A release whose packages declare a Rust, and what the programs said of it."""
    found = evidence(seen(*(each.model_copy(update={"rust_version": "1.90"}) for each in HEALTHY)))
    assert found.built is not None
    return found.model_copy(update={"built": found.built.model_copy(update={"judged": judged(**said)})})


@pytest.mark.parametrize(
    ("gate", "found", "where", "what", "opens"),
    [
        ("msrv", judging(msrv=Lint(ran=True, why="E0658: let chains")), "cargo check", "E0658", True),
        (
            "semver-compatible",
            judging(semver=Lint(ran=True, findings=("`core`: struct_missing",))),
            "cargo semver-checks",
            "struct_missing",
            False,
        ),
    ],
)
def test_what_a_program_says_against_the_code_is_found(
    gate: str, found: Evidence, where: str, what: str, opens: bool
) -> None:
    """By default a Rust that is too new is advice, and a level that is too low is not."""
    assert fails(answer(found, gate), where, what)
    assert [(each.opens, each.advised) for each in check(found) if each.gate == gate] == [(opens, opens)]


@pytest.mark.parametrize(("gate", "program"), [("msrv", "msrv"), ("semver-compatible", "semver")])
def test_a_program_that_is_missing_could_not_check_and_closes_nothing(gate: str, program: str) -> None:
    found = judging(**{program: Lint(ran=False, why="is not installed; this brings it")})
    asked = next(each for each in check(found) if each.gate == gate)
    assert (asked.outcome, asked.opens) == (Outcome.COULD_NOT_CHECK, True)
    assert "brings it" in asked.why


def test_packages_that_declare_no_rust_are_not_asked_for_it() -> None:
    assert answer(evidence(seen(*HEALTHY)), "msrv").outcome is Outcome.SKIP


def test_a_rust_that_could_not_be_tried_is_no_pass() -> None:
    some = Lint(ran=True, passed=True, unasked=("`core` with Rust 1.60: is not installed",))
    asked = answer(judging(msrv=some), "msrv")
    assert (asked.outcome, asked.why) == (Outcome.COULD_NOT_CHECK, "`core` with Rust 1.60: is not installed")


def test_a_rust_that_could_not_be_tried_is_told_beside_one_that_fails() -> None:
    asked = answer(judging(msrv=Lint(ran=True, findings=("`app`: no",), unasked=("`core`: no time",))), "msrv")
    assert (asked.outcome, [each.what for each in asked.warnings]) == (Outcome.FAIL, ["`core`: no time"])


def test_the_oldest_rust_can_be_left_out_and_the_plan_notes_it() -> None:
    packages = [each.model_copy(update={"rust_version": "1.90"}) for each in HEALTHY]
    style = project().cargo.model_copy(update={"msrv": False})
    found = evidence(seen(*packages), profile=project().model_copy(update={"cargo": style}))
    assert answer(found, "msrv").why == "the profile says `cargo.msrv = false`"
    assert found.release is not None
    assert "the oldest Rust of the packages was not tried, by the profile" in found.release.plan.deviations


def without_clippy() -> Project:
    return project().model_copy(update={"cargo": project().cargo.model_copy(update={"clippy": False})})


@pytest.mark.parametrize(
    ("found", "way"),
    [
        ("src/lib.rs:1:1: error: unneeded `return` statement", "allow the lint"),
        ("src/lib.rs:1:1: error[E0583]: file not found for module `made`", "make it build from a fresh clone"),
        ("src/lib.rs:1:1: error: couldn't read `src/table.bin`: No such file or directory", "make it build"),
    ],
)
def test_code_that_does_not_build_is_no_lint_to_allow(found: str, way: str) -> None:
    told = answer(evidence(seen(*HEALTHY), lint=Lint(ran=True, findings=(found,))), "clippy")
    assert way in told.problems[0].fix


def test_what_the_linter_says_of_several_places_is_told_once() -> None:
    said = Lint(ran=True, findings=("app.rs: a clone", "app.rs: a leak", "app.rs: a clone"))
    told = answer(evidence(seen(*HEALTHY), lint=said), "clippy")
    assert [each.what for each in told.problems] == ["app.rs: a clone (2 times)", "app.rs: a leak"]


def test_a_gate_that_the_profile_leaves_out_is_skipped_and_says_so() -> None:
    skipped = answer(evidence(seen(*HEALTHY), profile=without_clippy()), "clippy")
    assert (skipped.outcome, skipped.why) == (Outcome.SKIP, "the profile says `cargo.clippy = false`")
