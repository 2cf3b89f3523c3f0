"""Runs a payload to its end, on the worker's own kernel (`native`) or on Debian's in a virtual machine (`vm`).

Whatever happens, no container of ours is left: it is removed here, it ends by itself, and the next run sweeps.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from loadmaster.clients.container import Ended, Engine, Sandbox
from loadmaster.errors import EngineLacksCapability, SmokeDeadlinePassed, SmokeMachineBroke, SmokeOutOfMemory
from loadmaster.planning.lsm.subject import ReleaseSubject
from loadmaster.smoke import machine
from loadmaster.smoke.archives import Files
from loadmaster.smoke.images import Image, container_image, machine_image, subject_files
from loadmaster.smoke.kernels import NEWEST_STABLE
from loadmaster.store import Store

Backend = Literal["native", "vm"]
CODES = (0, 1, 3, 4, 5, 70, 142)
"""What a payload may end with."""
LEAST_PRIVILEGE = ("BPF", "PERFMON")
OLD_ENGINES_PRIVILEGE = ("SYS_ADMIN",)
ANOTHER_USER = ("SETUID", "SETGID")
"""With a release, the other process that opens the victim is another user's."""
NOBODY = "65534:65534"
TIMED_OUT = {124, 137}
CONTAINER_MEMORY = 64
"""MiB for the payload alone; a release gets its files' size three times more."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One run that came to its end."""

    exit_code: int
    """The payload's own, on either backend: QEMU's debug port carries it out of the virtual machine."""
    log: str
    kernel_package: str | None
    """Where the kernel came from; None for the worker's own."""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one run is to be made."""

    nonce: str
    deadline: int = 60
    """Seconds for the container, the machine's boot included."""
    kernel: str = NEWEST_STABLE
    """For `vm`: a key of `kernels.SUITES`."""
    also: str = ""
    """For `vm`: more words for the kernel's command line, as ` lsm=landlock,lockdown,yama`."""
    memory: int | None = None
    """MiB for the container; None: what it needs."""
    capabilities: tuple[str, ...] | None = None
    """For `native`; None: the least that loading takes on this engine."""


def run_probe(backend: Backend, settings: Settings, engine: Engine, store: Store) -> Ran:
    """The payload denies by itself.

    Raises the errors of `loadmaster.errors.smoke`: without a result there is no `Ran`.
    """
    engine.sweep(time.time())
    return _run(backend, settings, engine, store, {}, "")


def run_release(backend: Backend, subject: ReleaseSubject, settings: Settings, engine: Engine, store: Store) -> Ran:
    """The released program denies, and the payload opens. Raises as `run_probe`, and `SmokeLibraryMissing`."""
    engine.sweep(time.time())
    return _run(backend, settings, engine, store, subject_files(subject), settings.nonce)


def _run(backend: Backend, settings: Settings, engine: Engine, store: Store, files: Files, mark: str) -> Ran:
    if backend == "vm":
        image = machine_image(engine, store, settings.kernel, files, mark)
    else:
        image = container_image(engine, store, files, mark)
    start = time.monotonic()
    try:
        ended = _boot(image, settings, engine, files) if backend == "vm" else _native(image, settings, engine, files)
    finally:
        if mark:
            engine.remove_image(image.name)
    return Ran(
        exit_code=ended.code if ended.code is not None else -1,
        log=ended.log,
        kernel_package=str(image.kernel) if image.kernel else None,
        seconds=time.monotonic() - start,
    )


def _native(image: Image, settings: Settings, engine: Engine, files: Files) -> Ended:
    def run(capabilities: tuple[str, ...]) -> Ended:
        size = sum(map(len, files.values())) >> 20
        sandbox = Sandbox(
            image=image.name,
            environment=_environment(settings, files, settings.deadline),
            seconds=settings.deadline,
            memory=settings.memory or CONTAINER_MEMORY + 3 * size,
            capabilities=capabilities + (ANOTHER_USER if files else ()),
            tmpfs={"/run": "size=1m,mode=0755", "/tmp": "size=16m"},
        )
        return _came_to_an_end(engine.run(sandbox), "native", sandbox)

    if settings.capabilities is not None:
        return run(settings.capabilities)
    try:
        return run(LEAST_PRIVILEGE)
    except EngineLacksCapability:
        return run(OLD_ENGINES_PRIVILEGE)


def _boot(image: Image, settings: Settings, engine: Engine, files: Files) -> Ended:
    """Boots once more if the kernel panicked: under emulation one in a hundred does, before it runs anything of ours."""
    inside = max(1, settings.deadline - machine.BOOT)
    sandbox = Sandbox(
        image=image.name,
        command=tuple(
            machine.command(image.memory, settings.deadline, _environment(settings, files, inside), settings.also)
        ),
        seconds=settings.deadline,
        memory=settings.memory or image.memory + machine.EMULATOR_MEMORY,
        user=NOBODY,
        tmpfs={"/tmp": "size=16m", "/run": "size=1m"},
    )
    ended = _came_to_an_end(engine.run(sandbox), "vm", sandbox)
    if "Kernel panic" in ended.log and ended.code == machine.NO_CODE:
        ended = _came_to_an_end(engine.run(sandbox), "vm", sandbox)
    if ended.code in TIMED_OUT:
        raise SmokeDeadlinePassed("vm", settings.deadline, _tail(ended.log))
    code = machine.payload_code(ended.code if ended.code is not None else machine.NO_CODE, CODES)
    if code is None:
        raise SmokeMachineBroke(settings.kernel, ended.code or machine.NO_CODE, _tail(ended.log))
    return Ended(code=code, out_of_memory=False, log=ended.log)


def _came_to_an_end(ended: Ended, backend: Backend, sandbox: Sandbox) -> Ended:
    if ended.out_of_memory:
        raise SmokeOutOfMemory(backend, sandbox.memory)
    if ended.code is None:
        raise SmokeDeadlinePassed(backend, sandbox.seconds, _tail(ended.log))
    return ended


def _environment(settings: Settings, files: Files, deadline: int) -> Mapping[str, str]:
    return {
        "LSMSMOKE_NONCE": settings.nonce,
        "LSMSMOKE_DEADLINE": str(deadline),
        "LSMSMOKE_SUBJECT": "release" if files else "probe",
    }


def _tail(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f"`{lines[-1][:200]}`" if lines else "nothing"
