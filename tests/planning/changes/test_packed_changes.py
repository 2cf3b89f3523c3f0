"""Which differences between two crates of one version count."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loadmaster.errors.cargo import CrateFileBroken
from loadmaster.planning.changes.packed_changes import library_of, packed_changes, places_of, within_submodules
from tests.kit.packed import packed

ORIGINAL = b'[package]\nname = "hangar"\nversion = "0.4.0"\nlicense.workspace = true\n'
MADE = b"""[package]
edition = "2021"
name = "hangar"
version = "0.4.0"
license = "MIT"

[lib]
name = "hangar"
path = "src/lib.rs"

[dependencies.serde]
version = "1"
"""
BY_AN_OLDER_CARGO = b"""[package]
edition = "2021"
name = "hangar"
version = "0.4.0"
license = "MIT"
readme = "README.md"
[dependencies.serde]
version = "1"
default-features = true
"""
FILES: Mapping[str, bytes] = {
    ".cargo_vcs_info.json": b'{"git": {"sha1": "1"}}',
    "Cargo.toml": MADE,
    "Cargo.toml.orig": ORIGINAL,
    "Cargo.lock": b'version = 4\n[[package]]\nname = "hangar"\nversion = "0.4.0"\n',
    "README.md": b"# Hangar\n",
    "CHANGELOG.md": b"# Changelog\n",
    "src/lib.rs": b"//! A hangar.\n",
}

COUNTED: list[tuple[str, Mapping[str, bytes | None], tuple[str, ...]]] = [
    ("nothing", {}, ()),
    ("the commit and the lockfile", {".cargo_vcs_info.json": b"{}", "Cargo.lock": None}, ()),
    ("the spelling of another cargo", {"Cargo.toml": BY_AN_OLDER_CARGO}, ()),
    ("the changelog alone", {"CHANGELOG.md": b"# Changelog\n\n- more\n"}, ()),
    ("the changelog and code", {"CHANGELOG.md": b"-", "src/lib.rs": b"fn f() {}"}, ("CHANGELOG.md", "src/lib.rs")),
    ("a file that is new", {"src/new.rs": b""}, ("src/new.rs",)),
    ("a file that is gone", {"README.md": None}, ("README.md",)),
    ("the manifest as it was written", {"Cargo.toml.orig": ORIGINAL + b"# more\n"}, ("Cargo.toml.orig",)),
    ("an inherited licence", {"Cargo.toml": MADE.replace(b"MIT", b"Apache-2.0")}, ("Cargo.toml",)),
    ("an inherited edition", {"Cargo.toml": MADE.replace(b"2021", b"2024")}, ("Cargo.toml",)),
    ("an inherited requirement", {"Cargo.toml": MADE.replace(b'"1"', b'"2"')}, ("Cargo.toml",)),
    ("a manifest that is none", {"Cargo.toml": b"["}, ("Cargo.toml",)),
    (
        "no written manifest",
        {"Cargo.toml.orig": None, "Cargo.toml": BY_AN_OLDER_CARGO},
        ("Cargo.toml", "Cargo.toml.orig"),
    ),
]


def changed(changes: Mapping[str, bytes | None]) -> bytes:
    return packed({path: content for path, content in {**FILES, **changes}.items() if content is not None})


@pytest.mark.parametrize(("reason", "changes", "files"), COUNTED, ids=[row[0] for row in COUNTED])
def test_what_counts(reason: str, changes: Mapping[str, bytes | None], files: tuple[str, ...]) -> None:
    found = packed_changes(changed(changes), packed(FILES), "hangar@0.4.0", ("CHANGELOG.md",))
    assert found.files == files, reason
    assert packed_changes(packed(FILES), changed(changes), "hangar@0.4.0", ("CHANGELOG.md",)).files == files, reason


def test_what_the_manifest_inherits_is_told_apart_from_what_it_says_itself() -> None:
    inherited = packed_changes(
        changed({"Cargo.toml": MADE.replace(b"MIT", b"0BSD")}), packed(FILES), "hangar@0.4.0", ()
    )
    assert inherited.inherits_changes
    alone = {
        "Cargo.toml.orig": ORIGINAL.replace(b".workspace = true", b' = "0BSD"'),
        "Cargo.toml": MADE.replace(b"MIT", b"0BSD"),
    }
    assert not packed_changes(changed(alone), packed(FILES), "hangar@0.4.0", ()).inherits_changes


def test_files_of_either_crate_are_listed_but_not_those_that_cargo_makes() -> None:
    found = packed_changes(changed({"src/new.rs": b"", "README.md": None}), packed(FILES), "hangar@0.4.0", ())
    assert found.all_files == {"Cargo.toml.orig", "CHANGELOG.md", "README.md", "src/lib.rs", "src/new.rs"}


def test_a_crate_that_is_none_is_no_comparison() -> None:
    with pytest.raises(CrateFileBroken):
        packed_changes(packed(FILES), b"no crate", "hangar@0.4.0", ())


LIBRARIES = [
    ("a library", MADE, True),
    ("procedural macros", MADE.replace(b"[lib]", b"[lib]\nproc-macro = true"), False),
    ("a program", MADE.replace(b"[lib]", b"[[bin]]"), False),
]


@pytest.mark.parametrize(("reason", "manifest", "expected"), LIBRARIES, ids=[row[0] for row in LIBRARIES])
def test_whether_others_can_use_its_types(reason: str, manifest: bytes, expected: bool) -> None:
    assert library_of(packed({"Cargo.toml": manifest}), "hangar@0.4.0") is expected, reason


def test_the_written_manifest_is_the_package_s_own_and_everything_else_is_where_it_is() -> None:
    assert places_of(["Cargo.toml.orig", "src/lib.rs"], "crates/hangar") == {
        "Cargo.toml.orig": "crates/hangar/Cargo.toml",
        "src/lib.rs": "crates/hangar/src/lib.rs",
    }
    assert places_of(["src/lib.rs"], "") == {"src/lib.rs": "src/lib.rs"}


def test_a_file_of_a_submodule_changes_with_the_commit_that_is_recorded_of_it() -> None:
    assert within_submodules(["vendor/c/a.c", "src/lib.rs"], ["vendor/c", "vendor"]) == {
        "vendor/c/a.c",
        "src/lib.rs",
        "vendor/c",
        "vendor",
    }
    assert within_submodules(["vendored/a.c"], ["vendor"]) == {"vendored/a.c"}
