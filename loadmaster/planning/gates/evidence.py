"""The evidence that the gates judge, in parts. Each gate needs one part, so that a plain directory is enough for most.

Values only. This module does not know who looked, or how.
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
from loadmaster.planning.registry.packed import PackedSeen
from loadmaster.planning.registry.seen import Judged, RegistrySeen, Seen, TagSeen
from loadmaster.planning.tree.tree import TreeFiles
from loadmaster.planning.tree.workspace import DEFAULT_REGISTRY, Package, Workspace
from loadmaster.planning.values.value import Value


class EvidenceKind(StrEnum):
    """What somebody must look at before a gate can be asked."""

    FILES = "files"
    REPOSITORY = "repository"
    REGISTRY = "registry"
    TOOLCHAIN = "toolchain"
    PACKAGED = "packaged crates"


class Tree(Value):
    """The files as the release will have them: those of a plain directory, or those of the commit after the plan's edits."""

    files: TreeFiles
    workspace: Workspace
    released: tuple[Package, ...]
    """The packages that the release publishes."""
    labels: tuple[Label, ...] = ()
    """The tags that will name the release; () if nobody named one."""
    sources: Mapping[str, str] = Field(default_factory=dict)
    """The texts of the Rust files that the packages are built from, by path."""
    project: Project | None = None
    before: Tree | None = None
    """The tree before the plan's edits; None for a plain directory."""
    registry: RegistrySeen | None = None
    """What the registry has of the members; None if nobody looked."""
    is_past: bool = False
    """Whether this is the rehearsal of a past release. Its tree may lack things that today's profile names."""

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of the packages that the release publishes."""
        return frozenset(package.name for package in self.released)

    @cached_property
    def is_lockstep(self) -> bool:
        """Whether the profile wants one version for all. Without a profile: whether all published packages have one version."""
        if self.project is not None:
            return self.project.release.policy is not Policy.INDEPENDENT
        return len({package.version for package in self.released}) == 1

    @cached_property
    def version(self) -> str | None:
        """The release's one version: that of its only tag, else that of all its packages. None if there are several.

        None, too, if its only tag is not an alias and names no version.
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

    def line_before(self, path: str, line: int) -> int | None:
        """The line that stands in the tree before the plan's edits, which is what a person has before them; from 1.

        None for one that the plan writes, or that has edited lines above and below it.
        """
        if self.before is None:
            return line
        old, new = (tree.files.texts.get(path, "").splitlines() for tree in (self.before, self))
        if old[:line] == new[:line]:
            return line
        rest = new[line - 1 :]
        return len(old) - len(rest) + 1 if old[len(old) - len(rest) :] == rest and len(rest) <= len(old) else None

    def takes(self, member: Package) -> bool:
        """Whether the release's registry may get the member, by its manifest. Without a profile: whether crates.io may."""
        return member.may_go_to(self.project.registry.name if self.project is not None else DEFAULT_REGISTRY)


class Past(Value):
    """What the repository shows of the release before this one."""

    tag: str | None = None
    """The tag of the last release; None if there is none, or none for all packages."""
    published: tuple[str, ...] | None = None
    """The packages that it published; None if its manifests cannot be read any more."""
    bump: tuple[str, ...] | None = None
    """The paths that changed in the commit that gave the tree its version; None if that commit is not known."""


class ReleaseEvidence(Value):
    """A planned release: what was seen, and what the plan wants."""

    seen: Seen
    plan: ReleasePlan
    project: Project
    past: Past = Past()

    def is_ours(self, tag: TagSeen) -> bool:
        """Whether a tag at the remote is the one that this plan would make: on the release commit."""
        if not self.plan.edits:
            return tag.commit == self.plan.base_commit
        return tag.parents == (self.plan.base_commit,) and tag.subject == self.plan.commit_message

    def has_tag(self, crate: str) -> bool:
        """Whether the remote has the crate's tag, and it is the one that this plan would make."""
        name = next(tag.name for tag in self.plan.tags if crate in tag.crates)
        seen = self.seen.source.tag(name)
        return seen is not None and self.is_ours(seen)


class Built(Value):
    """The results of cargo and related programs for the commit."""

    seen: Seen
    project: Project
    judged: Judged


class PackedEvidence(Value):
    """The crates as they were packaged from the release commit."""

    crates: tuple[PackedSeen, ...]
    project: Project


class Evidence(Value):
    """All parts of the evidence. A part is None if nobody looked at it."""

    @property
    def advice(self) -> tuple[str, ...]:
        """The gates that the profile lists as advice."""
        project = self.packaged.project if self.packaged else self.tree.project if self.tree else None
        return project.gates.advice if project is not None else ()

    tree: Tree | None = None
    release: ReleaseEvidence | None = None
    built: Built | None = None
    packaged: PackedEvidence | None = None
