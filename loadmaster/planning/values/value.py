"""The base of every value that planning produces: frozen, closed, and with one canonical spelling."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen record. Unknown fields are an error, so that a typo never becomes a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def canonical_json(value: Value) -> bytes:
    """One spelling for equal values: keys sorted, no blanks, UTF-8. Digests are computed from it."""
    return json.dumps(value.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Value) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
