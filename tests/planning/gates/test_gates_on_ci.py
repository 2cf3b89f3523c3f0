"""The gate on the workflow that publishes: whether the profile's table `ci` and the file say the same."""

from __future__ import annotations

import pytest

from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import package, project
from tests.kit.gates_asked import answer, fails, of_manifests_alone, of_the_past, tree

RELEASE = ".github/workflows/release.yml"
PACKAGES = (package("app"), package("core"))
GOOD = """
on:
  push: {tags: ["v*"]}
  workflow_dispatch: {inputs: {version: {required: true}}}
permissions: {}
jobs:
  build: {}
  publish:
    environment: crates
    permissions: {id-token: write}
"""


def profile(**ci: object) -> Project:
    publishing = {"repository": "ada/hangar", "workflow": "release.yml", "environment": "crates"}
    said = {"workflow": "release.yml", "job": "publish", **ci}
    fields = project().model_dump() | {"publisher": "ci", "ci": said}
    fields["registry"] |= {"trusted_publishing": publishing}
    return Project.model_validate(fields)


def workflow(text: str, **ci: object) -> Evidence:
    return tree(*PACKAGES, profile=profile(**ci), texts={RELEASE: text}, tag="v1.0.0")


def test_a_workflow_as_the_profile_says_passes() -> None:
    assert answer(workflow(GOOD), "ci-workflow").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("on: [push\n", "is no workflow"),
        ("on: push\n", "is no workflow: it has no `jobs`"),
        (GOOD.replace('"v*"', '"w*"'), "is not started by the tag `v1.0.0`"),
        (GOOD.replace("push:", "pull_request:"), "is not started by the tag `v1.0.0`"),
        (GOOD.replace("  publish:", "  upload:"), "has no job `publish`; it has `build`, `upload`"),
        (GOOD.replace("id-token: write", "id-token: read"), "gives its job `publish` no ID tokens"),
        (GOOD.replace("    permissions: {id-token: write}\n", ""), "gives its job `publish` no ID tokens"),
        (GOOD.replace("environment: crates", "environment: release"), "which names the environment `release`"),
        (GOOD.replace("    environment: crates\n", ""), "which names no environment"),
    ],
)
def test_one_that_could_not_publish_is_found(text: str, told: str) -> None:
    assert fails(answer(workflow(text), "ci-workflow"), RELEASE, told)


@pytest.mark.parametrize(
    ("dispatch", "text", "told"),
    [
        ({}, GOOD, "needs `version`"),
        ({"version": "{version}", "tag": "{tag}"}, GOOD, "does not take `tag`"),
        ({"version": "{version}"}, GOOD.replace("workflow_dispatch", "schedule"), "cannot be started by hand"),
    ],
)
def test_one_that_could_not_be_started_by_hand_is_found(dispatch: dict[str, str], text: str, told: str) -> None:
    assert fails(answer(workflow(text, dispatch=dispatch), "ci-workflow"), RELEASE, told)


def test_one_that_is_started_by_hand_needs_no_tag() -> None:
    text = GOOD.replace("push:", "pull_request:")
    assert answer(workflow(text, dispatch={"version": "{version}"}), "ci-workflow").outcome is Outcome.PASS


def test_another_file_than_trusted_publishing_expects_is_found() -> None:
    moved = tree(*PACKAGES, profile=profile(workflow="publish.yml"), texts={".github/workflows/publish.yml": GOOD})
    assert fails(answer(moved, "ci-workflow"), ".github/workflows/publish.yml", "is not `release.yml`")


def test_a_called_workflow_may_get_its_permissions_there() -> None:
    called = GOOD.replace("    permissions: {id-token: write}\n", "    uses: ./.github/workflows/other.yml\n")
    assert answer(workflow(called), "ci-workflow").outcome is Outcome.PASS


def test_a_file_that_is_not_there_is_found_and_in_the_past_pointed_out() -> None:
    missing = tree(*PACKAGES, profile=profile())
    assert fails(answer(missing, "ci-workflow"), RELEASE, "does not exist")
    past = answer(of_the_past(missing), "ci-workflow")
    assert (past.outcome, [each.where for each in past.warnings]) == (Outcome.PASS, [RELEASE])


def test_nothing_is_asked_without_the_table_and_nothing_answered_by_manifests_alone() -> None:
    assert answer(tree(*PACKAGES, profile=project()), "ci-workflow").outcome is Outcome.SKIP
    alone = of_manifests_alone(tree(*PACKAGES, profile=profile()))
    assert answer(alone, "ci-workflow").outcome is Outcome.COULD_NOT_CHECK
