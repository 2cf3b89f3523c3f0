"""Files of Git LFS: brought by the real `git-lfs` where there is one, and left as pointers where there is none."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from loadmaster.clients import git
from loadmaster.clients.git.command import run
from loadmaster.clients.sandbox import Access, BuildSandbox, Purpose
from loadmaster.planning.registry.packed import is_pointer
from loadmaster.planning.tree.submodules import Carried
from tests.kit.repositories import add_submodule, repository, save
from tests.kit.sandboxed_cargo import require_sandbox

TABLE = b"wind\n" * 1000
SHA256 = hashlib.sha256(TABLE).hexdigest()
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA256}\nsize {len(TABLE)}\n"
installed = pytest.mark.skipif(shutil.which("git-lfs") is None, reason="there is no git-lfs on this machine")


def tracking(place: Path, lfsconfig: str | None = None) -> Path:
    """A repository whose table is in Git LFS, as its author's clone has it: a pointer in the commit, the object beside."""
    made = repository(place, {"table.bin": POINTER, "other.txt": "other\n"})
    kept = made / ".git/lfs/objects" / SHA256[:2] / SHA256[2:4] / SHA256
    kept.parent.mkdir(parents=True)
    kept.write_bytes(TABLE)
    save(made, {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    if lfsconfig is not None:
        save(made, {".lfsconfig": lfsconfig})
    return made


def filled(tmp_path: Path, source: Path) -> tuple[Path, Carried]:
    made = git.mirror(str(source), tmp_path / "cache")
    git.clone_at(made, git.head(made), tmp_path / "clone", "main")
    return tmp_path / "clone", git.fill(tmp_path / "clone", str(source), tmp_path / "cache")


@installed
def test_its_files_are_there_and_the_clone_is_clean(tmp_path: Path) -> None:
    clone, carried = filled(tmp_path, tracking(tmp_path / "source"))
    assert (clone / "table.bin").read_bytes() == TABLE
    assert carried.lfs
    assert git.status(clone) == ()


@installed
def test_in_the_sandbox_git_can_look_at_a_file_whose_time_changed(tmp_path: Path) -> None:
    """cargo asks it before it packages."""
    clone, _ = filled(tmp_path, tracking(tmp_path / "source"))
    os.utime(clone / "table.bin", (1, 1))
    sandbox, asked = BuildSandbox(program=require_sandbox()), ["git", "status", "--porcelain"]
    for access in (Access(reads=(clone,)), Access(purpose=Purpose.BUILD, writes=(clone,))):
        command = sandbox.command(["env", "HOME=/tmp", *asked], clone, access)
        looked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (looked.returncode, looked.stdout, looked.stderr) == (0, "", "")


@installed
def test_the_release_commit_has_the_pointer_as_before(tmp_path: Path) -> None:
    clone, _ = filled(tmp_path, tracking(tmp_path / "source"))
    save(clone, {"other.txt": "edited\n"})
    assert git.show_file(clone, "HEAD", "table.bin") == POINTER.encode()


@installed
def test_those_of_a_submodule_are_there_too(tmp_path: Path) -> None:
    outer = repository(tmp_path / "outer", {"a": ""})
    add_submodule(outer, "native", tracking(tmp_path / "native"))
    shutil.copytree(tmp_path / "native/.git/lfs", outer / ".git/modules/native/lfs")
    clone, carried = filled(tmp_path, outer)
    assert (clone / "native/table.bin").read_bytes() == TABLE
    assert [each.lfs for each in carried.submodules] == [True]


@installed
def test_an_object_that_nobody_has_leaves_its_pointer(tmp_path: Path) -> None:
    source = tracking(tmp_path / "source")
    shutil.rmtree(source / ".git/lfs")
    clone, carried = filled(tmp_path, source)
    assert is_pointer((clone / "table.bin").read_bytes())
    assert not carried.lfs


@installed
def test_a_tree_that_names_a_path_of_this_machine_reads_nothing_there(tmp_path: Path) -> None:
    elsewhere = tracking(tmp_path / "elsewhere")
    source = tracking(tmp_path / "source", f"[lfs]\n\turl = file://{elsewhere}\n")
    shutil.rmtree(source / ".git/lfs")
    clone, carried = filled(tmp_path, source)
    assert is_pointer((clone / "table.bin").read_bytes())
    assert not carried.lfs


def test_without_git_lfs_the_pointer_stays_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("git", "env", "sh"):
        place = tmp_path / "bin" / name
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(str(shutil.which(name)))
    source = tracking(tmp_path / "source")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    clone, carried = filled(tmp_path, source)
    assert is_pointer((clone / "table.bin").read_bytes())
    assert not carried.lfs
    assert run(clone, "config", "--list").count(b"filter.lfs") == 0


def test_a_repository_without_any_is_not_touched(tmp_path: Path) -> None:
    clone, carried = filled(tmp_path, repository(tmp_path / "source", {".gitattributes": "*.bin binary\n"}))
    assert not carried.lfs
    assert b"lfs" not in run(clone, "config", "--list")


@installed
def test_a_host_that_does_not_answer_leaves_the_pointer_and_no_password(tmp_path: Path) -> None:
    source = tracking(tmp_path / "source")
    git.clone_at(source, git.head(source), tmp_path / "clone", "main")
    carried = git.fill(tmp_path / "clone", "http://ada:sesame@127.0.0.1:1/x.git", tmp_path / "cache")
    assert is_pointer((tmp_path / "clone" / "table.bin").read_bytes())
    assert not carried.lfs
    assert "sesame" not in (tmp_path / "clone" / ".git" / "config").read_text()
