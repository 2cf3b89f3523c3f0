"""What a workspace's own cargo configuration says of crates.io."""

from __future__ import annotations

import pytest

from loadmaster.planning.tree.cargo_config import configuration_paths, replaces_crates_io


def test_cargo_reads_the_configuration_beside_a_manifest_and_above_it() -> None:
    assert configuration_paths("rust/Cargo.toml") == (
        "rust/.cargo/config.toml",
        "rust/.cargo/config",
        ".cargo/config.toml",
        ".cargo/config",
    )


@pytest.mark.parametrize(
    ("text", "replaces"),
    [
        ('[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor"\n', True),
        ('source.crates-io.replace-with = "mirror"\n', True),
        ('[source.vendored]\ndirectory = "vendor"\n', False),
        ("[source]\ncrates-io = 1\n", False),
        ("source = 1\n", False),
        ("[build]\njobs = 2\n", False),
        ("no toml", False),
        ("", False),
    ],
    ids=["vendored", "a mirror", "a source beside it", "no table", "no tables", "something else", "no TOML", "empty"],
)
def test_a_configuration_replaces_crates_io_or_does_not(text: str, replaces: bool) -> None:
    assert replaces_crates_io(text) is replaces
