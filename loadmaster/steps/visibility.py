"""Waits until the index shows what was uploaded: every crate, with its checksum, in two agreeing reads.

One read is not enough: the index stands behind caches, and one of them may be older than the one asked before. A crate
is waited for from its own acceptance on, so that most are read back while others are still on their way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from loadmaster.clients.registry.registry import RegistryClient, Sight
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.registry import ChecksumMismatch, NotPublished, NotVisible
from loadmaster.planning.plan import Crate
from loadmaster.planning.values.version import same_version
from loadmaster.run.job import Job

AGREEING_READS = 2
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds between two reads of a crate."""
GROWTH = 1.3
"""Each pause is so much longer than the one before, so that a crate is found late by a third of its lag at most."""
EXPECTED = 0.9
"""The first read is after so much of the shortest lag that was met: before that it would only cost the registry."""
READERS = 16


@dataclass(frozen=True)
class Time:
    """Seconds as they pass here."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class _Watched:
    """One crate while it is waited for."""

    crate: Crate
    checksum: str
    accepted: float
    due: float
    pause: float = FIRST_PAUSE
    sight: Sight | None = None
    agreeing: int = 0

    def look(self, registry: RegistryClient) -> None:
        """Raises `ChecksumMismatch`, `RegistryUnreachable`."""
        seen, self.agreeing = self.agreeing, 0
        self.sight = registry.look_again(self.crate.name, self.sight)
        there = next((each for each in self.sight.versions if same_version(each.version, self.crate.version)), None)
        if there is not None and there.checksum != self.checksum:
            raise ChecksumMismatch(self.crate.id, self.checksum, there.checksum)
        self.agreeing = 0 if there is None else seen + 1

    def postpone(self, now: float) -> None:
        """Whatever has come into sight is soon looked at once more."""
        self.due = now + (FIRST_PAUSE if self.agreeing else self.pause)
        self.pause = FIRST_PAUSE if self.agreeing else min(self.pause * GROWTH, LONGEST_PAUSE)


class Watch:
    """The crates that were accepted and have not been seen twice yet."""

    def __init__(self, job: Job, pool: ThreadPoolExecutor, passing: Time) -> None:
        self._job, self._pool, self._time = job, pool, passing
        self._accepted: SimpleQueue[_Watched] = SimpleQueue()
        self._waiting: list[_Watched] = []
        self._shortest_lag: float | None = None
        self._looking = threading.Lock()
        self._stopped = threading.Event()

    def accepted(self, crate: Crate, checksum: str) -> None:
        """The registry has taken the crate, with this SHA-256; from now on it is waited for."""
        now = self._time.now()
        self._accepted.put(_Watched(crate, checksum, accepted=now, due=now + EXPECTED * (self._shortest_lag or 0.0)))

    def look_ahead(self) -> None:
        """Looks at what is due, until it is stopped. A look that fails tells nothing: its crate goes on being waited for."""
        while not self._stopped.wait(FIRST_PAUSE):
            with self._looking, suppress(LoadmasterError):
                self._look(ahead=True)

    def stop_looking_ahead(self) -> None:
        self._stopped.set()

    def wait_for_the_rest(self) -> None:
        """Waits for all that were accepted, each for as long as the profile allows. May be called again after an error.

        Raises `ChecksumMismatch`, `NotVisible`, `NotPublished`, `RegistryUnreachable`.
        """
        self.stop_looking_ahead()
        patience = self._job.project.registry.visible_within
        with self._looking:
            while self._look():
                now = self._time.now()
                if late := [each for each in self._waiting if not each.agreeing and now - each.accepted >= patience]:
                    raise _late(self._job, [each.crate for each in late], patience)
                self._time.sleep(max(0.0, min(each.due for each in self._waiting) - now))

    def _look(self, *, ahead: bool = False) -> bool:
        """Reads all that are due; whether any are left. An error comes out when all of them have been read."""
        with suppress(Empty):
            while True:
                self._waiting.append(self._accepted.get_nowait())
        begun = self._time.now()
        due = [each for each in self._waiting if each.due <= begun]
        looked_at = self._worth_it(due, begun) if ahead else due
        looks = [self._pool.submit(each.look, self._job.registry) for each in looked_at]
        failures = [failure for look in looks if (failure := look.exception())]
        for each in looked_at:
            self._note(each)
        self._waiting = [each for each in self._waiting if each.agreeing < AGREEING_READS]
        if failures:
            raise failures[0]
        return bool(self._waiting)

    def _worth_it(self, due: list[_Watched], now: float) -> list[_Watched]:
        """Until it is known how far the index lags, the first crate alone is asked for: uploads need the registry meanwhile."""
        if self._shortest_lag is None:
            return due[:1] if due[:1] == self._waiting[:1] else []
        return [each for each in due if each.agreeing or now >= each.accepted + EXPECTED * self._shortest_lag]

    def _note(self, looked_at: _Watched) -> None:
        now = self._time.now()
        if looked_at.agreeing == 1:
            lag = now - looked_at.accepted
            self._shortest_lag = lag if self._shortest_lag is None else min(lag, self._shortest_lag)
        looked_at.postpone(now)


@contextmanager
def reading_back(job: Job) -> Iterator[Watch]:
    """A watch that looks at what was accepted while others are still on their way."""
    with ThreadPoolExecutor(READERS) as pool:
        watch = Watch(job, pool, Time())
        ahead = threading.Thread(target=watch.look_ahead, name="read back")
        ahead.start()
        try:
            yield watch
        finally:
            watch.stop_looking_ahead()
            ahead.join()


def await_visible(job: Job, crates: Iterable[Crate], checksums: Mapping[str, str], passing: Time = Time()) -> None:
    """Waits as long as the profile allows, with ever longer pauses. `checksums` are SHA-256 by `name@version`.

    Raises `ChecksumMismatch`, `NotVisible`, `NotPublished`, `RegistryUnreachable`.
    """
    with ThreadPoolExecutor(READERS) as pool:
        watch = Watch(job, pool, passing)
        for each in crates:
            watch.accepted(each, checksums[each.id])
        watch.wait_for_the_rest()


def _late(job: Job, missing: list[Crate], waited: float) -> NotVisible | NotPublished:
    """Time ran out: the registry's own API tells an index that lags from a crate that is not there at all."""
    registry = job.registry
    unknown = [each for each in missing if registry.published_checksum(each.name, each.version) is None]
    if unknown:
        return NotPublished([each.id for each in unknown], waited)
    return NotVisible([each.id for each in missing], waited)
