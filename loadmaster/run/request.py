"""The request that starts a release: the deployment's parameters, as one typed model.

The descriptions become the help texts of the form. A wrong value is refused by the form (JSON Schema) and by the API; if
somebody switched that off, by the flow.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, ValidationError, model_validator

from loadmaster.errors.request import UnknownProject, WrongRequest
from loadmaster.planning.begun import Abandoned
from loadmaster.planning.profile.ci_style import Publisher
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import ASKED, GIVEN
from loadmaster.run.allowed import Place, places_of
from loadmaster.run.profiles import load_project, problems_of, project_names


def _require_known(name: str) -> str:
    if name not in (known := project_names()):
        raise ValueError(f"there is no project `{name}`; known are {', '.join(known)}")
    return name


ProjectName = Annotated[str, AfterValidator(_require_known), Field(json_schema_extra={"enum": list(project_names())})]


R = TypeVar("R", bound="ReleaseRequest")


class ReleaseRequest(Value):
    """One release of one project."""

    project: ProjectName = Field(title="Project", description="The profile in `projects/`.")
    version: str = Field(
        title="Version",
        pattern=ASKED,
        description="A version such as `1.4.0`, or `major`, `minor`, `patch`, `rc` counted from the workspace's own; "
        "where packages have versions of their own also `NAME=VERSION,NAME=minor`. `changed`: what changed since the last "
        "release, with the versions that it asks for.",
    )
    repository: str | None = Field(
        default=None,
        title="Repository",
        description="Git URL or path of a clone, instead of the profile's. "
        "Only one that was given to a command at a terminal before.",
    )
    commit: str | None = Field(
        default=None,
        title="Commit",
        pattern=r"^[0-9a-f]{7,40}$",
        description="The commit to release; the head of the release branch if left out.",
    )
    branch: str | None = Field(
        default=None,
        title="Branch",
        pattern=r"^[^\s~^:\\-][^\s~^:\\]*$",
        description="A maintenance branch of `release.branches` in the profile, instead of its release branch.",
    )
    preflight: bool = Field(
        default=True,
        title="Preflight",
        description="Ask the permission gates before anything is written or pushed. The receipt notes it if this is "
        "switched off.",
    )

    @property
    def places(self) -> tuple[Place, ...]:
        """The paths and addresses that it names beyond its profile. Raises what reading the profile raises."""
        known = load_project(self.project).source.repository
        return places_of(self.project, repository=None if self.repository == known else self.repository)

    @property
    def options(self) -> dict[str, str]:
        """What a new run of the same release has to be told again, beside project and version, by option."""
        said = {"repository": self.repository, "branch": self.branch}
        return {name: value for name, value in said.items() if value is not None}


class StartRequest(ReleaseRequest):
    """A release that is to be carried out, in whatever world."""

    over: str | None = Field(
        default=None,
        title="Over",
        pattern=GIVEN,
        description="Gives up a release that was begun and is not finished: its version. Without it, such a release has to "
        "be finished first. The receipt notes it.",
    )
    publisher: Publisher | None = Field(
        default=None,
        title="Publisher",
        description="Who uploads the crates: `direct` (Loadmaster) or `ci` (the forge's workflow); the profile's if left out.",
    )
    why: str | None = Field(
        default=None, title="Why", pattern=r"\S", description="Why that release is given up; for the receipt."
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.over is None) != (self.why is None):
            raise ValueError("give both `over` and `why`, or neither")
        return self

    @property
    def options(self) -> dict[str, str]:
        said = {"publisher": None if self.publisher is None else str(self.publisher)}
        return super().options | {name: value for name, value in said.items() if value is not None}

    @property
    def abandoned(self) -> Abandoned | None:
        return None if self.over is None or self.why is None else Abandoned(version=self.over, why=self.why)


class LiveRequest(StartRequest):
    """One real release. For now only to a registry on loopback, without a forge; everything else is refused."""

    registry: str | None = Field(
        default=None,
        title="Registry",
        pattern=r"^sparse\+https?://",
        description="Sparse index address, `sparse+http://127.0.0.1:PORT/…/`, instead of crates.io. Only one that was given to "
        "a command at a terminal before.",
    )
    forge: Literal["none"] | None = Field(
        default=None, title="Forge", description="`none` leaves the forge release out; else the profile's forge."
    )
    token_block: str | None = Field(
        default=None,
        title="Secret block",
        pattern=r"^[a-z0-9-]+$",
        description="Name of the Secret block with the API token, instead of the profile's. The name, never the token.",
    )

    @property
    def places(self) -> tuple[Place, ...]:
        return (*super().places, *places_of(self.project, registry=self.registry))

    @property
    def options(self) -> dict[str, str]:
        said = {"registry": self.registry, "forge": self.forge, "token-block": self.token_block}
        return super().options | {name: value for name, value in said.items() if value is not None}


def live_request(values: dict[str, Any]) -> LiveRequest:
    """The model from plain values. Raises `UnknownProject`, `WrongRequest`."""
    return read_request(LiveRequest, values)


def read_request(kind: type[R], values: dict[str, Any]) -> R:
    """A request of this kind from plain values. Raises `UnknownProject`, `WrongRequest`."""
    if (project := str(values.get("project"))) not in (known := project_names()):
        raise UnknownProject(project, known)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise WrongRequest(problems_of(error)) from error
