"""The rules for refs: what a scenario forbids, in GitHub's words. Values in, violations out; nobody is asked anything.

That a protected branch is neither rewound nor deleted, and a tag neither moved nor deleted, are rules of every rehearsal's remote.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from loadmaster.rehearsal.forge.git_data.updating import RefUpdate
from loadmaster.rehearsal.forge_scenario import ForgeScenario

CheckState = Literal["success", "pending", "failure"]
PROTECTED, RULES = "GH006", "GH013"
THROUGH_PULL_REQUEST = "Changes must be made through a pull request."
CREATION = "Cannot create ref due to creations being restricted."


class Violation(NamedTuple):
    code: str
    """`GH006`: a protected branch; `GH013`: a ruleset."""
    text: str


def push_violations(
    scenario: ForgeScenario, release_branch: str, update: RefUpdate, checks: Mapping[str, CheckState], *, rewinds: bool
) -> tuple[Violation, ...]:
    """What speaks against an update that comes by a push, or by the API for refs. `checks`: of the new commit, by name;
    `rewinds`: whether the old commit is not in the new one's history."""
    if update.tag is not None:
        return _of_tag(scenario, update)
    if update.branch != release_branch:
        return ()
    code = RULES if scenario.protection == "ruleset" else PROTECTED
    if update.deletes:
        return (Violation(PROTECTED, "Cannot delete this branch"),)
    found = []
    if not update.creates and rewinds:
        found.append(Violation(PROTECTED, "Cannot force-push to this branch"))
    if scenario.requires_pull_request or scenario.approvals is not None:
        found.append(Violation(code, THROUGH_PULL_REQUEST))
    if (text := checks_missing(scenario.required_checks, checks)) is not None:
        found.append(Violation(code, text))
    return tuple(found)


def checks_missing(required: tuple[str, ...], checks: Mapping[str, CheckState]) -> str | None:
    """GitHub's words for required checks that have not passed; None if all have."""
    words = {"pending": "expected", "failure": "failing"}
    open_ones = [(name, words[checks.get(name, "pending")]) for name in required if checks.get(name) != "success"]
    if not open_ones:
        return None
    if len(open_ones) == 1:
        name, word = open_ones[0]
        return f'Required status check "{name}" is {word}.'
    word = "failing" if any(word == "failing" for _, word in open_ones) else "expected"
    return f"{len(open_ones)} of {len(required)} required status checks are {word}."


def hook_text(ref: str, violations: tuple[Violation, ...]) -> str:
    """As the remote says it at a push."""
    code = violations[0].code
    head = {
        PROTECTED: f"{PROTECTED}: Protected branch update failed for {ref}.",
        RULES: f"{RULES}: Repository rule violations found for {ref}.",
    }[code]
    return "\n\n".join([head, *(f"- {each.text}" for each in violations)])


def api_text(violations: tuple[Violation, ...]) -> str:
    """As the API says it."""
    if violations[0].code == PROTECTED:
        return violations[0].text
    return "Repository rule violations found\n\n" + "".join(f"{each.text}\n\n" for each in violations)


def _of_tag(scenario: ForgeScenario, update: RefUpdate) -> tuple[Violation, ...]:
    if update.deletes:
        return (Violation(RULES, "Cannot delete this tag"),)
    if not update.creates:
        return (Violation(RULES, "Cannot update this protected ref."),)
    if any(fnmatchcase(update.tag or "", pattern) for pattern in scenario.forbidden_tags):
        return (Violation(RULES, CREATION),)
    return ()
