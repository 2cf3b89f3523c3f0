"""The one idea of the product: observe → compare → act → observe again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Generic, NamedTuple, TypeVar

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.git import NotObserved
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectKind, ObjectRecord
from loadmaster.planning.values.state import THERE, ObjectState

Sighting = TypeVar("Sighting", bound=Observation)


class Thing(ABC, Generic[Sighting]):
    """One object of a release. `Sighting` is the type of its observations."""

    kind: ClassVar[ObjectKind]

    @property
    @abstractmethod
    def id(self) -> str:
        """Its name in the receipt."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, for messages: an address or a path."""

    @abstractmethod
    def observe(self) -> Sighting:
        """Asks once, and changes nothing. Raises what the client raises if it gets no answer."""

    def conflict(self, seen: Sighting) -> LoadmasterError:
        """The error for one that is `different` or `unknown`, of a thing that may be either."""
        return NotObserved(self.kind, self.id, self.place)

    def observe_again(self) -> Sighting:
        """Observes after the act. A thing that shows late is waited for here."""
        return self.observe()


class Converged(NamedTuple, Generic[Sighting]):
    record: ObjectRecord
    seen: Sighting
    """The last observation."""


def converge(thing: Thing[Sighting], act: Callable[[], object]) -> Converged[Sighting]:
    """Brings the thing about: acts only if it is absent, and believes what it observes afterwards, not what `act` returns.

    Raises what observing and acting raise. Raises the thing's own `conflict` if it is `different` or `unknown`, and
    `NotObserved` if it is absent after the act.
    """
    seen = thing.observe()
    if seen.state is not ObjectState.ABSENT:
        require_ours(thing, seen)
        why = "was there already" if seen.why is None else f"was there already: {seen.why}"
        return Converged(record_of(thing, seen).model_copy(update={"why": why}), seen)
    act()
    seen = thing.observe_again()
    if seen.state is ObjectState.ABSENT:
        raise NotObserved(thing.kind, thing.id, thing.place)
    require_ours(thing, seen)
    return Converged(record_of(thing, seen).model_copy(update={"attempts": 1}), seen)


def look_at(thing: Thing[Sighting]) -> ObjectRecord:
    """The record of a thing that is only observed; `unknown` if that fails."""
    try:
        return record_of(thing, thing.observe())
    except LoadmasterError as error:
        return record_of(thing, Observation.of_error(error))


def record_of(thing: Thing[Sighting], seen: Observation) -> ObjectRecord:
    return ObjectRecord(
        kind=thing.kind,
        id=thing.id,
        state=seen.state,
        sha256=seen.sha256,
        code=seen.code,
        facts=seen.facts,
        why=seen.why,
        cause=seen.cause,
        next=seen.next,
    )


def require_ours(thing: Thing[Sighting], seen: Sighting) -> Sighting:
    """Returns the observation of a thing that is there and is ours. Raises its `conflict` for any other."""
    if seen.state not in THERE:
        raise thing.conflict(seen)
    return seen
