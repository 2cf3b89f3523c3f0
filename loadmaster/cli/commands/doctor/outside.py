"""The registry's index, and this machine's clock beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.doctor.check import Check, not_asked
from loadmaster.planning.doctor.outside import IndexSeen, judge_clock, judge_registry
from loadmaster.planning.values.receipt import Failure

HALF = timedelta(seconds=0.5)
"""A server names whole seconds, and so an instant that is half a second early on average."""


def look_outside(registry: RegistryClient | None) -> Iterator[Check]:
    """None: nobody is asked."""
    if registry is None:
        yield from (not_asked(name, "left out (`--offline`)") for name in ("registry", "clock"))
        return
    seen = index_seen(registry)
    yield judge_registry(seen)
    yield judge_clock(seen)


def index_seen(registry: RegistryClient) -> IndexSeen:
    begun = datetime.now(UTC)
    try:
        theirs = registry.instant()
    except LoadmasterError as error:
        return IndexSeen(index=registry.index, failure=Failure.of(error))
    took = datetime.now(UTC) - begun
    ahead = None if theirs is None else (begun + took / 2 - (theirs + HALF)).total_seconds()
    return IndexSeen(index=registry.index, seconds=took.total_seconds(), ahead=ahead)
