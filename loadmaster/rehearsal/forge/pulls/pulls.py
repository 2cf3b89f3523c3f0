"""Pull requests at work: they follow their branches, are merged, and other people do to them what the scenario says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from loadmaster.clients.git.command import ask
from loadmaster.rehearsal.forge.checks.records import ChecksMemory
from loadmaster.rehearsal.forge.front.refusals import ForgeProblem
from loadmaster.rehearsal.forge.git_data import looking, updating
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate
from loadmaster.rehearsal.forge.memory.premises import ACTOR, SOMEBODY, Premises
from loadmaster.rehearsal.forge.pulls import merging
from loadmaster.rehearsal.forge.pulls.judging import NOT_MERGEABLE
from loadmaster.rehearsal.forge.pulls.merging import MergeOrder
from loadmaster.rehearsal.forge.pulls.records import PullMemory, PullRecord
from loadmaster.rehearsal.forge_scenario.landing import MergeWay

_METHODS: Mapping[str, Callable[..., str | None]] = {
    "merge": merging.merge,
    "squash": merging.squash,
    "rebase": merging.rebase,
}
BASE_MODIFIED = "Base branch was modified. Review and try the merge again."


class Pulls:
    def __init__(
        self,
        premises: Premises,
        memory: PullMemory,
        checks: ChecksMemory,
        pushed: Callable[[Sequence[RefUpdate], str], None],
        proposed: Callable[[PullRecord], None],
    ) -> None:
        """`pushed` is told of branches that move here, and by whom; `proposed` of heads that are new to a pull request."""
        self._premises, self._memory, self._checks = premises, memory, checks
        self._pushed, self._proposed = pushed, proposed

    def advance(self) -> None:
        """Whoever calls it holds the lock."""
        for pull in self._memory.open_ones():
            followed = self._follow(pull)
            if followed.state == "open":
                self._let_others_act(followed)

    def open(self, title: str, body: str | None, head: str, base: str, *, draft: bool) -> PullRecord:
        remote, now = self._premises.remote, self._premises.now()
        head_sha, base_sha = (looking.commit_of(remote, f"refs/heads/{name}") for name in (head, base))
        assert head_sha is not None
        assert base_sha is not None
        pull = self._memory.pulls.add(
            lambda number: PullRecord(
                id=number,
                title=title,
                body=body,
                head=head,
                base=base,
                head_sha=head_sha,
                base_sha=base_sha,
                draft=draft,
                created=now,
                updated=now,
            )
        )
        self._has_new_head(pull)
        self._overtake(pull, "opened")
        return self._follow(pull)

    def close(self, pull: PullRecord) -> PullRecord:
        now = self._premises.now()
        return self._memory.pulls.put(pull.model_copy(update={"state": "closed", "closed": now, "updated": now}))

    def reopen(self, pull: PullRecord) -> PullRecord:
        update = {"state": "open", "closed": None, "updated": self._premises.now()}
        return self._follow(self._memory.pulls.put(pull.model_copy(update=update)))

    def merge(
        self,
        pull: PullRecord,
        method: MergeWay,
        *,
        by: str = ACTOR,
        title: str | None = None,
        message: str | None = None,
    ) -> PullRecord:
        """Moves the base branch. Raises `ForgeProblem`."""
        if by == ACTOR and self._overtake(pull, "merging"):
            raise ForgeProblem(405, BASE_MODIFIED)
        order = MergeOrder(
            number=pull.id,
            title=pull.title,
            head=pull.head_sha,
            base=pull.base_sha,
            label=f"{self._premises.owner}/{pull.head}",
            author=pull.author,
            merger=by,
            when=self._premises.clock(),
            commit_title=title,
            commit_message=message,
        )
        made = _METHODS[method](self._premises.remote, order)
        if made is None:
            raise ForgeProblem(405, NOT_MERGEABLE)
        self._move(pull.base, pull.base_sha, made, by)
        return self._is_merged(pull, made, by)

    def update_branch(self, pull: PullRecord) -> None:
        """Merges the base into the head. Raises `ForgeProblem`."""
        order = MergeOrder(
            number=pull.id,
            title=f"Merge branch '{pull.base}' into {pull.head}",
            head=pull.base_sha,
            base=pull.head_sha,
            label="",
            author=ACTOR,
            merger=ACTOR,
            when=self._premises.clock(),
            commit_title=f"Merge branch '{pull.base}' into {pull.head}",
            commit_message="",
        )
        made = merging.merge(self._premises.remote, order)
        if made is None:
            raise ForgeProblem(422, "merge conflict between base and head")
        self._move(pull.head, pull.head_sha, made, ACTOR)
        self._follow(pull)

    def _follow(self, pull: PullRecord) -> PullRecord:
        """The pull request with its branches as they are. It is over if its head is in its base, or is gone."""
        remote, now = self._premises.remote, self._premises.now()
        head, base = looking.tip(remote, pull.head), looking.tip(remote, pull.base)
        if head is None or base is None:
            return self.close(pull)
        if (head, base) == (pull.head_sha, pull.base_sha):
            return pull
        moved = pull.model_copy(update={"head_sha": head, "base_sha": base, "updated": now})
        self._memory.pulls.put(moved)
        if looking.is_ancestor(remote, head, base):
            return self._is_merged(moved, head, SOMEBODY)
        if head != pull.head_sha:
            self._has_new_head(moved)
        return moved

    def _has_new_head(self, pull: PullRecord) -> None:
        ask(self._premises.remote, "update-ref", f"refs/pull/{pull.id}/head", pull.head_sha)
        self._checks.arrived(pull.head_sha, self._premises.now())
        self._proposed(pull)

    def _is_merged(self, pull: PullRecord, sha: str, by: str) -> PullRecord:
        now = self._premises.now()
        over = {"state": "closed", "closed": now, "merged": now, "updated": now, "merge_sha": sha, "merged_by": by}
        return self._memory.pulls.put(pull.model_copy(update=over))

    def _move(self, branch: str, old: str, new: str, by: str) -> None:
        update = RefUpdate(ref=f"refs/heads/{branch}", old=old, new=new)
        if not updating.move(self._premises.remote, update):
            raise ForgeProblem(405, BASE_MODIFIED)
        self._pushed([update], by)

    def _let_others_act(self, pull: PullRecord) -> None:
        scenario, now = self._premises.scenario, self._premises.now()
        merges = scenario.merged_by_person
        if merges is not None and now >= pull.created + merges.after_seconds and self._is_news(pull):
            with suppress(ForgeProblem):  # it does not fit
                self.merge(pull, merges.method, by=SOMEBODY)
            return
        closes = scenario.closed_after_seconds
        if closes is not None and now >= pull.created + closes and self._premises.file.count(f"closed-{pull.id}") == 0:
            self.close(pull)

    def _is_news(self, pull: PullRecord) -> bool:
        """Whether somebody has not tried to merge these two commits yet."""
        name, pair = f"tried-{pull.id}", f"{pull.head_sha} {pull.base_sha}"
        if self._premises.file.fact(name) == pair:
            return False
        self._premises.file.note(name, pair)
        return True

    def _overtake(self, pull: PullRecord, when: str) -> bool:
        """Lets somebody else's commit land on the base branch, if the scenario says so for this instant."""
        said, remote = self._premises.scenario.overtaken, self._premises.remote
        if said is None or said.when != when or self._premises.file.count("overtaken") >= said.times:
            return False
        number = self._premises.file.count("overtaking-commits") + 1
        base = looking.commit_of(remote, f"refs/heads/{pull.base}") or pull.base_sha
        name, content = f"SOMEBODY-{number}.md", f"Change {number}\n".encode()
        if said.conflicts:
            name, content = self._conflicting(pull, number)
        moment = datetime.fromtimestamp(self._premises.now(), UTC)
        made = merging.somebody_s_commit(
            remote, base, name, content, SOMEBODY, moment, message=f"Somebody's change {number}"
        )
        self._move(pull.base, base, made, SOMEBODY)
        return True

    def _conflicting(self, pull: PullRecord, number: int) -> tuple[str, bytes]:
        """A file that the pull request changes too, otherwise."""
        remote = self._premises.remote
        base = looking.merge_base(remote, pull.base_sha, pull.head_sha) or pull.base_sha
        changed = [each.path for each in looking.changes(remote, base, pull.head_sha)]
        return (changed[0] if changed else "SOMEBODY.md"), f"Somebody's own lines {number}\n".encode()
