from __future__ import annotations

import gzip
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.cargo import CrateFileBroken
from loadmaster.planning.registry.metadata import CRATES_IO_INDEX, upload_head, upload_metadata
from loadmaster.planning.values.wire_spelling import cfg_as_cargo_writes_it, requirement_as_cargo_writes_it
from tests.kit.packed import MANIFEST, packed

REQUIREMENTS: Mapping[str, tuple[str, str]] = {
    "anything": ("*", "*"),
    "anything, written as a letter": (" X ", "*"),
    "bare numbers are a caret": ("1.2", "^1.2"),
    "a caret stays": ("^0.3.1", "^0.3.1"),
    "a tilde stays": ("~ 1.2", "~1.2"),
    "build metadata is dropped": ("=1.2.3+build.7", "=1.2.3"),
    "a pre-release stays": ("1.0.0-rc.1+b", "^1.0.0-rc.1"),
    "a wildcard stays a wildcard": ("1.x", "1.*"),
    "two wildcards are one": ("1.*.*", "1.*"),
    "a late wildcard": ("1.2.X", "1.2.*"),
    "an operator drops the wildcard": (">=1.2.*", ">=1.2"),
    "a letter in a pre-release is no wildcard": ("1.2.3-rc.x", "^1.2.3-rc.x"),
    "a list is joined one way": (">= 1.2 ,<1.9,  !".replace("!", "<2"), ">=1.2, <1.9, <2"),
    "a comma at the end is allowed": ("1.2,", "^1.2"),
}

PLATFORMS: Mapping[str, tuple[str, str]] = {
    "a triple": ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"),
    "one word": ("cfg( unix )", "cfg(unix)"),
    "a value": ('cfg(target_os="linux")', 'cfg(target_os = "linux")'),
    "a list with a comma at its end": ('cfg(any(unix,a = "b",))', 'cfg(any(unix, a = "b"))'),
    "nested": ("cfg(not(all(a,not(b))))", "cfg(not(all(a, not(b))))"),
    "nothing in it": ("cfg(all( ))", "cfg(all())"),
    "punctuation in a value": ('cfg(a="x, ) = y")', 'cfg(a = "x, ) = y")'),
}


@pytest.mark.parametrize(("written", "sent"), REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_a_requirement_is_spelled_as_cargo_does(written: str, sent: str) -> None:
    assert requirement_as_cargo_writes_it(written) == sent


@pytest.mark.parametrize(("written", "sent"), PLATFORMS.values(), ids=PLATFORMS)
def test_a_platform_is_spelled_as_cargo_does(written: str, sent: str) -> None:
    assert cfg_as_cargo_writes_it(written) == sent


@given(st.sampled_from([sent for _, sent in REQUIREMENTS.values()]))
def test_spelling_a_requirement_twice_changes_nothing(sent: str) -> None:
    assert requirement_as_cargo_writes_it(sent) == sent


def test_the_least_manifest_in_the_order_of_the_wire() -> None:
    assert upload_metadata(packed({"Cargo.toml": MANIFEST})) == (
        b'{"name":"hangar","vers":"0.4.0","deps":[],"features":{},"authors":[],"description":null,"documentation":null,'
        b'"homepage":null,"readme":null,"readme_file":null,"keywords":[],"categories":[],"license":null,'
        b'"license_file":null,"repository":null,"badges":{},"links":null,"rust_version":null}'
    )


def test_a_dependency_names_its_registry_only_if_it_is_another_one() -> None:
    manifest = MANIFEST + b'[dependencies]\na = "1"\n[dependencies.b]\nversion = "1"\nregistry-index = "sparse+here/"\n'
    crate = packed({"Cargo.toml": manifest})

    def registries(published_to: str) -> list[object]:
        metadata = json.loads(upload_metadata(crate, published_to=published_to))
        return [dependency.get("registry") for dependency in metadata["deps"]]

    assert registries(CRATES_IO_INDEX) == [None, "sparse+here/"]
    assert registries("sparse+here/") == [CRATES_IO_INDEX, None]


BROKEN: Mapping[str, tuple[bytes, str]] = {
    "not a crate": (b"<html>", "it is not a whole gzip file"),
    "no manifest": (packed({"src/lib.rs": b""}), "it holds no `Cargo.toml`"),
    "a manifest that is no TOML": (packed({"Cargo.toml": b"["}), "is not one that cargo packaged"),
    "a manifest that is not UTF-8": (packed({"Cargo.toml": b"\xff"}), "its `Cargo.toml` is not UTF-8"),
    "a manifest of a workspace": (packed({"Cargo.toml": b"[workspace]"}), "is not one that cargo packaged"),
    "a manifest that says nothing": (packed({"Cargo.toml": b"package = 1"}), "is not one that cargo packaged"),
    "a requirement that is none": (
        packed({"Cargo.toml": MANIFEST + b'[dependencies]\na = "latest and greatest"\n'}),
        "`latest and greatest` is no version requirement",
    ),
    "a readme that is missing": (
        packed({"Cargo.toml": MANIFEST.replace(b"false", b'"README.md"')}),
        "it holds no `README.md`",
    ),
    "a readme that is not UTF-8": (
        packed({"Cargo.toml": MANIFEST.replace(b"false", b'"README.md"'), "README.md": b"\xe9"}),
        "its `README.md` is not UTF-8",
    ),
}


@pytest.mark.parametrize(("crate", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_crate_without_sound_metadata_is_an_error_that_says_why(crate: bytes, reason: str) -> None:
    with pytest.raises(CrateFileBroken) as error:
        upload_metadata(crate, name="`hangar-0.4.0.crate`")
    assert error.value.what.startswith("`hangar-0.4.0.crate` is broken: ")
    assert reason in error.value.what


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_readme_goes_out_as_it_is(text: str) -> None:
    crate = packed({"Cargo.toml": MANIFEST.replace(b"false", b'"README.md"'), "README.md": text.encode()})
    assert json.loads(upload_metadata(crate))["readme"] == text


@given(st.binary(), st.binary())
def test_a_body_is_two_parts_each_after_its_length(metadata: bytes, crate: bytes) -> None:
    body = upload_head(metadata, len(crate)) + crate
    end = 4 + int.from_bytes(body[:4], "little")
    assert (body[4:end], body[end + 4 :]) == (metadata, crate)
    assert int.from_bytes(body[end : end + 4], "little") == len(crate)


def test_the_metadata_does_not_depend_on_how_the_crate_was_zipped() -> None:
    crate = packed({"Cargo.toml": MANIFEST})
    assert upload_metadata(gzip.compress(gzip.decompress(crate), 1)) == upload_metadata(crate)
