"""What real cargo uploads, byte for byte, against what is derived from the `.crate` in that very upload."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from loadmaster.clients.serving import serving
from loadmaster.planning.registry.metadata import CRATES_IO_INDEX, upload_head, upload_metadata
from tests.kit.capture import Capture

pytestmark = pytest.mark.cargo

REQUIREMENTS = (
    "*", "1", "1.2", "1.2.3", "^1.2", "~1.2", "=1.2.3", "=1.2.3+build.7", "1.x", "1.2.*", "1.*.*", "^1.2.*", ">=1.*",
    "=1.2.*", ">1.1", "<2", "<= 1.3", ">=1.2,<2", " >= 1.2 ,  < 1.9.0 ", "1.2.3-rc.1", ">1.0.0-alpha,<2.0.0",
)  # fmt: skip

# Every package, by what it is there for. `{common}` is what crates.io demands; `ext-…` crates are there already.
TO_CRATES_IO: Mapping[str, Mapping[str, str]] = {
    "it-has-every-form-of-requirement": {
        "Cargo.toml": "[package]\n{common}\n[dependencies]\n"
        + "".join(f'ext-{chr(ord("a") + n)} = "{requirement}"\n' for n, requirement in enumerate(REQUIREMENTS))
    },
    "Upper-Case_Name": {"Cargo.toml": '[package]\n{common}\nreadme = false\nversion = "1.0.0-rc.1+build.5"\n'},
    "it-says-little": {"Cargo.toml": '[package]\n{common}\ndescription = ""\n'},
    "it-inherits-everything": {
        "Cargo.toml": """[package]
