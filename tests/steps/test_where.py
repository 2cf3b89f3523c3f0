"""A release of workspaces that are not at the top of their repository: real git, real cargo, in a rehearsal world."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from loadmaster.clients import cargo
from loadmaster.credentials.tokens import hold_tokens
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.cargo import CargoFailed
from loadmaster.errors.workspace import NotAWorkspace, RootElsewhere, ToolchainsDiffer
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.project import CargoStyle, Source
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.registry.seen import Judged, Seen
from loadmaster.planning.values.gate import GateAnswer, Outcome
from loadmaster.run.job import Job
from loadmaster.run.own_releases import newest_own_release
from loadmaster.run.profiles import load_project
from loadmaster.steps import inspect, prepare
from loadmaster.steps.check import check
from loadmaster.steps.look import look_at_registry, pinned_toolchain, require_named_toolchain
from loadmaster.steps.packed import check_packaged
from loadmaster.steps.publish import publish_crate
from tests.kit.fleet import BELOW, SEVERAL, looked, packaged_by_cargo_alone, repository
from tests.kit.hangar import git, write

pytestmark = pytest.mark.cargo

Looked = tuple[Job, Seen, ReleasePlan]
NOT_RUN = Judged.none("nothing is built here")


def below(tmp_path: Path, changes: Mapping[str, str] | None = None) -> AbstractContextManager[Looked]:
    return looked(tmp_path, {**BELOW, **(changes or {})}, "rust/CHANGELOG.md", path="rust")


def several(tmp_path: Path) -> AbstractContextManager[Looked]:
    return looked(tmp_path, SEVERAL, "CHANGELOG.md", workspaces=("core", "tool"))


def package(job: Job, seen: Seen, plan: ReleasePlan) -> dict[str, str]:
    return prepare.package(job, plan.versions, seen.source.tree, seen.registry, job.pinned.as_of)


def build(job: Job, seen: Seen, plan: ReleasePlan, digests: Mapping[str, str]) -> None:
    prepare.build_packaged(job, plan.versions, digests, seen.source.tree, seen.registry, job.pinned.as_of)


def failed(answers: Iterable[GateAnswer]) -> list[str]:
    return [answer.gate for answer in answers if answer.outcome is Outcome.FAIL]


def test_a_workspace_below_the_top_is_planned_checked_and_packaged(tmp_path: Path) -> None:
    with below(tmp_path) as (job, seen, plan):
        assert [(each.name, each.manifest, each.root) for each in seen.workspace.packages] == [
            ("ship-hull", "rust/hull/Cargo.toml", "rust/Cargo.toml"),
            ("ship-mast", "mast/Cargo.toml", "rust/Cargo.toml"),
        ]
        assert [edit.path for edit in plan.edits] == [
            "mast/Cargo.toml",
            "rust/CHANGELOG.md",
            "rust/Cargo.lock",
            "rust/hull/Cargo.toml",
        ]
        assert [crate.id for crate in plan.crates] == ["ship-mast@0.5.0", "ship-hull@0.5.0"]
        assert plan.tags[0].notes == "- Sails."
        assert [lock.path for lock in seen.source.lockfile_checks if lock.accepted] == ["rust/Cargo.lock"]
        assert failed(check(job, seen, plan, NOT_RUN)) == []
        commit = prepare.commit(job, plan)
        assert git(job.directory.checkout, "show", "--name-only", "--format=%s", commit).split() == [
            *("Release", "0.5.0"),
            *(edit.path for edit in plan.edits),
        ]
        digests = package(job, seen, plan)
        assert failed(check_packaged(job, seen, plan, digests)) == []
        build(job, seen, plan, digests)  # it reads cargo's configuration beside the workspace, and above


def test_the_configuration_beside_the_workspace_goes_before_the_one_above(tmp_path: Path) -> None:
    nearer = {
        "rust/hull/src/lib.rs": 'const _: () = assert!(env!("NEARER").len() == 4 && env!("FROM_TOP").len() == 3);\n'
    }
    with below(tmp_path, nearer) as (job, seen, plan):
        prepare.commit(job, plan)
        build(job, seen, plan, package(job, seen, plan))


@pytest.mark.parametrize("file", ["mast/src/lib.rs", "rust/hull/src/lib.rs"])
def test_findings_are_told_from_the_repository_s_top(file: str, tmp_path: Path) -> None:
    unused = "pub const SAILS: u32 = 3;\npub fn two(x: Vec<u32>) -> bool {\n    x.len() == 0\n}\n"
    with below(tmp_path, {file: unused}) as (job, seen, plan):
        found = inspect.clippy(job, seen, plan)
        checkout = job.directory.checkout
        told = cargo.diagnostics(job.cargo().in_tree(checkout), checkout / "rust", locked=True)
    assert {*(finding.split(":")[0] for finding in found.findings), *(each.file for each in told)} == {file}


def test_the_oldest_rust_is_asked_where_the_workspace_is(tmp_path: Path) -> None:
    rust = subprocess.run(("rustc", "--version"), capture_output=True, text=True, check=True).stdout.split()[1]
    mast = BELOW["mast/Cargo.toml"].replace("license", f'rust-version = "{rust}"\nlicense')
    with below(tmp_path, {"mast/Cargo.toml": mast}) as (job, seen, plan):
        found = inspect.msrv(job, seen, plan)
    assert (found.ran, found.passed, found.unasked) == (True, True, ())


def test_several_workspaces_are_one_release_and_each_is_packaged_from_its_own_root(tmp_path: Path) -> None:
    with several(tmp_path) as (job, seen, plan):
        assert [edit.path for edit in plan.edits] == [
            "CHANGELOG.md",
            "core/Cargo.lock",
            "core/top/Cargo.toml",
            "core/units/Cargo.toml",
            "tool/Cargo.lock",
            "tool/Cargo.toml",
        ]
        assert [crate.id for crate in plan.crates] == ["fleet-units@0.5.0", "fleet-tool@0.5.0", "fleet-top@0.5.0"]
        assert failed(check(job, seen, plan, NOT_RUN)) == []
        prepare.commit(job, plan)
        digests = package(job, seen, plan)
        assert failed(check_packaged(job, seen, plan, digests)) == []
        build(job, seen, plan, digests)
        embedded = read_crate(job.store.crate("fleet-tool", digests["fleet-tool"]), "x", keep=("Cargo.lock",)).kept
        assert f'checksum = "{digests["fleet-units"]}"' in embedded["Cargo.lock"].decode()
        with hold_tokens(job):
            for crate in plan.crates:
                publish_crate(job, crate, digests[crate.name])
        assert packaged_by_cargo_alone(job, "tool", "fleet-tool") == digests["fleet-tool"]
        assert packaged_by_cargo_alone(job, "core", "fleet-top") == digests["fleet-top"]


def test_what_another_workspace_has_published_before_is_taken_from_the_registry(tmp_path: Path) -> None:
    with several(tmp_path) as (job, seen, plan):
        prepare.commit(job, plan)
        digests = package(job, seen, plan)
        with hold_tokens(job):
            publish_crate(job, plan.crate("fleet-units"), digests["fleet-units"])
        now = look_at_registry(job, seen.workspace.names)
        rest = {name: version for name, version in plan.versions.items() if name != "fleet-units"}
        again = prepare.package(job, rest, seen.source.tree, now, job.pinned.as_of)
    assert again == {name: digests[name] for name in rest}


def test_a_crate_that_does_not_build_with_another_workspace_s_is_told(tmp_path: Path) -> None:
    broken = {**SEVERAL, "core/top/src/lib.rs": "pub use fleet_tool::POUND;\n"}
    with looked(tmp_path, broken, "CHANGELOG.md", workspaces=("core", "tool")) as (job, seen, plan):
        prepare.commit(job, plan)
        digests = package(job, seen, plan)
        with pytest.raises(CargoFailed, match="POUND"):
            build(job, seen, plan, digests)


WRONG = [
    pytest.param("python", NotAWorkspace, "there is no `python/Cargo.toml`", id="no manifest there"),
    pytest.param(
        "mast", RootElsewhere, "`mast/Cargo.toml` belongs to the workspace of `rust/Cargo.toml`", id="a member"
    ),
]


@pytest.mark.parametrize(("path", "error", "told"), WRONG)
def test_a_profile_that_names_another_place(path: str, error: type[LoadmasterError], told: str, tmp_path: Path) -> None:
    with pytest.raises(error) as caught, looked(tmp_path, BELOW, "rust/CHANGELOG.md", path=path):
        pass
    assert told in caught.value.what


def test_the_toolchain_is_the_one_that_rustup_would_choose_where_cargo_runs(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"rust-toolchain": "1.80.0\n", "rust/rust-toolchain.toml": '[toolchain]\nchannel = "1.90.0"\n', "a/x": ""},
    )
    assert pinned_toolchain(tmp_path, "rust/Cargo.toml") == "1.90.0"
    assert pinned_toolchain(tmp_path, "a/Cargo.toml") == "1.80.0"
    with pytest.raises(ToolchainsDiffer, match=r"`a/Cargo.toml` `1.80.0`, `rust/Cargo.toml` `1.90.0`"):
        require_named_toolchain(tmp_path, ("rust/Cargo.toml", "a/Cargo.toml"), CargoStyle())
    require_named_toolchain(tmp_path, ("rust/Cargo.toml", "a/Cargo.toml"), CargoStyle(toolchain="1.95.0"))


def test_a_release_that_was_made_before_the_workspace_moved_is_still_found(tmp_path: Path) -> None:
    at_top = {path.replace("rust/", "").replace("../mast", "mast"): text for path, text in BELOW.items()}
    at_top |= {
        "Cargo.toml": BELOW["rust/Cargo.toml"].replace("../mast", "mast"),
        "mast/Cargo.toml": BELOW["mast/Cargo.toml"].replace("../rust", ".."),
        "hull/Cargo.toml": BELOW["rust/hull/Cargo.toml"].replace("../../mast", "../mast"),
    }
    source = repository(tmp_path / "moved", at_top)
    ours = ("-c", "user.name=Loadmaster", "-c", "user.email=loadmaster@localhost")
    git(source, *ours, "commit", "--quiet", "--allow-empty", "-m", "Release 0.4.0")
    begun = git(source, "rev-parse", "HEAD")
    git(source, "rm", "--quiet", "-r", "Cargo.toml", "Cargo.lock", "hull", "mast")
    write(source, BELOW)
    git(source, "add", "--all")
    git(source, "commit", "--quiet", "-m", "Move")
    project = load_project("demo")
    project = project.model_copy(update={"source": Source(repository=str(source), path="rust")})
    found = newest_own_release(source, "main", project)
    assert found is not None
    assert (found.commit, dict(found.versions)) == (begun, {"ship-hull": "0.4.0", "ship-mast": "0.4.0"})
