"""The measures of a forge: they find what is planted. GitHub's own examples pass them, or the slip is known."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.kit.github_openapi import description, problems, schema_problems, statuses
from tests.kit.github_recordings import SCENARIOS, error_codes, exchanges, shape_problems, transport, webhook_examples

RUN = "/repos/ada/hangar/actions/runs/7"


@pytest.fixture
def run() -> dict[str, Any]:
    """GitHub's example of a workflow run."""
    examples = description()["components"]["examples"]
    made: dict[str, Any] = json.loads(json.dumps(examples["workflow-run"]["value"]))
    return made


def test_a_sound_answer_has_no_problems(run: dict[str, Any]) -> None:
    assert [each for each in problems("GET", RUN, 200, run) if "repository" not in each] == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"id": "7"}, "id: '7' is not of type 'integer'"),
        ({"html_url": None}, "html_url: None is not of type 'string'"),
        ({"conclussion": None}, "conclussion: GitHub gives no such key"),
        ({"head_commit": {"id": 1}}, "head_commit/id: 1 is not of type 'string'"),
    ],
    ids=str,
)
def test_planted_a_slip_in_an_answer_is_found(run: dict[str, Any], change: dict[str, Any], found: str) -> None:
    assert found in problems("GET", RUN, 200, run | change)


def test_planted_a_missing_key_is_found(run: dict[str, Any]) -> None:
    del run["head_sha"]
    assert "(top): 'head_sha' is a required property" in problems("GET", RUN, 200, run)


@pytest.mark.parametrize(
    ("method", "path", "status", "why"),
    [
        ("GET", "/repos/ada/hangar/actions/flights", 200, "has no /repos"),
        ("PUT", RUN, 200, "has no PUT"),
        ("GET", RUN, 418, "never answers 418"),
    ],
)
def test_a_request_that_github_does_not_have_is_told(method: str, path: str, status: int, why: str) -> None:
    with pytest.raises(LookupError, match=why):
        problems(method, path, status, {})


def test_an_answer_without_a_body_has_none() -> None:
    assert problems("DELETE", "/repos/ada/hangar/git/refs/heads/a/b", 204, None) == []
    assert problems("DELETE", "/repos/ada/hangar/git/refs/heads/a/b", 204, {"a": 1}) != []
    assert 422 in statuses("POST", "/repos/ada/hangar/git/refs")


def test_a_known_slip_of_the_description_is_none(run: dict[str, Any]) -> None:
    asset = description()["components"]["examples"]["release-asset"]["value"] | {"digest": None}
    assert schema_problems("release-asset", asset | {"state": "starter"}) == []
    assert schema_problems("release-asset", asset | {"state": "started"}) != []


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_recording_can_be_read_and_has_its_own_shape(scenario: str) -> None:
    for each in exchanges(scenario):
        assert list(shape_problems(each.answer, each.answer)) == []


def test_planted_other_shapes_are_found() -> None:
    recorded = exchanges("git-refs")[1].answer
    given = {**recorded, "object": {**recorded["object"], "sha": 1}}
    del given["url"]
    assert list(shape_problems(recorded, given)) == [
        "/url: is recorded, and not given",
        "/object/sha: str is recorded, int is given",
    ]
    assert list(shape_problems(recorded, given, without=frozenset({"url", "sha"}))) == []


def test_the_codes_of_errors_are_read() -> None:
    refused = exchanges("release-assets-conflict")[1]
    assert (refused.status, error_codes(refused.answer)) == (422, (("ReleaseAsset", "name", "already_exists"),))


def test_a_client_can_meet_a_recording_in_its_order_only() -> None:
    recorded = exchanges("git-refs")
    with httpx.Client(transport=transport(recorded)) as client:
        assert client.get(recorded[0].url).json() == recorded[0].answer
        with pytest.raises(AssertionError):
            client.get(recorded[0].url)


def test_the_examples_of_jobs_spell_their_states() -> None:
    states = {each["workflow_job"]["status"] for each in webhook_examples("workflow_job")}
    assert states == {"queued", "waiting", "in_progress", "completed"}
