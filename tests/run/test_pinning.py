"""When a release began: told by the runs of the same release that stand in the store, and by nothing else there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loadmaster.errors.git import BranchMissing
from loadmaster.run.job import Pinned
from loadmaster.run.pinning import earlier_starts, release_of_run, require_branch
from loadmaster.run.store import Store
from tests.kit.hangar import git, repository

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
    copy = repository(tmp_path / "source")
    git(copy, "branch", "release/1.4")
    require_branch(copy, "release/1.4", "hangar")
    with pytest.raises(BranchMissing, match=r"`hangar` has no branch `trunk`; it has `\S+`, `release/1\.4`\.") as told:
        require_branch(copy, "trunk", "hangar")
    assert str(copy) not in str(told.value)
