"""The outages that one run meets: each is one, however many calls meet it. And the waits for their end, which end with the run."""

from __future__ import annotations

import threading
from datetime import datetime

from loadmaster.planning.patience import Outage, Patience
from loadmaster.run.clock import Clock

SLICE = 30.0
"""The most seconds between two looks at the clock: it may be set, or may run faster than this machine's."""


class Outages:
    """By the code of the error that tells of it. Safe to use from many threads."""

    def __init__(self, patience: float, clock: Clock) -> None:
        """`patience`: seconds, by `clock`."""
        self.patience, self.clock = Patience(seconds=patience), clock
        self._known: dict[str, Outage] = {}
        self._shown: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def meet(self, code: str) -> Outage:
        """The outage after a call has met it now."""
        with self._lock:
            now = self.clock.now()
            known = self._known.get(code, Outage(since=now, last=now))
            self._known[code] = known.met_again(now)
            return self._known[code]

    def is_news(self, code: str, until: datetime) -> bool:
        """Whether a wait until then is to be shown: of many calls that wait for one outage, only the first is."""
        with self._lock:
            shown = self._shown.get(code)
            is_news = shown is None or shown <= self.clock.now()
            if is_news:
                self._shown[code] = until
            return is_news

    def end(self, code: str) -> Outage | None:
        """Notes that a call that had met the outage got an answer. Gives the outage if it was shown and nobody noted it before."""
        with self._lock:
            outage = self._known.pop(code, None)
            return outage if self._shown.pop(code, None) is not None else None

    def wait_until(self, instant: datetime) -> bool:
        """Waits. False if the run ends meanwhile, or has ended."""
        while (seconds := self.clock.seconds_until(instant)) > 0:
            if self._ended.wait(min(seconds, SLICE)):
                return False
        return not self._ended.is_set()

    def end_waits(self) -> None:
        """Ends all waits, now and later."""
        self._ended.set()
