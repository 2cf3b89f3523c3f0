"""What is said of the store, the disk, the server, the registry and the clock, by what was seen of them."""

from __future__ import annotations

import pytest

from loadmaster.errors.files import StoreNewer
from loadmaster.errors.prefect import DatabaseNewer, PrefectUnreachable
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.planning.doctor.check import Check, CheckOutcome
from loadmaster.planning.doctor.outside import IndexSeen, judge_clock, judge_registry
from loadmaster.planning.doctor.place import GB, SpaceSeen, StoreSeen, judge_disk, judge_store
from loadmaster.planning.doctor.service import (
    DatabaseSeen,
    ServerSeen,
    judge_database,
    judge_pool,
    judge_server,
    judge_worker,
)
from loadmaster.planning.values.receipt import Failure

OK, WARN, FAIL, NOT_ASKED = CheckOutcome.OK, CheckOutcome.WARN, CheckOutcome.FAIL, CheckOutcome.NOT_ASKED
STORE = StoreSeen(place="/s", caches="/s", is_there=True, format=1, bytes=3 * GB, runs=4)
RUNS = ServerSeen(
    url="http://127.0.0.1:4200",
    server=True,
    worker=True,
    supervisor=True,
    keeper=True,
    loadmaster="0.1.0",
    prefect="3.8.8",
    heard=True,
)
INDEX = IndexSeen(index="sparse+http://127.0.0.1:1/", seconds=0.2, ahead=0.4)
SILENT = Failure.of(PrefectUnreachable("http://127.0.0.1:4200/api", "status 500"))
NO_INDEX = INDEX.model_copy(
    update={"failure": Failure.of(RegistryUnreachable("http://127.0.0.1:1/config.json", "refused"))}
)


def store(**fields: object) -> Check:
    return judge_store(STORE.model_copy(update=fields))


def disk(*free: int | None) -> Check:
    return judge_disk(tuple(SpaceSeen(what=f"part {n}", path=f"/p{n}", free=one) for n, one in enumerate(free)))


def seen(**fields: object) -> ServerSeen:
    return RUNS.model_copy(update=fields)


def server(**fields: object) -> Check:
    return judge_server(seen(**fields), "0.1.0", "3.8.8")


def clock(ahead: float | None) -> Check:
    return judge_clock(INDEX.model_copy(update={"ahead": ahead}))


