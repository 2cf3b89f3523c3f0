"""The registry: reading it, uploading to it, waiting for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError


class RegistryUnreachable(LoadmasterError):
    """The registry did not answer, or answered that it cannot."""

    transient: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The registry gave no usable answer at `{url}`: {told}",
            why="the network, a proxy, or the registry itself is down for the moment.",
            fix="press Retry when it is back; what was uploaded is recognised and not uploaded again.",
        )


class RateLimited(LoadmasterError):
    """The registry says when it will take the next upload. A wait, not a failure."""

    transient: ClassVar[bool] = True

    def __init__(self, crate: str, until: datetime, told: str) -> None:
        super().__init__(
            f"`{crate}` may be uploaded from {until:%Y-%m-%d %H:%M:%S} UTC on: {told}",
            why="crates.io limits how many crates and versions one user publishes in a time.",
            fix="wait; Loadmaster does so by itself.",
        )
        self.until = until


_WHY_REFUSED = {
    "account": "the account is not an owner of this crate or has no verified e-mail address, or the token does not cover it.",
    "dependency": "a crate that it needs is not on the registry, or not yet in its index.",
}
_BREAKS_A_RULE = "the crate breaks one of the registry's rules, which the text names."


class UploadRefused(LoadmasterError):
    """The registry understood the upload and refused it. `reason` is one of `planning.registry.refusal.Reason`."""

    def __init__(self, crate: str, status: int, told: str, reason: str) -> None:
        super().__init__(
            f"The registry refused `{crate}` with status {status}: {told}",
            why=_WHY_REFUSED.get(reason, _BREAKS_A_RULE),
            fix="mend what it names (owners and tokens: on the registry's pages), then press Retry.",
        )


class AlreadyUploaded(UploadRefused):
    """The registry has the version although its index did not list it; the next attempt compares the two."""

    transient: ClassVar[bool] = True


class CrateTaken(LoadmasterError):
    """The version is on the registry with other contents."""

    final: ClassVar[bool] = True

    def __init__(self, crate: str, differs: Sequence[str]) -> None:
        super().__init__(
            f"`{crate}` is on the registry already and is not ours; it differs in {', '.join(f'`{path}`' for path in differs)}.",
            why="it was published from another commit, or by somebody else.",
            fix="compare the two, and release a higher version; a published version can never be replaced.",
        )


class IndexDisagrees(LoadmasterError):
    """The checksum in the index is not that of the file that the registry serves. cargo refuses such a crate for everybody."""

    transient: ClassVar[bool] = True

    def __init__(self, crate: str, listed: str, served: str) -> None:
        super().__init__(
            f"The index lists `{crate}` with the checksum `{listed}`; the file that the registry serves has `{served}`.",
            why="a cache in between is broken or being filled, or the registry itself is.",
            fix="press Retry a little later; if it stays so, tell the registry's operators, and let nobody depend on it.",
        )


class CratesNotPublished(LoadmasterError):
    """Some crates of the release failed. Their dependents were not tried; all others were published."""

    def __init__(self, failed: Mapping[str, str], blocked: Sequence[str]) -> None:
        waiting = (
            f" Not tried, because they need them: {', '.join(f'`{crate}`' for crate in blocked)}." if blocked else ""
        )
        super().__init__(
            "Not published: " + "; ".join(f"`{crate}`: {reason}" for crate, reason in failed.items()) + "." + waiting,
            why="the reason is given above for each crate.",
            fix="mend the reason, then press Retry: published crates are recognised and not uploaded again.",
        )


class NotVisible(LoadmasterError):
    """Accepted, but the sparse index does not show it in time."""

    def __init__(self, crates: Sequence[str], seconds: float) -> None:
        super().__init__(
            f"After {seconds:.0f} s the index does not show {', '.join(f'`{crate}`' for crate in crates)}.",
            why="the registry accepted them, but its index or a cache before it lags behind.",
            fix="press Retry later: published crates are recognised, and only the reading is repeated.",
        )


class ChecksumMismatch(LoadmasterError):
    """The checksum in the index is not that of the uploaded bytes."""

    def __init__(self, crate: str, ours: str, theirs: str) -> None:
        super().__init__(
            f"The index gives `{crate}` the checksum `{theirs}`; the uploaded bytes have `{ours}`.",
            why="somebody else's upload won, or the registry is broken.",
            fix="compare the two files before anybody depends on this version; yank it if it is not yours.",
        )


class DailyLimitReached(LoadmasterError):
    """A 429 that names no instant: crates.io's cap on the versions of one crate in a day."""

    def __init__(self, crate: str, told: str) -> None:
        super().__init__(
            f"The registry takes no more versions of `{crate}` today: {told}",
            why="crates.io takes a few versions of one crate within 24 hours, whatever the credential, and names no instant.",
            fix="press Retry a day after the first of today's versions; published crates are recognised and not uploaded again.",
        )


class YankRefused(LoadmasterError):
    """The registry understood the yank and refused it."""

    def __init__(self, crate: str, status: int, told: str) -> None:
        super().__init__(
            f"The registry refused to yank `{crate}` with status {status}: {told}",
            why=(
                "the account is not an owner of this crate, or the token may not yank (its scope is `yank`)."
                if status in (401, 403)
                else "the registry does not know this version, or cannot yank."
            ),
            fix="mend what it names, then run `loadmaster yank` again: a yanked version stays so and is not yanked twice.",
        )


class YankLimited(LoadmasterError):
    """The registry says when it will take the next yank."""

    transient: ClassVar[bool] = True

    def __init__(self, crate: str, until: datetime, told: str) -> None:
        super().__init__(
            f"`{crate}` may be yanked from {until:%Y-%m-%d %H:%M:%S} UTC on: {told}",
            why="crates.io takes 100 yanks of one user at once, then one a minute.",
            fix="run `loadmaster yank` again from then on: it continues where it stopped.",
        )
        self.until = until


class NotPublished(LoadmasterError):
    """Accepted, but neither the index nor the registry's API knows it."""

    def __init__(self, crates: Sequence[str], seconds: float) -> None:
        super().__init__(
            f"After {seconds:.0f} s neither the index nor the registry's API knows {', '.join(f'`{crate}`' for crate in crates)}.",
            why="the registry accepted them and has lost them, or another server answers for its API.",
            fix="press Retry: what is not there is uploaded again; if it happens twice, tell the registry's operators.",
        )
