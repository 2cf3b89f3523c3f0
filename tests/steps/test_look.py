"""Looking at a tree: which lockfiles are the release's."""

from __future__ import annotations

from pathlib import Path

from loadmaster.planning.tree.workspace import Workspace
from loadmaster.steps.look import lockfiles_concerned
from tests.kit.building import package


def test_a_lockfile_that_is_tracked_and_not_there_is_passed_over(tmp_path: Path) -> None:
    there, gone, dangling = "Cargo.lock", "fuzz/Cargo.lock", "linked/Cargo.lock"
    (tmp_path / there).write_text('[[package]]\nname = "wing"\n', encoding="utf-8")
    (tmp_path / "linked").mkdir()
    (tmp_path / dangling).symlink_to("nowhere")
    found = lockfiles_concerned(tmp_path, [there, gone, dangling], Workspace(packages=(package("wing"),)))
    assert found == (there,)
