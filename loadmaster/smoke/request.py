"""The request of a smoke test, by a person or a release: the parameters of the deployment `lsm-smoke`, as one typed model."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from loadmaster.errors.request import UnknownProject, WrongRequest
from loadmaster.errors.smoke_subject import SmokeSubjectUnknown
from loadmaster.planning.smoke.report import Subject
from loadmaster.planning.smoke.style import DEADLINE, Backend, Kernel, SmokeStyle
from loadmaster.planning.smoke.verdict import Mode
from loadmaster.planning.values.value import Value
from loadmaster.run.allowed import Place, places_of
from loadmaster.run.profiles import load_project, problems_of, project_names
from loadmaster.run.request import ProjectName

NEWEST_STABLE: tuple[Kernel, ...] = ("6.12",)


class SmokeRequest(Value):
    """Whether the kernel denies what it is told to deny: by our own probe, or by the program of one release."""

    subject: Subject = Field(
        default=Subject.PROBE,
        title="Subject",
        description="`probe`: the payload itself denies; `release`: the released program does.",
    )
    backend: Backend = Field(
        default=Backend.AUTO,
        title="Backend",
        description="`native`: in a container on the worker's kernel; `vm`: in a container that boots a kernel; `auto`: native "
        "if the worker can; `dispatch`: by a workflow of the forge.",
    )
    kernels: tuple[Kernel, ...] = Field(
        default=NEWEST_STABLE,
        min_length=1,
        title="Kernels",
        description="For `vm`: such as `6.1`, `6.12`, `7.2`. Each is booted, and the weakest verdict decides.",
    )
    deadline: int = Field(
        default=DEADLINE,
        gt=0,
        le=3600,
        title="Deadline",
        description="The most seconds that one kernel's test may take.",
    )
    mode: Mode = Field(
        default=Mode.ENFORCE,
        title="Mode",
        description="`enforce`: every verdict except `enforced` fails the run; `best-effort`: what the host cannot do is skipped.",
    )
    project: ProjectName | None = Field(
        default=None,
        title="Project",
        description="The project of the program; its profile's `[smoke.artefact]` says how it is started.",
    )
    version: str | None = Field(default=None, title="Version", description="The version of the release to test.")
    tag: str | None = Field(
        default=None, title="Tag", description="The tag of the release; the profile's pattern if left out."
    )
    forge: str | None = Field(
        default=None, title="Forge", description="Base address of the REST API that has the assets or the workflow."
    )
    assets: str | None = Field(
        default=None, title="Assets", description="A directory that holds the assets, instead of the forge."
    )
    binary: str | None = Field(
        default=None, title="Program", description="Path of the program on this machine, instead of an asset."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.subject is Subject.RELEASE and (self.project is None or self.version is None):
            raise ValueError("the subject `release` needs `project` and `version`")
        if self.backend is Backend.DISPATCH and self.project is None:
            raise ValueError("the backend `dispatch` needs `project`, whose profile names the workflow")
        return self

    @property
    def places(self) -> tuple[Place, ...]:
        """The paths and addresses that it names; whatever they hold is started as a program."""
        return places_of(self.project or "", forge=self.forge, assets=self.assets, binary=self.binary)

    @property
    def style(self) -> SmokeStyle:
        """The profile's table `smoke`; its defaults if there is none. Raises what reading the profile raises."""
        style = load_project(self.project).smoke if self.project is not None else None
        return style or SmokeStyle()


def smoke_request(values: dict[str, Any]) -> SmokeRequest:
    """The model from plain values, with the profile's values for those that are left out.

    Raises `UnknownProject`, `ProfileBroken`, `WrongRequest`, `SmokeSubjectUnknown`.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if (project := given.get("project")) is not None and project not in (known := project_names()):
        raise UnknownProject(str(project), known)
    style = load_project(str(project)).smoke if project is not None else None
    defaults = style.model_dump(include={"backend", "kernels", "deadline", "mode", "subject"}) if style else {}
    try:
        request = SmokeRequest.model_validate(defaults | given)
    except ValidationError as error:
        raise WrongRequest(problems_of(error)) from error
    if (
        request.subject is Subject.RELEASE
        and request.style.artefact is None
        and request.backend is not Backend.DISPATCH
    ):
        raise SmokeSubjectUnknown(str(project))
    return request
