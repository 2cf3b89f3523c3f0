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

    @property
    def tag(self) -> TagSeen | None:
        return self.seen.source.tag(self.plan.tag)

    @property
    def tag_is_ours(self) -> bool:
        """Whether the tag that stands at the remote is the one that this plan would make: on the release commit."""
        if self.tag is None:
            return False
        if not self.plan.edits:
            return self.tag.commit == self.plan.base_commit
        return self.tag.parents == (self.plan.base_commit,) and self.tag.subject == self.plan.commit_message
