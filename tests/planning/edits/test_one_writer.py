"""`loadmaster bump` and a release make the same edits of the same tree, or refuse it alike."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.files import FileOfTwoNames
from loadmaster.planning.edits.bump import bump_tree, files_to_edit
from loadmaster.planning.plan import plan_release
from loadmaster.planning.profile.policy import Policy, Requirements
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.tree.tree import TreeFiles, read_workspaces
from tests.cases import bumps
from tests.kit.building import CHANGELOG, TODAY, lockfile, manifest, needs, package, project, seen, workspaces

Outcome = Mapping[str, str] | type[LoadmasterError]


TOP = ("Cargo.toml",)


def by_bump(files: TreeFiles, asked: str, style: ReleaseStyle, roots: tuple[str, ...] = TOP) -> Outcome:
    try:
        return bump_tree(files, asked, style, TODAY, roots).edits
    except LoadmasterError as error:
        return type(error)


def by_release(files: TreeFiles, asked: str, style: ReleaseStyle, roots: tuple[str, ...] = TOP) -> Outcome:
    workspace = read_workspaces(files, roots)
    looked = seen(*workspace.packages, files=files_to_edit(files, workspace, style))
    try:
        plan = plan_release(looked, project().model_copy(update={"release": style}), asked, TODAY)
        return {edit.path: edit.text for edit in plan.edits}
    except LoadmasterError as error:
        return type(error)


BESIDE = '[package]\nname = "{name}"\nversion = "0.0.0"\npublish = false\n[workspace]\n[dependencies]\n{needs}\n'
SHARED = '[workspace]\nmembers = ["crates/*"]\nexclude = ["fuzz"]\n[workspace.package]\nversion = "0.4.0"\n'
MORE = {
    "fuzz/Cargo.toml": BESIDE.format(name="fuzz", needs='crate-0 = { path = "../crates/crate-0", version = "0.4" }'),
    "examples/one/Cargo.toml": BESIDE.format(
        name="one", needs='crate-0 = { path = "../../crates/crate-0", version = "0.4.0" }'
    ),
    "fuzz/Cargo.lock": lockfile((package("crate-0"), package("fuzz", version="0.0.0"))),
    "crates/crate-0/pyproject.toml": '[project]\nname = "zero"\nversion = "0.4.0"\n',
    "crates/tool/Cargo.toml": manifest(package("tool", version="0.0.0", publish=())),
    "crates/heir/Cargo.toml": '[package]\nname = "heir"\nversion.workspace = true\npublish = false\n',
    "crates/crate-0/CHANGELOG.md": CHANGELOG,
    "broken/Cargo.toml": "[package]\nname = ",
    "old/Cargo.lock": "version = 9\n",
}


@st.composite
def trees(draw: st.DrawFn) -> TreeFiles:
    packages = draw(workspaces(at_most=4))
    texts = {each.manifest: manifest(each) for each in packages} | {"Cargo.toml": SHARED, "CHANGELOG.md": CHANGELOG}
    texts |= {path: MORE[path] for path in draw(st.sets(st.sampled_from(sorted(MORE))))}
    if draw(st.booleans()):
        stale = draw(st.sampled_from(["0.4.0", "0.3.0"]))
        texts["Cargo.lock"] = lockfile(each.model_copy(update={"version": stale}) for each in packages)
    return TreeFiles(texts=texts, paths=frozenset({"crates/crate-0/src/lib.rs"}))


_STYLES = st.builds(ReleaseStyle, policy=st.sampled_from(Policy), requirements=st.sampled_from([None, *Requirements]))


@given(trees(), _STYLES, st.sampled_from(["major", "minor", "patch", "0.7.0", "rc"]))
def test_bump_and_release_make_the_same_edits(files: TreeFiles, style: ReleaseStyle, asked: str) -> None:
    found = by_bump(files, asked, style)
    assert by_release(files, asked, style) == found
    assert isinstance(found, Mapping)


def below(folder: str, files: TreeFiles) -> TreeFiles:
    """The whole tree, moved into a folder."""
    return TreeFiles(
        texts={f"{folder}/{path}": text for path, text in files.texts.items()},
        paths=frozenset(f"{folder}/{path}" for path in files.paths),
    )


@given(trees(), _STYLES, st.sampled_from(["major", "minor", "patch", "0.7.0", "rc"]))
def test_a_workspace_below_the_top_is_edited_as_it_would_be_at_the_top(
    files: TreeFiles, style: ReleaseStyle, asked: str
) -> None:
    moved, roots = below("rust", files), ("rust/Cargo.toml",)
    there = style.model_copy(update={"changelog": f"rust/{style.changelog}"})
    found = by_bump(moved, asked, there, roots)
    assert by_release(moved, asked, there, roots) == found
    at_top = by_bump(files, asked, style)
    assert isinstance(found, Mapping)
    assert isinstance(at_top, Mapping)
    assert found == {f"rust/{path}": text for path, text in at_top.items()}


def two_workspaces(files: TreeFiles) -> TreeFiles:
    """The tree below `a`, and beside it a single crate that needs one of its crates, with a lockfile of its own."""
    needed = "crates/crate-0"
    texts = {
        "b/Cargo.toml": '[package]\nname = "b"\nversion = "0.4.0"\n[dependencies]\n'
        f'crate-0 = {{ path = "../a/{needed}", version = "0.4.0" }}\n',
        "b/Cargo.lock": lockfile((package("b", needs("crate-0")), package("crate-0"))),
    }
    moved = below("a", files)
    return TreeFiles(texts={**moved.texts, **texts}, paths=moved.paths)


@given(trees(), _STYLES, st.sampled_from(["major", "minor", "0.7.0"]))
def test_two_workspaces_are_edited_alike_and_require_each_other_as_members_do(
    files: TreeFiles, style: ReleaseStyle, asked: str
) -> None:
    both, roots = two_workspaces(files), ("a/Cargo.toml", "b/Cargo.toml")
    found = by_bump(both, asked, style, roots)
    assert by_release(both, asked, style, roots) == found
    assert isinstance(found, Mapping)
    version = {"major": "1.0.0", "minor": "0.5.0", "0.7.0": "0.7.0"}[asked]
    assert f'version = "{version}"' in found["b/Cargo.toml"]
    assert f'path = "../a/crates/crate-0", version = "{version}"' in found["b/Cargo.toml"]
    assert found["b/Cargo.lock"].count(f'version = "{version}"') == 2


@pytest.mark.parametrize("case", bumps.BUMPS, ids=str)
def test_bump_and_release_make_the_same_edits_of_a_real_tree(case: bumps.Bump) -> None:
    names = ("Cargo.toml", "Cargo.lock", "pyproject.toml")
    files = TreeFiles(texts={path: text for name in names for path, text in case.before(name).items()})
    assert by_release(files, case.new, case.style) == by_bump(files, case.new, case.style)


def test_two_names_of_one_changelog_are_refused_alike() -> None:
    two = (package("wing"), package("tail", version="0.2.0"))
    texts = {each.manifest: manifest(each) for each in two} | {"Cargo.toml": SHARED, "CHANGELOG.md": CHANGELOG}
    linked = {f"crates/{each.name}/CHANGELOG.md": "CHANGELOG.md" for each in two}
    files = TreeFiles(texts=texts | dict.fromkeys(linked, CHANGELOG), links=linked)
    independent = ReleaseStyle(policy=Policy.INDEPENDENT)
    assert by_bump(files, "minor", independent) == by_release(files, "minor", independent) == FileOfTwoNames
    assert by_bump(files, "wing=minor", independent) == by_release(files, "wing=minor", independent)
