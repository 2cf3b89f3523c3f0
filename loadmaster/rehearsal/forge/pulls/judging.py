"""Whether a pull request can be merged, and what GitHub says if not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from loadmaster.rehearsal.forge.checks.checks import Checks
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.git_data.ref_rules import CheckState, checks_missing
from loadmaster.rehearsal.forge.memory.premises import Premises
from loadmaster.rehearsal.forge.pulls.merging import merged_tree
from loadmaster.rehearsal.forge.pulls.records import PullRecord

MergeableState = Literal["clean", "blocked", "behind", "dirty", "draft", "unstable", "unknown"]
NOT_MERGEABLE = "Pull Request is not mergeable"


class Mergeability(NamedTuple):
    mergeable: bool | None
    state: MergeableState
    refusal: str | None
    """What a merge is refused with; None if it is not."""


class PullJudge:
    def __init__(self, premises: Premises, checks: Checks) -> None:
        self._premises, self._checks = premises, checks

    def judge(self, pull: PullRecord) -> Mergeability:
        """At the present instant, for the commits that it names."""
        remote, scenario = self._premises.remote, self._premises.scenario
        if pull.draft:
            return Mergeability(True, "draft", "Pull Request is still a draft")
        if merged_tree(remote, pull.base_sha, pull.head_sha) is None:
            return Mergeability(False, "dirty", NOT_MERGEABLE)
        protected = pull.base == looking.default_branch(remote)
        states = self._checks.states(pull.head_sha)
        missing = checks_missing(scenario.required_checks, states) if protected else None
        if protected and scenario.requires_up_to_date and not looking.is_ancestor(remote, pull.base_sha, pull.head_sha):
            required = len(scenario.required_checks)
            behind = f"{required} of {required} required status checks are expected." if required else NOT_MERGEABLE
            return Mergeability(True, "behind", behind)
        if protected and (lacking := self._approvals_lacking(pull)):
            reviews = "review is" if lacking == 1 else "reviews are"
            text = f"At least {lacking} approving {reviews} required by reviewers with write access."
            return Mergeability(True, "blocked", text)
        if missing is not None:
            return Mergeability(True, "blocked", missing)
        return Mergeability(True, "unstable" if _unstable(states) else "clean", None)

    def approvals(self, pull: PullRecord) -> int:
        """How many people have approved it."""
        said = self._premises.scenario.approvals
        if said is None or said.after_seconds is None or self._premises.now() < pull.created + said.after_seconds:
            return 0
        return said.required

    def _approvals_lacking(self, pull: PullRecord) -> int:
        said = self._premises.scenario.approvals
        return 0 if said is None else said.required - self.approvals(pull)


def _unstable(states: Mapping[str, CheckState]) -> bool:
    """Whether a check that is not required has not passed."""
    return any(state != "success" for state in states.values())
