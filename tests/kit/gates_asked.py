"""How the tests of the gates ask: one gate of the evidence, or of a tree of texts."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.planning.gates import GATES
from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.gates.trees import plain_tree
from loadmaster.planning.profile.project import Project
from loadmaster.planning.tree.tree import TreeFiles
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.gate import GateAnswer, Outcome
from tests.kit.building import CHANGELOG, ROOT, lockfile, manifest


def answer(found: Evidence, gate: str) -> GateAnswer:
    return next(each for each in GATES if each.id == gate).answer(found)


def tree(
    *packages: Package,
    texts: Mapping[str, str] | None = None,
    tag: str | None = None,
    profile: Project | None = None,
    sources: Mapping[str, str] | None = None,
    without: str | None = None,
) -> Evidence:
    """A plain directory that holds the packages, each with a source file; `texts` by path, `without` a path of them."""
    files = {
        "Cargo.toml": ROOT,
        "Cargo.lock": lockfile(packages),
        "CHANGELOG.md": CHANGELOG,
        **{each.manifest: manifest(each) for each in packages},
        **(texts or {}),
    }
    code = {each.manifest.replace("Cargo.toml", "src/lib.rs") for each in packages}
    there = {path: text for path, text in files.items() if path != without}
    found = TreeFiles(texts=there, paths=frozenset(there) | code | set(sources or {}))
    return Evidence(tree=plain_tree(found, sources or {}, tag, profile))


def of_manifests_alone(found: Evidence) -> Evidence:
    """The same tree without its sources."""
    assert found.tree is not None
    files = found.tree.files
    paths = frozenset(path for path in files.paths if not path.endswith(".rs"))
    return Evidence(tree=found.tree.model_copy(update={"files": files.model_copy(update={"paths": paths})}))


def of_the_past(found: Evidence) -> Evidence:
    """The same tree as the rehearsal of an old commit sees it."""
    assert found.tree is not None
    return Evidence(tree=found.tree.model_copy(update={"is_past": True}))


def fails(found: GateAnswer, where: str, what: str) -> bool:
    """Whether the gate fails at `where`, with `what` in the words, and says the way out of everything."""
    told = any(each.where == where and what in each.what for each in found.problems)
    return found.outcome is Outcome.FAIL and told and all(each.fix for each in found.problems)
