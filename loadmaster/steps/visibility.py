"""Waits until the index shows every uploaded crate, with its checksum, in two agreeing reads.

One read is not enough: the index is behind several caches, and the second may be older than the first. The wait for a crate
begins with its own acceptance, so that most are read back while others are still being uploaded.

A read that disagrees is remembered, and the wait goes on: a cache may be wrong for a moment. If the last read disagrees when
time has run out, that is the error.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from loadmaster.clients.registry.registry import RegistryClient, Sight
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.registry import ChecksumMismatch, IndexDisagrees, NotPublished, NotVisible
from loadmaster.planning.plan import Crate
from loadmaster.planning.profile.registry_style import ReadBack
from loadmaster.planning.registry.seen import CrateVersion
from loadmaster.planning.values.receipt import CrateReadBack
from loadmaster.planning.values.tell import Tell
from loadmaster.planning.values.version import same_version
from loadmaster.run.job import Job

AGREEING_READS = 2
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds between two reads of a crate."""
GROWTH = 1.3
"""Each pause is longer than the one before by this factor, so that a crate is seen late by a third of its lag at most."""
EXPECTED = 0.9
"""The first read comes after this part of the shortest lag seen so far. An earlier one would only cost the registry."""
READERS = 16


@dataclass(frozen=True)
class Time:
    """The clock of this machine, in seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class _Watched:
    """One crate while it is waited for."""

    crate: Crate
    checksum: str
    accepted: float
    due: float
    reads_file: bool
    """Whether the file is downloaded and hashed, too."""
    pause: float = FIRST_PAUSE
    sight: Sight | None = None
    agreeing: int = 0
    disagrees: LoadmasterError | None = None
    """What the last read says against us."""
    disagreed: str | None = None
    """The first checksum that was read and is not ours."""
    unread_since: float | None = None
    """When the last read began, if it got no answer."""
    away: float = 0.0
    """Seconds for which the registry gave no answer. They are no lag of the index."""

    def look(self, registry: RegistryClient) -> None:
        """Raises `RegistryUnreachable`."""
        agreeing, self.agreeing, self.disagrees = self.agreeing, 0, None
        self.sight = registry.look_again(self.crate.name, self.sight)
        line = next((line for line in self.sight.versions if same_version(line.version, self.crate.version)), None)
        if line is None:
            return
        if line.checksum != self.checksum:
            self._note_disagreement(ChecksumMismatch(self.crate.id, self.checksum, line.checksum), line.checksum)
        elif agreeing + 1 < AGREEING_READS or not self.reads_file or self._file_agrees(registry, line):
            self.agreeing = agreeing + 1

    def _file_agrees(self, registry: RegistryClient, line: CrateVersion) -> bool:
        file = registry.download(self.crate.name, line.version, line.checksum)
        if (served := hashlib.sha256(file).hexdigest()) == self.checksum:
            return True
        self._note_disagreement(IndexDisagrees(self.crate.id, line.checksum, served), served)
        return False

    def _note_disagreement(self, error: LoadmasterError, checksum: str) -> None:
        self.disagrees, self.disagreed = error, self.disagreed or checksum

    def waited(self, now: float) -> float:
        """Seconds from its acceptance, without those for which the registry was out of reach."""
        return now - self.accepted - self.away

    def note_read(self, begun: float, *, failed: bool) -> None:
        """Notes a read that began then."""
        if self.unread_since is not None:
            self.away += begun - self.unread_since
        self.unread_since = begun if failed else None

    def postpone(self, now: float) -> None:
        """A crate that has just been seen is read again soon; one that has not, after an ever longer pause."""
        self.due = now + (FIRST_PAUSE if self.agreeing else self.pause)
        self.pause = FIRST_PAUSE if self.agreeing else min(self.pause * GROWTH, LONGEST_PAUSE)


class Watch:
    """The crates that were accepted and have not been seen twice yet."""

    def __init__(self, job: Job, pool: ThreadPoolExecutor, passing: Time, tell: Tell = lambda line: None) -> None:
        self._job, self._pool, self._time, self._tell = job, pool, passing, tell
        self._reads_files = job.project.registry.read_back is ReadBack.FILES
        self._accepted: SimpleQueue[_Watched] = SimpleQueue()
        self._waiting: list[_Watched] = []
        self._read_back: list[CrateReadBack] = []
        self._shortest_lag: float | None = None
        self._looking = threading.Lock()
        self._stopped = threading.Event()

    def expect(self, crate: Crate, checksum: str) -> None:
        """Begins to wait for the crate: the registry has accepted it, with this SHA-256."""
        now = self._time.now()
        due = now + EXPECTED * (self._shortest_lag or 0.0)
        self._accepted.put(_Watched(crate, checksum, accepted=now, due=due, reads_file=self._reads_files))

    def look_ahead(self) -> None:
        """Reads the crates that are due, until it is stopped. A failed read means nothing: the wait for its crate goes on."""
        while not self._stopped.wait(FIRST_PAUSE):
            with self._looking, suppress(LoadmasterError):
                self._look(ahead=True)

    def stop_looking_ahead(self) -> None:
        self._stopped.set()

    def wait_for_the_rest(self) -> tuple[CrateReadBack, ...]:
        """Waits for all accepted crates, for each as long as the profile allows. May be called again after an error.

        Raises `ChecksumMismatch`, `IndexDisagrees`, `NotVisible`, `NotPublished`, `RegistryUnreachable`.
        """
        self.stop_looking_ahead()
        patience = self._job.project.registry.visible_within
        with self._looking:
            while self._look():
                now = self._time.now()
                if late := [one for one in self._waiting if not one.agreeing and one.waited(now) >= patience]:
                    raise _late(self._job, late, patience)
                self._time.sleep(max(0.0, min(one.due for one in self._waiting) - now))
        return tuple(self._read_back)

    def _look(self, *, ahead: bool = False) -> bool:
        """Reads all crates that are due. Returns whether any are left. An error is raised after all of them were read."""
        with suppress(Empty):
            while True:
                self._waiting.append(self._accepted.get_nowait())
        begun = self._time.now()
        due = [one for one in self._waiting if one.due <= begun]
        chosen = self._worth_it(due, begun) if ahead else due
        looks = [self._pool.submit(one.look, self._job.registry) for one in chosen]
        failures = [failure for look in looks if (failure := look.exception())]
        for one, look in zip(chosen, looks, strict=True):
            one.note_read(begun, failed=look.exception() is not None)
            self._note(one)
        self._read_back += [_read_back_of(one, self._time.now()) for one in chosen if one.agreeing >= AGREEING_READS]
        self._waiting = [one for one in self._waiting if one.agreeing < AGREEING_READS]
        if failures:
            raise failures[0]
        return bool(self._waiting)

    def _worth_it(self, due: list[_Watched], now: float) -> list[_Watched]:
        """The crates whose reading is likely to help. Until the index's lag is known, that is the first crate alone, because
        the uploads need the registry meanwhile.
        """
        if self._shortest_lag is None:
            return due[:1] if due[:1] == self._waiting[:1] else []
        return [one for one in due if one.agreeing or now >= one.accepted + EXPECTED * self._shortest_lag]

    def _note(self, watched: _Watched) -> None:
        now = self._time.now()
        if watched.disagrees is not None:
            self._tell(f"{watched.disagrees.what} Reading it again.")
        if watched.agreeing == 1:
            lag = now - watched.accepted
            self._shortest_lag = lag if self._shortest_lag is None else min(lag, self._shortest_lag)
        watched.postpone(now)


@contextmanager
def reading_back(job: Job, tell: Tell = lambda line: None) -> Iterator[Watch]:
    """A watch that reads accepted crates back while others are still being uploaded. Tells of reads that disagree."""
    with ThreadPoolExecutor(READERS) as pool:
        watch = Watch(job, pool, Time(), tell)
        ahead = threading.Thread(target=watch.look_ahead, name="read back")
        ahead.start()
        try:
            yield watch
        finally:
            watch.stop_looking_ahead()
            ahead.join()


def await_visible(job: Job, crates: Iterable[Crate], checksums: Mapping[str, str], passing: Time = Time()) -> None:
    """Waits as long as the profile allows, with ever longer pauses. `checksums` are SHA-256 by `name@version`.

    Raises what `Watch.wait_for_the_rest` raises.
    """
    with ThreadPoolExecutor(READERS) as pool:
        watch = Watch(job, pool, passing)
        for crate in crates:
            watch.expect(crate, checksums[crate.id])
        watch.wait_for_the_rest()


def _read_back_of(watched: _Watched, now: float) -> CrateReadBack:
    return CrateReadBack(
        id=watched.crate.id,
        seconds=round(now - watched.accepted, 3),
        file=watched.reads_file,
        disagreed=watched.disagreed,
    )


def _late(job: Job, late: list[_Watched], waited: float) -> LoadmasterError:
    """The error after time ran out: what the last reads said against us, if they did. Else the registry's own API shows
    whether the index lags, or a crate is not there at all.
    """
    if disagreements := [one.disagrees for one in late if one.disagrees]:
        return disagreements[0]
    registry, missing = job.registry, [one.crate for one in late]
    unknown = [crate for crate in missing if registry.published_checksum(crate.name, crate.version) is None]
    if unknown:
        return NotPublished([crate.id for crate in unknown], waited)
    return NotVisible([crate.id for crate in missing], waited)
