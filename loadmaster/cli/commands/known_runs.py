"""The runs that this machine knows: from their directories, and from Prefect if its server answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from loadmaster.deployments import REHEARSE, RELEASE
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.prefect import NoStackRunning, PrefectUnreachable
from loadmaster.errors.run import RunAmbiguous, RunRecordBroken, RunUnknown
from loadmaster.planning.values.receipt import SHORT, Receipt
from loadmaster.planning.values.value import Value
from loadmaster.planning.way_on import WayOn, out_text, way_on
from loadmaster.run.job import Pinned
from loadmaster.run.journal import receipt_of_cut
from loadmaster.run.store import RunDirectory, Store
from loadmaster.stack.liveness import holder_lives
from loadmaster.stack.record import running
from loadmaster.stack.runs import FlowRun

LEAST = 4
"""Characters of an id that a person must give at least."""


class RunSeen(Value):
    """A run, as `loadmaster runs` lists it."""

    id: str
    name: str | None = None
    """The name on its page; None if the server is not running."""
    project: str | None = None
    version: str | None = None
    """The version, or what was asked for."""
    world: str | None = None
    state: str
    """Prefect's state; without the server, what its files say: `at work`, or the outcome of its receipt."""
    started: str | None = None
    out: str | None = None
    """What of it is out."""
    next: WayOn | None = None
    is_at_work: bool = False
    """Or about to be: the worker has it, or will take it."""
    problem: str | None = None
    """Why its records cannot be read: how it stands is not known."""

    @property
    def short(self) -> str:
        return self.id[:SHORT]


def list_runs(store: Store, *, close: bool = True) -> tuple[RunSeen, ...]:
    """Every run that has a directory here, the newest first. If the server answers: with Prefect's state, and with the runs
    that have no directory yet.

    `close`: a run that was cut off gets its receipt, for which a registry may be asked; else it is taken as it noted itself.
    """
    seen = kept_runs(store, close=close)
    ids = {run.id for run in seen}
    known, due = _known_to_prefect(store, sorted(ids))
    merged = [
        run.model_copy(update={"name": known[run.id].name, "state": known[run.id].state.name})
        if run.id in known
        else run
        for run in seen
    ]
    merged += [_without_directory(run) for run in due if run.id not in ids]
    return tuple(sorted(merged, key=lambda run: run.started or "", reverse=True))


def kept_runs(store: Store, *, close: bool) -> list[RunSeen]:
    """Every run that has a directory here, by its files alone. `close`: as for `list_runs`."""
    seen = (_seen_or_broken(directory, store, close=close) for directory in store.runs())
    return [run for run in seen if run is not None]


def _known_to_prefect(store: Store, identities: list[str]) -> tuple[dict[str, FlowRun], list[FlowRun]]:
    """The runs with these ids, and the releases and rehearsals that have not ended."""
    flows = [name.partition("/")[0] for name in (RELEASE, REHEARSE)]
    try:
        stack = running(store.root.resolve())
        from loadmaster.stack.access import connect  # it speaks HTTP

        with connect(store.root, stack) as api:
            return {run.id: run for run in api.runs(identities)}, api.due_runs(flows, datetime.now(UTC))
    except (NoStackRunning, PrefectUnreachable):
        return {}, []


def _without_directory(run: FlowRun) -> RunSeen:
    request = run.parameters.get("request") or {}
    return RunSeen(
        id=run.id,
        name=run.name,
        project=request.get("project"),
        version=request.get("version"),
        state=run.state.name,
        started=run.state.timestamp.isoformat(timespec="seconds"),
        is_at_work=True,
    )


def _seen_or_broken(directory: RunDirectory, store: Store, *, close: bool) -> RunSeen | None:
    """The run; one whose records cannot be read is named, and breaks no other. None if no attempt of it ever began."""
    identity = directory.path.name
    try:
        return _seen(directory, store, close=close) if directory.lock.exists() else None
    except RunRecordBroken as error:
        problem = error
    except PermissionError as error:  # of somebody else's, such as root's
        problem = RunRecordBroken(identity, str(directory.path), error.strerror or str(error))
    return RunSeen(id=identity, state="not readable", problem=problem.what)


def _seen(directory: RunDirectory, store: Store, *, close: bool) -> RunSeen:
    at_work, left = holder_lives(directory) is True, _last_receipt if close else _noted_receipt
    pinned, receipt = directory.read(Pinned, directory.pinned), None if at_work else left(directory, store)
    return RunSeen(
        id=directory.path.name,
        project=pinned.project if pinned else None,
        version=(pinned.version or pinned.asked) if pinned else None,
        world=None if pinned is None else "rehearsal" if pinned.index is None else "live",
        state="at work" if at_work else receipt.outcome if receipt else "without a receipt",
        is_at_work=at_work,
        started=pinned.started.isoformat(timespec="seconds") if pinned else None,
        out=out_text(receipt) if receipt else None,
        next=way_on(receipt) if receipt else None,
    )


def _last_receipt(directory: RunDirectory, store: Store) -> Receipt | None:
    """The receipt of the last attempt; of one that was cut off, its notes, where the disk takes no receipt."""
    from loadmaster.steps.cut import close_cut_run

    try:
        close_cut_run(directory, store, cancelled=False)
    except (DiskFull, NotWritten):
        if (noted := receipt_of_cut(directory, cancelled=False)) is not None:
            return noted
    return directory.read(Receipt, directory.receipt)


def _noted_receipt(directory: RunDirectory, _store: Store) -> Receipt | None:
    """As `_last_receipt`, and changes nothing."""
    return receipt_of_cut(directory, cancelled=False) or directory.read(Receipt, directory.receipt)


def runs_text(runs: tuple[RunSeen, ...]) -> str:
    """A table for a terminal."""
    if not runs:
        return "no runs yet"
    rows = [
        (
            run.short,
            run.world or "",
            f"{run.project or '?'} {run.version or ''}",
            run.state,
            run.started or "",
            run.problem or run.out or "",
        )
        for run in runs
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def find_run(wanted: str | None, store: Store, choose: Callable[[tuple[RunSeen, ...]], RunSeen]) -> RunSeen:
    runs = list_runs(store)
    if wanted is None:
        return choose(runs)
    fitting = [run for run in runs if run.name == wanted or (len(wanted) >= LEAST and run.id.startswith(wanted))]
    if not fitting:
        raise RunUnknown(f"run `{wanted}`", [run.short for run in runs[:5]])
    if len(fitting) > 1:
        raise RunAmbiguous(f"called `{wanted}`", [run.id for run in fitting])
    return fitting[0]


def newest(runs: tuple[RunSeen, ...]) -> RunSeen:
    if not runs:
        raise RunUnknown("run yet", ())
    return runs[0]


def newest_unfinished(runs: tuple[RunSeen, ...]) -> RunSeen:
    open_ones = [run for run in runs if run.next is not WayOn.NOTHING and not run.is_at_work]
    unfinished = [run for run in open_ones if run.problem is None]
    if not unfinished:
        raise RunUnknown("run that could be resumed", [run.short for run in runs[:5]])
    return unfinished[0]


def only_one_at_work(runs: tuple[RunSeen, ...]) -> RunSeen:
    at_work = [run for run in runs if run.is_at_work]
    if not at_work:
        raise RunUnknown("run at work", [])
    if len(at_work) > 1:
        raise RunAmbiguous("at work", [run.short for run in at_work])
    return at_work[0]
