"""A crate on a registry, compared by its bytes, or by digests that were compared before."""

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
    """Its bytes, which have that digest. Raises `KeptCrateBroken` where they are not there any more."""

    @classmethod
    def of(cls, content: bytes) -> Packaged:
        return cls(sha256=hashlib.sha256(content).hexdigest(), read=lambda: content)


@dataclass(frozen=True, kw_only=True)
class PublishedCrate(Thing[CrateObservation]):
    """`name@version` on a registry. Without `ours` nobody can tell whether it is the release's own: it is `unknown`."""

    kind: ClassVar[ObjectKind] = "crate"
    registry: RegistryClient
    name: str
    version: str
    ours: Packaged | None
    recorded: Mapping[str, ObjectState] = field(default_factory=dict)
    """Digests on the registry that earlier runs compared, by their bytes, and how they compared."""
    shows: Callable[[], None] | None = None
    """Waits until the index shows it. Without it the registry's own word is taken for the time being: an index lags, and what
    was accepted is read back beside the next uploads (`steps.visibility`)."""

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
        """As `observe`, with the index's lines at hand; it may still have to download."""
        listed = tuple(listed)
        there = next((each for each in listed if same_version(each.version, self.version)), None)
        if there is None:
            return _absent(self.name, len(listed))
        seen = self._compare(there)
        return seen if not there.yanked else _yanked(seen)

    def _compare(self, there: Listed) -> CrateObservation:
        if (state := self.recorded.get(there.checksum)) is not None:
            why = "the checksum that an earlier run recorded"
            return CrateObservation(state=state, code="recorded-checksum", why=why, sha256=there.checksum)
        if self.ours is None:
            why = f"there; compare with `loadmaster compare {self.name}-{self.version}.crate`"
            return CrateObservation(state=ObjectState.UNKNOWN, code="never-compared", why=why, sha256=there.checksum)
        if there.checksum == self.ours.sha256:
            return _equal(self.ours.sha256)
        theirs = self.registry.download(self.name, there.version, there.checksum)
        if (served := hashlib.sha256(theirs).hexdigest()) != there.checksum:
            return CrateObservation.of_error(IndexDisagrees(self.id, there.checksum, served))
        return _compared(compare(self.ours.read(), theirs, crate=self.id), there.checksum)

    def conflict(self, seen: CrateObservation) -> LoadmasterError:
        if seen.state is ObjectState.DIFFERENT:
            return CrateTaken(self.id, [each.path for each in seen.differs])
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


def _compared(found: Comparison, checksum: str) -> CrateObservation:
    facts: dict[str, JsonValue] = {"differs": {each.path: each.how for each in found.differs}}
    return CrateObservation(
        state=found.state,
        code=found.code,
        facts=facts if found.differs else None,
        why=found.why,
        sha256=checksum,
        differs=found.differs,
    )


def _yanked(seen: CrateObservation) -> CrateObservation:
    why = "the registry's is yanked" if seen.why is None else f"{seen.why}; the registry's is yanked"
    return seen.model_copy(update={"facts": {**(seen.facts or {}), "yanked": True}, "why": why})
