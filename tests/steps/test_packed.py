"""What cargo packaged of a tree with hard cases, and what the gates say of it: real git, real cargo."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.plan import plan_release
from loadmaster.planning.values.gate import GateAnswer, Outcome
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.store import Store
from loadmaster.steps import prepare
from loadmaster.steps.look import look
from loadmaster.steps.packed import check_packaged
from tests.kit.hangar import commit_all, repository

pytestmark = pytest.mark.cargo

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"


def answers(tmp_path: Path, *plant: Callable[[Path], None]) -> dict[str, GateAnswer]:
    """By gate, of the workspace after `plant` changed its package `units`."""
    source = repository(tmp_path / "source")
    for each in plant:
        each(source / "units")
    commit_all(source)
    asked = {"project": "demo", "version": "minor", "repository": str(source)}
    store = Store(tmp_path / "home")
    with rehearsal(rehearse_request(asked), store.run("one"), store) as job:
        seen = look(job)
        plan = plan_release(seen, job.project, job.wanted_version, job.pinned.today)
        prepare.commit(job, plan)
        crates = {each.name: each.version for each in plan.crates}
        digests = prepare.package(job, crates, seen.source.tree, seen.registry, job.pinned.as_of)
        return {each.gate: each for each in check_packaged(job, seen, plan, digests)}


def pointer(units: Path) -> None:
    (units / "table.bin").write_text(POINTER)


def unknown_filter(units: Path) -> None:
    (units / ".gitattributes").write_text("sealed filter=crypt\n")
    (units / "sealed").write_text("ciphertext\n")


def clash(units: Path) -> None:
    (units / "Notes.md").write_text("a\n")
    (units / "NOTES.md").write_text("b\n")


def harmless(units: Path) -> None:
    (units / "LICENSE").symlink_to("../CHANGELOG.md")
    (units / ".gitattributes").write_text("*.txt text eol=crlf\nleft-out export-ignore\n*.rs ident\n")
    (units / "a.txt").write_text("one\n")
    (units / "left-out").write_text("x\n")


def test_what_is_wrong_is_found_in_the_packaged_bytes(tmp_path: Path) -> None:
    found = answers(tmp_path, pointer, unknown_filter, clash)
    wheres = {gate: [each.where for each in answer.problems] for gate, answer in found.items()}
    assert wheres == {
        "no-lfs-pointer": ["hangar-units@0.5.0/table.bin"],
        "links-inside": [],
        "filters-run": ["hangar-units@0.5.0/sealed"],
        "paths-unpack": ["hangar-units@0.5.0/Notes.md"],
    }


def test_a_link_out_of_the_repository_never_becomes_a_crate(tmp_path: Path) -> None:
    def linked(units: Path) -> None:
        (units / "key").symlink_to("/usr/bin/env")  # cargo's sandbox has it, too

    found = answers(tmp_path, linked)
    assert [each.where for each in found["links-inside"].problems] == ["hangar-units@0.5.0/key"]


def test_attributes_and_links_that_any_clone_has_are_carried_through(tmp_path: Path) -> None:
    assert {each.outcome for each in answers(tmp_path, harmless).values()} == {Outcome.PASS}


@pytest.mark.parametrize("plant", ["nowhere", "itself"])
def test_a_dangling_link_in_a_package_is_refused_by_name(tmp_path: Path, plant: str) -> None:
    def dangling(units: Path) -> None:
        (units / "gone").symlink_to("gone" if plant == "itself" else "nowhere")

    with pytest.raises(LoadmasterError, match="gone"):
        answers(tmp_path, dangling)


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="there is no git-lfs on this machine")
def test_a_file_of_git_lfs_is_packaged_with_its_contents(tmp_path: Path) -> None:
    table = b"wind\n" * 1000
    digest = hashlib.sha256(table).hexdigest()

    def tracked(units: Path) -> None:
        (units / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
        (units / "table.bin").write_text(POINTER.replace("a" * 64, digest).replace("12345", str(len(table))))
        kept = units.parent / ".git/lfs/objects" / digest[:2] / digest[2:4] / digest
        kept.parent.mkdir(parents=True)
        kept.write_bytes(table)

    assert {each.outcome for each in answers(tmp_path, tracked).values()} == {Outcome.PASS}
