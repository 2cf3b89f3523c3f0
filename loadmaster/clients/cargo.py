"""cargo, run as a program: what it says of a workspace, and the crates that it packages and installs.

cargo stays the authority for resolving, packaging, building and installing; uploads are ours (`clients.registry`).

Every call runs in the sandbox of its `Cargo`, if there is one. One that may run the workspace's code, or that of its
dependencies, is offline: what it needs is fetched first, by a call that builds nothing (`Purpose`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ValidationError

from loadmaster.clients.disk import complaint_of, copy_tree, fullest, remove_tree, space_left, writing
from loadmaster.clients.process import Finished, environment, run
from loadmaster.clients.sandbox import PROXIES, Access, BuildSandbox, Purpose, visible
from loadmaster.errors.cargo import (
    CargoFailed,
    CargoMissing,
    CargoOffline,
    CargoTooOld,
    CrateMissingFromPackage,
    CrateNotFetched,
)
from loadmaster.errors.files import DiskFull
from loadmaster.errors.workspace import InOtherWorkspace, NotAWorkspace, RootElsewhere
from loadmaster.planning.changes.api_report import api_findings
from loadmaster.planning.changes.level import Change
from loadmaster.planning.changes.survey import ApiSeen
from loadmaster.planning.packaging import CRATES_IO_SOURCE
from loadmaster.planning.registry.seen import Lint, ToolchainSeen
from loadmaster.planning.values.version import parse

OLDEST = "1.90.0"
"""The first cargo whose `package` lays the workspace's own crates over the registry while it packages them."""

REGISTRY = "rehearsal"

NEVER_INSTALL = {"RUSTUP_AUTO_INSTALL": "0"}
"""Without it, rustup would obey a workspace's `rust-toolchain.toml`: it would install toolchains and update `stable`, in the middle
of a release and for everybody who uses this machine."""
OWN_RUSTC = {"RUSTC": "rustc", "RUSTC_WRAPPER": "", "RUSTC_WORKSPACE_WRAPPER": ""}
"""Where cargo only reads and packages: no compiler or wrapper that the workspace's configuration names takes part in that."""
_AWAY = re.compile(
    r"failed to get successful HTTP response from [^\n]*, got (?:408|429|5\d\d)\b"
    r"|^ *\[\d+\] [^\n]*(?:onnect|resolve|[Tt]ime|reset|SSL|returned nothing|framing layer|peer)[^\n]*"  # curl's own
    r"|(?:query replaced source registry[^\n]*\s+Caused by:\s+|^error: )expected value at line 1 column 1$"  # a page, no JSON
    r"|(?:network failure seems to have happened|failed to resolve address for|Could not resolve host)[^\n]*",  # Git's
    re.MULTILINE,
)
_AROUND = re.compile(r"believes it's in a workspace when it's not:\s+current:[^\n]*\s+workspace:\s+(?P<root>[^\n]+)")
_NOTHING = Access()
_CRAMPED = 64 * 1024
"""Bytes; where no more is left, a program cannot even write down why it failed."""
_NOT_INSIDE = re.compile(r"^bwrap: execvp [^\n]*", re.MULTILINE)
_FINDING = re.compile(r"(?P<file>.+?)(?P<told>:\d+:\d+: (?:warning|error).*)")
_API_NEEDS = re.compile(r"semver requires new (major|minor) version")
_NO_LIBRARY = "skipped the following crates since they have no library target:"
_DEPENDENT = """[package]
name = "a-dependent"
version = "0.0.0"
edition = "2021"

[workspace]

[dependencies]
{name} = {{ path = {path}, features = {features} }}
"""
_NO_TOOLCHAINS = "no installed toolchains"
_MISSING = re.compile(r"toolchain '.*' is not installed|is not installed for the toolchain")


