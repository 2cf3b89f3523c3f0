"""What a person asks for when starting a rehearsal: the parameters of the deployment `rehearse`, as one typed model."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from loadmaster.rehearsal.conditions import Conditions
from loadmaster.request import ReleaseRequest, read_request


class RehearseRequest(Conditions, ReleaseRequest):
    """One rehearsal: the same release in a world made for it, where nothing reaches a live registry."""

    as_of: AwareDatetime | Literal["commit"] | None = Field(
        default=None,
        title="As of",
        description="See crates.io's index as it was at this instant, or when the commit was made (`commit`); "
        "now if left out.",
    )


def rehearse_request(values: dict[str, Any]) -> RehearseRequest:
    """The model from plain values. Raises `UnknownProject`, `WrongRequest`."""
    return read_request(RehearseRequest, values)
