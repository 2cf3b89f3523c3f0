"""The line that a problem names: a person who goes there sees what the problem is about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loadmaster.cli.commands.gates import judge
from loadmaster.planning.gates import check
from loadmaster.planning.gates.evidence import Evidence, Tree
from loadmaster.planning.registry.seen import Lint
from loadmaster.planning.tree.lockfile import locked_line
from loadmaster.planning.tree.manifest_lines import dependency_line, package_line
from loadmaster.planning.tree.tree import TreeFiles
from loadmaster.planning.tree.workspace import Dependency, Workspace
from loadmaster.planning.values.gate import Problem
from tests.kit.building import evidence, judged, package, seen
from tests.kit.checkout import ROOT
from tests.kit.gates_asked import answer
from tests.kit.hangar import FILES, write

TAGS = ROOT / "tests" / "cases" / "tags"
MANIFEST = """[package]
name = "app" # the name
license-file = "LICENSE"

[dependencies]
hull = "1"
mid.workspace = true
renamed = { package = "wing", version = "1" }

[dependencies.tail]
version = "1"

[dev_dependencies]
"odd-name" = "1"

[target.'cfg(unix)'.dependencies]
unix-only = "1"
"""
ENTRIES = [
    ("an entry of a table", Dependency(name="hull", requirement="^1"), "hull ="),
    ("an inherited one", Dependency(name="mid", requirement="^1"), "mid.workspace"),
    ("a renamed one by its key", Dependency(name="wing", requirement="^1", rename="renamed"), "renamed ="),
    ("one with a table of its own", Dependency(name="tail", requirement="^1"), "[dependencies.tail]"),
    ("one under the old spelling", Dependency(name="odd-name", requirement="^1", kind="dev"), '"odd-name"'),
    ("one of a target", Dependency(name="unix-only", requirement="^1", target="cfg(unix)"), "unix-only"),
]


@pytest.mark.parametrize(("dependency", "begins"), [row[1:] for row in ENTRIES], ids=[row[0] for row in ENTRIES])
def test_a_dependency_is_found_at_its_entry(dependency: Dependency, begins: str) -> None:
    line = dependency_line(MANIFEST, dependency)
    assert line is not None
    assert MANIFEST.splitlines()[line - 1].startswith(begins)


@pytest.mark.parametrize(
    "dependency",
    [
        Dependency(name="nobody", requirement="^1"),
        Dependency(name="hull", requirement="^1", kind="build"),
        Dependency(name="unix-only", requirement="^1", target="cfg(windows)"),
    ],
    ids=["not there", "of another kind", "of another target"],
)
def test_a_dependency_that_is_not_there_has_no_line(dependency: Dependency) -> None:
    assert dependency_line(MANIFEST, dependency) is None


def test_a_field_that_is_missing_is_told_at_its_table() -> None:
    assert package_line(MANIFEST, "license-file") == 3
    assert package_line(MANIFEST, "description") == 1
    assert package_line("[workspace]\n", "description") is None


def test_a_locked_package_is_found_at_its_version_the_local_one_before_namesakes() -> None:
    registry = '[[package]]\nname = "hull"\nversion = "0.1.0"\nsource = "registry+x"\n\n'
    text = f'version = 4\n\n{registry}[[package]]\nname = "hull"\nversion = "1.0.0"\n'
    assert locked_line("Cargo.lock", text, "hull") == 10
    assert locked_line("Cargo.lock", text, "nobody") is None


@pytest.mark.parametrize("tag", sorted(path.name for path in TAGS.iterdir() if path.is_dir()))
def test_every_line_that_is_named_in_a_tree_that_was_released_shows_what_is_named(tag: str) -> None:
    problems = [each for answer in judge(TAGS / tag, tag, None).gates for each in (*answer.problems, *answer.warnings)]
    placed = [each for each in problems if each.line is not None]
    assert placed
    assert [each for each in placed if not _shows(TAGS / tag, each)] == []


def _shows(tree: Path, problem: Problem) -> bool:
    """Whether the line, or the two above it in a lockfile, has a word that the problem names."""
    assert problem.file is not None
    assert problem.line is not None
    lines = (tree / problem.file).read_text(encoding="utf-8").splitlines()
    shown = "\n".join(lines[max(0, problem.line - 2) : problem.line])
    named = re.findall(r"`([^`]+)`", problem.what)
    return "[package]" in shown or any(name in shown for name in (*named, "version"))


def test_planted_a_line_that_is_another_s_is_seen() -> None:
    wrong = Problem.in_file("crates/assay-cli/Cargo.toml", 1, what="depends on `nobody`", fix="x.")
    tree = TAGS / "v2.3.0"
    text = (tree / wrong.file if wrong.file else tree).read_text()
    (number,) = [at for at, line in enumerate(text.splitlines(), start=1) if line.startswith("edition")][:1]
    assert not _shows(tree, wrong.model_copy(update={"line": number + 2}))


PLANTED = [
    (
        "no description",
        {"units/Cargo.toml": FILES["units/Cargo.toml"].replace("description", "#")},
        "metadata-complete",
        1,
    ),
    (
        "a path alone",
        {"cli/Cargo.toml": FILES["cli/Cargo.toml"].replace(', version = "0.4.0" }', " }")},
        "path-without-version",
        13,
    ),
    (
        "an old lockfile",
        {"Cargo.lock": FILES["Cargo.lock"].replace('units"\nversion = "0.4.0"', 'units"\nversion = "0.3.0"')},
        "lockfiles-current",
        14,
    ),
    (
        "a heading without a date",
        {
            "CHANGELOG.md": FILES["CHANGELOG.md"].replace(
                "## [0.4.0] - 2026-10-01", "## [0.4.0]\n\n- x\n\n## [0.3.0] - 2026-01-01"
            )
        },
        "changelog-heading",
        7,
    ),
    ("two headings", {"CHANGELOG.md": FILES["CHANGELOG.md"] + "\n## [0.4.0] - 2026-10-01\n"}, "changelog-heading", 11),
    (
        "a file outside after a test",
        {
            "units/src/lib.rs": "#[cfg(test)]\nmod tests {\n    fn a() {}\n}\n\n"
            'const A: &str = include_str!("../../CHANGELOG.md");\n'
        },
        "files-inside",
        6,
    ),
]


@pytest.mark.parametrize(("files", "gate", "line"), [row[1:] for row in PLANTED], ids=[row[0] for row in PLANTED])
def test_a_planted_problem_is_told_at_its_line(files: dict[str, str], gate: str, line: int, tmp_path: Path) -> None:
    write(tmp_path, {**FILES, **files})
    (found,) = [each for each in judge(tmp_path, "v0.4.0", None).gates if each.gate == gate]
    assert [(each.file, each.line) for each in found.problems][:1] == [(next(iter(files)), line)]


BEFORE = "# Changelog\n\n## [Unreleased]\n\n- A breaking thing.\n"
AFTER = "# Changelog\n\n## [Unreleased]\n\n## [1.0.0] - 2026-11-29\n\n- A breaking thing.\n"


def planned(before: str, after: str) -> Tree:
    nobody = Workspace(packages=())
    old = Tree(files=TreeFiles(texts={"CHANGELOG.md": before}), workspace=nobody, released=())
    return Tree(files=TreeFiles(texts={"CHANGELOG.md": after}), workspace=nobody, released=(), before=old)


def test_lines_are_those_of_the_commit_and_not_of_the_planned_tree() -> None:
    tree = planned(BEFORE, AFTER)
    assert tree.line_before("CHANGELOG.md", 7) == 5
    assert tree.line_before("CHANGELOG.md", 1) == 1
    assert tree.line_before("CHANGELOG.md", 5) is None
    assert planned(BEFORE, BEFORE).line_before("CHANGELOG.md", 5) == 5


@pytest.mark.parametrize(
    ("text", "file", "line"),
    [
        ("src/lib.rs:3:5: warning: unneeded return", "src/lib.rs", 3),
        ("src/lib.rs:3: unneeded return", "src/lib.rs", 3),
        ("`app` with Rust 1.89: error[E0658]\n  --> app/src/lib.rs:7:9\n  |", None, None),
        ("/home/x/registry/src/dep/lib.rs:3:5: error: of a dependency", None, None),
        ("could not compile", None, None),
    ],
)
def test_a_finding_of_clippy_is_told_at_the_place_that_rustc_names(
    text: str, file: str | None, line: int | None
) -> None:
    found = evidence(seen(package("app")), lint=Lint(ran=True, findings=(text,)))
    (problem,) = answer(found, "clippy").problems
    assert (problem.where, problem.file, problem.line) == ("cargo clippy", file, line)


def test_the_oldest_rust_is_told_at_the_place_that_rustc_shows_below_its_words() -> None:
    text = "`app` with Rust 1.89: error[E0658]\n  --> app/src/lib.rs:7:9\n  |"
    found = evidence(seen(package("app").model_copy(update={"rust_version": "1.89"})))
    assert found.built is not None
    said = judged(msrv=Lint(ran=True, findings=(text,)))
    (problem,) = answer(
        found.model_copy(update={"built": found.built.model_copy(update={"judged": said})}), "msrv"
    ).problems
    assert (problem.file, problem.line) == ("app/src/lib.rs", 7)


def test_a_gate_that_cannot_read_a_file_of_the_tree_names_it_and_its_line(tmp_path: Path) -> None:
    broken = {"units/pyproject.toml": '[project]\nname = "x"\nversion = \n'}
    write(tmp_path, {**FILES, **broken})
    (found,) = [each for each in judge(tmp_path, None, None).gates if each.gate == "python-version"]
    assert [(each.file, each.line) for each in found.problems] == [("units/pyproject.toml", 3)]


def test_nothing_is_asked_of_nothing() -> None:
    assert all(each.problems == () for each in check(Evidence()))