@dataclass(frozen=True, kw_only=True)
class Cargo:
    """How cargo is called in one run: its own home, one log, one environment made from an allow-list."""

    home: Path
    log: Path
    env: Mapping[str, str]
    sandbox: BuildSandbox | None
    registry: str | None = None
    """Name of the registry that replaces crates.io, if one does."""
    tree: Path | None = None
    """The repository around the directory that it runs in: members, configuration and toolchain files may lie beside and above
    that. None if that directory is all of it."""

    def in_tree(self, tree: Path) -> Cargo:
        return replace(self, tree=tree)

    def around(self, directory: Path) -> Path:
        """The whole tree of a directory that it runs in."""
        return self.tree or directory

    def with_target(self, directory: Path) -> Cargo:
        return replace(self, env={**self.env, "CARGO_TARGET_DIR": str(directory)})

    @property
    def scratch(self) -> Path:
        """The directory for temporary files."""
        return self.home.parent / "tmp"

    def command(self, argv: Sequence[str], directory: Path, access: Access) -> tuple[Sequence[str], Mapping[str, str]]:
        """The arguments and the environment that run `argv` in `directory`, in the sandbox if there is one."""
        fetches = access.purpose is Purpose.FETCH
        env = dict(self.env) if fetches else {**self.env, "CARGO_NET_OFFLINE": "true"}
        if access.purpose is not Purpose.BUILD:
            env |= OWN_RUSTC
        (self.home / "config").unlink(missing_ok=True)  # cargo would prefer it to ours
        argv = self._with_our_registry(argv)
        if self.sandbox is None:
            return argv, env
        reads = (self.home, self.around(directory), *access.reads)
        writes = (self.scratch, *([self.home] if fetches else []), *access.writes)
        if (target := env.get("CARGO_TARGET_DIR")) is not None:
            writes = (*writes, Path(target))
        env = {name: value for name, value in env.items() if fetches or name not in PROXIES}
        env |= {"TMPDIR": str(self.scratch), "PATH": visible(env.get("PATH", os.defpath), self.sandbox.reads)}
        for written in writes:
            with writing(written):
                written.mkdir(parents=True, exist_ok=True)
        allowed = replace(access, reads=reads, writes=writes, keeps=(self.home / "config.toml",))
        return self.sandbox.command(argv, directory, allowed), env

    def _with_our_registry(self, argv: Sequence[str]) -> Sequence[str]:
        """A workspace may replace crates.io itself, such as by a `vendor` directory, which lacks what is released. Its file would
        go before ours, and the command line goes before both.
        """
        if self.registry is None or argv[0] != "cargo":
            return argv
        return ["cargo", "--config", f'source.crates-io.replace-with="{self.registry}"', *argv[1:]]


def cargo_in(
    home: Path,
    log: Path,
    *,
    sandbox: BuildSandbox | None,
    index: str | None = None,
    toolchain: str | None = None,
    allow: Sequence[str] = (),
    registry: str = REGISTRY,
) -> Cargo:
    """A cargo with a `CARGO_HOME` of its own below `home`; `index` (a sparse index address) replaces crates.io.

    cargo knows that index by the name `registry`: for packages that may go to a registry of that name only, it is that one.
    Raises `DiskFull`, `NotWritten`.
    """
    cargo_home = home / "cargo"
    config = '[net]\nretry = 3\n[term]\ncolor = "never"\n'
    if index is not None:
        # cargo silently ignores a source replacement in the environment; only a configuration file works.
        config += f'[source.crates-io]\nreplace-with = "{registry}"\n[registries."{registry}"]\nindex = "{index}"\n'
    _configure(cargo_home, config)
    extra = {"CARGO_HOME": str(cargo_home), "CARGO_TERM_COLOR": "never", "CARGO_INCREMENTAL": "0"}
    extra |= NEVER_INSTALL
    if index is not None and registry != REGISTRY:  # the workspace's own configuration may give it another address
        extra[f"CARGO_REGISTRIES_{registry.upper().replace('-', '_')}_INDEX"] = index
    if toolchain is not None:
        extra["RUSTUP_TOOLCHAIN"] = toolchain
    env = environment(home, allow, extra)
    return Cargo(home=cargo_home, log=log, env=env, sandbox=sandbox, registry=registry if index else None)


def with_copied_home(cargo: Cargo, home: Path) -> Cargo:
    """The same cargo with a copy of what it has fetched, below `home`: what builds may write into it, and change nothing else."""
    copied = home / "cargo"
    remove_tree(copied)
    for part in ("registry/index", "registry/cache", "git/db"):
        if (cargo.home / part).is_dir():
            copy_tree(cargo.home / part, copied / part)
    with writing(copied):
        copied.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cargo.home / "config.toml", copied / "config.toml")
    return replace(cargo, home=copied, env={**cargo.env, "CARGO_HOME": str(copied)})


