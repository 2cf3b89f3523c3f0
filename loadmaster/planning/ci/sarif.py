"""The gates' answers as SARIF 2.1.0, which code scanning services take. Values in, a JSON document out.

A problem is a result. A question without an answer is none: it is a notification of the run, as is the failure of a command.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from loadmaster.errors.base import sentence
from loadmaster.planning.gates import GATES
from loadmaster.planning.tree.tree import MANIFEST
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.planning.values.receipt import Failure

VERSION = "2.1.0"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
"""SARIF's usual name of the repository's top."""
_FINGERPRINT = "loadmasterProblem/v1"
_LINE = re.compile(r"\bline \d+|(?<=:)\d+(?=:)")
"""What of a problem's words changes when lines above it do."""


def sarif_log(
    answers: Iterable[GateAnswer], version: str, folder: str = "", failure: Failure | None = None
) -> dict[str, Any]:
    """The log of one run.

    `version` is Loadmaster's. `folder` is the directory of the repository that the problems' paths begin in; "" for its top.
    `failure` is what ended the command before all gates were asked.
    """
    listed = tuple(answers)
    places = {rule["id"]: number for number, rule in enumerate(_rules(listed))}
    return {
        "$schema": _SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {"driver": _driver(listed, version)},
                "automationDetails": {"id": f"loadmaster/{folder}"},
                "invocations": [_invocation(listed, places, failure)],
                "results": _results(listed, places, folder),
            }
        ],
    }


def _driver(answers: tuple[GateAnswer, ...], version: str) -> dict[str, Any]:
    return {"name": "Loadmaster", "version": version, "semanticVersion": version, "rules": _rules(answers)}


def _rules(answers: tuple[GateAnswer, ...]) -> list[dict[str, Any]]:
    """The catalogue, and the gates beside it that were asked: those on permissions and on the smoke test's worker."""
    known = {gate.id for gate in GATES}
    others = dict.fromkeys(answer.gate for answer in answers if answer.gate not in known)
    return [
        *(_rule(gate.id, gate.what, gate.why) for gate in GATES),
        *(_rule(gate, f"Does the gate `{gate}` open?", "") for gate in others),
    ]


def _rule(gate: str, what: str, why: str) -> dict[str, Any]:
    question, _, _ = what.partition("?")
    asked = f"{' '.join(question.split())}?"
    text = f"{' '.join(what.split())}{f' Why: {why}' if why else ''}"
    return {
        "id": gate,
        "name": "".join(word.capitalize() for word in gate.split("-")),
        "shortDescription": {"text": asked},
        "fullDescription": {"text": " ".join(what.split())},
        "help": {"text": text, "markdown": f"{what}\n\n*Why:* {why}" if why else what},
        "defaultConfiguration": {"level": "error"},
    }


def _invocation(answers: tuple[GateAnswer, ...], places: Mapping[str, int], failure: Failure | None) -> dict[str, Any]:
    told: list[dict[str, Any]] = [
        {
            "level": "warning",
            "message": {"text": sentence(f"could not be checked: {answer.why}")},
            "associatedRule": {"id": answer.gate, "index": places[answer.gate]},
        }
        for answer in answers
        if answer.outcome is Outcome.COULD_NOT_CHECK
    ]
    if failure is not None:
        text = f"{failure.what} Why: {failure.why} Next: {failure.next}"
        told.append({"level": "error", "message": {"text": text}, "descriptor": {"id": failure.code or "failed"}})
    return {"executionSuccessful": failure is None, "toolExecutionNotifications": told}


def _results(answers: tuple[GateAnswer, ...], places: Mapping[str, int], folder: str) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    results = []
    for gate, level, problem in _problems(answers):
        mark = _fingerprint(gate, problem)
        seen[mark] += 1
        results.append(
            {
                "ruleId": gate,
                "ruleIndex": places[gate],
                "level": level,
                "message": {"text": f"{problem.places}: {sentence(problem.what)} Next: {problem.fix}"},
                "locations": [_location(problem, folder)],
                "partialFingerprints": {_FINGERPRINT: f"{mark}:{seen[mark]}"},
            }
        )
    return results


def _problems(answers: tuple[GateAnswer, ...]) -> Iterator[tuple[str, str, Problem]]:
    for answer in answers:
        yield from ((answer.gate, "error", problem) for problem in answer.problems)
        yield from ((answer.gate, "warning", problem) for problem in answer.warnings)


def _fingerprint(gate: str, problem: Problem) -> str:
    """The same for the same problem, wherever it moves within its file."""
    words = "\0".join((gate, problem.file or problem.where, _LINE.sub("", problem.what)))
    return hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()[:32]


def _location(problem: Problem, folder: str) -> dict[str, Any]:
    """The problem's place in its file. What is of no file, such as a tag, is told at the root manifest: services refuse a result
    without a file.
    """
    path = f"{folder}/{problem.file or MANIFEST}" if folder else problem.file or MANIFEST
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(path, errors="surrogatepass"), "uriBaseId": _ROOT}}
    if problem.file is not None and problem.line is not None:
        physical["region"] = {"startLine": problem.line}
    location: dict[str, Any] = {"physicalLocation": physical}
    if problem.file is None:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.where}]
    return location
