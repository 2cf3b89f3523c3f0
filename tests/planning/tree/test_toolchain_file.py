"""Which toolchain rustup would take, as rustup 1.28 reads its two files."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loadmaster.errors.edits import NotToml
from loadmaster.planning.tree.toolchain_file import candidates, pinned_channel

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


ABOVE: tuple[tuple[str, Mapping[str, str], str | None], ...] = (
    ("the file beside the workspace counts", {f"rust/{NEW}": TOML, NEW: TOML.replace("90", "91")}, "1.90.0"),
    ("else the one above", {NEW: TOML}, "1.90.0"),
    ("the nearest counts, whatever its name is", {f"rust/{NEW}": TOML, OLD: "1.85.0\n"}, "1.90.0"),
    (
        "one that names no channel hides those above",
        {f"rust/{NEW}": "[toolchain]\ncomponents = ['clippy']\n", OLD: "1.85.0\n"},
        None,
    ),
    ("one beside another workspace does not count", {f"python/{NEW}": TOML}, None),
)


@pytest.mark.parametrize(("texts", "channel"), [row[1:] for row in ABOVE], ids=[row[0] for row in ABOVE])
def test_the_channel_of_a_workspace_below_the_top(texts: Mapping[str, str], channel: str | None) -> None:
    assert pinned_channel(texts, "rust") == channel
    assert list(candidates("rust")) == [f"rust/{OLD}", f"rust/{NEW}", OLD, NEW]


def test_a_file_that_is_none_is_told_by_its_path() -> None:
    with pytest.raises(NotToml, match=r"`rust/rust-toolchain\.toml`"):
        pinned_channel({f"rust/{NEW}": "[["}, "rust")


@pytest.mark.parametrize("name", [OLD, NEW])
def test_what_is_neither_a_word_nor_toml_is_told_by_its_name(name: str) -> None:
    with pytest.raises(NotToml, match=f"`{name}`"):
        pinned_channel({name: "1.85.0\nstable\n"})
