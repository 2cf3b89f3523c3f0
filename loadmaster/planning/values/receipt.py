"""The receipt: what was observed at the end. It holds every object with its state, digest and duration, every gate and every
deviation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import AwareDatetime, JsonValue

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value

ObjectKind = Literal[
    "commit", "tag", "crate", "release", "asset", "install", "smoke", "workflow-run", "pull-request", "package"
]
CHECKS = frozenset({"install", "smoke"})
"""Kinds of objects that change nothing: they look at what is there, and every attempt looks again."""


SHORT = 8
"""Characters of a run's id that are shown."""


class ReceiptOutcome(StrEnum):
    RELEASED = "released"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CRASHED = "crashed"
    """The process of the run ended before the run was done."""
    PLANNED = "planned"


class ObjectRecord(Value):
    """One object of the plan as it was last observed."""

    kind: ObjectKind
    id: str
    state: ObjectState
    sha256: str | None = None
    seconds: float = 0.0
    """Wall time of the step that made it, or that observed that it existed, with its waits for whoever was out of reach."""
    attempts: int = 0
    """How often the step acted or was tried in vain: 0 if the object was there at the first look. For one that failed, how often
    it was tried."""
    code: str | None = None
    """What `why` says, for programs: the code of an error, or a code that `docs/receipt.md` lists."""
    facts: Mapping[str, JsonValue] | None = None
    """The values that `why` was made from, by name."""
    why: str | None = None
    """For people: no program reads it."""
    cause: str | None = None
    """Where an error kept it from being observed or brought about: why that usually happens. For people."""
    next: str | None = None
    """Where an error did so: what to do next. For people."""

    @classmethod
    def of_error(cls, kind: ObjectKind, id: str, error: LoadmasterError) -> Self:
        """The record of an object that `error` kept from being observed or brought about: its state is not known."""
        return cls(
            kind=kind,
            id=id,
            state=ObjectState.UNKNOWN,
            code=error.code,
            facts=error.facts,
            why=error.what,
            cause=error.why,
            next=error.fix,
        )


class CommandRecord(Value):
    """A command of the project's own that ran for the release commit."""

    name: str
    run: tuple[str, ...]
    exit_code: int
    sha256: str
    """Of its result, as the plan has it."""
    files: tuple[str, ...]
    """The paths that it made, changed or deleted."""
    seconds: float
    kept: bool = False
    """Whether an earlier attempt of the run ran it, and its result was taken from there."""


class CrateReadBack(Value):
    """What reading one published crate back gave."""

    id: str
    """`name@version`."""
    seconds: float
    """From its acceptance until the registry showed it."""
    file: bool
    """Whether its file was downloaded and hashed, too."""
    disagreed: str | None = None
    """A checksum that is not ours, which the registry showed for a while."""


def read_back(record: ObjectRecord, seen: CrateReadBack) -> ObjectRecord:
    """The record of a crate after it was read back. One that was there already keeps its code and its reason."""
    code = "read-back" if record.code == "accepted" else record.code
    what = "the index, twice, and its file" if seen.file else "the index, twice"
    why = f"read back from {what}, {seen.seconds:.1f} s after it was accepted" if code == "read-back" else record.why
    facts = {**(record.facts or {}), "shown_after": seen.seconds, "file": seen.file}
    if seen.disagreed:
        why = f"{why or 'read back'}; for a while the registry showed the checksum `{seen.disagreed}`"
        facts["disagreed"] = seen.disagreed
    return record.model_copy(update={"code": code, "facts": facts, "why": why})


class Failure(Value):
    """The error of the catalogue that stopped the release."""

    what: str
    why: str
    next: str
    code: str | None = None
    """The code of the error, such as `upload-refused`; None in a receipt that is older than this field."""
    facts: Mapping[str, JsonValue] | None = None
    """The values that the sentences were made from, by name."""
    transient: bool = False
    """Whether the same attempt, made again a little later, may succeed."""
    final: bool = False
    """Whether no attempt at this version can ever succeed."""

    @classmethod
    def of(cls, error: LoadmasterError) -> Self:
        return cls(
            what=error.what,
            why=error.why,
            next=error.fix,
            code=error.code,
            facts=error.facts or None,
            transient=error.transient,
            final=error.final,
        )


class ForgeUse(Value):
    """How much an attempt asked of the forge."""

    requests: int = 0
    """All that were sent."""
    unchanged: int = 0
    """Those of them that the forge answered with "not modified": they cost nothing of its limit."""


class Receipt(Value):
    project: str
    version: str
    commit: str
    """The release commit if it exists, otherwise the commit that was looked at."""
    base_commit: str
    world: Literal["live", "rehearsal"]
    run: str | None = None
    """The id of the flow run, by which it is followed and resumed; None for a plan."""
    options: Mapping[str, str] | None = None
    """What the request said beside project, version and commit, by option, such as `registry`: a command that names this release
    has to say it, too. None if that is nothing, and in the asset of a forge release."""
    outcome: ReceiptOutcome
    plan: str
    """Hash of the plan."""
    toolchain: str
    as_of: AwareDatetime | None = None
    """The instant whose state of the registry was used."""
    started: AwareDatetime
    seconds: float
    objects: tuple[ObjectRecord, ...] = ()
    commands: tuple[CommandRecord, ...] = ()
    """The commands of the project's own, in their order."""
    gates: tuple[GateAnswer, ...] = ()
    not_passed: tuple[str, ...] = ()
    """Ids of the gates that did not pass, also of a release that is out: one has no answer, or failed, perhaps only as advice."""
    deviations: tuple[str, ...] = ()
    failure: Failure | None = None
    forge: ForgeUse | None = None
    """What this attempt asked of the forge; None if nothing."""

    @property
    def short_run(self) -> str:
        """The beginning of the run's id, by which commands find it."""
        return (self.run or "")[:SHORT]

    @property
    def changed_nothing(self) -> bool:
        """Whether everything was released already, so that nothing was left to do."""
        acted = any(record.attempts for record in self.objects if record.kind not in CHECKS)
        return self.outcome is ReceiptOutcome.RELEASED and not acted

    def to_json(self) -> str:
        """Indented JSON without absent fields, with one newline at the end."""
        return json.dumps(self.model_dump(mode="json", exclude_none=True), indent=2, ensure_ascii=False) + "\n"


def same_release(one: bytes, other: bytes) -> bool:
    """Whether two receipts are of the same release: equal except for instants, durations, attempts, explanations and checks."""
    try:
        return _essence(read_json(one)) == _essence(read_json(other))
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _essence(receipt: dict[str, Any]) -> dict[str, Any]:
    objects = sorted(
        (record["kind"], record["id"], record.get("sha256", ""))
        for record in receipt["objects"]
        if record["kind"] not in CHECKS
    )
    return {key: receipt[key] for key in ("project", "version", "commit", "world", "plan")} | {"objects": objects}


def seconds_between(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds(), 3)


def json_schema() -> str:
    """The JSON Schema of what `to_json` writes; `docs/receipt.schema.json` is this text.

    The schema allows more fields: `loadmaster plan --json` adds the plan itself.
    """
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Receipt.model_json_schema(mode="serialization"),
        "additionalProperties": True,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(json_schema(), end="")