name = "it-inherits-everything"
version.workspace = true
edition.workspace = true
authors.workspace = true
description.workspace = true
documentation.workspace = true
homepage.workspace = true
repository.workspace = true
license-file.workspace = true
readme.workspace = true
keywords.workspace = true
categories.workspace = true
rust-version.workspace = true
[dependencies]
ext-a.workspace = true
ext-b = { workspace = true, features = ["f2"], optional = true }
it-says-little.workspace = true
"""
    },
    "it-has-a-readme-below": {
        "Cargo.toml": '[package]\n{common}\nreadme = "./docs/../docs/Read Me.txt"\nlicense-file = "docs/terms.txt"\n',
        "docs/Read Me.txt": 'tab\there, "quotes", \\ back\\slash\r\n\u2028 \u007f \x1b \N{AIRPLANE} \N{SNOWMAN}\r\n',
        "docs/terms.txt": "terms",
    },
    "its-readme-is-found": {"Cargo.toml": "[package]\n{common}\n", "README.txt": "one\r\ntwo\r\n"},
    "its-readme-is-true": {"Cargo.toml": "[package]\n{common}\nreadme = true\n", "README.md": "\ufeffwith a mark"},
    "it-renames": {
        "Cargo.toml": """[package]
{common}
[dependencies]
zeta = { package = "ext-a", version = "1" }
ext-b = { package = "ext-b", version = "1" }
alpha = { package = "it-says-little", path = "../it-says-little", version = "0.4.0" }
[build-dependencies]
ext-c = { version = "1", default-features = false, features = ["f2", "f1"] }
[dev-dependencies]
ext-d = "1"
mid = { package = "ext-e", version = "0.3" }
"""
    },
    "it-has-features": {
        "Cargo.toml": """[package]
{common}
[features]
zed = ["dep:ext-a", "ext-b?/f1", "ext-c/f2"]
default = ["zed"]
Big = []
for-tests = ["it-has-targets/loud", "zed"]
only-tests = ["it-has-targets/loud"]
[dependencies]
ext-a = { version = "1", optional = true }
ext-b = { version = "1", optional = true }
ext-c = "1"
[dev-dependencies]
it-has-targets = { path = "../it-has-targets", features = ["loud"] }
"""
    },
    "it-has-targets": {
        "Cargo.toml": """[package]
{common}
links = "hangar-z"
build = "build.rs"
rust-version = "1.70.0"
keywords = ["b", "a"]
categories = ["development-tools", "aerospace"]
authors = ["Zoe <zoe@example.org>", "Al"]
homepage = "https://example.org/h?a=1&b=<2>"
[badges]
maintenance = { status = "actively-developed" }
gitlab = { repository = "a/b", branch = "main" }
[features]
loud = []
[target.x86_64-unknown-linux-gnu.dependencies]
ext-a = "1"
[target.'cfg(windows)'.dev-dependencies]
ext-b = "1"
[target.'cfg(all(unix,target_os="linux",))'.build-dependencies]
ext-c = "1"
[target.'cfg(all(unix,target_os="linux",))'.dev-dependencies]
ext-d = "1"
[target.'cfg(all(unix,target_os="linux",))'.dependencies]
ext-f = "1"
ext-e = { version = "1", default-features = false, optional = true }
[target.'cfg( not ( any(target_os = "a, )", debug_assertions) ) )'.dependencies]
ext-g = "1"
[dev-dependencies]
it-says-little = { path = "../it-says-little", version = "=0.4.0" }
""",
        "build.rs": "fn main() {}\n",
    },
    "it-writes-underscores": {
        "Cargo.toml": """[package]
{common}
[dev_dependencies]
ext-a = { version = "1", default_features = false }
[build_dependencies]
ext-b = "1"
[target.'cfg(unix)'.dev_dependencies]
ext-c = "1"
[dependencies]
ext-d = { version = "1", default_features = true }
ext-e = { version = "1", default_features = true, default-features = false }
"""
    },
}

TO_ANOTHER: Mapping[str, Mapping[str, str]] = {
    "it-stays-at-home": {
        "Cargo.toml": '[package]\n{common}\n[dependencies]\next-a = { version = "1", registry = "capture" }\n'
    },
    "it-reaches-out": {
        "Cargo.toml": """[package]
{common}
[dependencies]
ext-a = { version = "1", registry = "elsewhere" }
ext-b = "1"
ext-c = { version = "1", registry = "capture" }
it-stays-at-home = { path = "../it-stays-at-home", version = "0.4.0", registry = "capture" }
ext-d = { version = "1", registry-index = "{elsewhere}" }
[target.'cfg(unix)'.dependencies]
ours = { package = "ext-e", version = "1", registry = "capture" }
"""
    },
}

WORKSPACE = """[workspace]
resolver = "2"
members = ["*/"]
exclude = ["cargo-home"]
[workspace.package]
version = "0.4.0"
edition = "2021"
authors = ["The Crew"]
description = "Shared by all"
documentation = "https://example.org/d"
homepage = "https://example.org/h"
repository = "https://example.org/r"
license-file = "LICENSE-of-all"
readme = "README-of-all.md"
keywords = ["k"]
categories = ["development-tools"]
rust-version = "1.80"
[workspace.dependencies]
ext-a = { version = "1.2", default-features = false, features = ["f1"] }
ext-b = "1"
it-says-little = { path = "it-says-little", version = "0.4.0" }
"""

COMMON = 'name = "{name}"\nedition = "2021"\nlicense = "MIT"\n'


class Uploads(NamedTuple):
    to: str
    """The index that was published to, as manifests spell it."""
    bodies: Mapping[str, bytes]

    def parts(self, package: str) -> tuple[bytes, bytes]:
        """Metadata and `.crate` of one upload."""
        body = self.bodies[package]
        end = 4 + int.from_bytes(body[:4], "little")
        assert int.from_bytes(body[end : end + 4], "little") == len(body) - end - 4
        return body[4:end], body[end + 4 :]


def _write(directory: Path, packages: Mapping[str, Mapping[str, str]], elsewhere: str) -> None:
    files = {"Cargo.toml": WORKSPACE, "LICENSE-of-all": "terms", "README-of-all.md": "Everyone's\n"}
    for name, each in packages.items():
        files |= {f"{name}/{path}": text for path, text in each.items()}
        files[f"{name}/src/lib.rs"] = "//! Nothing.\n"
        manifest = each["Cargo.toml"].replace("{elsewhere}", elsewhere)
        common = COMMON.replace("{name}", name)
        common += "" if "\nversion" in manifest.partition("[dep")[0] else 'version = "0.4.0"\n'
        common += "" if "\ndescription" in manifest else 'description = "says what it is"\n'
        files[f"{name}/Cargo.toml"] = manifest.replace("{common}", common)
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(text.encode())


def _publish(
    directory: Path, packages: Mapping[str, Mapping[str, str]], configure: Callable[[str], tuple[str, dict[str, str]]]
) -> dict[str, bytes]:
    capture = Capture()
    with serving(capture.app) as address:
        _write(directory, packages, f"sparse+{address}/elsewhere/")
        config, environment = configure(address)
        home = directory / "cargo-home"
        home.mkdir()
        (home / "config.toml").write_text(config)
        passed_on = {key: os.environ[key] for key in ("PATH", "HOME", "RUSTUP_HOME") if key in os.environ}
        registry = () if "__CARGO_TEST_CRATES_IO_URL_DO_NOT_USE_THIS" in environment else ("--registry", "capture")
        done = subprocess.run(
            ["cargo", "publish", "--workspace", "--no-verify", *registry],
            cwd=directory,
            env={**passed_on, "CARGO_HOME": str(home), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return capture.bodies


@pytest.fixture(scope="module")
def to_crates_io(tmp_path_factory: pytest.TempPathFactory) -> Uploads:
    """Cargo's own test hook makes it believe that our server is crates.io."""

    def configure(address: str) -> tuple[str, dict[str, str]]:
        hook = {"__CARGO_TEST_CRATES_IO_URL_DO_NOT_USE_THIS": f"sparse+{address}/index/"}
        return "", {**hook, "CARGO_REGISTRY_TOKEN": "none"}

    return Uploads(CRATES_IO_INDEX, _publish(tmp_path_factory.mktemp("to-crates-io"), TO_CRATES_IO, configure))