def _configure(cargo_home: Path, text: str) -> None:
    """Puts our configuration in the place of whatever lies there: foreign code may have put a link there."""
    place, fresh = cargo_home / "config.toml", cargo_home / ".config.toml.new"
    with writing(place):
        cargo_home.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with fresh.open("x", encoding="utf-8") as sink:
            sink.write(text)
        fresh.replace(place)


def toolchain(cargo: Cargo, directory: Path) -> ToolchainSeen:
    """Raises `CargoMissing`, `CargoTooOld`."""
    seen = ToolchainSeen(cargo=_version(cargo, directory, "cargo"), rustc=_version(cargo, directory, "rustc"))
    if parse(seen.cargo).finalize_version() < parse(OLDEST):
        raise CargoTooOld(seen.cargo, OLDEST)
    return seen


def installed_toolchains() -> tuple[str, ...]:
    """The toolchains that rustup has, the default first, such as `1.95.0-x86_64-unknown-linux-gnu`; () without rustup."""
    try:
        output = subprocess.run(["rustup", "toolchain", "list"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ()
    lines = [line.split() for line in output.splitlines() if line and line != _NO_TOOLCHAINS]
    return tuple(line[0] for line in sorted(lines, key=lambda line: not any("default" in word for word in line[1:])))


def _version(cargo: Cargo, directory: Path, program: str) -> str:
    finished = _call(cargo, directory, [program, "--version"])
    version = re.match(rf"{program} (\d+\.\d+\.\d+\S*)", finished.out)
    if finished.code != 0 or version is None:
        words = finished.tail or finished.out.strip()
        raise CargoMissing(words or f"`{program} --version` said nothing and exited with {finished.code}")
    return version[1]


def members(cargo: Cargo, directory: Path, title: str) -> dict[str, Any]:
    """`cargo metadata --no-deps`: the members by their manifests alone, whatever the lockfile says.

    A manifest in a directory above is not searched for. Messages call the workspace `title`. Raises `NotAWorkspace`,
    `InOtherWorkspace`, `RootElsewhere`.
    """
    argv = ["cargo", "metadata", "--no-deps", "--format-version", "1", "--manifest-path", "Cargo.toml"]
    finished = _call(cargo, directory, argv, "reading the manifests")
    if finished.code != 0:
        if (around := _AROUND.search(finished.tail)) is not None:
            raise InOtherWorkspace(str(directory), around["root"])
        raise NotAWorkspace(title, finished.tail)
    document: dict[str, Any] = json.loads(finished.out)
    if (root := Path(document["workspace_root"])) != directory.resolve():
        top = cargo.around(directory).resolve()
        raise RootElsewhere(*(os.path.relpath(each / "Cargo.toml", top) for each in (directory.resolve(), root)))
    return document


def lockfile_problem(cargo: Cargo, directory: Path) -> str | None:
    """What `cargo update --workspace --locked` has against the lockfile in `directory`; None if it accepts it.

    It resolves as every other command does, and downloads no package: `cargo metadata --locked` brings all of them first, for
    every platform.
    """
    argv = ["cargo", "update", "--workspace", "--locked"]
    finished = _call(cargo, directory, argv, "resolving dependencies", Access(purpose=Purpose.FETCH))
    return None if finished.code == 0 else finished.tail


def clippy(cargo: Cargo, directory: Path, packages: Sequence[str] = (), *, locked: bool, deny_warnings: bool) -> Lint:
    """`cargo clippy` of the packages of a fetched tree; of every target of the workspace if none is named.

    If clippy is not installed, the result says that it did not run.
    """
    argv = ["cargo", "clippy", *_package_arguments(packages), "--keep-going", "--quiet", "--message-format", "short"]
    argv += ["--locked"] * locked + ["--", "-D", "warnings"] * deny_warnings
    finished = _call(cargo, directory, argv, "running clippy", _build_in(cargo.around(directory)))
    if _MISSING.search(finished.tail) or "no such command: `clippy`" in finished.tail:
        return Lint(ran=False, why=_without_clippy(finished.tail))
    if finished.code == 0:
        return Lint(ran=True, passed=True)
    found = (_FINDING.fullmatch(line) for line in finished.tail.splitlines())
    findings = (f"{_from_top(cargo, directory, match['file'])}{match['told']}" for match in found if match is not None)
    return Lint(ran=True, passed=False, why=finished.tail, findings=tuple(findings))


def _without_clippy(told: str) -> str:
    """`told` are rustup's words: they name the toolchain that lacks it, which may not be the one of the reader's directory."""
    lacking = re.search(r"for the toolchain '([^']+)'", told)
    chosen = f" --toolchain {lacking[1]}" if lacking else ""
    return f"clippy is not installed; `rustup component add clippy{chosen}` brings it"


def _package_arguments(packages: Sequence[str]) -> list[str]:
    return [f"--package={package}" for package in packages] or ["--workspace", "--all-targets"]


class Diagnostic(NamedTuple):
    """A warning or an error of clippy."""

    file: str
    """From the top of the repository."""
    line: int
    message: str

    @property
    def words(self) -> str:
        """The finding without its line, such as `src/lib.rs: unneeded return`: it keeps them when the lines above it move."""
        return f"{self.file}: {self.message}"

    @property
    def located(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def diagnostics(cargo: Cargo, directory: Path, packages: Sequence[str] = (), *, locked: bool) -> tuple[Diagnostic, ...]:
    """Every warning and error of clippy; repeated ones, too. () if clippy cannot run."""
    argv = ["cargo", "clippy", *_package_arguments(packages), "--keep-going", "--quiet", "--message-format", "json"]
    finished = _call(
        cargo, directory, argv + ["--locked"] * locked, "running clippy", _build_in(cargo.around(directory))
    )
    messages = (message for line in finished.out.splitlines() if (message := _compiler_message(line)) is not None)
    return tuple(
        Diagnostic(_from_top(cargo, directory, span.file_name), span.line_start, message.message)
        for message in messages
        if message.level in ("warning", "error")
        for span in message.spans[:1]
    )


def _from_top(cargo: Cargo, directory: Path, file: str) -> str:
    """The path of a file from the top of the repository. rustc names it from the workspace's root, or from the system's."""
    top, place = cargo.around(directory), directory / file
    return os.path.relpath(place, top) if place.is_relative_to(top) else file


class _Span(BaseModel):
    file_name: str
    line_start: int


class _CompilerWords(BaseModel):
    level: str
    message: str
    spans: tuple[_Span, ...]


class _CompilerMessage(BaseModel):
    """A line of cargo's `--message-format json`, as far as it is read."""

    reason: Literal["compiler-message"]
    message: _CompilerWords


def _compiler_message(line: str) -> _CompilerWords | None:
    """None for every other line: cargo has others, and a macro may print what it likes among them."""
    try:
        return _CompilerMessage.model_validate_json(line).message
    except ValidationError:
        return None


def check_with(
    cargo: Cargo, directory: Path, rust: str, packages: Sequence[str], *, locked: bool, within: float
) -> Lint:
    """`cargo check` of the packages of a fetched tree with the toolchain of Rust `rust`. A missing toolchain is not installed.

    One that is not done within so many seconds is ended, and did not run.
    """
    exact = f"{rust}.0" if rust.count(".") == 1 else rust
    by_version = replace(cargo, env={**cargo.env, "RUSTUP_TOOLCHAIN": exact})
    rustc = _call(by_version, directory, ["rustc", "--version"])
    if rustc.code != 0 or not rustc.out.startswith(f"rustc {exact} "):
        brings = f"`rustup toolchain install {exact} --profile minimal` brings it"
        return Lint(ran=False, why=f"Rust {exact} is not installed; {brings}")
    argv = ["cargo", "check", "--quiet", *(f"--package={package}" for package in packages)]
    argv += ["--locked"] * locked
    doing = f"checking with Rust {exact}"
    try:
        finished = _call(by_version, directory, argv, doing, _build_in(cargo.around(directory)), deadline=within)
    except subprocess.TimeoutExpired:
        return Lint(ran=False, why="it was not done in time (`cargo.msrv_within` in the profile)")
    return Lint(ran=True, passed=finished.code == 0, why=finished.tail)


def has_semver_checks(cargo: Cargo, directory: Path) -> bool:
    return _call(cargo, directory, ["cargo", "semver-checks", "--version"]).code == 0


def compare_api(
    cargo: Cargo, directory: Path, baseline: Path, package: str, within: float, baseline_tree: Path | None = None
) -> ApiSeen:
    """What `cargo semver-checks` says of the package's API, beside that of the workspace in `baseline`. Both are fetched.

    `baseline_tree` is the repository around `baseline`, if that is not all of it. It is asked as for a patch, so that it names
    everything that needs more. A package without a library has no API. A comparison that is not done within so many seconds is
    ended, and has no answer.
    """
    argv = ["cargo", "semver-checks", "--baseline-root", str(baseline), "--release-type", "patch"]
    argv += [f"--package={package}", "--color=never"]
    access = _build_in(cargo.around(directory), baseline_tree or baseline)
    try:
        finished = _call(cargo, directory, argv, "comparing the API", access, deadline=within)
    except subprocess.TimeoutExpired:
        return ApiSeen(asked=False, why="it was not done in time (`cargo.semver_within` in the profile)")
    findings = api_findings(finished.out)
    needs = _API_NEEDS.search(finished.tail)
    if needs is not None or findings:
        level = needs[1] if needs is not None else "major"
        return ApiSeen(asked=True, needs=Change.FEATURE if level == "minor" else Change.BREAKING, findings=findings)
    if finished.code == 0 or (_NO_LIBRARY in finished.tail and f" {package}" in finished.tail):
        return ApiSeen(asked=True)
    told = finished.tail.partition("Stack backtrace:")[0]
    return ApiSeen(
        asked=False, why=f"cargo-semver-checks could not compare: {told[max(told.find('error:'), 0) :].strip()}"
    )


def fetch(cargo: Cargo, directory: Path, *, locked: bool) -> None:
    """`cargo fetch`: brings everything in the lockfile into this run's `CARGO_HOME`; runs no code of what it brings.

    If not `locked`, it may write the lockfile. If it is, and the same lockfile was fetched into this home with the same
    configuration, nothing is missing, and cargo is not asked again. Raises what `package` raises.
    """
    argv = ["cargo", "fetch", *["--locked"] * locked]
    fetched = _fetched(cargo, directory) if locked else None
    if fetched is not None and fetched.exists():
        return
    access = _online_in(cargo.around(directory), locked)
    _require_done(_call(cargo, directory, argv, "fetching dependencies", access), argv)
    if fetched is not None:
        with writing(fetched):
            fetched.parent.mkdir(exist_ok=True)
            fetched.touch()


def _fetched(cargo: Cargo, directory: Path) -> Path | None:
    """The file that says that all of this lockfile is in the home: named by the lockfile, and by where cargo takes it from.

    None without a lockfile of a workspace in `directory` itself.
    """
    lockfile = directory / "Cargo.lock"
    if not lockfile.is_file():
        return None
    above = [
        parent / ".cargo" / name for parent in (directory, *directory.parents) for name in ("config.toml", "config")
    ]
    read = [file.read_bytes() for file in (lockfile, *above, cargo.home / "config.toml") if file.is_file()]
    env = {name: value for name, value in cargo.env.items() if name != "CARGO_TARGET_DIR"}
    how = json.dumps([cargo.registry, sorted(env.items())]).encode()
    return cargo.home / "fetched" / hashlib.sha256(b"\0".join([how, *read])).hexdigest()


def fetch_crate(cargo: Cargo, directory: Path, name: str, version: str, source: str = CRATES_IO_SOURCE) -> None:
    """Downloads one crate into this run's `CARGO_HOME`, without what it needs. `source` is as in a lockfile.

    cargo has no other command for it than `cargo info`, which reads the manifest in the crate. Raises what `package` raises.
    """
    argv = ["cargo", "info", f"{name}@{version}"]
    if source == CRATES_IO_SOURCE:
        argv += ["--registry", cargo.registry or "crates-io"]
    else:
        argv += ["--index", source.removeprefix("registry+")]
    _require_done(_call(cargo, directory, argv, f"fetching `{name}`", Access(purpose=Purpose.FETCH)), argv)


def fetch_program(cargo: Cargo, directory: Path, package: str, version: str) -> None:
    """Brings a crate of the registry, and what its own lockfile names for this machine, into this run's `CARGO_HOME`.

    No configuration of the crate's takes part: cargo looks for that in `directory`. Raises what `package` raises.
    """
    fetch_crate(cargo, directory, package, version)
    unpacked = next(cargo.home.glob(f"registry/src/*/{package}-{version}"), None)
    if unpacked is None:
        raise CrateNotFetched(package, version)
    locked = (unpacked / "Cargo.lock").is_file()
    argv = ["cargo", "fetch", "--manifest-path", str(unpacked / "Cargo.toml"), *["--locked"] * locked]
    argv += _only_for_host(cargo, directory)
    finished = _call(cargo, directory, argv, f"fetching what `{package}` needs", Access(purpose=Purpose.FETCH))
    _require_done(finished, argv)


def _only_for_host(cargo: Cargo, directory: Path) -> list[str]:
    """Options that leave out what other machines need, hundreds of MB of it for some programs."""
    told = re.search(r"^host: (\S+)$", _call(cargo, directory, ["rustc", "--version", "--verbose"]).out, re.MULTILINE)
    return [] if told is None or "CARGO_BUILD_TARGET" in cargo.env else ["--target", told[1]]


def fetch_as_dependent(cargo: Cargo, name: str, features: Sequence[str], member: Path, tree: Path, place: Path) -> None:
    """Fetches what a package in `place` needs that depends on `name`, whose directory `member` lies in `tree`.

    It gets the member's siblings from the registry, where the workspace itself may take them from the tree (`[patch]`). Raises
    what `fetch` raises.
    """
    with writing(place):
        (place / "src").mkdir(parents=True, exist_ok=True)
        (place / "src" / "lib.rs").touch()
        manifest = _DEPENDENT.format(name=name, path=json.dumps(str(member)), features=json.dumps(list(features)))
        (place / "Cargo.toml").write_text(manifest, encoding="utf-8")
    argv, access = ["cargo", "fetch"], replace(_online_in(place, locked=False), reads=(tree,))
    _require_done(_call(cargo, place, argv, "fetching dependencies", access), argv)


def package(
    cargo: Cargo,
    directory: Path,
    target: Path,
    crates: Mapping[str, str],
    *,
    locked: bool,
    offline: bool = False,
) -> dict[str, Path]:
    """Packages the crates (version by name) together, and builds none. Returns the `.crate` files by name.

    `offline` is for a workspace that was fetched and whose lockfile decides everything (`planning.packaging`): cargo then
    does not ask the index again for every crate. Raises `CargoFailed`, `CargoOffline`, `DiskFull`,
    `NotWritten`, `CrateMissingFromPackage`.
    """
    purpose = Purpose.READ if offline else Purpose.FETCH
    access = Access(purpose=purpose, writes=() if locked else (directory,))
    options = ["--locked"] * locked + ["--offline"] * offline + ["--no-verify"]
    return _package(cargo, directory, target, crates, options, access)


def package_and_build(
    cargo: Cargo, directory: Path, target: Path, crates: Mapping[str, str], *, locked: bool
) -> dict[str, Path]:
    """As `package`, offline, and cargo builds each crate from its file. All that they need is fetched.

    What is built may write into `cargo.home`: it is a copy (`with_copied_home`).
    """
    # cargo unpacks the crates in its home that others of them need
    access = Access(purpose=Purpose.BUILD, writes=(*(() if locked else (directory,)), cargo.home))
    return _package(cargo, directory, target, crates, ["--locked"] * locked + ["--offline"], access)


def _package(
    cargo: Cargo, directory: Path, target: Path, crates: Mapping[str, str], options: Sequence[str], access: Access
) -> dict[str, Path]:
    argv = ["cargo", "package", *(f"--package={name}" for name in crates), *options]
    if cargo.registry is not None:
        argv += ["--registry", cargo.registry]
    _require_done(_call(cargo.with_target(target), directory, argv, "packaging", access), argv)
    files = {name: target / "package" / f"{name}-{version}.crate" for name, version in crates.items()}
    for name, path in files.items():
        if path.is_symlink() or not path.is_file():
            raise CrateMissingFromPackage(name, path.name)
    return files


def package_alone(cargo: Cargo, directory: Path, target: Path, name: str, version: str) -> Path:
    """Packages one member of `directory` as its files are, without a lockfile: cargo then resolves nothing, and asks no index.

    Returns the `.crate` file, which is good to be compared and not to be published. Raises what `package` raises.
    """
    argv = ["cargo", "package", f"--package={name}", "--no-verify", "--exclude-lockfile", "--allow-dirty", "--offline"]
    if cargo.registry is not None:
        argv += ["--registry", cargo.registry]
    _require_done(_call(cargo.with_target(target), directory, argv, "packaging"), argv)
    file = target / "package" / f"{name}-{version}.crate"
    if file.is_symlink() or not file.is_file():
        raise CrateMissingFromPackage(name, file.name)
    return file


def install(cargo: Cargo, directory: Path, package: str, version: str, *, debug: bool) -> None:
    """`cargo install --locked` from the registry into `directory/bin`; a missing `directory` is made.

    cargo would download and build in one call. So all of it is fetched first, and built offline. Raises what `package` raises.
    """
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
    fetch_program(cargo, directory, package, version)
    argv = ["cargo", "install", "--locked", package, "--version", version, "--root", str(directory)]
    if debug:
        argv.append("--debug")
    access = Access(purpose=Purpose.BUILD, writes=(directory,))
    _require_done(_call(cargo, directory, argv, f"installing `{package}`", access), argv)


def build(cargo: Cargo, directory: Path, target: Path, binary: str) -> Path:
    """`cargo build --release --locked` of one program of a fetched tree. Returns its path. Raises what `package` raises."""
    argv = ["cargo", "build", "--release", "--locked", "--bin", binary]
    called = cargo.with_target(target)
    access = _build_in(cargo.around(directory))
    _require_done(_call(called, directory, argv, f"building `{binary}`", access), argv)
    return target / "release" / binary


def version_of_program(cargo: Cargo, binary: Path) -> Finished:
    """The program's answer to `--version`."""
    argv, env = cargo.command([str(binary), "--version"], binary.parent, _NOTHING)
    return run(argv, cwd=binary.parent, env=env, log=cargo.log, deadline=60)


def _online_in(directory: Path, locked: bool) -> Access:
    """The network; without a lockfile cargo writes one into the tree."""
    return Access(purpose=Purpose.FETCH, writes=() if locked else (directory,))


def _build_in(*directories: Path) -> Access:
    """Offline. Some build scripts write into their own tree."""
    return Access(purpose=Purpose.BUILD, writes=directories)


def _call(
    cargo: Cargo,
    directory: Path,
    argv: Sequence[str],
    doing: str | None = None,
    access: Access = _NOTHING,
    deadline: float | None = None,
) -> Finished:
    """Runs it to its end. If it fails for want of its surroundings, and `doing` says at what, raises the error of that.

    Raises `CargoMissing`, `CargoFailed`; with `doing` also `DiskFull`, `NotWritten`, `CargoOffline`; with `deadline` (seconds)
    also subprocess.TimeoutExpired.
    """
    command, env = cargo.command(argv, directory, access)
    with writing(cargo.log), cargo.log.open("a", encoding="utf-8") as log:
        log.write(f"$ {shlex.join(argv)}\n")
    try:
        finished = run(command, cwd=directory, env=env, log=cargo.log, deadline=deadline)
    except (FileNotFoundError, PermissionError) as error:
        raise CargoMissing(str(error)) from error
    except subprocess.TimeoutExpired:
        raise
    except subprocess.SubprocessError as error:
        raise CargoFailed(" ".join(argv), -1, str(error)) from error
    if (missing := _NOT_INSIDE.search(finished.tail)) is not None:
        raise CargoMissing(missing[0])
    if finished.code != 0 and doing is not None:
        where = fullest(Path(cargo.env.get("CARGO_TARGET_DIR", directory)), cargo.home, cargo.log)
        _require_disk(where, finished, f"while {doing}")
        if (told := _AWAY.search(_last_error(finished.tail))) is not None:
            raise CargoOffline(" ".join(argv), finished.code, finished.tail, " ".join(told[0].split()))
    return finished


def _require_disk(where: Path, failed: Finished, doing: str) -> None:
    """Raises `DiskFull` or `NotWritten` if a program failed for that at `where`."""
    if (trouble := complaint_of(failed.tail, where, doing)) is not None:
        raise trouble
    if not failed.tail and (free := space_left(where)) is not None and free < _CRAMPED:
        raise DiskFull(str(where), doing, free)


def _last_error(tail: str) -> str:
    """What follows cargo's last `error:`. Before it may be warnings of a network that was back soon."""
    return tail[max(tail.rfind("\nerror"), 0) :]


def _require_done(finished: Finished, argv: Sequence[str]) -> None:
    if finished.code != 0:
        raise CargoFailed(" ".join(argv), finished.code, finished.tail)
