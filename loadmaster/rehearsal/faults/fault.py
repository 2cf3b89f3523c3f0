"""What can go wrong, as values: one fault says which requests it hits, and what happens to them.

It knows which faults make sense where. It refuses to know how they are carried out, and where the counting is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from loadmaster.planning.values.value import Value, digest

Door = Literal[
    "publish", "index", "download", "config", "push-commit", "push-tag", "draft", "asset", "release"
]  # fmt: skip
"""Where requests come in: at the registry, at the git remote, at the forge."""

_PUSHES = frozenset[Door]({"push-commit", "push-tag"})
_READS = frozenset[Door]({"index", "download", "config"})
_FORGE = frozenset[Door]({"draft", "asset", "release"})
_HTTP = _READS | _FORGE | frozenset[Door]({"publish"})
_EFFECTS = _PUSHES | _FORGE | frozenset[Door]({"publish"})

_ONLY_ON: Mapping[str, frozenset[Door]] = {
    "crate": frozenset({"publish", "index", "download"}),
    "form": _HTTP,
    "retry_after_seconds": _HTTP,
    "read_only": frozenset({"publish"}),
    "loop": _READS,
    "kill": _EFFECTS,
    "lag_seconds": frozenset({"index"}),
    "stale": frozenset({"index"}),
    "checksum": frozenset({"index"}),
    "tampered": frozenset({"download"}),
}
READ_ONLY = (
    "crates.io is currently in read-only mode. Please check https://status.crates.io/ for details and try again later."
)


class Use(NamedTuple):
    """One request that a fault matches."""

    number: int
    """0 for the first that it may hit; negative for those that `after` lets pass."""
    seconds: float
    """Since the first that it may hit, by the world's clock."""


class Fault(Value):
    """What happens to the next `times` requests that match, or to all within `for_seconds` of the first."""

    on: Door
    crate: str | None = None
    """None matches any crate."""
    after: int = Field(default=0, ge=0)
    """So many matching requests pass unharmed first."""
    times: int = Field(default=1, ge=1)
    for_seconds: float | None = Field(default=None, gt=0)
    """Counts in time: `times` does not matter then."""

    delay_seconds: float = Field(default=0, ge=0)
    """The request is taken, and nothing is done for so long."""
    hold_seconds: float = Field(default=0, ge=0)
    """The request is taken, and nothing is done until its file in `held/` is removed, and for so long at most."""
    status: int | None = Field(default=None, ge=200, le=599)
    """Answered instead of doing anything. None: the request goes on (late, unanswered, or answered in another form)."""
    detail: str = ""
    """The text of the error that goes with `status`."""
    retry_after_seconds: int | None = None
    form: Literal["errors", "html", "empty"] = "errors"
    """How the answer is written: as this server writes errors, as a page of a proxy, or not at all.

    Without `status` the request takes effect, and its answer is replaced.
    """
    read_only: bool = False
    """Answered as crates.io does in its read-only mode."""
    loop: bool = False
    """Redirected to where it was sent, again and again."""
    reset: Literal["before-body", "before-commit"] | None = None
    """The connection is cut before the file that is uploaded was read, or after, but before anything took effect."""
    lose_answer: bool = False
    """The request takes effect, then the connection is cut without a byte of answer."""
    kill: bool = False
    """The request takes effect, then the process that serves the world is killed: the release's own."""

    lag_seconds: float = Field(default=0, ge=0)
    """A version is in the index so long after it was accepted. Holds always; counts nothing."""
    stale: bool = False
    """Every other read shows the index file as it was before the newest version; `times` counts the stale ones."""
    checksum: Literal["wrong", "missing"] | None = None
    """Of the newest version in the index."""
    tampered: bool = False
    """The file that is downloaded is not the one that was uploaded."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for field, doors in _ONLY_ON.items():
            if getattr(self, field) != type(self).model_fields[field].default and self.on not in doors:
                raise ValueError(f"`{field}` means nothing on `{self.on}`, only on {', '.join(sorted(doors))}")
        if self.reset == "before-body" and self.on not in ("publish", "asset"):
            raise ValueError(f'`{self.on}` sends no file that `reset = "before-body"` could come before')
        if self.reset == "before-commit" and self.on not in _EFFECTS:
            raise ValueError(f'`{self.on}` has no effect that `reset = "before-commit"` could come before')
        return self

    @property
    def is_about_ours(self) -> bool:
        """Whether it needs a version that was uploaded here."""
        return self.stale or self.checksum is not None

    def hits(self, use: Use) -> bool:
        turn, other = divmod(use.number, 2) if self.stale else (use.number, 0)
        in_time = turn < self.times if self.for_seconds is None else use.seconds < self.for_seconds
        return use.number >= 0 and other == 0 and in_time


class FaultScript(Value):
    faults: tuple[Fault, ...]

    def due(
        self, on: Door, crate: str, count: Callable[[str, int], Use], fits: Callable[[Fault], bool] = lambda _: True
    ) -> Fault | None:
        """The first fault that matches, `fits`, and hits this request.

        `count(key, after)` notes one more request for `key`; the key stays the same for the same fault at the same place
        of the script. A fault does not see the requests that one before it hits, so faults in a row take turns.
        """
        for place, fault in enumerate(self.faults):
            matches = fault.on == on and _is_for(fault, crate) and not fault.lag_seconds and fits(fault)
            if matches and fault.hits(count(f"{place}:{digest(fault)}", fault.after)):
                return fault
        return None

    def lag_seconds(self, crate: str) -> float | None:
        """How late the versions of a crate come into the index; None if the script does not say."""
        lags = [each.lag_seconds for each in self.faults if each.lag_seconds and _is_for(each, crate)]
        return max(lags, default=None)

    def is_about(self, *doors: Door) -> bool:
        return any(each.on in doors for each in self.faults)


def _is_for(fault: Fault, crate: str) -> bool:
    return fault.crate is None or fault.crate.lower() == crate.lower()
