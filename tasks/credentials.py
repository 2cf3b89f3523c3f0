"""The credentials of one run: Secret blocks of the Prefect server, read inside the task that first needs one.

What a block holds is never a parameter or a result.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from prefect import get_run_logger
from prefect.blocks.system import Secret
from prefect.exceptions import PrefectHTTPStatusError

from loadmaster.credentials.tokens import held
from loadmaster.errors.credentials import SecretBlockMissing, SecretBlockUnread
from loadmaster.run.job import Job


def read_block(name: str) -> str:
    """The text in the Secret block `name`. Raises `SecretBlockMissing`, `SecretBlockUnread`."""
    try:
        block = cast("Secret[str]", Secret.load(name))
    except ValueError as error:  # Prefect's word for a block that is not there
        raise SecretBlockMissing(name) from error
    except PrefectHTTPStatusError as error:
        raise SecretBlockUnread(name, f"status {error.response.status_code}") from error
    held = block.value.get_secret_value()  # not `get()`, which makes a number of `12345678`
    if not isinstance(held, str):
        raise SecretBlockMissing(name)
    return held


@contextmanager
def credentials(job: Job) -> Iterator[None]:
    """What is read or minted for this run is held within, and revoked at its end; a failure to is a warning."""
    log = get_run_logger()
    with held(job, read_block, lambda failure: log.warning(failure.what)):
        yield
