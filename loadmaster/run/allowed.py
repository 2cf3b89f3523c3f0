"""Which paths and addresses a run may name: those of its project's profile, and those that a person gave at a terminal.

A run's parameters come from whoever reaches the server. A path or an address among them would be cloned, built, or sent a
token. So a command writes down what it was given, in the store, where nobody else can write; a flow looks there.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from loadmaster.errors.access import ParameterNotAllowed
from loadmaster.planning.values.value import Value, digest
from loadmaster.run.store import Store, write_atomically


class Place(Value):
    """A path or an address that a request names and its profile does not."""

    project: str
    parameter: str
    value: str


class NamesPlaces(Protocol):
    @property
    def places(self) -> Iterable[Place]: ...


def allow(request: NamesPlaces, store: Store) -> None:
    """Writes down what a person gave at a terminal, or what a release made for its own smoke test.

    Raises `DiskFull`, `NotWritten`.
    """
    for place in request.places:
        write_atomically(_file(store, place), place.model_dump_json(indent=2).encode())


def require_allowed(request: NamesPlaces, store: Store) -> None:
    """Raises `ParameterNotAllowed` for the first place that nobody has given at a terminal."""
    for place in request.places:
        if not _file(store, place).exists():
            raise ParameterNotAllowed(place.project, place.parameter, place.value)


def places_of(project: str, **named: str | None) -> tuple[Place, ...]:
    """By parameter; without those that are left out."""
    return tuple(Place(project=project, parameter=name, value=value) for name, value in named.items() if value)


def _file(store: Store, place: Place) -> Path:
    return store.part("allowed") / f"{digest(place)}.json"
