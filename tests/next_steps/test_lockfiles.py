"""A lockfile that a bump or a gate refuses: what the message says to run mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.cli.commands.bump import bump
from loadmaster.cli.commands.gates import judge, judgement_text
from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.profile.project import ReleaseStyle
from tests.kit.building import TODAY
from tests.kit.hangar import FILES, commit_all, git
from tests.kit.next_step import run_as_printed
from tests.kit.packing import upload
from tests.kit.registry_world import fresh
from tests.kit.running import index_of, loadmaster
from tests.kit.sandboxed_cargo import sandboxed_cargo

pytestmark = pytest.mark.cargo

GOOD = FILES["Cargo.lock"]
UNITS = '[[package]]\nname = "hangar-units"\nversion = "0.4.0"\n'
MERGED = f"<<<<<<< HEAD\n{UNITS}=======\n{UNITS.replace('0.4.0', '0.4.1')}>>>>>>> theirs\n"


def refused(tree: Path) -> str:
    """What is printed for a bump that does not take the tree."""
    with pytest.raises(LoadmasterError) as caught:
        bump(tree, "minor", ReleaseStyle(), TODAY, dry_run=True)
    return str(caught.value)


def is_taken(tree: Path) -> bool:
    return bool(bump(tree, "minor", ReleaseStyle(), TODAY, dry_run=True).files)


def test_one_side_of_a_merge_is_checked_out_and_completed(cloned: Path) -> None:
    (cloned / "Cargo.lock").write_text(GOOD.replace(UNITS, MERGED))
    printed = refused(cloned)
    git(cloned, "checkout", "HEAD", "--", "Cargo.lock")
    run_as_printed("MergeMarkers", "cargo metadata", printed, cloned)
    assert is_taken(cloned)


FORMATS = {
    "of cargo 1.41": GOOD.replace("version = 4\n\n", ""),
    "of cargo 1.30": GOOD.replace("version = 4\n\n", "").replace('"hangar-units",', '"hangar-units 0.4.0",'),
    "of the future": GOOD.replace("version = 4", "version = 5"),
    "cut short": "",
}


@pytest.mark.parametrize("other", FORMATS.values(), ids=FORMATS)
def test_a_lockfile_of_another_format_is_made_by_today_s_cargo(tree: Path, other: str) -> None:
    (tree / "Cargo.lock").write_text(other)
    run_as_printed("LockfileFormat", "cargo generate-lockfile", refused(tree), tree)
    assert is_taken(tree)


@pytest.mark.parametrize("is_kept", [True, False], ids=["there is a good one", "there is none"])
def test_a_lockfile_that_is_cut_short_is_replaced(cloned: Path, is_kept: bool) -> None:
    (cloned / "Cargo.lock").write_text(GOOD[:150])
    printed = refused(cloned)
    put_back_or_delete(cloned, is_kept=is_kept)
    run_as_printed("LockfileNotToml", "cargo metadata", printed, cloned)
    assert is_taken(cloned)


BROKEN = {
    "a package without a version": GOOD.replace(UNITS, UNITS.replace('version = "0.4.0"\n', "")),
    "a package that is there twice": f"{GOOD}\n{UNITS}",
    "a member in two versions": f"{GOOD}\n{UNITS.replace('0.4.0', '0.3.0')}",
    "an entry of a package that is not there": GOOD.replace('"hangar-units",', '"hangar-units 0.3.0",'),
}


@pytest.mark.parametrize("is_kept", [True, False], ids=["there is a good one", "there is none"])
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_lockfile_that_is_broken_is_replaced(cloned: Path, broken: str, is_kept: bool) -> None:
    (cloned / "Cargo.lock").write_text(broken)
    printed = refused(cloned)
    put_back_or_delete(cloned, is_kept=is_kept)
    run_as_printed("LockfileBroken", "cargo metadata", printed, cloned)
    assert is_taken(cloned)


def put_back_or_delete(cloned: Path, *, is_kept: bool) -> None:
    if is_kept:
        git(cloned, "checkout", "HEAD", "--", "Cargo.lock")
    else:
        (cloned / "Cargo.lock").unlink()


STALE = {
    "has a member's old version": GOOD.replace("0.4.0", "0.3.0"),
    "lacks a member": GOOD.replace(f"\n{UNITS}", "").replace('dependencies = [\n "hangar-units",\n]\n', ""),
    "names what it does not have": GOOD.replace(f"\n{UNITS}", ""),
    "lacks a dependency": GOOD.replace('dependencies = [\n "hangar-units",\n]\n', ""),
    "has a dependency too many": GOOD.replace(UNITS, UNITS + 'dependencies = [\n "hangar-cli",\n]\n'),
}


def closed(tree: Path) -> str:
    """What the gates on files print of a tree; `` if none is closed."""
    judged = judge(tree, None, None)
    return judgement_text(judged) if judged.exit_code else ""


@pytest.mark.parametrize("stale", STALE.values(), ids=STALE)
def test_a_stale_lockfile_is_updated(tree: Path, stale: str) -> None:
    (tree / "Cargo.lock").write_text(stale)
    printed = closed(tree)
    assert "lockfiles-current: fail" in printed
    run_as_printed("locks.FIX", "cargo update --workspace", printed, tree)
    assert closed(tree) == ""


ITOA = (
    '[[package]]\nname = "itoa"\nversion = "0.4.8"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n'
)


def test_a_lockfile_that_is_behind_a_raised_requirement_is_updated(tree: Path, tmp_path: Path) -> None:
    with (tree / "units/Cargo.toml").open("a") as manifest:
        manifest.write('\n[dependencies]\nitoa = "1"\n')
    (tree / "Cargo.lock").write_text(f'{GOOD}dependencies = [\n "itoa",\n]\n\n{ITOA}')
    printed = closed(tree)
    assert "has `itoa` at `0.4.8`, and `hangar-units` requires `^1`" in printed
    with fresh(tmp_path / "registry") as world:
        assert world.put(upload("itoa", "1.0.0")).status_code == 200
        mine = sandboxed_cargo(tmp_path / "mine", tmp_path / "cargo.log", index=index_of(world))
        run_as_printed("locks.FIX", "cargo update --workspace", printed, tree, {"CARGO_HOME": str(mine.home)})
    assert closed(tree) == ""


def test_a_requirement_that_no_member_meets_is_mended_where_it_stands(tree: Path) -> None:
    """cargo would not update a lockfile for it."""
    cli = tree / "cli/Cargo.toml"
    cli.write_text(FILES["cli/Cargo.toml"].replace('version = "0.4.0" }', 'version = "0.3" }'))
    printed = closed(tree)
    assert "lockfiles-current: fail" in printed
    assert "cargo update" not in printed
    assert printed.count("next: write a requirement that `0.4.0` meets.") == 2
    cli.write_text(FILES["cli/Cargo.toml"])
    assert closed(tree) == ""


def test_a_lockfile_of_another_workspace_that_cargo_refuses_is_updated(home: Path, cloned: Path) -> None:
    fuzz = cloned / "fuzz"
    fuzz.mkdir()
    (fuzz / "lib.rs").touch()
    (fuzz / "Cargo.toml").write_text(
        '[workspace]\n[package]\nname = "fuzz"\nversion = "0.0.0"\nedition = "2021"\npublish = false\n[lib]\npath = "lib.rs"\n'
        '[dependencies]\nhangar-units = { path = "../units" }\n'
    )
    (fuzz / "Cargo.lock").write_text(
        f'version = 4\n\n[[package]]\nname = "fuzz"\nversion = "0.0.0"\ndependencies = [\n "hangar-units",\n]\n\n'
        f"{UNITS.replace('0.4.0', '0.3.0')}"
    )
    commit_all(cloned)
    asked = ("plan", "--project", "demo", "--version", "minor", "--repository", str(cloned))
    planned = loadmaster(home, *asked)
    _, refused_by_cargo, answer = planned.out.partition("lockfiles-accepted: fail")
    assert (planned.code, refused_by_cargo != "") == (1, True)

    run_as_printed("toolchain._refusal", "cargo update --workspace", answer, fuzz)
    commit_all(cloned)

    assert loadmaster(home, *asked).code == 0
