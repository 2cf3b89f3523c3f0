"""What the gates judge: what looking found, what the plan wants, what the profile says, what clippy said."""

from __future__ import annotations

from loadmaster.planning.plan import ReleasePlan, publishable
from loadmaster.planning.project import Project
from loadmaster.planning.seen import Lint, Seen, TagSeen
from loadmaster.planning.value import Value
from loadmaster.planning.workspace import Package


class Evidence(Value):
    seen: Seen
    plan: ReleasePlan
    project: Project
    lint: Lint

    @property
    def published(self) -> tuple[Package, ...]:
        return publishable(self.seen.workspace, self.project)

    def is_ours(self, tag: TagSeen) -> bool:
        """Whether a tag that stands at the remote is the one that this plan would make: on the release commit."""
        if not self.plan.edits:
            return tag.commit == self.plan.base_commit
        return tag.parents == (self.plan.base_commit,) and tag.subject == self.plan.commit_message

    def has_tag(self, crate: str) -> bool:
        """Whether the crate's tag stands at the remote, and this plan would make the same."""
        name = next(each.name for each in self.plan.tags if crate in each.crates)
        seen = self.seen.source.tag(name)
        return seen is not None and self.is_ours(seen)
