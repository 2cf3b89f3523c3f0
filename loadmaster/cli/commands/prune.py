"""Frees what finished runs and builds take of the disk; each directory is looked at, judged, and removed by itself.

Keeps the records of every run: `status`, `audit` and a release that another run finishes read them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loadmaster.errors.request import ReleaseLocked
from loadmaster.planning.pruning import Fate, LeftoverKind, LeftoverPlace, fate_of, kind_of_run
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.planning.values.value import Value
from loadmaster.run.job import Pinned
from loadmaster.run.pinning import begun_release
from loadmaster.run.store import RunDirectory, Store
from loadmaster.stack.liveness import holder_lives

BLOCK = 512
"""Bytes in the unit of `st_blocks`."""

ReleaseKey = tuple[str, str, str]
"""Project, version, index of the registry."""


class Pruned(Value):
    """The document of `loadmaster prune --json`."""

    home: str
    older_than: int
    """Days."""
    dry_run: bool
    freed: int
    """Bytes on the disk; in a dry run those that would be."""
    places: tuple[Fate, ...]


def prune(store: Store, days: int, now: datetime, *, dry_run: bool) -> Pruned:
    """Removes what `planning.pruning` lets go. A home that is not there is not made."""
    fates = [fate_of(place, now, timedelta(days=days)) for place in _places(store)]
    fates = [_carried_out(store.root, each) if each.removed and not dry_run else each for each in fates]
    return Pruned(
        home=str(store.root),
        older_than=days,
        dry_run=dry_run,
        freed=sum(each.bytes for each in fates if each.removed),
        places=tuple(fates),
    )


def _places(store: Store) -> Iterator[LeftoverPlace]:
    """Every directory of a run or a build that takes any room. What is a link is nobody's here."""
    released = frozenset(_releases_out(store))
    for path in _directories(store.root / "runs"):
        place = _run(RunDirectory(path), released)
        if place.bytes:
            yield place
    for path in _directories(store.root / "build"):
        size, used = _measured([path])
        yield LeftoverPlace(
            path=f"build/{path.name}", kind=LeftoverKind.BUILD, bytes=size, used=used, busy=_builder(path)
        )


def _directories(of: Path) -> list[Path]:
    return sorted(each for each in of.iterdir() if each.is_dir() and not each.is_symlink()) if of.is_dir() else []


def _run(run: RunDirectory, released: frozenset[ReleaseKey]) -> LeftoverPlace:
    kind = kind_of_run(run.path.name)
    size, used = _measured([run.path] if kind is LeftoverKind.LOOK else _beside_records(run))
    holder = run.last_holder()
    return LeftoverPlace(
        path=f"runs/{run.path.name}",
        kind=kind,
        bytes=size,
        used=used,
        busy=f"process {holder[0]}" if holder and holder_lives(run) else None,
        finished=_outcome(run) is ReceiptOutcome.RELEASED or _release(run) in released,
    )


def _beside_records(run: RunDirectory) -> list[Path]:
    records = {run.receipt, run.pinned, run.lock}
    return sorted(each for each in run.path.iterdir() if each not in records)


def _releases_out(store: Store) -> Iterator[ReleaseKey]:
    """Releases for real that some run finished: an earlier attempt by another run has nothing left to do."""
    for path in _directories(store.root / "runs"):
        run = RunDirectory(path)
        if _outcome(run) is ReceiptOutcome.RELEASED and (release := _release(run)):
            yield release


def _release(run: RunDirectory) -> ReleaseKey | None:
    """Of a run for real. A rehearsal has a world of its own, which no other run finishes."""
    match begun_release(run):
        case (Pinned(index=str(index)) as pinned, version):
            return (pinned.project, version, index)
        case _:
            return None


def _outcome(run: RunDirectory) -> ReceiptOutcome | None:
    try:
        return Receipt.model_validate_json(run.receipt.read_bytes()).outcome
    except (FileNotFoundError, ValueError):
        return None


def _measured(places: list[Path]) -> tuple[int, datetime]:
    """What all below takes of the disk, each file once, and when any of it was last written to. Links are not followed."""
    sizes: dict[tuple[int, int], int] = {}
    newest = 0.0
    for file in (each for place in places for each in [place, *place.rglob("*")]):
        try:
            seen = file.lstat()
        except FileNotFoundError:  # somebody builds there
            continue
        sizes[seen.st_dev, seen.st_ino] = seen.st_blocks * BLOCK
        newest = max(newest, seen.st_mtime)
    return sum(sizes.values()), datetime.fromtimestamp(newest, UTC)


def _builder(target: Path) -> str | None:
    """Cargo holds the lock of each profile's directory for as long as it builds there."""
    for lock in target.rglob(".cargo-lock"):
        descriptor = os.open(lock, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno != errno.EWOULDBLOCK:
                raise
            return "cargo"
        finally:
            os.close(descriptor)
    return None


def _carried_out(home: Path, fate: Fate) -> Fate:
    """Removes it, and tells what was left: unknown is never taken for gone."""
    path = home / fate.path
    if path.parent.name == "runs" and kind_of_run(path.name) is LeftoverKind.RUN:
        run = RunDirectory(path)
        try:
            with run.locked():
                left = _remove(_beside_records(run))
        except ReleaseLocked as error:
            return fate.model_copy(update={"removed": False, "why": error.what})
    else:
        left = _remove([path])
    return fate if not left else fate.model_copy(update={"removed": False, "why": f"could not be removed: `{left[0]}`"})


def _remove(paths: list[Path]) -> list[Path]:
    """Those that are still there afterwards."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()
    return [each for each in paths if os.path.lexists(each)]


def pruned_text(found: Pruned) -> str:
    verb = "would be removed" if found.dry_run else "removed"
    lines = [
        f"  {verb if each.removed else 'kept':<{len(verb)}}  {_megabytes(each.bytes):>9}  {each.path}  {each.why}"
        for each in found.places
    ]
    freed = f"{'would free' if found.dry_run else 'freed'} {_megabytes(found.freed)}"
    return "\n".join([found.home, *lines, f"{freed}; only what was not touched for {found.older_than} days may go"])


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
