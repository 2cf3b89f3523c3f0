"""The gates on lockfiles: stale members, lost entries, and a bump that moves too much."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.plan import Edit
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import evidence, lockfile, needs, package, project, seen
from tests.kit.gates_asked import answer, fails, tree

SERDE = needs("serde", "^1.2.0", path=False)
HEALTHY = (package("app", needs("core"), SERDE), package("core"))
OTHER = '[package]\nname = "other"\nversion = "0.0.0"\n[dependencies]\nserde = "1"\n'
FUZZ = '[package]\nname = "fuzz"\nversion = "0.0.0"\n[dependencies]\ncore = { path = "../crates/core" }\n[workspace]\n'


def locked(*packages: Package, old: str = "", new: str = "") -> Evidence:
    """The healthy tree with the lockfile of other packages, or with a text in it replaced."""
    text = lockfile(packages or HEALTHY)
    assert old in text
    return tree(*HEALTHY, texts={"Cargo.lock": text.replace(old, new) if old else text})


def fuzzing(core: str) -> Evidence:
    lock = lockfile([package("fuzz", needs("core"), version="0.0.0"), package("core", version=core)])
    return tree(*HEALTHY, texts={"fuzz/Cargo.toml": FUZZ, "fuzz/Cargo.lock": lock})


PLANTED: list[tuple[str, Callable[[], Evidence], str, str]] = [
    (
        "a member at the version before",
        lambda: locked(package("app", needs("core"), SERDE), package("core", version="0.3.0")),
        "Cargo.lock",
        "has `core` at `0.3.0`, its manifest says `0.4.0`",
    ),
    (
        "a member of the main workspace, in another's lockfile",
        lambda: fuzzing("0.3.0"),
        "fuzz/Cargo.lock",
        "has `core`",
    ),
    (
        "a member of the main workspace that another's lockfile lacks",
        lambda: tree(*HEALTHY, texts={"fuzz/Cargo.toml": FUZZ, "fuzz/Cargo.lock": "version = 4\n"}),
        "fuzz/Cargo.lock",
        "does not have the member `fuzz`",
    ),
    (
        "a new member",
        lambda: locked(package("app", needs("core"), SERDE).model_copy(update={"dependencies": (SERDE,)})),
        "Cargo.lock",
        "does not have the member `core`",
    ),
    (
        "a dependency that came after",
        lambda: locked(package("app", needs("core")), package("core")),
        "Cargo.lock",
        "lacks `serde`, which the manifest of `app` names",
    ),
    (
        "a dependency that went after",
        lambda: locked(package("app", needs("core"), SERDE), package("core", SERDE)),
        "Cargo.lock",
        "has `serde` under `core`, whose manifest does not name it",
    ),
    (
        "an entry that a merge left behind",
        lambda: locked(old='name = "serde"', new='name = "serde_core"'),
        "Cargo.lock",
        "lets `app` depend on `serde`, which it does not have",
    ),
    (
        "a requirement that was raised after",
        lambda: locked(old='version = "1.2.0"', new='version = "1.1.0"'),
        "Cargo.lock",
        "has `serde` at `1.1.0`, and `app` requires `^1.2.0`",
    ),
    (
        "merge markers",
        lambda: locked(old="version = 4", new="version = 4\n<<<<<<< ours"),
        "Cargo.lock",
        "merge markers",
    ),
    (
        "a member that stands in it twice",
        lambda: tree(
            *HEALTHY, texts={"Cargo.lock": lockfile(HEALTHY) + '\n[[package]]\nname = "core"\nversion = "0.4.0"\n'}
        ),
        "Cargo.lock",
        "a second package `core` without a source",
    ),
    (
        "a format of the future",
        lambda: locked(old="version = 4", new="version = 5"),
        "Cargo.lock",
        "lockfile format `5`",
    ),
]


@pytest.mark.parametrize(("planted", "found", "where", "what"), PLANTED, ids=[each[0] for each in PLANTED])
def test_what_is_planted_is_found(planted: str, found: Callable[[], Evidence], where: str, what: str) -> None:
    assert fails(answer(found(), "lockfiles-current"), where, what), planted


PASSING: list[tuple[str, Callable[[], Evidence], int]] = [
    ("members in their versions", lambda: locked(), 1),
    ("a second workspace's lockfile", lambda: fuzzing("0.4.0"), 2),
    (
        "a registry's package of a member's name",
        lambda: tree(
            *HEALTHY,
            texts={
                "Cargo.lock": lockfile(HEALTHY)
                + '\n[[package]]\nname = "core"\nversion = "0.1.0"\nsource = "registry+https://example.org"\n'
            },
        ),
        1,
    ),
    (
        "a fixture's lockfile that tells of no member",
        lambda: tree(*HEALTHY, texts={"tests/x/Cargo.toml": OTHER, "tests/x/Cargo.lock": "# of an old cargo"}),
        1,
    ),
    (
        "a lockfile beside a member, which cargo never reads",
        lambda: tree(*HEALTHY, texts={"crates/core/Cargo.lock": lockfile([package("core", version="0.1.0")])}),
        1,
    ),
    (
        "a fixture's lockfile, whose manifest is no manifest",
        lambda: tree(*HEALTHY, texts={"tests/x/Cargo.toml": "no", "tests/x/Cargo.lock": "none"}),
        1,
    ),
]


@pytest.mark.parametrize(("reason", "found", "count"), PASSING, ids=[each[0] for each in PASSING])
def test_what_is_no_problem_passes(reason: str, found: Callable[[], Evidence], count: int) -> None:
    said = answer(found(), "lockfiles-current")
    assert (said.outcome, said.checked) == (Outcome.PASS, count), reason


def test_a_lockfile_that_nothing_can_be_compared_with_is_pointed_out() -> None:
    fixture = {"tests/x/Cargo.toml": "no", "tests/x/Cargo.lock": "none"}
    said = answer(tree(*HEALTHY, texts=fixture), "lockfiles-current")
    assert [each.where for each in said.warnings] == ["tests/x/Cargo.lock"]
    assert "its manifest cannot be read: `tests/x/Cargo.toml` is not TOML" in said.warnings[0].what
    alone = answer(tree(*HEALTHY, texts=fixture, without="Cargo.lock"), "lockfiles-current")
    assert (alone.outcome, alone.checked) == (Outcome.SKIP, 0)


def test_a_workspace_without_a_lockfile_is_not_asked() -> None:
    assert answer(tree(*HEALTHY, without="Cargo.lock"), "lockfiles-current").outcome is Outcome.SKIP


def test_a_lockfile_that_was_stale_before_the_bump_is_found_though_the_bump_writes_over_it() -> None:
    stale = lockfile([package("app", needs("core"), SERDE), package("core", version="0.3.0")])
    found = evidence(seen(*HEALTHY, lockfiles={"Cargo.lock": stale}))
    assert fails(answer(found, "lockfiles-current"), "Cargo.lock", "has `core` at `0.3.0`, its manifest says `0.4.0`")


def bumping(old: str = "", new: str = "") -> Evidence:
    """A release in which the planned lockfile was tampered with."""
    found = evidence(seen(*HEALTHY), profile=project())
    assert found.release is not None
    plan = found.release.plan
    edits = tuple(
        Edit(path=each.path, text=each.text.replace(old, new) if each.path == "Cargo.lock" and old else each.text)
        for each in plan.edits
    )
    return found.model_copy(
        update={"release": found.release.model_copy(update={"plan": plan.model_copy(update={"edits": edits})})}
    )


def test_a_bump_moves_members_only() -> None:
    assert answer(bumping(), "lockfile-changes").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('version = "1.2.0"', 'version = "1.3.0"', 'would become `version = "1.3.0"`'),
        ('source = "registry"', 'source = "elsewhere"', "which is not a member's version"),
        ("\n[[package]]", "\n\n[[package]]", "lines and would have"),
    ],
    ids=["a third-party package moves", "a source changes", "a line is added"],
)
def test_a_bump_that_moves_more_is_found(old: str, new: str, what: str) -> None:
    assert fails(answer(bumping(old, new), "lockfile-changes"), "Cargo.lock", what)


def test_a_release_that_changes_no_lockfile_is_not_asked() -> None:
    found = evidence(seen(*HEALTHY, lockfiles={}))
    assert answer(found, "lockfile-changes").outcome is Outcome.SKIP
