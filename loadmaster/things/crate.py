"""A crate on a registry, compared by its bytes, or by digests that an earlier run compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from pydantic import JsonValue

from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.registry import CrateTaken, IndexDisagrees
from loadmaster.planning.registry.compare import EQUAL_BYTES, Comparison, Difference, compare
from loadmaster.planning.registry.sparse_index import crates_io_index
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectKind
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.version import same_version
from loadmaster.things.thing import Thing


class Listed(Protocol):
    """A version in a registry's index."""

    @property
    def version(self) -> str: ...
    @property
    def checksum(self) -> str: ...
    @property
    def yanked(self) -> bool: ...


class CrateObservation(Observation):
    differs: tuple[Difference, ...] = ()
    """Files that are not equal, by path."""


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """A crate as it was packaged here."""

    sha256: str
    read: Callable[[], bytes]
    """Reads its bytes, which have that digest. Raises `KeptCrateBroken` if they are lost."""

    @classmethod
    def of(cls, content: bytes) -> Packaged:
        return cls(sha256=hashlib.sha256(content).hexdigest(), read=lambda: content)


@dataclass(frozen=True, kw_only=True)
class PublishedCrate(Thing[CrateObservation]):
    """`name@version` on a registry. Without `ours` it is `unknown`: there is nothing to compare it with."""

    kind: ClassVar[ObjectKind] = "crate"
    registry: RegistryClient
    name: str
    version: str
    ours: Packaged | None
    recorded: Mapping[str, ObjectState] = field(default_factory=dict)
    """By digest on the registry, the state that an earlier run found by comparing bytes."""
    shows: Callable[[], None] | None = None
    """Waits until the index shows it. Without it, the registry's acceptance is enough for now: an index lags, and
    `steps.visibility` reads accepted crates back beside the next uploads."""

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def place(self) -> str:
        return self.registry.index

    def observe(self) -> CrateObservation:
        """Raises `RegistryUnreachable`, `CrateFileBroken`, and what reading `ours` raises."""
        return self.judge(self.registry.versions(self.name))

    def judge(self, listed: Iterable[Listed]) -> CrateObservation:
        """As `observe`, from the given lines of the index; it may still have to download."""
        listed = tuple(listed)
        line = next((line for line in listed if same_version(line.version, self.version)), None)
        if line is None:
            return _absent(self.name, len(listed))
        seen = self._compare(line)
        return seen if not line.yanked else _mark_yanked(seen)

    def _compare(self, line: Listed) -> CrateObservation:
        if (state := self.recorded.get(line.checksum)) is not None:
            why = "the checksum that an earlier run recorded"
            return CrateObservation(state=state, code="recorded-checksum", why=why, sha256=line.checksum)
        if self.ours is None:
            at = "" if self.place == crates_io_index() else f" --registry {self.place}"
            why = f"there; package it at its tag, then `loadmaster compare target/package/{self.name}-{self.version}.crate{at}`"
            return CrateObservation(state=ObjectState.UNKNOWN, code="never-compared", why=why, sha256=line.checksum)
        if line.checksum == self.ours.sha256:
            return _equal(self.ours.sha256)
        theirs = self.registry.download(self.name, line.version, line.checksum)
        if (served := hashlib.sha256(theirs).hexdigest()) != line.checksum:
            return CrateObservation.of_error(IndexDisagrees(self.id, line.checksum, served))
        return _observation_of(compare(self.ours.read(), theirs, crate=self.id), line.checksum)

    def conflict(self, seen: CrateObservation) -> LoadmasterError:
        if seen.state is ObjectState.DIFFERENT:
            return CrateTaken(self.id, [difference.path for difference in seen.differs])
        facts = seen.facts or {}
        return IndexDisagrees(self.id, str(facts.get("listed")), str(facts.get("served")))

    def observe_again(self) -> CrateObservation:
        """Raises what `shows` raises."""
        assert self.ours is not None  # it has been uploaded
        if self.shows is None:
            return CrateObservation(state=ObjectState.SAME, code="accepted", sha256=self.ours.sha256)
        self.shows()
        return _equal(self.ours.sha256)


def _equal(sha256: str) -> CrateObservation:
    return CrateObservation(state=ObjectState.SAME, code="equal-bytes", why=EQUAL_BYTES, sha256=sha256)


def _absent(name: str, others: int) -> CrateObservation:
    why = f"of `{name}` the registry has {others} other versions" if others else "the registry does not know the name"
    return CrateObservation(state=ObjectState.ABSENT, code="absent", facts={"others": others}, why=why)


def _observation_of(comparison: Comparison, checksum: str) -> CrateObservation:
    facts: dict[str, JsonValue] = {"differs": {difference.path: difference.how for difference in comparison.differs}}
    return CrateObservation(
        state=comparison.state,
        code=comparison.code,
        facts=facts if comparison.differs else None,
        why=comparison.why,
        sha256=checksum,
        differs=comparison.differs,
    )


def _mark_yanked(seen: CrateObservation) -> CrateObservation:
    why = "the registry's is yanked" if seen.why is None else f"{seen.why}; the registry's is yanked"
    return seen.model_copy(update={"facts": {**(seen.facts or {}), "yanked": True}, "why": why})
