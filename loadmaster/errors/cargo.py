"""cargo, and the crates that it packages and installs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, UsageError


class CrateFileBroken(LoadmasterError):
    """The bytes of a `.crate` are not what cargo packages. `name` says which file, and begins the sentence."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} is broken: {reason}.",
            why="it was cut short while it was written or downloaded, altered since, or not made by `cargo package`.",
            fix="if it is the packaged file, delete it and package again; "
            "if it came from the registry, download it again and compare its SHA-256 with the index.",
        )


class CargoMissing(LoadmasterError):
    """No cargo to call."""

    def __init__(self, told: str) -> None:
        super().__init__(
            f"cargo cannot be run: {told}",
            why="Rust is not installed, not on PATH, or the toolchain that the profile or the repository names is not.",
            fix="install Rust with rustup, and the toolchain with `rustup toolchain install NAME`; a release never does.",
        )


class SandboxMissing(LoadmasterError):
    """The builds of a release should run in a sandbox, and this machine cannot make one."""

    def __init__(self, trouble: str) -> None:
        super().__init__(
            f"there is no sandbox to run cargo in: {trouble}.",
            why="build scripts, macros and tests of the workspace and of its dependencies could read this user's credentials.",
            fix="install bubblewrap (the package is called `bubblewrap` on every distribution), and allow user namespaces where "
            'they are switched off; or put `sandbox = "none"` under `[cargo]` of the profile to build without, at your own risk.',
        )


class SandboxTooOpen(UsageError):
    """A path that builds may read by the profile or the environment, and must not."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"builds may not be shown `{path}`: {reason}.",
            why="`cargo.sandbox_reads` of the profile, or `LOADMASTER_SANDBOX_READS`, names it.",
            fix="name the directory, file or socket that the build needs, and nothing above it.",
        )


class CargoTooOld(LoadmasterError):
    """A cargo that cannot package a workspace's crates together."""

    def __init__(self, version: str, needed: str) -> None:
        super().__init__(
            f"cargo `{version}` is too old: `{needed}` or newer is needed.",
            why="an older cargo cannot package unpublished crates that depend on each other.",
            fix="run `rustup update`, or name a newer toolchain in the profile (`cargo.toolchain`).",
        )


class CargoFailed(LoadmasterError):
    """A cargo command exited with an error; `tail` are its last lines."""

    def __init__(self, command: str, code: int, tail: str) -> None:
        # The downloads and the registry of the run are its own.
        same_command = re.sub(r" --offline| --registry \S+", "", command)
        super().__init__(
            f"`{command}` exited with {code}:\n{tail}",
            why="the last lines above are cargo's own; the whole output is in the run's `cargo.log`.",
            fix=f"run `{same_command}` in a clone of the commit, mend what it names, commit, release again.",
        )
        self.tail = tail


class CargoOffline(CargoFailed):
    """cargo failed because the registry, or a Git server that a dependency comes from, is out of reach."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True

    def __init__(self, command: str, code: int, tail: str, told: str) -> None:
        """`told` is the one line of `tail` that tells of it."""
        LoadmasterError.__init__(
            self,
            f"`{command}` could not reach what it needs: {told}",
            why="the registry, a proxy, or a Git server that a dependency comes from is down for the moment.",
            fix="try again when it is back; the whole output is in the run's `cargo.log`.",
        )


class PackagedDifferently(LoadmasterError):
    """A crate was packaged twice, the second time to build it, and the bytes differ."""

    def __init__(self, crate: str, kept: str, built: str) -> None:
        """`kept` is its SHA-256; `built` is that of the other, or says what else lies in its place."""
        super().__init__(
            f"the packaged file of `{crate}` changed while it was built: its SHA-256 was `{kept}`, and then it was: {built}.",
            why="the same commit gives the same bytes. A build script or macro, of the workspace or of a dependency, changed the "
            "packaged file while it was built; or cargo's own file in its target directory was damaged. Without a committed "
            "`Cargo.lock`, cargo may also have taken other versions offline than with the index.",
            fix="commit the `Cargo.lock` if there is none; find out what writes below `target/package` while the crate is built, "
            "and release again once nothing does. Nothing was uploaded.",
        )


class PackagedUnlikeCommit(LoadmasterError):
    """A packaged crate has files that the commit does not have."""

    def __init__(self, crate: str, files: Sequence[str]) -> None:
        super().__init__(
            f"`{crate}` was packaged with files that are not the commit's: `{'`, `'.join(files[:10])}`"
            + (f", and {len(files) - 10} more" if len(files) > 10 else "")
            + ".",
            why="every file of a crate is a tracked file of the release commit, except those that cargo makes. Something wrote "
            "into the clone while it was packaged, or another program than cargo packaged it.",
            fix="look for what the repository's `.cargo/config.toml` and toolchain file name; commit files that are made, so that "
            "they are packaged as they are. Nothing was uploaded.",
        )


class ToolchainOfRepository(LoadmasterError):
    """A repository's toolchain file names a toolchain by its path."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the repository's toolchain file names the toolchain at `{path}`.",
            why="a toolchain is what packages and builds the crates, so the person who releases chooses it, and not a path that "
            "a commit names.",
            fix='name a channel in that file, or put `toolchain = "NAME"` under `[cargo]` of the profile; rustup gives a '
            "toolchain of your own a name (its command `toolchain link`).",
        )


