"""A program of a registry is fetched by one call of real cargo and built by another, which reaches nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadmaster.clients import cargo
from loadmaster.clients.cargo import Cargo
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.cargo import CargoFailed, CrateNotFetched
from loadmaster.planning.packaging import CRATES_IO_SOURCE
from loadmaster.planning.registry.metadata import upload_head, upload_metadata
from loadmaster.rehearsal.registry import NO_LIMITS, Registry
from tests.kit.packing import manifest_text, packed
from tests.kit.reaching import open_places, reaching_script
from tests.kit.registry_world import Served, served
from tests.kit.running import index_of
from tests.kit.sandboxed_cargo import require_sandbox, sandboxed_cargo

pytestmark = pytest.mark.cargo

MAIN = 'fn main() { println!("hangar {} {} [{}]", env!("CARGO_PKG_VERSION"), units::VERSION, env!("REACHED")); }\n'
NEEDS = '[dependencies]\nunits = "1"\n'


@dataclass(frozen=True)
class World:
    registry: Served
    root: Path

    def upload(self, name: str, version: str, files: dict[str, str], rest: str = "") -> str:
        """The SHA-256 of the uploaded crate."""
        contents = {"Cargo.toml": manifest_text(name, version, rest=rest), **files}
        content = packed({f"{name}-{version}/{path}": text for path, text in contents.items()})
        head = upload_head(upload_metadata(content, name=name), len(content))
        RegistryClient(index_of(self.registry)).upload(name, head + content, self.registry.token)
        return hashlib.sha256(content).hexdigest()

    def upload_units(self, version: str) -> str:
        return self.upload("units", version, {"src/lib.rs": f'pub const VERSION: &str = "{version}";\n'})

    def upload_hangar(self, build_script: str, lock: str | None) -> None:
        files = {"src/main.rs": MAIN, "build.rs": build_script} | ({} if lock is None else {"Cargo.lock": lock})
        self.upload("hangar", "0.4.0-rc.1", files, NEEDS)

    def cargo(self, *, sandboxed: bool = True) -> Cargo:
        home, log, index = self.root / "home", self.root / "cargo.log", index_of(self.registry)
        if sandboxed:
            return sandboxed_cargo(home, log, index=index)
        return cargo.cargo_in(home, log, sandbox=None, index=index)

    def installed(self, called: Cargo) -> str:
        """What the program says that was installed."""
        root = self.root / "installed"
        cargo.install(called, root, "hangar", "0.4.0-rc.1", debug=True)
        return cargo.version_of_program(called, root / "bin" / "hangar").out.strip()


def lockfile(units: str, checksum: str) -> str:
    return (
        'version = 4\n\n[[package]]\nname = "hangar"\nversion = "0.4.0-rc.1"\ndependencies = [\n "units",\n]\n\n'
        f'[[package]]\nname = "units"\nversion = "{units}"\nsource = "{CRATES_IO_SOURCE}"\nchecksum = "{checksum}"\n'
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with served(Registry(tmp_path / "registry", limits=NO_LIMITS)) as registry:
        yield World(registry, tmp_path)


@pytest.mark.parametrize("sandboxed", [True, False], ids=["in the sandbox", "without one"])
def test_a_build_script_of_what_is_installed_reaches_nothing_though_it_would(sandboxed: bool, world: World) -> None:
    if sandboxed:
        require_sandbox()
    with open_places(index_of(world.registry)) as places:
        world.upload_hangar(reaching_script(places), lockfile("1.0.0", world.upload_units("1.0.0")))
        told = world.installed(world.cargo(sandboxed=sandboxed))
    assert {"registry", "loopback", "abstract"} <= places.keys()
    assert told == f"hangar 0.4.0-rc.1 1.0.0 [{'' if sandboxed else ','.join(places)}]"


REACHES_NOTHING = reaching_script({})


def test_what_the_lockfile_in_the_crate_names_is_what_is_built(world: World) -> None:
    locked = lockfile("1.0.0", world.upload_units("1.0.0"))
    world.upload_units("1.1.0")
    world.upload_hangar(REACHES_NOTHING, locked)
    assert world.installed(world.cargo()) == "hangar 0.4.0-rc.1 1.0.0 []"


def test_a_crate_without_a_lockfile_is_built_with_the_newest(world: World) -> None:
    for version in ("1.0.0", "1.1.0"):
        world.upload_units(version)
    world.upload_hangar(REACHES_NOTHING, None)
    assert world.installed(world.cargo()) == "hangar 0.4.0-rc.1 1.1.0 []"


def test_a_lockfile_that_does_not_fit_is_told_before_anything_is_built(world: World) -> None:
    world.upload_units("1.0.0")
    world.upload_hangar(REACHES_NOTHING, 'version = 4\n\n[[package]]\nname = "hangar"\nversion = "0.4.0-rc.1"\n')
    with pytest.raises(CargoFailed, match=r"`cargo fetch .*--locked"):
        world.installed(world.cargo())


def test_a_configuration_in_the_crate_is_not_obeyed(world: World) -> None:
    locked = lockfile("1.0.0", world.upload_units("1.0.0"))
    files = {"src/main.rs": MAIN, "build.rs": REACHES_NOTHING, "Cargo.lock": locked}
    files |= {".cargo/config.toml": "[source.crates-io]\nreplace-with = 'nowhere'\n", "rust-toolchain": "no-such\n"}
    world.upload("hangar", "0.4.0-rc.1", files, NEEDS)
    assert world.installed(world.cargo()) == "hangar 0.4.0-rc.1 1.0.0 []"


def test_a_cargo_that_says_it_fetched_the_crate_and_did_not_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = world.root / "bin"
    programs.mkdir()
    (programs / "cargo").write_text("#!/bin/sh\nexit 0\n")
    (programs / "cargo").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    with pytest.raises(CrateNotFetched, match=r"hangar@0\.4\.0-rc\.1"):
        world.installed(world.cargo())
