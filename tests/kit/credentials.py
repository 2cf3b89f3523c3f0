"""Credentials that a test gives to its own process, as the command line has them after it has left its environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from loadmaster.credentials import given


@contextmanager
def holding(secrets: Mapping[str, str]) -> Iterator[None]:
    """This process has them within, by the names of their variables; none of them is in its environment."""
    given.hold(secrets)
    try:
        yield
    finally:
        given.let_go()
