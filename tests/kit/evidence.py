"""What a run left behind: its receipt, and the registry's own log of what was uploaded.

Believes the registry, not the receipt, about uploads; knows nothing of Prefect.
"""

from __future__ import annotations

from collections import Counter

from loadmaster.planning.values.receipt import ObjectRecord, Receipt
from loadmaster.rehearsal.registry import Registry, Upload
from loadmaster.run.store import RunDirectory
from tests.kit.shapes import LAYERS

CRATES = frozenset[str]().union(*LAYERS)


def receipt_of(directory: RunDirectory) -> Receipt:
    return Receipt.model_validate_json(directory.receipt.read_bytes())


def uploads(directory: RunDirectory) -> tuple[Upload, ...]:
    """Every upload that the run's registry answered; () before there is a registry."""
    registry = directory.world / "registry"
    return Registry(registry).uploads() if (registry / "registry.sqlite").exists() else ()


def accepted(directory: RunDirectory) -> Counter[str]:
    """How often the registry took each crate."""
    return Counter(each.crate for each in uploads(directory) if each.status == 200)


def crates_of(receipt: Receipt) -> dict[str, ObjectRecord]:
    """The receipt's crates, by name."""
    return {each.id.partition("@")[0]: each for each in receipt.objects if each.kind == "crate"}


def each_once() -> Counter[str]:
    """What `accepted` says of a release that is out and uploaded nothing twice."""
    return Counter(CRATES)
