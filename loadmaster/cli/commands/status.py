"""The state of every object of a release, the damage of one that is out in part, and the next step. Changes nothing."""

from __future__ import annotations

import os
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from loadmaster.clients.forge.releases import FORGE_TOKEN
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.cargo import KeptCrateBroken
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.planning.damage import Broken, CrateSeen, NextStep, assess, contents_refusal
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.index_line import IndexLine
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectRecord, Receipt
from loadmaster.planning.values.state import THERE, ObjectState
from loadmaster.planning.values.value import Value
from loadmaster.run.store import Store
from loadmaster.steps.observe import ReleasedSource, look_at_announcement, look_at_source, tag_records
from loadmaster.things.crate import Packaged, PublishedCrate
from loadmaster.things.thing import record_of


class Status(Value):
    """The document of `loadmaster status --json`: the objects, with the damage and the next step of `planning.damage`."""

    project: str
    version: str
    objects: tuple[ObjectRecord, ...]
    consumers_broken: bool
    broken: tuple[Broken, ...]
    next: NextStep
    why: str

    @property
    def exit_code(self) -> int:
        """0 everything is there; 1 something is different; 3 something is absent; 4 something is unknown. The first that holds
        of 1, 3, 4."""
        states = {each.state for each in self.objects}
        codes = {ObjectState.DIFFERENT: 1, ObjectState.ABSENT: 3, ObjectState.UNKNOWN: 4}
        return next((code for state, code in codes.items() if state in states), 0)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What earlier runs of this release, of any world, wrote into their receipts. All of it may be lost."""

    crates: Mapping[str, Mapping[str, ObjectState]] = field(default_factory=dict)
    """By `name@version`: digests that were on a registry, each with the state that was found by comparing bytes."""
    packaged: Mapping[str, str] = field(default_factory=dict)
    """By `name@version`: the digest of the newest real run, whose file may still be kept."""
    assets: Mapping[str, Collection[str]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    """By `name@version`: why the registry refused its contents in the newest run."""


def status(
    project: Project, version: str, index: str, forge: str | None, repository: str | None, store: Store
) -> Status:
    """Looks at everything. `forge` is the API's address; None leaves the forge out.

    Raises what git and cargo raise for a workspace that cannot be looked at: without it nobody knows the crates.
    """
    directory = store.run(f"status-{uuid.uuid4()}")
    try:
        source = look_at_source(project, version, repository, directory, store)
    finally:
        directory.remove()
    recorded = read_receipts(store, project.name, version, source.tagged)
    registry, crates, records = RegistryClient(index), [], []
    for seen, unasked in crates_seen(source, registry):
        record = _crate_record(seen, unasked, _thing(seen, recorded, registry, store))
        records.append(record)
        crates.append(seen.model_copy(update={"state": record.state, "refused": recorded.refused.get(seen.id)}))
    tags, announced = tag_records(source), _announced(project, source, forge, recorded)
    damage = assess(crates, [*tags, *announced])
    return Status(project=project.name, version=version, objects=(*tags, *records, *announced), **dict(damage))


def _announced(
    project: Project, source: ReleasedSource, forge: str | None, recorded: Recorded
) -> tuple[ObjectRecord, ...]:
    if forge is None:
        return ()
    token = os.environ.get(FORGE_TOKEN)
    found = [
        look_at_announcement(forge, project.forge, token, tag, recorded.assets, alone=len(source.tags) == 1)
        for tag in source.tags
    ]
    return tuple(record for records in found for record in records)


def crates_seen(source: ReleasedSource, registry: RegistryClient) -> list[tuple[CrateSeen, LoadmasterError | None]]:
    """Each crate as the registry shows it, not yet compared; with what kept it from being asked."""
    found = registry.find_lines_of(each.name for each in source.packages)
    return [_crate_seen(name, source.versions[name], lines) for name, lines in found.items()]


def _crate_seen(
    name: str, version: str, found: tuple[IndexLine, ...] | RegistryUnreachable
) -> tuple[CrateSeen, LoadmasterError | None]:
    if isinstance(found, RegistryUnreachable):
        return CrateSeen(name=name, version=version, published=None, state=ObjectState.UNKNOWN), found
    crate = CrateSeen(name=name, version=version, published=found, state=ObjectState.UNKNOWN)
    return crate.model_copy(update={"state": ObjectState.ABSENT}) if crate.is_missing else crate, None


def read_receipts(store: Store, project: str, version: str, tagged: str | None) -> Recorded:
    """What the receipts of this release's runs say; those that cannot be read say nothing.

    What a run packaged counts only if it was a real one, of the commit that is tagged.
    """
    receipts = receipts_of(store, project, version)
    crates: dict[str, dict[str, ObjectState]] = {}
    assets: dict[str, set[str]] = {}
    for record in _done(receipts, "crate"):
        crates.setdefault(record.id, {})[str(record.sha256)] = record.state
    for record in _done(receipts, "asset"):
        assets.setdefault(record.id, set()).add(str(record.sha256))
    real = [each for each in receipts if each.world == "live" and tagged in (None, each.commit)]
    return Recorded(
        crates=crates,
        packaged={each.id: str(each.sha256) for each in _done(real, "crate") if each.state is ObjectState.SAME},
        assets=assets,
        refused=_refused(receipts[-1]) if receipts else {},
    )


def receipts_of(store: Store, project: str, version: str) -> list[Receipt]:
    """Those of this release's runs, the oldest first; those that cannot be read are left out."""
    found = [each for path in store.part("runs").glob("*/receipt.json") if (each := _read(path.read_bytes()))]
    return sorted(
        (each for each in found if (each.project, each.version) == (project, version)), key=lambda each: each.started
    )


