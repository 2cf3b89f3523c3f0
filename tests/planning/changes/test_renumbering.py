"""The tree with the versions that its packages were published with."""

from __future__ import annotations

from loadmaster.planning.changes.renumbering import renumberings
from loadmaster.planning.tree.tree import TreeFiles, read_workspace
from loadmaster.planning.tree.workspace import Workspace
from tests.kit.building import files_of, needs, package, seen

ROOT = '[workspace]\nmembers = ["hull", "mast", "deck"]\n[workspace.package]\nversion = "0.5.0"\n'
INHERITS = '[package]\nname = "{name}"\nversion.workspace = true\n'


def test_raised_versions_go_back_and_requirements_with_them() -> None:
    looked = seen(package("hull", version="0.5.0"), package("mast", needs("hull", "^0.5.0"), version="0.5.0"))
    (turn,) = renumberings(files_of(looked), looked.workspace, {"hull": "0.4.2", "mast": "0.5.0"})
    assert turn.packages == ("hull", "mast")
    back = read_workspace(files_of(looked).after(turn.edits))
    assert back.versions == {"hull": "0.4.2", "mast": "0.5.0"}
    mast = back.package("mast")
    assert mast is not None
    assert [each.requirement for each in mast.dependencies] == ["^0.4.2"]


def test_a_requirement_that_takes_the_published_version_stays() -> None:
    looked = seen(package("hull", version="0.4.5"), package("mast", needs("hull", "^0.4"), version="0.4.5"))
    (turn,) = renumberings(files_of(looked), looked.workspace, {"hull": "0.4.2", "mast": "0.4.5"})
    assert list(turn.edits) == ["crates/hull/Cargo.toml"]


def test_a_tree_that_has_the_published_versions_is_not_edited() -> None:
    looked = seen(package("hull"), package("new", version="0.1.0"))
    (turn,) = renumberings(files_of(looked), looked.workspace, {"hull": "0.4.0"})
    assert (turn.packages, turn.edits) == (("hull",), {})


def heirs() -> tuple[TreeFiles, Workspace]:
    texts = {
        "Cargo.toml": ROOT,
        **{f"{name}/Cargo.toml": INHERITS.format(name=name) for name in ("hull", "mast", "deck")},
    }
    files = TreeFiles(texts=texts)
    return files, read_workspace(files)


def test_packages_that_inherit_one_version_go_back_together_also_those_that_were_never_published() -> None:
    files, workspace = heirs()
    (turn,) = renumberings(files, workspace, {"hull": "0.4.0", "mast": "0.4.0"})
    assert turn.packages == ("hull", "mast")
    assert set(read_workspace(files.after(turn.edits)).versions.values()) == {"0.4.0"}


def test_packages_that_inherit_one_version_and_had_two_take_turns() -> None:
    files, workspace = heirs()
    first, second = renumberings(files, workspace, {"hull": "0.4.0", "mast": "0.3.9", "deck": "0.4.0"})
    assert (first.packages, second.packages) == (("mast",), ("deck", "hull"))
    for turn, version in ((first, "0.3.9"), (second, "0.4.0")):
        assert set(read_workspace(files.after(turn.edits)).versions.values()) == {version}
