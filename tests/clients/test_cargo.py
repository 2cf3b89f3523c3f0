"""Real cargo, in workspaces of the test's own, against a registry on loopback. A false cargo stands in for odd ones only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from loadmaster.clients import cargo
from loadmaster.clients.sandbox import Access, Purpose
from loadmaster.clients.serving import serving
from loadmaster.errors.cargo import CargoFailed, CargoMissing, CargoOffline, CargoTooOld, CrateMissingFromPackage
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.workspace import InOtherWorkspace, NotAWorkspace, RootElsewhere
from loadmaster.planning.changes.level import Change
from loadmaster.planning.changes.survey import ApiSeen
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.tree.workspace import read_metadata
from loadmaster.rehearsal.registry import Registry
from tests.kit.packing import upload
from tests.kit.registry_world import fresh
from tests.kit.sandboxed_cargo import require_sandbox, sandboxed_cargo
from tests.kit.small_disk import fill, make_read_only, small_disk

pytestmark = pytest.mark.cargo

MANIFEST = """[package]
name = "{name}"
version = "0.4.0"
edition = "2021"
description = "A crate."
license = "MIT"
"""
FILES: Mapping[str, str] = {
    "Cargo.toml": '[workspace]\nmembers = ["units", "hangar"]\nresolver = "2"\n',
    "Cargo.lock": 'version = 4\n\n[[package]]\nname = "hangar"\nversion = "0.4.0"\ndependencies = [\n "units",\n]\n\n'
    '[[package]]\nname = "units"\nversion = "0.4.0"\n',
    "units/Cargo.toml": MANIFEST.format(name="units"),
    "units/src/lib.rs": "pub const KILOGRAM: u32 = 1000;\n",
    "hangar/Cargo.toml": MANIFEST.format(name="hangar")
    + '[dependencies]\nunits = { path = "../units", version = "0.4.0" }\n',
    "hangar/src/main.rs": 'fn main() { println!("hangar {} {}", env!("CARGO_PKG_VERSION"), units::KILOGRAM); }\n',
}
UNNEEDED_RETURN = "pub fn one(x: u32) -> u32 {\n    return x;\n}\npub const KILOGRAM: u32 = 1000;\n"
BOTH = {"units": "0.4.0", "hangar": "0.4.0"}


def write(directory: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return write(tmp_path / "workspace", FILES)


@pytest.fixture
def called(tmp_path: Path) -> cargo.Cargo:
    return sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of an empty registry's index."""
    with serving(Registry(tmp_path / "registry").app()) as address:
        yield f"sparse+{address}/index/"


@pytest.fixture
def against(registry: str, tmp_path: Path) -> cargo.Cargo:
    return sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log", index=registry)


def false_cargo(
    directory: Path, script: str, monkeypatch: pytest.MonkeyPatch, mode: int = 0o755, name: str = "cargo"
) -> None:
    """Puts a program before the real one; `rustc` stays what it is, unless it is the one."""
    write(directory, {name: f"#!/bin/sh\n{script}\n"})
    (directory / name).chmod(mode)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")


