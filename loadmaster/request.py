"""What a person asks for when starting a release: the deployment's parameters, as one typed model.

The descriptions become the form's help texts; a wrong value is refused by the form (JSON Schema), by the API and,
where somebody switched that off, by the flow.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from loadmaster.planning.value import Value
from loadmaster.planning.version import LEVEL_OR_VERSION
from loadmaster.project import project_names


def _known(name: str) -> str:
    if name not in (known := project_names()):
        raise ValueError(f"there is no project `{name}`; known are {', '.join(known)}")
    return name


ProjectName = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(project_names())})]


class ReleaseRequest(Value):
    """One release of one project."""

    project: ProjectName = Field(title="Project", description="The profile in `projects/`.")
    version: str = Field(
        title="Version",
        pattern=LEVEL_OR_VERSION,
        description="A version such as `1.4.0`, or `major`, `minor`, `patch`, `rc` counted from the workspace's own.",
    )
