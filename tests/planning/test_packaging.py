"""When a lockfile alone decides what is packaged, when cargo must ask the index, and what is fetched then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.order import edges
from loadmaster.planning.packaging import cargo_packaging_order, left_to_fetch, needs_index, packaging_rounds, too_early
from loadmaster.planning.registry.seen import CrateVersion, RegistrySeen
from loadmaster.planning.tree.workspace import Package, Workspace
from tests.kit.building import lockfile, needs, package, workspaces

LIB = package("lib")
APP = package("app", needs("lib"))
BOTH = (LIB, APP)
SERDE = '\n[[package]]\nname = "serde"\nversion = "1.0.0"\nsource = "{source}"\n'
CRATES_IO = "registry+https://index.example/all"


def on_registry(*versions: str, name: str = "lib") -> RegistrySeen:
    return RegistrySeen(crates={name: tuple(CrateVersion(version=each, checksum="0" * 64) for each in versions)})


def asked(
    *packages: Package, locked: str | None = None, out: RegistrySeen | None = None, crates: str = "lib app"
) -> str:
    workspace = Workspace(packages=packages or BOTH)
    text = lockfile(workspace.packages) if locked is None else locked
    return needs_index(workspace, crates.split(), text, out or RegistrySeen(crates={})) or ""


def test_members_that_nobody_published_are_decided_by_the_lockfile() -> None:
    assert asked() == ""


def test_what_is_locked_to_a_registry_is_decided() -> None:
    assert asked(locked=lockfile(BOTH) + SERDE.format(source=CRATES_IO)) == ""


def test_older_siblings_that_no_requirement_takes_do_not_matter() -> None:
    assert asked(out=on_registry("0.3.0", "0.3.9")) == ""


def test_a_workspace_without_a_lockfile_needs_the_index() -> None:
    workspace = Workspace(packages=BOTH)
    assert needs_index(workspace, ("lib", "app"), None, RegistrySeen(crates={})) == "there is no lockfile"


@pytest.mark.parametrize("version", ["0.4.0", "0.4.1"], ids=["out already", "newer"])
def test_a_sibling_that_fits_on_the_registry_needs_the_index(version: str) -> None:
    assert asked(out=on_registry("0.3.0", version)) == f"`lib ^0.4.0` fits `{version}` on the registry, too"


def test_a_member_asked_of_the_registry_counts_as_a_sibling() -> None:
    assert "fits `0.4.1`" in asked(LIB, package("app", needs("lib", path=False)), out=on_registry("0.4.1"))


def test_a_dev_dependency_with_a_version_counts() -> None:
    assert "fits `0.4.1`" in asked(LIB, package("app", needs("lib", kind="dev")), out=on_registry("0.4.1"))


def test_a_dev_dependency_by_path_alone_is_stripped_and_does_not() -> None:
    assert asked(LIB, package("app", needs("lib", "*", kind="dev")), out=on_registry("0.4.1")) == ""


def test_a_sibling_that_is_not_packaged_with_the_others_needs_the_index() -> None:
    assert asked(crates="app") == "`lib` is not packaged with the others"


def test_what_is_not_packaged_is_not_looked_at() -> None:
    assert asked(crates="lib", out=on_registry("0.4.1")) == ""


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ('\n[[package]]\nname = "serde"\nversion = "1.0.0"\n', "`serde` is in a directory"),
        (SERDE.format(source="git+https://git.example/serde#abc"), "`serde` is locked to another source"),
        (SERDE.format(source=CRATES_IO).replace("serde", "lib"), "`lib` is locked to another source"),
    ],
    ids=["patched by path", "from git", "a member's namesake on a registry"],
)
def test_a_lockfile_that_does_not_name_what_the_crates_will_need_needs_the_index(block: str, why: str) -> None:
    assert asked(locked=lockfile(BOTH) + block).startswith(why)


def at(root: str, each: Package) -> Package:
    return each.model_copy(update={"root": f"{root}/Cargo.toml"})


def rounds(*packages: Package, crates: str = "") -> list[str]:
    workspace = Workspace(packages=packages)
    wanted = dict.fromkeys(crates.split() or workspace.names, "0.4.0")
    return [f"{each.root}: {' '.join(sorted(each.crates))}" for each in packaging_rounds(workspace, wanted)]


ROUNDS = {
    "one workspace is one call": ([LIB, APP], "", ["Cargo.toml: app lib"]),
    "a workspace comes after the one that it needs": (
        [at("a", APP), at("b", LIB)],
        "",
        ["b/Cargo.toml: lib", "a/Cargo.toml: app"],
    ),
    "two that need nothing of each other come in the order of their paths": (
        [at("b", LIB), at("a", package("other"))],
        "",
        ["a/Cargo.toml: other", "b/Cargo.toml: lib"],
    ),
    "two that need each other are called in turns": (
        [at("a", LIB), at("b", APP), at("a", package("top", needs("app"))), at("b", package("more"))],
        "",
        ["a/Cargo.toml: lib", "b/Cargo.toml: app more", "a/Cargo.toml: top"],
    ),
    "a sibling without a path has a call before it": (
        [package("app", needs("lib", path=False), needs("base")), LIB, package("base"), package("top", needs("app"))],
        "",
        ["Cargo.toml: base lib", "Cargo.toml: app top"],
    ),
    "unless cargo packages it first by itself": (
        [package("tip", needs("lib", path=False)), LIB],
        "",
        ["Cargo.toml: lib tip"],
    ),
    "or an older version than this release's is meant": (
        [package("app", needs("lib", "^0.3.0", path=False)), LIB],
        "",
        ["Cargo.toml: app lib"],
    ),
    "of a chain each has its own": (
        [package("a", needs("b", path=False)), package("b", needs("c", path=False)), package("c")],
        "",
        ["Cargo.toml: c", "Cargo.toml: b", "Cargo.toml: a"],
    ),
    "across workspaces, too": (
        [at("x", package("app", needs("lib", path=False))), at("x", LIB), at("y", package("tool", needs("app")))],
        "",
        ["x/Cargo.toml: lib", "x/Cargo.toml: app", "y/Cargo.toml: tool"],
    ),
    "what is not packaged is waited for by nobody": ([at("a", APP), at("b", LIB)], "app", ["a/Cargo.toml: app"]),
}


@pytest.mark.parametrize(("packages", "crates", "calls"), ROUNDS.values(), ids=list(ROUNDS))
def test_the_calls_of_cargo(packages: list[Package], crates: str, calls: list[str]) -> None:
    assert rounds(*packages, crates=crates) == calls


def test_cargos_order_is_by_name_with_what_is_needed_by_path_first() -> None:
    mast, sail = package("mast", needs("sail"), needs("aft", path=False)), package("sail", needs("rope", kind="dev"))
    order = cargo_packaging_order((sail, package("rope"), mast, package("aft", needs("mast"))))
    assert [each.name for each in order] == ["rope", "sail", "mast", "aft"]


@given(st.data(), workspaces())
def test_every_crate_is_packaged_once_after_all_that_it_needs_of_others(
    data: st.DataObject, packages: tuple[Package, ...]
) -> None:
    placed = tuple(at(data.draw(st.sampled_from("abc")), each) for each in packages)
    versions = {each.name: each.version for each in placed}
    found = packaging_rounds(Workspace(packages=placed), versions)
    graph, done = edges(placed, versions), set[str]()
    for each in found:
        assert {package.root for package in placed if package.name in each.crates} == {each.root}
        for name in each.crates:
            assert graph[name] <= done | each.crates.keys()
        assert not done & each.crates.keys()
        together = [package for package in placed if package.name in each.crates]
        assert all(pair.needed.name not in graph[pair.package.name] for pair in too_early(together))
        done |= each.crates.keys()
    assert done == versions.keys()


def locked(*crates: str, source: str = CRATES_IO) -> str:
    """A lockfile that names each `NAME VERSION`."""
    blocks = (f'[[package]]\nname = "{name}"\nversion = "{version}"\n' for name, version in map(str.split, crates))
    return "\n".join(f'{block}source = "{source}"\n' for block in blocks)


LEFT = {
    "what the workspace names is fetched with it": (["serde 1.0.0"], []),
    "another version is left": (["serde 1.0.1"], ["serde 1.0.1"]),
    "what only the crates need is left, each once": (["serde 1.0.0", "ryu 1.0.0", "ryu 1.0.0"], ["ryu 1.0.0"]),
    "a sibling that is packaged with the others is not out yet": (["lib 0.4.0"], []),
    "a newer sibling is out": (["lib 0.4.1"], ["lib 0.4.1"]),
}


@pytest.mark.parametrize(("embedded", "left"), LEFT.values(), ids=LEFT)
def test_what_is_left_to_fetch_for_packaged_crates(embedded: list[str], left: list[str]) -> None:
    own = '[[package]]\nname = "app"\nversion = "0.4.0"\n\n'
    found = left_to_fetch(own + locked("serde 1.0.0"), [own + locked(*embedded), own], {"lib": "0.4.0", "app": "0.4.0"})
    assert [f"{crate.name} {crate.version}" for crate in found] == left
    assert {crate.source for crate in found} <= {CRATES_IO}


def test_the_same_version_from_another_place_is_left() -> None:
    by_git, by_path = (
        locked("serde 1.0.0", source="git+https://git.example/serde#abc"),
        '[[package]]\nname = "serde"\nversion = "1.0.0"\n',
    )
    for workspace in (by_git, by_path):
        assert left_to_fetch(workspace, [locked("serde 1.0.0")], {}) == (("serde", "1.0.0", CRATES_IO),)
