"""bubblewrap, run around another program: what of this machine a program sees that may run the workspace's code.

It knows what every Rust build needs of a Linux system, and refuses to know what is built. The program has processes, a `/tmp`
and, unless it is given the network, a loopback of its own. It sees the system's programs and libraries, the toolchains, and
what it is given; no home, no `/run` and so no agent's or engine's socket, and nothing else of the store.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from loadmaster.errors.cargo import SandboxTooOpen

PROGRAM = "bwrap"

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/gnu/store")
"""Directories of programs and libraries, on the distributions that we know."""

OF_ETC = (
    "alternatives",
    "ca-certificates.conf",
    "crypto-policies",
    "debian_version",
    "fonts",
    "gai.conf",
    "group",
    "host.conf",
    "hosts",
    "java",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "pki/ca-trust",
    "pki/tls/cert.pem",
    "pki/tls/certs",
    "protocols",
    "resolv.conf",
    "services",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "timezone",
)
"""What programs and libraries read below `/etc`. Private keys and password files are not among it."""

KERNEL_SETTINGS = tuple(f"/proc/{name}" for name in ("sys", "sysrq-trigger", "irq", "bus", "acpi", "pressure"))
"""What belongs to the whole machine. The kernel lets user 0 write most of it, with or without capabilities."""

PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"})
"""Variables that only a program with the network needs. Their addresses may hold a password."""


class Purpose(Enum):
    """What a call is for. None of them both has the network and runs code that was fetched or is built."""

    READ = "read"
    """It looks at what is there."""
    FETCH = "fetch"
    """It has the network. It compiles nothing."""
    BUILD = "build"
    """It compiles and runs foreign code, by whatever the workspace's own configuration says."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """What one call needs beyond the system and the toolchains."""

    purpose: Purpose = Purpose.READ
    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    """Directories, which must exist. The `.git` directly in one of them can only be read: git obeys what is written there."""
    keeps: tuple[Path, ...] = ()
    """Files within `writes` that can only be read all the same."""


@dataclass(frozen=True, kw_only=True)
class BuildSandbox:
    """What every call of one run sees."""

    program: str
    """The path of bubblewrap."""
    reads: tuple[Path, ...] = ()
    """The toolchains, and what the profile names. Those that are not there are passed over."""
    hides: tuple[Path, ...] = ()
    """Directories that stay empty wherever they lie, except for what is given within: the person's home, and the store. They
    exist."""

    def command(self, argv: Sequence[str], directory: Path, access: Access) -> list[str]:
        """The arguments that run `argv` in `directory`, inside."""
        inside = [*_arguments(self, access), "--chdir", str(directory)]
        return [self.program, *inside, "--", *argv]


def require_narrow(path: Path, hidden: Iterable[Path]) -> None:
    """Raises `SandboxTooOpen` if the path is one of the hidden directories, or lies above one."""
    if (opened := hides_within(path, hidden)) is not None:
        raise SandboxTooOpen(str(path), f"it would show all of `{opened}`, where credentials are")


def hides_within(path: Path, hidden: Iterable[Path]) -> Path | None:
    """The hidden directory that one would see by seeing `path`; None if there is none."""
    shown = path.resolve()
    return next((place for place in hidden if place.resolve().is_relative_to(shown)), None)


def _arguments(sandbox: BuildSandbox, access: Access) -> Iterator[str]:
    # A session of its own, so that nothing can type into the terminal. All of it dies with the process that started it.
    yield from ("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
    yield from ("--share-net",) * (access.purpose is Purpose.FETCH)
    for place in (*SYSTEM, *(f"/etc/{name}" for name in OF_ETC)):
        yield from ("--ro-bind-try", place, place)
    yield from ("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run", "--tmpfs", "/tmp")
    for settings in KERNEL_SETTINGS:
        yield from ("--ro-bind-try", settings, settings)
    shown = [("--ro-bind-try", read) for read in (*sandbox.reads, *access.reads)]
    shown += [("--bind", written) for written in access.writes]
    # What lies above a hidden directory is shown before that is hidden, and what lies in it afterwards.
    above = [each for each in shown if hides_within(each[1], sandbox.hides) is not None]
    yield from _mounts(above)
    for hidden in sandbox.hides:
        yield from ("--tmpfs", str(hidden))
    yield from _mounts(each for each in shown if each not in above)
    kept = (*access.keeps, *(written / ".git" for written in access.writes))
    yield from _mounts(("--ro-bind-try", place) for place in kept)
    # cargo asks git what was changed, and git asks Git LFS, which writes what it reads into a file first.
    for seen in (*access.reads, *access.writes):
        if (scratch := seen / ".git" / "lfs" / "tmp").is_dir():
            yield from ("--tmpfs", str(scratch))


def _mounts(shown: Iterable[tuple[str, Path]]) -> Iterator[str]:
    for how, place in shown:
        yield from (how, str(place), str(place))


@dataclass(frozen=True, kw_only=True)
class Bubblewrap:
    """What this machine can do."""

    program: str = PROGRAM
    """Its path."""
    trouble: str | None = None
    """Why programs cannot be run in a sandbox; None if they can."""


@cache
def bubblewrap() -> Bubblewrap:
    """Asked once in a process."""
    program = shutil.which(PROGRAM)
    if program is None:
        return Bubblewrap(trouble=f"`{PROGRAM}` is not installed")
    probe = BuildSandbox(program=program).command(["true"], Path("/"), Access())
    try:
        finished = subprocess.run(probe, capture_output=True, text=True, errors="replace", timeout=60, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return Bubblewrap(trouble=f"`{PROGRAM}` cannot be run: {error}")
    if finished.returncode != 0:
        return Bubblewrap(trouble=f"`{PROGRAM}` may not make a sandbox: {finished.stderr.strip()}")
    return Bubblewrap(program=program)


def toolchains(path: str, rustup_home: Path) -> tuple[Path, ...]:
    """Where rustup's toolchains are, and the directories of the cargo and rustc that `path`, a `PATH`, leads to.

    A toolchain of one's own, which `rustup toolchain link` gave a name, lies elsewhere.
    """
    linked = [place.resolve() for place in sorted(rustup_home.glob("toolchains/*")) if place.is_symlink()]
    found = (shutil.which(name, os.F_OK, path) for name in ("cargo", "rustc"))
    programs = [Path(place) for place in found if place is not None]
    # Of a toolchain without rustup, the libraries lie beside `bin`; of rustup, `bin` lies in a person's CARGO_HOME.
    own = [_installation(program.resolve()) for program in programs]
    return tuple(dict.fromkeys([rustup_home, *linked, *(program.parent for program in programs), *own]))


def _installation(program: Path) -> Path:
    return program.parent if program.name.startswith("rustup") else program.parent.parent


def visible(path: str, reads: Iterable[Path]) -> str:
    """The entries of a `PATH` that a sandbox shows: those of the system and of `reads`."""
    shown = (*map(Path, SYSTEM), *reads)
    entries = (entry for entry in path.split(os.pathsep) if entry)
    return os.pathsep.join(entry for entry in entries if any(Path(entry).is_relative_to(place) for place in shown))
