"""What was seen of the repository at a commit, the registry, the forge and the toolchain. Facts only, no judgement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import AwareDatetime, Field

from loadmaster.planning.tree.submodules import Carried
from loadmaster.planning.tree.tree import LOCKFILE, TreeFiles
from loadmaster.planning.tree.workspace import Dependency, Workspace
from loadmaster.planning.values.requirement import matches
from loadmaster.planning.values.value import Value, digest
from loadmaster.planning.values.version import same_version


class Signature(Value):
    """Who made a commit or a tag, as git has it."""

    name: str
    email: str


class BranchCommit(Value):
    """A commit of the release branch at the remote."""

    commit: str
    parents: tuple[str, ...]
    by: Signature
    """Its committer."""
    subject: str
    """First line of its message."""


class OwnRelease(Value):
    """A release that Loadmaster began, by the commit or the tag that it made for it with the profile's identity and message."""

    commit: str
    """The release commit."""
    versions: Mapping[str, str]
    """The versions of its crates, by name, as the tree of the commit has them."""


class TagSeen(Value):
    """A tag at the remote, peeled to its commit."""

    name: str
    commit: str
    parents: tuple[str, ...]
    subject: str
    """First line of the commit's message."""
    committed: int = 0
    """The time of the commit, in seconds of Unix time."""
    tagger: Signature | None = None
    """None for a tag that is only a name."""
    message: str = ""
    """First line of the tag's own message; "" for a tag that is only a name."""


class LockfileSeen(Value):
    """The answer of `cargo update --workspace --locked` for one tracked Cargo.lock."""

    path: str
    accepted: bool
    why: str = ""


class SourceSeen(Value):
    """The repository at the commit to release."""

    commit: str
    tree: str
    branch: str
    on_branch: bool
    """Whether the commit is on the release branch."""
    dirty: tuple[str, ...]
    """Paths that differ from the commit, in the user's checkout (if there is one) or in our clone."""
    files: TreeFiles
    """What `edit_tree` looks at: manifests, the lockfiles that list members, Python packages, changelogs, files of rules."""
    lockfile_checks: tuple[LockfileSeen, ...]
    proposals: Mapping[str, str] = Field(default_factory=dict)
    """Entries made from commits, by path of the changelog. Only for changelogs without entries for the next version."""
    pinned_toolchain: str | None
    """The channel in the `rust-toolchain.toml` that decides for the workspace, if there is one."""
    tags: tuple[TagSeen, ...]
    carried: Carried = Carried()
    own: OwnRelease | None = None
    """The newest release on the release branch that Loadmaster began, finished or not; None if it began none."""

    @property
    def lockfiles(self) -> tuple[str, ...]:
        """Paths of the lockfiles that a release may have to change."""
        return self.files.paths_named(LOCKFILE)

    def tag(self, name: str) -> TagSeen | None:
        return next((tag for tag in self.tags if tag.name == name), None)


class CrateVersion(Value):
    """One version on the registry. A yanked version counts like any other."""

    version: str
    checksum: str
    """SHA-256 of the `.crate`, hexadecimal."""
    yanked: bool = False
    published: AwareDatetime | None = None
    """None if the registry does not say."""


class RegistrySeen(Value):
    """What the sparse index has for each package's name; () for a name that it does not know."""

    crates: Mapping[str, tuple[CrateVersion, ...]]
    spelled: Mapping[str, str] = Field(default_factory=dict)
    """The registry's spelling of each name that the manifest spells differently. To the registry both are the same name."""
    remembers: bool = True
    """Whether it has what was published before this run. The registry of a rehearsal without upstream has not."""

    def find(self, name: str, version: str) -> CrateVersion | None:
        return next((crate for crate in self.crates.get(name, ()) if same_version(crate.version, version)), None)

    def has_fitting(self, dependency: Dependency) -> bool:
        """Whether a version that is not yanked meets the requirement."""
        published = self.crates.get(dependency.name, ())
        return any(matches(dependency.requirement, version.version) for version in published if not version.yanked)

    def digest_without(self, released: Mapping[str, str]) -> str:
        """Digest of everything except the released versions, by crate. Packaging resolves to these before and after the release."""
        others = {
            name: tuple(version for version in versions if not same_version(version.version, released.get(name, "")))
            for name, versions in self.crates.items()
        }
        return digest(RegistrySeen(crates=others))


class ForgeSeen(Value):
    """The forge's releases, also drafts if the credential shows them."""

    published: tuple[str, ...]
    """Tag names of published releases."""
    drafts: tuple[str, ...] = ()
    assets: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """The names of the assets of each published release, by tag."""
    remembers: bool = True
    """Whether it has the releases from before this run. The forge of a rehearsal has not."""


class ToolchainSeen(Value):
    cargo: str
    """The version, such as `1.95.0`."""
    rustc: str


class Seen(Value):
    source: SourceSeen
    workspace: Workspace
    registry: RegistrySeen
    forge: ForgeSeen | None
    """None for a release without a forge."""
    toolchain: ToolchainSeen


class Lint(Value):
    """The result of a program that judges the code. `ran` is false if it could not run."""

    ran: bool
    passed: bool = False
    why: str = ""
    findings: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    """What it could not look at although it ran: why, one text each."""

    @classmethod
    def of_all(cls, lints: Iterable[Lint]) -> Lint:
        """The results of several calls as one, which ran only if all of them did."""
        listed = tuple(lints)
        if not listed:
            return cls(ran=False, why="it had nothing to look at")
        for lint in listed:
            if not lint.ran:
                return lint
        return cls(
            ran=True,
            passed=all(lint.passed for lint in listed),
            why="\n".join(lint.why for lint in listed if lint.why),
            findings=tuple(finding for lint in listed for finding in lint.findings),
            unasked=tuple(text for lint in listed for text in lint.unasked),
        )


class Judged(Value):
    """The results of the programs that judge the code."""

    clippy: Lint
    msrv: Lint
    """`cargo check` of each package with the oldest Rust version that it declares."""
    semver: Lint
    """`cargo semver-checks` against the last release."""

    @classmethod
    def none(cls, why: str) -> Judged:
        """The results if nothing was built."""
        not_run = Lint(ran=False, why=why)
        return cls(clippy=not_run, msrv=not_run, semver=not_run)
