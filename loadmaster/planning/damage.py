"""What a release that is out in part does to its consumers now, and what to do next: finish, fix forward, or yank.

Knows index lines and states. Refuses to know how they were observed, and to take what could not be observed for done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum

from loadmaster.errors.registry import UploadRefused
from loadmaster.errors.workspace import DependencyCycle
from loadmaster.planning.order import find_cycle, in_order
from loadmaster.planning.registry.index_line import IndexLine, Need
from loadmaster.planning.registry.refusal import Reason
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.requirement import matches
from loadmaster.planning.values.state import THERE, ObjectState
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import same_version

YANK_BURST = 100
"""Yanks that crates.io takes of one user at once; then one a minute."""


class CrateSeen(Value):
    """One crate of a release, and all that the registry has under its name."""

    name: str
    version: str
    published: tuple[IndexLine, ...] | None
    """Every version of it; None if the registry could not be asked."""
    state: ObjectState
    """Of this version."""
    refused: str | None = None
    """Why the registry refused its contents, if an earlier attempt was told so."""

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def out(self) -> IndexLine | None:
        """This version as it is published; a yanked one is there like any other."""
        return next((line for line in self.published or () if same_version(line.version, self.version)), None)

    @property
    def is_missing(self) -> bool:
        return self.published is not None and self.out is None


class Broken(Value):
    """A published crate that nobody can build now."""

    crate: str
    """`name@version`."""
    needs: str
    requirement: str


class NextStep(StrEnum):
    NOTHING = "nothing"
    FINISH = "finish"
    """Start the release again: it asks first, and does what is missing."""
    FIX_FORWARD = "fix-forward"
    """Release a higher version; this one can never be whole."""
    YANK = "yank"
    """Take back what is out of this version, then release a higher one."""


class Damage(Value):
    consumers_broken: bool
    broken: tuple[Broken, ...]
    next: NextStep
    why: str


def assess(crates: Sequence[CrateSeen], others: Sequence[ObjectRecord] = ()) -> Damage:
    """The damage, and the next step. `others` are the tag, the forge release and its assets, as far as they are asked for.

    Raises `MalformedRequirement` for an index that holds none.
    """
    found = broken(crates)
    step, why = _recommend(crates, others, found)
    return Damage(consumers_broken=bool(found), broken=found, next=step, why=why)


def broken(crates: Sequence[CrateSeen]) -> tuple[Broken, ...]:
    """Every requirement of a published crate on a member of the release that no published, unyanked version satisfies.

    Optional ones count: whoever turns their feature on is broken. A yanked crate breaks nobody: nobody is given it. A
    member that could not be asked for is not held against those who need it.
    """
    offered = {
        crate.name: [line.version for line in crate.published if not line.yanked]
        for crate in crates
        if crate.published is not None
    }
    found = (
        Broken(crate=crate.id, needs=need.name, requirement=need.requirement)
        for crate in crates
        if crate.out is not None and not crate.out.yanked
        for need in _needs(crate.out, offered)
        if not any(matches(need.requirement, version) for version in offered[need.name])
    )
    return tuple(dict.fromkeys(found))


def yank_order(crates: Sequence[CrateSeen]) -> tuple[CrateSeen, ...]:
    """The crates that are out, dependents first: at no moment does one stand whose dependency is gone.

    By what was published, not by what the workspace says today. Raises `DependencyCycle`.
    """
    out = {crate.name: crate for crate in crates if crate.out is not None}
    graph = {
        name: frozenset(
            need.name
            for need in _needs(crate.out, out)
            if need.name != name and matches(need.requirement, out[need.name].version)
        )
        for name, crate in out.items()
        if crate.out is not None
    }
    if cycle := find_cycle(graph):
        raise DependencyCycle(cycle)
    return tuple(out[name] for name in reversed(in_order(graph)))


def minutes_to_yank(count: int) -> int:
    """How long crates.io makes `count` yanks last, with a full bucket."""
    return max(0, count - YANK_BURST)


def refused_for_contents(crate: ObjectRecord) -> str | None:
    """The registry's words, if an attempt ended in a refusal of the crate's own contents, which no Retry mends."""
    facts = crate.facts or {}
    if crate.code != UploadRefused.code or facts.get("reason") != Reason.CONTENTS:
        return None
    return str(facts.get("told", ""))


def _needs(line: IndexLine, among: Collection[str]) -> Iterator[Need]:
    """What cargo resolves for a consumer: not the dev-dependencies, and of other registries nothing is known here."""
    return (need for need in line.needs if need.kind != "dev" and need.registry is None and need.name in among)


def _recommend(
    crates: Sequence[CrateSeen], others: Sequence[ObjectRecord], found: Sequence[Broken]
) -> tuple[NextStep, str]:
    impossible = _never_whole(crates, others)
    to_come = {} if impossible else {crate.name: crate.version for crate in crates if crate.is_missing}
    hopeless = [
        requirement
        for requirement in found
        if requirement.needs not in to_come or not matches(requirement.requirement, to_come[requirement.needs])
    ]
    if hopeless:
        reason = (
            impossible[0] if impossible else "what they need is yanked, or was never meant to come with this version"
        )
        return NextStep.YANK, (
            f"{_told(hopeless)}, and finishing does not mend that: {reason}. "
            "Take back what is out of this version, dependents first, then release a higher one."
        )
    if impossible:
        return NextStep.FIX_FORWARD, (
            f"This version can never be whole: {'; '.join(impossible)}. What is out of it works; release a higher version."
        )
    return _withdrawn(crates) or _unfinished(crates, others, found) or _uncertain(crates, others) or _whole(crates)


def _never_whole(crates: Sequence[CrateSeen], others: Sequence[ObjectRecord]) -> list[str]:
    different = [crate for crate in crates if crate.state is ObjectState.DIFFERENT]
    refused = [crate for crate in crates if crate.is_missing and crate.refused is not None]
    tags = [record for record in others if record.kind == "tag" and record.state is ObjectState.DIFFERENT]
    return [
        *(
            f"`{crate.id}` is on the registry with other contents, and a published version is never replaced"
            for crate in different
        ),
        *(f"the registry refused the contents of `{crate.id}` ({crate.refused})" for crate in refused),
        *(f"the tag `{each.id}` stands elsewhere, and a pushed tag is never moved" for each in tags),
    ]


def _withdrawn(crates: Sequence[CrateSeen]) -> tuple[NextStep, str] | None:
    out = [crate.out for crate in crates if crate.out is not None]
    yanked = [line for line in out if line.yanked]
    if yanked and len(yanked) == len(out):
        return NextStep.NOTHING, "All that was published of this version is yanked; release a higher one."
    if yanked and any(crate.is_missing for crate in crates):
        return NextStep.YANK, (
            f"{len(yanked)} of the {len(out)} crates that are out are yanked and others were never published: "
            "this version is being withdrawn. Yank the rest, then release a higher one."
        )
    return None


def _unfinished(
    crates: Sequence[CrateSeen], others: Sequence[ObjectRecord], found: Sequence[Broken]
) -> tuple[NextStep, str] | None:
    missing = [crate.id for crate in crates if crate.is_missing]
    missing += [f"{record.kind} {record.id}" for record in others if record.state is ObjectState.ABSENT]
    if not missing:
        return None
    may_be_out = any(not crate.is_missing for crate in crates) or any(record.state in THERE for record in others)
    if not may_be_out:
        return (
            NextStep.NOTHING,
            "Nothing of this version is out, so there is nothing to mend; release it when it is time.",
        )
    consumers = f"{_told(found)} until then" if found else "what is out works as it is"
    return NextStep.FINISH, (
        f"Not there yet: {_some(missing)}. Start the release again: it recognises what is there; {consumers}."
    )


def _uncertain(crates: Sequence[CrateSeen], others: Sequence[ObjectRecord]) -> tuple[NextStep, str] | None:
    doubtful = [crate.id for crate in crates if crate.state is ObjectState.UNKNOWN]
    doubtful += [f"{record.kind} {record.id}" for record in others if record.state not in THERE]
    if not doubtful:
        return None
    return NextStep.FINISH, (
        f"Nothing is known to be missing, but this is not certain of {_some(doubtful)}. Start the release again: it "
        "compares what is there, and does only what is missing."
    )


def _whole(crates: Sequence[CrateSeen]) -> tuple[NextStep, str]:
    yanked = [crate.id for crate in crates if crate.out is not None and crate.out.yanked]
    return NextStep.NOTHING, "Everything is there." + (f" Yanked by now: {_some(yanked)}." if yanked else "")


def _told(found: Sequence[Broken]) -> str:
    return (
        _some([f"{requirement.crate} (needs {requirement.needs} {requirement.requirement})" for requirement in found])
        + " cannot be built"
    )


def _some(names: Sequence[str], at_most: int = 5) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:at_most])
    return shown if len(names) <= at_most else f"{shown} and {len(names) - at_most} more"
