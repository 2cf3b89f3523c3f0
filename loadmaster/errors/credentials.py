"""Credentials that are missing, unusable or refused. The text of such an error never holds a credential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, in_one_line
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.refusals.sentences import sentences_of


class TokenMissing(LoadmasterError):
    """A real release has no credential for its registry. `for_new_crates`: the variable that holds one for these alone."""

    def __init__(self, variables: Sequence[str], for_new_crates: str = "") -> None:
        verb = "is" if len(variables) == 1 else "are"
        only = f", and the token in `{for_new_crates}` is for new crates alone" if for_new_crates else ""
        super().__init__(
            f"There is no token for the registry: {' and '.join(f'`{name}`' for name in variables)} {verb} not set{only}.",
            why="it is read from the environment of the process that uploads, at the first upload.",
            fix=f"set `{variables[0]}` there (a release uploads from its worker: stop the one that runs, so that the next one has "
            "it), or name a Secret block in the profile (`registry.credentials.token_block`); then try again.",
        )


class TokenUnusable(LoadmasterError):
    """A token that cannot be sent as it is."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(
            f"The token from {source} cannot be used: {problem}.",
            why="other characters were copied with it, or it is not the token.",
            fix=f"put the token into {source} once more, alone, on one line and without quotes; then try again.",
        )


class SecretBlockMissing(LoadmasterError):
    """The profile names a Secret block that is not there."""

    def __init__(self, block: str) -> None:
        super().__init__(
            f"There is no Secret block `{block}` with a text in it on the Prefect server.",
            why="the profile names it in `registry.credentials`; it was never made, is on another server, or holds no text.",
            fix=f"make a block of type Secret named `{block}` on the page Blocks of Prefect's UI; then try again.",
        )


class SecretBlockUnread(LoadmasterError):
    """The Prefect server could not answer a request for a block."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True

    def __init__(self, block: str, told: str) -> None:
        super().__init__(
            f"The Secret block `{block}` could not be read: {told}",
            why="the Prefect server does not answer for the moment, or it cannot decrypt the block.",
            fix="see whether the Prefect server is up (`loadmaster up`) and shows the block on its page Blocks; then try again.",
        )


class IdentityMissing(LoadmasterError):
    """Trusted publishing was chosen, but nothing here issues an ID token for the process."""

    def __init__(self, variables: Sequence[str]) -> None:
        super().__init__(
            "Trusted publishing needs an ID token, and nobody gives one here: "
            f"{' and '.join(f'`{name}`' for name in variables)} are not set.",
            why="the release does not run in a GitHub Actions job, or the job lacks the permission `id-token: write`.",
            fix="run it in a job with `permissions: id-token: write`, or let the profile say `registry.credential = "
            '"token"`; then try again.',
        )


class IdentityUnavailable(LoadmasterError):
    """The provider of ID tokens did not answer, or answered that it cannot."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The provider of ID tokens gave no usable answer at `{url}`: {told}",
            why="the network, or the provider itself, is down for the moment.",
            fix="wait until it answers, then try again.",
        )


class IdentityRefused(LoadmasterError):
    """The provider of ID tokens understood the request and refused it."""

    def __init__(self, url: str, status: int, told: str) -> None:
        super().__init__(
            f"The provider of ID tokens refused one at `{url}` with status {status}: {told}",
            why="the job's permission to ask has ended or was never given (`id-token: write`).",
            fix="start the job anew with that permission; the release goes on where it stopped.",
        )


class ExchangeRefused(LoadmasterError):
    """The registry gives no token for this identity. `details` are the values that its words hold, by name."""

    def __init__(
        self, url: str, status: int, told: str, reason: Reason, details: Mapping[str, str] | None = None
    ) -> None:
        why, fix = sentences_of(reason, {**(details or {}), "token": "the ID token of this job"})
        super().__init__(
            f"The registry gave no trusted-publishing token at `{url}`, status {status}: {in_one_line(told)}",
            why=why,
            fix=fix,
        )


class TokenNotRevoked(LoadmasterError):
    """A token that was minted for this release lives on until it expires."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"A trusted-publishing token was not revoked at `{url}`: {told}",
            why="the registry did not answer, or did not accept the request.",
            fix="nothing need be done: it expires 30 minutes after it was made.",
        )
