"""What a host says of itself before anything runs on it, and what speaks against either backend there.

None of it is proof that a kernel denies: a host on which nothing speaks against `native` may still refuse. Only a run tells.
"""

from __future__ import annotations

from loadmaster.planning.lsm.verdict import INITIAL_USER_NAMESPACE
from loadmaster.planning.value import Value

NO_X86_64 = "the engine's host is no x86_64 Linux"
OPEN = "nothing is known to speak against it"


class EngineFacts(Value):
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
        if self.engine is None:
            return (self.engine_problem,)
        found = [
            (self.engine.kernel != self.kernel, f"the engine runs on another kernel, `{self.engine.kernel}`"),
            (self.engine.machine != "x86_64", NO_X86_64),
            (self.engine.rootless, "the engine is rootless: in a user namespace no capability counts for BPF"),
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
        if self.engine is None:
            return (self.engine_problem,)
        found = [(self.engine.system != "linux" or self.engine.machine != "x86_64", NO_X86_64)]
        found += [(True, f"there is no `{each}` to make the image with") for each in self.missing_tools]
        return tuple(why for applies, why in found if applies)


def show_host(facts: HostFacts) -> str:
    """What `loadmaster smoke --doctor` prints."""
    engine = facts.engine
    lsms = ",".join(facts.lsms) if facts.lsms is not None else "cannot be read, which says nothing"
    lines = [
        f"engine   {f'Docker {engine.version} on Linux {engine.kernel} ({engine.machine})' if engine else 'none'}",
        f"kernel   {facts.kernel}",
        f"LSMs     {lsms}",
        *_shown(
            "native",
            facts.against_native,
            "nothing is known to speak against it; whether the kernel denies, only a run tells",
        ),
        *_shown("vm", facts.against_vm, "nothing is known to speak against it"),
    ]
    return "\n".join(lines)


def _shown(backend: str, against: tuple[str, ...], otherwise: str) -> list[str]:
    return [f"{backend:<8} {'no: ' if against else ''}{each}" for each in against or (otherwise,)]
