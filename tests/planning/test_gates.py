"""The gates: each passes on a healthy workspace, and each has a planted failure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadmaster.errors import GatesClosed
from loadmaster.planning.gate import GateAnswer, Outcome
from loadmaster.planning.gates import GATES, check, require_open
from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.project import Project
from loadmaster.planning.seen import Lint, LockfileSeen, TagSeen, ToolchainSeen
from loadmaster.planning.show import gates_markdown, gates_text
from tests.planning.building import BASE, CHANGELOG, evidence, lockfile, needs, package, project, seen

HEALTHY = (package("app", needs("core")), package("core"))
OURS = TagSeen(name="v0.5.0", commit="c" * 40, parents=(BASE,), subject="Release 0.5.0")
SOMEBODYS = TagSeen(name="v0.5.0", commit="d" * 40, parents=("e" * 40,), subject="Release 0.5.0")


def answer(found: Evidence, gate: str) -> GateAnswer:
    return next(each for each in check(found) if each.gate == gate)


def test_a_healthy_workspace_opens_every_gate() -> None:
    answers = check(evidence(seen(*HEALTHY)))
    assert {each.outcome for each in answers} == {Outcome.PASS}
    require_open(answers)


def with_toolchain(version: str) -> Evidence:
    looked = seen(*HEALTHY).model_copy(update={"toolchain": ToolchainSeen(cargo=version, rustc=version)})
    return evidence(looked)


def with_git_dependency() -> Evidence:
    aya = needs("aya", "*", path=False).model_copy(update={"git": "https://example.org/aya"})
    return evidence(seen(package("app", aya)))


def with_changelog(text: str | None) -> Evidence:
    return evidence(seen(*HEALTHY, changelog=text))


def retagged(plan: ReleasePlan, name: str) -> ReleasePlan:
    return plan.model_copy(update={"tags": tuple(each.model_copy(update={"name": name}) for each in plan.tags)})


PLANTED: list[tuple[str, str, Callable[[], Evidence], str]] = [
    ("an uncommitted file", "tree-clean", lambda: evidence(seen(*HEALTHY, dirty=("Cargo.lock",))), "Cargo.lock"),
    ("a commit off the branch", "release-branch", lambda: evidence(seen(*HEALTHY, on_branch=False)), BASE),
    ("a tag on another commit", "tag-free", lambda: evidence(seen(*HEALTHY, tags=[SOMEBODYS])), "v0.5.0"),
    (
        "a version below what is out",
        "version-greater",
        lambda: evidence(seen(*HEALTHY, registry={"core": ["0.6.0"]})),
        "core@0.5.0",
    ),
    ("a version below the tree's own", "version-greater", lambda: evidence(seen(*HEALTHY), "0.3.9"), "core@0.3.9"),
    (
        "a candidate of the version that the tree carries",
        "version-greater",
        lambda: evidence(seen(*HEALTHY), "0.4.0-rc.1"),
        "core@0.4.0-rc.1",
    ),
    (
        "a version that is taken",
        "version-greater",
        lambda: evidence(seen(*HEALTHY, registry={"app": ["0.5.0"], "core": ["0.5.0"]})),
        "app@0.5.0",
    ),
    (
        "a version that is taken but for its build metadata",
        "version-greater",
        lambda: evidence(seen(*HEALTHY, registry={"app": ["0.5.0+other"], "core": ["0.5.0"]})),
        "app@0.5.0",
    ),
    (
        "a tag that leaves no version",
        "strict-tag",
        lambda: evidence(seen(*HEALTHY)).model_copy(update={"plan": retagged(evidence(seen(*HEALTHY)).plan, "v0.5")}),
        "v0.5",
    ),
    ("no changelog in the tree", "changelog-heading", lambda: with_changelog(None), "CHANGELOG.md"),
    (
        "a stale lockfile",
        "lockfiles-current",
        lambda: evidence(seen(*HEALTHY, lockfiles={"fuzz/Cargo.lock": lockfile([package("core", version="0.3.0")])})),
        "fuzz/Cargo.lock",
    ),
    (
        "a lockfile that cargo refuses",
        "lockfiles-current",
        lambda: evidence(
            seen(
                *HEALTHY, lockfile_checks=(LockfileSeen(path="Cargo.lock", accepted=False, why="needs to be updated"),)
            )
        ),
        "Cargo.lock",
    ),
    (
        "a path dependency without a version",
        "path-without-version",
        lambda: evidence(seen(package("app", needs("core", "*")), package("core"))),
        "crates/app/Cargo.toml",
    ),
    ("a Git dependency", "git-dependency", with_git_dependency, "crates/app/Cargo.toml"),
    (
        "a name that the registry spells otherwise",
        "name-spelling",
        lambda: evidence(seen(package("foo-bar"), spelled={"foo-bar": "Foo_bar"})),
        "crates/foo-bar/Cargo.toml",
    ),
    (
        "a missing description",
        "metadata-complete",
        lambda: evidence(seen(package("app", description=None))),
        "crates/app/Cargo.toml",
    ),
    (
        "a missing licence",
        "metadata-complete",
        lambda: evidence(seen(package("app", license=None))),
        "crates/app/Cargo.toml",
    ),
    (
        "an optional dependency on a private member",
        "depends-on-unpublished",
        lambda: evidence(
            seen(package("app", needs("core").model_copy(update={"optional": True})), package("core", publish=()))
        ),
        "crates/app/Cargo.toml",
    ),
    (
        "a versioned dev-dependency on an excluded member",
        "depends-on-unpublished",
        lambda: evidence(
            seen(package("app", needs("core", kind="dev")), package("core")),
            profile=project(exclude=[{"package": "core", "why": "kept back"}]),
        ),
        "crates/app/Cargo.toml",
    ),
    ("a cargo with the false deadlock", "cargo-version", lambda: with_toolchain("1.96.1"), "cargo 1.96.1"),
    (
        "a clippy warning",
        "clippy",
        lambda: evidence(seen(*HEALTHY), lint=Lint(ran=True, findings=("src/lib.rs:1:1: error: no",))),
        "cargo clippy",
    ),
]


@pytest.mark.parametrize(("planted", "gate", "found", "where"), PLANTED, ids=[each[0] for each in PLANTED])
def test_what_is_planted_is_found(planted: str, gate: str, found: Callable[[], Evidence], where: str) -> None:
    answers = answer(found(), gate)
    assert answers.outcome is Outcome.FAIL, planted
    assert where in {each.where for each in answers.problems}
    assert all(each.fix for each in answers.problems)


def test_every_gate_but_one_has_a_planted_failure() -> None:
    asked = {each.gate for each in check(evidence(seen(*HEALTHY)))}
    # Under lockstep every planned crate has the plan's version; only a plan that was tampered with could fail it.
    assert asked - {gate for _, gate, _, _ in PLANTED} == {"tag-equals-version"}
    assert len(asked) == len(GATES)


def test_a_crate_that_would_go_out_under_another_version_than_the_tag_says_is_found() -> None:
    found = evidence(seen(*HEALTHY))
    crates = tuple(each.model_copy(update={"version": "0.4.0"}) for each in found.plan.crates)
    tampered = found.model_copy(update={"plan": found.plan.model_copy(update={"crates": crates})})
    assert answer(tampered, "tag-equals-version").outcome is Outcome.FAIL


def test_what_this_release_put_out_itself_is_no_obstacle() -> None:
    half_out = evidence(seen(*HEALTHY, registry={"core": ["0.5.0"]}, tags=[OURS]))
    assert answer(half_out, "tag-free").outcome is Outcome.PASS
    assert answer(half_out, "version-greater").outcome is Outcome.PASS


def test_a_part_that_is_out_without_a_tag_is_left_to_the_comparison_of_bytes() -> None:
    half_out = evidence(seen(*HEALTHY, registry={"core": ["0.5.0"]}))
    assert answer(half_out, "version-greater").outcome is Outcome.PASS


def test_dev_dependencies_by_path_alone_are_left_out_of_the_package_and_pass() -> None:
    found = evidence(seen(package("app", needs("core", "*", kind="dev")), package("core", publish=())))
    assert answer(found, "path-without-version").outcome is Outcome.PASS
    assert answer(found, "depends-on-unpublished").outcome is Outcome.PASS


def test_two_headings_for_the_version_fail_by_their_number() -> None:
    twice = CHANGELOG.replace("## [0.4.0]", "## [0.5.0] - 2026-11-01\n\n## [0.4.0]")
    found = evidence(seen(*HEALTHY, changelog=twice), asked="0.5.0")
    doubled = found.model_copy(
        update={
            "seen": found.seen.model_copy(
                update={
                    "source": found.seen.source.model_copy(update={"changelog": twice + "\n## [0.5.0] - 2026-11-02\n"})
                }
            ),
            "plan": found.plan.model_copy(update={"edits": ()}),
        }
    )
    assert "2 headings" in answer(doubled, "changelog-heading").problems[0].what


def without_clippy() -> Project:
    return project().model_copy(update={"cargo": project().cargo.model_copy(update={"clippy": False})})


def test_a_gate_that_the_profile_leaves_out_is_skipped_and_says_so() -> None:
    skipped = answer(evidence(seen(*HEALTHY), profile=without_clippy()), "clippy")
    assert (skipped.outcome, skipped.why) == (Outcome.SKIP, "the profile says `cargo.clippy = false`")


def test_a_question_without_an_answer_does_not_open() -> None:
    answers = check(evidence(seen(*HEALTHY), lint=Lint(ran=False, why="clippy is not installed")))
    with pytest.raises(GatesClosed, match="clippy: could not be checked: clippy is not installed"):
        require_open(answers)


def test_nothing_checked_is_not_a_pass() -> None:
    assert GateAnswer.of("some-gate", 0, ()).outcome is Outcome.FAIL


def test_all_problems_are_told_at_once() -> None:
    found = evidence(seen(package("app", description=None, license=None), dirty=("a.rs", "b.rs")))
    with pytest.raises(GatesClosed) as caught:
        require_open(check(found))
    assert caught.value.what.startswith("4 problems found before anything was changed")


def test_answers_are_shown_with_their_problems_and_the_way_out() -> None:
    answers = check(evidence(seen(*HEALTHY, dirty=("a.rs",))))
    assert "✘ tree-clean: fail (1 checked)\n      a.rs: differs from the commit\n        next: commit it" in gates_text(
        answers
    )
    assert "| `tree-clean` | ✘&nbsp;fail | 1 | `a.rs`: differs from the commit. Next: commit it" in gates_markdown(
        answers
    )
