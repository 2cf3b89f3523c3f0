"""Gates on the toolchain, and on its judgement of the code."""

from __future__ import annotations

import re
from collections import Counter

from loadmaster.planning.gates.evidence import Built
from loadmaster.planning.gates.judging import CouldNotCheck, Findings, GateJudgement, Skip, each_of, of_toolchain
from loadmaster.planning.plan import publishable
from loadmaster.planning.registry.seen import Lint, LockfileSeen
from loadmaster.planning.tree.tree import MANIFEST
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
    """Does cargo accept every tracked `Cargo.lock` without changing it (`cargo update --workspace --locked`)?"""
    if not built.seen.source.lockfile_checks:
        return Skip(why="no Cargo.lock is tracked")
    return each_of(built.seen.source.lockfile_checks, _refusal)


def _refusal(check: LockfileSeen) -> tuple[Problem, ...]:
    if check.accepted:
        return ()
    fix = "run `cargo update --workspace` in its directory and commit the result."
    what = f"`cargo update --workspace --locked` refuses it: {check.why}"
    return (Problem.in_file(check.path, None, what=what, fix=fix),)


@of_toolchain("clippy", "On the day of Assay's v2.2.2 three commits did nothing but satisfy lints.")
def clippy(built: Built) -> GateJudgement:
    """Does `cargo clippy` find nothing in the workspace, or, by `cargo.clippy_of`, in the published packages?

    With `cargo.deny_warnings = false`, a warning counts only if the last release did not have it.
    """
    if not built.project.cargo.clippy:
        return Skip(why="the profile says `cargo.clippy = false`")
    lint = built.judged.clippy
    is_broken = not lint.findings or any(_BROKEN.search(text) for text in lint.findings)
    fix = _MAKE_IT_BUILD if is_broken else "correct the code, or allow the lint where it is wrong."
    return _lint_findings(lint, 1, "cargo clippy", fix)


_BROKEN = re.compile(r"error\[E\d+\]|couldn't read|[Nn]o such file|could not compile|file not found")
"""What says that the code does not build: no lint is wrong then."""
_MAKE_IT_BUILD = (
    "make it build from a fresh clone; a file that is only in your directory, or is made there, has to be committed."
)


@of_toolchain("msrv", "Assay's public crates promise Rust 1.89; only a build with it shows that they keep the promise.")
def msrv(built: Built) -> GateJudgement:
    """Does each published package build with the oldest Rust that it declares (`rust-version`)?

    Where `cargo.msrv_within` ends before all of them were tried, or a toolchain is not installed, the rest could not be
    checked.
    """
    if not built.project.cargo.msrv:
        return Skip(why="the profile says `cargo.msrv = false`")
    declared = [
        package for package in publishable(built.seen.workspace, built.project) if package.rust_version is not None
    ]
    if not declared:
        return Skip(why="no package declares a `rust-version`")
    fix = "raise `rust-version`, or avoid what is newer than it."
    from_top = built.seen.workspace.roots == (MANIFEST,)
    return _lint_findings(built.judged.msrv, len(declared), "cargo check", fix, from_top=from_top)


@of_toolchain(
    "semver-compatible",
    "Assay's 2.19.0 became 3.0.0 after five and a half hours, because changed structs broke users.",
)
def semver_compatible(built: Built) -> GateJudgement:
    """Is every version high enough for what changed in the API since the package's own last release (`cargo semver-checks`)?

    What could not be compared, because the program is not installed or the code does not build, is shown and closes nothing.
    """
    fix = "release a higher level of version, or revert the change."
    packages = len(publishable(built.seen.workspace, built.project))
    judged = _lint_findings(built.judged.semver, packages, "cargo semver-checks", fix)
    return judged.model_copy(update={"blocks": False}) if isinstance(judged, CouldNotCheck) else judged


def _lint_findings(
    lint: Lint, checked: int, where: str, fix: str, *, from_top: bool = False
) -> Findings | CouldNotCheck:
    """`from_top`: paths that rustc shows below its words begin at the top of the repository."""
    if not lint.ran:
        return CouldNotCheck(why=lint.why)
    if lint.unasked and not lint.findings:
        return CouldNotCheck(why="; ".join(lint.unasked))
    counts = Counter(lint.findings or (() if lint.passed else (lint.why,)))
    return Findings(
        checked=checked,
        problems=tuple(_finding(where, text, count, fix, from_top=from_top) for text, count in counts.items()),
        warnings=tuple(Problem(where=where, what=why, fix="let it be checked.") for why in lint.unasked),
    )


_BEGINS_WITH_PLACE = re.compile(r"(?P<file>[^/:\n][^:\n]*):(?P<line>\d+):")
_SHOWN_BELOW = re.compile(r"^ *--> (?P<file>[^/:\n][^:\n]*):(?P<line>\d+):\d+$", re.MULTILINE)


def _finding(where: str, text: str, count: int, fix: str, *, from_top: bool) -> Problem:
    """rustc names the place before its words, or below them. A path that begins at the system's root is of no file of the tree."""
    place = _BEGINS_WITH_PLACE.match(text) or (_SHOWN_BELOW.search(text) if from_top else None)
    return Problem(
        where=where,
        what=text if count == 1 else f"{text} ({count} times)",
        fix=fix,
        file=place["file"] if place else None,
        line=int(place["line"]) if place else None,
    )
