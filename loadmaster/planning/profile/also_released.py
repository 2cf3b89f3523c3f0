"""A profile's tables `also`: what the project's own CI releases beside crates and assets. The model only.

The documentation shows the docstring of every field.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from loadmaster.planning.values.value import Value


class AlsoKind(StrEnum):
    PYPI = "pypi"
    """A Python package on an index such as PyPI."""


class AlsoReleased(Value):
    """Something that CI releases under the release's version, and that Loadmaster only waits for and checks. One `[[also]]` for
    each. See [what CI releases besides](publishing-by-ci.md#what-ci-releases-besides)."""

    kind: AlsoKind
    name: str = Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$")
    """Its name on the index."""
    wheels: tuple[str, ...] = ("*",)
    """The platforms that must have a wheel, one pattern for each, such as `manylinux*_x86_64` or `macosx_*_arm64`; `*` stands for
    anything. `["*"]` wants any wheel."""
    sdist: bool = False
    """Whether there must be a source archive."""
    job: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w-]*$")
    """The job of `ci.workflow` that publishes it, by its id. It is named if the package does not come."""
    index: str | None = Field(default=None, pattern=r"^https?://")
    """Address of the index's simple API; if left out, `PIP_INDEX_URL`, or what pip itself takes."""
    imports: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w.]*$")
    """The module that the install check imports. Without it, nothing is installed."""
    visible_within: float = Field(default=900.0, gt=0, le=86_400, allow_inf_nan=False)
    """How many seconds it may take after CI's end until the index shows it whole."""

    @model_validator(mode="after")
    def _wants_something(self) -> Self:
        if not self.wheels and not self.sdist:
            raise ValueError("give `wheels`, or `sdist = true`: else nothing of it would be looked at")
        return self
