"""A crate that does not build, does not pass, is refused or is not what it says: what the message says to run leads on."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadmaster.clients import cargo
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.cargo import CargoFailed, ClippyFailed, InstalledProgramFailed, InstalledVersionWrong
from loadmaster.errors.registry import UploadRefused
from loadmaster.planning.registry.metadata import upload_head, upload_metadata
from loadmaster.planning.values.state import ObjectState
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.registry.limits import Limits
from loadmaster.things.install import InstalledProgram
from loadmaster.things.thing import require_ours
from tests.kit.hangar import FILES, commit_all, git, repository
from tests.kit.next_step import run_as_printed
from tests.kit.packing import crate_file, manifest_text, packed
from tests.kit.registry_world import Served, served
from tests.kit.running import MEMBERS, Repository, index_of, loadmaster
from tests.kit.sandboxed_cargo import sandboxed_cargo

pytestmark = pytest.mark.cargo


@dataclass(frozen=True)
class Mine:
    """A person's own cargo, whose crates.io is the registry of the test."""

    world: Served
    cargo: cargo.Cargo

    def environment(self, token: str | None = None) -> dict[str, str]:
        mine = {"CARGO_HOME": str(self.cargo.home), "CARGO_REGISTRY_DEFAULT": cargo.REGISTRY}
        return mine if token is None else {**mine, "CARGO_REGISTRIES_REHEARSAL_TOKEN": token}

    def upload(self, content: bytes, crate: str, token: str | None = None) -> None:
        head = upload_head(upload_metadata(content, name=crate), len(content))
        RegistryClient(index_of(self.world)).upload(crate, head + content, token or self.world.token)


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Mine]:
    with served(Registry(tmp_path / "registry", limits=Limits(unpacked_bytes=50_000))) as world:
        yield Mine(world, sandboxed_cargo(tmp_path / "mine", tmp_path / "cargo.log", index=index_of(world)))


def cloned(source: Path) -> Path:
    clone = source.parent / "clone"
    git(source.parent, "clone", "--quiet", str(source), str(clone))
    return clone


KILOGRAM = {
    "units/src/lib.rs": "mod kilogram;\npub use kilogram::KILOGRAM;\n",
    "units/src/kilogram.rs": "pub const KILOGRAM: u32 = 1000;\n",
}
"""A file of the crate that is not the first one."""


def test_a_crate_that_does_not_build_alone_is_built_in_a_clone(mine: Mine, tmp_path: Path) -> None:
    excluded = FILES["units/Cargo.toml"] + 'exclude = ["src/kilogram.rs"]\n'
    source = repository(tmp_path / "source", {**KILOGRAM, "units/Cargo.toml": excluded})
    cargo.fetch(mine.cargo, source, locked=True)

    def package(tree: Path) -> Mapping[str, Path]:
        both = {"hangar-units": "0.4.0", "hangar-cli": "0.4.0"}
        return cargo.package_and_build(mine.cargo, tree, tmp_path / "target", both, locked=True)

    with pytest.raises(CargoFailed) as caught:
        package(source)
    printed, clone = caught.value.fix, cloned(source)
    again = run_as_printed("CargoFailed", "{same_command}", printed, clone, succeeds=False)
    assert "file not found for module `kilogram`" in again.stderr
    (clone / "units/Cargo.toml").write_text(FILES["units/Cargo.toml"])
    commit_all(clone)

    run_as_printed("CargoFailed", "{same_command}", printed, clone)
    assert len(package(clone)) == 2


def test_what_clippy_finds_is_shown_by_clippy(mine: Mine, tmp_path: Path) -> None:
    returns = "pub fn one(x: u32) -> u32 {\n    return x;\n}\npub const KILOGRAM: u32 = 1000;\n"
    source = repository(tmp_path / "source", {"units/src/lib.rs": returns})
    lint = cargo.clippy(mine.cargo, source, locked=True, deny_warnings=True)
    error, clone = ClippyFailed(lint.findings, lint.why), cloned(source)

    shown = run_as_printed("ClippyFailed", "cargo clippy --workspace --all-targets", str(error), clone)
    assert "units/src/lib.rs:2:5" in shown.stderr
    (clone / "units/src/lib.rs").write_text(FILES["units/src/lib.rs"])

    assert (
        "warning"
        not in run_as_printed("ClippyFailed", "cargo clippy --workspace --all-targets", str(error), clone).stderr
    )
    assert cargo.clippy(mine.cargo, clone, locked=True, deny_warnings=True).passed


def program(version: str, source: str) -> bytes:
    root, lock = f"hangar-{version}", f'version = 4\n\n[[package]]\nname = "hangar"\nversion = "{version}"\n'
    files = {"Cargo.toml": manifest_text("hangar", version), "Cargo.lock": lock, "src/main.rs": source}
    return packed({f"{root}/{path}": text for path, text in files.items()})


RIGHT = 'fn main() { println!("hangar {}", env!("CARGO_PKG_VERSION")); }\n'


def installed(mine: Mine, root: Path, version: str) -> ObjectState:
    root.mkdir()
    program = InstalledProgram(cargo=mine.cargo, home=root, package="hangar", version=version, binary="hangar")
    program.install(debug=True)
    return require_ours(program, program.observe()).state


