"""The records that a store keeps from one version of Loadmaster to the next, by their fields: what may not change unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

from loadmaster.planning.progress.notes import RunNote
from loadmaster.planning.values.receipt import Receipt
from loadmaster.planning.values.value import Value
from loadmaster.run.allowed import Place
from loadmaster.run.job import Pinned
from loadmaster.run.known_projects import KnownProject
from loadmaster.run.store import FORMAT, StoreMark
from loadmaster.stack.record import Stack

RECORDS = (KnownProject, Pinned, Place, Receipt, RunNote, Stack, StoreMark)
"""`pinned.json`, `receipt.json` and the lines of `journal.jsonl` of a run; `projects/`; `allowed/`; `stack.json`; `store.json`."""


def records() -> dict[str, Any]:
    """The format, and the fields of every record and of what it holds."""
    found: dict[str, list[str]] = {}
    for record in RECORDS:
        found |= {kind.__name__: sorted(kind.model_fields) for kind in _within(record)}
    return {"format": FORMAT, "records": dict(sorted(found.items()))}


def text_of(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def _within(kind: type[Value]) -> Iterator[type[Value]]:
    """The record, and the values in it, at any depth."""
    yield kind
    for field in kind.model_fields.values():
        for inner in _values_of(field.annotation):
            yield from _within(inner)


def _values_of(hint: Any) -> Iterator[type[Value]]:
    if isinstance(hint, type) and issubclass(hint, Value):
        yield hint
    for inner in get_args(hint):
        yield from _values_of(inner)


if __name__ == "__main__":
    print(text_of(records()), end="")
