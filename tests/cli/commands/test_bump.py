"""`loadmaster bump` as a user runs it, on the demo workspace and on trees that cannot be bumped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit import fleet
from tests.kit.checkout import ROOT
from tests.kit.hangar import write
from tests.kit.running import Ran, loadmaster, profile_with_commands


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(ROOT / "examples" / "hangar", tmp_path / "hangar", ignore=shutil.ignore_patterns("target"))
    )


def contents(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() if path.is_file() else b"" for path in tree.rglob("*")}


def bump(home: Path, tree: Path, *arguments: str) -> Ran:
    return loadmaster(home, "bump", str(tree), *arguments, PATH="")


def test_a_bump_needs_neither_cargo_nor_git(home: Path, tree: Path) -> None:
    before = contents(tree)
    ran = bump(home, tree, "--version", "0.5.0", "--date", "2026-01-31", "--json")
    assert (ran.code, ran.document["outcome"], ran.document["policy"]) == (0, "bumped", "lockstep")
    assert {each["after"] for each in ran.document["packages"]} == {"0.5.0"}
    changed = {path for path, content in contents(tree).items() if content != before[path]}
    assert (
        changed == {each["path"] for each in ran.document["files"]} >= {"CHANGELOG.md", "Cargo.lock", "fuzz/Cargo.lock"}
    )
    assert "## [0.5.0] - 2026-01-31\n" in (tree / "CHANGELOG.md").read_text()


def test_a_workspace_below_the_directory_is_named_by_its_manifest(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "ship", fleet.BELOW)
    ran = bump(home, tmp_path / "ship", "--version", "minor", "--manifest-path", "rust/Cargo.toml", "--json")
    assert ran.code == 0, ran.err
    assert [each["path"] for each in ran.document["files"]] == [
        "mast/Cargo.toml",
        "rust/Cargo.lock",
        "rust/hull/Cargo.toml",
    ]


def profile(home: Path, source: str) -> dict[str, str]:
    (home / "projects").mkdir(parents=True)
    text = f'forge = "ada/ship"\n[source]\nrepository = "ship"\n{source}\n[release]\nchangelog = "rust/CHANGELOG.md"\n'
    (home / "projects" / "ship.toml").write_text(text, encoding="utf-8")
    return {"LOADMASTER_PROJECTS": str(home / "projects")}


def test_the_profile_says_where_the_workspaces_are(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "ship", fleet.BELOW)
    asked = (
        "bump",
        str(tmp_path / "ship"),
        "--project",
        "ship",
        "--version",
        "minor",
        "--date",
        "2026-01-31",
        "--json",
    )
    ran = loadmaster(home, *asked, **profile(home, 'path = "rust"'))
    assert ran.code == 0, ran.err
    assert "rust/CHANGELOG.md" in [each["path"] for each in ran.document["files"]]
    elsewhere = loadmaster(
        home, "bump", str(tmp_path / "ship" / "rust"), *asked[2:], LOADMASTER_PROJECTS=str(home / "projects")
    )
    assert (elsewhere.code, elsewhere.document["failure"]["code"]) == (1, "not-a-workspace")
    assert "a workspace at `rust/Cargo.toml`, from the repository's top" in elsewhere.document["failure"]["what"]


def test_several_workspaces_are_bumped_together(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "fleet", fleet.SEVERAL)
    both = ("--manifest-path", "core/Cargo.toml", "--manifest-path", "tool/Cargo.toml")
    ran = bump(home, tmp_path / "fleet", "--version", "minor", *both, "--json")
    assert {each["package"]: each["after"] for each in ran.document["packages"]} == {
        "fleet-tool": "0.5.0",
        "fleet-top": "0.5.0",
        "fleet-units": "0.5.0",
    }
    assert {"core/Cargo.lock", "tool/Cargo.lock"} < {each["path"] for each in ran.document["files"]}


def test_a_manifest_out_of_the_directory_is_a_wrong_request(home: Path, tree: Path) -> None:
    ran = bump(home, tree, "--version", "minor", "--manifest-path", "../Cargo.toml")
    assert (ran.code, "is no `Cargo.toml` within" in ran.err) == (2, True), ran.err


def test_a_dry_run_tells_all_and_changes_nothing(home: Path, tree: Path) -> None:
    before = contents(tree)
    ran = bump(home, tree, "--version", "minor", "--dry-run")
    assert ran.code == 0
    assert "hangar-units                   0.4.0 → 0.5.0\n" in ran.out
    assert "+++ fuzz/Cargo.lock\n" in ran.out
    assert contents(tree) == before


def test_what_a_release_would_run_is_named_and_not_run(home: Path, tree: Path, tmp_path: Path) -> None:
    own = {"LOADMASTER_PROJECTS": str(profile_with_commands(tmp_path)), "PATH": ""}
    asked = ("bump", str(tree), "--version", "minor", "--dry-run", "--project", "demo")
    ran = loadmaster(home, *asked, **own)
    assert ran.out.endswith("A release also runs the profile's commands after its edits; a bump runs none: `docs`.\n")
    assert loadmaster(home, *asked, "--json", **own).document["commands"] == ["docs"]
    assert bump(home, tree, "--version", "minor", "--json").document["commands"] == []
    assert not (tree / "docs").exists()


def test_independent_versions_are_given_one_by_one(home: Path, tree: Path) -> None:
    ran = bump(home, tree, "--policy", "independent", "-V", "hangar-ansi=0.4.1", "--json")
    moved = {each["package"]: each["after"] for each in ran.document["packages"] if each["before"] != each["after"]}
    assert (ran.code, moved) == (0, {"hangar-ansi": "0.4.1"})
    again = bump(home, tree, "--policy", "independent", "-V", "hangar-ansi=0.4.1")
    assert (again.code, again.out.rpartition("\n\n")[2]) == (0, "Nothing to change.\n")


def test_requirements_follow_as_far_as_is_asked(home: Path, tree: Path) -> None:
    asked = ("--policy", "independent", "-V", "hangar-ansi=0.4.1", "--dry-run")
    assert "+hangar-ansi =" not in bump(home, tree, *asked).out
    assert '+hangar-ansi = { path = "crates/hangar-ansi", version = "0.4.1" }' in (
        bump(home, tree, *asked, "--requirements", "current").out
    )
    assert bump(home, tree, *asked, "--requirements", "some").code == 2


def prepend(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text + path.read_text())


def replace(old: str, new: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text().replace(old, new, 1))


def leads_out(path: Path) -> None:
    path.rename(path.parents[2] / "elsewhere")
    path.symlink_to(path.parents[2] / "elsewhere")


def becomes_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


PLANTED: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "no TOML": (
        "crates/hangar-units/Cargo.toml",
        prepend("[package\n"),
        "`crates/hangar-units/Cargo.toml` is not TOML: ",
    ),
    "not UTF-8": ("fuzz/Cargo.toml", lambda path: path.write_bytes(b"#\n# \xff\n"), "is not UTF-8, from line 2 on"),
    "a glob that matches nothing": (
        "Cargo.toml",
        replace("members = [", 'members = ["gone/*", '),
        "has the member `gone/*`",
    ),
    "two members of one name": (
        "crates/hangar-ansi/Cargo.toml",
        replace('"hangar-ansi"', '"hangar-units"'),
        "Two members are called `hangar-units`",
    ),
    "a link out of the tree": (
        "crates/hangar-ansi",
        leads_out,
        "`crates/hangar-ansi` is a symbolic link that leads out",
    ),
    "a lockfile of the future": ("fuzz/Cargo.lock", replace("version = 4", "version = 5"), "has lockfile format `5`"),
    "a mark before the manifest": (
        "Cargo.toml",
        prepend("\ufeff"),
        "`Cargo.toml` begins with a byte order mark",
    ),
    "a mark before a lockfile": (
        "fuzz/Cargo.lock",
        prepend("\ufeff"),
        "`fuzz/Cargo.lock` begins with a byte order mark",
    ),
    "a mark before the changelog": ("CHANGELOG.md", prepend("\ufeff"), "`CHANGELOG.md` begins with a byte order mark"),
    "a lockfile that is cut short": (
        "Cargo.lock",
        lambda path: path.write_bytes(path.read_bytes()[:300]),
        "`Cargo.lock` is no lockfile that cargo takes",
    ),
    "a lockfile that is a pipe": (
        "Cargo.lock",
        becomes_a_pipe,
        "`Cargo.lock` is not a file, but a named pipe",
    ),
    "a value of another kind": (
        "crates/hangar-ansi/Cargo.toml",
        replace("[package]", "[package]\npublish = 3"),
        "`package.publish` is not a list",
    ),
    "a version that is none": ("Cargo.toml", replace('"0.4.0"', '"0.4"'), "its version is not SemVer: `0.4`"),
    "a member that is no package": (
        "crates/hangar-ansi/Cargo.toml",
        lambda path: path.write_text(""),
        "it has neither `[package]` nor `[workspace]`",
    ),
    "merge markers": ("Cargo.lock", prepend("<<<<<<< HEAD\n"), "`Cargo.lock` has merge markers, the first in line 1"),
    "two headings": (
        "CHANGELOG.md",
        replace("## [0.4.0]", "## [0.5.0] - 2026-01-01\n\n## [0.5.0] - 2026-01-01\n\n## [0.4.0]"),
        "The changelog has 2 headings for `0.5.0`",
    ),
    "two headings of the version before": (
        "CHANGELOG.md",
        replace("## [0.4.0]", "## [0.4.0] - 2026-01-01\n\n## [0.4.0]"),
        "The changelog has 2 headings for `0.4.0`",
    ),
}


@pytest.mark.parametrize(("path", "plant", "told"), PLANTED.values(), ids=PLANTED)
def test_a_tree_that_cannot_be_bumped_is_left_as_it_is(
    home: Path, tree: Path, path: str, plant: Callable[[Path], object], told: str
) -> None:
    plant(tree / path)
    before = contents(tree)
    ran = bump(home, tree, "--version", "0.5.0", "--json")
    assert (ran.code, ran.document["outcome"]) == (1, "failed")
    assert told in ran.document["failure"]["what"]
    assert contents(tree) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("-V", "v1"),
        ("-V", "rc", "-V", "1.0.0"),
        ("-V", "1.0.0", "--policy", "none"),
        ("-V", "1.0.0-" + "a" * 300),
        ("-V", "99999999999999999999.0.0"),
        ("-V", "1.0.0\n"),
        ("--policy", "independent", "-V", "hangar-cli=1.0.0", "-V", "hangar-cli=2.0.0"),
    ],
)
def test_a_wrong_request_is_told_as_such(home: Path, tree: Path, arguments: tuple[str, ...]) -> None:
    assert bump(home, tree, *arguments).code == 2


def test_a_directory_that_is_not_there_is_a_wrong_request(home: Path, tmp_path: Path) -> None:
    assert bump(home, tmp_path / "gone", "-V", "1.0.0").code == 2


def test_no_name_is_not_the_current_directory(home: Path) -> None:
    ran = loadmaster(home, "bump", "", "-V", "99.0.0", "--dry-run", "--json")
    assert (ran.code, ran.document["failure"]["what"]) == (2, "`` is not a directory.")


def test_both_kinds_of_line_ends_survive(home: Path, tree: Path) -> None:
    for name in ("Cargo.toml", "Cargo.lock", "CHANGELOG.md", "crates/hangar-units/Cargo.toml"):
        lines = (tree / name).read_bytes().splitlines()
        (tree / name).write_bytes(b"".join(line + (b"\r\n", b"\n")[at % 3 == 0] for at, line in enumerate(lines)))
    before = contents(tree)
    assert bump(home, tree, "--version", "0.5.0", "--date", "2026-01-31").code == 0
    assert bump(home, tree, "--version", "0.4.0").code == 0
    changed = {path for path, content in contents(tree).items() if content != before[path]}
    assert changed == {"CHANGELOG.md"}
