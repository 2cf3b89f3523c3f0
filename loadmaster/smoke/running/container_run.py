"""Runs a payload to its end, on the worker's own kernel (`native`) or on Debian's in a virtual machine (`vm`).

Whatever happens, no container of ours stays: it is removed here; else it ends by itself, and the next run sweeps it.
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
"""The exit codes of a payload."""
LEAST_PRIVILEGE = ("BPF", "PERFMON")
OLD_ENGINES_PRIVILEGE = ("SYS_ADMIN",)
ANOTHER_USER = ("SETUID", "SETGID")
"""In the test of a release, the other process that opens the victim runs as another user."""
NOBODY = "65534:65534"
TIMED_OUT = {124, 137}
CONTAINER_MEMORY = 64
"""MiB for the payload alone; for a release, three times the size of its files is added."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One run that came to its end."""

    exit_code: int
    """The payload's own, on either backend: QEMU's debug port carries it out of the virtual machine."""
    log: str
    kernel_package: str | None
    """The package of the kernel; None for the worker's own."""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """The settings of one run."""

    nonce: str
    deadline: int = 60
    """Seconds for the container, the machine's boot included."""
    kernel: str = NEWEST_STABLE
    """For `vm`: a key of `kernels.SUITES`."""
    also: str = ""
    """For `vm`: more words for the kernel's command line, such as ` lsm=landlock,lockdown,yama`."""
    memory: int | None = None
    """MiB for the container; None: as much as it needs."""
    capabilities: tuple[str, ...] | None = None
    """For `native`; None: the least that this engine needs to load the program."""


def unheard(line: str) -> None:
    """A `tell` for callers that read the log afterwards."""


def run_probe(backend: RunBackend, settings: RunSettings, engine: Engine, store: Store, tell: Tell = unheard) -> Ran:
    """Runs the payload, which denies by itself. `tell` gets each line of the log at once.

    Raises the errors of `loadmaster.errors.smoke`: without a result there is no `Ran`.
    """
    return _Run(settings, engine, store, {}, tell).run_on(backend)


def run_release(
    backend: RunBackend,
    subject: ReleaseSubject,
    settings: RunSettings,
    engine: Engine,
    store: Store,
    tell: Tell = unheard,
) -> Ran:
    """Runs the released program, which denies, and the payload, which opens. Raises as `run_probe`, and `SmokeLibraryMissing`."""
    return _Run(settings, engine, store, subject_files(subject), tell).run_on(backend)


class _Result(NamedTuple):
    code: int
    log: str


class _Run(NamedTuple):
    settings: RunSettings
    engine: Engine
    store: Store
    files: Files
    """The files of the release; none for the probe."""
    tell: Tell

    def run_on(self, backend: RunBackend) -> Ran:
        """Runs again if the image disappeared: another run, with other content, may have removed it as superseded."""
        self.engine.sweep(time.time())
        try:
            return self._once(backend)
        except EngineImageMissing:
            return self._once(backend)

    def _once(self, backend: RunBackend) -> Ran:
        # No other run can use the image of a release: it is named after this run's nonce, and is removed.
        mark = self.settings.nonce if self.files else ""
        image = self._image(backend, mark)
        start = time.monotonic()
        try:
            result = self._run_in_machine(image) if backend == "vm" else self._run_in_container(image)
        finally:
            if mark:
                self.engine.remove_image(image.name)
        package = str(image.kernel) if image.kernel else None
        return Ran(exit_code=result.code, log=result.log, kernel_package=package, seconds=time.monotonic() - start)

    def _image(self, backend: RunBackend, mark: str) -> Image:
        if backend == "vm":
            return machine_image(self.engine, self.store, self.settings.kernel, self.files, mark)
        return container_image(self.engine, self.store, self.files, mark)

    def _run_in_container(self, image: Image) -> _Result:
        if self.settings.capabilities is not None:
            return self._run_sandbox(image, self.settings.capabilities)
        try:
            return self._run_sandbox(image, LEAST_PRIVILEGE)
        except EngineLacksCapability:
            return self._run_sandbox(image, OLD_ENGINES_PRIVILEGE)

    def _run_sandbox(self, image: Image, capabilities: tuple[str, ...]) -> _Result:
        size = sum(map(len, self.files.values())) >> 20
        sandbox = Sandbox(
            image=image.name,
            environment=self._environment(self.settings.deadline),
            seconds=self.settings.deadline,
            memory=self.settings.memory or CONTAINER_MEMORY + 3 * size,
            capabilities=capabilities + (ANOTHER_USER if self.files else ()),
            tmpfs={"/run": "size=1m,mode=0755", "/tmp": "size=16m"},
        )
        return self._run_to_end(sandbox, "native")

    def _run_in_machine(self, image: Image) -> _Result:
        """Boots again if the kernel panicked before it ran anything of ours, which can happen under emulation."""
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
        result = self._run_to_end(sandbox, "vm")
        if "Kernel panic" in result.log and result.code == machine.NO_CODE:
            result = self._run_to_end(sandbox, "vm")
        if result.code in TIMED_OUT:
            raise SmokeDeadlinePassed("vm", deadline, _tail(result.log))
        code = machine.payload_code(result.code, CODES)
        if code is None:
            raise SmokeMachineBroke(self.settings.kernel, result.code, _tail(result.log))
        return _Result(code, result.log)

    def _run_to_end(self, sandbox: Sandbox, backend: RunBackend) -> _Result:
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
