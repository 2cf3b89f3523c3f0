"""The registry's index, and this machine's clock beside the index's."""

from __future__ import annotations

from loadmaster.planning.doctor.check import Check, fail, failed, not_asked, ok, warn
from loadmaster.planning.values.receipt import Failure
from loadmaster.planning.values.value import Value

SLIGHT = 5.0
"""Seconds. An answer names whole ones, and takes some to arrive."""
TOO_FAR = 60.0
"""Seconds by which a token of trusted publishing may be early or late; then it is refused."""
SET_CLOCK = "run `sudo timedatectl set-ntp true`, and in a container or a virtual machine do so on its host"


class IndexSeen(Value):
    index: str
    seconds: float = 0.0
    """How long the answer took."""
    ahead: float | None = None
    """Seconds by which this machine's clock is ahead of the index's; None if the answer names no instant."""
    failure: Failure | None = None
    """Why there was no answer."""


def judge_registry(seen: IndexSeen) -> Check:
    if seen.failure is not None:
        fix = "look at the network and at the proxy that `HTTPS_PROXY` names, or leave it out: `loadmaster doctor --offline`"
        return failed("registry", seen.failure, fix)
    return ok("registry", f"`{seen.index}` answers, in {seen.seconds:.1f} s")


def judge_clock(seen: IndexSeen) -> Check:
    if seen.failure is not None:
        return not_asked("clock", "the registry, whose clock this one is compared with, did not answer")
    if seen.ahead is None:
        return not_asked("clock", "the registry's answer names no instant")
    told = f"{abs(seen.ahead):.0f} s {'ahead of' if seen.ahead > 0 else 'behind'} the registry's"
    if abs(seen.ahead) > TOO_FAR:
        return fail("clock", told, SET_CLOCK)
    if abs(seen.ahead) > SLIGHT:
        return warn("clock", told, SET_CLOCK)
    return ok("clock", "as the registry's, to a few seconds")
