"""The damage that a partly published release does to its consumers, and what to do next: finish, fix forward, or yank.

Knows index lines and states. Does not know how they were observed. What could not be observed never counts as done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum

from loadmaster.errors.refusals.reason import FINAL
from loadmaster.errors.registry import UploadRefused
from loadmaster.errors.workspace import DependencyCycle
from loadmaster.planning.order import dependencies_first, find_cycle
from loadmaster.planning.registry.index_line import IndexLine, Need
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.requirement import matches
from loadmaster.planning.values.state import THERE, ObjectState
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import same_version

YANK_BURST = 100
"""How many yanks crates.io accepts from one user at once; then it accepts one a minute."""


class CrateSeen(Value):
    """One crate of a release, and everything that the registry has under its name."""

    name: str
    version: str
    published: tuple[IndexLine, ...] | None
    """Every published version of it; None if the registry could not be asked."""
    state: ObjectState
    """The state of this version."""
    refused: str | None = None
    """The registry's reason, if it refused the contents in an earlier attempt."""

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def index_line(self) -> IndexLine | None:
        """This version in the index, yanked or not; None if it is not published."""
        return next((line for line in self.published or () if same_version(line.version, self.version)), None)

    @property
    def is_missing(self) -> bool:
        return self.published is not None and self.index_line is None


class Broken(Value):
    """A published crate that nobody can build now."""

    crate: str
    """`name@version`."""
    needs: str
    requirement: str


class NextStep(StrEnum):
    NOTHING = "nothing"
    FINISH = "finish"
    """Start the release again. It looks first, and does what is missing."""
    FIX_FORWARD = "fix-forward"
    """Release a higher version. This one can never be complete."""
    YANK = "yank"
    """Yank what is published of this version, then release a higher one."""


class Damage(Value):
    consumers_broken: bool
    broken: tuple[Broken, ...]
    next: NextStep
    why: str


def assess(crates: Sequence[CrateSeen], others: Sequence[ObjectRecord] = ()) -> Damage:
    """The damage, and the next step. `others` are the tag, the forge release and its assets, as far as they were observed.

    Raises `MalformedRequirement` if a requirement in the index is not one.
    """
    unmet = broken(crates)
    step, why = _recommend(crates, others, unmet)
    return Damage(consumers_broken=bool(unmet), broken=unmet, next=step, why=why)


def broken(crates: Sequence[CrateSeen]) -> tuple[Broken, ...]:
    """Every requirement of a published crate on a member of the release that no published, unyanked version satisfies.

    Optional requirements count: with their feature, the crate cannot be built. A yanked crate breaks nobody, because cargo
    no longer chooses it. A requirement on a member whose state is unknown does not count.
    """
    offered = {
        crate.name: [line.version for line in crate.published if not line.yanked]
        for crate in crates
        if crate.published is not None
    }
    unmet = (
        Broken(crate=crate.id, needs=need.name, requirement=need.requirement)
        for crate in crates
        if crate.index_line is not None and not crate.index_line.yanked
        for need in _needs(crate.index_line, offered)
        if not any(matches(need.requirement, version) for version in offered[need.name])
    )
    return tuple(dict.fromkeys(unmet))


def yank_order(crates: Sequence[CrateSeen]) -> tuple[CrateSeen, ...]:
    """The published crates, dependents first, so that no crate is ever left without its dependency.

    The order comes from the published versions, not from today's workspace. Raises `DependencyCycle`.
    """
    published = {crate.name: crate for crate in crates if crate.index_line is not None}
    graph = {
        name: frozenset(
            need.name
            for need in _needs(crate.index_line, published)
            if need.name != name and matches(need.requirement, published[need.name].version)
        )
        for name, crate in published.items()
        if crate.index_line is not None
    }
    if cycle := find_cycle(graph):
        raise DependencyCycle(cycle)
    return tuple(published[name] for name in reversed(dependencies_first(graph)))


def minutes_to_yank(count: int) -> int:
    """How many minutes `count` yanks take on crates.io, from a full bucket."""
    return max(0, count - YANK_BURST)


def contents_refusal(crate: ObjectRecord) -> str | None:
    """The registry's message if it refused the crate's own contents. No other attempt changes that."""
    facts = crate.facts or {}
    if crate.code != UploadRefused.code or str(facts.get("reason")) not in FINAL:
        return None
    return str(facts.get("told", ""))


