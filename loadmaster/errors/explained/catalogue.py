"""Every class of the catalogue, by its code."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from loadmaster import errors
from loadmaster.errors.base import LoadmasterError, UsageError


def catalogue() -> Mapping[str, type[LoadmasterError]]:
    """The classes with a situation of their own, in the order of their codes: `LoadmasterError` and `UsageError` have none."""
    for module in pkgutil.walk_packages(errors.__path__, f"{errors.__name__}."):
        importlib.import_module(module.name)
    ours = {kind.code: kind for kind in _below(LoadmasterError) if _is_of_the_catalogue(kind)}
    return dict(sorted(ours.items()))


def _is_of_the_catalogue(kind: type[LoadmasterError]) -> bool:
    return kind is not UsageError and kind.__module__.startswith(f"{errors.__name__}.")


def _below(kind: type[LoadmasterError]) -> Iterator[type[LoadmasterError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
