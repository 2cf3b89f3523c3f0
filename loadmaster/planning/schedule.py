"""Decides the publishing of one plan's crates: which may start now, and what follows when an upload ends.

A schedule is a value: every event gives the schedule after it. The forecast runs it on a virtual clock, the release on
futures (`tasks.publish`). Both obey the same laws:

- no crate starts before the crates that it needs
- the uploads never exceed a bucket or the connections
- a failure stops the crates that need the failed one, and no others
- every crate ends in one record
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from loadmaster.planning.order import Edges, dependents_of, everything_needed, ready, remaining_path
from loadmaster.planning.pace import Buckets, Turn, correct, let_through, note_answer, spend
from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Bucket, Rate
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import THERE, ObjectState
from loadmaster.planning.values.value import Value


class Postponed(Value):
    """The registry named an instant from which on it accepts the crate."""

    until: datetime
    why: str


UploadOutcome = ObjectRecord | Postponed
"""How an upload ended. A record whose state is not one of `THERE` is a failure."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The state of publishing. All mappings are by a crate's name, except the buckets and the rates."""

    needs: Edges
    paths: Mapping[str, int]
    """The number of crates on the longest chain that starts with it. Its delay delays all of these."""
    ids: Mapping[str, str]
    """`name@version`, the name in records."""
    actions: Mapping[str, Action]
    """The action that its upload counts as. A missing crate needs no token: it is published already."""
    buckets: Buckets
    rates: Mapping[Action, Rate]
    """The rates of buckets, also of those that exist only after a refusal."""
    connections: int
    """How many uploads may run at the same time."""
    running: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    ended_in: Mapping[str, ObjectRecord] = field(default_factory=dict)
    refusals: Mapping[str, int] = field(default_factory=dict)
    """How often the registry postponed the crate."""

    @classmethod
    def of(
        cls,
        needs: Edges,
        ids: Mapping[str, str],
        actions: Mapping[str, Action],
        rates: Mapping[Action, Rate],
        connections: int,
        buckets: Buckets | None = None,
    ) -> Self:
        """The schedule before the first upload. If `buckets` are not known, they are full."""
        full = {action: Bucket.full(rate) for action, rate in rates.items()}
        return cls(
            needs=needs,
            paths=remaining_path(needs),
            ids=ids,
            actions=actions,
            buckets=full if buckets is None else buckets,
            rates=rates,
            connections=connections,
        )

    def start(self, now: datetime) -> tuple[Self, Turn]:
        """Starts all crates that may start at `now`. Gives the schedule after that, which crates start or wait, and until when."""
        started = self.running | self.ended_in.keys()
        turn = let_through(ready(self.needs, self.paths, self.done, started), self.actions, self.buckets, now)
        turn = turn.model_copy(update={"start": turn.start[: self.connections - len(self.running)]})
        buckets = self.buckets
        for name in turn.start:
            buckets = spend(buckets, self.actions.get(name), now)
        return replace(self, buckets=buckets, running=self.running | set(turn.start)), turn

    def end(self, name: str, outcome: UploadOutcome, now: datetime) -> Self:
        """The schedule after the upload of `name` has ended."""
        action = self.actions.get(name)
        after = replace(self, running=self.running - {name}, buckets=note_answer(self.buckets, action, now))
        match outcome:
            case Postponed(until=until):
                return after._postpone(name, action or Action.UPDATE, until)
            case record:
                attempts = record.attempts + self.refusals.get(name, 0)
                kept = {**self.ended_in, name: record.model_copy(update={"attempts": attempts})}
                done = self.done | {name} if record.state in THERE else self.done
                return replace(after, ended_in=kept, done=done)

    def _postpone(self, name: str, action: Action, until: datetime) -> Self:
        buckets = correct(self.buckets, action, self.rates.get(action, CRATES_IO_RATES[action]), until)
        refusals = {**self.refusals, name: self.refusals.get(name, 0) + 1}
        return replace(self, buckets=buckets, refusals=refusals, actions={**self.actions, name: action})

    @property
    def records(self) -> tuple[ObjectRecord, ...]:
        """One record for each crate, in the order of `needs`. Call it when no upload runs.

        A crate that was not tried is `absent`, and its record says why.
        """
        failed = self.ended_in.keys() - self.done
        kept_back = dependents_of(self.needs, failed)
        below = everything_needed(self.needs) if kept_back else {}
        not_tried = {name: self._absent(name, below[name] & failed) for name in kept_back}
        return tuple(self.ended_in[name] if name in self.ended_in else not_tried[name] for name in self.needs)

    def _absent(self, name: str, failed: Collection[str]) -> ObjectRecord:
        return ObjectRecord(
            kind="crate",
            id=self.ids[name],
            state=ObjectState.ABSENT,
            code="kept-back",
            facts={"needs": [self.ids[name] for name in sorted(failed)]},
            why=f"not tried: it needs {', '.join(sorted(failed))}",
        )
