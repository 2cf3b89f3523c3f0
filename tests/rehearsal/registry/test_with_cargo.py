"""Unmodified cargo publishes to the registry and installs from it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.rehearsal.faults import Fault, FaultScript
from loadmaster.rehearsal.registry import Registry
from tests.kit.packing import manifest_text, upload
from tests.kit.registry_world import Served, served

pytestmark = pytest.mark.cargo


class Cargo:
    """cargo with a home of its own, whose registry `rehearsal` stands in for the real one."""

    def __init__(self, home: Path, world: Served) -> None:
        home.mkdir()
        (home / "config.toml").write_text(
            f'[source.crates-io]\nreplace-with = "rehearsal"\n'
            f'[registries.rehearsal]\nindex = "sparse+{world.address}/index/"\n'
            "[net]\nretry = 0\n"
        )
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN") if name in os.environ
        }
        self._environment = kept | {"CARGO_HOME": str(home), "CARGO_REGISTRIES_REHEARSAL_TOKEN": world.token}

    def __call__(self, *arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["cargo", *arguments], cwd=at, env=self._environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """`hello`, a binary, needs `greeting`, a library."""
    root = tmp_path / "workspace"
    for member, source in (("greeting", "lib.rs"), ("hello", "main.rs")):
        (root / member / "src").mkdir(parents=True)
        (root / member / "src" / source).touch()
    (root / "Cargo.toml").write_text('[workspace]\nmembers = ["greeting", "hello"]\nresolver = "2"\n')
    (root / "greeting/Cargo.toml").write_text(manifest_text("greeting"))
    (root / "greeting/src/lib.rs").write_text('pub const WORDS: &str = "hello from the registry";\n')
    needs = '[dependencies]\nwords = { package = "greeting", path = "../greeting", version = "1" }\n'
    (root / "hello/Cargo.toml").write_text(manifest_text("hello", rest=needs))
    (root / "hello/src/main.rs").write_text('fn main() { println!("{}", words::WORDS); }\n')
    return root


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Served]:
    with served(Registry(tmp_path / "registry")) as world:
        yield world


def publish(cargo: Cargo, package: str, workspace: Path) -> subprocess.CompletedProcess[str]:
    return cargo("publish", "--registry", "rehearsal", "--no-verify", "--allow-dirty", "-p", package, at=workspace)


def test_a_workspace_is_published_and_its_binary_installed(world: Served, workspace: Path, tmp_path: Path) -> None:
    cargo = Cargo(tmp_path / "home", world)
    for package in ("greeting", "hello"):
        published = publish(cargo, package, workspace)
        assert published.returncode == 0, published.stderr
        assert f"Published {package} v1.0.0" in published.stderr
    installed = Cargo(tmp_path / "fresh", world)("install", "--locked", "hello", at=tmp_path)
    assert installed.returncode == 0, installed.stderr
    said = subprocess.run([tmp_path / "fresh/bin/hello"], capture_output=True, text=True, check=True)
    assert said.stdout == "hello from the registry\n"
    assert [(entry.crate, entry.status) for entry in world.registry.uploads()] == [("greeting", 200), ("hello", 200)]


def test_a_workspace_is_published_at_once(world: Served, workspace: Path, tmp_path: Path) -> None:
    cargo = Cargo(tmp_path / "home", world)
    published = cargo("publish", "--workspace", "--registry", "rehearsal", "--allow-dirty", at=workspace)
    assert published.returncode == 0, published.stderr
    assert [(entry.crate, entry.status) for entry in world.registry.uploads()] == [("greeting", 200), ("hello", 200)]


def test_owners_are_listed_invited_added_and_removed(world: Served, workspace: Path, tmp_path: Path) -> None:
    world.registry.add_account("noah")
    world.registry.accounts.add_team("github:hangar:crew", ["mia"])
    world.put(upload("greeting"))
    cargo = Cargo(tmp_path / "home", world)

    def owner(*arguments: str) -> subprocess.CompletedProcess[str]:
        return cargo("owner", *arguments, "--registry", "rehearsal", "greeting", at=workspace)

    assert "user noah has been invited to be an owner of crate greeting" in owner("--add", "noah").stderr
    assert "team github:hangar:crew has been added" in owner("--add", "github:hangar:crew").stderr
    assert owner("--list").stdout == "mia (mia)\ngithub:hangar:crew\n"
    assert owner("--remove", "github:hangar:crew").returncode == 0
    refused = owner("--remove", "mia")
    assert refused.returncode == 101
    assert "(status 400 Bad Request): cannot remove all individual owners of a crate." in refused.stderr
    assert owner("--list").stdout == "mia (mia)\n"


def test_a_crate_is_found_added_yanked_and_taken_back(world: Served, workspace: Path, tmp_path: Path) -> None:
    world.put(upload("signal-lamp", fields='description = "a light"'))
    cargo = Cargo(tmp_path / "home", world)
    found = cargo("search", "--registry", "rehearsal", "lamp", at=workspace)
    assert found.stdout.startswith('signal-lamp = "1.0.0"    # a light')
    added = cargo("add", "-p", "greeting", "signal-lamp", at=workspace)
    assert added.returncode == 0, added.stderr
    assert 'signal-lamp = "1.0.0"' in (workspace / "greeting/Cargo.toml").read_text()
    yank = ("yank", "--registry", "rehearsal", "signal-lamp", "--version", "1.0.0")
    assert cargo(*yank, at=workspace).returncode == 0
    unlocked = Cargo(tmp_path / "another", world)
    assert "is yanked" in unlocked("generate-lockfile", at=workspace).stderr
    assert cargo(*yank, "--undo", at=workspace).returncode == 0
    assert unlocked("generate-lockfile", at=workspace).returncode == 0


def test_cargo_shows_the_registry_s_own_words(world: Served, workspace: Path, tmp_path: Path) -> None:
    cargo = Cargo(tmp_path / "home", world)
    manifest = workspace / "greeting/Cargo.toml"
    manifest.write_text(manifest.read_text().replace('license = "MIT"', ""))
    refused = publish(cargo, "greeting", workspace)
    assert refused.returncode == 101
    assert "status 400 Bad Request): missing or empty metadata fields: license." in refused.stderr


def test_cargo_shows_that_it_must_wait(workspace: Path, tmp_path: Path) -> None:
    script = FaultScript(faults=(Fault(on="publish", status=429, detail="come back later"),))
    with served(Registry(tmp_path / "registry", faults=script)) as world:
        refused = publish(Cargo(tmp_path / "home", world), "greeting", workspace)
    assert "(status 429 Too Many Requests): come back later" in refused.stderr


def test_a_large_crate_does_not_wait_in_vain_for_100_continue(world: Served, workspace: Path, tmp_path: Path) -> None:
    (workspace / "greeting/noise").write_bytes(os.urandom(2 * 1024 * 1024))
    published = publish(Cargo(tmp_path / "home", world), "greeting", workspace)
    assert published.returncode == 0, published.stderr


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(
            Fault(on="publish", read_only=True),
            "(status 503 Service Unavailable): crates.io is currently in read-only mode.",
            id="read-only mode",
        ),
        pytest.param(
            Fault(on="publish", status=200, detail="an error in disguise"), "an error in disguise", id="200 with errors"
        ),
        pytest.param(Fault(on="publish", status=502, form="html"), "got 502", id="a proxy's page"),
        pytest.param(
            Fault(on="publish", form="html"), "expected value at line 1 column 1", id="a page instead of the answer"
        ),
        pytest.param(
            Fault(on="publish", reset="before-body"), "failed to publish greeting v1.0.0", id="cut before the file"
        ),
        pytest.param(Fault(on="publish", reset="before-commit"), "Empty reply from server", id="cut before the effect"),
        pytest.param(Fault(on="publish", lose_answer=True), "Empty reply from server", id="a lost answer"),
        pytest.param(Fault(on="config", form="html", times=9), "expected value at line 1", id="a page as config.json"),
    ],
)
def test_cargo_shows_what_befell_an_upload(workspace: Path, tmp_path: Path, fault: Fault, words: str) -> None:
    with served(Registry(tmp_path / "registry", faults=FaultScript(faults=(fault,)))) as world:
        refused = publish(Cargo(tmp_path / "home", world), "greeting", workspace)
    assert refused.returncode == 101, refused.stderr
    assert words in refused.stderr


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(
            Fault(on="index", checksum="wrong", times=9), "failed to verify the checksum", id="wrong checksum"
        ),
        pytest.param(Fault(on="index", checksum="missing", times=9), "version 1.0.0", id="no checksum"),
        pytest.param(Fault(on="download", tampered=True, times=9), "failed to verify the checksum", id="tampered"),
        pytest.param(Fault(on="index", loop=True, times=9), "redirect", id="a redirect loop"),
        pytest.param(Fault(on="index", form="html", times=9), "no matching package named `greeting`", id="a page"),
        pytest.param(Fault(on="index", lag_seconds=600), "no matching package", id="a lag"),
    ],
)
def test_cargo_does_not_take_a_crate_that_something_befell(
    workspace: Path, tmp_path: Path, fault: Fault, words: str
) -> None:
    with served(Registry(tmp_path / "registry", faults=FaultScript(faults=(fault,)))) as world:
        world.put(upload("greeting"))
        manifest = workspace / "hello" / "Cargo.toml"
        manifest.write_text(manifest.read_text().replace('path = "../greeting", ', ""))
        fetched = Cargo(tmp_path / "home", world)("fetch", at=workspace)
    assert fetched.returncode == 101, fetched.stderr
    assert words in fetched.stderr
