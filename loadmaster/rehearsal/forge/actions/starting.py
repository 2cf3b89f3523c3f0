"""Which runs an event starts, and how they begin: pushes, dispatches, pull requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from loadmaster.rehearsal.forge.actions.expressions import filled
from loadmaster.rehearsal.forge.actions.records import ActionsMemory, RunRecord
from loadmaster.rehearsal.forge.actions.ref_filters import lets_in
from loadmaster.rehearsal.forge.actions.workflow_file import WorkflowSource
from loadmaster.rehearsal.forge.actions.workflow_files import workflows_at
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate
from loadmaster.rehearsal.forge.memory.premises import ACTOR, SOMEBODY, Premises

_MOST_TAGS = 3
"""GitHub makes no events for the tags of a push that has more."""
_SKIPS = re.compile(r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]|^skip-checks: ?true$", re.MULTILINE)


class Starting:
    def __init__(self, premises: Premises, memory: ActionsMemory, variables: Mapping[str, str]) -> None:
        self._premises, self._memory, self._variables = premises, memory, variables

    def pushed(self, updates: Sequence[RefUpdate], actor: str = ACTOR) -> list[RunRecord]:
        """The runs that one push starts."""
        tags = [each for each in updates if each.tag is not None and each.creates]
        counted = [each for each in updates if not each.deletes and (each.tag is None or len(tags) <= _MOST_TAGS)]
        return [run for update in counted for run in self._of_update(update, actor)]

    def pull_request(self, number: int, branch: str, sha: str, title: str) -> list[RunRecord]:
        sources = [each for each in workflows_at(self._premises.remote, sha) if each.pull_request]
        ref = f"refs/pull/{number}/merge"
        return self._start(sources, "pull_request", ref, branch, sha, title=title, pull=number)

    def dispatched(self, source: WorkflowSource, ref: str, sha: str, inputs: Mapping[str, str]) -> list[RunRecord]:
        branch = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        return self._start([source], "workflow_dispatch", ref, branch, sha, inputs=inputs, title=source.name)

    def _of_update(self, update: RefUpdate, actor: str) -> list[RunRecord]:
        remote = self._premises.remote
        sha = looking.commit_of(remote, update.new) if update.tag is not None else update.new
        if sha is None or (update.tag is None and update.branch is None):
            return []
        commit = looking.commit(remote, sha)
        if _SKIPS.search(commit.message):
            return []
        sources = [each for each in workflows_at(remote, sha) if each.push and lets_in(each.push, update.ref)]
        name = update.tag or update.branch or ""
        started = self._start(sources, "push", update.ref, name, sha, title=commit.title, actor=actor)
        newer = self._premises.scenario.newer_run
        if newer is not None and update.tag is not None and started:
            self._plant_newer(started[0], newer.after_seconds, same_branch=newer.same_branch)
        return started

    def _start(
        self,
        sources: Iterable[WorkflowSource],
        event: str,
        ref: str,
        branch: str,
        sha: str,
        *,
        title: str,
        inputs: Mapping[str, str] | None = None,
        pull: int | None = None,
        actor: str = ACTOR,
    ) -> list[RunRecord]:
        if self._premises.scenario.runs == "none":
            return []
        now, appears_after = self._premises.now(), self._premises.scenario.run_appears_after_seconds
        started = []
        for source in sources:
            if self._memory.is_disabled(source.path):
                continue
            names = {f"inputs.{name}": value for name, value in (inputs or {}).items()}
            names |= {"github.ref_name": branch, "github.ref": ref, "github.actor": actor, "github.sha": sha}
            names |= {f"vars.{name}": value for name, value in self._variables.items()}

            number = self._memory.file.count(f"runs:{source.path}") + 1
            shown = filled(source.run_name, names) if source.run_name else title

            def make(
                identity: int, source: WorkflowSource = source, number: int = number, shown: str = shown
            ) -> RunRecord:
                return RunRecord(
                    id=identity,
                    path=source.path,
                    name=source.name,
                    title=shown,
                    event=event,
                    ref=ref,
                    head_branch=branch,
                    head_sha=sha,
                    number=number,
                    created=now,
                    started=now,
                    updated=now,
                    appears=now + appears_after,
                    inputs=dict(inputs or {}),
                    pull=pull,
                    actor=actor,
                )

            started.append(self._memory.runs.add(make))
        return started

    def _plant_newer(self, ours: RunRecord, after: float, *, same_branch: bool) -> None:
        """A run of the same workflow that has nothing to do with ours: it is for the commit before."""
        commit, when = looking.commit(self._premises.remote, ours.head_sha), ours.created + after
        branch = ours.head_branch if same_branch else looking.default_branch(self._premises.remote)
        changes = {
            "number": self._memory.file.count(f"runs:{ours.path}") + 1,
            "head_sha": commit.parents[0] if commit.parents else ours.head_sha,
            "head_branch": branch,
            "ref": ours.ref if same_branch else f"refs/heads/{branch}",
            "created": when,
            "started": when,
            "updated": when,
            "appears": when,
            "status": "completed",
            "conclusion": "success",
            "actor": SOMEBODY,
            "played": True,
        }
        self._memory.runs.add(lambda identity: ours.model_copy(update={**changes, "id": identity}))
