"""The store: what it says of itself, whether it can be written, and how full it and its disk are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from loadmaster.cli.commands.known_runs import kept_runs
from loadmaster.clients.disk import measure, place_of_scratch, require_writable, space_left
from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.doctor.check import Check
from loadmaster.planning.doctor.place import SpaceSeen, StoreSeen, judge_disk, judge_store
from loadmaster.planning.values.receipt import Failure
from loadmaster.run.store import CACHES, Store


def look_at_store(store: Store) -> Iterator[Check]:
    yield judge_store(store_seen(store))


def store_seen(store: Store) -> StoreSeen:
    seen = StoreSeen(place=str(store.root), caches=str(store.caches))
    try:
        store.require_readable()
        require_writable(store.root)
        require_writable(store.caches)
        mark = store.mark()
    except LoadmasterError as error:
        return seen.model_copy(update={"failure": Failure.of(error)})
    if not store.root.is_dir():
        return seen
    runs = kept_runs(store, close=False)
    return seen.model_copy(
        update={
            "is_there": True,
            "format": mark.format if mark is not None else 0,
            "bytes": measure([store.root])[0],
            "cache_bytes": measure(_caches(store))[0],
            "runs": len(runs),
            "broken": tuple(run.id for run in runs if run.problem is not None),
        }
    )


def _caches(store: Store) -> list[Path]:
    return [store.caches / name for name in sorted(CACHES)]


def look_at_disk(store: Store) -> Iterator[Check]:
    places = {"the store": store.root, "its caches": store.caches, "temporary files": place_of_scratch()}
    if store.caches == store.root:
        del places["its caches"]
    yield judge_disk(
        tuple(SpaceSeen(what=what, path=str(path), free=space_left(path)) for what, path in places.items())
    )
