"""How serde, which reads every document for crates.io's server, speaks of values and positions. Pure."""

from __future__ import annotations

import json
import math


def kind_of(value: object) -> str:
    """A value of JSON or TOML in serde's words."""
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, float):
        return f"floating point `{'NaN' if math.isnan(value) else value}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, str):
        return f"string {json.dumps(value, ensure_ascii=False)}"
    # A date is one of its reader's tables.
    return "null" if value is None else "sequence" if isinstance(value, list) else "map"


def wrong_type(value: object, expected: str) -> str:
    return f"invalid type: {kind_of(value)}, expected {expected}"


def position_after(read: bytes) -> tuple[int, int]:
    """serde's position after what it has read: the line, from 1, and the bytes into that line."""
    return read.count(b"\n") + 1, len(read) - (read.rfind(b"\n") + 1)


def end_of(blob: bytes) -> tuple[int, int]:
    """serde's position at the end of a JSON document."""
    return position_after(blob.rstrip())
