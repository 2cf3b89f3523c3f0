"""How a release goes on after an attempt that has ended, by its receipt.

Knows the receipt alone. What the world looks like by now is `damage`'s subject, and `loadmaster status` asks for it.
"""

from __future__ import annotations

from enum import StrEnum

from loadmaster.planning.damage import contents_refusal
from loadmaster.planning.values.receipt import CHECKS, Receipt, ReceiptOutcome
from loadmaster.planning.values.state import THERE, ObjectState


class WayOn(StrEnum):
    NOTHING = "nothing"
    """It is released, or was only planned."""
    RESUME = "resume"
    """The same run can finish it. It looks first, and does what is missing."""
    START_AGAIN = "start-again"
    """Nothing is out. A new run takes the mended commit; the same run would stop again."""
    FIX_FORWARD = "fix-forward"
    """This version can never be complete. A higher one can."""


def way_on(receipt: Receipt) -> WayOn:
    if receipt.outcome in (ReceiptOutcome.RELEASED, ReceiptOutcome.PLANNED):
        return WayOn.NOTHING
    failure, begun = receipt.failure, is_begun(receipt)
    in_the_way = any(record.state is ObjectState.DIFFERENT or contents_refusal(record) for record in receipt.objects)
    if begun and (in_the_way or (failure is not None and failure.final)):
        return WayOn.FIX_FORWARD
    cut = receipt.outcome is not ReceiptOutcome.FAILED
    transient = failure is not None and failure.transient
    return WayOn.RESUME if begun or cut or transient else WayOn.START_AGAIN


def is_begun(receipt: Receipt) -> bool:
    """Whether anything of the release is out, or may be: a commit, a tag, a crate, a forge release or an asset."""
    return any(
        record.state in THERE or (record.state is ObjectState.UNKNOWN and record.kind == "crate")
        for record in receipt.objects
        if record.kind not in CHECKS
    )


def out_text(receipt: Receipt) -> str:
    """What of the release is out, in one line: `commit and tag pushed; 4 of 11 crates published; no forge release`."""
    crates = [record for record in receipt.objects if record.kind == "crate"]
    there = sum(record.state in THERE for record in crates)
    open_ends = sum(record.state is ObjectState.UNKNOWN for record in crates)
    pushed = [kind for kind in ("commit", "tag") if _has(receipt, kind)]
    return "; ".join(
        [
            f"{' and '.join(pushed)} pushed" if pushed else "nothing pushed",
            *([f"{there} of {len(crates)} crates published"] if crates else ["no crate published"]),
            *([f"{open_ends} unknown"] if open_ends else []),
            "the forge release is public" if _has(receipt, "release") else "no public forge release",
        ]
    )


def _has(receipt: Receipt, kind: str) -> bool:
    return any(record.kind == kind and record.state in THERE for record in receipt.objects)
