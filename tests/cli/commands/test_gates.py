"""`loadmaster gates TREE`, as a program: the verdicts on trees that were released, its exit codes, its document."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from loadmaster.cli.commands.gates import judge
from loadmaster.errors.edits import TreeNotJudged
from loadmaster.planning.values.gate import Outcome
from loadmaster.run.profiles import load_project
from tests.cases.bumps import BUMPS, Bump
from tests.kit import fleet
from tests.kit.checkout import ROOT
from tests.kit.hangar import write
from tests.kit.running import loadmaster, profile_with_commands

TAGS = ROOT / "tests" / "cases" / "tags"
HANGAR = ROOT / "examples" / "hangar"

VERDICTS: list[tuple[str, str, str, str]] = [
    ("v2.1.4", "git-dependency", "crates/assay-monitor/Cargo.toml", "`assay-monitor` depends on `aya` from Git"),
    ("v2.1.4", "metadata-complete", "crates/assay-policy/Cargo.toml", "`assay-policy` has no licence"),
    (
        "v2.3.0",
        "tag-equals-version",
        "crates/assay-cli/Cargo.toml",
        "`assay-cli` has the version `2.2.2` under the tag `v2.3.0`",
    ),
    ("v3.2.0", "path-without-version", "crates/assay-sim/Cargo.toml", "depends on `assay-adapter-api` by path"),
    ("v3.11.0", "depends-on-unpublished", "crates/assay-cli/Cargo.toml", "depends on `assay-runner-core`"),
    ("v3.37.0", "depends-on-unpublished", "crates/assay-core/Cargo.toml", "depends on `assay-adapter-api`"),
    ("v3.37.0", "lockfiles-current", "fuzz/Cargo.lock", "has `assay-core` at `3.36.0`, its manifest says `3.37.0`"),
]


@pytest.mark.parametrize(("tag", "gate", "where", "what"), VERDICTS, ids=[f"{each[0]} {each[1]}" for each in VERDICTS])
def test_what_stopped_a_release_is_found_before_it(tag: str, gate: str, where: str, what: str) -> None:
    found = judge(TAGS / tag, tag, None)
    problems = [problem for each in found.gates if each.gate == gate for problem in each.problems]
    assert any(each.where == where and what in each.what for each in problems)
    assert found.exit_code == 1


@pytest.mark.parametrize("tag", sorted({each[0] for each in VERDICTS}))
def test_nothing_else_is_said_of_it(tag: str) -> None:
    found = judge(TAGS / tag, tag, None)
    failed = {each.gate for each in found.gates if each.outcome is Outcome.FAIL}
    assert failed == {gate for named, gate, _, _ in VERDICTS if named == tag}


def laid_out(place: Path, bump: Bump) -> Path:
    """The manifests as the bump left them. The excerpts of lockfiles would be judged as such."""
    for path, text in bump.after("Cargo.toml").items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    return place


FAILING_BUMPS = {"4.0.0": {"depends-on-unpublished"}}


@pytest.mark.parametrize("bump", BUMPS, ids=str)
def test_a_bumped_tree_fails_by_what_was_wrong_with_it_only(bump: Bump, tmp_path: Path) -> None:
    project = load_project("assay")
    project = project.model_copy(update={"release": project.release.model_copy(update={"changelog": None})})
    found = judge(laid_out(tmp_path, bump), f"v{bump.new}", project)
    failed = {each.gate for each in found.gates if each.outcome is Outcome.FAIL} - {"publish-list"}
    assert failed == FAILING_BUMPS.get(bump.new, set())


def test_the_demo_passes_every_gate(tmp_path: Path) -> None:
    ran = loadmaster(tmp_path, "gates", str(HANGAR), "--project", "demo")
    assert ran.code == 0, ran.out
    assert "✔ depends-on-unpublished: pass" in ran.out
    assert "need the repository, the registry or cargo" in ran.out


def test_a_gate_that_fails_is_told_with_its_way_out(tmp_path: Path) -> None:
    ran = loadmaster(tmp_path, "gates", str(HANGAR), "--tag", "v99.0.0", "--json")
    assert ran.code == 1
    failed = {each["gate"]: each for each in ran.document["gates"] if each["outcome"] == "fail"}
    assert set(failed) == {"tag-equals-version", "changelog-heading"}
    assert failed["changelog-heading"]["problems"][0]["fix"].startswith("write exactly one heading")
    assert failed["tag-equals-version"]["checked"] > 1


def test_what_a_release_would_run_is_named_and_not_run(tmp_path: Path) -> None:
    own = {"LOADMASTER_PROJECTS": str(profile_with_commands(tmp_path))}
    ran = loadmaster(tmp_path, "gates", str(HANGAR), "--project", "demo", **own)
    assert ran.code == 0, ran.out
    assert "  a release also runs the profile's commands, and asks of what they make: `docs`\n" in ran.out
    as_json = loadmaster(tmp_path, "gates", str(HANGAR), "--project", "demo", "--json", **own).document
    assert as_json["commands"] == ["docs"]


def test_the_document_has_gates_and_nothing_else(tmp_path: Path) -> None:
    ran = loadmaster(tmp_path, "gates", str(HANGAR), "--json")
    assert set(ran.document) == {"gates"}
    assert {"gate", "outcome", "checked", "problems", "why"} <= set(ran.document["gates"][0])


def copy_of_hangar(place: Path) -> Path:
    return Path(shutil.copytree(HANGAR, place / "hangar"))


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("Cargo.toml", b"[workspace\n", "line 1"),
        ("Cargo.toml", b"\xff\xfe", "not UTF-8"),
        ("Cargo.toml", b'[workspace]\nmembers = ["nowhere/*"]\n', "nowhere"),
    ],
    ids=["it is no TOML", "it is no text", "a member is missing"],
)
def test_a_tree_that_cannot_be_read_is_bad_input(tmp_path: Path, file: str, content: bytes, told: str) -> None:
    tree = copy_of_hangar(tmp_path)
    (tree / file).write_bytes(content)
    ran = loadmaster(tmp_path / "home", "gates", str(tree), "--json")
    assert ran.code == 2
    assert told in ran.document["failure"]["what"]


def test_a_directory_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(TreeNotJudged, match="is not a directory"):
        judge(tmp_path / "nowhere", None, None)


def test_a_lockfile_that_is_damaged_fails_a_gate_and_not_the_program(tmp_path: Path) -> None:
    tree = copy_of_hangar(tmp_path)
    lock = tree / "Cargo.lock"
    lock.write_text("<<<<<<< ours\n" + lock.read_text(encoding="utf-8"), encoding="utf-8")
    found = judge(tree, None, None)
    broken = next(each for each in found.gates if each.gate == "lockfiles-current")
    assert "merge markers" in broken.problems[0].what


def test_nothing_is_written(tmp_path: Path) -> None:
    tree = copy_of_hangar(tmp_path)
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    judge(tree, "v1", None)
    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == before


def test_a_workspace_below_the_directory_is_judged_by_its_paths(tmp_path: Path) -> None:
    stale = {"rust/Cargo.lock": fleet.BELOW["rust/Cargo.lock"].replace('"0.4.0"', '"0.3.0"', 1)}
    write(tmp_path, {**fleet.BELOW, **stale})
    found = judge(tmp_path, "v0.4.0", None, ("rust/Cargo.toml",))
    failed = {each.gate: [problem.where for problem in each.problems] for each in found.gates if each.problems}
    assert failed == {"lockfiles-current": ["rust/Cargo.lock"]}
    heading = next(each for each in found.gates if each.gate == "changelog-heading")
    assert (heading.outcome, heading.checked) == (Outcome.PASS, 1)


def test_the_gates_of_a_workspace_below_are_asked_by_its_manifest(tmp_path: Path) -> None:
    write(tmp_path / "ship", fleet.BELOW)
    ran = loadmaster(tmp_path / "home", "gates", str(tmp_path / "ship"), "--manifest-path", "rust/Cargo.toml", "--json")
    assert ran.code == 0, ran.out
