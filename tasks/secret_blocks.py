"""Secret blocks of the Prefect server, read inside the task that needs one: what a block holds is never a parameter or a result."""

from __future__ import annotations

from typing import cast

from prefect.blocks.system import Secret
from prefect.exceptions import PrefectHTTPStatusError

from loadmaster.errors.credentials import SecretBlockMissing, SecretBlockUnread


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
