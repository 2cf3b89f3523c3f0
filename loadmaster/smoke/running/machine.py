"""The virtual machine: Debian's QEMU with its libraries, as one layer of an image, and the command that starts it.

Emulated in software only (`tcg`), so that it runs in any container and needs nothing from its host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from loadmaster.clients.disk import scratch
from loadmaster.run.store import Store, write_atomically
from loadmaster.smoke.clients.apt import open_suite
from loadmaster.smoke.running.archives import Files, tar_layer
from loadmaster.smoke.running.libraries import libraries_of

SUITE = "bookworm"
PACKAGES = ("qemu-system-x86", "coreutils")
QEMU, TIMEOUT = "/usr/bin/qemu-system-x86_64", "/usr/bin/timeout"
LIBRARY_FOLDERS = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu")
ACCELERATOR = "/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so"
FIRMWARE = {
    "/firmware/bios-256k.bin": "/usr/share/seabios/bios-256k.bin",
    "/firmware/kvmvapic.bin": "/usr/share/qemu/kvmvapic.bin",
    "/firmware/linuxboot_dma.bin": "/usr/share/qemu/linuxboot_dma.bin",
}
KERNEL, INITRAMFS = "/kernel", "/initramfs"
PROBE_MEMORY, RELEASE_MEMORY = 128, 512
"""MiB of a machine besides its initramfs; a released program needs more."""
EMULATOR_MEMORY = 256
"""MiB that QEMU needs besides the machine's."""
CPU = "qemu64,-cx16"
"""Without `cmpxchg16b`, because QEMU 7.2 emulates it with wrong flags (`EFLAGS` in the panic shows them). If the processor has it,
the kernel's allocator uses it all the time, and an interrupt right after it causes a panic: on a busy machine in half of all boots.
"""
BOOT = 5
"""Init gets this many seconds less than its container, so that it ends first, with a report."""
NO_CODE = 0
"""QEMU's exit code if the machine wrote no code: it was switched off, or panicked."""


def qemu_layer(store: Store) -> bytes:
    """QEMU, its firmware, its libraries and coreutils' `timeout`. Raises `AptMissing`, `AptFailed`, `SmokeLibraryMissing`."""
    kept = store.part("smoke") / f"qemu-{SUITE}.tar"
    if not kept.is_file():
        with scratch() as place:
            suite = open_suite(SUITE, place)
            root = place / "unpacked"
            suite.unpack(suite.download_with_all_it_needs(PACKAGES), root)
            write_atomically(kept, tar_layer(_collect(root), ["/tmp", "/run"]))
    return kept.read_bytes()


def _collect(root: Path) -> Files:
    programs = [QEMU, TIMEOUT, ACCELERATOR]
    files = {program: (root / program.lstrip("/")).read_bytes() for program in programs}
    for program in programs:
        files |= libraries_of(root / program.lstrip("/"), root=root, search=LIBRARY_FOLDERS)
    return files | {place: (root / origin.lstrip("/")).read_bytes() for place, origin in FIRMWARE.items()}


def machine_memory(initramfs: int, *, is_release: bool) -> int:
    """MiB for a machine with an initramfs of that many bytes: it is in memory packed and unpacked, and is read from there."""
    return (RELEASE_MEMORY if is_release else PROBE_MEMORY) + 3 * (initramfs >> 20)


def command(memory: int, seconds: int, environment: Mapping[str, str], also: str) -> Sequence[str]:
    """QEMU under `timeout`, the container's first process, which ends it after `seconds` even if our own process is gone.

    The environment and the words of `also` reach init by the kernel's command line.
    """
    words = " ".join(f"{name}={value}" for name, value in environment.items())
    # On a busy host, the kernel's own test of its timer fails, and it panics: hence `no_timer_check`.
    line = f"console=ttyS0 loglevel=3 panic=-1 no_timer_check rdinit=/init {words} {also}".strip()
    return [
        *(TIMEOUT, "--kill-after=2", str(seconds), QEMU),
        *("-accel", "tcg", "-cpu", CPU, "-M", "pc", "-smp", "1", "-m", str(memory), "-L", "/firmware"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot"),
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=4"),
        *("-kernel", KERNEL, "-initrd", INITRAMFS, "-append", line),
    ]


def payload_code(qemu: int, known: Sequence[int]) -> int | None:
    """The code that init wrote to the debug port, from QEMU's exit code; None if it wrote none."""
    return next((code for code in known if (2 * code + 1) & 0xFF == qemu), None)
