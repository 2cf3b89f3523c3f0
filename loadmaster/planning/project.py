"""The profile of a project: where its workspace lives and how it is released. The model only; `loadmaster.project` reads it.

Every field's text below is what a person sees in the documentation.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from loadmaster.planning.manifest import Policy
from loadmaster.planning.value import Value


class Source(Value):
    """Where the workspace lives: exactly one of `repository` and `directory`."""

    repository: str | None = None
    """Git URL, or path of a local clone."""
    directory: str | None = None
    """A plain directory in Loadmaster's own repository; rehearsals import it as a repository of one commit."""
    branch: str = "main"
    """The release branch."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.repository is None) == (self.directory is None):
            raise ValueError("give exactly one of `repository` and `directory`")
        return self


class Exclusion(Value):
    """A package that its manifest would let out, and that this project does not publish."""

    package: str
    why: str


class ReleaseStyle(Value):
    """How the project names and writes a release."""

    policy: Policy = Policy.LOCKSTEP
    tag: str = Field(default="v{version}", pattern=r"\{version\}")
    commit_message: str = Field(default="Release {version}", pattern=r"\{version\}")
    tag_message: str = Field(default="{project} {version}")
    changelog: str | None = "CHANGELOG.md"
    """Path of the changelog; None if the project keeps none."""
    exclude: tuple[Exclusion, ...] = ()
    author_name: str = "Loadmaster"
    author_email: str = "loadmaster@localhost"


class CargoStyle(Value):
    """How cargo is called."""

    toolchain: str | None = None
    """Overrides the toolchain that the repository pins; recorded as a deviation."""
    verify: bool = True
    """Build every packaged crate before anything is uploaded. `false` is recorded as a deviation."""
    clippy: bool = True
    """Run `cargo clippy --workspace --all-targets`. `false` is recorded as a deviation."""
    deny_warnings: bool = True
    """Clippy warnings fail the gate."""
    environment: tuple[str, ...] = ()
    """Names of variables that cargo and git may see besides the built-in allow-list."""


class Install(Value):
    """The install check: what a user would type, and what must come out."""

    package: str
    binary: str
    debug: bool = False
    """Build without optimizations, which is faster; recorded as a deviation."""


class Rehearsing(Value):
    """What the rehearsal world is like."""

    upstream: bool = True
    """External crates, and the project's own earlier versions, come from crates.io's index."""
    new_crate_burst: int | None = None
    """crates.io lets a user create 5 crates at once and one more every 10 minutes, and raises the burst on request."""


class Project(Value):
    """One file `projects/NAME.toml`."""

    name: str
    title: str = ""
    source: Source
    forge: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """The repository on the forge, `OWNER/NAME`."""
    release: ReleaseStyle = ReleaseStyle()
    cargo: CargoStyle = CargoStyle()
    install: Install | None = None
    rehearsal: Rehearsing = Rehearsing()

    def tag_of(self, version: str) -> str:
        return self.release.tag.format(version=version)