def _read(text: bytes) -> Receipt | None:
    try:
        return Receipt.model_validate_json(text)
    except ValueError:
        return None


def _done(receipts: Iterable[Receipt], kind: str) -> Iterable[ObjectRecord]:
    return (
        record
        for receipt in receipts
        for record in receipt.objects
        if record.kind == kind and record.state in THERE and record.sha256 is not None
    )


def _refused(receipt: Receipt) -> dict[str, str]:
    told = {each.id: contents_refusal(each) for each in receipt.objects if each.kind == "crate"}
    return {crate: why for crate, why in told.items() if why is not None}


def _crate_record(crate: CrateSeen, unasked: LoadmasterError | None, thing: PublishedCrate) -> ObjectRecord:
    """A crate is done if its digest is one that an earlier run recorded, or if the bytes that run kept say so."""
    if unasked is not None:
        return record_of(thing, Observation.of_error(unasked))
    try:
        return record_of(thing, thing.judge(crate.published or ()))
    except KeptCrateBroken:  # what a run packaged may be lost: then nothing is known of it
        return record_of(thing, replace(thing, ours=None).judge(crate.published or ()))
    except LoadmasterError as error:
        return record_of(thing, Observation.of_error(error))


def _thing(crate: CrateSeen, recorded: Recorded, registry: RegistryClient, store: Store) -> PublishedCrate:
    sha256 = recorded.packaged.get(crate.id)
    return PublishedCrate(
        registry=registry,
        name=crate.name,
        version=crate.version,
        ours=None if sha256 is None else Packaged(sha256=sha256, read=partial(store.crate, crate.id, sha256)),
        recorded=recorded.crates.get(crate.id, {}),
    )


def status_text(found: Status) -> str:
    width = max(len(each.id) for each in found.objects)
    lines = [f"{found.project} {found.version}"]
    lines += [f"  {each.state:<10} {each.kind:<7} {each.id:<{width}}  {each.why or ''}" for each in found.objects]
    lines += _damage_lines(found.broken)
    return "\n".join([*lines, f"next: {found.next}. {found.why}"])


def _damage_lines(broken: Sequence[Broken]) -> list[str]:
    if not broken:
        return ["consumers are not broken"]
    return ["consumers are broken now:"] + [f"  {each.crate} needs {each.needs} {each.requirement}" for each in broken]