def _needs(line: IndexLine, among: Collection[str]) -> Iterator[Need]:
    """The needs that cargo resolves for a consumer: no dev-dependencies, and none of another registry, which nobody asked."""
    return (need for need in line.needs if need.kind != "dev" and need.registry is None and need.name in among)


def _recommend(
    crates: Sequence[CrateSeen], others: Sequence[ObjectRecord], unmet: Sequence[Broken]
) -> tuple[NextStep, str]:
    impossible = _never_whole(crates, others)
    to_come = {} if impossible else {crate.name: crate.version for crate in crates if crate.is_missing}
    hopeless = [
        need for need in unmet if need.needs not in to_come or not matches(need.requirement, to_come[need.needs])
    ]
    if hopeless:
        reason = impossible[0] if impossible else "what they need is yanked, or is not part of this version"
        return NextStep.YANK, (
            f"{_unbuildable(hopeless)}, and finishing the release does not change that: {reason}. "
            "Yank what is published of this version, dependents first, then release a higher one."
        )
    if impossible:
        return NextStep.FIX_FORWARD, (
            f"This version can never be complete: {'; '.join(impossible)}. What is published of it works; release a higher "
            "version."
        )
    return _withdrawn(crates) or _incomplete(crates, others, unmet) or _uncertain(crates, others) or _complete(crates)


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
        *(f"the tag `{tag.id}` points at another commit, and a pushed tag is never moved" for tag in tags),
    ]


def _withdrawn(crates: Sequence[CrateSeen]) -> tuple[NextStep, str] | None:
    published = [crate.index_line for crate in crates if crate.index_line is not None]
    yanked = [line for line in published if line.yanked]
    if yanked and len(yanked) == len(published):
        return NextStep.NOTHING, "Everything that was published of this version is yanked; release a higher one."
    if yanked and any(crate.is_missing for crate in crates):
        return NextStep.YANK, (
            f"{len(yanked)} of the {len(published)} published crates are yanked, and others were never published: "
            "this version is being withdrawn. Yank the rest, then release a higher one."
        )
    return None


def _incomplete(
    crates: Sequence[CrateSeen], others: Sequence[ObjectRecord], unmet: Sequence[Broken]
) -> tuple[NextStep, str] | None:
    missing = [crate.id for crate in crates if crate.is_missing]
    missing += [f"{record.kind} {record.id}" for record in others if record.state is ObjectState.ABSENT]
    if not missing:
        return None
    may_be_published = any(not crate.is_missing for crate in crates) or any(record.state in THERE for record in others)
    if not may_be_published:
        return (
            NextStep.NOTHING,
            "Nothing of this version is published, so there is nothing to correct; release it when it is time.",
        )
    consumers = f"{_unbuildable(unmet)} until then" if unmet else "what is published works as it is"
    return NextStep.FINISH, (
        f"Still missing: {_some(missing)}. Start the release again: it recognises what exists; {consumers}."
    )


def _uncertain(crates: Sequence[CrateSeen], others: Sequence[ObjectRecord]) -> tuple[NextStep, str] | None:
    doubtful = [crate.id for crate in crates if crate.state is ObjectState.UNKNOWN]
    doubtful += [f"{record.kind} {record.id}" for record in others if record.state not in THERE]
    if not doubtful:
        return None
    return NextStep.FINISH, (
        f"Nothing is known to be missing, but the state of {_some(doubtful)} is not certain. Start the release again: it "
        "compares what exists, and does only what is missing."
    )


def _complete(crates: Sequence[CrateSeen]) -> tuple[NextStep, str]:
    yanked = [crate.id for crate in crates if crate.index_line is not None and crate.index_line.yanked]
    return NextStep.NOTHING, "Everything is in place." + (f" Yanked since then: {_some(yanked)}." if yanked else "")


def _unbuildable(unmet: Sequence[Broken]) -> str:
    return _some([f"{need.crate} (needs {need.needs} {need.requirement})" for need in unmet]) + " cannot be built"


def _some(names: Sequence[str], at_most: int = 5) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:at_most])
    return shown if len(names) <= at_most else f"{shown} and {len(names) - at_most} more"
