"""Waits until the index shows what was uploaded: every crate, with its checksum, in two agreeing reads.

One read is not enough: the index stands behind caches, and one of them may be older than the one asked before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from loadmaster.clients import registry
from loadmaster.errors import ChecksumMismatch, NotPublished, NotVisible
from loadmaster.job import Job
from loadmaster.planning.plan import Crate
from loadmaster.planning.version import same_version

AGREEING_READS = 2
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds between two reads of a crate."""
GROWTH = 1.3
"""Each pause is so much longer than the one before, so that a crate is found late by a third of its lag at most."""
READERS = 16

Sleep = Callable[[float], None]


@dataclass
class _Watched:
    """One crate while it is waited for."""

    crate: Crate
    checksum: str
    sight: registry.Sight | None = None
    agreeing: int = 0

    def look(self, job: Job) -> None:
        """Raises `ChecksumMismatch`, `RegistryUnreachable`."""
        self.sight = registry.look_again(job.world.index, self.crate.name, self.sight, registry.http_client())
        there = next((each for each in self.sight.versions if same_version(each.version, self.crate.version)), None)
        if there is not None and there.checksum != self.checksum:
            raise ChecksumMismatch(self.crate.id, self.checksum, there.checksum)
        self.agreeing = 0 if there is None else self.agreeing + 1


def await_visible(job: Job, crates: Iterable[Crate], checksums: Mapping[str, str], sleep: Sleep = time.sleep) -> int:
    """Waits as long as the profile allows, with ever longer pauses; how many rounds of reads it took.

    `checksums` are SHA-256 by `name@version`. Raises `ChecksumMismatch`, `NotVisible`, `NotPublished`,
    `RegistryUnreachable`.
    """
    waiting = [_Watched(each, checksums[each.id]) for each in crates]
    pause, waited, rounds, hidden = FIRST_PAUSE, 0.0, 0, len(waiting)
    with ThreadPoolExecutor(READERS) as pool:
        while waiting:
            list(pool.map(lambda each: each.look(job), waiting))
            rounds += 1
            waiting = [each for each in waiting if each.agreeing < AGREEING_READS]
            if waiting and waited >= job.project.registry.visible_within:
                raise _late(job, [each.crate for each in waiting], waited)
            if waiting:
                before, hidden = hidden, min(hidden, sum(each.agreeing == 0 for each in waiting))
                # Whatever has come into sight is soon looked at once more.
                pause = FIRST_PAUSE if hidden < before else min(pause * GROWTH, LONGEST_PAUSE)
                sleep(pause)
                waited += pause
    return rounds


def _late(job: Job, missing: list[Crate], waited: float) -> NotVisible | NotPublished:
    """Time ran out: the registry's own API tells an index that lags from a crate that is not there at all."""
    client = registry.http_client()
    api = registry.endpoints(job.world.index, client).api
    unknown = [each for each in missing if registry.published_checksum(api, each.name, each.version, client) is None]
    if unknown:
        return NotPublished([each.id for each in unknown], waited)
    return NotVisible([each.id for each in missing], waited)
