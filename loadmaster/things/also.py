"""A Python package on an index, published by CI: it is only observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from loadmaster.errors.also import PackageWithdrawn
from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.also.pypi import IndexedProject, files_of, lacking, without_digest, yanked
from loadmaster.planning.profile.also_released import AlsoReleased
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectKind
from loadmaster.planning.values.state import ObjectState
from loadmaster.things.thing import Thing


class PackageObservation(Observation):
    lacks: tuple[str, ...] = ()
    """What of the promised files is not there."""


@dataclass(frozen=True, kw_only=True)
class PublishedPackage(Thing[PackageObservation]):
    """Whole: every promised file is there, with its digest, and none is yanked."""

    kind: ClassVar[ObjectKind] = "package"
    promised: AlsoReleased
    version: str
    """As Python writes it."""
    index: str
    ask: Callable[[], IndexedProject | None]
    """Asks the index once."""

    @property
    def id(self) -> str:
        return f"{self.promised.name}=={self.version}"

    @property
    def place(self) -> str:
        return self.index

    def observe(self) -> PackageObservation:
        """Raises what `ask` raises."""
        project = self.ask()
        files = () if project is None else files_of(project, self.version)
        lacks = (*lacking(self.promised, files), *(f"the digest of `{name}`" for name in without_digest(files)))
        digests = {file.filename: file.sha256 for file in files}
        if taken_back := yanked(files):
            why = f"yanked: {', '.join(taken_back)}"
            return PackageObservation(
                state=ObjectState.DIFFERENT,
                code="yanked",
                facts={"files": dict(digests), "yanked": list(taken_back)},
                why=why,
            )
        if lacks:
            code = "incomplete" if files else "absent"
            why = f"lacks {', '.join(lacks)}"
            return PackageObservation(
                state=ObjectState.ABSENT, code=code, facts={"files": dict(digests)}, why=why, lacks=lacks
            )
        why = f"{len(files)} files, each with its digest"
        return PackageObservation(state=ObjectState.SAME, code="complete", facts={"files": dict(digests)}, why=why)

    def conflict(self, seen: PackageObservation) -> LoadmasterError:
        listed = (seen.facts or {}).get("yanked")
        return PackageWithdrawn(self.id, [str(name) for name in listed] if isinstance(listed, list) else [])
