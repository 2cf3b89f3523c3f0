"""Faults as values: a fault says which requests it hits, and what happens to them.

It knows which faults are possible at which place. It refuses to know how they are carried out, and where they are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from loadmaster.planning.values.value import Value, digest

Door = Literal[
    "publish", "index", "download", "config", "push-commit", "push-tag", "draft", "asset", "release",
    "branch", "pull", "merge", "dispatch", "rerun", "registry", "forge",
]  # fmt: skip
"""The places of requests: at the registry, at the git remote, at the forge. The last two are every request to that server."""

_PUSHES = frozenset[Door]({"push-commit", "push-tag"})
_READS = frozenset[Door]({"index", "download", "config"})
_FORGE = frozenset[Door]({"draft", "asset", "release", "branch", "pull", "merge", "dispatch", "rerun"})
_SERVERS = frozenset[Door]({"registry", "forge"})
_HTTP = _READS | _FORGE | _SERVERS | frozenset[Door]({"publish"})
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
    """0 for the first request that it may hit; negative for the requests that `after` lets pass."""
    seconds: float
    """Seconds since the first request that it may hit, by the world's clock."""


class Fault(Value):
    """What happens to the next `times` requests that match, or to all within `for_seconds` of the first."""

    on: Door
    crate: str | None = None
    """None matches any crate."""
    after: int = Field(default=0, ge=0)
    """The number of matching requests that pass unharmed first."""
    times: int = Field(default=1, ge=1)
    for_seconds: float | None = Field(default=None, gt=0)
    """The duration of the fault; `times` is then ignored."""

    delay_seconds: float = Field(default=0, ge=0)
    """Seconds for which nothing is done after the request is taken."""
    hold_seconds: float = Field(default=0, ge=0)
    """The most seconds for which nothing is done after the request is taken: until its file in `held/` is removed."""
    status: int | None = Field(default=None, ge=200, le=599)
    """The status that is answered, and nothing is done. None: the request continues (late, unanswered, or with another answer)."""
    detail: str = ""
    """The text of the error that goes with `status`."""
    retry_after_seconds: int | None = None
    form: Literal["errors", "html", "empty"] = "errors"
    """The form of the answer: this server's errors, a page of a proxy, or an empty body.

    Without `status` the request takes effect, and its answer is replaced.
    """
    read_only: bool = False
    """Answered as crates.io does in its read-only mode."""
    loop: bool = False
    """Redirected to its own address, again and again."""
    reset: Literal["before-body", "before-commit"] | None = None
    """The connection is cut before the uploaded file is read, or after that but before the upload takes effect."""
    lose_answer: bool = False
    """The request takes effect, then the connection is cut without a byte of answer."""
    kill: bool = False
    """The request takes effect, then the process that serves the world is killed: the release's own."""

    lag_seconds: float = Field(default=0, ge=0)
    """Seconds from the acceptance of a version until the index shows it. It holds for every request, and counts none."""
    stale: bool = False
    """Every other read shows the index file without its newest version; `times` counts these stale reads."""
    checksum: Literal["wrong", "missing"] | None = None
    """What becomes of the newest version's checksum in the index."""
    tampered: bool = False
    """The downloaded file differs from the uploaded one."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for field, doors in _ONLY_ON.items():
            if getattr(self, field) != type(self).model_fields[field].default and self.on not in doors:
                raise ValueError(f"`{field}` means nothing on `{self.on}`, only on {', '.join(sorted(doors))}")
        if self.on in _SERVERS and self.status is None and self.reset != "before-body":
            raise ValueError(f'`{self.on}` is a whole server: give `status` or `reset = "before-body"`')
        if self.reset == "before-body" and self.on not in ("publish", "asset", *_SERVERS):
            raise ValueError(f'`{self.on}` sends no file that `reset = "before-body"` could come before')
        if self.reset == "before-commit" and self.on not in _EFFECTS:
            raise ValueError(f'`{self.on}` has no effect that `reset = "before-commit"` could come before')
        return self

    @property
    def is_about_ours(self) -> bool:
        """Whether it concerns only versions that were uploaded here."""
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
        """Seconds until the index shows the versions of a crate; None if the script does not say."""
        lags = [each.lag_seconds for each in self.faults if each.lag_seconds and _is_for(each, crate)]
        return max(lags, default=None)

    def is_about(self, *doors: Door) -> bool:
        return any(each.on in doors for each in self.faults)


def _is_for(fault: Fault, crate: str) -> bool:
    return fault.crate is None or fault.crate.lower() == crate.lower()
