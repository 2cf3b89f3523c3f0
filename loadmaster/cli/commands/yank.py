"""Takes a release back: yanks what is out of it, dependents first. Prints the plan; acts only when told to, and convergently.

For now it acts on registries on loopback only; whatever is yanked already is left as it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from enum import StrEnum

from loadmaster.cli.commands.status import crates_seen
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.credentials.sources import ReadBlock, no_blocks, real_api_token
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.errors.request import LiveWorldRefused, YankNotConfirmed
from loadmaster.planning.damage import YANK_BURST, CrateSeen, minutes_to_yank, yank_order
from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.registry_style import Credentials
from loadmaster.planning.values.address import is_loopback
from loadmaster.planning.values.rates import Action
from loadmaster.planning.values.value import Value
from loadmaster.run.store import Store
from loadmaster.steps.observe import look_at_source


class YankState(StrEnum):
    TO_YANK = "to-yank"
    SAME = "same"
    """Yanked already."""
    NOT_PUBLISHED = "not-published"
    UNKNOWN = "unknown"
    """The registry took the yank, and its index does not show it yet."""


class YankStep(Value):
    crate: str
    """The crate's name, as the registry spells it."""
    version: str
    """With the build metadata that it was published with."""
    state: YankState
    why: str


class YankPlan(Value):
    """The document of `loadmaster yank --json`."""

    project: str
    version: str
    registry: str
    executed: bool
    crates: tuple[YankStep, ...]
    """Dependents first."""
    limit: str
    """What the registry's rate limit means for this plan."""

    @property
    def to_yank(self) -> tuple[YankStep, ...]:
        return tuple(each for each in self.crates if each.state is YankState.TO_YANK)


def plan_yank(project: Project, version: str, index: str, repository: str | None, store: Store) -> YankPlan:
    """Raises `RegistryUnreachable` where a crate cannot be asked for, and what `look_at_source` raises."""
    directory = store.run(f"yank-{uuid.uuid4()}")
    try:
        source = look_at_source(project, version, repository, directory, store)
    finally:
        directory.remove()
    seen = [crate for crate, _ in crates_seen(source, RegistryClient(index))]
    steps = _steps(seen, index)
    count = sum(each.state is YankState.TO_YANK for each in steps)
    return YankPlan(
        project=project.name, version=version, registry=index, executed=False, crates=steps, limit=_limit(count)
    )


def _steps(seen: Sequence[CrateSeen], index: str) -> tuple[YankStep, ...]:
    for crate in seen:
        if crate.published is None:
            raise RegistryUnreachable(index, f"`{crate.name}` could not be asked for")
    steps = [_step(each) for each in yank_order(seen)]
    steps += [
        YankStep(
            crate=each.name,
            version=each.version,
            state=YankState.NOT_PUBLISHED,
            why="never published: nothing to take back",
        )
        for each in seen
        if each.is_missing
    ]
    return tuple(steps)


def _step(crate: CrateSeen) -> YankStep:
    line = crate.index_line
    assert line is not None  # `yank_order` gives only what is out
    state, why = (YankState.SAME, "yanked already") if line.yanked else (YankState.TO_YANK, "out, and not yanked")
    return YankStep(crate=line.name, version=line.version, state=state, why=why)


def _limit(count: int) -> str:
    told = f"crates.io takes {YANK_BURST} yanks of one user at once, then one a minute"
    minutes = minutes_to_yank(count)
    return f"{told}: about {minutes} minutes for {count}" if minutes else f"{told}: enough for {count}"


def require_on_this_machine(address: str) -> None:
    """Raises `LiveWorldRefused` for a registry that is elsewhere."""
    if not is_loopback(address):
        raise LiveWorldRefused


def require_confirmed(version: str, typed: str | None) -> None:
    """Raises `YankNotConfirmed` unless the version was typed."""
    if typed != version:
        raise YankNotConfirmed(version, typed)


def carry_out(plan: YankPlan, said: Credentials, read_block: ReadBlock = no_blocks) -> YankPlan:
    """Yanks one crate after the other, in the plan's order, and asks the index again. The first refusal ends it.

    The credential is the API token that updates crates: trusted publishing yanks nothing. Raises `LiveWorldRefused`,
    `TokenMissing`, `TokenUnusable`, `SecretBlockMissing`, `SecretBlockUnread`, `YankRefused`, `YankLimited`,
    `RegistryUnreachable`. Doing it again goes on from there.
    """
    if not plan.to_yank:
        return plan.model_copy(update={"executed": True})
    registry = RegistryClient(plan.registry)
    require_on_this_machine(registry.api)
    token = real_api_token(plan.registry, said, Action.UPDATE, read_block)
    for step in plan.to_yank:
        registry.yank(step.crate, step.version, token.reveal())
    return plan.model_copy(update={"executed": True, "crates": _observed(plan, registry)})


def _observed(plan: YankPlan, registry: RegistryClient) -> tuple[YankStep, ...]:
    found = registry.find_lines_of(each.crate for each in plan.to_yank)
    yanked = {
        (name, line.version)
        for name, lines in found.items()
        if not isinstance(lines, RegistryUnreachable)
        for line in lines
        if line.yanked
    }
    return tuple(
        _after(each, (each.crate, each.version) in yanked) if each in plan.to_yank else each for each in plan.crates
    )


def _after(step: YankStep, is_yanked: bool) -> YankStep:
    if is_yanked:
        return step.model_copy(update={"state": YankState.SAME, "why": "yanked now"})
    why = "the registry took the yank; its index does not show it yet"
    return step.model_copy(update={"state": YankState.UNKNOWN, "why": why})


def yank_text(plan: YankPlan) -> str:
    lines = [f"{plan.project} {plan.version} on {plan.registry}, dependents first"]
    lines += [f"  {each.state:<13} {each.crate}@{each.version}  {each.why}" for each in plan.crates]
    lines.append(plan.limit)
    if plan.to_yank and not plan.executed:
        lines.append(f"nothing was changed; to yank, add `--execute --confirm {plan.version}`")
    return "\n".join(lines)
