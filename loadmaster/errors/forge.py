"""The forge: releases and their assets."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError


class AssetDifferent(LoadmasterError):
    """An asset of that name is on the forge release with other contents."""

    def __init__(self, asset: str, ours: str, theirs: str) -> None:
        super().__init__(
            f"The asset `{asset}` is on the release already with SHA-256 `{theirs}`; ours has `{ours}`.",
            why="it was uploaded by hand or by another run; an asset is never overwritten.",
            fix="compare the two, delete the wrong one on the forge by hand, then press Retry.",
        )


class ForgeUnauthorized(LoadmasterError):
    """The forge does not know the token."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge did not accept the token at `{url}`: {told}",
            why="it is missing, misspelt, revoked or has expired.",
            fix="put a valid token where the release takes it from, then press Retry.",
        )


class ForgeForbidden(LoadmasterError):
    """The forge knows the token, and it may not do this."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge forbids `{url}`: {told}",
            why="the token lacks a permission (releases need `contents: write`), or the organisation has not allowed it.",
            fix="widen the token for this repository, then press Retry.",
        )


class ForgeNotFound(LoadmasterError):
    """404: not there, or not visible with this token."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge finds nothing at `{url}`: {told}",
            why="it is not there, or the token lacks the permission: the forge answers both alike.",
            fix="check the repository's name, and that the token covers it with `contents: write`.",
        )


class ForgeRefused(LoadmasterError):
    """422: understood and refused."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge refused `{url}`: {told}",
            why="it breaks one of the forge's rules, which the text names.",
            fix="mend what it names, then press Retry.",
        )


class ForgeAlreadyThere(ForgeRefused):
    """422 `already_exists`: the object is there. The step finds out whether it is ours."""


class ForgeUnreachable(LoadmasterError):
    """The forge did not answer, or answered that it cannot."""

    transient: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge gave no usable answer at `{url}`: {told}",
            why="the network, a proxy, or the forge itself is down for the moment.",
            fix="press Retry when it is back; what was done is recognised and not done again.",
        )


class ForgeRateLimited(LoadmasterError):
    """The forge says when it will answer again. A wait, not a failure."""

    transient: ClassVar[bool] = True

    def __init__(self, url: str, until: datetime, told: str) -> None:
        super().__init__(
            f"The forge answers at `{url}` again from {until:%Y-%m-%d %H:%M:%S} UTC on: {told}",
            why="the token has used up its requests, or wrote too much in a short time.",
            fix="wait; Loadmaster does so by itself.",
        )
        self.until = until


class ForgeAnswerUnreadable(LoadmasterError):
    """The status says success, but the body is not one of the forge's."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge's answer at `{url}` cannot be read: {told}",
            why="the address is not that of the API, a proxy answers instead, or the API has changed.",
            fix="open the address and look; check the profile's forge.",
        )


class ForgeLacksTag(LoadmasterError):
    """The tag was pushed and the forge does not show it."""

    transient: ClassVar[bool] = True

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"The forge does not show the tag `{tag}` yet.",
            why="it was pushed to another repository than the profile's `forge`, or the forge lags behind.",
            fix="compare the profile's `forge` with the remote; then press Retry.",
        )
