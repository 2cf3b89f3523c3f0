"""A checkout whose own configuration names programs: git runs each of them, and we run none."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loadmaster.clients import git

AS_ME = ("-c", "user.name=Me", "-c", "user.email=me@localhost", "-c", "protocol.file.allow=always")


def call(directory: Path, *words: str) -> None:
    """git as a person calls it, with the configuration of the repository."""
    subprocess.run(["git", *AS_ME, *words], cwd=directory, check=False, capture_output=True, timeout=60)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With two files, and the submodule `inner` that has one."""
    for name in ("inner", "checkout"):
        place = tmp_path / name
        place.mkdir()
        call(place, "init", "--quiet", "-b", "main")
        for file in ("file", "gone"):
            (place / file).write_text(name)
        (place / ".gitattributes").write_text("file filter=a=b.c diff=trap\n")
        call(place, "add", ".")
        call(place, "commit", "--quiet", "-m", "All")
    call(tmp_path / "checkout", "submodule", "--quiet", "add", str(tmp_path / "inner"), "inner")
    call(tmp_path / "checkout", "commit", "--quiet", "-m", "A submodule")
    assert git.uncommitted(tmp_path / "checkout") == ()
    return tmp_path / "checkout"


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Callable[[], bool]]:
    """A program `trap` that makes a file. Whether it was run, once for each time that this is asked."""
    program, sprung = tmp_path / "trap", tmp_path / "sprung"
    program.write_text(f"#!/bin/sh\ntouch {sprung}\nexit 1\n")
    program.chmod(0o755)

    def was_sprung() -> bool:
        was = sprung.exists()
        sprung.unlink(missing_ok=True)
        return was

    yield was_sprung


@pytest.mark.parametrize("where", [".", "inner"], ids=["the checkout's own", "a submodule's"])
@pytest.mark.parametrize("key", ["core.fsmonitor", "filter.a=b.c.clean", "filter.a=b.c.process"])
def test_a_program_that_the_configuration_names_is_run_by_git_and_not_by_us(
    checkout: Path, trap: Callable[[], bool], key: str, where: str
) -> None:
    place = checkout / where
    call(place, "config", key, str(checkout.parent / "trap"))
    call(place, "config", "filter.a=b.c.required", "true")
    os.utime(place / "file", (1, 1))
    call(checkout, "status")
    assert trap()

    os.utime(place / "file", (2, 2))
    assert git.uncommitted(checkout) == ()
    assert not trap()


def test_nor_is_a_filter_of_a_file_that_is_included(checkout: Path, trap: Callable[[], bool]) -> None:
    (checkout.parent / "more").write_text(f'[filter "a=b.c"]\n\tclean = {checkout.parent}/trap\n')
    call(checkout, "config", "include.path", str(checkout.parent / "more"))
    os.utime(checkout / "file", (1, 1))
    call(checkout, "status")
    assert trap()

    os.utime(checkout / "file", (2, 2))
    assert git.uncommitted(checkout) == ()
    assert not trap()


def test_nor_is_what_would_bring_a_missing_object_or_show_a_change(checkout: Path, trap: Callable[[], bool]) -> None:
    program = str(checkout.parent / "trap")
    for key in ("remote.origin.uploadpack", "core.sshCommand", "core.askPass", "gpg.program", "diff.trap.textconv"):
        call(checkout, "config", key, program)
    for key in ("log.showSignature", "remote.origin.promisor"):
        call(checkout, "config", key, "true")
    call(checkout, "config", "remote.origin.url", str(checkout.parent / "inner"))
    commit = git.head(checkout)
    call(checkout, "log", "-n1", "-G", "checkout", "--", "file")
    assert trap()

    assert git.uncommitted(checkout) == ()
    git.last_change(checkout, commit, "checkout", "file")
    assert len(tuple(git.history(checkout, commit))) == 2
    git.tags(checkout)
    assert git.uncommitted(checkout) == ()
    assert not trap()


def test_what_is_uncommitted_is_told_also_in_a_submodule(checkout: Path) -> None:
    (checkout / "file").write_text("changed")
    (checkout / "gone").unlink()
    (checkout / "new").touch()
    (checkout / "inner" / "file").write_text("changed")
    assert sorted(git.uncommitted(checkout)) == ["file", "gone", "inner/file", "new"]
