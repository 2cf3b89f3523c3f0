"""Which members a plain tree has, and what their manifests say; what cargo says of the same is in `tests/clients`."""

from __future__ import annotations

import pytest

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.edits import NotToml
from loadmaster.errors.workspace import (
    LinkOutOfTree,
    ManifestIncomplete,
    MemberBeside,
    MemberMissing,
    MemberOutOfTree,
    NotAWorkspace,
    RootElsewhere,
    TwoMembers,
)
from loadmaster.planning.tree.tree import TreeFiles, read_workspace, read_workspaces, workspace_roots
from loadmaster.planning.tree.workspace import Dependency


def tree(texts: dict[str, str], *more: str, leads_out: tuple[str, ...] = ()) -> TreeFiles:
    return TreeFiles(texts=texts, paths=frozenset([*texts, *more]), leads_out=frozenset(leads_out))


def member(name: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "1.0.0"\n{more}'


def names(texts: dict[str, str], root: str = "Cargo.toml") -> list[str]:
    return [each.name for each in read_workspace(tree(texts), root).packages]


MEMBERS = {
    "those that a glob matches": (
        {
            "Cargo.toml": "workspace.members = ['crates/*']",
            "crates/a/Cargo.toml": member("a"),
            "b/Cargo.toml": member("b"),
        },
        ["a"],
    ),
    "those that a glob of letters matches": (
        {"Cargo.toml": "workspace.members = ['[!b]?']", "a1/Cargo.toml": member("a"), "b1/Cargo.toml": member("b")},
        ["a"],
    ),
    "those below any number of directories": (
        {
            "Cargo.toml": "workspace.members = ['x/**/a']",
            "x/a/Cargo.toml": member("a"),
            "x/y/a/Cargo.toml": member("b"),
        },
        ["a", "b"],
    ),
    "the root's own package, and what it needs by path": (
        {"Cargo.toml": member("root", "[workspace]\n[dependencies]\na.path = 'a'\n"), "a/Cargo.toml": member("a")},
        ["a", "root"],
    ),
    "what a member needs by path, through the workspace's table": (
        {
            "Cargo.toml": "[workspace]\nmembers = ['a']\n[workspace.dependencies]\nb = { path = 'b' }\n",
            "a/Cargo.toml": member("a", "[target.'cfg(unix)'.build-dependencies]\nb.workspace = true\n"),
            "b/Cargo.toml": member("b"),
        },
        ["a", "b"],
    ),
    "nothing that is excluded, unless it is listed": (
        {
            "Cargo.toml": "[workspace]\nmembers = ['x/a']\nexclude = ['x']\n",
            "x/a/Cargo.toml": member("a", "[dependencies]\nb.path = '../b'\n"),
            "x/b/Cargo.toml": member("b"),
        },
        ["a"],
    ),
    "one package alone, without a workspace": (
        {"Cargo.toml": member("root", "[dependencies]\na.path = 'a'\n"), "a/Cargo.toml": member("a")},
        ["root"],
    ),
}


@pytest.mark.parametrize(("texts", "expected"), MEMBERS.values(), ids=MEMBERS)
def test_members(texts: dict[str, str], expected: list[str]) -> None:
    assert names(texts) == expected


def test_a_member_outside_its_workspace_points_to_it() -> None:
    texts = {
        "main/Cargo.toml": "[workspace]\nmembers = ['../a']\n",
        "a/Cargo.toml": member("a", "workspace = '../main'\n[dependencies]\nb.path = '../b'\n"),
        "b/Cargo.toml": member("b"),
    }
    found = read_workspace(tree(texts), "main/Cargo.toml").packages
    assert [(each.name, each.manifest, each.dependencies[0].path) for each in found] == [("a", "a/Cargo.toml", "b")]


def test_several_workspaces_are_one_and_each_package_knows_its_root() -> None:
    texts = {
        "core/Cargo.toml": "[workspace]\nmembers = ['units']\n",
        "core/units/Cargo.toml": member("units"),
        "tool/Cargo.toml": member("tool", "[dependencies]\nunits.path = '../core/units'\n"),
    }
    found = read_workspaces(tree(texts), ("tool/Cargo.toml", "core/Cargo.toml"))
    assert [(each.name, each.manifest, each.root) for each in found.packages] == [
        ("tool", "tool/Cargo.toml", "tool/Cargo.toml"),
        ("units", "core/units/Cargo.toml", "core/Cargo.toml"),
    ]
    assert found.packages[0].dependencies[0].path == "core/units"
    assert found.roots == ("core/Cargo.toml", "tool/Cargo.toml")
    assert found.at("tool/Cargo.toml").names == {"tool"}


ELSEWHERE: dict[str, tuple[dict[str, str], tuple[str, ...], type[LoadmasterError], str]] = {
    "a member in the place of its root": (
        {"Cargo.toml": "[workspace]\nmembers = ['a']\n", "a/Cargo.toml": member("a")},
        ("a/Cargo.toml",),
        RootElsewhere,
        "`a/Cargo.toml` belongs to the workspace of `Cargo.toml`",
    ),
    "the top points to a workspace below": (
        {"Cargo.toml": member("top", "workspace = 'rust'\n"), "rust/Cargo.toml": "[workspace]\nmembers = ['..']\n"},
        ("Cargo.toml",),
        RootElsewhere,
        "`Cargo.toml` belongs to the workspace of `rust/Cargo.toml`",
    ),
    "one name in two workspaces": (
        {"a/Cargo.toml": member("xtask"), "b/Cargo.toml": member("xtask")},
        ("a/Cargo.toml", "b/Cargo.toml"),
        TwoMembers,
        "called `xtask`: `a/Cargo.toml` and `b/Cargo.toml`",
    ),
    "a member beside the root that does not name it": (
        {"rust/Cargo.toml": "[workspace]\nmembers = ['../a']\n", "a/Cargo.toml": member("a")},
        ("rust/Cargo.toml",),
        MemberBeside,
        "has the member `a/Cargo.toml`, which is not below it and does not name it",
    ),
    "no manifest where it is said to be": (
        {"Cargo.toml": member("top")},
        ("rust/Cargo.toml",),
        NotAWorkspace,
        "`rust/Cargo.toml` is not a Cargo workspace",
    ),
}


@pytest.mark.parametrize(("texts", "roots", "error", "told"), ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_workspaces_that_are_elsewhere(
    texts: dict[str, str], roots: tuple[str, ...], error: type[LoadmasterError], told: str
) -> None:
    with pytest.raises(error) as caught:
        read_workspaces(tree(texts), roots)
    assert told in caught.value.what


def test_a_member_beside_its_root_is_told_what_to_write() -> None:
    with pytest.raises(MemberBeside) as caught:
        read_workspaces(tree(ELSEWHERE["a member beside the root that does not name it"][0]), ("rust/Cargo.toml",))
    assert 'write `workspace = "../rust"` into `[package]` of `a/Cargo.toml`' in caught.value.fix


@pytest.mark.parametrize("path", ["", ".", "./", "a/.."])
def test_a_member_needs_the_package_at_the_root(path: str) -> None:
    texts = {
        "Cargo.toml": member("root", f"[workspace]\nmembers = ['a']\n[workspace.dependencies]\nroot.path = '{path}'\n"),
        "a/Cargo.toml": member("a", "[dependencies]\nroot.workspace = true\n"),
    }
    a, root = read_workspace(tree(texts)).packages
    assert (a.dependencies[0].path, root.manifest) == (".", "Cargo.toml")


def test_the_roots_of_a_tree_are_told_the_outermost_first() -> None:
    texts = {
        "fuzz/Cargo.toml": "[workspace]",
        "Cargo.toml": "[workspace]\nexclude = ['lone']",
        "tests/broken/Cargo.toml": "[workspace\n",
        "lone/Cargo.toml": member("lone"),
        "lone/Cargo.lock": "version = 4\n",
        "fuzz/a/Cargo.toml": member("a"),
    }
    assert workspace_roots(tree(texts)) == ("Cargo.toml", "fuzz/Cargo.toml", "lone/Cargo.toml")


def test_a_package_alone_is_its_own_workspace() -> None:
    assert workspace_roots(tree({"Cargo.toml": member("a")})) == ("Cargo.toml",)


def test_a_package_inherits_and_keeps_what_is_its_own() -> None:
    root = (
        "[workspace]\nmembers = ['a']\n[workspace.package]\nversion = '2.0.0'\nlicense-file = 'LICENSE'\npublish = ['ours']\n"
        "[workspace.dependencies]\nserde = { version = '1', package = 'serde_core' }\n"
    )
    text = (
        "[package]\nname = 'a'\nversion.workspace = true\nlicense-file.workspace = true\npublish.workspace = true\n"
        "description = 'Own'\n[dependencies]\nserde = { workspace = true, optional = true }\n"
        "aya = { git = 'https://git.example/aya', tag = 'v1' }\n"
    )
    found = read_workspace(tree({"Cargo.toml": root, "a/Cargo.toml": text}, "a/src/main.rs")).packages[0]
    assert (found.version, found.license_file, found.publish) == ("2.0.0", "../LICENSE", ("ours",))
    assert (found.description, found.binaries) == ("Own", ("a",))
    assert found.dependencies == (
        Dependency(name="aya", requirement="*", git="https://git.example/aya?tag=v1"),
        Dependency(name="serde_core", requirement="^1", optional=True, rename="serde"),
    )


def test_a_package_without_a_version_stays_at_home() -> None:
    found = read_workspace(tree({"Cargo.toml": "[package]\nname = 'a'\n"})).packages[0]
    assert (found.version, found.is_publishable) == ("0.0.0", False)


ROOT = "[workspace]\nmembers = ['crates/*']\n"

REFUSED: dict[str, tuple[TreeFiles, type[LoadmasterError], str]] = {
    "no root": (tree({"a/Cargo.toml": member("a")}), NotAWorkspace, "`Cargo.toml` is not a Cargo workspace"),
    "a glob that matches nothing": (tree({"Cargo.toml": ROOT}), MemberMissing, r"has the member `crates/\*`"),
    "a glob that matches what is no package": (
        tree({"Cargo.toml": ROOT, "crates/a/Cargo.toml": member("a")}, "crates/notes/README.md"),
        MemberMissing,
        "has the member `crates/notes`",
    ),
    "a path that leads nowhere": (
        tree({"Cargo.toml": member("a", "[workspace]\n[dependencies]\nb.path = 'b'\n")}),
        MemberMissing,
        "has the member `b`",
    ),
    "a member beside the tree": (
        tree({"Cargo.toml": "[workspace]\nmembers = ['a', '../b']\n", "a/Cargo.toml": member("a")}),
        MemberOutOfTree,
        "has the member `../b`, which lies outside the tree",
    ),
    "a member above the tree": (
        tree({"Cargo.toml": "[workspace]\nmembers = ['..']\n"}),
        MemberOutOfTree,
        "has the member `..`, which lies outside the tree",
    ),
    "two members of one name": (
        tree({"Cargo.toml": ROOT, "crates/a/Cargo.toml": member("a"), "crates/b/Cargo.toml": member("a")}),
        TwoMembers,
        "called `a`: `crates/a/Cargo.toml` and `crates/b/Cargo.toml`",
    ),
    "a member behind a link out of the tree": (
        tree({"Cargo.toml": ROOT}, leads_out=("crates/a",)),
        LinkOutOfTree,
        "`crates/a` is a symbolic link that leads out of the tree, and `Cargo.toml` needs it",
    ),
    "a member that is no TOML": (
        tree({"Cargo.toml": ROOT, "crates/a/Cargo.toml": "[package]\nname = \n"}),
        NotToml,
        "`crates/a/Cargo.toml` is not TOML: .*line 2, column 8",
    ),
    "merge markers": (
        tree({"Cargo.toml": ROOT, "crates/a/Cargo.toml": "[package]\n<<<<<<< HEAD\n"}),
        NotToml,
        "`crates/a/Cargo.toml` is not TOML: .*line 2, column 1",
    ),
    "a member that is a root": (
        tree({"Cargo.toml": ROOT, "crates/a/Cargo.toml": member("a", "[workspace]\n")}),
        NotAWorkspace,
        "its member `crates/a/Cargo.toml` is the root",
    ),
    "nothing to inherit": (
        tree({"Cargo.toml": ROOT, "crates/a/Cargo.toml": "[package]\nname = 'a'\nversion.workspace = true\n"}),
        ManifestIncomplete,
        "`version` is inherited from `.workspace.package.` of `Cargo.toml`, and is missing there",
    ),
    "a dependency that is nowhere": (
        tree({"Cargo.toml": member("a", "[workspace]\n[dependencies]\nb.workspace = true\n")}),
        ManifestIncomplete,
        "`b` is inherited from `.workspace.dependencies.` of `Cargo.toml`, and is missing there",
    ),
    "no name": (tree({"Cargo.toml": "[package]\n"}), ManifestIncomplete, "has no `name`"),
    "members that are no list": (
        tree({"Cargo.toml": "[workspace]\nmembers = 'crates/*'\n"}),
        ManifestIncomplete,
        "`workspace.members` is not a list",
    ),
    "a requirement that is no text": (
        tree({"Cargo.toml": member("a", "[dependencies]\nb = { version = 1 }\n")}),
        ManifestIncomplete,
        "`dependencies.b.version` is not a string",
    ),
}


@pytest.mark.parametrize(("files", "error", "told"), REFUSED.values(), ids=REFUSED)
def test_refused(files: TreeFiles, error: type[LoadmasterError], told: str) -> None:
    with pytest.raises(error, match=told):
        read_workspace(files)
