"""What was observed of an object of a release: its state, and why, for programs and for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import JsonValue

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value


class Observation(Value):
    state: ObjectState
    code: str
    """Why it is in that state: a code that `docs/receipt.md` lists, or the code of an error."""
    facts: Mapping[str, JsonValue] | None = None
    """The values that `why` was made from, by name."""
    why: str | None = None
    """For people; None if the state says everything."""
    cause: str | None = None
    """Of an error: why it usually happens."""
    next: str | None = None
    """Of an error: what to do next."""
    sha256: str | None = None
    """SHA-256 of the bytes that were compared."""

    @classmethod
    def of_error(cls, error: LoadmasterError) -> Self:
        """The observation that `error` prevented: the state is unknown."""
        return cls(
            state=ObjectState.UNKNOWN,
            code=error.code,
            facts=error.facts,
            why=error.what,
            cause=error.why,
            next=error.fix,
        )
