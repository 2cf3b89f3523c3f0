"""What deciding takes, without cargo, git or a network: the plan of the largest workspace, the gates of Assay's own tree."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bench.figures import Target
from bench.workspace import LARGEST, VERSION, files
from loadmaster.commands.gates import judged
from loadmaster.planning.plan import plan_release
from loadmaster.planning.project import Project, Source
from loadmaster.planning.seen import ForgeSeen, RegistrySeen, Seen, SourceSeen, ToolchainSeen
from loadmaster.planning.tree import TreeFiles, read_workspace
from loadmaster.project import ROOT

ASSAY = ROOT / "tests" / "cases" / "tags" / "v3.37.0"
"""All 24 manifests of Assay 3.37.0."""


def targets() -> tuple[Target, ...]:
    return (
        Target(name=f"plan of {LARGEST}", figure=_seconds(_plan_of_the_largest()), unit="s", at_most=2.0),
        Target(
            name="gates of Assay's plain tree",
            figure=_seconds(lambda: judged(ASSAY, ASSAY.name, None)),
            unit="s",
            at_most=1.0,
        ),
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _plan_of_the_largest() -> Callable[[], object]:
    """Everything that looking would have found is made before: what is timed begins after `cargo metadata`."""
    texts = {path: content.decode() for path, content in files(LARGEST.edges("any")) if Path(path).suffix != ".rs"}
    workspace = read_workspace(TreeFiles(texts=texts, paths=frozenset(texts)))
    blocks = [f'[[package]]\nname = "{name}"\nversion = "{VERSION}"\n' for name in sorted(workspace.names)]
    source = SourceSeen(
        commit="0" * 40,
        tree="0" * 40,
        branch="main",
        on_branch=True,
        dirty=(),
        manifests={path: text for path, text in texts.items() if path.endswith("Cargo.toml")},
        lockfiles={"Cargo.lock": "version = 4\n\n" + "\n".join(blocks)},
        lockfile_checks=(),
        changelogs={"CHANGELOG.md": texts["CHANGELOG.md"]},
        pinned_toolchain=None,
        tags=(),
    )
    seen = Seen(
        source=source,
        workspace=workspace,
        registry=RegistrySeen(crates=dict.fromkeys(workspace.names, ())),
        forge=ForgeSeen(published=()),
        toolchain=ToolchainSeen(cargo="1.95.0", rustc="1.95.0"),
    )
    project = Project(name="any", forge="bench/any", source=Source(repository="any"))
    return lambda: plan_release(seen, project, "minor", date(2026, 1, 31))
