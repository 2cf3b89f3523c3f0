"""The state of every object of a release, the damage if only a part is published, and the next step. Changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.credentials.sources import given_forge_token
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.cargo import KeptCrateBroken
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.planning.begun import WayBack
from loadmaster.planning.damage import Broken, CrateSeen, NextStep, assess, contents_refusal
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.index_line import IndexLine
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectRecord, Receipt
from loadmaster.planning.values.state import THERE, ObjectState
from loadmaster.planning.values.value import Value
from loadmaster.run.store import Store
from loadmaster.steps.observe import ReleasedSource, commit_records, look_at_announcement, look_at_source, tag_records
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
    command: str | None = None
    """The command that finishes the release, if that is the next step."""

    @property
    def exit_code(self) -> int:
        """0 everything is there, 1 something is different, 3 something is absent, 4 something is unknown.

        If several hold, the first of 1, 3, 4.
        """
        states = {record.state for record in self.objects}
        codes = {ObjectState.DIFFERENT: 1, ObjectState.ABSENT: 3, ObjectState.UNKNOWN: 4}
        return next((code for state, code in codes.items() if state in states), 0)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What earlier runs of this release, in any world, wrote into their receipts. All of it may be lost."""

    crates: Mapping[str, Mapping[str, ObjectState]] = field(default_factory=dict)
    """By `name@version`: digests that a registry had, each with the state that comparing the bytes gave."""
    packaged: Mapping[str, str] = field(default_factory=dict)
    """By `name@version`: the digest of the newest real run, whose file may still be kept."""
    assets: Mapping[str, Collection[str]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    """By `name@version`: why the registry refused its contents in the newest run."""


def status(
    project: Project, version: str, index: str, forge: str | None, repository: str | None, store: Store, way: WayBack
) -> Status:
    """Observes every object. `forge` is the API's address; None leaves the forge out. `way`: how the release is finished.

    Raises what git and cargo raise for a workspace that cannot be read: without it the crates are not known.
    """
    directory = store.run(f"status-{uuid.uuid4()}")
    try:
        source = look_at_source(project, version, repository, directory, store)
    finally:
        directory.remove()
    recorded = read_receipts(store, project.name, version, source.tagged)
    registry, crates, records = RegistryClient(index), [], []
    for crate, failure in crates_seen(source, registry):
        record = _crate_record(crate, failure, _thing(crate, recorded, registry, store))
        records.append(record)
        crates.append(crate.model_copy(update={"state": record.state, "refused": recorded.refused.get(crate.id)}))
    git_objects = (*commit_records(source), *tag_records(source))
    announced = _announcement_records(project, source, forge, recorded)
    damage = assess(crates, [*git_objects, *announced])
    command = way.command(version) if damage.next is NextStep.FINISH else None
    return Status(
        project=project.name,
        version=version,
        objects=(*git_objects, *records, *announced),
        **dict(damage),
        command=command,
    )


def _announcement_records(
    project: Project, source: ReleasedSource, forge: str | None, recorded: Recorded
) -> tuple[ObjectRecord, ...]:
    if forge is None:
        return ()
    given = given_forge_token()
    token = given.reveal() if given is not None else None
    by_tag = [
        look_at_announcement(forge, project.forge, token, tag, recorded.assets, alone=len(source.tags) == 1)
        for tag in source.tags
    ]
    return tuple(record for records in by_tag for record in records)


def crates_seen(source: ReleasedSource, registry: RegistryClient) -> list[tuple[CrateSeen, LoadmasterError | None]]:
    """Each crate as the registry lists it, not yet compared, with the error if the registry did not answer."""
    lines_of = registry.find_lines_of(package.name for package in source.packages)
    return [_crate_seen(name, source.versions[name], lines) for name, lines in lines_of.items()]


def _crate_seen(
    name: str, version: str, lines: tuple[IndexLine, ...] | RegistryUnreachable
) -> tuple[CrateSeen, LoadmasterError | None]:
    if isinstance(lines, RegistryUnreachable):
        return CrateSeen(name=name, version=version, published=None, state=ObjectState.UNKNOWN), lines
    crate = CrateSeen(name=name, version=version, published=lines, state=ObjectState.UNKNOWN)
    return crate.model_copy(update={"state": ObjectState.ABSENT}) if crate.is_missing else crate, None


def read_receipts(store: Store, project: str, version: str, tagged: str | None) -> Recorded:
    """What the receipts of this release's runs say; unreadable ones are ignored.

    The crates that a run packaged count only if it was a real run of the tagged commit.
    """
    receipts = receipts_of(store, project, version)
    crates: dict[str, dict[str, ObjectState]] = {}
    assets: dict[str, set[str]] = {}
    for record in _records_with_digest(receipts, "crate"):
        crates.setdefault(record.id, {})[str(record.sha256)] = record.state
    for record in _records_with_digest(receipts, "asset"):
        assets.setdefault(record.id, set()).add(str(record.sha256))
    real = [receipt for receipt in receipts if receipt.world == "live" and tagged in (None, receipt.commit)]
    same = (record for record in _records_with_digest(real, "crate") if record.state is ObjectState.SAME)
    return Recorded(
        crates=crates,
        packaged={record.id: str(record.sha256) for record in same},
        assets=assets,
        refused=_refusals(receipts[-1]) if receipts else {},
    )


def receipts_of(store: Store, project: str, version: str) -> list[Receipt]:
    """The receipts of this release's runs, the oldest first; unreadable ones are left out."""
    texts = (path.read_bytes() for path in store.part("runs").glob("*/receipt.json"))
    receipts = [receipt for text in texts if (receipt := _parse_receipt(text))]
    ours = (receipt for receipt in receipts if (receipt.project, receipt.version) == (project, version))
    return sorted(ours, key=lambda receipt: receipt.started)


def _parse_receipt(text: bytes) -> Receipt | None:
    try:
        return Receipt.model_validate_json(text)
    except ValueError:
        return None


def _records_with_digest(receipts: Iterable[Receipt], kind: str) -> Iterable[ObjectRecord]:
    return (
        record
        for receipt in receipts
        for record in receipt.objects
        if record.kind == kind and record.state in THERE and record.sha256 is not None
    )


def _refusals(receipt: Receipt) -> dict[str, str]:
    reasons = {record.id: contents_refusal(record) for record in receipt.objects if record.kind == "crate"}
    return {crate: why for crate, why in reasons.items() if why is not None}


def _crate_record(crate: CrateSeen, failure: LoadmasterError | None, thing: PublishedCrate) -> ObjectRecord:
    """A crate is done if an earlier run recorded its digest, or if it equals the bytes that such a run kept.

    `failure`: the registry did not answer.
    """
    if failure is not None:
        return record_of(thing, Observation.of_error(failure))
    try:
        return record_of(thing, thing.judge(crate.published or ()))
    except KeptCrateBroken:  # the kept file may be lost: then there is nothing to compare with
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


def status_text(status: Status) -> str:
    width = max(len(record.id) for record in status.objects)
    lines = [f"{status.project} {status.version}"]
    lines += [
        f"  {record.state:<10} {record.kind:<7} {record.id:<{width}}  {record.why or ''}" for record in status.objects
    ]
    lines += _damage_lines(status.broken)
    lines.append(f"next: {status.next}. {status.why}")
    return "\n".join(lines if status.command is None else [*lines, f"  {status.command}"])


def _damage_lines(broken: Sequence[Broken]) -> list[str]:
    if not broken:
        return ["consumers are not broken"]
    return ["consumers are broken now:"] + [f"  {edge.crate} needs {edge.needs} {edge.requirement}" for edge in broken]
