"""Runs a worker of a work pool in place of this command."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from urllib.parse import urlsplit

from loadmaster.run.store import Store
from loadmaster.stack.access import read_sign_in, write_profile
from loadmaster.stack.idling import use
from loadmaster.stack.record import running
from loadmaster.stack.settings import environment

HTTP = 80


def become_worker(store: Store, root: Path, pool: str, name: str | None, api: str | None) -> None:
    """Does not return. `api`: of a server elsewhere. Raises `NoStackRunning`, `SignInMissing`."""
    home = store.root.resolve()
    address = api or running(home).api_url
    if api is None:
        os.set_inheritable(use(home), True)  # the worker, which takes this process's place, needs it
    write_profile(home, read_sign_in(home))
    env = environment(home, urlsplit(address).port or HTTP, root, address)
    arguments = ["-m", "loadmaster.guarded.worker", pool, name or platform.node(), str(root)]
    os.execve(sys.executable, [sys.executable, *arguments], env)
