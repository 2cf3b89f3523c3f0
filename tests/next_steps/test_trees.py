"""A tree that cannot be read, or that a bump left half written: what the message says to run leads on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadmaster.errors.edits import BumpRefused
from loadmaster.errors.workspace import NotAWorkspace
from loadmaster.planning.plan import ReleasePlan, plan_release
from loadmaster.planning.values.receipt import ReceiptOutcome
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps import prepare
from loadmaster.steps.look import look
from tests.kit.hangar import FILES, commit_all, git, repository
from tests.kit.next_step import run_as_printed
from tests.kit.planned import plan_of
from tests.kit.running import Ran, loadmaster

pytestmark = pytest.mark.cargo

UNITS = "units/Cargo.toml"


def bumped(home: Path, tree: Path) -> Ran:
    return loadmaster(home, "bump", str(tree), "--version", "0.5.0")


def test_cargo_shows_whether_a_line_of_a_manifest_is_right(home: Path, tree: Path) -> None:
    (tree / UNITS).write_text(FILES[UNITS].replace('edition = "2021"', 'edition = 2021"'))
    printed = bumped(home, tree).err

    still = run_as_printed("NotToml", "cargo metadata --no-deps", printed, tree, succeeds=False)
    assert (still.returncode, "units/Cargo.toml:4:" in still.stderr) == (101, True)
    (tree / UNITS).write_text(FILES[UNITS])

    run_as_printed("NotToml", "cargo metadata --no-deps", printed, tree)
    assert bumped(home, tree).code == 0


def test_cargo_shows_whether_a_manifest_is_complete(home: Path, tree: Path) -> None:
    (tree / UNITS).write_text(FILES[UNITS].replace('name = "hangar-units"\n', ""))
    printed = bumped(home, tree).err

    still = run_as_printed("ManifestIncomplete", "cargo metadata --no-deps", printed, tree, succeeds=False)
    assert (still.returncode, "missing field `package.name`" in still.stderr) == (101, True)
    (tree / UNITS).write_text(FILES[UNITS])

    run_as_printed("ManifestIncomplete", "cargo metadata --no-deps", printed, tree)
    assert bumped(home, tree).code == 0


def test_a_commit_where_cargo_reads_the_workspace_is_named(home: Path, cloned: Path) -> None:
    good = git(cloned, "rev-parse", "HEAD")
    git(cloned, "mv", "Cargo.toml", "Cargo.toml.old")
    git(cloned, "commit", "--quiet", "--message=Tidy up")
    with pytest.raises(NotAWorkspace) as caught:
        plan_of(cloned, home)
    printed = str(caught.value)

    assert (
        run_as_printed("NotAWorkspace", "cargo metadata --no-deps", printed, cloned, succeeds=False).returncode == 101
    )
    git(cloned, "checkout", "--quiet", "--detach", good)
    run_as_printed("NotAWorkspace", "cargo metadata --no-deps", printed, cloned)

    assert plan_of(cloned, home, commit=good).receipt.outcome is ReceiptOutcome.PLANNED


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_byte_order_mark_is_taken_away_and_nothing_else(home: Path, tree: Path, locale: str) -> None:
    folder = tree / "a folder's"
    (tree / "units").rename(folder)
    for file in ("Cargo.toml", "cli/Cargo.toml"):
        (tree / file).write_text(FILES[file].replace('"units"', '"a folder\'s"').replace("../units", "../a folder's"))
    (folder / "Cargo.toml").write_text("\ufeff" + FILES[UNITS], encoding="utf-8")

    run_as_printed(
        "ByteOrderMark",
        r"sed -i '1s/^\xEF\xBB\xBF//' {shlex.quote(path)}",
        bumped(home, tree).err,
        tree,
        {"LC_ALL": locale},
    )

    assert (folder / "Cargo.toml").read_text(encoding="utf-8") == FILES[UNITS]
    assert bumped(home, tree).code == 0


KILLED = """
import os, pathlib, signal, sys
from loadmaster.cli.app import app
replace, moves = pathlib.Path.replace, 3
def killed_after_some(self, target):
    global moves
    moves -= 1
    if moves == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
