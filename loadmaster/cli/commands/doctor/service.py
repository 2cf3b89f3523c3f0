"""Prefect's server in the store: its database, the processes that the record names, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loadmaster import __version__
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.prefect import PrefectUnreachable
from loadmaster.planning.doctor.check import Check
from loadmaster.planning.doctor.service import (
    DatabaseSeen,
    ServerSeen,
    judge_database,
    judge_pool,
    judge_server,
    judge_worker,
)
from loadmaster.planning.values.receipt import Failure
from loadmaster.stack.access import connect, database
from loadmaster.stack.database import installed_prefect, require_known_database, revision_of
from loadmaster.stack.processes import Process, is_alive
from loadmaster.stack.record import POOL, Stack, read_record

SILENCE = timedelta(seconds=90)
"""A worker reports every half minute; Prefect calls it offline after three reports that did not come."""
PATIENCE = 5.0
"""Seconds for which a server that is busy is asked again."""


def look_at_service(home: Path) -> Iterator[Check]:
    stack = read_record(home)
    yield judge_database(_database_seen(home, stack))
    seen = ServerSeen(is_record_broken=(home / "stack.json").exists()) if stack is None else _server_seen(home, stack)
    yield judge_server(seen, __version__, installed_prefect())
    yield judge_pool(seen)
    yield judge_worker(seen)


def _database_seen(home: Path, stack: Stack | None) -> DatabaseSeen:
    try:
        require_known_database(home, None if stack is None else stack.loadmaster)
        return DatabaseSeen(revision=revision_of(database(home)))
    except LoadmasterError as error:
        return DatabaseSeen(failure=Failure.of(error))


def _server_seen(home: Path, stack: Stack) -> ServerSeen:
    seen = ServerSeen(
        url=stack.ui_url,
        server=is_alive(stack.server),
        worker=_lives(stack.worker),
        supervisor=_lives(stack.supervisor),
        keeper=_lives(stack.keeper),
        signs_in=stack.signs_in,
        loadmaster=stack.loadmaster,
        prefect=stack.prefect,
    )
    return _asked(home, stack, seen) if seen.server and seen.signs_in else seen


def _lives(process: Process | None) -> bool:
    return process is not None and is_alive(process)


def _asked(home: Path, stack: Stack, seen: ServerSeen) -> ServerSeen:
    """With what the server answered, or why it did not."""
    try:
        with connect(home, stack, busy_patience=PATIENCE) as api:
            if not api.is_healthy():
                raise PrefectUnreachable(stack.api_url, "it is alive, and does not say that it is well")
            heard = api.has_seen_worker(POOL, datetime.now(UTC) - SILENCE)
            return seen.model_copy(update={"is_paused": api.pool_is_paused(POOL), "heard": heard})
    except LoadmasterError as error:
        return seen.model_copy(update={"failure": Failure.of(error)})
