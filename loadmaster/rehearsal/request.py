"""The request that starts a rehearsal: the parameters of the deployment `rehearse`, as one typed model."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from loadmaster.rehearsal.conditions import Conditions
from loadmaster.run.request import StartRequest, read_request


def _instant_or_commit(given: Any) -> Any:
    """Reports a wrong value once: pydantic's union would report an error for each of its members."""
    if not isinstance(given, str) or given == "commit":
        return given
    try:
        instant = datetime.fromisoformat(given)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError(
            f"give an instant with its time zone, such as `2026-01-24T19:00:00Z`, or `commit`, not `{given}`"
        )
    return instant


class RehearseRequest(Conditions, StartRequest):
    """One rehearsal: the same release in a world made for it, where nothing reaches a live registry."""

    as_of: Annotated[AwareDatetime | Literal["commit"], BeforeValidator(_instant_or_commit)] | None = Field(
        default=None,
        title="As of",
        description="See crates.io's index as it was at this instant, or when the commit was made (`commit`); "
        "now if left out.",
    )


def rehearse_request(values: dict[str, Any]) -> RehearseRequest:
    """The model from plain values. Raises `UnknownProject`, `WrongRequest`."""
    return read_request(RehearseRequest, values)
