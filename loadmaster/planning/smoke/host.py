"""What a host says of itself before anything runs on it, and what speaks against either backend there.

None of it is proof that a kernel denies: a host on which nothing speaks against `native` may still refuse. Only a run tells.
"""

from __future__ import annotations

from typing import Any

from loadmaster.planning.smoke.verdict import INITIAL_USER_NAMESPACE
from loadmaster.planning.values.value import Value

NO_X86_64 = "the engine's host is no x86_64 Linux"
OPEN = "nothing is known to speak against it"
LSMS = "/sys/kernel/security/lsm"
BY_PODMAN = (
    "podman is here, and takes Docker's place: `podman system service --time=0 unix://$PWD/podman.sock`, and "
    "`DOCKER_HOST=unix://$PWD/podman.sock`; for `native` as root."
)


class EngineFacts(Value):
    name: str = "Docker"
    """`Docker`, or `Podman`, which speaks the same language."""
    version: str
    machine: str
    """As `uname -m` says it where the containers run."""
    kernel: str
    system: str
    """The engine's host: `linux`."""
    rootless: bool


class HostFacts(Value):
    """What was read on the worker, loading nothing."""

    engine: EngineFacts | None
    engine_problem: str
    """Why there is no engine; empty if there is one."""
    engine_why: str = ""
    engine_fix: str = ""
    """Why that usually is, and what to do about it."""
    has_podman: bool = False
    """Whether the program is here; it offers an engine when it is asked to."""
    kernel: str
    lsms: tuple[str, ...] | None
    """Active ones; None if the list cannot be read, which says nothing."""
    has_types: bool
    """Whether the kernel tells its types (BTF)."""
    has_hook: bool
    """Whether the types have the hook that the rule is for: the kernel was built with BPF LSM."""
    uid_map: str
    missing_tools: tuple[str, ...]
    """Programs that images are made with, and that are not here."""

    @property
    def against_native(self) -> tuple[str, ...]:
        """Why the worker's own kernel cannot do it; empty if nothing is known to speak against it."""
        found = [
            *self._against_engine,
            (self.uid_map != INITIAL_USER_NAMESPACE, "this process is in a user namespace, so the engine may be, too"),
            (not self.has_types, "the kernel does not tell its types (`/sys/kernel/btf/vmlinux`)"),
            (self.has_types and not self.has_hook, "the kernel was built without BPF LSM (`CONFIG_BPF_LSM`)"),
            (self.lsms is not None and "bpf" not in self.lsms, "`bpf` is not among the kernel's active LSMs (`lsm=`)"),
            ("cc" in self.missing_tools, "there is no C compiler (`cc`) to make the payload with"),
        ]
        return tuple(why for applies, why in found if applies)

    @property
    def against_vm(self) -> tuple[str, ...]:
        """Why no virtual machine can be booted; empty if nothing is known to speak against it."""
        engine = self.engine
        found = [self.engine_problem] if engine is None else []
        found += [NO_X86_64] if engine and (engine.system != "linux" or engine.machine != "x86_64") else []
        found += [f"there is no `{tool}` to make the image with" for tool in self.missing_tools]
        return tuple(found)

    @property
    def _against_engine(self) -> list[tuple[bool, str]]:
        """What speaks against `native` on this engine, whatever the kernel says."""
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
        *_shown(
            "native",
            facts.against_native,
            f"{OPEN}; whether the kernel denies, only a run tells",
        ),
        *_shown("vm", facts.against_vm, OPEN),
    ]
    return "\n".join(lines)


def host_json(facts: HostFacts) -> dict[str, Any]:
    """What `--doctor --json` prints: the facts, and by backend what speaks against it."""
    return {**facts.model_dump(mode="json"), "against": {"native": facts.against_native, "vm": facts.against_vm}}


def _ways_to_an_engine(facts: HostFacts) -> list[str]:
    ways = [("why", facts.engine_why), ("next", facts.engine_fix), ("or", BY_PODMAN if facts.has_podman else "")]
    return [f"  {word:<6} {text}" for word, text in ways if text]


def _shown(backend: str, against: tuple[str, ...], otherwise: str) -> list[str]:
    return [f"{backend:<8} {'no: ' if against else ''}{each}" for each in against or (otherwise,)]
