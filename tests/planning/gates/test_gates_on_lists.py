"""The gates on what is kept by hand: lists of crates to publish, and declared workflows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import needs, package, project
from tests.kit.gates_asked import answer, fails, of_manifests_alone, of_the_past, tree

PACKAGES = (package("app", needs("core")), package("core"), package("probe", publish=()))
SCRIPT = "scripts/ci/publish.sh"
RULE = {"file": SCRIPT, "pattern": r"(?s)CRATES=\((.*?)\)"}
BY_SCRIPT = project(publish_lists=[RULE])


def scripted(names: str) -> Evidence:
    return tree(*PACKAGES, profile=BY_SCRIPT, texts={SCRIPT: f"#!/bin/sh\nCRATES=(\n{names})\n"})


PLANTED: list[tuple[str, Callable[[], Evidence], str, str]] = [
    (
        "a crate that the profile forgot",
        lambda: tree(*PACKAGES, profile=project(publish=["core"])),
        "projects/demo.toml",
        "does not list `app`, which is publishable",
    ),
    (
        "a private package that the profile lists",
        lambda: tree(*PACKAGES, profile=project(publish=["app", "core", "probe"])),
        "projects/demo.toml",
        "lists `probe`, which is not published",
    ),
    (
        "a name that no member has, in the profile",
        lambda: tree(*PACKAGES, profile=project(publish=["app", "core", "gone"])),
        "projects/demo.toml",
        "lists `gone`, which is not a member of the workspace",
    ),
    (
        "a name that no member has, in a script",
        lambda: scripted('  "core"\n  "app"\n  "gone"\n'),
        SCRIPT,
        "lists `gone`, which is not a member of the workspace",
    ),
    ("a crate that a script forgot", lambda: scripted('  "app"\n'), SCRIPT, "does not list `core`"),
    (
        "a crate before what it needs",
        lambda: scripted('  "app"\n  "core"\n'),
        SCRIPT,
        "lists `app` before `core`, which it needs",
    ),
    ("a crate in a comment", lambda: scripted('  # "core"\n  "app"\n'), SCRIPT, "does not list `core`"),
    ("a crate twice", lambda: scripted('  "core"\n  "app"\n  "core"\n'), SCRIPT, "lists `core` twice"),
    (
        "a script without a list",
        lambda: tree(*PACKAGES, profile=BY_SCRIPT, texts={SCRIPT: "cargo publish --workspace\n"}),
        SCRIPT,
        "has no list",
    ),
    ("a script that is not there", lambda: tree(*PACKAGES, profile=BY_SCRIPT), SCRIPT, "is not in the tree"),
]


@pytest.mark.parametrize(("planted", "found", "where", "what"), PLANTED, ids=[each[0] for each in PLANTED])
def test_a_wrong_publish_list_is_found(planted: str, found: Callable[[], Evidence], where: str, what: str) -> None:
    assert fails(answer(found(), "publish-list"), where, what), planted


def test_lists_that_are_right_pass() -> None:
    both = project(publish=["app", "core"], publish_lists=[RULE])
    found = tree(*PACKAGES, profile=both, texts={SCRIPT: 'CRATES=(\n  "core" # first\n  "app"\n)\n'})
    assert answer(found, "publish-list").outcome is Outcome.PASS


def test_what_a_commit_of_the_past_does_not_have_yet_is_pointed_out() -> None:
    later = project(publish=["app", "core", "younger"], publish_lists=[RULE])
    found = answer(of_the_past(tree(*PACKAGES, profile=later)), "publish-list")
    assert found.outcome is Outcome.PASS
    assert [each.where for each in found.warnings] == ["projects/demo.toml", SCRIPT]


def test_what_a_commit_of_the_past_would_publish_unlisted_fails_still() -> None:
    found = of_the_past(tree(*PACKAGES, profile=project(publish=["core"])))
    assert fails(answer(found, "publish-list"), "projects/demo.toml", "does not list `app`")


def test_a_list_of_commands_is_read_by_another_pattern() -> None:
    rule = {"file": SCRIPT, "pattern": r"^\s*cargo publish -p ([\w-]+)"}
    found = tree(
        *PACKAGES,
        profile=project(publish_lists=[rule]),
        texts={SCRIPT: "cargo publish -p core\ncargo publish -p app\n"},
    )
    assert answer(found, "publish-list").outcome is Outcome.PASS


def test_without_a_list_there_is_nothing_to_ask() -> None:
    assert answer(tree(*PACKAGES), "publish-list").outcome is Outcome.SKIP
    assert answer(tree(*PACKAGES, profile=project()), "publish-list").outcome is Outcome.SKIP


def test_a_script_cannot_be_asked_for_in_a_tree_of_manifests() -> None:
    found = of_manifests_alone(tree(*PACKAGES, profile=BY_SCRIPT))
    assert answer(found, "publish-list").outcome is Outcome.COULD_NOT_CHECK


def relying_on(file: str, dispatch: bool = True) -> Project:
    fields = project().model_dump() | {"workflows": [{"file": file, "dispatch": dispatch}]}
    return Project.model_validate(fields)


RELEASE = ".github/workflows/release.yml"


def workflow(text: str, *, dispatch: bool = True) -> Evidence:
    return tree(*PACKAGES, profile=relying_on("release.yml", dispatch), texts={RELEASE: text})


@pytest.mark.parametrize(
    ("found", "where", "what"),
    [
        (
            lambda: tree(*PACKAGES, profile=relying_on("lsm-smoke-test.yml")),
            ".github/workflows/lsm-smoke-test.yml",
            "does not exist",
        ),
        (lambda: workflow("on: [push]\n"), RELEASE, "cannot be dispatched"),
        (lambda: workflow("on: [push\n"), RELEASE, "is not YAML"),
        (lambda: workflow("# on: workflow_dispatch\n"), RELEASE, "cannot be dispatched"),
    ],
    ids=["it never existed", "only a push starts it", "it is no YAML", "it starts in a comment only"],
)
def test_a_workflow_that_cannot_be_started_is_found(found: Callable[[], Evidence], where: str, what: str) -> None:
    assert fails(answer(found(), "workflow-exists"), where, what)


@pytest.mark.parametrize(
    "text",
    [
        "on: workflow_dispatch\n",
        "on: [push, workflow_dispatch]\n",
        "on:\n  workflow_dispatch:\n",
        '"on":\n  workflow_dispatch:\n',
    ],
    ids=["a word", "a list", "a table", "a quoted key"],
)
def test_a_workflow_that_can_be_dispatched_passes(text: str) -> None:
    assert answer(workflow(text), "workflow-exists").outcome is Outcome.PASS


def test_a_workflow_that_need_not_be_dispatched_passes() -> None:
    assert answer(workflow("on: push\n", dispatch=False), "workflow-exists").outcome is Outcome.PASS


def test_a_workflow_that_a_commit_of_the_past_does_not_have_yet_is_pointed_out() -> None:
    found = answer(of_the_past(tree(*PACKAGES, profile=relying_on("release.yml"))), "workflow-exists")
    assert (found.outcome, [each.where for each in found.warnings]) == (Outcome.PASS, [RELEASE])


def test_a_workflow_of_the_past_that_is_there_must_be_right() -> None:
    found = answer(of_the_past(workflow("on: [push]\n")), "workflow-exists")
    assert fails(found, RELEASE, "cannot be dispatched")


def test_without_a_declared_workflow_there_is_nothing_to_ask() -> None:
    assert answer(tree(*PACKAGES, profile=project()), "workflow-exists").outcome is Outcome.SKIP


def test_a_workflow_cannot_be_asked_for_in_a_tree_of_manifests() -> None:
    found = of_manifests_alone(tree(*PACKAGES, profile=relying_on("release.yml")))
    assert answer(found, "workflow-exists").outcome is Outcome.COULD_NOT_CHECK


def test_the_workflow_of_the_smoke_test_must_be_there_without_being_declared_again() -> None:
    fields = project().model_dump() | {"smoke": {"backend": "dispatch", "workflow": "smoke.yml"}}
    found = tree(*PACKAGES, profile=Project.model_validate(fields), texts={RELEASE: "on: push\n"})
    assert fails(answer(found, "workflow-exists"), ".github/workflows/smoke.yml", "does not exist")
