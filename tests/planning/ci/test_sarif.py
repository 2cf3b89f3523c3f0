"""SARIF: valid by the published schema, with a rule for each gate, places that exist, and fingerprints that stay."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from loadmaster.planning.ci.sarif import sarif_log
from loadmaster.planning.gates import GATES
from loadmaster.planning.values.gate import GateAnswer, Problem
from loadmaster.planning.values.receipt import Failure
from tests.kit.checkers import sarif_schema

LINE = Problem.in_file("app/my crate/Cargo.toml", 7, what="depends on `hull`", fix="add a version.")
TAG = Problem(where="v1.4.0", what="exists already", fix="release another version.")
FAILURE = Failure(what="It is no tree.", why="a file is missing.", next="name another.", code="tree-not-judged")
ANSWERS = (
    GateAnswer.of("git-dependency", 2, [LINE]),
    GateAnswer.of("tag-free", 1, [TAG]).model_copy(update={"warnings": (LINE,)}),
    GateAnswer.could_not_check("clippy", "nobody ran it"),
    GateAnswer.of("owners", 1, [TAG]),
    GateAnswer.skip("msrv", "no package declares one"),
)


def run_of(*answers: GateAnswer, **more: Any) -> Any:
    return sarif_log(answers, "1.2.3", **more)["runs"][0]


@pytest.fixture(scope="session")
def schema() -> Any:
    return sarif_schema()


@pytest.mark.parametrize(
    "more", [{}, {"folder": "rust"}, {"failure": FAILURE}], ids=["the top", "below it", "a failure"]
)
def test_it_is_valid_by_the_published_schema(more: dict[str, Any], schema: Any) -> None:
    jsonschema.validate(sarif_log(ANSWERS, "1.2.3", **more), schema)


def test_planted_a_log_without_a_message_is_refused_by_the_schema(schema: Any) -> None:
    log = sarif_log(ANSWERS, "1.2.3")
    del log["runs"][0]["results"][0]["message"]
    with pytest.raises(jsonschema.ValidationError, match="'message' is a required property"):
        jsonschema.validate(log, schema)


def test_every_gate_of_the_catalogue_is_a_rule_with_help_and_one_beside_it_becomes_one() -> None:
    rules = run_of(*ANSWERS)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [*(gate.id for gate in GATES), "owners"]
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules)
    assert all(rule["shortDescription"]["text"].endswith("?") for rule in rules)
    why = next(gate.why for gate in GATES if gate.id == "git-dependency")
    assert why in next(rule for rule in rules if rule["id"] == "git-dependency")["help"]["markdown"]


def test_problems_are_errors_and_warnings_warn_each_by_its_rule() -> None:
    run = run_of(*ANSWERS)
    rules = run["tool"]["driver"]["rules"]
    told = [(rules[result["ruleIndex"]]["id"], result["level"]) for result in run["results"]]
    assert told == [("git-dependency", "error"), ("tag-free", "error"), ("tag-free", "warning"), ("owners", "error")]
    assert [result["ruleId"] for result in run["results"]] == [gate for gate, _ in told]


def test_a_place_is_a_file_with_its_line_below_the_repository_s_top() -> None:
    (result,) = run_of(ANSWERS[0], folder="rust")["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "rust/app/my%20crate/Cargo.toml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }


def test_what_is_of_no_file_is_told_at_the_root_manifest_without_a_line() -> None:
    (result,) = run_of(ANSWERS[3])["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "Cargo.toml"
    assert "region" not in location["physicalLocation"]
    assert location["logicalLocations"] == [{"fullyQualifiedName": "v1.4.0"}]


def test_an_open_question_is_a_notification_and_no_result() -> None:
    run = run_of(ANSWERS[2])
    assert run["results"] == []
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"]
    (told,) = invocation["toolExecutionNotifications"]
    assert (told["level"], told["associatedRule"]["id"]) == ("warning", "clippy")


def test_a_failure_of_the_command_says_that_it_was_none() -> None:
    (invocation,) = run_of(failure=FAILURE)["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["descriptor"] == {"id": "tree-not-judged"}


def marks(*problems: Problem) -> list[str]:
    results = run_of(GateAnswer.of("clippy", 9, problems))["results"]
    return [each["partialFingerprints"]["loadmasterProblem/v1"] for each in results]


def test_a_fingerprint_stays_when_the_problem_moves_and_differs_between_problems() -> None:
    said = "CHANGELOG.md", "says in line {} that something is breaking"
    one, moved = (Problem.in_file(said[0], line, what=said[1].format(line), fix="x.") for line in (3, 30))
    assert marks(one) == marks(moved)
    assert len({*marks(one), *marks(LINE), *marks(TAG)}) == 3


def test_equal_problems_of_one_run_have_fingerprints_of_their_own() -> None:
    first, second = marks(LINE, LINE)
    assert first != second
    assert first == marks(LINE)[0]
