"""Reads Secret blocks for a command, from our own server or that of `PREFECT_API_URL`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from loadmaster.cli.commands.runs import stack_for_command
from loadmaster.credentials import given
from loadmaster.credentials.sources import ReadBlock
from loadmaster.planning.profile.secret_variables import SIGN_IN_VARIABLES
from loadmaster.planning.values.tell import Tell
from loadmaster.run.store import Store
from loadmaster.stack.access import connect
from loadmaster.stack.api import Api


@contextmanager
def block_reader(store: Store, root: Path, tell: Tell) -> Iterator[ReadBlock]:
    """Reads Secret blocks as a task does: from one server for all reads, which is started at the first if need be.

    Reading raises `SecretBlockMissing`, `SecretBlockUnread`.
    """
    with ExitStack() as open_until_the_end:

        @cache
        def api() -> Api:
            opened = open_until_the_end.enter_context(_server(store, root, tell))
            return open_until_the_end.enter_context(opened)

        yield lambda name: api().read_secret(name)


@contextmanager
def _server(store: Store, root: Path, tell: Tell) -> Iterator[Api]:
    if (shared := os.environ.get("PREFECT_API_URL")) is not None:
        yield Api(shared, sign_in=given.own().get(SIGN_IN_VARIABLES[1]))
        return
    with stack_for_command(store, root, tell) as (stack, _):
        yield connect(store.root, stack)