class CrateMissingFromPackage(LoadmasterError):
    """cargo reported success, but a packaged file is missing."""

    def __init__(self, crate: str, path: str) -> None:
        super().__init__(
            f"`{crate}` was packaged, but `{path}` is not there.",
            why="cargo wrote it elsewhere: a `build.target-dir` in the workspace's configuration, or another cargo.",
            fix="remove the setting, or name the toolchain in the profile (`cargo.toolchain`).",
        )


class CrateNotFetched(LoadmasterError):
    """cargo reported success, but a fetched crate is missing."""

    def __init__(self, crate: str, version: str) -> None:
        super().__init__(
            f"cargo said that it fetched `{crate}@{version}`, and it is not there.",
            why="another program than cargo was called, or a newer cargo that keeps crates elsewhere than below `registry/src`.",
            fix="name a toolchain in the profile (`cargo.toolchain`) that has fetched crates before.",
        )


class KeptCrateBroken(LoadmasterError):
    """A packaged crate in the store is not the bytes that were verified."""

    def __init__(self, crate: str, sha256: str) -> None:
        super().__init__(
            f"The kept file of `{crate}` does not have the SHA-256 `{sha256}` that it was verified with.",
            why="it was cut short or changed on disk; it was not uploaded.",
            fix="try again: it is packaged anew.",
        )


class InstalledVersionWrong(LoadmasterError):
    """The installed binary reports another version."""

    def __init__(self, package: str, expected: str, told: str) -> None:
        super().__init__(
            f"`{package}` was installed, and says `{told}` instead of `{expected}`.",
            why="the binary does not take its version from its manifest.",
            fix=f"run `cargo install --locked {package}@{expected} --root DIRECTORY` by hand and look what it says; a published "
            "version can only be followed by a higher one.",
        )


class InstalledProgramFailed(LoadmasterError):
    """The installed binary does not run; `tail` are its last lines."""

    def __init__(self, package: str, version: str, code: int, tail: str) -> None:
        super().__init__(
            f"`{package}` {version} was installed, and exited with {code} when it was asked for its version:\n{tail}",
            why="it does not know `--version`, or needs something that is not there in a directory of its own.",
            fix=f"run `cargo install --locked {package}@{version} --root DIRECTORY` by hand and start it there; a published "
            "version can only be followed by a higher one.",
        )


class ClippyFailed(LoadmasterError):
    """Clippy found something, or stopped before it could. `told` is its last lines."""

    def __init__(self, findings: Sequence[str], told: str) -> None:
        super().__init__(
            "clippy did not pass: " + ("; ".join(findings[:5]) or told),
            why="the code has warnings that the profile forbids, or does not build.",
            fix="run `cargo clippy --workspace --all-targets` on the commit and mend what it names.",
        )
        self.findings, self.told = tuple(findings), told


class ClippyNotRun(LoadmasterError):
    """Clippy could not be run."""

    def __init__(self, told: str) -> None:
        super().__init__(
            f"clippy was not run: {told}",
            why="rustup's profile `minimal` does not install it.",
            fix="bring it, or set `cargo.clippy = false` in the profile.",
        )
        self.told = told


class GivenCrateBroken(UsageError):
    """The file that `loadmaster compare` was given is no packaged crate."""

    def __init__(self, path: str, told: str) -> None:
        super().__init__(
            f"`{path}` cannot be compared. {told}",
            why="it was cut short, altered since, or not made by `cargo package`.",
            fix="package again, and name the file below `target/package/`.",
        )
