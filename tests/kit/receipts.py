"""A receipt of a release of one crate, but for what is said."""

from __future__ import annotations

from datetime import UTC, datetime

from loadmaster.planning.values.gate import GateAnswer, Problem
from loadmaster.planning.values.receipt import ObjectRecord, Receipt
from loadmaster.planning.values.state import ObjectState

WHEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
CRATE = ObjectRecord(kind="crate", id="hangar@1.0.0", state=ObjectState.SAME, sha256="a" * 64, seconds=1.5, attempts=2)
TAG = ObjectRecord(kind="tag", id="v1.0.0", state=ObjectState.SAME, why="was there already")
GATE = GateAnswer.of("tree-clean", 1, [Problem(where="Cargo.lock", what="differs", fix="commit it.")])


def receipt(**fields: object) -> Receipt:
    return Receipt.model_validate(
        {
            "project": "demo",
            "version": "1.0.0",
            "commit": "c" * 40,
            "base_commit": "b" * 40,
            "world": "rehearsal",
            "outcome": "released",
            "plan": "d" * 64,
            "toolchain": "cargo 1.95.0, rustc 1.95.0",
            "started": WHEN,
            "seconds": 12.5,
            "objects": (TAG, CRATE),
            "gates": (GATE,),
            "deviations": ("clippy was not run, by the profile",),
            **fields,
        }
    )
