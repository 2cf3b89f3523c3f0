"""What a host shows before anything runs on it, and why it cannot use a backend.

None of this proves that a kernel denies. A host without a known obstacle to `native` may still refuse. Only a run shows it.
"""

from __future__ import annotations

from typing import Any

from loadmaster.planning.smoke.verdict import INITIAL_USER_NAMESPACE
from loadmaster.planning.values.value import Value

NO_X86_64 = "the engine's host is not an x86_64 Linux"
OPEN = "there is no known obstacle"
LSMS = "/sys/kernel/security/lsm"
BY_PODMAN = (
    "podman is installed, and can replace Docker: `podman system service --time=0 unix://$PWD/podman.sock`, and "
    "`DOCKER_HOST=unix://$PWD/podman.sock`; for `native` as root."
)


class EngineFacts(Value):
    name: str = "Docker"
    """`Docker`, or `Podman`, which has the same API."""
    version: str
    machine: str
    """The answer of `uname -m` where the containers run."""
    kernel: str
    system: str
    """The system of the engine's host: `linux`."""
    rootless: bool


class HostFacts(Value):
    """What was read on the worker, without loading anything."""

    engine: EngineFacts | None
    engine_problem: str
    """Why there is no engine; empty if there is one."""
    engine_why: str = ""
    engine_fix: str = ""
    """The usual cause, and what to do about it."""
    has_podman: bool = False
    """Whether the program `podman` is installed. It can offer an engine."""
    kernel: str
    lsms: tuple[str, ...] | None
    """The active LSMs; None if the list cannot be read, which says nothing."""
    has_types: bool
    """Whether the kernel has type information (BTF)."""
    has_hook: bool
    """Whether the types contain the hook of the rule: then the kernel was built with BPF LSM."""
    uid_map: str
    missing_tools: tuple[str, ...]
    """The missing ones of the programs that make images."""

    @property
    def native_obstacles(self) -> tuple[str, ...]:
        """Why the test cannot run on the worker's own kernel; empty if there is no known obstacle."""
        checks = [
            *self._engine_obstacles,
            (self.uid_map != INITIAL_USER_NAMESPACE, "this process is in a user namespace, so the engine may be, too"),
            (not self.has_types, "the kernel has no type information (`/sys/kernel/btf/vmlinux`)"),
            (self.has_types and not self.has_hook, "the kernel was built without BPF LSM (`CONFIG_BPF_LSM`)"),
            (self.lsms is not None and "bpf" not in self.lsms, "`bpf` is not among the kernel's active LSMs (`lsm=`)"),
            ("cc" in self.missing_tools, "there is no C compiler (`cc`) to make the payload with"),
        ]
        return tuple(why for applies, why in checks if applies)

    @property
    def vm_obstacles(self) -> tuple[str, ...]:
        """Why no virtual machine can be booted; empty if there is no known obstacle."""
        engine = self.engine
        obstacles = [self.engine_problem] if engine is None else []
        obstacles += [NO_X86_64] if engine and (engine.system != "linux" or engine.machine != "x86_64") else []
        obstacles += [f"there is no `{tool}` to make the image with" for tool in self.missing_tools]
        return tuple(obstacles)

    @property
    def _engine_obstacles(self) -> list[tuple[bool, str]]:
        """Conditions under which this engine cannot use `native`, whatever the kernel is."""
        engine = self.engine
        if engine is None:
            return [(True, self.engine_problem)]
        return [
            (engine.kernel != self.kernel, f"the engine runs on another kernel, `{engine.kernel}`"),
            (engine.machine != "x86_64", NO_X86_64),
            (engine.rootless, "the engine is rootless: in a user namespace no capability counts for BPF"),
        ]


def show_host(facts: HostFacts) -> str:
    """What `loadmaster smoke --doctor` prints."""
    engine = facts.engine
    lsms = ",".join(facts.lsms) if facts.lsms is not None else f"`{LSMS}` cannot be read, which says nothing"
    lines = [
        f"engine   {f'{engine.name} {engine.version} on Linux {engine.kernel} ({engine.machine})' if engine else 'none'}",
        *([] if engine else _ways_to_an_engine(facts)),
        f"kernel   {facts.kernel}",
        f"LSMs     {lsms}",
        *_backend_lines(
            "native",
            facts.native_obstacles,
            f"{OPEN}; only a run shows whether the kernel denies",
        ),
        *_backend_lines("vm", facts.vm_obstacles, OPEN),
    ]
    return "\n".join(lines)


def host_json(facts: HostFacts) -> dict[str, Any]:
    """What `--doctor --json` prints: the facts, and the obstacles by backend."""
    return {**facts.model_dump(mode="json"), "against": {"native": facts.native_obstacles, "vm": facts.vm_obstacles}}


def _ways_to_an_engine(facts: HostFacts) -> list[str]:
    ways = [("why", facts.engine_why), ("next", facts.engine_fix), ("or", BY_PODMAN if facts.has_podman else "")]
    return [f"  {word:<6} {text}" for word, text in ways if text]


def _backend_lines(backend: str, obstacles: tuple[str, ...], otherwise: str) -> list[str]:
    return [f"{backend:<8} {'no: ' if obstacles else ''}{why}" for why in obstacles or (otherwise,)]
