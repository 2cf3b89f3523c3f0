"""When a release began: told by the runs of the same release that stand in the store, and by nothing else there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loadmaster.clients import git
from loadmaster.clients.git.command import run as git_command
from loadmaster.errors.git import BranchMissing, CheckoutAltered, ObjectsReplaced
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.run.job import Pinned
from loadmaster.run.pinning import earlier_starts, pin, release_of_run, require_branch, source_of
from loadmaster.run.profiles import load_project
from loadmaster.run.store import Store
from tests.kit import hangar, repositories

THEN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
INDEX = "sparse+http://127.0.0.1:1/index/"
OWN = Pinned(project="demo", asked="minor", commit="0" * 40, on_branch=True, started=THEN, as_of=THEN, index=INDEX)


def run(store: Store, name: str, version: str = "1.0.0", **changed: object) -> None:
    directory = store.run(name)
    pinned = OWN.model_copy(update={"version": version, **changed})
    directory.pinned.write_text(pinned.model_dump_json(), encoding="utf-8")


def test_only_runs_of_the_same_release_tell_when_it_began(tmp_path: Path) -> None:
    store, day = Store(tmp_path), timedelta(days=1)
    run(store, "this")
    run(store, "earlier", as_of=THEN - day)
    run(store, "another version", "1.1.0", as_of=THEN - 2 * day)
    run(store, "another registry", index=f"{INDEX}other/", as_of=THEN - 3 * day)
    run(store, "another project", project="hangar", as_of=THEN - 4 * day)
    run(store, "a rehearsal", index=None, as_of=THEN - 5 * day)
    store.run("nothing planned yet").pinned.write_text(OWN.model_dump_json(), encoding="utf-8")
    assert sorted(earlier_starts(OWN, "1.0.0", store)) == [THEN - day, THEN]
    assert earlier_starts(OWN.model_copy(update={"index": None}), "1.0.0", store) == ()


@pytest.mark.parametrize("record", ["", "{}", '{"project": "demo"'], ids=["empty", "of another shape", "cut short"])
def test_a_record_that_cannot_be_read_tells_nothing(tmp_path: Path, record: str) -> None:
    store = Store(tmp_path)
    run(store, "this")
    run(store, "spoilt")
    spoilt = store.run("spoilt")
    spoilt.pinned.write_text(record, encoding="utf-8")
    assert release_of_run(spoilt) is None
    assert earlier_starts(OWN, "1.0.0", store) == (THEN,)


def test_a_branch_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    copy = hangar.repository(tmp_path / "source")
    hangar.git(copy, "branch", "release/1.4")
    require_branch(copy, "release/1.4", "hangar")
    with pytest.raises(BranchMissing, match=r"`hangar` has no branch `trunk`; it has `\S+`, `release/1\.4`\.") as told:
        require_branch(copy, "trunk", "hangar")
    assert str(copy) not in str(told.value)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return repositories.repository(tmp_path / "checkout", {"a": "1\n"})


def pinned(checkout: Path, store: Store) -> Pinned:
    request = rehearse_request({"project": "demo", "version": "minor", "repository": str(checkout)})
    project, directory = load_project("demo"), store.run("one")
    return pin(request, project, directory, source_of(request, project, directory, store), None)


def test_a_checkout_whose_files_have_other_bytes_than_a_clone_is_not_pinned(tmp_path: Path, checkout: Path) -> None:
    assert pinned(checkout, Store(tmp_path / "before")).commit == git.head(checkout)
    git_command(checkout, "config", "core.autocrlf", "true")
    with pytest.raises(CheckoutAltered):
        pinned(checkout, Store(tmp_path / "after"))


def test_a_commit_whose_files_are_replaced_is_not_pinned(tmp_path: Path, checkout: Path) -> None:
    repositories.save(checkout, {"a": "2\n"})
    git_command(checkout, "replace", "HEAD:a", "HEAD^:a")
    with pytest.raises(ObjectsReplaced):
        pinned(checkout, Store(tmp_path / "store"))
