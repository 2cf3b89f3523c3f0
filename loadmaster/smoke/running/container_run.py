"""Runs a payload to its end, on the worker's own kernel (`native`) or on Debian's in a virtual machine (`vm`).

Whatever happens, no container of ours is left: it is removed here, it ends by itself, and the next run sweeps.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from loadmaster.errors.smoke import (
    EngineImageMissing,
    EngineLacksCapability,
    SmokeDeadlinePassed,
    SmokeMachineBroke,
    SmokeOutOfMemory,
)
from loadmaster.planning.smoke.subject import ReleaseSubject
from loadmaster.planning.values.tell import Tell
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import Engine, Sandbox
from loadmaster.smoke.running import machine
from loadmaster.smoke.running.archives import Files
from loadmaster.smoke.running.images import Image, container_image, machine_image, subject_files
from loadmaster.smoke.running.kernels import NEWEST_STABLE

RunBackend = Literal["native", "vm"]
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
class RunSettings:
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


def unheard(line: str) -> None:
    """For those who read the log afterwards."""


def run_probe(backend: RunBackend, settings: RunSettings, engine: Engine, store: Store, tell: Tell = unheard) -> Ran:
    """The payload denies by itself; `tell` hears each line of the log when it comes.

    Raises the errors of `loadmaster.errors.smoke`: without a result there is no `Ran`.
    """
    return _Run(settings, engine, store, {}, tell).on(backend)


def run_release(
    backend: RunBackend,
    subject: ReleaseSubject,
    settings: RunSettings,
    engine: Engine,
    store: Store,
    tell: Tell = unheard,
) -> Ran:
    """The released program denies, and the payload opens. Raises as `run_probe`, and `SmokeLibraryMissing`."""
    return _Run(settings, engine, store, subject_files(subject), tell).on(backend)


class _Result(NamedTuple):
    code: int
    log: str


class _Run(NamedTuple):
    settings: RunSettings
    engine: Engine
    store: Store
    files: Files
    """Of the release; none for the probe."""
    tell: Tell

    def on(self, backend: RunBackend) -> Ran:
        """Once more where the image went away: another run, with other content, may take it for superseded."""
        self.engine.sweep(time.time())
        try:
            return self._once(backend)
        except EngineImageMissing:
            return self._once(backend)

    def _once(self, backend: RunBackend) -> Ran:
        # The image of a release is of no use to any other run: it carries this one's nonce, and is removed.
        mark = self.settings.nonce if self.files else ""
        image = self._image(backend, mark)
        start = time.monotonic()
        try:
            result = self._in_machine(image) if backend == "vm" else self._in_container(image)
        finally:
            if mark:
                self.engine.remove_image(image.name)
        package = str(image.kernel) if image.kernel else None
        return Ran(exit_code=result.code, log=result.log, kernel_package=package, seconds=time.monotonic() - start)

    def _image(self, backend: RunBackend, mark: str) -> Image:
        if backend == "vm":
            return machine_image(self.engine, self.store, self.settings.kernel, self.files, mark)
        return container_image(self.engine, self.store, self.files, mark)

    def _in_container(self, image: Image) -> _Result:
        if self.settings.capabilities is not None:
            return self._contained(image, self.settings.capabilities)
        try:
            return self._contained(image, LEAST_PRIVILEGE)
        except EngineLacksCapability:
            return self._contained(image, OLD_ENGINES_PRIVILEGE)

    def _contained(self, image: Image, capabilities: tuple[str, ...]) -> _Result:
        size = sum(map(len, self.files.values())) >> 20
        sandbox = Sandbox(
            image=image.name,
            environment=self._environment(self.settings.deadline),
            seconds=self.settings.deadline,
            memory=self.settings.memory or CONTAINER_MEMORY + 3 * size,
            capabilities=capabilities + (ANOTHER_USER if self.files else ()),
            tmpfs={"/run": "size=1m,mode=0755", "/tmp": "size=16m"},
        )
        return self._to_its_end(sandbox, "native")

    def _in_machine(self, image: Image) -> _Result:
        """Boots once more if the kernel panicked, which under emulation it may, before it ran anything of ours."""
        deadline = self.settings.deadline
        environment = self._environment(max(1, deadline - machine.BOOT))
        sandbox = Sandbox(
            image=image.name,
            command=tuple(machine.command(image.memory, deadline, environment, self.settings.also)),
            seconds=deadline,
            memory=self.settings.memory or image.memory + machine.EMULATOR_MEMORY,
            user=NOBODY,
            tmpfs={"/tmp": "size=16m", "/run": "size=1m"},
        )
        result = self._to_its_end(sandbox, "vm")
        if "Kernel panic" in result.log and result.code == machine.NO_CODE:
            result = self._to_its_end(sandbox, "vm")
        if result.code in TIMED_OUT:
            raise SmokeDeadlinePassed("vm", deadline, _tail(result.log))
        code = machine.payload_code(result.code, CODES)
        if code is None:
            raise SmokeMachineBroke(self.settings.kernel, result.code, _tail(result.log))
        return _Result(code, result.log)

    def _to_its_end(self, sandbox: Sandbox, backend: RunBackend) -> _Result:
        ended = self.engine.run(sandbox, self.tell)
        if ended.out_of_memory:
            raise SmokeOutOfMemory(backend, sandbox.memory)
        if ended.code is None:
            raise SmokeDeadlinePassed(backend, sandbox.seconds, _tail(ended.log))
        return _Result(ended.code, ended.log)

    def _environment(self, deadline: int) -> Mapping[str, str]:
        return {
            "LSMSMOKE_NONCE": self.settings.nonce,
            "LSMSMOKE_DEADLINE": str(deadline),
            "LSMSMOKE_SUBJECT": "release" if self.files else "probe",
        }


def _tail(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f"`{lines[-1][:200]}`" if lines else "nothing"
