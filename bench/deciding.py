"""The time to decide, without cargo, git or a network: the plan of the largest workspace, and the gates of a tree like Assay's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bench import ROOT
from bench.figures import Target
from bench.workspace import LARGEST, VERSION, files
from loadmaster.planning.edits.bump import files_to_edit
from loadmaster.planning.gates import check
from loadmaster.planning.gates.evidence import Evidence, ReleaseEvidence
from loadmaster.planning.gates.trees import planned_tree
from loadmaster.planning.order import Edges
from loadmaster.planning.plan import plan_release
from loadmaster.planning.profile.project import Project, ReleaseStyle, Source
from loadmaster.planning.registry.seen import ForgeSeen, RegistrySeen, Seen, SourceSeen, ToolchainSeen
from loadmaster.planning.show import gates_text, plan_text
from loadmaster.planning.tree.tree import LOCKFILE, TreeFiles, read_workspace

ASSAY = ROOT / "tests" / "cases" / "tags" / "v3.37.0"
"""All 24 manifests of Assay 3.37.0."""
RUNS = 3
SOURCES, SOURCE_BYTES, OTHER_FILES = 1240, 9000, 2450
"""Assay 5.4.0's Rust files, their mean size, and the number of its other files."""


def targets() -> tuple[Target, ...]:
    with tempfile.TemporaryDirectory(prefix="loadmaster-bench-") as place:
        tree = tree_like_assay(Path(place) / "tree")
        gates = _seconds(lambda: _program("gates", str(tree), "--tag", ASSAY.name))
    plan = _seconds(plan_of_the_largest())
    return (
        Target(name=f"plan of {LARGEST}, its gates, both as text", figure=plan, unit="s", at_most=2.0),
        Target(name="gates of a plain tree like Assay's, as a program", figure=gates, unit="s", at_most=1.0),
    )


def tree_like_assay(place: Path) -> Path:
    """Assay's own manifests, with as many other files as Assay has: sources in its packages, half of them with tests."""
    shutil.copytree(ASSAY, place)
    packages = sorted(manifest.parent for manifest in place.glob("crates/*/Cargo.toml"))
    code = "/// One of many.\npub fn one() -> u8 {\n    1\n}\n"
    for number in range(SOURCES):
        file = packages[number % len(packages)] / "src" / f"part_{number}.rs"
        file.parent.mkdir(exist_ok=True)
        tests = "#[cfg(test)]\nmod tests {}\n" if number % 2 else ""
        file.write_text(code * (SOURCE_BYTES // len(code)) + tests, encoding="utf-8")
    (place / "docs").mkdir()
    for number in range(OTHER_FILES):
        (place / "docs" / f"page_{number}.md").write_text("# A page\n", encoding="utf-8")
    return place


def _program(*arguments: str) -> None:
    """Runs `loadmaster`. The exit code 1 is an answer, too: a gate may fail."""
    ended = subprocess.run([sys.executable, "-m", "loadmaster", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    if ended.returncode not in (0, 1):
        raise subprocess.CalledProcessError(ended.returncode, arguments)


def _seconds(work: Callable[[], object]) -> float:
    """The shortest time of `RUNS` runs, because other work of the machine only makes them longer."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def plan_of_the_largest() -> Callable[[], str]:
    """The work to time: from the result of `cargo metadata` to the text for a person. Its inputs are made beforehand."""
    edges = LARGEST.edges("any")
    texts = {path: content.decode() for path, content in files(edges) if Path(path).suffix != ".rs"}
    tree = TreeFiles(texts={**texts, LOCKFILE: _lockfile(edges)}, paths=frozenset(texts))
    workspace = read_workspace(tree)
    source = SourceSeen(
        commit="0" * 40,
        tree="0" * 40,
        branch="main",
        on_branch=True,
        dirty=(),
        files=files_to_edit(tree, workspace, ReleaseStyle()),
        lockfile_checks=(),
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
    return lambda: _decide(seen, project, tree)


def _lockfile(edges: Edges) -> str:
    def block(name: str) -> str:
        needs = "".join(f' "{needed}",\n' for needed in sorted(edges[name]))
        dependencies = f"dependencies = [\n{needs}]\n" if needs else ""
        return f'[[package]]\nname = "{name}"\nversion = "{VERSION}"\n{dependencies}'

    return "version = 4\n\n" + "\n".join(map(block, sorted(edges)))


def _decide(seen: Seen, project: Project, tree: TreeFiles) -> str:
    plan = plan_release(seen, project, "minor", date(2026, 1, 31))
    release = ReleaseEvidence(seen=seen, plan=plan, project=project)
    answers = check(Evidence(tree=planned_tree(tree, {}, plan, project, registry=seen.registry), release=release))
    return f"{plan_text(plan)}\n{gates_text(answers)}"
