"""Submodules: what the author's checkout has is there, and nothing that a tree names is run or read."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.clients import git
from loadmaster.clients.git.command import run
from loadmaster.planning.tree.submodules import SubmoduleSeen
from tests.kit.repositories import WHEN, add_submodule, link_commit, repository, save


@pytest.fixture
def native(tmp_path: Path) -> Path:
    return repository(tmp_path / "native", {"table.txt": "wind\n", "src/a.c": "int a;\n"})


@pytest.fixture
def source(tmp_path: Path, native: Path) -> Path:
    made = repository(tmp_path / "source", {"Cargo.toml": "[workspace]\n"})
    add_submodule(made, "vendor/native", native)
    return made


def filled(tmp_path: Path, source: Path, origin: str | None = None) -> tuple[Path, tuple[SubmoduleSeen, ...]]:
    """A clone of the source's head, and what was said of its submodules."""
    mirror = git.mirror(str(source), tmp_path / "cache")
    clone = tmp_path / f"clone-{len(list(tmp_path.glob('clone-*')))}"
    git.clone_at(mirror, git.head(source), clone, "main")
    return clone, git.fill(clone, origin or str(source), tmp_path / "cache").submodules


class TestFromTheOwnCheckout:
    def test_its_files_are_there_at_the_recorded_commit(self, tmp_path: Path, source: Path, native: Path) -> None:
        recorded = git.head(native)
        save(native, {"table.txt": "newer\n"})
        clone, found = filled(tmp_path, source)
        assert found == (SubmoduleSeen(path="vendor/native", commit=recorded),)
        assert (clone / "vendor/native/table.txt").read_text() == "wind\n"
        assert git.head(clone / "vendor/native") == recorded
        assert git.status(clone) == ()

    def test_one_whose_origin_is_gone_is_taken_from_what_git_keeps(
        self, tmp_path: Path, source: Path, native: Path
    ) -> None:
        native.rename(tmp_path / "moved")
        run(source, "submodule", "--quiet", "deinit", "--force", "vendor/native")
        clone, found = filled(tmp_path, source)
        assert [each.absent for each in found] == [""]
        assert (clone / "vendor/native/src/a.c").exists()

    def test_one_within_another_is_filled_too(self, tmp_path: Path, native: Path) -> None:
        middle = repository(tmp_path / "middle", {"m": ""})
        add_submodule(middle, "deep", native)
        outer = repository(tmp_path / "outer", {"Cargo.toml": ""})
        add_submodule(outer, "middle", middle)
        clone, found = filled(tmp_path, outer)
        assert [(each.path, each.absent) for each in found] == [("middle", ""), ("middle/deep", "")]
        assert (clone / "middle/deep/table.txt").exists()

    def test_a_linked_work_tree_has_those_of_its_repository(self, tmp_path: Path, source: Path) -> None:
        run(source, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
        _, found = filled(tmp_path, tmp_path / "linked")
        assert [each.absent for each in found] == [""]

    def test_a_second_clone_needs_neither_source_nor_origin(self, tmp_path: Path, source: Path, native: Path) -> None:
        first, _ = filled(tmp_path, source)
        del first
        native.rename(tmp_path / "moved")
        _, found = filled(tmp_path, source)
        assert [each.absent for each in found] == [""]

    def test_the_release_commit_leaves_it_as_it_was(self, tmp_path: Path, source: Path, native: Path) -> None:
        clone, _ = filled(tmp_path, source)
        save(clone, {"Cargo.toml": "[workspace]\nmembers = []\n"})
        assert git.head(native).encode() in run(clone, "ls-tree", "HEAD", "vendor/native")


class TestHostile:
    @pytest.mark.parametrize(
        ("url", "told"),
        [
            ("ext::sh -c 'touch MARK'", "is no host's"),
            ("--upload-pack=touch MARK", "is no host's"),
            ("-oProxyCommand=touch", "is no host's"),
            ("ssh://-oProxyCommand=touch%20MARK/x", "is no host's"),
            ("file:///etc", "is no host's"),
            ("/etc", "is no host's"),
            ("../native", "is no host's"),
            ("../../../../../../../../native", "is no host's"),
            ("fd::17", "is no host's"),
        ],
    )
    def test_an_address_that_is_no_hosts_is_not_asked(self, tmp_path: Path, url: str, told: str) -> None:
        mark = tmp_path / "mark"
        source = repository(tmp_path / "source", {"Cargo.toml": ""})
        table = f'[submodule "n"]\n\tpath = n\n\turl = "{url.replace("MARK", str(mark))}"\n'
        link_commit(source, "n", "1" * 40, table)
        clone, found = filled(tmp_path, source)
        assert [told in each.absent for each in found] == [True], found
        assert not mark.exists()
        assert list((clone / "n").iterdir()) == []

    @pytest.mark.parametrize("name", ["../../evil", "a/../../b", "..", "a/.git/hooks"])
    def test_a_name_that_leads_out_is_refused(self, tmp_path: Path, name: str) -> None:
        source = repository(tmp_path / "source", {"Cargo.toml": ""})
        link_commit(source, "n", "1" * 40, f'[submodule "{name}"]\n\tpath = n\n\turl = https://127.0.0.1:1/x\n')
        clone, found = filled(tmp_path, source)
        assert ["leads out" in each.absent for each in found] == [True], found
        assert not (clone / ".git" / "modules").exists()

    def test_one_without_an_entry_is_absent_by_name(self, tmp_path: Path) -> None:
        source = repository(tmp_path / "source", {"Cargo.toml": ""})
        link_commit(source, "n", "1" * 40, None)
        assert filled(tmp_path, source)[1] == (
            SubmoduleSeen(path="n", commit="1" * 40, absent="`.gitmodules` names no address for it"),
        )

    def test_a_program_as_the_way_to_update_is_not_run(self, tmp_path: Path, native: Path) -> None:
        mark = tmp_path / "mark"
        source = repository(tmp_path / "source", {"Cargo.toml": ""})
        table = f'[submodule "n"]\n\tpath = n\n\turl = {native}\n\tupdate = "!touch {mark}"\n'
        link_commit(source, "n", git.head(native), table)
        run(source, "clone", "--quiet", str(native), "n")
        _, found = filled(tmp_path, source)
        assert "invalid value for 'submodule.n.update'" in found[0].absent
        assert not mark.exists()

    def test_hooks_of_the_copies_are_not_run(self, tmp_path: Path, source: Path) -> None:
        mark = tmp_path / "mark"
        for name in ("post-checkout", "reference-transaction"):
            hook = source / ".git/modules/vendor/native/hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
            hook.chmod(0o755)
        _, found = filled(tmp_path, source)
        assert [each.absent for each in found] == [""]
        assert not mark.exists()

    def test_a_link_in_the_place_of_one_reads_nothing_outside(self, tmp_path: Path, native: Path) -> None:
        source = repository(tmp_path / "source", {"Cargo.toml": ""})
        link_commit(source, "up/n", git.head(native), '[submodule "n"]\n\tpath = up/n\n\turl = /nowhere\n')
        (source / "up").symlink_to(tmp_path)
        native.rename(tmp_path / "n")
        _, found = filled(tmp_path, source)
        assert ["is no host's" in each.absent for each in found] == [True], found


class TestFromAHost:
    def test_one_that_does_not_answer_is_absent_with_its_words(self, tmp_path: Path) -> None:
        source = repository(tmp_path / "source", {"Cargo.toml": ""})
        link_commit(source, "n", "1" * 40, '[submodule "n"]\n\tpath = n\n\turl = http://127.0.0.1:1/x.git\n')
        _, found = filled(tmp_path, source)
        assert "gave no usable answer" in found[0].absent


class TestOfAnImportedDirectory:
    def test_its_files_are_taken_as_they_are_on_disk(self, tmp_path: Path, source: Path) -> None:
        commit = git.import_directory(source, tmp_path / "b.git", "main", WHEN)
        assert git.show_file(tmp_path / "b.git", commit, "vendor/native/table.txt") == b"wind\n"

    def test_one_that_is_not_there_stays_a_link_and_is_said_to_be_absent(self, tmp_path: Path, source: Path) -> None:
        run(source, "submodule", "--quiet", "deinit", "--force", "vendor/native")
        commit = git.import_directory(source, tmp_path / "b.git", "main", WHEN)
        git.clone_at(tmp_path / "b.git", commit, tmp_path / "clone", "main")
        found = git.fill(tmp_path / "clone", None, tmp_path / "cache").submodules
        assert [(each.path, "is no host's" in each.absent) for each in found] == [("vendor/native", True)]
