"""A job: one request, pinned to a commit and an instant, with its world and its working directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, Field

from loadmaster.clients.cargo import REGISTRY, Cargo, cargo_in
from loadmaster.clients.git import Author
from loadmaster.clients.sandbox import BuildSandbox
from loadmaster.planning.begun import Abandoned
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import ASKED
from loadmaster.run.clock import Clock, SystemClock
from loadmaster.run.outages import Outages
from loadmaster.run.sandboxing import sandbox_for
from loadmaster.run.store import RunDirectory, Store
from loadmaster.run.world import World

if TYPE_CHECKING:
    from loadmaster.clients.forge.memory import ForgeMemory
    from loadmaster.clients.registry.registry import RegistryClient


class Pinned(Value):
    """What must not change between the attempts of one run. The first attempt writes it down, later ones read it."""

    project: str
    asked: str = Field(pattern=ASKED)
    commit: str
    on_branch: bool
    """Whether the commit was on the release branch of its repository."""
    dirty: tuple[str, ...] = ()
    """Uncommitted paths, if the request's repository is a checkout."""
    started: AwareDatetime
    as_of: AwareDatetime
    index: str | None = None
    """The index of the registry of a real release; None in a rehearsal."""
    version: str | None = None
    """The exact version that the first plan of the run made from `asked`; None before there was a plan.

    The next candidate (`rc`) counts from what is published, and an earlier attempt may have published it in part.
    """

    @property
    def today(self) -> date:
        return self.started.date()


@dataclass(frozen=True, kw_only=True)
class Job:
    project: Project
    pinned: Pinned
    world: World
    directory: RunDirectory
    store: Store
    source: str | None = None
    """The repository that the commit came from, an address or a path; None for an imported directory. Submodules count from it."""
    clock: Clock = field(default_factory=SystemClock)
    preflight: bool = True
    """Whether the permission gates are asked."""
    releases: bool = True
    """Whether a release is to come of it; a preflight only asks."""
    abandoned: Abandoned | None = None
    """The begun release that the request gives up."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the request said beside project, version and commit, by option: a new run of the release has to be told again."""

    @property
    def wanted_version(self) -> str:
        """The version to plan: the planned version of an earlier attempt if there is one, else what was asked for."""
        return self.pinned.version or self.pinned.asked

    @cached_property
    def outages(self) -> Outages:
        """The outages that this attempt meets, for all its threads."""
        return Outages(self.project.patience, self.clock)

    @cached_property
    def forge_memory(self) -> ForgeMemory:
        """What this attempt remembers of the forge's answers, and how many requests it made."""
        from loadmaster.clients.forge.memory import ForgeMemory  # who lists runs reads this module, too

        return ForgeMemory()

    @property
    def again(self) -> bool:
        """Whether an earlier attempt of this run decided on its version already."""
        return self.pinned.version is not None

    @property
    def identity(self) -> Author:
        style = self.project.release
        return Author(name=style.author_name, email=style.author_email)

    @property
    def index(self) -> str | None:
        """The index that cargo uses instead of crates.io; None for crates.io itself."""
        return self.world.index if self.world.replaces_crates_io else None

    @property
    def registry(self) -> RegistryClient:
        """A client for the world's registry, over the pooled connections of this process."""
        from loadmaster.clients.registry.registry import RegistryClient  # who lists runs reads this module, too

        return RegistryClient(self.world.index)

    @cached_property
    def sandbox(self) -> BuildSandbox | None:
        """The sandbox that cargo runs in. Raises `SandboxMissing`, `SandboxTooOpen`."""
        return sandbox_for(self.project.cargo, self.store.root, required=not self.world.has_own_credentials)

    def cargo(self, index: str | None = None, *, home: Path | None = None) -> Cargo:
        """cargo with this run's own home, the world's registry instead of crates.io, and the profile's toolchain.

        `index` replaces the world's index, `home` the run's. Raises what `sandbox` raises, `DiskFull`, `NotWritten`.
        """
        return cargo_in(
            home or self.directory.home,
            self.directory.cargo_log,
            sandbox=self.sandbox,
            index=index or self.index,
            toolchain=self.project.cargo.toolchain,
            allow=self.project.cargo.for_cargo,
            registry=self.project.registry.cargo_name or REGISTRY,
        )

    def git_environment(self) -> dict[str, str]:
        """The variables that the profile passes to git."""
        return {name: os.environ[name] for name in self.project.cargo.environment if name in os.environ}
