"""Code of the workspace that runs while a release is prepared: what it changes reaches neither the commit nor the crates."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from loadmaster.clients.cargo import toolchain
from loadmaster.clients.sandbox import Access, Purpose
from loadmaster.errors.cargo import CargoFailed, PackagedDifferently, PackagedUnlikeCommit, ToolchainOfRepository
from loadmaster.planning.plan import ReleasePlan, plan_release
from loadmaster.planning.profile.project import SandboxChoice
from loadmaster.planning.registry.seen import Seen
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps import inspect, prepare
from loadmaster.steps.build_trees import build_tree
from loadmaster.steps.contents import require_contents_of_commit
from loadmaster.steps.look import look
from loadmaster.steps.prepare import digest_beside
from tests.kit.hangar import FILES, git, repository
from tests.kit.packing import packed
from tests.kit.reaching import open_places, reaching_script
from tests.kit.sandboxed_cargo import require_sandbox, sandboxed_cargo

pytestmark = pytest.mark.cargo

LITTERS = """fn main() {
    let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::write(top.join("units/src/litter.rs"), "// left by a build").unwrap();
    std::fs::remove_file(top.join("CHANGELOG.md")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", top.join("CHANGELOG.md")).unwrap();
}
"""
NO_LOCKFILE = {".gitignore": "target\nCargo.lock\n"}
"""So cargo has to ask the index."""
TAMPERS = """use std::io::Write;
fn main() {
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR").unwrap());
    for above in out.ancestors() {
        let places = [above.join("package"), above.join("package/tmp-crate")];
        let packaged = places.iter().filter_map(|place| std::fs::read_dir(place).ok()).flatten();
        for file in packaged.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "crate")) {
            std::fs::OpenOptions::new().append(true).open(file.path()).unwrap().write_all(b"!").unwrap();
        }
    }
}
"""


@contextmanager
def rehearsed(
    tmp_path: Path, build_script: str, changes: Mapping[str, str] | None = None
) -> Iterator[tuple[Job, Seen, ReleasePlan]]:
    source = repository(tmp_path / "source", {"units/build.rs": build_script, **(changes or {})})
    store = Store(tmp_path / "home")
    request = rehearse_request({"project": "demo", "version": "minor", "repository": str(source)})
    with rehearsal(request, store.run("one"), store) as job:
        seen = look(job)
        yield job, seen, plan_release(seen, job.project, job.pinned.asked, job.pinned.today)


def package(job: Job, seen: Seen, plan: ReleasePlan) -> dict[str, str]:
    return prepare.package(job, plan.versions, seen.source.tree, seen.registry, job.pinned.as_of)


def test_what_a_build_script_leaves_in_its_tree_is_not_committed(tmp_path: Path) -> None:
    with rehearsed(tmp_path, LITTERS) as (job, seen, plan):
        assert inspect.clippy(job, seen, plan).passed
        assert next(job.directory.build_trees.glob("*/units/src/litter.rs")).exists()
        commit = prepare.commit(job, plan)
        changed = git(job.directory.checkout, "show", "--format=", "--name-status", commit)
    paths = {line.split("\t")[1] for line in changed.splitlines()}
    assert paths == {"CHANGELOG.md", "Cargo.lock", "cli/Cargo.toml", "units/Cargo.toml"}
    assert (job.directory.checkout / "CHANGELOG.md").read_text() != FILES["CHANGELOG.md"]


def test_a_build_script_that_changes_a_packaged_file_stops_the_release_and_changes_no_kept_crate(
    tmp_path: Path,
) -> None:
    with rehearsed(tmp_path, TAMPERS) as (job, seen, plan):
        prepare.commit(job, plan)
        digests = package(job, seen, plan)
        with pytest.raises(PackagedDifferently, match="hangar-"):
            prepare.build_packaged(job, plan.versions, digests, seen.source.tree, seen.registry, job.pinned.as_of)
        assert job.store.has_all(digests)
        assert package(job, seen, plan) == digests


def test_what_lies_in_the_place_of_a_packaged_file_is_read_only_if_it_may_be_the_same(tmp_path: Path) -> None:
    kept, same, longer, link, pipe = (tmp_path / name for name in ("kept", "same", "longer", "link", "pipe"))
    for file, content in ((kept, b"crate"), (same, b"crate"), (longer, b"crates")):
        file.write_bytes(content)
    link.symlink_to("/dev/zero")
    os.mkfifo(pipe)
    assert digest_beside(same, kept) == hashlib.sha256(b"crate").hexdigest()
    assert digest_beside(longer, kept) == "another size, 6 bytes"
    assert {digest_beside(other, kept) for other in (link, pipe, tmp_path / "gone")} == {"no regular file"}


def test_crates_that_do_no_such_thing_are_built_from_their_files(tmp_path: Path) -> None:
    with rehearsed(tmp_path, "fn main() {}\n") as (job, seen, plan):
        prepare.commit(job, plan)
        digests = package(job, seen, plan)
        prepare.build_packaged(job, plan.versions, digests, seen.source.tree, seen.registry, job.pinned.as_of)
        assert list(job.store.build_directory("demo").parent.glob("*-built/debug/deps/libhangar_units*"))


@pytest.mark.parametrize("choice", [SandboxChoice.AUTO, SandboxChoice.NONE], ids=["in the sandbox", "without one"])
def test_where_the_index_is_needed_a_build_reaches_nothing_though_it_would(
    choice: SandboxChoice, tmp_path: Path
) -> None:
    if choice is SandboxChoice.AUTO:
        require_sandbox()
    with open_places() as places, rehearsed(tmp_path, reaching_script(places), NO_LOCKFILE) as (job, seen, plan):
        style = job.project.cargo.model_copy(update={"sandbox": choice})
        job = replace(job, project=job.project.model_copy(update={"cargo": style}))
        prepare.commit(job, plan)
        digests = package(job, seen, plan)
        prepare.build_packaged(job, plan.versions, digests, seen.source.tree, seen.registry, job.pinned.as_of)
        outputs = list(job.store.build_directory("demo").parent.glob("*-built/debug/build/*/output"))
    told = {output.read_text().strip().removeprefix("cargo:rustc-env=REACHED=") for output in outputs}
    assert told == {"" if choice is SandboxChoice.AUTO else ",".join(places)}


def test_what_a_build_left_in_its_tree_is_not_obeyed_where_cargo_has_the_network(tmp_path: Path) -> None:
    with rehearsed(tmp_path, "fn main() {}\n", NO_LOCKFILE) as (job, seen, plan):
        prepare.commit(job, plan)
        digests = package(job, seen, plan)
        left = build_tree(job, job.cargo()) / ".cargo" / "config.toml"
        left.parent.mkdir()
        left.write_text("no TOML")
        with pytest.raises(CargoFailed, match=r"`cargo package .*--offline.* exited with 101"):
            prepare.build_packaged(job, plan.versions, digests, seen.source.tree, seen.registry, job.pinned.as_of)


def test_a_crate_with_a_file_that_is_not_the_commit_s_is_refused(tmp_path: Path) -> None:
    with rehearsed(tmp_path, "fn main() {}\n") as (job, seen, plan):
        prepare.commit(job, plan)
        digests = package(job, seen, plan)
        kept = {"Cargo.toml": "", "Cargo.toml.orig": "", "src/lib.rs": "pub const KILOGRAM: u32 = 999;\n"}
        other = packed({f"hangar-units-0.5.0/{path}": text for path, text in kept.items()})
        file = tmp_path / "other.crate"
        file.write_bytes(other)
        with pytest.raises(PackagedUnlikeCommit, match=r"`Cargo\.toml\.orig`, `src/lib\.rs`"):
            require_contents_of_commit(job, seen.workspace, {"hangar-units": job.store.keep_crate(file)})
        require_contents_of_commit(job, seen.workspace, digests)
        (job.directory.checkout / "units" / "src" / "lib.rs").write_text(kept["src/lib.rs"])
        with pytest.raises(PackagedUnlikeCommit, match=r"units/src/lib\.rs"):
            require_contents_of_commit(job, seen.workspace, digests)


def test_a_toolchain_that_the_repository_brings_is_refused_before_it_is_called(tmp_path: Path) -> None:
    source = repository(
        tmp_path / "source",
        {"rust-toolchain.toml": '[toolchain]\npath = "/proc/self/cwd/tools"\n', "tools/bin/cargo": "x"},
    )
    store = Store(tmp_path / "home")
    request = rehearse_request({"project": "demo", "version": "minor", "repository": str(source)})
    with rehearsal(request, store.run("one"), store) as job:
        with pytest.raises(ToolchainOfRepository, match="/proc/self/cwd/tools"):
            look(job)
        assert not job.directory.cargo_log.exists()


def test_a_link_in_the_place_of_cargos_configuration_is_replaced_and_another_one_is_removed(tmp_path: Path) -> None:
    victim, home = tmp_path / "victim", tmp_path / "home" / "cargo"
    victim.write_text("mine")
    home.mkdir(parents=True)
    (home / "config.toml").symlink_to(victim)
    called = sandboxed_cargo(tmp_path / "home", tmp_path / "log")
    assert victim.read_text() == "mine"
    assert not (home / "config.toml").is_symlink()
    (home / "config").write_text("[build]\nrustc = 'evil'\n")
    toolchain(called, tmp_path)
    assert not (home / "config").exists()


def test_a_repository_around_the_home_is_not_shown_to_what_is_installed(tmp_path: Path) -> None:
    """By default the home lies in Loadmaster's own checkout."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "home" / "runs" / "one" / "install").mkdir(parents=True)
    called = sandboxed_cargo(tmp_path / "home" / "runs" / "one" / "install", tmp_path / "log")
    command, _ = called.command(["true"], tmp_path / "home" / "runs" / "one" / "install", Access(purpose=Purpose.FETCH))
    shown = {word for how, word in pairwise(command) if how in ("--bind", "--ro-bind-try")}
    assert not {str(place) for place in (tmp_path, *tmp_path.parents)} & shown
