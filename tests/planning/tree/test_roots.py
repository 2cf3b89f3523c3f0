"""Where the workspaces of a repository are, by its manifests alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.tree.roots import outermost_roots, root_around, roots_at_hand
from loadmaster.planning.tree.tree import TreeFiles

WORKSPACE = "[workspace]\nmembers = ['a']\n"


def member(name: str, more: str = "") -> str:
    return f"[package]\nname = '{name}'\nversion = '1.0.0'\n{more}"


def files(texts: Mapping[str, str]) -> TreeFiles:
    return TreeFiles(texts=texts, paths=frozenset(texts))


FOUND: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "the workspace at the top": ({"Cargo.toml": WORKSPACE, "a/Cargo.toml": member("a")}, ("Cargo.toml",)),
    "one below": ({"rust/Cargo.toml": WORKSPACE, "rust/a/Cargo.toml": member("a")}, ("rust/Cargo.toml",)),
    "tools below a workspace do not count": (
        {"rust/Cargo.toml": WORKSPACE, "rust/a/Cargo.toml": member("a"), "rust/fuzz/Cargo.toml": "[workspace]\n"},
        ("rust/Cargo.toml",),
    ),
    "two beside each other": (
        {"a/Cargo.toml": "[workspace]\n", "ab/Cargo.toml": "[workspace]\n"},
        ("a/Cargo.toml", "ab/Cargo.toml"),
    ),
    "single crates are workspaces of their own": (
        {"lib/Cargo.toml": member("lib"), "derive/Cargo.toml": member("derive")},
        ("derive/Cargo.toml", "lib/Cargo.toml"),
    ),
    "a member beside its root belongs to it": (
        {
            "rust/Cargo.toml": "[workspace]\nmembers = ['../a']\n",
            "a/Cargo.toml": member("a", "workspace = '../rust'\n"),
        },
        ("rust/Cargo.toml",),
    ),
    "a template is none": (
        {"rust/Cargo.toml": WORKSPACE, "template/Cargo.toml": "[package]\nname = {{name}}\n"},
        ("rust/Cargo.toml",),
    ),
    "a manifest of nothing is none": ({"empty/Cargo.toml": "", "a/Cargo.toml": member("a")}, ("a/Cargo.toml",)),
    "no manifest at all": ({}, ()),
}


@pytest.mark.parametrize(("texts", "roots"), FOUND.values(), ids=list(FOUND))
def test_the_outermost_roots_are(texts: dict[str, str], roots: tuple[str, ...]) -> None:
    assert outermost_roots(files(texts)) == roots


_folders = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map("/".join)


@given(st.dictionaries(_folders, st.sampled_from(["[workspace]\n", member("x"), "", "[package\n"])))
def test_every_manifest_that_can_be_read_lies_below_one_outermost_root(found: dict[str, str]) -> None:
    texts = {f"{folder}/Cargo.toml".lstrip("/"): text for folder, text in found.items()}
    roots = outermost_roots(files(texts))
    above = [tuple(root.split("/")[:-1]) for root in roots]
    for path, text in texts.items():
        holders = [folder for folder in above if tuple(path.split("/"))[: len(folder)] == folder]
        assert len(holders) <= 1
        assert holders or text in ("", "[package\n")


def test_a_tree_of_the_past_is_read_where_its_workspace_was() -> None:
    then = files({"Cargo.toml": WORKSPACE, "a/Cargo.toml": member("a")})
    assert roots_at_hand(then, ("rust/Cargo.toml",)) == ("Cargo.toml",)
    assert roots_at_hand(then, ("Cargo.toml", "tools/Cargo.toml")) == ("Cargo.toml",)
    assert roots_at_hand(files({}), ("rust/Cargo.toml",)) == ("rust/Cargo.toml",)


def test_a_member_leads_to_its_root_and_a_package_alone_to_itself() -> None:
    here = files(
        {
            "rust/Cargo.toml": WORKSPACE,
            "rust/a/Cargo.toml": member("a"),
            "b/Cargo.toml": member("b"),
            "c/Cargo.toml": "[[",
        }
    )
    assert root_around(here, "rust/a/Cargo.toml") == "rust/Cargo.toml"
    assert root_around(here, "b/Cargo.toml") == "b/Cargo.toml"
    assert root_around(here, "c/Cargo.toml") == "c/Cargo.toml"
