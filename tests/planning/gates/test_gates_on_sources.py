"""The gate on what sources include: files of other places are found, tests and comments are let be."""

from __future__ import annotations

import pytest

from loadmaster.planning.gates.sources import sources_to_read
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import manifest, package
from tests.kit.gates_asked import answer, fails, of_manifests_alone, tree

APP = package("app")
LIB = "crates/app/src/lib.rs"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('const A: &str = include_str!("../../../docs/a.md");', "docs/a.md"),
        ('const A: &[u8] = include_bytes!("../../core/a.bin");', "crates/core/a.bin"),
        ('include!(\n    "../../../gen.rs"\n);', "gen.rs"),
        ('#[path = "../../../shared/a.rs"]\nmod a;', "shared/a.rs"),
        ('const A: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../a.md"));', "a.md"),
        ('#[cfg(test)]\nmod tests {\n    fn a() {}\n}\nconst A: &str = include_str!("../../a.md");', "crates/a.md"),
        ('mod a {\n    #[cfg(test)]\n    mod lib;\n}\nconst A: &str = include_str!("../../a.md");', "crates/a.md"),
        ('#[cfg(test)]\nuse a::b;\nconst A: &str = include_str!("../../a.md");', "crates/a.md"),
    ],
    ids=[
        "a text",
        "another package's bytes",
        "code on a line of its own",
        "a module by path",
        "from the manifest's directory",
        "after the tests",
        "after a test module of the file's name within an inline module",
        "after an import for tests",
    ],
)
def test_a_file_outside_of_the_package_is_found(text: str, place: str) -> None:
    found = answer(tree(APP, sources={LIB: text}), "files-inside")
    assert fails(found, LIB, f"includes `{place}`, which is outside")


@pytest.mark.parametrize(
    "sources",
    [
        {LIB: 'const A: &str = include_str!("../assets/a.json");'},
        {LIB: '// include_str!("../../../a.md")\n/// include_str!("../../../a.md")'},
        {LIB: 'include!(concat!(env!("OUT_DIR"), "/a.rs"));'},
        {LIB: '#[cfg(test)]\nmod tests {\n    const A: &str = include_str!("../../../a.md");\n}\n'},
        {LIB: '#[cfg(test)]\nconst A: &str =\n    include_str!("../../../a.md");\n'},
        {LIB: '#[cfg(all(test, unix))]\nfn a() {\n    include_str!("../../../a.md");\n}\n'},
        {LIB: "#[cfg(test)]\nmod trip;\n", "crates/app/src/trip.rs": 'include_str!("../../../a.md");'},
        {LIB: "#[cfg(test)]\npub(crate) mod trip;\n", "crates/app/src/trip/mod.rs": 'include_str!("../../../../a");'},
        {
            LIB: "pub mod client {\n    mod a;\n\n    #[cfg(test)]\n    mod trip;\n}\n",
            "crates/app/src/client/trip.rs": 'include_str!("../../../../a.md");',
        },
        {"crates/app/tests/a.rs": 'include_str!("../../../a.md");'},
    ],
    ids=[
        "a file of its own",
        "in comments",
        "what the build script writes",
        "in its tests",
        "a constant for tests",
        "a function for tests",
        "a test module in a file",
        "a test module in a directory",
        "a test module within an inline module",
        "an integration test",
    ],
)
def test_what_a_package_is_not_built_from_may_include_anything(sources: dict[str, str]) -> None:
    found = answer(tree(APP, sources=sources), "files-inside")
    assert (found.outcome, found.checked) == (Outcome.PASS, 1)


def test_only_what_published_packages_are_built_from_is_read() -> None:
    paths = frozenset({LIB, "crates/app/build.rs", "crates/app/tests/a.rs", "crates/other/src/lib.rs", "tools/a.rs"})
    assert sources_to_read(paths, (APP,)) == ("crates/app/build.rs", LIB)


def test_a_tree_of_manifests_could_not_be_checked() -> None:
    assert answer(of_manifests_alone(tree(APP)), "files-inside").outcome is Outcome.COULD_NOT_CHECK


def test_what_the_package_excludes_may_include_anything() -> None:
    excluding = manifest(APP).replace("[package]", '[package]\nexclude = ["build.rs", "/src/gen"]')
    sources = {
        "crates/app/build.rs": 'include!("../../a.rs");',
        "crates/app/src/gen/a.rs": 'include!("../../../../a");',
    }
    found = tree(APP, texts={APP.manifest: excluding}, sources=sources)
    assert answer(found, "files-inside").outcome is Outcome.PASS
    assert fails(answer(tree(APP, sources=sources), "files-inside"), "crates/app/build.rs", "includes `a.rs`")
