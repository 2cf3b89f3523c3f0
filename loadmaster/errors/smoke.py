"""The engine that a smoke test runs on, and its parts. None of these errors says anything about enforcement."""

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
            fix="install Debian's `docker.io`, `sudo apt-get install docker.io`, and start it, `sudo systemctl start docker`; or, "
            "in a checkout of Loadmaster, start one of its own, `scripts/engine start DIRECTORY`, and give "
            "`DOCKER_HOST` the address that it prints.",
        )


class EngineForbidden(LoadmasterError):
    """This user may not open the engine's socket."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"The Docker engine's socket `{address}` may not be opened by this user.",
            why="the user that the worker runs as is not in the group `docker`.",
            fix="run `sudo usermod --append --groups docker $USER`, sign in anew, and start the worker anew; "
            "or point `DOCKER_HOST` to an engine of its own.",
        )


class EngineHanging(LoadmasterError):
    """The engine accepts a request and does not answer."""

    transient: ClassVar[bool] = True

    def __init__(self, address: str, seconds: float) -> None:
        super().__init__(
            f"The Docker engine at `{address}` took a request, and did not answer in {seconds:g} seconds.",
            why="it is starting, the machine is out of memory or disk, or its storage hangs.",
            fix="look at `docker info` and at the engine's log; restart it if that hangs, too.",
        )


class EngineGone(LoadmasterError):
    """The engine broke off in the middle."""

    transient: ClassVar[bool] = True

    def __init__(self, address: str, told: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` went away in the middle of the run: {told}",
            why="it was restarted or updated, crashed, or the machine ran out of memory.",
            fix="try again when it is back; what this run has left there, the next one removes.",
        )


class EngineRefused(LoadmasterError):
    """The engine refused, and no class of the catalogue fits."""

    def __init__(self, address: str, status: int, told: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` answered {status}: {told}",
            why="the engine's own words above are all that is known; often a limit or a security module of that host.",
            fix="try the same by hand on that host, `docker run OPTIONS IMAGE`; `loadmaster smoke --doctor` shows what it can do.",
        )


class EngineCannotStart(LoadmasterError):
    """The engine made the container, and its runtime refused to start it."""

    def __init__(self, address: str, told: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` cannot start a container: {told}",
            why="its runtime cannot do on this host what containers take: `crun` wants one kind of cgroups, podman may not raise a "
            "limit or give a capability that it lacks itself, AppArmor is active without its `apparmor_parser`.",
            fix="mend what the runtime names; for podman try another runtime, "
            "`podman --runtime runc system service --time=0 unix://$PWD/podman.sock`, and "
            "`DOCKER_HOST=unix://$PWD/podman.sock`; or point `DOCKER_HOST` to another engine.",
        )


class EngineImageMissing(LoadmasterError):
    """The engine lacks the image, which is never pulled."""

    def __init__(self, image: str, address: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` has no image `{image}`.",
            why="it was removed between its making and its use, or the engine is another one now.",
            fix="try again: the image is made here and loaded again; no registry has it.",
        )


class EngineLacksCapability(LoadmasterError):
    """The engine is older than the capability."""

    def __init__(self, address: str, told: str) -> None:
        super().__init__(
            f"The Docker engine at `{address}` does not know a capability: {told}",
            why="it is older than Docker 23, which knows `BPF` and `PERFMON`; or the name is misspelt.",
            fix="update the engine; until then `SYS_ADMIN` covers both.",
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
    """The test did not end in time, and was removed."""

    def __init__(self, backend: str, seconds: int, tail: str) -> None:
        super().__init__(
            f"The smoke test (backend `{backend}`) did not end in {seconds} seconds, and was removed; it said last: {tail}",
            why="the machine is busy, the kernel did not boot, or the released program holds everything up.",
            fix="try again on a quieter machine, or with a longer deadline.",
        )


class SmokeMachineBroke(LoadmasterError):
    """The virtual machine ended without a result; twice, if it was a panic."""

    def __init__(self, kernel: str, code: int, tail: str) -> None:
        super().__init__(
            f"The virtual machine with kernel `{kernel}` ended with {code} and without a result; it said last: {tail}",
            why="the kernel panicked under emulation, or QEMU could not start it.",
            fix="try again; if it stays so, choose another kernel and keep this log.",
        )


class SmokeKernelUnknown(UsageError):
    """No Debian suite of ours has this kernel."""

    def __init__(self, kernel: str, known: Collection[str]) -> None:
        super().__init__(
            f"There is no kernel `{kernel}`; choose one of {names(known)}.",
            why="the smoke test boots Debian's kernels, one for each suite.",
            fix="choose one of them for this run, or in `[smoke]` of the profile.",
        )


class SmokePayloadNotBuilt(LoadmasterError):
    """The C compiler could not build the payload."""

    def __init__(self, told: str) -> None:
        super().__init__(
            f"`cc` could not compile the smoke test's payload: {told}",
            why="there is no C compiler, no static C library, or no kernel headers on this machine.",
            fix="install `gcc`, `libc6-dev` and `linux-libc-dev`, then try again.",
        )


class SmokeLibraryMissing(LoadmasterError):
    """A program cannot be packed with the libraries that it loads."""

    def __init__(self, program: str, told: str) -> None:
        super().__init__(
            f"The libraries of `{program}` cannot be collected here: {told}",
            why="it was linked against a newer C library than this machine has, or needs a library that is not installed.",
            fix="run the smoke test on a machine where the program runs, or release one that is linked statically.",
        )


class AptMissing(LoadmasterError):
    """There is no apt, or it has no Debian archive."""

    def __init__(self, told: str) -> None:
        super().__init__(
            f"Debian's packages are not available here: {told}.",
            why="the virtual machine's kernel and QEMU come from Debian by this machine's own `apt`; this is another system.",
            fix="set `LOADMASTER_DEBIAN_MIRROR` to a mirror of Debian's archive on a machine with `apt`, or use `native`.",
        )


class AptFailed(LoadmasterError):
    """apt did not fetch a package."""

    transient: ClassVar[bool] = True

    def __init__(self, command: str, suite: str, told: str) -> None:
        super().__init__(
            f"`{command}` failed for Debian's suite `{suite}`: {told}",
            why="the mirror or the network is down for the moment, or the suite is not signed by a key of this machine.",
            fix="try again; if it mentions a key, install the newest `debian-archive-keyring`.",
        )
