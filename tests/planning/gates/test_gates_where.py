"""The gates where what is released is several workspaces, none of them at the top of the repository."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.gates.trees import plain_tree
from loadmaster.planning.registry.seen import CrateVersion, RegistrySeen
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


def needing_units(by: str) -> Evidence:
    """A package that needs `fleet-units` without its path. One call of cargo would package that one last, by its name."""
    path, needed = f"{by}/Cargo.toml", 'fleet-units = "0.4.0"\n'
    others = [line for line in fleet.SEVERAL[path].splitlines(keepends=True) if not line.startswith("fleet-units")]
    return several({path: "".join(others) + needed})


def test_each_workspace_is_packaged_in_an_order_of_its_own() -> None:
    assert answer(needing_units("tool"), "packaging-order").outcome is Outcome.PASS
    assert answer(needing_units("core/top"), "packaging-order").outcome is Outcome.COULD_NOT_CHECK


@pytest.mark.parametrize(("out", "outcome"), [("0.4.0", Outcome.PASS), ("0.3.0", Outcome.FAIL)])
def test_what_one_call_would_package_too_early_may_be_out_already(out: str, outcome: Outcome) -> None:
    tree = needing_units("core/top").tree
    assert tree is not None
    registry = RegistrySeen(crates={"fleet-units": (CrateVersion(version=out, checksum="0" * 64),)})
    found = answer(Evidence(tree=tree.model_copy(update={"registry": registry})), "packaging-order")
    assert found.outcome is outcome
    assert all(each.where == "core/top/Cargo.toml" for each in found.problems)
