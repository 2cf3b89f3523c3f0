"""A release commit that gets onto the release branch by a pull request, perhaps with another id: it is known by its tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import httpx
from pydantic import JsonValue

from loadmaster.clients import git
from loadmaster.clients.forge import pulls
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.forge.landing import PullClosed, PullHeadMoved
from loadmaster.planning.forge.pulls import PullRequest
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectKind
from loadmaster.planning.values.state import ObjectState
from loadmaster.things.thing import Thing


class LandingObservation(Observation):
    landed: str | None = None
    """The commit of the release branch that has the tree."""
    tip: str | None = None
    """The release branch's own."""


@dataclass(frozen=True, kw_only=True)
class LandedCommit(Thing[LandingObservation]):
    """The release commit on the release branch: itself, or one with the same tree that a pull request made of it."""

    kind: ClassVar[ObjectKind] = "commit"
    checkout: Path
    """Has the commit. Later commits of the branch are fetched into it."""
    remote: str
    branch: str
    base: str
    """The commit that the release was planned from."""
    commit: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """Additional variables for git."""

    @property
    def id(self) -> str:
        return self.commit

    @property
    def place(self) -> str:
        return f"{self.remote} ({self.branch})"

    def observe(self) -> LandingObservation:
        """Raises what `git.observe_refs` and `git.fetch_branch` raise."""
        tip = git.observe_refs(self.remote, extra=self.environment).get(f"refs/heads/{self.branch}")
        if tip is None:
            return LandingObservation(state=ObjectState.ABSENT, code="not-on-branch", facts={"branch": self.branch})
        if not git.has_commit(self.checkout, tip):
            git.fetch_branch(self.checkout, self.remote, self.branch, extra=self.environment)
        facts = {"branch": self.branch, "tip": tip}
        if git.is_ancestor(self.checkout, self.commit, tip):
            return LandingObservation(
                state=ObjectState.SAME, code="on-branch", facts=facts, landed=self.commit, tip=tip
            )
        tree = git.tree_of(self.checkout, self.commit)
        landed = git.commit_with_tree(self.checkout, tree, self.base, tip)
        if landed is None:
            return LandingObservation(state=ObjectState.ABSENT, code="not-on-branch", facts=facts, tip=tip)
        why = f"its tree is on `{self.branch}` as {landed}"
        facts = {**facts, "ours": self.commit}
        return LandingObservation(state=ObjectState.SAME, code="landed", facts=facts, why=why, landed=landed, tip=tip)


class PullObservation(Observation):
    pull: PullRequest | None = None


@dataclass(frozen=True, kw_only=True)
class OpenedPull(Thing[PullObservation]):
    """The pull request from the release's own branch, open or merged."""

    kind: ClassVar[ObjectKind] = "pull-request"
    client: httpx.Client
    branch: str
    base: str
    commit: str

    @property
    def id(self) -> str:
        return self.branch

    @property
    def place(self) -> str:
        return str(self.client.base_url)

    def observe(self) -> PullObservation:
        """Of several, one that is merged or open counts before one that is closed. Raises what `find_pulls` raises."""
        found = pulls.find_pulls(self.client, self.branch, self.base)
        ours = [pull for pull in found if pull.head.sha == self.commit]
        pull = next((each for each in ours if each.is_merged), None) or next(
            (each for each in ours if each.is_open), None
        )
        if pull is not None:
            code = "merged" if pull.is_merged else "open"
            return PullObservation(state=ObjectState.SAME, code=code, facts=_facts(pull), why=pull.url, pull=pull)
        foreign = next((each for each in found if each.is_open), None)
        if foreign is not None:
            facts = {**_facts(foreign), "ours": self.commit}
            return PullObservation(state=ObjectState.DIFFERENT, code="other-head", facts=facts, pull=foreign)
        if ours:
            facts = _facts(ours[0])
            return PullObservation(state=ObjectState.DIFFERENT, code="closed", facts=facts, pull=ours[0])
        return PullObservation(state=ObjectState.ABSENT, code="absent", why="not on the forge")

    def conflict(self, seen: PullObservation) -> LoadmasterError:
        assert seen.pull is not None  # it is there, and not ours
        if seen.code == "closed":
            return PullClosed(seen.pull.url, self.base)
        return PullHeadMoved(self.branch, self.commit, seen.pull.head.sha)

    def open(self, push: Callable[[], object], title: str, body: str) -> None:
        """`push` brings the branch to the forge."""
        push()
        pulls.open_pull(self.client, branch=self.branch, base=self.base, title=title, body=body)


@dataclass(frozen=True, kw_only=True)
class OfferedBranch(Thing[Observation]):
    """The branch of the pull request, at the release commit. It is never moved."""

    kind: ClassVar[ObjectKind] = "commit"
    remote: str
    branch: str
    commit: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.branch

    @property
    def place(self) -> str:
        return self.remote

    def observe(self) -> Observation:
        """Raises what `git.observe_refs` raises."""
        tip = git.observe_refs(self.remote, extra=self.environment).get(f"refs/heads/{self.branch}")
        if tip is None:
            return Observation(state=ObjectState.ABSENT, code="absent")
        state = ObjectState.SAME if tip == self.commit else ObjectState.DIFFERENT
        return Observation(state=state, code="on-commit", facts={"commit": tip})

    def conflict(self, seen: Observation) -> LoadmasterError:
        return PullHeadMoved(self.branch, self.commit, str((seen.facts or {}).get("commit")))

    def push(self, checkout: Path) -> None:
        """Raises what `git.push` raises."""
        git.push(checkout, self.remote, [f"{self.commit}:refs/heads/{self.branch}"], extra=self.environment)


def _facts(pull: PullRequest) -> dict[str, JsonValue]:
    return {"number": pull.number, "url": pull.url, "head": pull.head.sha}