@pytest.fixture(scope="module")
def to_another(tmp_path_factory: pytest.TempPathFactory) -> Uploads:
    indexes: list[str] = []

    def configure(address: str) -> tuple[str, dict[str, str]]:
        indexes.append(f"sparse+{address}/index/")
        registries = {"capture": indexes[0], "elsewhere": f"sparse+{address}/elsewhere/"}
        named = "".join(f'[registries.{name}]\nindex = "{index}"\n' for name, index in registries.items())
        replaced = '[source.crates-io]\nreplace-with = "capture"\n'
        return named + replaced, {"CARGO_REGISTRIES_CAPTURE_TOKEN": "none"}

    bodies = _publish(tmp_path_factory.mktemp("to-another"), TO_ANOTHER, configure)
    return Uploads(indexes[0], bodies)


@pytest.mark.parametrize("package", TO_CRATES_IO)
def test_what_cargo_sends_to_crates_io_is_derived_byte_for_byte(to_crates_io: Uploads, package: str) -> None:
    metadata, crate = to_crates_io.parts(package)
    assert upload_metadata(crate).decode() == metadata.decode()
    assert upload_head(metadata, len(crate)) + crate == to_crates_io.bodies[package]


@pytest.mark.parametrize("package", TO_ANOTHER)
def test_what_cargo_sends_to_another_registry_is_derived_byte_for_byte(to_another: Uploads, package: str) -> None:
    metadata, crate = to_another.parts(package)
    assert upload_metadata(crate, published_to=to_another.to).decode() == metadata.decode()


def test_the_registry_that_is_published_to_matters(to_another: Uploads) -> None:
    """Planted: the comparison sees the one field that does not come from the `.crate`."""
    metadata, crate = to_another.parts("it-reaches-out")
    assert upload_metadata(crate, published_to=CRATES_IO_INDEX) != metadata


def test_the_cases_really_reach_the_wire(to_crates_io: Uploads) -> None:
    """Planted: a package that lost the shape it is named for would compare equal and prove nothing."""
    metadata = {package: json.loads(to_crates_io.parts(package)[0]) for package in TO_CRATES_IO}
    targets = {each["target"] for each in metadata["it-has-targets"]["deps"]}
    assert targets == {
        None,
        "cfg(windows)",
        'cfg(all(unix, target_os = "linux"))',
        'cfg(not(any(target_os = "a, )", debug_assertions)))',
        "x86_64-unknown-linux-gnu",
    }
    assert metadata["it-has-a-readme-below"]["readme_file"] == "docs/Read Me.txt"
    assert metadata["it-has-features"]["features"]["only-tests"] == []
    assert metadata["it-inherits-everything"]["readme"] == "Everyone's\n"
    assert metadata["it-says-little"]["description"] == ""
    assert metadata["Upper-Case_Name"]["vers"] == "1.0.0-rc.1+build.5"
