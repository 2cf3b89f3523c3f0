"""What the registry's rate limits let through: each crate against the bucket of its action, in their order of importance.

A crate whose bucket is empty does not hold up one whose bucket is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from loadmaster.planning.values.rates import Action, Bucket, Rate
from loadmaster.planning.values.value import Value

Buckets = Mapping[Action, Bucket]
"""The buckets that count; () of them for a credential that is not limited."""


class Turn(Value):
    """What may start now, most important first; and, where something must wait, until when and who."""

    start: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    until: datetime | None = None
    """The first instant at which one of `waiting` may start."""


def let_through(ready: Sequence[str], actions: Mapping[str, Action], buckets: Buckets, now: datetime) -> Turn:
    """Splits `ready` (most important first) into those that may start at `now` and those that must wait.

    A crate without an action costs nothing: it is published already and will only be compared.
    """
    start, waiting, until = [], [], None
    spent = dict(buckets)
    for name in ready:
        action = actions.get(name)
        bucket = None if action is None else spent.get(action)
        if action is None or bucket is None:
            start.append(name)
        elif (earliest := bucket.earliest(now)) <= now:
            start.append(name)
            spent[action] = bucket.take(now)
        else:
            waiting.append(name)
            until = earliest if until is None else min(until, earliest)
    return Turn(start=tuple(start), waiting=tuple(waiting), until=until)


def spend(buckets: Buckets, action: Action | None, now: datetime) -> Buckets:
    """The buckets after one upload; without an action it costs nothing."""
    bucket = None if action is None else buckets.get(action)
    return buckets if action is None or bucket is None else {**buckets, action: bucket.take(now)}


def answered(buckets: Buckets, action: Action | None, now: datetime) -> Buckets:
    """The buckets after an upload has ended. Only the first one of its action changes anything."""
    bucket = None if action is None else buckets.get(action)
    return buckets if action is None or bucket is None else {**buckets, action: bucket.note_answer(now)}


def correct(buckets: Buckets, action: Action, rate: Rate, until: datetime) -> Buckets:
    """The buckets after a 429 that names an instant. One appears where none was expected."""
    return {**buckets, action: buckets.get(action, Bucket.full(rate)).correct(until)}
