"""The whole scenario of a forge, and the rights of the world's own credential there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.forge_scenario.landing import (
    ApprovedAfter,
    MergedByPerson,
    MergeWay,
    Overtaken,
    PlayedCheck,
)
from loadmaster.rehearsal.forge_scenario.planting import AssetMishap, PlantedRelease
from loadmaster.rehearsal.forge_scenario.playing import NewerRun, PlayedEnvironment, PlayedJob

ForgeScope = Literal["repo", "public_repo", "workflow"]
ForgePermission = Literal[
    "contents", "pull_requests", "actions", "checks", "statuses", "deployments", "administration", "metadata", "workflows"
]  # fmt: skip
ForgeRole = Literal["read", "write", "maintain", "admin"]


class ForgeTokenRights(Value):
    """The world's own credential at the forge."""

    kind: Literal["classic", "fine-grained"] = "classic"
    scopes: tuple[ForgeScope, ...] = ("repo", "workflow")
    """Of a classic token."""
    permissions: Mapping[ForgePermission, Literal["read", "write"]] = Field(default_factory=dict)
    """Of a fine-grained token. `metadata` can always be read."""
    expired: bool = False
    expires: AwareDatetime | None = None
    """Shown in a header; `expired` alone decides."""
    role: ForgeRole = "admin"
    """Of the token's owner in the repository."""

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if self.kind == "classic" and self.permissions:
            raise ValueError('`permissions` are those of a fine-grained token: give `kind = "fine-grained"`')
        return self


class SecondaryLimit(Value):
    """GitHub's limit for requests that change something in quick succession."""

    after_writes: int = Field(ge=0)
    """The number of writes that pass."""
    seconds: int = Field(default=60, ge=1)
    """By the world's clock: how long every write is refused then. It happens once."""


class ForgeScenario(Value):
    """How a forge differs from a healthy one. Everything may be left out."""

    token: ForgeTokenRights = ForgeTokenRights()
    private: bool = False
    renamed_from: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$")
    """A former `OWNER/NAME` of the repository, which is answered with a redirection."""
    requires_pull_request: bool = False
    """The release branch takes commits by pull requests only."""
    required_checks: tuple[str, ...] = ()
    """Names of checks without which the release branch takes no commit."""
    requires_up_to_date: bool = False
    """A pull request must contain the base branch's tip."""
    approvals: ApprovedAfter | None = None
    protection: Literal["both", "classic", "ruleset"] = "both"
    """How these rules are written down at the forge: a branch protection, a ruleset, or both."""
    merge_methods: tuple[MergeWay, ...] = Field(default=("merge", "squash", "rebase"), min_length=1)
    forbidden_tags: tuple[str, ...] = ()
    """Patterns of tags that nobody may create."""
    checks: tuple[PlayedCheck, ...] = ()
    overtaken: Overtaken | None = None
    closed_after_seconds: float | None = Field(default=None, ge=0)
    """Somebody closes each pull request this long after its opening."""
    merged_by_person: MergedByPerson | None = None
    runs: Literal["all", "none"] = "all"
    """`none`: no push and no dispatch starts a run."""
    run_appears_after_seconds: float = Field(default=0.0, ge=0)
    """How long a run is not to be seen."""
    newer_run: NewerRun | None = None
    environments: tuple[PlayedEnvironment, ...] = ()
    jobs: tuple[PlayedJob, ...] = ()
    releases: tuple[PlantedRelease, ...] = ()
    assets: tuple[AssetMishap, ...] = ()
    immutable_releases: bool = False
    requests_per_hour: int = Field(default=5000, ge=1)
    secondary_limit: SecondaryLimit | None = None

    @model_validator(mode="after")
    def _names_nothing_twice(self) -> Self:
        for what, names in (
            ("job", [each.name for each in self.jobs]),
            ("environment", [each.name for each in self.environments]),
            ("check", [each.name for each in self.checks]),
        ):
            if twice := next((name for name in names if names.count(name) > 1), None):
                raise ValueError(f"{what} `{twice}` is there twice")
        return self

    @property
    def protects_branch(self) -> bool:
        """Whether a push to the release branch is refused that comes without a pull request, or without its checks."""
        return self.requires_pull_request or bool(self.required_checks) or self.approvals is not None

    def job(self, name: str) -> PlayedJob:
        return next((each for each in self.jobs if each.name == name), PlayedJob(name=name))

    def environment(self, name: str) -> PlayedEnvironment | None:
        """None for one that does not wait for anybody."""
        return next((each for each in self.environments if each.name == name and each.reviewers), None)


HEALTHY = ForgeScenario()
