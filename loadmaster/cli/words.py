"""The words that a shell offers at the tab key: names of projects, fields of a profile, words for a version, ids of runs, codes of
errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loadmaster.planning.values.version import CHANGED, Level


def projects(incomplete: str) -> Iterator[str]:
    from loadmaster.run.profiles import project_names

    return _beginning(incomplete, project_names())


def fields(incomplete: str) -> Iterator[str]:
    """The fields and the tables of a profile."""
    from loadmaster.planning.profile.fields import tables

    named = (name for table in tables() for name in (table.name, *map(table.path_of, table.fields)))
    return _beginning(incomplete, filter(None, named))


def versions(incomplete: str) -> Iterator[str]:
    """The words that stand for a version; a number, only the person knows."""
    return _beginning(incomplete, (*Level, CHANGED))


def levels(incomplete: str) -> Iterator[str]:
    return _beginning(incomplete, Level)


def runs(incomplete: str) -> Iterator[str]:
    """The beginnings of their ids, from the directories alone: no server is asked at a key."""
    from loadmaster.run.store import default_store

    return _beginning(incomplete, (run.path.name[:8] for run in default_store().runs() if run.lock.exists()))


def codes(incomplete: str) -> Iterator[str]:
    """The codes of errors."""
    from loadmaster.errors.explained.page import codes

    return _beginning(incomplete, codes())


def _beginning(incomplete: str, words: Iterable[str]) -> Iterator[str]:
    return (str(word) for word in words if word.startswith(incomplete))
