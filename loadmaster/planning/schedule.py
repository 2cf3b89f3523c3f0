"""The publishing of one plan's crates, decided: which may start now, and what follows from each that ended.

A value: every event gives the schedule after it. The forecast runs it on a virtual clock, the release on futures
(`tasks.publish`), and both obey the same laws: nothing starts before what it needs, nothing exceeds a bucket or the
connections, a failure keeps back its descendants and nothing else, and every crate ends in one record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from loadmaster.planning.order import Edges, blocked, everything_needed, ready, remaining_path
from loadmaster.planning.pace import Buckets, Turn, answered, correct, let_through, spend
from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Bucket, Rate
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import THERE, ObjectState
from loadmaster.planning.values.value import Value


class Postponed(Value):
    """The registry named an instant from which on it takes the crate."""

    until: datetime
    why: str


UploadOutcome = ObjectRecord | Postponed
"""How an upload ended. A record whose state is not one of `THERE` is a failure."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """All fields by a crate's name, but for the buckets and the rates."""

    needs: Edges
    paths: Mapping[str, int]
    """Crates on the longest chain that starts with it: what its delay delays."""
    ids: Mapping[str, str]
    """`name@version`, as records call it."""
    actions: Mapping[str, Action]
    """What its upload counts as. One that is missing costs nothing: it is published already."""
    buckets: Buckets
    rates: Mapping[Action, Rate]
    """Of the buckets that a refusal may bring into being."""
    connections: int
    """How many may be on their way at the same time."""
    running: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    ended_in: Mapping[str, ObjectRecord] = field(default_factory=dict)
    refusals: Mapping[str, int] = field(default_factory=dict)
    """How often the registry postponed it."""

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
        """Before the first upload. `buckets` are full ones where nothing is known of them."""
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
        """The schedule after all have started that may at `now`; which they are, who waits for a limit, and until when."""
        started = self.running | self.ended_in.keys()
        turn = let_through(ready(self.needs, self.paths, self.done, started), self.actions, self.buckets, now)
        turn = turn.model_copy(update={"start": turn.start[: self.connections - len(self.running)]})
        buckets = self.buckets
        for name in turn.start:
            buckets = spend(buckets, self.actions.get(name), now)
        return replace(self, buckets=buckets, running=self.running | set(turn.start)), turn

    def ended(self, name: str, outcome: UploadOutcome, now: datetime) -> Self:
        """The schedule after the upload of `name` has ended."""
        action = self.actions.get(name)
        after = replace(self, running=self.running - {name}, buckets=answered(self.buckets, action, now))
        match outcome:
            case Postponed(until=until):
                return after._postponed(name, action or Action.UPDATE, until)
            case record:
                attempts = record.attempts + self.refusals.get(name, 0)
                kept = {**self.ended_in, name: record.model_copy(update={"attempts": attempts})}
                done = self.done | {name} if record.state in THERE else self.done
                return replace(after, ended_in=kept, done=done)

    def _postponed(self, name: str, action: Action, until: datetime) -> Self:
        buckets = correct(self.buckets, action, self.rates.get(action, CRATES_IO_RATES[action]), until)
        refusals = {**self.refusals, name: self.refusals.get(name, 0) + 1}
        return replace(self, buckets=buckets, refusals=refusals, actions={**self.actions, name: action})

    @property
    def records(self) -> tuple[ObjectRecord, ...]:
        """One for each crate, in the order of `needs`, once nothing is on its way: what was not tried is `absent`, and says why."""
        failed = self.ended_in.keys() - self.done
        kept_back = blocked(self.needs, failed)
        below = everything_needed(self.needs) if kept_back else {}
        not_tried = {name: self._kept_back(name, below[name] & failed) for name in kept_back}
        return tuple(self.ended_in[name] if name in self.ended_in else not_tried[name] for name in self.needs)

    def _kept_back(self, name: str, failed: Collection[str]) -> ObjectRecord:
        return ObjectRecord(
            kind="crate",
            id=self.ids[name],
            state=ObjectState.ABSENT,
            code="kept-back",
            facts={"needs": [self.ids[name] for name in sorted(failed)]},
            why=f"not tried: it needs {', '.join(sorted(failed))}",
        )
