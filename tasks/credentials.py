"""The credentials of one run: Secret blocks of the Prefect server, read inside the task that first needs one.

The contents of a block are never a parameter or a result.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import httpx  # noqa: TID251 - for the errors of Prefect's own client
from prefect import get_run_logger
from prefect.blocks.system import Secret
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from loadmaster.credentials.tokens import hold_tokens
from loadmaster.errors.credentials import SecretBlockMissing, SecretBlockUnread
from loadmaster.run.job import Job


def read_block(name: str) -> str:
    """The text in the Secret block `name`. Raises `SecretBlockMissing`, `SecretBlockUnread`."""
    try:
        block = cast("Secret[str]", Secret.load(name))
    except ValueError as error:
        if isinstance(error.__cause__, ObjectNotFound):
            raise SecretBlockMissing(name) from error
        # The text of another such error may hold the block's contents.
        raise SecretBlockUnread(name, "the answer is not a Prefect server's") from None
    except PrefectHTTPStatusError as error:
        raise SecretBlockUnread(name, f"status {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise SecretBlockUnread(name, f"{type(error).__name__}: {error}") from error
    text = block.value.get_secret_value()  # not `get()`, which turns `12345678` into a number
    if not isinstance(text, str):
        raise SecretBlockMissing(name)
    return text


@contextmanager
def credentials(job: Job) -> Iterator[None]:
    """Holds the tokens that are read or minted for this run, and revokes the minted ones at its end.

    A token that cannot be revoked is a warning.
    """
    log = get_run_logger()
    with hold_tokens(job, read_block, lambda failure: log.warning(failure.what)):
        yield