pathlib.Path.replace = killed_after_some
app()
"""


def kill_a_bump_of(tree: Path) -> None:
    """Some files are the new ones, others the old ones."""
    done = subprocess.run((sys.executable, "-c", KILLED, "bump", str(tree), "--version", "0.5.0"), check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tree / ".loadmaster-bump").is_dir()


def judged(home: Path, tree: Path) -> Ran:
    return loadmaster(home, "gates", str(tree))


def test_a_bump_that_was_killed_is_made_again(home: Path, tree: Path, tmp_path: Path) -> None:
    kill_a_bump_of(tree)
    refused = judged(home, tree)
    assert refused.code == 2

    run_as_printed(
        "BumpInterrupted",
        "loadmaster bump {shlex.quote(tree)} --version VERSION",
        refused.err,
        tmp_path,
        VERSION="0.5.0",
    )

    assert judged(home, tree).code == 0
    assert 'version = "0.5.0"' in (tree / UNITS).read_text()


def test_files_that_somebody_changed_after_a_kill_are_put_right_by_hand(
    home: Path, cloned: Path, tmp_path: Path
) -> None:
    kill_a_bump_of(cloned)
    (cloned / UNITS).write_text("# by hand\n" + FILES[UNITS])
    refused = bumped(home, cloned)
    assert refused.code == 1

    for path in git(cloned, "diff", "--name-only").splitlines():
        run_as_printed("BumpInterrupted", "git -C {shlex.quote(tree)} restore PATH", refused.err, tmp_path, PATH=path)
    shutil.rmtree(cloned / ".loadmaster-bump")

    assert bumped(home, cloned).code == 0


VENDORED = {
    "Cargo.toml": '[workspace]\nmembers = ["cli", "units"]\nexclude = ["vendored"]\nresolver = "2"\n'
    '[patch.crates-io]\nhangar-units = { path = "units" }\n',
    "cli/Cargo.toml": f'{FILES["cli/Cargo.toml"]}[dev-dependencies]\ngauge = {{ path = "../vendored/gauge" }}\n',
    "vendored/gauge/Cargo.toml": '[package]\nname = "gauge"\nversion = "1.0.0"\nedition = "2021"\n'
    '[dependencies]\nhangar-units = "0.4"\n',
    "vendored/gauge/src/lib.rs": "",
    "Cargo.lock": 'version = 4\n\n[[package]]\nname = "gauge"\nversion = "1.0.0"\ndependencies = [\n "hangar-units",\n]\n\n'
    '[[package]]\nname = "hangar-cli"\nversion = "0.4.0"\ndependencies = [\n "gauge",\n "hangar-units",\n]\n\n'
    '[[package]]\nname = "hangar-units"\nversion = "0.4.0"\n',
}
"""A copy of somebody's crate, which needs a member by a version that the release leaves behind."""


@contextmanager
def planned(source: Path, home: Path, version: str, run: str) -> Iterator[tuple[Job, ReleasePlan]]:
    store = Store(home)
    request = rehearse_request({"project": "demo", "version": version, "repository": str(source)})
    with rehearsal(request, store.run(run), store) as job:
        yield job, plan_release(look(job), job.project, job.pinned.asked, job.pinned.today)


def test_a_bump_that_cargo_does_not_take_is_made_by_hand_and_released(home: Path, tmp_path: Path) -> None:
    source = repository(tmp_path / "source", VENDORED)
    with planned(source, home, "minor", "one") as (job, plan), pytest.raises(BumpRefused) as caught:
        prepare.commit(job, plan)
    printed = str(caught.value)
    assert 'hangar-units = "^0.4"' in printed

    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(source), str(clone))
    run_as_printed("BumpRefused", "loadmaster bump CLONE {bump}", printed, tmp_path, CLONE=clone)
    gauge = clone / "vendored/gauge/Cargo.toml"
    gauge.write_text(gauge.read_text().replace('"0.4"', '"0.5"'))
    run_as_printed("BumpRefused", "cargo update --workspace", printed, clone, {"CARGO_NET_OFFLINE": "true"})
    commit_all(clone)

    with planned(clone, home, "0.5.0", "two") as (job, plan):
        assert prepare.commit(job, plan) == plan.base_commit == git(clone, "rev-parse", "HEAD")
