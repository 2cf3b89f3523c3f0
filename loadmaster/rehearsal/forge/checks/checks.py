"""All checks of a commit together: what each says at the present instant, and what that means for a required check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.forge.checks.records import ChecksMemory, StatusRecord
from loadmaster.rehearsal.forge.git_data.ref_rules import CheckState
from loadmaster.rehearsal.forge.memory.premises import SOMEBODY, Premises

_PASSED = ("success", "neutral", "skipped")
_PLAYED_IDS = 1 << 40
"""The ids of played checks begin above those of jobs."""


class CheckSeen(Value):
    """A check run at the present instant."""

    id: int
    name: str
    sha: str
    status: Literal["queued", "in_progress", "completed", "waiting"]
    conclusion: str | None
    started: float
    completed: float | None
    job_of: int | None = None
    """The run whose job it is."""


class Checks:
    def __init__(self, premises: Premises, memory: ChecksMemory, jobs: Callable[[str], Sequence[CheckSeen]]) -> None:
        """`jobs` gives the checks that a commit's workflows make."""
        self._premises, self._memory, self._jobs = premises, memory, jobs

    def runs(self, sha: str) -> list[CheckSeen]:
        """The check runs of a commit."""
        return [*self._jobs(sha), *self._played(sha)]

    def statuses(self, sha: str) -> list[StatusRecord]:
        """The commit statuses, newest first, those of the scenario among them."""
        posted = [each for each in self._memory.statuses.all() if each.sha == sha]
        return sorted([*posted, *self._played_statuses(sha)], key=lambda each: (each.at, each.id), reverse=True)

    def latest_statuses(self, sha: str) -> list[StatusRecord]:
        """The newest one of each context, as the combined status counts them."""
        found: dict[str, StatusRecord] = {}
        for each in self.statuses(sha):
            found.setdefault(each.context, each)
        return list(found.values())

    def states(self, sha: str) -> Mapping[str, CheckState]:
        """By name."""
        found: dict[str, CheckState] = {}
        for run in self.runs(sha):
            over = run.status == "completed"
            found[run.name] = "pending" if not over else "success" if run.conclusion in _PASSED else "failure"
        for status in self.latest_statuses(sha):
            words: dict[str, CheckState] = {"success": "success", "pending": "pending"}
            found[status.context] = words.get(status.state, "failure")
        return found

    def _played(self, sha: str) -> list[CheckSeen]:
        arrived = self._memory.arrival(sha)
        if arrived is None:
            return []
        return [
            CheckSeen(
                id=_PLAYED_IDS + number * 1_000_000 + int(sha[:4], 16),
                name=each.name,
                sha=sha,
                status="completed" if self._is_over(arrived, each.seconds, each.conclusion) else "in_progress",
                conclusion=each.conclusion if self._is_over(arrived, each.seconds, each.conclusion) else None,
                started=arrived,
                completed=arrived + each.seconds if self._is_over(arrived, each.seconds, each.conclusion) else None,
            )
            for number, each in enumerate(self._premises.scenario.checks)
            if each.kind == "check"
        ]

    def _played_statuses(self, sha: str) -> list[StatusRecord]:
        arrived = self._memory.arrival(sha)
        if arrived is None:
            return []
        found = []
        for number, each in enumerate(self._premises.scenario.checks):
            if each.kind == "status":
                over = self._is_over(arrived, each.seconds, each.conclusion)
                state = "pending" if not over else "success" if each.conclusion in _PASSED else "failure"
                record = StatusRecord(
                    id=_PLAYED_IDS + number,
                    sha=sha,
                    state=state,
                    context=each.name,
                    at=arrived + (each.seconds if over else 0),
                    creator=SOMEBODY,
                )
                found.append(record)
        return found

    def _is_over(self, arrived: float, seconds: float, conclusion: str | None) -> bool:
        return conclusion is not None and arrived + seconds <= self._premises.now()
