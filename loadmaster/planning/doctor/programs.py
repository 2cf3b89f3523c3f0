"""The programs that Loadmaster runs, and the ones that it runs on: Python, cargo, git, bubblewrap, the Docker engine."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from loadmaster.errors.cargo import CargoMissing, CargoTooOld, ClippyNotRun, SandboxMissing
from loadmaster.errors.git import GitMissing
from loadmaster.planning.doctor.check import Check, fail, failed, ok, warn
from loadmaster.planning.smoke.host import BY_PODMAN, HostFacts
from loadmaster.planning.values.receipt import Failure
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import parse

INSTALL_RUST = "run `curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh`, and open a new shell"
GIT_NEEDED = "2.36"
_VERBS: Mapping[str, str] = {"pacman": "-S", "apk": "add"}


class ProgramSeen(Value):
    """What a program said when it was asked for its version."""

    version: str | None
    """None if it could not be run, or said none."""
    trouble: str = ""
    """Why there is no version."""


class Installer(Value):
    """The machine's package manager."""

    program: str | None
    """None if none of those is here that we know."""
    is_root: bool = False

    def install(self, package: str) -> str:
        """The sentence with the command that installs a package."""
        if self.program is None:
            return f"install the package `{package}`"
        sudo = "" if self.is_root or self.program == "brew" else "sudo "
        return f"run `{sudo}{self.program} {_VERBS.get(self.program, 'install')} {package}`"


def judge_python(version: str, needed: str) -> Check:
    """`needed`: as the package's metadata say it, such as `>=3.11`; "" if they do not."""
    if SpecifierSet(needed).contains(version, prereleases=True):
        return ok("python", version)
    return fail("python", f"{version}, and `{needed}` is needed", "run `pipx reinstall --python python3.11 loadmaster`")


def judge_packages(untested: str | None, version: str, *, is_checkout: bool) -> Check:
    """`untested`: the sentence about packages in other versions than the tested ones; None if there are none."""
    if untested is None:
        return ok("packages", f"Loadmaster {version}, on the versions that it was tested with")
    wheel = f"loadmaster-{version}-py3-none-any.whl"
    fix = (
        "run `make setup`"
        if is_checkout
        else f"run `pipx install --force '{wheel}[pinned]'`, with the path of the wheel"
    )
    return warn("packages", untested, fix)


def judge_cargo(seen: ProgramSeen, oldest: str) -> Check:
    if seen.version is None:
        return failed("cargo", Failure.of(CargoMissing(seen.trouble)), INSTALL_RUST)
    if parse(seen.version).finalize_version() < parse(oldest):
        return failed("cargo", Failure.of(CargoTooOld(seen.version, oldest)), "run `rustup update stable`")
    return ok("cargo", seen.version)


def judge_rustup(seen: ProgramSeen, toolchains: tuple[str, ...]) -> Check:
    if seen.version is None:
        return warn("rustup", f"not here: {seen.trouble}", INSTALL_RUST)
    if not toolchains:
        return warn("rustup", f"{seen.version}, without a toolchain", "run `rustup toolchain install stable`")
    return ok("rustup", f"{seen.version}, with {', '.join(f'`{each}`' for each in toolchains)}")


def judge_clippy(seen: ProgramSeen) -> Check:
    if seen.version is None:
        return failed("clippy", Failure.of(ClippyNotRun(seen.trouble)), "run `rustup component add clippy`")
    return ok("clippy", seen.version)


def judge_git(seen: ProgramSeen, installer: Installer) -> Check:
    if seen.version is None:
        return failed("git", Failure.of(GitMissing()), installer.install("git"))
    if Version(".".join(seen.version.split(".")[:2])) < Version(GIT_NEEDED):
        return fail("git", f"{seen.version}, and {GIT_NEEDED} or a newer one is needed", installer.install("git"))
    return ok("git", seen.version)


def judge_git_lfs(seen: ProgramSeen, installer: Installer) -> Check:
    if seen.version is None:
        return warn(
            "git-lfs", "not here: files that Git LFS keeps would be packaged as pointers", installer.install("git-lfs")
        )
    return ok("git-lfs", seen.version)


def judge_sandbox(is_installed: bool, trouble: str | None, installer: Installer) -> Check:
    """`trouble`: why programs cannot be run in bubblewrap; None if they can."""
    if trouble is None:
        return ok("sandbox", "bubblewrap makes one")
    fix = None if is_installed else installer.install("bubblewrap")
    return failed("sandbox", Failure.of(SandboxMissing(trouble)), fix)


def judge_engine(host: HostFacts) -> Check:
    """Whether there is one. What of the smoke test its host can do, `loadmaster smoke --doctor` says."""
    if (engine := host.engine) is not None:
        return ok(
            "engine",
            f"{engine.name} {engine.version}; `loadmaster smoke --doctor` says what of the smoke test it can do",
        )
    more = f" Or {BY_PODMAN}" if host.has_podman else ""
    return warn("engine", host.engine_problem, f"{host.engine_fix}{more}")
