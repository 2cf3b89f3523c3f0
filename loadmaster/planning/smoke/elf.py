"""Whether bytes are a program for a machine, or an eBPF object. It reads only the ELF header."""

from __future__ import annotations

from loadmaster.errors.smoke_subject import SmokeProgramForeign

_MACHINES = {3: "i386", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64", 247: "bpf"}
_RELOCATABLE, _PROGRAMS = 1, {2, 3}
_HEADER = 20


def require_program(file: str, content: bytes, machine: str) -> None:
    """Raises `SmokeProgramForeign` unless it is a 64-bit little-endian program for `machine` (as `uname -m` says it)."""
    kind, actual = _header(file, content, f"an ELF program for `{machine}`")
    if actual != machine or kind not in _PROGRAMS:
        raise SmokeProgramForeign(file, _describe(kind, actual), f"a program for `{machine}`")


def require_object(file: str, content: bytes) -> None:
    """Raises `SmokeProgramForeign` unless it is a little-endian eBPF object."""
    kind, actual = _header(file, content, "an eBPF object")
    if actual != "bpf" or kind != _RELOCATABLE:
        raise SmokeProgramForeign(file, _describe(kind, actual), "an eBPF object")


def _header(file: str, content: bytes, wanted: str) -> tuple[int, str]:
    if len(content) < _HEADER or not content.startswith(b"\x7fELF"):
        raise SmokeProgramForeign(file, "no ELF file", wanted)
    if content[4:6] != b"\x02\x01":
        raise SmokeProgramForeign(file, "an ELF file of 32 bits or big-endian", wanted)
    number = int.from_bytes(content[18:20], "little")
    return int.from_bytes(content[16:18], "little"), _MACHINES.get(number, f"machine {number}")


def _describe(kind: int, machine: str) -> str:
    return f"{'a program' if kind in _PROGRAMS else 'an object'} for `{machine}`"
