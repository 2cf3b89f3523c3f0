"""What the jobs of the project's own workflows do in a rehearsal: a part of the profile."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from loadmaster.planning.values.value import Value

RehearsedWork = Literal["publish", "upload", "wheels"]


class RehearsedJob(Value):
    """A job of a workflow of the project's own, as a rehearsal plays it. One that is not named here only takes its time."""

    name: str = Field(min_length=1)
    """The job's id in the workflow's file."""
    seconds: float = Field(default=1.0, ge=0, le=86_400, allow_inf_nan=False)
    """How long it takes, besides what it does. One that uploads begins as soon as its tag has a release."""
    does: RehearsedWork | None = None
    """`publish`: publishes the crates of the tag with cargo, by trusted publishing. `upload`: uploads the profile's `assets` to
    the draft of the tag. `wheels`: uploads a wheel of each Python package to the rehearsal's package index. Nothing if left out."""
