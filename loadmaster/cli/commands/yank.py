"""Takes a release back: yanks its published crates, dependents first. Prints the plan, and acts only with `--execute`.

Running it again is safe: a yanked crate is left as it is. For now it acts only on registries on loopback.
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
    """It is yanked."""
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
        return tuple(step for step in self.crates if step.state is YankState.TO_YANK)


def plan_yank(project: Project, version: str, index: str, repository: str | None, store: Store) -> YankPlan:
    """Raises `RegistryUnreachable` if the registry does not answer for a crate, and what `look_at_source` raises."""
    directory = store.run(f"yank-{uuid.uuid4()}")
    try:
        source = look_at_source(project, version, repository, directory, store)
    finally:
        directory.remove()
    seen = [crate for crate, _ in crates_seen(source, RegistryClient(index))]
    steps = _steps(seen, index)
    count = sum(step.state is YankState.TO_YANK for step in steps)
    return YankPlan(
        project=project.name, version=version, registry=index, executed=False, crates=steps, limit=_limit(count)
    )


def _steps(seen: Sequence[CrateSeen], index: str) -> tuple[YankStep, ...]:
    for crate in seen:
        if crate.published is None:
            raise RegistryUnreachable(index, f"`{crate.name}` could not be asked for")
    steps = [_step(crate) for crate in yank_order(seen)]
    steps += [
        YankStep(
            crate=crate.name,
            version=crate.version,
            state=YankState.NOT_PUBLISHED,
            why="never published: nothing to take back",
        )
        for crate in seen
        if crate.is_missing
    ]
    return tuple(steps)


def _step(crate: CrateSeen) -> YankStep:
    line = crate.index_line
    assert line is not None  # `yank_order` gives only published crates
    state, why = (YankState.SAME, "yanked already") if line.yanked else (YankState.TO_YANK, "published, and not yanked")
    return YankStep(crate=line.name, version=line.version, state=state, why=why)


def _limit(count: int) -> str:
    rule = f"crates.io takes {YANK_BURST} yanks of one user at once, then one a minute"
    minutes = minutes_to_yank(count)
    return f"{rule}: about {minutes} minutes for {count}" if minutes else f"{rule}: enough for {count}"


def require_on_this_machine(address: str) -> None:
    """Raises `LiveWorldRefused` for a registry that is elsewhere."""
    if not is_loopback(address):
        raise LiveWorldRefused


def require_confirmed(version: str, typed: str | None) -> None:
    """Raises `YankNotConfirmed` unless the version was typed."""
    if typed != version:
        raise YankNotConfirmed(version, typed)


def carry_out(plan: YankPlan, sources: Credentials, read_block: ReadBlock = no_blocks) -> YankPlan:
    """Yanks one crate after the other, in the plan's order, and asks the index again. The first refusal ends it.

    The credential is the API token that updates crates: trusted publishing cannot yank. A second call continues where the
    first stopped. Raises `LiveWorldRefused`, `TokenMissing`, `TokenUnusable`, `SecretBlockMissing`, `SecretBlockUnread`,
    `YankRefused`, `YankLimited`, `RegistryUnreachable`.
    """
    if not plan.to_yank:
        return plan.model_copy(update={"executed": True})
    registry = RegistryClient(plan.registry)
    require_on_this_machine(registry.api)
    token = real_api_token(plan.registry, sources, Action.UPDATE, read_block)
    for step in plan.to_yank:
        registry.yank(step.crate, step.version, token.reveal(), token.source)
    return plan.model_copy(update={"executed": True, "crates": _observe(plan, registry)})


def _observe(plan: YankPlan, registry: RegistryClient) -> tuple[YankStep, ...]:
    lines_of = registry.find_lines_of(step.crate for step in plan.to_yank)
    yanked = {
        (name, line.version)
        for name, lines in lines_of.items()
        if not isinstance(lines, RegistryUnreachable)
        for line in lines
        if line.yanked
    }
    return tuple(
        _step_after(step, (step.crate, step.version) in yanked) if step in plan.to_yank else step
        for step in plan.crates
    )


def _step_after(step: YankStep, is_yanked: bool) -> YankStep:
    if is_yanked:
        return step.model_copy(update={"state": YankState.SAME, "why": "yanked now"})
    why = "the registry took the yank; its index does not show it yet"
    return step.model_copy(update={"state": YankState.UNKNOWN, "why": why})


def yank_text(plan: YankPlan) -> str:
    lines = [f"{plan.project} {plan.version} on {plan.registry}, dependents first"]
    lines += [f"  {step.state:<13} {step.crate}@{step.version}  {step.why}" for step in plan.crates]
    lines.append(plan.limit)
    if plan.to_yank and not plan.executed:
        lines.append(f"nothing was changed; to yank, add `--execute --confirm {plan.version}`")
    return "\n".join(lines)
