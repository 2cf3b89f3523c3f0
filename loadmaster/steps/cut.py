"""Closes a run whose process was cut off: makes its receipt of what it had noted, and asks about what is open."""

from __future__ import annotations

from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.planning.values.receipt import ObjectRecord, Receipt
from loadmaster.run.job import Pinned
from loadmaster.run.journal import receipt_of_cut, write_receipt
from loadmaster.run.store import RunDirectory, Store
from loadmaster.steps.publish import kept_crate
from loadmaster.things.crate import PublishedCrate
from loadmaster.things.thing import look_at


def close_cut_run(directory: RunDirectory, store: Store, *, cancelled: bool) -> Receipt | None:
    """Writes the receipt of an attempt that was cut off, and returns it; None if it wrote its own, or is at work.

    Crates whose upload was under way are looked for on the registry. A rehearsal's registry ended with its process: there
    they stay `unknown`. Raises `RunRecordBroken`, and what writing the receipt raises.
    """
    with directory.unattended() as held:
        if not held:
            return None
        receipt = receipt_of_cut(directory, cancelled=cancelled)
        if receipt is None:
            directory.journal.unlink(missing_ok=True)
            return None
        pinned = directory.read(Pinned, directory.pinned)
        if pinned is not None and pinned.index is not None:
            objects = tuple(_look_again(record, pinned.index, store) for record in receipt.objects)
            receipt = receipt.model_copy(update={"objects": objects})
        write_receipt(directory, receipt)
    return receipt


def _look_again(record: ObjectRecord, index: str, store: Store) -> ObjectRecord:
    if record.code != "in-flight":
        return record
    name, _, version = record.id.partition("@")
    ours = kept_crate(store, record.id, str((record.facts or {})["ours"]))
    return look_at(PublishedCrate(registry=RegistryClient(index), name=name, version=version, ours=ours))
