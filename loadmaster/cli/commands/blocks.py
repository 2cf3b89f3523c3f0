"""Reads Secret blocks for a command, from our own server or that of `PREFECT_API_URL`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadmaster.cli.commands.runs import stack_for_command
from loadmaster.credentials.sources import ReadBlock
from loadmaster.planning.values.tell import Tell
from loadmaster.run.store import Store
from loadmaster.stack.api import Api


def block_reader(store: Store, root: Path, tell: Tell) -> ReadBlock:
    """Reads a Secret block as a task does. Raises `SecretBlockMissing`, `SecretBlockUnread`."""

    def read(name: str) -> str:
        with _api_url(store, root, tell) as api_url, Api(api_url) as api:
            return api.read_secret(name)

    return read


@contextmanager
def _api_url(store: Store, root: Path, tell: Tell) -> Iterator[str]:
    if (shared := os.environ.get("PREFECT_API_URL")) is not None:
        yield shared
        return
    with stack_for_command(store, root, tell) as (stack, _):
        yield stack.api_url
