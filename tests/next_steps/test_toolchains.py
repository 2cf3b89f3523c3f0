"""Programs that this machine lacks, or has too old: what the message says to run brings them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from loadmaster.cli.commands.doctor.programs import look_at_rust
from loadmaster.clients import cargo
from loadmaster.errors.cargo import CargoMissing, CargoTooOld
from loadmaster.planning.doctor.check import CheckOutcome
from loadmaster.planning.plan import plan_release
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.sandboxing import READS_VARIABLE
from loadmaster.run.store import Store
from loadmaster.steps import inspect
from loadmaster.steps.look import look
from tests.kit.hangar import git
from tests.kit.next_step import run_as_printed
from tests.kit.packing import body, manifest_text, packed
from tests.kit.registry_world import fresh
from tests.kit.running import index_of
from tests.kit.sandboxed_cargo import sandboxed_cargo
from tests.kit.toolchains import Rustup, rustup_alone

pytestmark = pytest.mark.cargo

OLD_CARGO = {"cargo": "echo 'cargo 1.80.0 (376290515 2024-07-16)'"}
MEMBERS = ("hangar-cli", "hangar-units")


@pytest.fixture
def rustup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rustup:
    """Nothing is installed in its home."""
    if shutil.which("rustup") is None:
        pytest.skip("there is no rustup here, so that nobody is told to run it")
    rustup = Rustup.at(tmp_path / "rustup")
    for name, value in rustup.environment.items():
        monkeypatch.setenv(name, value)
    for chosen in ("RUSTUP_TOOLCHAIN", "RUSTUP_AUTO_INSTALL"):
        monkeypatch.delenv(chosen, raising=False)
    monkeypatch.setenv(READS_VARIABLE, str(rustup.at_hand.parent))  # what it installs calls the real programs
    subprocess.run(["rustup", "set", "auto-self-update", "disable"], check=True, capture_output=True)
    return rustup


def called(home: Path, toolchain: str | None = None) -> cargo.Cargo:
    return sandboxed_cargo(home, home / "cargo.log", toolchain=toolchain)


def test_a_toolchain_that_is_missing_is_installed(rustup: Rustup, home: Path, tree: Path) -> None:
    rustup.offer(rustup.version, rustup.version, "2026-04-14")
    chosen = called(home, toolchain=rustup.version)
    with pytest.raises(CargoMissing) as caught:
        cargo.toolchain(chosen, tree)

    run_as_printed("CargoMissing", "rustup toolchain install NAME", str(caught.value), tree, NAME=rustup.version)

    assert cargo.toolchain(chosen, tree).rustc == rustup.version


def test_a_cargo_that_is_too_old_is_updated(rustup: Rustup, home: Path, tree: Path) -> None:
    rustup.offer("stable", "1.80.0", "2024-07-25", OLD_CARGO)
    subprocess.run(["rustup", "toolchain", "install", "stable"], check=True, capture_output=True)
    rustup.offer("stable", rustup.version, "2026-04-14")
    with pytest.raises(CargoTooOld) as caught:
        cargo.toolchain(called(home), tree)

    run_as_printed("CargoTooOld", "rustup update", str(caught.value), tree)

    assert cargo.toolchain(called(home), tree).rustc == rustup.version


def test_clippy_is_added_to_the_toolchain_of_the_release_wherever_it_is_typed(
    rustup: Rustup, home: Path, tree: Path, tmp_path: Path
) -> None:
    for channel in ("stable", rustup.version):
        rustup.offer(channel, rustup.version, "2026-04-14")
        install = ["rustup", "toolchain", "install", channel, "--profile", "minimal"]
        subprocess.run(install, check=True, capture_output=True)
    chosen = called(home, toolchain=rustup.version)
    lint = cargo.clippy(chosen, tree, locked=True, deny_warnings=True)
    assert not lint.ran

    run_as_printed(
        "cargo._without_clippy", "rustup component add clippy{chosen}", lint.why, tmp_path
    )  # where `stable` would be chosen

    assert cargo.clippy(chosen, tree, locked=True, deny_warnings=True).passed


def doctors_words(home: Path, check: str) -> str:
    """What the doctor says next of a program."""
    return next(each.fix or "" for each in look_at_rust(home) if each.name == check)


def test_the_doctor_finds_no_toolchain_and_what_it_says_brings_one(rustup: Rustup, tmp_path: Path) -> None:
    rustup.offer("stable", rustup.version, "2026-04-14")

    run_as_printed(
        "programs.judge_rustup", "rustup toolchain install stable", doctors_words(tmp_path, "rustup"), tmp_path
    )

    assert {check.name: check.outcome for check in look_at_rust(tmp_path)} == dict.fromkeys(
        ("cargo", "rustup", "clippy"), CheckOutcome.OK
    )


def test_the_doctor_finds_an_old_cargo_and_no_clippy_and_what_it_says_mends_both(
    rustup: Rustup, tmp_path: Path
) -> None:
    rustup.offer("stable", "1.80.0", "2024-07-25", OLD_CARGO)
    install = ["rustup", "toolchain", "install", "stable", "--profile", "minimal"]
    subprocess.run(install, check=True, capture_output=True)
    rustup.offer("stable", rustup.version, "2026-04-14")

    run_as_printed("programs.judge_cargo", "rustup update stable", doctors_words(tmp_path, "cargo"), tmp_path)
    run_as_printed("programs.judge_clippy", "rustup component add clippy", doctors_words(tmp_path, "clippy"), tmp_path)

    assert {check.outcome for check in look_at_rust(tmp_path)} == {CheckOutcome.OK}


def test_the_oldest_rust_of_the_packages_is_installed(rustup: Rustup, home: Path, tree: Path) -> None:
    rustup.offer(rustup.version, rustup.version, "2026-04-14")
    lint = cargo.check_with(called(home), tree, rustup.version, MEMBERS, locked=True, within=600)
    assert not lint.ran

    run_as_printed("cargo.check_with", "rustup toolchain install {exact} --profile minimal", lint.why, tree)

    assert cargo.check_with(called(home), tree, rustup.version, MEMBERS, locked=True, within=600).passed


@pytest.fixture
def without_semver_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return rustup_alone(tmp_path / "cargo home" / "bin", monkeypatch)


def test_cargo_semver_checks_is_installed(
    home: Path, cloned: Path, without_semver_checks: Path, tmp_path: Path
) -> None:
    git(cloned, "tag", "v0.4.0")
    store, request = Store(home), rehearse_request({"project": "demo", "version": "minor", "repository": str(cloned)})
    with rehearsal(request, store.run("one"), store) as job, fresh(tmp_path / "registry") as world:
        seen = look(job)
        plan = plan_release(seen, job.project, job.pinned.asked, job.pinned.today)
        lint = inspect.semver(job, seen, plan)
        assert "is not installed" in lint.why
        assert world.put(body(semver_checks(), "cargo-semver-checks", "0.1.0")).status_code == 200
        mine = sandboxed_cargo(tmp_path, tmp_path / "log", index=index_of(world))  # a registry that has it

        run_as_printed(
            "api.compare_apis",
            "cargo install --locked cargo-semver-checks",
            lint.why,
            tmp_path,
            {"CARGO_HOME": str(mine.home), "CARGO_INSTALL_ROOT": str(without_semver_checks.parent)},
        )

        assert "is not installed" not in inspect.semver(job, seen, plan).why


def semver_checks() -> bytes:
    """A crate of its name, whose program says yes to everything."""
    name, root = "cargo-semver-checks", "cargo-semver-checks-0.1.0"
    files = {"Cargo.toml": manifest_text(name, "0.1.0"), "src/main.rs": "fn main() {}\n"}
    files["Cargo.lock"] = f'version = 4\n\n[[package]]\nname = "{name}"\nversion = "0.1.0"\n'
    return packed({f"{root}/{path}": text for path, text in files.items()})
