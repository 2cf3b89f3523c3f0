"""What looking found: the repository at a commit, the registry, the forge, the toolchain. Facts only, no judgement."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import AwareDatetime, Field

from loadmaster.planning.tree.workspace import Dependency, Workspace
from loadmaster.planning.values.requirement import matches
from loadmaster.planning.values.value import Value, digest
from loadmaster.planning.values.version import same_version


class TagSeen(Value):
    """A tag at the remote, peeled to its commit."""

    name: str
    commit: str
    parents: tuple[str, ...]
    subject: str
    """First line of the commit's message."""
    committed: int = 0
    """When the commit was made, in seconds of Unix time."""


class LockfileSeen(Value):
    """What `cargo metadata --locked` said of one tracked Cargo.lock."""

    path: str
    accepted: bool
    why: str = ""


class SourceSeen(Value):
    """The repository at the commit that is to be released."""

    commit: str
    tree: str
    branch: str
    on_branch: bool
    """Whether the commit is on the release branch."""
    dirty: tuple[str, ...]
    """Paths that differ from the commit, in the user's checkout (if there is one) or in our clone."""
    manifests: Mapping[str, str]
    """Text of every Cargo.toml that a bump may touch, by path: members, workspace roots."""
    lockfiles: Mapping[str, str]
    """Text of every tracked Cargo.lock, by path."""
    lockfile_checks: tuple[LockfileSeen, ...]
    others: Mapping[str, str] = Field(default_factory=dict)
    """Text of the other files that may say a version, by path: every `pyproject.toml`, and what the profile has rules for."""
    changelogs: Mapping[str, str] = Field(default_factory=dict)
    """Text of every changelog that the profile means, by path."""
    proposals: Mapping[str, str] = Field(default_factory=dict)
    """Entries made from commits, by path of the changelog; only where that has none for the next version."""
    pinned_toolchain: str | None
    """The channel in `rust-toolchain.toml`, if there is one."""
    tags: tuple[TagSeen, ...]

    def tag(self, name: str) -> TagSeen | None:
        return next((tag for tag in self.tags if tag.name == name), None)


class CrateVersion(Value):
    """One version on the registry. A yanked version is there like any other."""

    version: str
    checksum: str
    """SHA-256 of the `.crate`, hexadecimal."""
    yanked: bool = False
    published: AwareDatetime | None = None
    """None where the registry does not tell."""


class RegistrySeen(Value):
    """What the sparse index says of each package's name; () for a name that it does not know."""

    crates: Mapping[str, tuple[CrateVersion, ...]]
    spelled: Mapping[str, str] = Field(default_factory=dict)
    """How the registry spells a name that it has in another spelling than the manifest; to it both are one name."""

    def find(self, name: str, version: str) -> CrateVersion | None:
        return next((crate for crate in self.crates.get(name, ()) if same_version(crate.version, version)), None)

    def has_fitting(self, dependency: Dependency) -> bool:
        """Whether a version that is not yanked meets the requirement."""
        out = self.crates.get(dependency.name, ())
        return any(matches(dependency.requirement, version.version) for version in out if not version.yanked)

    def before(self, released: Mapping[str, str]) -> str:
        """Digest of everything but the released versions, by crate: what packaging could resolve to, before and after."""
        others = {
            name: tuple(version for version in out if not same_version(version.version, released.get(name, "")))
            for name, out in self.crates.items()
        }
        return digest(RegistrySeen(crates=others))


class ForgeSeen(Value):
    """Releases that the forge has, drafts too where the credential shows them."""

    published: tuple[str, ...]
    """Tag names of published releases."""
    drafts: tuple[str, ...] = ()


class ToolchainSeen(Value):
    cargo: str
    """Version, such as `1.95.0`."""
    rustc: str


class Seen(Value):
    source: SourceSeen
    workspace: Workspace
    registry: RegistrySeen
    forge: ForgeSeen | None
    """None for a release without a forge."""
    toolchain: ToolchainSeen


class Lint(Value):
    """What a program that judges the code said. `ran` is false where it could not run."""

    ran: bool
    passed: bool = False
    why: str = ""
    findings: tuple[str, ...] = ()


class Judged(Value):
    """What each of the programs that judge the code said."""

    clippy: Lint
    msrv: Lint
    """`cargo check` with the oldest Rust that the packages declare."""
    semver: Lint
    """`cargo semver-checks` against the last release."""

    @classmethod
    def none(cls, why: str) -> Judged:
        """Nothing was built."""
        unasked = Lint(ran=False, why=why)
        return cls(clippy=unasked, msrv=unasked, semver=unasked)
