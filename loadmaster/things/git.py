"""The commit and the tag of a release, at the git remote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from loadmaster.clients import git
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.git import TagTaken
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectKind
from loadmaster.planning.values.state import ObjectState
from loadmaster.things.thing import Thing


@dataclass(frozen=True, kw_only=True)
class PushedCommit(Thing[Observation]):
    """The release commit on the release branch: at its tip, or below later commits."""

    kind: ClassVar[ObjectKind] = "commit"
    checkout: Path
    """Has the commit. Later commits of the branch are fetched into it."""
    remote: str
    branch: str
    commit: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """Additional variables for git."""

    @property
    def id(self) -> str:
        return self.commit

    @property
    def place(self) -> str:
        return f"{self.remote} ({self.branch})"

    def observe(self) -> Observation:
        """Raises what `git.observe_refs` raises."""
        tip = git.observe_refs(self.remote, extra=self.environment).get(f"refs/heads/{self.branch}")
        if tip is not None and self._is_below(tip):
            facts = {"branch": self.branch, "tip": tip}
            return Observation(state=ObjectState.SAME, code="on-branch", facts=facts)
        return Observation(state=ObjectState.ABSENT, code="not-on-branch", facts={"branch": self.branch, "tip": tip})

    def _is_below(self, tip: str) -> bool:
        if tip == self.commit:
            return True
        if not git.has_commit(self.checkout, tip):
            git.fetch_branch(self.checkout, self.remote, self.branch, extra=self.environment)
        return git.has_commit(self.checkout, tip) and git.is_ancestor(self.checkout, self.commit, tip)

    def push(self) -> None:
        """Raises `PushNotFastForward` if the branch has moved on without it, and what else `git.push` raises."""
        git.push(self.checkout, self.remote, [f"{self.commit}:refs/heads/{self.branch}"], extra=self.environment)


TagOwnership = Callable[[str], Observation]
"""Judges the commit of a tag: `same` if the tag is the release's own, else `different` or `unknown`, and why."""


@dataclass(frozen=True, kw_only=True)
class PushedTag(Thing[Observation]):
    """The release's tag at the remote."""

    kind: ClassVar[ObjectKind] = "tag"
    remote: str
    name: str
    ownership: TagOwnership
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        return self.remote

    def observe(self) -> Observation:
        """Raises what `git.observe_refs` raises."""
        return self.judge(git.observe_refs(self.remote, extra=self.environment))

    def judge(self, refs: Mapping[str, str]) -> Observation:
        """As `observe`, from the given refs of the remote."""
        commit = git.commit_of_tag(refs, self.name)
        if commit is None:
            return Observation(state=ObjectState.ABSENT, code="absent", why="not at the remote")
        return self.ownership(commit)

    def conflict(self, seen: Observation) -> LoadmasterError:
        facts = seen.facts or {}
        return TagTaken(self.name, str(facts.get("ours")), str(facts.get("commit")))

    def push(self, checkout: Path) -> None:
        """Pushes the tag from a checkout that has it. Raises what `git.push` raises."""
        refspec = f"refs/tags/{self.name}:refs/tags/{self.name}"
        git.push(checkout, self.remote, [refspec], extra=self.environment)


def ownership_by_commit(ours: str) -> TagOwnership:
    """A tag is the release's own if it is on this commit."""

    def judge(commit: str) -> Observation:
        state = ObjectState.SAME if commit == ours else ObjectState.DIFFERENT
        code = "on-commit" if commit == ours else "on-another-commit"
        return Observation(state=state, code=code, facts={"ours": ours, "commit": commit})

    return judge
