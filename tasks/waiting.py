"""Waits while the registry, the forge or the git remote is out of reach, and shows it: one line and one artifact for an outage.

`planning.patience` decides how long, `run.outages` knows what else waits. The loop around a step lies in `tasks.policy`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.runtime import task_run

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning import show
from loadmaster.planning.patience import NextTry
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.run.job import Job
from loadmaster.run.outages import Outages


class Tries:
    """The tries of one call. Counts them, and waits between them."""

    def __init__(self, outages: Outages, project: str) -> None:
        self._outages, self._project = outages, project
        self._begun = time.monotonic()
        # Earlier attempts of this task, which Prefect made; a Retry of the flow counts anew.
        self.failed = max(int(task_run.run_count or 1) - 1, 0)
        """How many tries have failed. One of them may have acted and lost the answer."""
        self._first: datetime | None = None
        self._met: set[str] = set()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._begun, 3)

    def wait_after(self, error: LoadmasterError) -> None:
        """Returns when the call is to be made again. Raises `error` if it tells of no outage, if the patience has ended, or if
        the run ends meanwhile.
        """
        self.failed += 1
        error.tries, error.seconds = self.failed, self.seconds
        if not error.outage:
            raise error
        following = self._next_try(error)
        if not self._outages.wait_until(following.at):
            raise error

    def note_answer(self) -> None:
        """Notes that the call has succeeded: the outages that it met are over."""
        for code in self._met:
            if (outage := self._outages.end(code)) is not None:
                lasted = (self._outages.clock.now() - outage.since).total_seconds()
                text = show.outage_over_text(code, lasted)
                get_run_logger().info(text)
                self._draw(text, text)

    def _next_try(self, error: LoadmasterError) -> NextTry:
        outage = self._outages.meet(error.code)
        self._met.add(error.code)
        self._first = self._first or outage.last
        since = min(self._first, outage.since)
        chance = random.random()
        following = self._outages.patience.next_try(since, self.failed, outage.last, chance, error.until)
        if following is None:
            raise error.after_outage((outage.last - since).total_seconds()) from error
        if self._outages.is_news(error.code, following.until):
            text = show.outage_text(error.what, following)
            get_run_logger().warning(text)  # the command line prints warnings
            self._draw(text, show.outage_markdown(error.what, since, following))
        return following

    def _draw(self, text: str, markdown: str) -> None:
        try:
            key = artifact_key(self._project, "waiting")
            create_markdown_artifact(key=key, markdown=markdown, description=text)
        except Exception as error:  # noqa: BLE001 - Prefect's server may be away, too; a picture must not end what it shows
            get_run_logger().info("the artifact was not made: %s", error)


@contextmanager
def waits_of(job: Job) -> Iterator[None]:
    """Ends the waits of all the run's threads when the run ends, however it ends."""
    try:
        yield
    finally:
        job.outages.end_waits()
