"""What a person asks for when starting a rehearsal: the parameters of the deployment `rehearse`, as one typed model."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field, ValidationError

from loadmaster.errors import UnknownProject, WrongRequest
from loadmaster.project import problems_of, project_names
from loadmaster.rehearsal.faults import Fault
from loadmaster.request import ReleaseRequest


class RehearseRequest(ReleaseRequest):
    """One rehearsal: the same release in a world made for it, where nothing reaches a live registry."""

    repository: str | None = Field(
        default=None, title="Repository", description="Git URL or path of a clone, instead of the profile's."
    )
    commit: str | None = Field(
        default=None,
        title="Commit",
        pattern=r"^[0-9a-f]{7,40}$",
        description="The commit to release; the head of the release branch if left out.",
    )
    as_of: AwareDatetime | None = Field(
        default=None, title="As of", description="See crates.io's index as it was at this instant; now if left out."
    )
    faults: tuple[Fault, ...] = Field(
        default=(), title="Faults", description="Scripted faults of the rehearsal registry; none for a healthy one."
    )


def rehearse_request(values: dict[str, Any]) -> RehearseRequest:
    """The model from plain values. Raises `UnknownProject`, `WrongRequest`."""
    if (project := str(values.get("project"))) not in (known := project_names()):
        raise UnknownProject(project, known)
    try:
        return RehearseRequest.model_validate(values)
    except ValidationError as error:
        raise WrongRequest(problems_of(error)) from error
