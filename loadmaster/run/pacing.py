"""The rate limits of one release while it goes out: buckets that survive this process, in a file of the run's directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from loadmaster.planning.pace import Buckets, Next, answered, correct, next_starts, spend
from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Bucket, Rate
from loadmaster.run.store import write_atomically

_BUCKETS = TypeAdapter(dict[Action, Bucket])


class Pacing:
    """Every change is written down before it counts, so that a Retry goes on counting where this process was killed."""

    def __init__(self, file: Path, rates: Mapping[Action, Rate], actions: Mapping[str, Action]) -> None:
        self._file, self._rates, self._actions = file, rates, actions
        self._buckets = self._kept() or {action: Bucket.full(rate) for action, rate in rates.items()}

    def next_starts(self, ready: Sequence[str], now: datetime) -> Next:
        return next_starts(ready, self._actions, self._buckets, now)

    def started(self, names: Sequence[str], now: datetime) -> None:
        """Counts the crates that start at `now`: written down once for all of them, because that takes the disk's time."""
        buckets = self._buckets
        for action in (self._actions[name] for name in names if name in self._actions):
            buckets = spend(buckets, action, now)
        if buckets != self._buckets:
            self._keep(buckets)

    def ended(self, name: str, now: datetime) -> None:
        """An upload has ended, well or not. Only the first of its action changes anything."""
        if name in self._actions and (buckets := answered(self._buckets, self._actions[name], now)) != self._buckets:
            self._keep(buckets)

    def refused(self, name: str, until: datetime) -> None:
        """The registry named an instant: its count replaces ours."""
        action = self._actions[name]
        self._keep(correct(self._buckets, action, self._rates.get(action, CRATES_IO_RATES[action]), until))

    def _kept(self) -> Buckets | None:
        try:
            return _BUCKETS.validate_json(self._file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _keep(self, buckets: Buckets) -> None:
        self._buckets = buckets
        write_atomically(self._file, _BUCKETS.dump_json(dict(buckets)))
