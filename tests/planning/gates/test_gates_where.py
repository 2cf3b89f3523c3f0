"""The gates where what is released is several workspaces, none of them at the top of the repository."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.gates.trees import plain_tree
from loadmaster.planning.tree.tree import TreeFiles
from loadmaster.planning.values.gate import Outcome
from tests.kit import fleet
from tests.kit.building import project
from tests.kit.gates_asked import answer, fails

ROOTS = ("core/Cargo.toml", "tool/Cargo.toml")


def several(texts: Mapping[str, str] | None = None, *paths: str) -> Evidence:
    """The fleet; `texts` take the place of its own, `paths` lie there too."""
    files = {**fleet.SEVERAL, **(texts or {})}
    there = TreeFiles(texts=files, paths=frozenset({*files, *paths}))
    return Evidence(tree=plain_tree(there, {}, None, project(), ROOTS))


def test_workspaces_in_order_pass() -> None:
    found = several()
    assert found.tree is not None
    assert {each.root for each in found.tree.released} == set(ROOTS)
    for gate in ("lockfiles-current", "packaging-order", "requirements-satisfiable"):
        assert answer(found, gate).outcome is Outcome.PASS, gate
    assert answer(found, "changelog-fragments").outcome is Outcome.SKIP


def test_a_stale_lockfile_of_one_of_them_is_named_from_the_top() -> None:
    older = fleet.SEVERAL["tool/Cargo.lock"].replace(
        '"fleet-units"\nversion = "0.4.0"', '"fleet-units"\nversion = "0.3.0"'
    )
    found = answer(several({"tool/Cargo.lock": older}), "lockfiles-current")
    assert fails(found, "tool/Cargo.lock", "has `fleet-units` at `0.3.0`, its manifest says `0.4.0`")
    assert {each.where for each in found.problems} == {"tool/Cargo.lock"}


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("newsfragments/12.added.md", True),
        ("core/.changes/fix-flap.md", True),
        ("core/top/changelog.d/12.fixed.md", True),
        ("python/newsfragments/12.added.md", False),
        ("docs/guide/changelog.d/12.fixed.md", False),
    ],
    ids=["of the whole repository", "of a workspace", "of a package", "of a neighbour", "below a neighbour"],
)
def test_fragments_count_where_they_can_be_those_of_what_is_released(path: str, counts: bool) -> None:
    found = answer(several(None, path), "changelog-fragments")
    assert fails(found, path, "in no changelog yet") if counts else found.outcome is Outcome.SKIP
