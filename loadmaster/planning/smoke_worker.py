"""The gate `smoke-worker`: who can make the smoke test of a release? It asks before anything irreversible."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.smoke.host import HostFacts
from loadmaster.planning.smoke.style import Backend, SmokeStyle
from loadmaster.planning.smoke.verdict import Mode
from loadmaster.planning.values.gate import GateAnswer, Problem

GATE = "smoke-worker"
POOL = "ebpf"
"""The work pool whose workers run on Linux hosts with a Docker engine."""
DEPLOYMENT = "smoke/lsm-smoke"
"""Flow and deployment on that pool, in the form of Prefect's API."""
HOW_TO_GET_ONE = (
    "install Debian's `docker.io` and start it, or start a worker of the pool `ebpf` on a host that has one"
)


class SmokePlace(StrEnum):
    """Where the smoke test of a release runs."""

    POOL = "pool"
    HERE = "here"
    FORGE = "forge"
    NOWHERE = "nowhere"


class Offered(NamedTuple):
    """What a release offers to its smoke test."""

    forge: bool
    install: bool
    """Whether it installs a program from the registry."""


def offers_of(plan: ReleasePlan) -> Offered:
    return Offered(forge=plan.on_forge, install=plan.install is not None)


def offers_after_preflight(plan: ReleasePlan) -> Offered:
    """What the release offers that a preflight asks about. The preflight itself has no forge."""
    return offers_of(plan)._replace(forge=True)


def place_of(
    style: SmokeStyle, offered: Offered, *, runs_workflows: bool, online: bool, here: HostFacts
) -> tuple[SmokePlace, str]:
    """The place, and why. `runs_workflows`: whether the forge runs any; `online`: whether a worker of the pool is online."""
    if lacking := _lacking(style, offered):
        return SmokePlace.NOWHERE, lacking
    if style.backend is Backend.DISPATCH:
        if not runs_workflows:
            return SmokePlace.NOWHERE, "a rehearsal's forge runs no workflow"
        return SmokePlace.FORGE, f"the forge's workflow `{style.workflow}`"
    return (SmokePlace.POOL, f"a worker of the pool `{POOL}` is online") if online else _here(style, here)


def _here(style: SmokeStyle, here: HostFacts) -> tuple[SmokePlace, str]:
    obstacles = {Backend.NATIVE: here.native_obstacles, Backend.VM: here.vm_obstacles}.get(style.backend)
    if obstacles is None:
        obstacles = () if not here.native_obstacles else here.vm_obstacles
    if not obstacles:
        return SmokePlace.HERE, "this machine's Docker engine"
    if here.engine is None:
        return SmokePlace.NOWHERE, f"no Docker engine ({here.engine_problem}); {HOW_TO_GET_ONE}"
    return SmokePlace.NOWHERE, f"this host cannot: {'; '.join(obstacles)}; {HOW_TO_GET_ONE}"


def _lacking(style: SmokeStyle, offered: Offered) -> str | None:
    if style.needs_install_check and not offered.install:
        return (
            "it needs the program of the install check, and this release has none; add `[install]`, or name an `asset`"
        )
    if not offered.forge and (style.backend is Backend.DISPATCH or style.needs_assets):
        what = "a workflow" if style.backend is Backend.DISPATCH else "assets"
        return f"it needs {what} of the forge, and this release has no forge; release with a forge"
    return None


def may_be_skipped(style: SmokeStyle, *, in_this_world: bool) -> bool:
    """Whether a release continues if nobody can make the test at all."""
    return in_this_world or style.mode is Mode.BEST_EFFORT


def worker_gate(
    style: SmokeStyle, place: SmokePlace, why: str, *, may_skip: bool, kernels: Collection[str]
) -> GateAnswer:
    """Whether somebody will be able to make the test that the profile asks for.

    `may_skip`: whether the world allows skipping it, whatever the profile says; `kernels`: those that can be booted.
    """
    if style.backend is not Backend.DISPATCH and (unknown := sorted(set(style.kernels).difference(kernels))):
        fix = f"name some of {', '.join(f'`{kernel}`' for kernel in kernels)} as `kernels` in `[smoke]` of the profile."
        problems = [Problem(where=kernel, what="is not a kernel that can be booted", fix=fix) for kernel in unknown]
        return GateAnswer.of(GATE, len(style.kernels), problems)
    if place is not SmokePlace.NOWHERE:
        return GateAnswer.of(GATE, 1, ()).model_copy(update={"why": why})
    if may_be_skipped(style, in_this_world=may_skip):
        return GateAnswer.skip(GATE, why)
    fix = 'provide what is missing, or write `mode = "best-effort"` in `[smoke]` of the profile.'
    return GateAnswer.of(GATE, 1, [Problem(where=POOL, what=f"nobody can make the LSM smoke test: {why}", fix=fix)])
