"""All checks, in the order of `NEEDED_BY`. One that cannot even be looked at has failed, and keeps no other from being made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial

from loadmaster.cli.commands.doctor.outside import look_outside
from loadmaster.cli.commands.doctor.place import look_at_disk, look_at_store
from loadmaster.cli.commands.doctor.programs import (
    look_at_engine,
    look_at_git,
    look_at_python,
    look_at_rust,
    look_at_sandbox,
)
from loadmaster.cli.commands.doctor.service import look_at_service
from loadmaster.clients.process import home_of_user
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.files import FileUnreadable
from loadmaster.planning.doctor.check import Check, failed
from loadmaster.planning.values.receipt import Failure
from loadmaster.run.store import Store

Look = Callable[[], Iterator[Check]]


def examine(store: Store, registry: RegistryClient | None) -> Iterator[Check]:
    """`registry`: the one whose index is asked; None to ask nobody. Raises `HomeUnknown`."""
    home = home_of_user()
    looks: dict[str, Look] = {
        "python": look_at_python,
        "cargo": partial(look_at_rust, home),
        "git": partial(look_at_git, home),
        "sandbox": look_at_sandbox,
        "store": partial(look_at_store, store),
        "disk": partial(look_at_disk, store),
        "server": partial(look_at_service, store.root.resolve()),
        "engine": look_at_engine,
        "registry": partial(look_outside, registry),
    }
    for name, look in looks.items():
        yield from _looked(name, look)


def _looked(name: str, look: Look) -> Iterator[Check]:
    try:
        yield from look()
    except LoadmasterError as error:
        yield failed(name, Failure.of(error))
    except OSError as error:
        place = os.fsdecode(error.filename) if error.filename else str(error)
        yield failed(name, Failure.of(FileUnreadable(place, error.strerror or str(error))))
