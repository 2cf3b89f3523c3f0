"""The runs of this machine, where records of one of them cannot be read: that one is named, and breaks no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from loadmaster.cli.commands.known_runs import find_run, list_runs, newest_unfinished, runs_text
from loadmaster.cli.commands.prune import prune
from loadmaster.cli.standing import standing_here, standing_text
from loadmaster.errors.run import RunRecordBroken, RunUnknown
from loadmaster.planning.progress.notes import RunNote
from loadmaster.planning.way_on import WayOn
from loadmaster.run.job import Pinned
from loadmaster.run.journal import receipt_of_cut
from loadmaster.run.store import RunDirectory, Store
from loadmaster.steps.cut import close_cut_run
from tests.kit.receipts import WHEN, receipt
from tests.kit.running import loadmaster

PINNED = Pinned(
    project="demo", asked="minor", commit="0" * 40, on_branch=True, started=WHEN, as_of=WHEN, version="1.0.0"
)
BROKEN = "b" * 36


def ended(store: Store, identity: str, outcome: str = "released") -> RunDirectory:
    """A run whose last attempt ended so."""
    run = store.run(identity)
    with run.locked():
        run.pinned.write_text(PINNED.model_dump_json())
        run.receipt.write_text(receipt(run=identity, outcome=outcome).to_json())
    run.lock.write_text("4194305")  # no process has this pid
    return run


def with_journal(run: RunDirectory, text: str) -> None:
    run.journal.write_text(text)


HEAD = RunNote(receipt=receipt(outcome="crashed", objects=())).model_dump_json(exclude_none=True)


def cut(run: RunDirectory) -> RunDirectory:
    """Its attempt was cut off, and wrote no receipt."""
    with_journal(run, f"{HEAD}\n")
    run.receipt.unlink()
    return run


SPOILT: Mapping[str, tuple[Callable[[RunDirectory], object], str, str]] = {
    "no JSON": (lambda run: run.pinned.write_text("{"), "pinned.json", "Invalid JSON"),
    "an empty record": (lambda run: run.receipt.write_text(""), "receipt.json", "Invalid JSON"),
    "a field of a newer version": (
        lambda run: run.pinned.write_text(PINNED.model_dump_json().replace("{", '{"mood": "good", ', 1)),
        "pinned.json",
        "`mood`: Extra inputs are not permitted",
    ),
    "an outcome that is not known": (
        lambda run: run.receipt.write_text(receipt().to_json().replace('"released"', '"flown"')),
        "receipt.json",
        "`outcome`: Input should be",
    ),
    "a journal of which no line can be read": (
        lambda run: with_journal(run, '{"mood": "good"}\n{"mood": "bad"}\n'),
        "journal.jsonl",
        "no line of it",
    ),
    "a cut attempt of which nobody knows what it was about": (
        lambda run: cut(run).pinned.write_text("[]"),
        "pinned.json",
        "Input should be an object",
    ),
}


@pytest.mark.parametrize(("spoil", "file", "reason"), SPOILT.values(), ids=list(SPOILT))
@pytest.mark.parametrize("close", [True, False], ids=["closing", "looking"])
def test_a_run_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, spoil: Callable[[RunDirectory], object], file: str, reason: str, close: bool
) -> None:
    store = Store(tmp_path)
    ended(store, "a" * 36)
    spoil(ended(store, BROKEN))
    runs = {run.id: run for run in list_runs(store, close=close)}
    assert runs["a" * 36].problem is None
    assert runs["a" * 36].state == "released"
    broken = runs[BROKEN]
    assert (broken.state, broken.next) == ("not readable", None)
    assert broken.problem is not None
    assert f"{file}` of the run `{BROKEN}` cannot be read: " in broken.problem
    assert reason in broken.problem
    assert broken.problem in runs_text(tuple(runs.values()))


def test_nothing_that_cannot_be_read_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = ended(store, BROKEN)
    with_journal(run, '{"mood": "good"}\n')
    with pytest.raises(RunRecordBroken):
        close_cut_run(run, store, cancelled=False)
    assert run.journal.exists()
    run.receipt.write_text("{}")
    prune(store, 0, WHEN, dry_run=False)
    assert run.journal.exists()


def test_a_journal_that_was_cut_in_its_first_line_noted_nothing(tmp_path: Path) -> None:
    run = ended(Store(tmp_path), BROKEN)
    with_journal(run, HEAD[:40])
    assert receipt_of_cut(run, cancelled=False) is None


def test_a_broken_receipt_gives_way_to_what_a_later_attempt_noted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = ended(store, BROKEN)
    run.receipt.write_text("{")
    with_journal(run, f"{HEAD}\n")
    assert close_cut_run(run, store, cancelled=False) is not None
    (seen,) = list_runs(store)
    assert (seen.state, seen.problem) == ("crashed", None)


def test_what_cannot_be_read_is_never_resumed_by_itself(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ended(store, "a" * 36, "cancelled")
    ended(store, BROKEN).pinned.write_text("{}")
    assert find_run(None, store, newest_unfinished).id == "a" * 36
    store.run("a" * 36).remove()
    with pytest.raises(RunUnknown):
        find_run(None, store, newest_unfinished)
    assert find_run(BROKEN[:8], store, newest_unfinished).next is not WayOn.RESUME


def test_where_one_stands_it_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    ended(store, BROKEN).pinned.write_text("{}")
    standing = standing_here(tmp_path, store)
    assert [run.id for run in standing.not_readable] == [BROKEN]
    assert f"not known   {BROKEN[:8]}: `{store.run(BROKEN).pinned}` of the run" in standing_text(standing)


def test_the_command_lists_all_of_them_and_exits_0(home: Path) -> None:
    store = Store(home)
    ended(store, "a" * 36)
    ended(store, BROKEN).receipt.write_text("{}")
    ran = loadmaster(home, "runs")
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) == 2
    assert "not readable" in ran.out
    followed = loadmaster(home, "follow", BROKEN[:8])
    assert followed.code == 1
    assert "loadmaster explain run-record-broken" in followed.err