GONE = {"server": False, "worker": False, "supervisor": False, "keeper": False}
TABLE: dict[str, tuple[Check, CheckOutcome, str, str]] = {
    "a store": (store(), OK, "format 1, 4 runs, 3.0 GB", ""),
    "a store that does not say its format": (store(format=0), OK, "format 0", ""),
    "a store with caches elsewhere": (store(caches="/c", cache_bytes=GB), OK, "caches of 1.0 GB in `/c`", ""),
    "no store yet": (store(is_there=False), OK, "made when it is needed", ""),
    "a newer store": (
        store(failure=Failure.of(StoreNewer("/s", 9, 1, "0.9.0"))),
        FAIL,
        "has format 9",
        "loadmaster-0.9.0-py3-none-any.whl",
    ),
    "runs that nobody can read": (store(broken=("a" * 36,)), WARN, "1 of 4 runs", "`loadmaster runs`"),
    "room enough": (disk(9 * GB, 8 * GB), OK, "9.0 GB for part 0, 8.0 GB for part 1", ""),
    "little room": (disk(9 * GB, GB), WARN, "in `/p1`", "`loadmaster prune"),
    "no room": (disk(0, 9 * GB), FAIL, "0.0 MB for part 0", "`loadmaster prune"),
    "a disk that does not say": (disk(None, 9 * GB), OK, "9.0 GB for part 1", ""),
    "no disk that says": (disk(None), WARN, "no file system here says", "`df -h`"),
    "no database yet": (judge_database(DatabaseSeen()), OK, "none yet", ""),
    "a database that is known": (judge_database(DatabaseSeen(revision="a1")), OK, "`a1`", ""),
    "a newer database": (
        judge_database(
            DatabaseSeen(failure=Failure.of(DatabaseNewer("/s/prefect/prefect.db", "ff", "3.8.8", "0.9.0")))
        ),
        FAIL,
        "does not know the schema `ff`",
        "mv /s/prefect /s/prefect.newer",
    ),
    "a server": (server(), OK, "it answers at http://127.0.0.1:4200", ""),
    "no server": (server(**GONE), OK, "no server is running", ""),
    "a server that ended under its worker": (server(server=False), WARN, "has ended", "`loadmaster up`"),
    "a server that asks nobody to sign in": (server(signs_in=False), FAIL, "answers any page", "`loadmaster down`"),
    "a server that is silent": (server(failure=SILENT), FAIL, "no usable answer", "`loadmaster down --force`"),
    "a server of an older Loadmaster": (server(loadmaster="0.0.9"), WARN, "Loadmaster 0.0.9", "`loadmaster down`"),
    "a server of another Prefect": (server(prefect="3.7.0"), WARN, "Prefect 3.7.0 started it", "`loadmaster down`"),
    "a server of nobody knows which": (
        server(loadmaster=None, prefect=None),
        WARN,
        "earlier version",
        "`loadmaster up`",
    ),
    "a record that cannot be read": (
        judge_server(ServerSeen(is_record_broken=True), "0.1.0", "3.8.8"),
        WARN,
        "`stack.json`",
        "`loadmaster up`",
    ),
    "a pool": (judge_pool(seen()), OK, "open", ""),
    "a pool that is paused": (judge_pool(seen(is_paused=True)), WARN, "paused", "`loadmaster up`"),
    "a pool without a server": (judge_pool(seen(**GONE)), NOT_ASKED, "no server is running", ""),
    "a pool of a silent server": (judge_pool(seen(failure=SILENT)), NOT_ASKED, "did not answer", ""),
    "a worker": (judge_worker(seen()), OK, "has reported", ""),
    "a worker that ended": (judge_worker(seen(worker=False)), FAIL, "worker ended", "`loadmaster up`"),
    "a keeper and a supervisor that ended": (
        judge_worker(seen(keeper=False, supervisor=False)),
        FAIL,
        "supervisor and keeper ended",
        "`loadmaster up`",
    ),
    "a worker that is silent": (judge_worker(seen(heard=False)), FAIL, "not reported", "`loadmaster down --force`"),
    "a worker of a silent server": (judge_worker(seen(failure=SILENT)), NOT_ASKED, "did not answer", ""),
    "a worker without a server": (judge_worker(seen(**GONE)), NOT_ASKED, "no server is running", ""),
    "a registry": (judge_registry(INDEX), OK, "answers, in 0.2 s", ""),
    "no registry": (judge_registry(NO_INDEX), FAIL, "127.0.0.1:1", "`loadmaster doctor --offline`"),
    "a clock": (clock(-4.9), OK, "as the registry's", ""),
    "a clock that is late": (clock(-20.0), WARN, "20 s behind the registry's", "`sudo timedatectl set-ntp true`"),
    "a clock that is early": (clock(3600.0), FAIL, "3600 s ahead of the registry's", "`sudo timedatectl"),
    "a clock and an answer without an instant": (clock(None), NOT_ASKED, "names no instant", ""),
    "a clock and no registry": (judge_clock(NO_INDEX), NOT_ASKED, "did not answer", ""),
}


@pytest.mark.parametrize(("check", "outcome", "told", "fix"), TABLE.values(), ids=list(TABLE))
def test_it_is_judged(check: Check, outcome: CheckOutcome, told: str, fix: str) -> None:
    assert check.outcome is outcome
    assert told in check.seen
    assert fix in (check.fix or "")
    assert bool(check.fix) == (outcome in (WARN, FAIL))
