"""Gates on the toolchain and on what it says of the code."""

from __future__ import annotations

from loadmaster.planning.gate import GateAnswer, Problem
from loadmaster.planning.gates.evidence import Evidence

CANNOT_PUBLISH_WORKSPACES = {
    "1.96.0": "stops with a false deadlock, `no packages ready to publish but N remain` (rust-lang/cargo#17028)",
    "1.96.1": "stops with a false deadlock, `no packages ready to publish but N remain` (rust-lang/cargo#17028)",
}


def cargo_version(evidence: Evidence) -> GateAnswer:
    """The cargo in use can publish a workspace."""
    version = evidence.seen.toolchain.cargo
    problems = []
    if (why := CANNOT_PUBLISH_WORKSPACES.get(version)) is not None:
        problems.append(
            Problem(
                where=f"cargo {version}",
                what=why,
                fix="use 1.95 or 1.97: `cargo.toolchain` in the profile, or `rust-toolchain.toml` in the repository.",
            )
        )
    return GateAnswer.of("cargo-version", 1, problems)


def clippy(evidence: Evidence) -> GateAnswer:
    """`cargo clippy --workspace --all-targets` finds nothing."""
    lint = evidence.lint
    if not evidence.project.cargo.clippy:
        return GateAnswer.skip("clippy", "the profile says `cargo.clippy = false`")
    if not lint.ran:
        return GateAnswer.could_not_check("clippy", lint.why)
    problems = (
        Problem(where="cargo clippy", what=finding, fix="mend it, or allow the lint where it is wrong.")
        for finding in (lint.findings or (() if lint.passed else (lint.why,)))
    )
    return GateAnswer.of("clippy", 1, problems)
