"""Gates on the toolchain and on what it says of the code."""

from __future__ import annotations

from collections import Counter

from loadmaster.planning.gates.evidence import Built
from loadmaster.planning.gates.judging import CouldNotCheck, Findings, GateJudgement, Skip, each_of, of_toolchain
from loadmaster.planning.plan import publishable
from loadmaster.planning.registry.seen import Lint, LockfileSeen
from loadmaster.planning.values.gate import Problem

CANNOT_PUBLISH_WORKSPACES = {
    "1.96.0": "stops with a false deadlock, `no packages ready to publish but N remain` (rust-lang/cargo#17028)",
    "1.96.1": "stops with a false deadlock, `no packages ready to publish but N remain` (rust-lang/cargo#17028)",
}


@of_toolchain("cargo-version", "cargo 1.96.0 and 1.96.1 cannot publish a workspace.")
def cargo_version(built: Built) -> Findings:
    """Can the cargo in use publish a workspace?"""
    version = built.seen.toolchain.cargo
    problems: tuple[Problem, ...] = ()
    if (why := CANNOT_PUBLISH_WORKSPACES.get(version)) is not None:
        fix = "use 1.95 or 1.97: `cargo.toolchain` in the profile, or `rust-toolchain.toml` in the repository."
        problems = (Problem(where=f"cargo {version}", what=why, fix=fix),)
    return Findings(checked=1, problems=problems)


@of_toolchain("lockfiles-accepted", "A stale `fuzz/Cargo.lock` broke the `--locked` job of Assay's v3.38.0 and v4.0.0.")
def lockfiles_accepted(built: Built) -> GateJudgement:
    """Does cargo take every tracked `Cargo.lock` as it is (`cargo metadata --locked`)?"""
    if not built.seen.source.lockfile_checks:
        return Skip(why="no Cargo.lock is tracked")
    return each_of(built.seen.source.lockfile_checks, _refused)


def _refused(check: LockfileSeen) -> tuple[Problem, ...]:
    if check.accepted:
        return ()
    fix = "run `cargo update --workspace` beside it and commit the result."
    return (Problem(where=check.path, what=f"`cargo metadata --locked` refuses it: {check.why}", fix=fix),)


@of_toolchain("clippy", "On the day of Assay's v2.2.2 three commits were there only to get past lints.")
def clippy(built: Built) -> GateJudgement:
    """Does `cargo clippy` find nothing in the workspace, or (`cargo.clippy_of`) in what is published?

    With `cargo.deny_warnings = false` only warnings count that the last release did not have.
    """
    if not built.project.cargo.clippy:
        return Skip(why="the profile says `cargo.clippy = false`")
    fix = "mend it, or allow the lint where it is wrong."
    return _said(built.judged.clippy, 1, "cargo clippy", fix)


@of_toolchain("msrv", "Assay's public crates promise Rust 1.89; only a build with it shows that they keep the promise.")
def msrv(built: Built) -> GateJudgement:
    """Do the published packages build with the oldest Rust that they declare (`rust-version`)?"""
    declared = [
        package for package in publishable(built.seen.workspace, built.project) if package.rust_version is not None
    ]
    if not declared:
        return Skip(why="no package declares a `rust-version`")
    fix = "raise `rust-version`, or do without what is newer."
    return _said(built.judged.msrv, len(declared), "cargo check", fix)


@of_toolchain(
    "semver-compatible",
    "Assay's 2.19.0 was renumbered 3.0.0 after five and a half hours, for structs that broke users.",
)
def semver_compatible(built: Built) -> GateJudgement:
    """Is the version high enough for what changed in the API since the last release (`cargo semver-checks`)?"""
    fix = "release a version of a higher level, or take the change back."
    packages = len(publishable(built.seen.workspace, built.project))
    return _said(built.judged.semver, packages, "cargo semver-checks", fix)


def _said(said: Lint, checked: int, where: str, fix: str) -> Findings | CouldNotCheck:
    if not said.ran:
        return CouldNotCheck(why=said.why)
    found = Counter(said.findings or (() if said.passed else (said.why,)))
    told = (each if count == 1 else f"{each} ({count} times)" for each, count in found.items())
    return Findings(checked=checked, problems=tuple(Problem(where=where, what=each, fix=fix) for each in told))
