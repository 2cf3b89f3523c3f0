"""Credentials that are missing, unusable or refused. The text of such an error never holds a credential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, UsageError, in_one_line
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.refusals.sentences import sentences_of


def _give_again(variable: str) -> str:
    """How a person gives the value to the keeper, from any terminal of this machine."""
    return f"give it to the keeper with `{variable}=TOKEN loadmaster up`, or from a file with `{variable}_FILE=FILE loadmaster up`"


class TokenMissing(LoadmasterError):
    """A real release has no credential for its registry. `variables`: the first is the one to give.

    `for_new_crates`: the variable that holds one for these alone.
    """

    def __init__(self, variables: Sequence[str], for_new_crates: str = "") -> None:
        only = f"; the token in `{for_new_crates}` is for new crates alone" if for_new_crates else ""
        super().__init__(
            f"There is no token for the registry: none was given as {' or '.join(f'`{name}`' for name in variables)}{only}.",
            why="nobody has given one since the server was started, or the keeper, which holds it in its memory alone, has ended.",
            fix=f"{_give_again(variables[0])}, or name a Secret block in the profile (`registry.credentials.token_block`); then "
            "try again.",
        )


class SecretInEnvironment(LoadmasterError):
    """A process that runs the workspace's code was started with a credential in its environment."""

    def __init__(self, variable: str) -> None:
        super().__init__(
            f"`{variable}` is in the environment of the process that carries this out.",
            why="a worker that was started by hand hands its environment on, and every build script of the workspace and of its "
            "dependencies could read the token there.",
            fix=f"end that worker and start it without the variable; {_give_again(variable)}; then try again.",
        )


class SecretFileUnread(UsageError):
    """The file with a credential, which a variable names, cannot be read."""

    def __init__(self, variable: str, file: str, told: str) -> None:
        super().__init__(
            f"`{file}`, which `{variable}` names, cannot be read: {told}",
            why="the path is wrong, the file is another user's, or it is no file with a token alone.",
            fix=f"let `{variable}` name a file that holds the token and nothing else; then try again.",
        )


class SecretGivenTwice(UsageError):
    """A credential was given as a variable, and as a file."""

    def __init__(self, variable: str) -> None:
        super().__init__(
            f"`{variable}` and `{variable}_FILE` are both set.",
            why="nobody can say which of the two is meant.",
            fix="unset one of them; then try again.",
        )


class KeeperSilent(LoadmasterError):
    """The keeper that holds the credentials of this home gave no answer, or none that can be understood."""

    transient: ClassVar[bool] = True

    def __init__(self, variable: str, told: str) -> None:
        super().__init__(
            f"The keeper was asked about `{variable}`, and gave no usable answer: {told}",
            why="it was stopped, or it has just ended; what it held ends with it.",
            fix=f"another one is started if it does not answer: {_give_again(variable)}; then try again.",
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
            f"{' and '.join(f'`{name}`' for name in variables)} were not given.",
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
