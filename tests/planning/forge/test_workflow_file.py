"""What a workflow's file says of its start and its jobs."""

from __future__ import annotations

import pytest

from loadmaster.planning.forge.workflow_file import read_workflow
from loadmaster.planning.values.yaml_text import NotYaml

RELEASE = """
name: Release
on:
  push:
    tags: ["v*", "!v*-rc*"]
  workflow_dispatch:
    inputs:
      version: {required: true}
      channel: {required: true, default: stable}
      note: {}
permissions: {}
jobs:
  build:
    strategy: {matrix: {target: [a, b]}}
    runs-on: ubuntu-latest
  publish-crates:
    name: Publish to the registry
    needs: [build]
    environment: {name: crates, url: https://example.org}
    permissions: {id-token: write, contents: read}
  called:
    needs: build
    uses: ./.github/workflows/other.yml
"""


def jobs(text: str = "  a: {}") -> str:
    return f"jobs:\n{text}\n"


def test_a_release_workflow_is_read_whole() -> None:
    workflow = read_workflow(RELEASE)
    publish, build, called = (workflow.job(id) for id in ("publish-crates", "build", "called"))
    assert publish is not None and build is not None and called is not None
    assert (publish.title, publish.needs, publish.environment) == ("Publish to the registry", ("build",), "crates")
    assert workflow.may(publish, "id-token")
    assert not workflow.may(publish, "contents")
    assert workflow.may(publish, "contents", "read")
    assert not workflow.may(build, "id-token")
    assert called.calls == "./.github/workflows/other.yml"
    assert called.needs == ("build",)
    assert workflow.dispatch == {"version": True, "channel": False, "note": False}


@pytest.mark.parametrize(("tag", "starts"), [("v1.0.0", True), ("v1.0.0-rc.1", False), ("1.0.0", False)])
def test_which_tags_start_it(tag: str, starts: bool) -> None:
    workflow = read_workflow(RELEASE)
    assert workflow.push is not None
    assert workflow.push.takes_tag(tag) is starts


@pytest.mark.parametrize(
    ("on", "starts"),
    [
        ("push", True),
        ("[push, pull_request]", True),
        ("{push: }", True),
        ("{push: {branches: [main]}}", False),
        ("{push: {branches: [main], tags: ['v*']}}", True),
        ("{push: {tags-ignore: ['v*']}}", False),
        ("{push: {tags-ignore: ['x*']}}", True),
    ],
)
def test_a_push_of_a_tag_starts_what_says_nothing_against_it(on: str, starts: bool) -> None:
    workflow = read_workflow(f"on: {on}\n{jobs()}")
    assert workflow.push is not None
    assert workflow.push.takes_tag("v1.0.0") is starts


@pytest.mark.parametrize("on", ["workflow_dispatch", "[release]", "{schedule: [{cron: '0 0 * * *'}]}"])
def test_other_events_are_no_push(on: str) -> None:
    assert read_workflow(f"on: {on}\n{jobs()}").push is None


def test_permissions_of_the_file_hold_for_jobs_that_say_nothing() -> None:
    workflow = read_workflow(f"permissions: write-all\n{jobs('  a: {}')}  b: {{permissions: {{contents: read}}}}\n")
    assert workflow.may(workflow.jobs[0], "id-token")
    assert not workflow.may(workflow.jobs[1], "id-token")


@pytest.mark.parametrize(
    ("shown", "is_it"),
    [
        ("Publish to the registry", True),
        ("Publish to the registry (linux, 1.95)", True),
        ("Publish to the registry / upload", True),
        ("Publish to the registry again", False),
        ("publish-crates", False),
    ],
)
def test_a_job_is_known_by_what_the_forge_shows(shown: str, is_it: bool) -> None:
    job = read_workflow(RELEASE).job("publish-crates")
    assert job is not None
    assert job.is_shown_as(shown) is is_it


@pytest.mark.parametrize("text", ["", "- a", "on: push", "on: push\njobs: []", "on: [", "jobs: {}"])
def test_what_is_no_workflow_is_told(text: str) -> None:
    with pytest.raises(NotYaml):
        read_workflow(text)
