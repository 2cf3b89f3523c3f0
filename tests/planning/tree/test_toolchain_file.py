"""Which toolchain rustup would take, as rustup 1.28 reads its two files."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loadmaster.errors.edits import NotToml
from loadmaster.planning.tree.toolchain_file import pinned_channel

OLD, NEW = "rust-toolchain", "rust-toolchain.toml"
TOML = '[toolchain]\nchannel = "1.90.0"\ncomponents = ["clippy"]\n'

CASES: tuple[tuple[str, Mapping[str, str], str | None], ...] = (
    ("neither file is there", {}, None),
    ("the newer one names a channel", {NEW: TOML}, "1.90.0"),
    ("the older one holds one word", {OLD: "1.85.0\n"}, "1.85.0"),
    ("the older one holds one word without an end of line", {OLD: "nightly-2026-01-01"}, "nightly-2026-01-01"),
    ("the older one holds TOML", {OLD: TOML}, "1.90.0"),
    ("both are there: the older one counts", {OLD: "1.85.0\n", NEW: TOML}, "1.85.0"),
    ("both are there, both TOML: the older one counts", {OLD: TOML, NEW: TOML.replace("90", "91")}, "1.90.0"),
    ("a path and no channel", {NEW: '[toolchain]\npath = "/opt/rust"\n'}, None),
    ("components alone", {NEW: '[toolchain]\ncomponents = ["clippy"]\n'}, None),
    ("a table of another name", {NEW: "[tools]\nchannel = 'x'\n"}, None),
)


@pytest.mark.parametrize(("texts", "channel"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_the_channel_where(texts: Mapping[str, str], channel: str | None) -> None:
    assert pinned_channel(texts) == channel


@pytest.mark.parametrize("name", [OLD, NEW])
def test_what_is_neither_a_word_nor_toml_is_told_by_its_name(name: str) -> None:
    with pytest.raises(NotToml, match=f"`{name}`"):
        pinned_channel({name: "1.85.0\nstable\n"})
