"""What is timed is what is promised: a plan with every gate that needs no cargo, a tree as large as Assay's."""

from __future__ import annotations

from pathlib import Path

from bench.deciding import ASSAY, OTHER_FILES, SOURCES, plan_of_the_largest, tree_like_assay
from bench.workspace import LARGEST
from loadmaster.cli.commands.gates import judge


def test_the_plan_is_of_every_package_and_no_gate_fails() -> None:
    told = plan_of_the_largest()()
    assert f"crates  {LARGEST.crates}, dependencies first" in told
    assert f"dependency-cycle: pass ({LARGEST.crates} checked)" in told
    assert "✘" not in told


def test_the_tree_has_files_for_every_gate_to_read(tmp_path: Path) -> None:
    tree = tree_like_assay(tmp_path / "tree")
    given = [path for path in ASSAY.rglob("*") if path.is_file()]
    assert sum(path.is_file() for path in tree.rglob("*")) == SOURCES + OTHER_FILES + len(given)
    inside = next(each for each in judge(tree, None, None).gates if each.gate == "files-inside")
    assert inside.checked > 10