class TestToolchain:
    def test_both_versions_are_told(self, called: cargo.Cargo, tmp_path: Path) -> None:
        found = cargo.toolchain(called, tmp_path)
        said = subprocess.run(["rustc", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert said.startswith(f"rustc {found.rustc} ")
        assert found.cargo.startswith("1.")

    def test_a_toolchain_that_is_not_installed(self, tmp_path: Path) -> None:
        missing = sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log", toolchain="no-such-toolchain")
        with pytest.raises(CargoMissing, match="'no-such-toolchain' is not installed"):
            cargo.toolchain(missing, tmp_path)

    def test_a_toolchain_that_the_workspace_pins_is_not_installed_behind_anybodys_back(
        self, called: cargo.Cargo, tmp_path: Path
    ) -> None:
        (tmp_path / "rust-toolchain.toml").write_text('[toolchain]\nchannel = "1.0.0"\n')
        with pytest.raises(CargoMissing, match=r"toolchain '1.0.0.*' is not installed"):
            cargo.toolchain(called, tmp_path)

    def test_a_path_without_cargo(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(CargoMissing, match="cargo"):
            cargo.toolchain(sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log"), tmp_path)

    def test_a_cargo_that_may_not_be_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        false_cargo(tmp_path / "bin", "", monkeypatch, mode=0o644)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        with pytest.raises(CargoMissing, match="Permission denied"):
            cargo.toolchain(sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log"), tmp_path)

    @pytest.mark.parametrize("version", ["1.70.0", "1.89.0", "1.89.0-nightly"])
    def test_too_old(self, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        false_cargo(tmp_path / "bin", f"echo cargo {version} '(7fe40dc8c 2023-04-27)'", monkeypatch)
        with pytest.raises(CargoTooOld, match=f"cargo `{version}` is too old: `1.90.0` or newer"):
            cargo.toolchain(sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log"), tmp_path)

    @pytest.mark.parametrize("script", ["echo", "echo cargo banana", "exit 1"])
    def test_what_says_no_version_is_no_cargo(
        self, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        false_cargo(tmp_path / "bin", script, monkeypatch)
        with pytest.raises(CargoMissing):
            cargo.toolchain(sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log"), tmp_path)


class TestEnvironment:
    def test_no_credential_of_ours_reaches_cargo(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("CARGO_REGISTRY_TOKEN", "CARGO_REGISTRIES_X_TOKEN", "AWS_SECRET"):
            monkeypatch.setenv(name, "planted")
        false_cargo(tmp_path / "bin", "env >&2; exit 1", monkeypatch)
        with pytest.raises(CargoMissing):
            cargo.toolchain(sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log"), tmp_path)
        seen = (tmp_path / "cargo.log").read_text()
        assert f"CARGO_HOME={tmp_path / 'home' / 'cargo'}\n" in seen
        assert "planted" not in seen

    @pytest.mark.parametrize("purpose", Purpose)
    def test_the_network_its_proxies_and_the_workspace_s_compilers_are_for_one_purpose_each(
        self, purpose: Purpose, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://ada:canary@proxy.example:3128")
        require_sandbox()
        called = sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log")
        argv, env = called.command(["cargo"], workspace, Access(purpose=purpose))
        fetches, builds = purpose is Purpose.FETCH, purpose is Purpose.BUILD
        assert ("--share-net" in argv, "HTTPS_PROXY" in env, "CARGO_NET_OFFLINE" in env) == (
            fetches,
            fetches,
            not fetches,
        )
        assert (env.get("RUSTC_WRAPPER") is None) == builds


class TestMetadata:
    def test_members_are_read_whatever_the_lockfile_says(self, called: cargo.Cargo, workspace: Path) -> None:
        (workspace / "Cargo.lock").write_text("<<<<<<< HEAD\n")
        assert read_metadata(cargo.members(called, workspace, "demo")).names == {"units", "hangar"}

    def test_not_a_workspace(self, called: cargo.Cargo, tmp_path: Path) -> None:
        with pytest.raises(NotAWorkspace, match=r"`demo` is not a Cargo workspace: .*Cargo\.toml"):
            cargo.members(called, tmp_path, "demo")

    def test_the_workspace_of_a_directory_above_is_not_taken_for_it(self, called: cargo.Cargo, workspace: Path) -> None:
        (workspace / "inner").mkdir()
        with pytest.raises(NotAWorkspace):
            cargo.members(called, workspace / "inner", "demo")

    def test_the_member_of_a_workspace_is_no_root(self, called: cargo.Cargo, workspace: Path) -> None:
        with pytest.raises(RootElsewhere, match=r"`units/Cargo\.toml` belongs to the workspace of `Cargo\.toml`"):
            cargo.members(called.in_tree(workspace), workspace / "units", "demo")

    def test_a_copy_inside_another_workspace_is_told_with_that_one(self, called: cargo.Cargo, workspace: Path) -> None:
        write(workspace, {"home/copy/Cargo.toml": '[package]\nname = "copy"\nversion = "0.1.0"\nedition = "2021"\n'})
        write(workspace, {"home/copy/src/lib.rs": "", ".git/HEAD": ""})
        with pytest.raises(InOtherWorkspace, match=f"finds `{workspace}/Cargo.toml`"):
            cargo.members(replace(called, sandbox=None), workspace / "home" / "copy", "demo")
        if called.sandbox is not None:  # nothing outside of the copy is there
            assert read_metadata(cargo.members(called, workspace / "home" / "copy", "demo")).names == {"copy"}

    def test_a_manifest_that_cannot_be_read_is_told_in_cargo_s_words(
        self, called: cargo.Cargo, workspace: Path
    ) -> None:
        write(workspace, {"units/Cargo.toml": "[package\n"})
        with pytest.raises(NotAWorkspace, match=r"units/Cargo\.toml"):
            cargo.members(called, workspace, "demo")

    def test_a_lockfile_that_agrees(self, called: cargo.Cargo, workspace: Path) -> None:
        assert cargo.lockfile_problem(called, workspace) is None

    def test_a_stale_lockfile_is_told_and_left_as_it_is(self, called: cargo.Cargo, workspace: Path) -> None:
        stale = FILES["Cargo.lock"].replace("0.4.0", "0.3.0")
        (workspace / "Cargo.lock").write_text(stale)
        told = cargo.lockfile_problem(called, workspace)
        assert told is not None
        assert "--locked" in told
        assert (workspace / "Cargo.lock").read_text() == stale


class TestClippy:
    def test_clean_code_passes(self, called: cargo.Cargo, workspace: Path) -> None:
        found = cargo.clippy(called, workspace, locked=True, deny_warnings=True)
        assert (found.ran, found.passed, found.findings) == (True, True, ())

    def test_a_finding_is_told_with_its_place(self, called: cargo.Cargo, workspace: Path) -> None:
        write(workspace, {"units/src/lib.rs": UNNEEDED_RETURN})
        found = cargo.clippy(called, workspace, locked=True, deny_warnings=True)
        assert (found.ran, found.passed) == (True, False)
        assert found.findings
        assert all(each.startswith("units/src/lib.rs:2:5: error: unneeded `return`") for each in found.findings)

    def test_a_warning_passes_where_the_profile_allows_it(self, called: cargo.Cargo, workspace: Path) -> None:
        write(workspace, {"units/src/lib.rs": UNNEEDED_RETURN})
        assert cargo.clippy(called, workspace, locked=True, deny_warnings=False).passed

    def test_code_that_does_not_compile_fails(self, called: cargo.Cargo, workspace: Path) -> None:
        write(workspace, {"units/src/lib.rs": "pub fn one() -> u32 { }\n"})
        found = cargo.clippy(called, workspace, locked=True, deny_warnings=False)
        assert (found.ran, found.passed) == (True, False)
        assert any("mismatched types" in each for each in found.findings)

    def test_a_toolchain_without_clippy_is_told_as_not_run(
        self, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = "error: 'cargo-clippy' is not installed for the toolchain 'stable-x86_64-unknown-linux-gnu'."
        false_cargo(tmp_path / "bin", f'echo "{told}" >&2; exit 1', monkeypatch)
        without = sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log")
        found = cargo.clippy(without, workspace, locked=True, deny_warnings=True)
        assert (found.ran, found.passed) == (False, False)
        assert "rustup component add clippy" in found.why


class TestWarnings:
    def test_their_words_stay_when_their_lines_move(self, called: cargo.Cargo, workspace: Path) -> None:
        write(workspace, {"units/src/lib.rs": UNNEEDED_RETURN})
        before = cargo.diagnostics(called, workspace, locked=True)
        assert before
        assert all(each.words.startswith("units/src/lib.rs: unneeded `return`") for each in before)
        write(workspace, {"units/src/lib.rs": f"//! Moved.\n\n{UNNEEDED_RETURN}"})
        moved = cargo.diagnostics(called, workspace, locked=True)
        assert [each.words for each in moved] == [each.words for each in before]
        assert [each.line for each in moved] == [each.line + 2 for each in before]

    def test_those_of_every_member_are_told_though_some_do_not_pass(self, called: cargo.Cargo, workspace: Path) -> None:
        wrong = [f"wrong{number}" for number in range(3)]
        members = ", ".join(f'"{name}"' for name in ("units", "hangar", *wrong))
        files = {f"{name}/Cargo.toml": MANIFEST.format(name=name) for name in wrong}
        files |= {f"{name}/src/lib.rs": "pub fn same(x: u32) -> bool {\n    x == x\n}\n" for name in wrong}
        files["Cargo.toml"] = f'[workspace]\nresolver = "2"\nmembers = [{members}]\n'
        write(workspace, {**files, "units/src/lib.rs": UNNEEDED_RETURN})
        told = cargo.diagnostics(called, workspace, locked=False)
        assert {each.file.partition("/")[0] for each in told} == {"units", *wrong}

    def test_what_a_macro_prints_among_them_is_none_of_them(self, called: cargo.Cargo, workspace: Path) -> None:
        odd = ("{not json", "{}", '{"reason": "compiler-message", "message": 1}', "[" * 100_000)
        prints = "".join(f'println!("{{}}", r##"{line}"##);' for line in odd)
        macro = (
            "#![allow(clippy::all)]\nuse proc_macro::TokenStream;\n#[proc_macro]\n"
            f"pub fn say(_: TokenStream) -> TokenStream {{ {prints} TokenStream::new() }}\n"
        )
        write(
            workspace,
            {
                "Cargo.toml": FILES["Cargo.toml"].replace('"units"', '"units", "noise"'),
                "noise/Cargo.toml": MANIFEST.format(name="noise") + "[lib]\nproc-macro = true\n",
                "noise/src/lib.rs": macro,
                "units/Cargo.toml": MANIFEST.format(name="units") + '[dependencies]\nnoise = { path = "../noise" }\n',
                "units/src/lib.rs": f"noise::say!();\n{UNNEEDED_RETURN}",
            },
        )
        (workspace / "Cargo.lock").unlink()
        found = cargo.diagnostics(called, workspace, locked=False)
        assert {one.file for one in found} == {"units/src/lib.rs"}


class TestOldestRust:
    def test_the_toolchain_that_is_installed_checks(self, called: cargo.Cargo, workspace: Path) -> None:
        rust = cargo.toolchain(called, workspace).rustc
        installed = cargo.check_with(called, workspace, rust, ["units"], locked=True, within=600)
        assert installed.passed or "is not installed" in installed.why

    def test_code_that_does_not_build_fails(
        self, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        says = 'case "$1" in --version) echo "rustc 1.90.0 (x)";; *) echo "error[E0658]" >&2; exit 101;; esac'
        false_cargo(tmp_path / "bin", says, monkeypatch)
        false_cargo(tmp_path / "bin", says, monkeypatch, name="rustc")
        found = cargo.check_with(
            sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log"),
            workspace,
            "1.90",
            ["units"],
            locked=True,
            within=600,
        )
        assert (found.ran, found.passed, found.why) == (True, False, "error[E0658]")

    def test_a_toolchain_that_is_missing_is_told_with_what_brings_it(
        self, called: cargo.Cargo, workspace: Path
    ) -> None:
        found = cargo.check_with(called, workspace, "1.31", ["units"], locked=True, within=600)
        assert (found.ran, "rustup toolchain install 1.31.0" in found.why) == (False, True)


GONE = ApiSeen(
    asked=True, needs=Change.BREAKING, findings=("function_missing: pub fn removed or renamed (function units::x)",)
)
NEW = ApiSeen(asked=True, needs=Change.FEATURE)
BROKE = """
--- failure function_missing: pub fn removed or renamed ---

Description:
A publicly-visible function cannot be imported by its prior path.

Failed in:
  function units::x, previously in file before/src/lib.rs:1
"""
NO_LIBRARY = (
    "error: no crates with library targets selected, nothing to semver-check\n"
    "note: only library targets contain an API surface that can be checked for semver\n"
    "note: skipped the following crates since they have no library target: units\n"
)
NOT_BUILT = (
    "error: running cargo-doc on crate 'units' failed with output:\nerror: this file contains an unclosed delimiter\n"
)
SAYS: list[tuple[str, int, str, str, ApiSeen]] = [
    ("a break", 100, BROKE, "     Summary semver requires new major version: 1 major and 0 minor checks failed", GONE),
    ("a feature", 100, "", "     Summary semver requires new minor version: 0 major and 1 minor checks failed", NEW),
    ("nothing", 0, "", "     Summary no semver update required", ApiSeen(asked=True)),
    ("a finding without a summary", 100, BROKE, "", GONE),
    ("no library", 101, "", NO_LIBRARY, ApiSeen(asked=True)),
]


class TestApi:
    """The output is that of cargo-semver-checks 0.51."""

    def compare(
        self, workspace: Path, tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch, within: float = 600
    ) -> ApiSeen:
        false_cargo(tmp_path / "bin", script, monkeypatch)
        called = sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log")
        return cargo.compare_api(called, workspace, tmp_path / "before", "units", within)

    @pytest.mark.parametrize(("reason", "code", "out", "err", "expected"), SAYS, ids=[row[0] for row in SAYS])
    def test_what_it_says_is_read(
        self,
        reason: str,
        code: int,
        out: str,
        err: str,
        expected: ApiSeen,
        workspace: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        script = f"cat <<'OUT'\n{out}\nOUT\ncat >&2 <<'ERR'\n{err}\nERR\nexit {code}"
        assert self.compare(workspace, tmp_path, script, monkeypatch) == expected, reason

    def test_a_comparison_that_breaks_down_is_no_answer(
        self, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script = f"cat >&2 <<'ERR'\n    Building units v0.4.0 (current)\n{NOT_BUILT}\nStack backtrace:\n   0: main\nERR\nexit 101"
        found = self.compare(workspace, tmp_path, script, monkeypatch)
        assert not found.asked
        assert found.why.startswith("cargo-semver-checks could not compare: error: running cargo-doc")
        assert "backtrace" not in found.why

    def test_one_that_takes_too_long_is_none_either(
        self, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = self.compare(workspace, tmp_path, "exec sleep 60", monkeypatch, within=0.2)
        assert (found.asked, "in time" in found.why) == (False, True)

    def test_the_program_itself_says_so(self, called: cargo.Cargo, workspace: Path, tmp_path: Path) -> None:
        if not cargo.has_semver_checks(called, workspace):
            pytest.skip("cargo-semver-checks is not installed")
        before = tmp_path / "before"
        shutil.copytree(workspace, before)
        (workspace / "units/src/lib.rs").write_text("pub const TON: u32 = 1000;\n")
        found = cargo.compare_api(called, workspace, before, "units", 600)
        assert (found.asked, found.needs) == (True, Change.BREAKING)
        assert [each.partition(":")[0] for each in found.findings] == ["pub_module_level_const_missing"]
        assert cargo.compare_api(called, workspace, before, "hangar", 600) == ApiSeen(asked=True)
        assert cargo.compare_api(called, before, before, "units", 600) == ApiSeen(asked=True)

    def test_a_program_that_is_missing_is_missing(
        self, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        false_cargo(tmp_path / "bin", 'echo "error: no such command: `semver-checks`" >&2; exit 101', monkeypatch)
        called = sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log")
        assert not cargo.has_semver_checks(called, workspace)


PATCHED: Mapping[str, str] = {
    "Cargo.toml": FILES["Cargo.toml"] + '[patch.crates-io]\nunits = { path = "units" }\n',
    "hangar/Cargo.toml": MANIFEST.format(name="hangar")
    + '[dependencies]\nunits = { version = "0.4.0", optional = true }\n[features]\nweigh = ["dep:units"]\n',
}


class TestFetch:
    def test_what_is_fetched_is_not_asked_for_again(
        self, against: cargo.Cargo, workspace: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(workspace, tmp_path / "copy")
        for tree in (workspace, tmp_path / "copy", workspace):
            cargo.fetch(against, tree, locked=True)
        assert commands(against) == ["$ cargo fetch --locked"]

    @pytest.mark.parametrize("changed", ["Cargo.lock", ".cargo/config.toml"])
    def test_another_lockfile_or_configuration_is_fetched(
        self, changed: str, against: cargo.Cargo, workspace: Path
    ) -> None:
        cargo.fetch(against, workspace, locked=True)
        file = workspace / changed
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as lines:
            lines.write("\n")
        cargo.fetch(against, workspace, locked=True)
        assert commands(against) == ["$ cargo fetch --locked"] * 2

    def test_a_fetch_that_failed_is_made_again(self, workspace: Path, tmp_path: Path) -> None:
        write(workspace, PATCHED)
        (workspace / "Cargo.lock").write_text("version = 4\n")
        called = sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log")
        for _ in range(2):
            with pytest.raises(CargoFailed):
                cargo.fetch(called, workspace, locked=True)
        assert commands(called) == ["$ cargo fetch --locked"] * 2


def commands(called: cargo.Cargo) -> list[str]:
    """Those that its log names."""
    return [line for line in called.log.read_text().splitlines() if line.startswith("$ ")]


class TestFetchAsDependent:
    def test_a_sibling_that_the_workspace_patches_in_comes_from_the_registry_as_for_users(
        self, workspace: Path, tmp_path: Path
    ) -> None:
        write(workspace, PATCHED)
        with fresh(tmp_path / "served") as world:
            assert world.put(upload("units", "0.4.0")).status_code == 200
            ours = sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log", index=f"sparse+{world.address}/index/")
            cargo.fetch(ours, workspace, locked=True)
            assert not list((ours.home / "registry").rglob("units-0.4.0.crate"))
            cargo.fetch_as_dependent(ours, "hangar", ["weigh"], workspace / "hangar", workspace, tmp_path / "user")
        assert list((ours.home / "registry").rglob("units-0.4.0.crate"))

    def test_a_package_that_no_user_could_build_is_told(
        self, against: cargo.Cargo, workspace: Path, tmp_path: Path
    ) -> None:
        write(workspace, PATCHED)
        with pytest.raises(CargoFailed, match="no matching package named `units` found"):
            cargo.fetch_as_dependent(against, "hangar", ["weigh"], workspace / "hangar", workspace, tmp_path / "user")


class TestPackageAlone:
    def test_a_member_is_packaged_as_its_files_are_without_its_siblings_and_without_a_lockfile(
        self, called: cargo.Cargo, workspace: Path, tmp_path: Path
    ) -> None:
        lock = (workspace / "Cargo.lock").read_text()
        file = cargo.package_alone(called, workspace, tmp_path / "target", "hangar", "0.4.0")
        paths = read_crate(file.read_bytes(), "hangar").files.keys()
        assert "Cargo.toml.orig" in paths
        assert "Cargo.lock" not in paths
        assert (workspace / "Cargo.lock").read_text() == lock

    def test_cargo_s_words_say_why_it_cannot_be(self, called: cargo.Cargo, workspace: Path, tmp_path: Path) -> None:
        with pytest.raises(CargoFailed, match="nobody"):
            cargo.package_alone(called, workspace, tmp_path / "target", "nobody", "0.4.0")


class TestPackage:
    def test_crates_that_need_each_other_are_packaged_and_verified_together(
        self, against: cargo.Cargo, workspace: Path, tmp_path: Path
    ) -> None:
        subprocess.run(["git", "init", "--quiet", workspace], check=True)
        subprocess.run(["git", "-C", workspace, "add", "--all"], check=True)
        commit = ["commit", "--quiet", "-m", "All"]
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", "-C", workspace, *identity, *commit], check=True)
        files = cargo.package_and_build(against, workspace, tmp_path / "target", BOTH, locked=True)
        assert {name: path.name for name, path in files.items()} == {
            "units": "units-0.4.0.crate",
            "hangar": "hangar-0.4.0.crate",
        }
        assert "Verifying hangar v0.4.0" in (tmp_path / "cargo.log").read_text()

    def test_a_workspace_that_takes_its_crates_from_a_directory_is_packaged_as_any_other(
        self, against: cargo.Cargo, workspace: Path, tmp_path: Path
    ) -> None:
        vendored = '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor"\n'
        write(workspace, {".cargo/config.toml": vendored, "vendor/README.md": "lacks `units`, which is released now\n"})
        files = cargo.package_and_build(against, workspace, tmp_path / "target", BOTH, locked=True)
        assert sorted(files) == ["hangar", "units"]

    def test_a_tree_with_changes_is_not_packaged(self, against: cargo.Cargo, workspace: Path, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "--quiet", workspace], check=True)
        with pytest.raises(CargoFailed, match="not yet committed") as caught:
            cargo.package(against, workspace, tmp_path / "target", BOTH, locked=True)
        assert "`cargo package --package=units --package=hangar --locked --no-verify" in caught.value.what

    def test_code_that_does_not_compile_is_found_while_verifying(
        self, against: cargo.Cargo, workspace: Path, tmp_path: Path
    ) -> None:
        write(workspace, {"hangar/src/main.rs": "fn main() { units::TON; }\n"})
        with pytest.raises(CargoFailed, match="TON"):
            cargo.package_and_build(against, workspace, tmp_path / "target", BOTH, locked=True)

    def test_a_version_that_is_not_the_packaged_one_is_missed(
        self, against: cargo.Cargo, workspace: Path, tmp_path: Path
    ) -> None:
        with pytest.raises(CrateMissingFromPackage, match=r"units-9\.9\.9\.crate"):
            cargo.package(against, workspace, tmp_path / "target", {"units": "9.9.9"}, locked=True)

    @pytest.mark.parametrize(
        ("size", "package"), [("8k", cargo.package), ("300k", cargo.package_and_build)], ids=["packing", "verifying"]
    )
    def test_a_full_disk_is_told_as_such(
        self,
        size: str,
        package: Callable[..., Mapping[str, Path]],
        against: cargo.Cargo,
        workspace: Path,
        tmp_path: Path,
    ) -> None:
        with (
            small_disk(tmp_path / "target", size) as target,
            pytest.raises(DiskFull, match=rf"`{tmp_path}/target`, while packaging \(\d\.\d MB are free there\)"),
        ):
            package(against, workspace, target, BOTH, locked=True)

    def test_a_disk_that_is_too_full_for_the_complaint_is_told_as_such(
        self, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        false_cargo(tmp_path / "bin", "exit 101", monkeypatch)
        with small_disk(tmp_path / "disk", "100k") as disk:
            mute = sandboxed_cargo(disk / "home", disk / "cargo.log")
            mute.log.write_text("its first page has room for what was called\n")
            fill(disk)
            with pytest.raises(DiskFull, match="while fetching dependencies"):
                cargo.fetch(mute, workspace, locked=True)

    def test_a_full_home_and_an_unwritable_log_are_told_with_their_place(self, workspace: Path, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", "100k") as disk:
            fill(disk)
            with pytest.raises(DiskFull, match=rf"`{disk}/home/cargo/config\.toml`"):
                sandboxed_cargo(disk / "home", disk / "cargo.log")
            make_read_only(disk)
            with pytest.raises(NotWritten, match=rf"`{disk}/cargo\.log` cannot be written: Read-only file system"):
                cargo.fetch(sandboxed_cargo(tmp_path / "home", disk / "cargo.log"), workspace, locked=True)


class TestOutage:
    """A registry that is out of reach is told apart from everything else at which cargo fails."""

    @staticmethod
    def _index(answer: Response, config: Response | None = None) -> Starlette:
        def of(request: Request) -> Response:
            base = str(request.base_url).rstrip("/")
            told = JSONResponse({"dl": f"{base}/dl", "api": base})
            return (config or told) if request.url.path.endswith("config.json") else answer

        return Starlette(routes=[Route("/{path:path}", of)])

    LINE = '{"name":"hangar","vers":"0.4.0","deps":[],"cksum":"' + "0" * 64 + '","features":{},"yanked":false}\n'
    PAGE = "<!doctype html>\n<title>Sign in</title>\n"
    AWAY = (
        ("config.json answered 503", PlainTextResponse("busy", 503), PlainTextResponse("busy", 503)),
        ("the index answered 500", PlainTextResponse("busy", 500), None),
        ("the index answered 429", PlainTextResponse("slowly", 429), None),
        ("config.json is a page", PlainTextResponse(PAGE), PlainTextResponse(PAGE)),
    )

    @pytest.mark.parametrize(("answer", "config"), [row[1:] for row in AWAY], ids=[row[0] for row in AWAY])
    def test_answers(self, answer: Response, config: Response | None, tmp_path: Path) -> None:
        with serving(self._index(answer, config)) as address, pytest.raises(CargoOffline) as caught:
            self._install(f"sparse+{address}/index/", tmp_path)
        assert caught.value.outage
        assert "\n" not in caught.value.what

    @pytest.mark.parametrize(
        ("index", "told"),
        [
            ("sparse+http://127.0.0.1:1/index/", "Failed to connect to 127.0.0.1 port 1"),
            ("sparse+http://nowhere.invalid/index/", "Could not resolve host: nowhere.invalid"),
        ],
        ids=["refused", "no such host"],
    )
    def test_no_answer(self, index: str, told: str, tmp_path: Path) -> None:
        with pytest.raises(CargoOffline, match=f"`cargo info .* could not reach what it needs: .*{told}"):
            self._install(index, tmp_path)

    def test_a_file_that_is_not_served_for_now(self, tmp_path: Path) -> None:
        def of(request: Request) -> Response:
            base = str(request.base_url).rstrip("/")
            if request.url.path.startswith("/dl"):
                return PlainTextResponse("busy", 503)
            told = JSONResponse({"dl": f"{base}/dl", "api": base})
            return told if request.url.path.endswith("config.json") else PlainTextResponse(self.LINE)

        with serving(Starlette(routes=[Route("/{path:path}", of)])) as address, pytest.raises(CargoOffline):
            self._install(f"sparse+{address}/index/", tmp_path)

    def test_a_name_that_the_registry_does_not_have_is_none(self, tmp_path: Path) -> None:
        with (
            serving(self._index(PlainTextResponse("", 404))) as address,
            pytest.raises(CargoFailed, match=r"could not find `hangar@0\.4\.0`") as caught,
        ):
            self._install(f"sparse+{address}/index/", tmp_path)
        assert type(caught.value) is CargoFailed

    def test_a_network_that_was_back_before_the_code_broke_is_none(
        self, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = (
            "warning: spurious network error (2 tries remaining): failed to get successful HTTP response from "
            "\\`http://127.0.0.1/index/ha/ng/hangar\\` (127.0.0.1), got 503\nbody:\nbusy\n"
            "error[E0425]: cannot find value \\`TON\\` in this scope\nerror: could not compile \\`hangar\\`"
        )
        false_cargo(tmp_path / "bin", f'printf "{said}" >&2; exit 101', monkeypatch)
        with pytest.raises(CargoFailed, match="could not compile") as caught:
            cargo.fetch(sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log"), workspace, locked=True)
        assert type(caught.value) is CargoFailed

    def _install(self, index: str, tmp_path: Path) -> None:
        against = sandboxed_cargo(tmp_path / "home", tmp_path / "cargo.log", index=index)
        at_once = replace(against, env={**against.env, "CARGO_NET_RETRY": "0"})
        cargo.install(at_once, tmp_path, "hangar", "0.4.0", debug=True)


class TestInstall:
    def test_a_crate_that_is_not_there_is_told_in_cargo_s_words(self, against: cargo.Cargo, tmp_path: Path) -> None:
        with pytest.raises(CargoFailed, match=r"could not find `hangar@0\.4\.0` in registry"):
            cargo.install(against, tmp_path, "hangar", "0.4.0", debug=True)

    def test_a_binary_that_fails_is_told(self, called: cargo.Cargo, tmp_path: Path) -> None:
        write(tmp_path, {"hangar": "#!/bin/sh\necho broken >&2\nexit 7\n"})
        (tmp_path / "hangar").chmod(0o755)
        answer = cargo.version_of_program(called, tmp_path / "hangar")
        assert (answer.code, answer.tail) == (7, "broken")