@pytest.fixture
def install_by_hand(mine: Mine, tmp_path: Path) -> Callable[[type[LoadmasterError], str], tuple[str, Path]]:
    """Uploads a program, and installs it as a release does. Gives the text of the error, and a place for a person's own."""

    def install(kind: type[LoadmasterError], source: str) -> tuple[str, Path]:
        mine.upload(program("1.0.0", source), "hangar@1.0.0")
        with pytest.raises(kind) as caught:
            installed(mine, tmp_path / "release", "1.0.0")
        return str(caught.value), tmp_path / "by hand"

    return install


InstallByHand = Callable[[type[LoadmasterError], str], tuple[str, Path]]


def test_a_program_that_tells_another_version_is_seen_by_hand_and_followed_by_a_higher_one(
    mine: Mine, install_by_hand: InstallByHand, tmp_path: Path
) -> None:
    printed, place = install_by_hand(InstalledVersionWrong, 'fn main() { println!("hangar 0.9.0"); }\n')

    run_as_printed(
        "InstalledVersionWrong",
        "cargo install --locked {package}@{expected} --root DIRECTORY",
        printed,
        tmp_path,
        mine.environment(),
        DIRECTORY=f"'{place}'",
    )

    assert subprocess.run([place / "bin/hangar"], capture_output=True, check=True).stdout == b"hangar 0.9.0\n"
    mine.upload(program("1.0.1", RIGHT), "hangar@1.0.1")
    assert installed(mine, tmp_path / "next release", "1.0.1") is ObjectState.SAME


def test_a_program_that_fails_is_started_by_hand_and_followed_by_a_higher_one(
    mine: Mine, install_by_hand: InstallByHand, tmp_path: Path
) -> None:
    printed, place = install_by_hand(InstalledProgramFailed, 'fn main() { panic!("no cargo hold"); }\n')
    assert "no cargo hold" in printed

    run_as_printed(
        "InstalledProgramFailed",
        "cargo install --locked {package}@{version} --root DIRECTORY",
        printed,
        tmp_path,
        mine.environment(),
        DIRECTORY=f"'{place}'",
    )

    assert b"no cargo hold" in subprocess.run([place / "bin/hangar"], capture_output=True, check=False).stderr
    mine.upload(program("1.0.1", RIGHT), "hangar@1.0.1")
    assert installed(mine, tmp_path / "next release", "1.0.1") is ObjectState.SAME


def test_an_owner_invites_the_account_of_the_token(mine: Mine, tmp_path: Path) -> None:
    mine.upload(crate_file("hangar"), "hangar@1.0.0")
    mine.world.registry.add_account("noah")
    noah = mine.world.token_of("noah")
    with pytest.raises(UploadRefused) as caught:
        mine.upload(crate_file("hangar", "1.1.0"), "hangar@1.1.0", noah)

    owner = mine.environment(mine.world.token)
    run_as_printed(
        "sentences._ACCOUNT", "cargo owner --add LOGIN {package}", str(caught.value), tmp_path, owner, LOGIN="noah"
    )
    mine.world.registry.invitations.accept("hangar", "noah")

    mine.upload(crate_file("hangar", "1.1.0"), "hangar@1.1.0", noah)


def test_what_makes_a_crate_too_large_is_listed_and_left_out(mine: Mine, tmp_path: Path) -> None:
    tree = repository(tmp_path / "source", {"units/src/table.txt": "0\n" * 100_000})

    def package(version: str) -> bytes:
        units = {"hangar-units": version}
        files = cargo.package(mine.cargo, tree, tmp_path / "target", units, locked=True)
        return files["hangar-units"].read_bytes()

    with pytest.raises(UploadRefused) as caught:
        mine.upload(package("0.4.0"), "hangar-units@0.4.0")
    assert caught.value.facts["reason"] == "tarball"

    shown = run_as_printed("sentences._CONTENTS", "cargo package --list --package {package}", str(caught.value), tree)
    assert "src/table.txt" in shown.stdout.splitlines()
    (tree / "units/Cargo.toml").write_text(FILES["units/Cargo.toml"] + 'exclude = ["src/table.txt"]\n')
    git(tree, "commit", "--quiet", "--all", "--message=Leave the table out")

    mine.upload(package("0.4.0"), "hangar-units@0.4.0")


def test_a_published_crate_is_compared_with_the_one_that_is_packaged_at_the_tag(
    mine: Mine, home: Path, tmp_path: Path
) -> None:
    ours = Repository(tmp_path / "workspace")
    ours.tag("v1.0.0")
    versions = dict.fromkeys(MEMBERS, "1.0.0")
    files = cargo.package(mine.cargo, ours.directory, ours.directory / "target", versions, locked=False)
    for name in MEMBERS:
        mine.upload(files[name].read_bytes(), f"{name}@1.0.0")
    at = ("--repository", str(ours.directory), "--registry", index_of(mine.world), "--forge", "none")
    seen = loadmaster(home, "status", "--project", "demo", "--version", "1.0.0", *at)
    assert seen.code == 4

    compared = run_as_printed(
        "PublishedCrate",
        "loadmaster compare target/package/{self.name}-{self.version}.crate{at}",
        seen.out,
        ours.directory,
    )

    assert compared.stdout.startswith("app@1.0.0: same")
