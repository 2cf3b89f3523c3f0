"""Which lockfiles of a tree a release may have to change."""

from __future__ import annotations

import pytest

from loadmaster.planning.tree.lockfiles import member_lockfiles
from loadmaster.planning.tree.workspace import Workspace
from tests.kit.building import package

HERE = '[[package]]\nname = "wing"\nversion = "0.4.0"\n'
FROM_REGISTRY = HERE + 'source = "registry+https://index.example/all"\n'
BY_PATH = '[package]\nname = "fuzz"\n\n[dependencies]\nwing = { path = "../crates/wing" }\n'


@pytest.mark.parametrize(
    ("path", "lock", "manifest", "counts"),
    [
        ("Cargo.lock", "", "", True),
        ("fuzz/Cargo.lock", HERE, "", True),
        ("fuzz/Cargo.lock", FROM_REGISTRY + HERE, "", True),
        ("fuzz/Cargo.lock", "", BY_PATH, True),
        ("fuzz/Cargo.lock", FROM_REGISTRY, BY_PATH, True),
        ("vendor/bits/Cargo.lock", FROM_REGISTRY, '[package]\nname = "bits"\n', False),
        ("site/Cargo.lock", HERE.replace("wing", "tail"), "", False),
        ("site/Cargo.lock", "package = 7\n", "", False),
        ("broken/Cargo.lock", f"<<<<<<< ours\n{HERE}", "", True),
        ("broken/Cargo.lock", "<<<<<<< ours\n", "", False),
        ("crates/wing/Cargo.lock", HERE, "", False),
    ],
    ids=[
        "the workspace's own",
        "a member lies in a directory",
        "also beside an older release from the registry",
        "a manifest that needs a member by path",
        "also while its lockfile lags behind",
        "a vendored crate that was locked to an older release",
        "of nothing that is ours",
        "no list of packages",
        "with a conflict that names a member",
        "with one that names none",
        "in a member's directory, where cargo reads none",
    ],
)
def test_a_lockfile_counts_where_a_bump_may_have_to_change_it(
    path: str, lock: str, manifest: str, counts: bool
) -> None:
    texts = {path: lock, path.replace(".lock", ".toml"): manifest}
    assert member_lockfiles([path], texts, Workspace(packages=(package("wing"),))) == ((path,) if counts else ())
