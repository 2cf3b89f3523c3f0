"""The same bytes with the index and without, by real cargo: where the rule says so, and not where it says no."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadmaster.clients import cargo
from loadmaster.clients.cargo import Cargo
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.clients.serving import serving
from loadmaster.planning.packaging import needs_index
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.registry.embedded_lock import LOCKFILE
from loadmaster.planning.registry.metadata import upload_head, upload_metadata
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.tree.workspace import read_metadata
from loadmaster.rehearsal.registry import NO_LIMITS, Registry, new_token
from loadmaster.run.sandboxing import READS_VARIABLE
from loadmaster.steps.build_trees import fetch_for_packaged
from tests.kit.packing import crate_file, manifest_text
from tests.kit.sandboxed_cargo import sandboxed_cargo

pytestmark = pytest.mark.cargo

TOKEN = new_token()
WINDOWS_ONLY = "[target.'cfg(windows)'.dependencies]\nwindows-only = \"1\"\n"
FILES: Mapping[str, str] = {
    "Cargo.toml": '[workspace]\nmembers = ["units", "hangar"]\nresolver = "2"\n',
    "units/Cargo.toml": manifest_text(
        "units", "0.4.0", 'rust-version = "1.70"', '[dependencies]\nserde = "1"\nrand = ">=0.1, <0.3"\n'
    ),
    "units/src/lib.rs": "",
    "hangar/Cargo.toml": manifest_text(
        "hangar",
        "0.4.0",
        rest='[dependencies]\nunits = { path = "../units", version = "0.4.0" }\nlog = { version = "1", optional = true }\n'
        + '[dev-dependencies]\nserde = "1"\n'
        + WINDOWS_ONLY,
    ),
    "hangar/src/lib.rs": "",
}
BOTH = {"units": "0.4.0", "hangar": "0.4.0"}


class Published:
    """A registry that others publish to, and a workspace that is about to be."""

    def __init__(self, address: str, root: Path) -> None:
        self.index, self.root, self.checkout = f"sparse+{address}/index/", root, root / "checkout"

    def put(self, name: str, version: str, rest: str = "") -> None:
        content = crate_file(name, version, manifest_text(name, version, rest=rest))
        head = upload_head(upload_metadata(content, name=name), len(content))
        RegistryClient(self.index).upload(name, head + content, TOKEN)

    def cargo(self, name: str) -> Cargo:
        return sandboxed_cargo(self.root / name, self.root / f"{name}.log", index=self.index)

    @property
    def lockfile(self) -> Path:
        return self.checkout / "Cargo.lock"

    def package(self, crates: Mapping[str, str] = BOTH) -> dict[str, bytes]:
        """The crates by name, packaged with the index, with a `CARGO_HOME` and a target directory of their own."""
        called, target = self.cargo("online"), self.root / "online-target"
        files = cargo.package(called, self.checkout, target, crates, locked=self.lockfile.is_file())
        return {name: path.read_bytes() for name, path in files.items()}

    def package_offline(self, crates: Mapping[str, str] = BOTH) -> dict[str, bytes]:
        """As `package`, but built, and without the index, after one fetch of what the lockfile names."""
        called = self.cargo("offline")
        cargo.fetch(called, self.checkout, locked=True)
        return self._build(called, crates, locked=True)

    def build(self, packaged: Mapping[str, bytes], crates: Mapping[str, str] = BOTH) -> dict[str, bytes]:
        """As `package_offline`, after a fetch of what the packaged crates name."""
        called, locked = self.cargo("offline"), self.lockfile.is_file()
        embedded = [
            read_crate(crate, name, keep=(LOCKFILE,)).kept[LOCKFILE].decode() for name, crate in packaged.items()
        ]
        fetch_for_packaged(called, self.checkout, crates, embedded, locked=locked)
        return self._build(called, crates, locked=locked)

    def _build(self, called: Cargo, crates: Mapping[str, str], *, locked: bool) -> dict[str, bytes]:
        apart, target = cargo.with_copied_home(called, self.root / "apart"), self.root / "offline-target"
        files = cargo.package_and_build(apart, self.checkout, target, crates, locked=locked)
        assert f"Verifying {next(iter(crates))}" in (self.root / "offline.log").read_text()
        return {name: path.read_bytes() for name, path in files.items()}

    def why(self, crates: Mapping[str, str] = BOTH) -> str | None:
        workspace = read_metadata(cargo.members(self.cargo("look"), self.checkout, "demo"))
        lockfile = self.lockfile.read_text() if self.lockfile.is_file() else None
        out = {name: RegistryClient(self.index).versions(name) for name in workspace.names}
        return needs_index(workspace, crates, lockfile, RegistrySeen(crates=out))

    def relock(self) -> None:
        """Makes the lockfile anew, from what is out by now and what the manifests say."""
        self.lockfile.unlink()
        command = ["cargo", "generate-lockfile", "--quiet"]
        subprocess.run(command, cwd=self.checkout, env=dict(self.cargo("lock").env), check=True)


@contextmanager
def registry_in(place: Path) -> Iterator[Published]:
    registry = Registry(place / "registry", limits=NO_LIMITS)
    registry.add_account("ada")
    registry.add_token("ada", TOKEN)
    with serving(registry.app()) as address:
        yield Published(address, place)


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Published]:
    with registry_in(tmp_path) as published:
        yield _with_lockfile(published)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Published]:
    with registry_in(tmp_path / "other") as other:
        yield other


def _with_lockfile(published: Published) -> Published:
    """The workspace's lockfile is older than the newest of everything that it names."""
    published.put("itoa", "1.0.0")
    for name in ("log", "windows-only"):
        published.put(name, "1.0.0")
    published.put("serde", "1.0.0", '[dependencies]\nitoa = "1"\n')
    published.put("rand", "0.1.0")
    for name, text in FILES.items():
        (published.checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (published.checkout / name).write_text(text)
    published.lockfile.touch()
    published.relock()
    for name, version in (("itoa", "1.0.1"), ("log", "1.2.0"), ("windows-only", "1.1.0"), ("serde", "1.9.0")):
        published.put(name, version)
    published.put("rand", "0.2.0")
    return published


def test_the_bytes_are_the_same_without_the_index(published: Published) -> None:
    published.put("units", "0.3.9")
    assert published.why() is None
    assert published.package_offline() == published.package()
    assert (published.root / "offline.log").read_text().count("Updating `rehearsal` index") == 1


def test_a_newer_sibling_on_the_registry_would_be_missed_without_the_index(published: Published) -> None:
    published.put("units", "0.4.1")
    assert published.package()["hangar"] != published.package_offline()["hangar"]
    assert published.why() == "`units ^0.4.0` fits `0.4.1` on the registry, too"


def _newer_sibling(published: Published) -> None:
    published.put("ryu", "1.0.0")
    published.put("units", "0.4.1", '[dependencies]\nryu = "1"\n')


def _no_lockfile(published: Published) -> None:
    published.lockfile.unlink()


def _by_path(published: Published) -> None:
    """What is in a directory here, and newer than the crate of its name on the registry that a user gets."""
    _outside(published)
    _need(published, 'itoa = { path = "../../outside", version = "1" }')


def _by_git(published: Published) -> None:
    outside = _outside(published)
    subprocess.run(["git", "init", "--quiet", outside], check=True)
    subprocess.run(["git", "-C", outside, "add", "--all"], check=True)
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "-C", outside, *identity, "commit", "--quiet", "-m", "All"], check=True)
    _need(published, f'itoa = {{ git = "{outside.as_uri()}", version = "1" }}')


