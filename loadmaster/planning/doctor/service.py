"""Prefect's server in the store: its database, its processes, its work pool. One that is not running is no fault: a command that
needs one starts it.
"""

from __future__ import annotations

from loadmaster.errors.access import ServerAnswersAnybody
from loadmaster.planning.doctor.check import Check, fail, failed, not_asked, ok, warn
from loadmaster.planning.values.receipt import Failure
from loadmaster.planning.values.value import Value

UP = "run `loadmaster up`"
ANEW = "run `loadmaster down`, then `loadmaster up`"
AT_ONCE = "run `loadmaster down --force`, then `loadmaster up`; runs that it cuts off can be resumed"
NONE_RUNS = "no server is running"


class DatabaseSeen(Value):
    revision: str | None = None
    """Of its schema; None if no server has made one yet."""
    failure: Failure | None = None
    """Why the installed Prefect cannot open it."""


class ServerSeen(Value):
    """What the record in the store says, and what of that is alive."""

    is_record_broken: bool = False
    """Whether there is a record, and nobody can read it."""
    url: str = ""
    server: bool = False
    """Whether its process is alive; so are the next three."""
    worker: bool = False
    supervisor: bool = False
    keeper: bool = False
    signs_in: bool = True
    loadmaster: str | None = None
    """The version that started it; None if that did not write it down."""
    prefect: str | None = None
    failure: Failure | None = None
    """Why it gave no answer."""
    is_paused: bool = False
    """Whether its work pool is."""
    heard: bool = False
    """Whether the worker has reported lately."""

    @property
    def runs(self) -> bool:
        return self.server or self.worker


def judge_database(seen: DatabaseSeen) -> Check:
    if seen.failure is not None:
        return failed("database", seen.failure)
    if seen.revision is None:
        return ok("database", "none yet: the first server makes it")
    return ok("database", f"its schema `{seen.revision}` is one that the installed Prefect knows")


def judge_server(seen: ServerSeen, loadmaster: str, prefect: str) -> Check:
    """`loadmaster` and `prefect`: the versions that are installed."""
    if seen.is_record_broken:
        why = "`stack.json` in the store cannot be read, so a server that it named may still be running"
        return warn("server", why, UP)
    if not seen.runs:
        return ok("server", NONE_RUNS)
    if not seen.server:
        return warn("server", "it has ended, and its worker waits for it to return", UP)
    return _judge_living_server(seen, loadmaster, prefect)


def _judge_living_server(seen: ServerSeen, loadmaster: str, prefect: str) -> Check:
    if not seen.signs_in:
        return failed("server", Failure.of(ServerAnswersAnybody(seen.url)), ANEW)
    if seen.failure is not None:
        return failed("server", seen.failure, AT_ONCE)
    if (seen.loadmaster, seen.prefect) != (loadmaster, prefect):
        began = f"Loadmaster {seen.loadmaster or 'of an earlier version'} with Prefect {seen.prefect or '(not known)'}"
        told = f"{began} started it, and Loadmaster {loadmaster} with Prefect {prefect} is installed now"
        return warn("server", f"it answers at {seen.url}; {told}", ANEW)
    return ok("server", f"it answers at {seen.url}")


def judge_pool(seen: ServerSeen) -> Check:
    if (why := _not_known(seen)) is not None:
        return not_asked("pool", why)
    if seen.is_paused:
        return warn("pool", "it is paused, so that runs wait: somebody stops the server, or did so in the UI", UP)
    return ok("pool", "it is open")


def judge_worker(seen: ServerSeen) -> Check:
    if not seen.runs:
        return not_asked("worker", NONE_RUNS)
    parts = {"worker": seen.worker, "supervisor": seen.supervisor, "keeper": seen.keeper}
    if ended := [part for part, lives in parts.items() if not lives]:
        return fail("worker", f"{' and '.join(ended)} ended", UP)
    if (why := _not_known(seen)) is not None:
        return not_asked("worker", why)
    if not seen.heard:
        return fail("worker", "it is alive, and has not reported for a while", AT_ONCE)
    return ok("worker", "it is alive and has reported, as are its supervisor and the keeper")


def _not_known(seen: ServerSeen) -> str | None:
    """Why nothing is known of what only the server knows; None if it answered."""
    if not seen.server:
        return NONE_RUNS
    return None if seen.failure is None else "the server did not answer"
