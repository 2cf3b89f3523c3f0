"""Which crates may start under the registry's rate limits: each uses the bucket of its action, the most important first.

A crate whose bucket is empty does not delay a crate whose bucket is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from loadmaster.planning.values.rates import Action, Bucket, Rate
from loadmaster.planning.values.value import Value

Buckets = Mapping[Action, Bucket]
"""The buckets that apply; none for a credential without a limit."""


class Turn(Value):
    """The crates that may start now, most important first. If some must wait: which, and until when."""

    start: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    until: datetime | None = None
    """The first instant at which one of `waiting` may start."""


def let_through(ready: Sequence[str], actions: Mapping[str, Action], buckets: Buckets, now: datetime) -> Turn:
    """Splits `ready` (most important first) into the crates that may start at `now` and those that must wait.

    A crate without an action needs no token: it is published already and will only be compared.
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
    """The buckets after one upload. Without an action it needs no token."""
    bucket = None if action is None else buckets.get(action)
    return buckets if action is None or bucket is None else {**buckets, action: bucket.take(now)}


def note_answer(buckets: Buckets, action: Action | None, now: datetime) -> Buckets:
    """The buckets after the answer to an upload. Only the first answer for each action changes anything."""
    bucket = None if action is None else buckets.get(action)
    return buckets if action is None or bucket is None else {**buckets, action: bucket.note_answer(now)}


def correct(buckets: Buckets, action: Action, rate: Rate, until: datetime) -> Buckets:
    """The buckets after a 429 that names an instant. If there was no bucket for the action, there is one now."""
    return {**buckets, action: buckets.get(action, Bucket.full(rate)).correct(until)}
