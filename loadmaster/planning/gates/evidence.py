"""What the gates judge, in parts: each gate takes one part, so that a plain directory of files suffices for most.

Values only. Who looked, and how, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property

from pydantic import Field

from loadmaster.planning.gates.labels import Label
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import Judged, RegistrySeen, Seen, TagSeen
from loadmaster.planning.tree.tree import MANIFEST, TreeFiles
from loadmaster.planning.tree.workspace import Package, Workspace
from loadmaster.planning.values.value import Value


class EvidenceKind(StrEnum):
    """What has to be looked at before a gate can be asked."""

    FILES = "files"
    REPOSITORY = "repository"
    REGISTRY = "registry"
    TOOLCHAIN = "toolchain"


class Tree(Value):
    """The files as the release will have them: those of a plain directory, or those of the commit with the plan's edits."""

    files: TreeFiles
    workspace: Workspace
    released: tuple[Package, ...]
    """The packages that the release publishes."""
    labels: tuple[Label, ...] = ()
    """The tags that will name the release; () if none was said."""
    sources: Mapping[str, str] = Field(default_factory=dict)
    """Text by path of the Rust files that include others."""
    project: Project | None = None
    before: Tree | None = None
    """The same before the plan's edits; None of a plain directory."""
    registry: RegistrySeen | None = None
    """What the registry has of the members; None where nobody looked."""
    of_past: bool = False
    """Whether a release of the past is rehearsed: today's profile may name what its tree did not have yet."""

    @cached_property
    def names(self) -> frozenset[str]:
        """Of the packages that the release publishes."""
        return frozenset(package.name for package in self.released)

    @cached_property
    def in_lockstep(self) -> bool:
        """Whether the profile wants one version for all; without a profile, whether all that is published has one."""
        if self.project is not None:
            return self.project.release.policy is not Policy.INDEPENDENT
        return len({package.version for package in self.released}) == 1

    @cached_property
    def version(self) -> str | None:
        """The release's one version: that of its only tag, else that of all its packages; None where there are several.

        A tag that is no alias, and names no version, leaves it open.
        """
        naming = [label for label in self.labels if not label.floats]
        if len(naming) == 1:
            return naming[0].version
        versions = {package.version for package in self.released}
        return versions.pop() if len(versions) == 1 else None

    @cached_property
    def holds_code(self) -> bool:
        return self.files.hold_code_of(self.released)

    def text(self, path: str) -> str | None:
        return self.files.texts.get(path)

    @property
    def root(self) -> str:
        return self.files.texts[MANIFEST]


class Past(Value):
    """What the repository tells of what was before."""

    tag: str | None = None
    """The last release's; None if there is none, or none that stands for all packages."""
    published: tuple[str, ...] | None = None
    """What that release published; None if its manifests cannot be read any more."""
    bump: tuple[str, ...] | None = None
    """The paths that changed in the commit which gave the tree its version; None if nobody could tell."""


class ReleaseEvidence(Value):
    """A release in the making: what looking found, and what the plan wants."""

    seen: Seen
    plan: ReleasePlan
    project: Project
    past: Past = Past()

    def is_ours(self, tag: TagSeen) -> bool:
        """Whether a tag that stands at the remote is the one that this plan would make: on the release commit."""
        if not self.plan.edits:
            return tag.commit == self.plan.base_commit
        return tag.parents == (self.plan.base_commit,) and tag.subject == self.plan.commit_message

    def has_tag(self, crate: str) -> bool:
        """Whether the crate's tag stands at the remote, and this plan would make the same."""
        name = next(tag.name for tag in self.plan.tags if crate in tag.crates)
        seen = self.seen.source.tag(name)
        return seen is not None and self.is_ours(seen)


class Built(Value):
    """What cargo and its companions said of the commit."""

    seen: Seen
    project: Project
    judged: Judged


class Evidence(Value):
    """All parts that there are. None is what nobody looked at."""

    tree: Tree
    release: ReleaseEvidence | None = None
    built: Built | None = None
