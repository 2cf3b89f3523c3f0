"""Frees the disk space of finished runs and builds. Each directory is measured, judged and removed on its own.

Keeps the records of every run: `status`, `audit`, and a run that finishes another's release read them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from loadmaster.clients.disk import measure, remove_tree, walk
from loadmaster.errors.request import ReleaseLocked
from loadmaster.errors.run import RunRecordBroken
from loadmaster.planning.pruning import Fate, LeftoverKind, LeftoverPlace, fate_of, kind_of_run
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.planning.values.value import Value
from loadmaster.run.job import Pinned
from loadmaster.run.pinning import release_of_run
from loadmaster.run.store import RunDirectory, Store
from loadmaster.stack.liveness import holder_lives

ReleaseKey = tuple[str, str, str]
"""Project, version, index of the registry."""


class Pruned(Value):
    """The document of `loadmaster prune --json`."""

    home: str
    older_than: int
    """Days."""
    dry_run: bool
    freed: int
    """Bytes on the disk; in a dry run, those that would be freed."""
    places: tuple[Fate, ...]


def prune(store: Store, days: int, now: datetime, *, dry_run: bool) -> Pruned:
    """Removes what `planning.pruning` permits. A home that does not exist is not created."""
    fates = [fate_of(place, now, timedelta(days=days)) for place in _places(store)]
    fates = [_carry_out(store, fate) if fate.removed and not dry_run else fate for fate in fates]
    return Pruned(
        home=str(store.root),
        older_than=days,
        dry_run=dry_run,
        freed=sum(fate.bytes for fate in fates if fate.removed),
        places=tuple(fates),
    )


def _places(store: Store) -> Iterator[LeftoverPlace]:
    """Every directory of a run or a build that takes disk space. Links are not followed."""
    released = frozenset(_finished_releases(store))
    for path in _directories(store.root / "runs"):
        place = _place_of_run(RunDirectory(path), released)
        if place.bytes:
            yield place
    for path in _directories(store.place("build")):
        size, used = measure([path])
        yield LeftoverPlace(
            path=f"build/{path.name}", kind=LeftoverKind.BUILD, bytes=size, used=used, busy=_builder(path)
        )


def _directories(of: Path) -> list[Path]:
    return sorted(path for path in of.iterdir() if path.is_dir() and not path.is_symlink()) if of.is_dir() else []


def _place_of_run(run: RunDirectory, released: frozenset[ReleaseKey]) -> LeftoverPlace:
    kind = kind_of_run(run.path.name)
    size, used = measure([run.path] if kind is LeftoverKind.LOOK else _removable(run))
    holder = run.last_holder()
    return LeftoverPlace(
        path=f"runs/{run.path.name}",
        kind=kind,
        bytes=size,
        used=used,
        busy=f"process {holder[0]}" if holder and holder_lives(run) else None,
        finished=_outcome(run) is ReceiptOutcome.RELEASED or _release(run) in released,
    )


def _removable(run: RunDirectory) -> list[Path]:
    records = {run.receipt, run.pinned, run.lock}
    return sorted(path for path in run.path.iterdir() if path not in records)


def _finished_releases(store: Store) -> Iterator[ReleaseKey]:
    """Real releases that some run finished: an earlier attempt by another run has nothing left to do."""
    for path in _directories(store.root / "runs"):
        run = RunDirectory(path)
        if _outcome(run) is ReceiptOutcome.RELEASED and (release := _release(run)):
            yield release


def _release(run: RunDirectory) -> ReleaseKey | None:
    """The release of a real run. None for a rehearsal: it has a world of its own, and no other run finishes it."""
    match release_of_run(run):
        case (Pinned(index=str(index)) as pinned, version):
            return (pinned.project, version, index)
        case _:
            return None


def _outcome(run: RunDirectory) -> ReceiptOutcome | None:
    try:
        receipt = run.read(Receipt, run.receipt)
    except RunRecordBroken:
        return None
    return None if receipt is None else receipt.outcome


def _builder(target: Path) -> str | None:
    """`cargo` if it builds in `target` now: it holds the lock of a profile's directory for as long as it builds there."""
    for lock in (entry.path for entry in walk(target) if entry.name == ".cargo-lock"):
        try:
            descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # a named pipe would be waited for
        except OSError:  # gone, or nothing that cargo opens, such as a link or a socket
            continue
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                continue
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno != errno.EWOULDBLOCK:
                raise
            return "cargo"
        finally:
            os.close(descriptor)
    return None


def _carry_out(store: Store, fate: Fate) -> Fate:
    """Removes the directory. The fate that is returned says what was left: unknown is never taken for gone."""
    path = store.place(fate.path)
    if path.parent.name == "runs" and kind_of_run(path.name) is LeftoverKind.RUN:
        run = RunDirectory(path)
        try:
            with run.locked():
                left = _remove(_removable(run))
        except ReleaseLocked as error:
            return fate.model_copy(update={"removed": False, "why": error.what})
    else:
        left = _remove([path])
    return fate if not left else fate.model_copy(update={"removed": False, "why": f"could not be removed: `{left[0]}`"})


def _remove(paths: list[Path]) -> list[Path]:
    """Those that are still there afterwards."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            with suppress(OSError):
                path.unlink()
    return [path for path in paths if os.path.lexists(path)]


def prune_text(pruned: Pruned) -> str:
    verb = "would be removed" if pruned.dry_run else "removed"
    lines = [
        f"  {verb if fate.removed else 'kept':<{len(verb)}}  {_megabytes(fate.bytes):>9}  {fate.path}  {fate.why}"
        for fate in pruned.places
    ]
    freed = f"{'would free' if pruned.dry_run else 'freed'} {_megabytes(pruned.freed)}"
    last = f"{freed}; only what was not touched for {pruned.older_than} days is removed"
    return "\n".join([pruned.home, *lines, last])


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
