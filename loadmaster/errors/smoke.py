"""The engine that a smoke test runs on, and what it is made of. None of it says anything about enforcement."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, UsageError, names


class EngineAbsent(LoadmasterError):
    """Nothing listens where the Docker engine should."""

    def __init__(self, address: str, told: str) -> None:
        super().__init__(
            f"No Docker engine answers at `{address}`: {told}",
            why="none is installed, it is not running, or `DOCKER_HOST` names another place.",
            fix="install Debian's `docker.io` and start it, or start one of this checkout's own: `scripts/engine start DIR`.",
        )


class EngineForbidden(LoadmasterError):
    """The engine's socket is there, and not for us."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"The Docker engine's socket `{address}` may not be opened by this user.",
            why="the user that the worker runs as is not in the group `docker`.",
            fix="add it to the group and start the worker anew, or point `DOCKER_HOST` to an engine of its own.",
        )


class EngineHanging(LoadmasterError):
    """The engine accepts and does not answer."""

    transient: ClassVar[bool] = True

    def __init__(self, address: str, seconds: float) -> None:
        super().__init__(
            f"The Docker engine at `{address}` took a request, and did not answer in {seconds:g} seconds.",
            why="it is starting, the machine is out of memory or disk, or its storage hangs.",
            fix="look at `docker info` and at the engine's log; restart it if that hangs, too.",
        )


class EngineGone(LoadmasterError):
    """The engine was there, and broke off in the middle."""

    transient: ClassVar[bool] = True

    def __init__(self, address: str, told: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` went away in the middle of the run: {told}",
            why="it was restarted or updated, crashed, or the machine ran out of memory.",
            fix="try again when it is back; what this run has left there, the next one removes.",
        )


class EngineRefused(LoadmasterError):
    """The engine said no in a way that the catalogue has no class for."""

    def __init__(self, address: str, status: int, told: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` answered {status}: {told}",
            why="the engine's own words above are all that is known; often a limit or a security module of that host.",
            fix="try the same with `docker run` on that host; `loadmaster smoke --doctor` tells what the host can do.",
        )


class EngineCannotStart(LoadmasterError):
    """The engine made the container and could not start it: its runtime said no."""

    def __init__(self, address: str, told: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` cannot start a container: {told}",
            why="its runtime cannot do on this host what containers take: `crun` wants one kind of cgroups, podman may not raise a "
            "limit or give a capability that it lacks itself, AppArmor is active without its `apparmor_parser`.",
            fix="see to what the runtime says there; for podman try `podman --runtime runc system service`; "
            "or point `DOCKER_HOST` to another engine.",
        )


class EngineImageMissing(LoadmasterError):
    """The image is not at the engine; it is never pulled."""

    def __init__(self, image: str, address: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` has no image `{image}`.",
            why="it was removed between its making and its use, or the engine is another one now.",
            fix="try again: the image is made here and loaded anew; it is on no registry.",
        )


class EngineLacksCapability(LoadmasterError):
    """The engine is older than the capability."""

    def __init__(self, address: str, told: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` does not know a capability: {told}",
            why="it is older than Docker 23, which knows `BPF` and `PERFMON`; or the name is misspelt.",
            fix="update the engine; until then `SYS_ADMIN` is what stands for both.",
        )


class SmokeOutOfMemory(LoadmasterError):
    """The kernel ended the container for its memory."""

    def __init__(self, backend: str, mebibytes: int) -> None:
        super().__init__(
            f"The smoke test's container (backend `{backend}`) needed more than {mebibytes} MiB, and was ended.",
            why="the limit is too low for this machine image or released program.",
            fix="give it more memory, or look at the log for a program that grows.",
        )


class SmokeDeadlinePassed(LoadmasterError):
    """It did not come to an end in time, and was removed."""

    def __init__(self, backend: str, seconds: int, tail: str) -> None:
        super().__init__(
            f"The smoke test (backend `{backend}`) did not end in {seconds} seconds, and was removed; it said last: {tail}",
            why="the machine is busy, the kernel did not boot, or the released program holds everything up.",
            fix="try again on a quieter machine, or with a longer deadline.",
        )


class SmokeMachineBroke(LoadmasterError):
    """The virtual machine ended without saying how; twice, if it was a panic."""

    def __init__(self, kernel: str, code: int, tail: str) -> None:
        super().__init__(
            f"The virtual machine with kernel `{kernel}` ended with {code} and without a result; it said last: {tail}",
            why="the kernel panicked under emulation, or QEMU could not start it.",
            fix="try again; if it stays so, choose another kernel with `--kernel` and keep this log.",
        )


class SmokeKernelUnknown(UsageError):
    """A kernel that no Debian suite of ours has."""

    def __init__(self, kernel: str, known: Collection[str]) -> None:
        super().__init__(
            f"There is no kernel `{kernel}` to choose; there are {names(known)}.",
            why="the smoke test boots Debian's kernels, one for each suite.",
            fix="name one of them with `--kernel`, or in `[smoke]` of the profile.",
        )


class SmokePayloadNotBuilt(LoadmasterError):
    """The C compiler did not make the payload."""

    def __init__(self, told: str) -> None:
        super().__init__(
            f"`cc` could not compile the smoke test's payload: {told}",
            why="there is no C compiler, no static C library, or no kernel headers on this machine.",
            fix="install `gcc`, `libc6-dev` and `linux-libc-dev`, then try again.",
        )


class SmokeLibraryMissing(LoadmasterError):
    """A program cannot be packed with what it loads."""

    def __init__(self, program: str, told: str) -> None:
        super().__init__(
            f"The libraries of `{program}` cannot be put together here: {told}",
            why="it was linked against a newer C library than this machine has, or needs a library that is not installed.",
            fix="run the smoke test on a machine where the program runs, or release one that is linked statically.",
        )


class AptMissing(LoadmasterError):
    """There is no apt, or it knows no archive of Debian's."""

    def __init__(self, told: str) -> None:
        super().__init__(
            f"Debian's packages cannot be had here: {told}.",
            why="the virtual machine's kernel and QEMU come from Debian by this machine's own `apt`; this is another system.",
            fix="set `LOADMASTER_DEBIAN_MIRROR` to a mirror of Debian's archive on a machine with `apt`, or use `native`.",
        )


class AptFailed(LoadmasterError):
    """apt did not bring a package."""

    transient: ClassVar[bool] = True

    def __init__(self, command: str, suite: str, told: str) -> None:
        super().__init__(
            f"`{command}` failed for Debian's suite `{suite}`: {told}",
            why="the mirror or the network is down for the moment, or the suite is not signed by a key of this machine.",
            fix="try again; if it speaks of a key, install the newest `debian-archive-keyring`.",
        )