def _outside(published: Published) -> Path:
    outside = published.root / "outside"
    (outside / "src").mkdir(parents=True)
    (outside / "Cargo.toml").write_text(manifest_text("itoa", "1.0.7"))
    (outside / "src" / "lib.rs").write_text("")
    return outside


def _need(published: Published, dependency: str) -> None:
    manifest = published.checkout / "units" / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace("[dependencies]\n", f"[dependencies]\n{dependency}\n"))
    published.relock()


NEEDS_INDEX: Mapping[str, Callable[[Published], None]] = {
    "a newer sibling on the registry": _newer_sibling,
    "no lockfile": _no_lockfile,
    "a dependency in a directory": _by_path,
    "a dependency from git": _by_git,
}


@pytest.mark.parametrize("change", NEEDS_INDEX.values(), ids=NEEDS_INDEX)
def test_where_the_index_is_needed_what_it_gave_is_fetched_and_built_without_it(
    change: Callable[[Published], None], published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(READS_VARIABLE, str(published.root / "outside"))
    change(published)
    assert published.why() is not None
    packaged = published.package()
    assert published.build(packaged) == packaged


def test_a_sibling_that_is_out_already_is_fetched_and_not_packaged(published: Published) -> None:
    published.put("units", "0.4.0", '[dependencies]\nserde = "1"\n')
    hangar = {"hangar": "0.4.0"}
    assert published.why(hangar) == "`units` is not packaged with the others"
    packaged = published.package(hangar)
    assert published.build(packaged, hangar) == packaged


def test_a_crate_of_another_registry_is_fetched_from_there(
    published: Published, other: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(READS_VARIABLE, str(published.root / "outside"))
    other.put("itoa", "1.0.9")
    _outside(published)
    settings = published.checkout / ".cargo" / "config.toml"
    settings.parent.mkdir()
    settings.write_text(f'[registries.other]\nindex = "{other.index}"\n')
    _need(published, 'itoa = { path = "../../outside", version = "1", registry = "other" }')
    packaged = published.package()
    assert (
        f'source = "{other.index}"'.encode() in read_crate(packaged["units"], "units", keep=(LOCKFILE,)).kept[LOCKFILE]
    )
    assert published.build(packaged) == packaged
