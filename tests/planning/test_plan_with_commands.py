"""Which of the project's commands run for a plan, and what of their results a plan takes: the same release, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.release_commands.results import ReleaseCommandBrokePlan
from loadmaster.planning.commands.changes import ChangedFile, FileChange
from loadmaster.planning.commands.results import CommandResult, KeptResult, differing
from loadmaster.planning.plan import ReleasePlan, commands_of, plan_release, with_result
from loadmaster.planning.profile.policy import Policy, Requirements
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import OwnRelease, Seen
from loadmaster.planning.tree.tree import read_workspace
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.value import digest
from tests.kit.building import BASE, TODAY, files_of, needs, package, project, seen, workspaces

TABLE = ChangedFile(path="docs/table.md", how=FileChange.CHANGED, sha256="a" * 64)
DOCS = CommandResult(name="docs", run=("make", "docs"), directory=None, files=(TABLE,))
TWO = (package("app", needs("core")), package("core"))


def profile(**release: object) -> Project:
    return project(commands=[{"run": ["make", "docs"], "paths": ["docs/*"], "name": "docs"}], **release)


def planned(looked: Seen, by: Project, asked: str = "minor") -> ReleasePlan:
    return plan_release(looked, by, asked, TODAY)


def after(looked: Seen, plan: ReleasePlan, by: Project) -> Seen:
    """The tree with the plan's edits, as the next look sees it."""
    files = files_of(looked).after({edit.path: edit.text for edit in plan.edits})
    source = looked.source.model_copy(update={"files": files})
    return looked.model_copy(update={"source": source, "workspace": read_workspace(files)})


@given(
    workspaces(at_most=4),
    st.sampled_from(Policy),
    st.sampled_from([None, *Requirements]),
    st.sampled_from(["major", "minor", "patch", "rc"]),
)
def test_a_planned_tree_that_a_command_left_as_it_was_is_the_same_release(
    packages: tuple[Package, ...], policy: Policy, requirements: Requirements | None, level: str
) -> None:
    """So that what a command really broke is the only thing that is ever refused."""
    by = profile(policy=policy, requirements=requirements)
    looked = seen(*packages)
    plan = planned(looked, by, level)
    again = planned(after(looked, plan, by), by, plan.version)
    assert again.edits == ()
    result = with_result(plan, DOCS, again)
    assert result == plan.model_copy(update={"commands": (DOCS,)})
    assert digest(result) != digest(plan)


def test_the_hash_is_of_the_command_and_of_its_result() -> None:
    plan = planned(seen(*TWO), profile())
    results = [
        DOCS,
        DOCS.model_copy(update={"run": ("make", "more")}),
        DOCS.model_copy(update={"directory": "tools"}),
        DOCS.model_copy(update={"files": ()}),
        DOCS.model_copy(update={"files": (TABLE.model_copy(update={"sha256": "b" * 64}),)}),
        DOCS.model_copy(update={"files": (TABLE.model_copy(update={"executable": True}),)}),
    ]
    assert len({digest(with_result(plan, result, plan.model_copy(update={"edits": ()}))) for result in results}) == 6


BROKEN: list[tuple[str, Callable[[ReleasePlan], dict[str, object]], str]] = [
    (
        "another version",
        lambda plan: {"crates": _crates(plan, version="0.6.0")},
        "the released versions are others, of `app`, `core`",
    ),
    ("a package less", lambda plan: {"crates": plan.crates[:1]}, "the released versions are others, of `app`"),
    ("an order of its own", lambda plan: {"crates": _crates(plan, needs=())}, "need others of each other"),
    ("something left to edit", lambda plan: {"edits": plan.edits}, "would edit `CHANGELOG.md` once more"),
    ("another tag", lambda plan: {"tags": (plan.tags[0].model_copy(update={"name": "v1"}),)}, "other tags"),
    ("another message", lambda plan: {"commit_message": "x"}, "its commit message is another"),
]


def _crates(plan: ReleasePlan, **fields: object) -> tuple[object, ...]:
    return tuple(crate.model_copy(update=fields) for crate in plan.crates)


@pytest.mark.parametrize(("differs", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_tree_that_is_another_release_is_refused(
    differs: Callable[[ReleasePlan], dict[str, object]], told: str
) -> None:
    plan = planned(seen(*TWO), profile())
    again = plan.model_copy(update={"edits": (), **differs(plan)})
    with pytest.raises(ReleaseCommandBrokePlan, match="After the command `docs`") as raised:
        with_result(plan, DOCS, again)
    assert told in raised.value.what


def test_the_notes_are_those_of_the_tree_that_the_command_left() -> None:
    plan = planned(seen(*TWO), profile())
    (tag,) = plan.tags
    again = plan.model_copy(update={"edits": (), "tags": (tag.model_copy(update={"notes": "- Better."}),)})
    assert [each.notes for each in with_result(plan, DOCS, again).tags] == ["- Better."]
    proposed = plan.model_copy(update={"tags": (tag.model_copy(update={"proposed": True}),)})
    assert with_result(proposed, DOCS, again).tags[0].proposed


OURS = OwnRelease(commit=BASE, versions={"app": "0.4.0", "core": "0.4.0"})


@pytest.mark.parametrize(
    ("asked", "own", "since", "run"),
    [
        ("minor", None, None, True),
        ("0.4.0", None, None, True),
        ("0.4.0", OURS, None, False),
        ("minor", OURS, None, True),
        ("0.4.0", OURS.model_copy(update={"commit": "c" * 40}), None, True),
        ("minor", None, "0.5.0", True),
        ("minor", None, "0.5.1", False),
    ],
    ids=[
        "a new version",
        "a version that somebody wrote into the tree",
        "the commit that Loadmaster made for it",
        "a new version right above a release of ours",
        "a version in the tree, above a release of ours",
        "the first version that has it",
        "a version that does not have it yet",
    ],
)
def test_whether_a_command_runs(asked: str, own: OwnRelease | None, since: str | None, run: bool) -> None:
    tree = seen(*TWO, changelogs={"CHANGELOG.md": "# Changelog\n\n## [0.4.0] - 2026-11-22\n\n- It.\n"}, own=own)
    if asked == "minor":
        tree = seen(*TWO, own=own)
    by = profile().model_copy()
    (command,) = by.release.commands
    commands = (command.model_copy(update={"since": since, "twice": False}),)
    by = by.model_copy(update={"release": by.release.model_copy(update={"commands": commands})})
    plan = planned(tree, by, asked)
    assert bool(plan.edits) is (asked == "minor")
    assert commands_of(plan, tree, by) == (commands if run else ())
    assert any("was run once" in line for line in plan.deviations) is run


def test_what_is_kept_says_what_ran_and_what_differs_is_named() -> None:
    kept = KeptResult(result=DOCS, seconds=1.5)
    assert KeptResult.model_validate_json(kept.model_dump_json()) == kept
    record = kept.record(kept=True)
    assert (record.name, record.files, record.kept, record.sha256) == ("docs", ("docs/table.md",), True, digest(DOCS))
    other = TABLE.model_copy(update={"path": "docs/b.md"})
    assert differing((TABLE,), (TABLE,)) == ()
    assert differing((TABLE,), (other,)) == ("docs/b.md", "docs/table.md")
    assert differing((TABLE,), (TABLE.model_copy(update={"executable": True}),)) == ("docs/table.md",)
