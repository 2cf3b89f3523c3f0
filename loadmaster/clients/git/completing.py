"""What a person's own repository lacks of what its remote has: brought into our copy, never into his.

Knows shallow and partial clones. It refuses to guess: a copy that stays incomplete is an error, because tags and history that
are missing look like those that never were.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from loadmaster.clients.git.asking import origin
from loadmaster.clients.git.command import ask, run, text
from loadmaster.clients.git.remotes import run_with
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.git import SourceIncomplete

_REFS = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
_HISTORY, _TAGS, _OBJECTS = "history", "tags", "objects"


def lacks(repository: Path) -> str | None:
    """`history` for a shallow clone, `objects` for a partial one, `tags` for one that fetches none; else None."""
    if text(repository, "rev-parse", "--is-shallow-repository") == "true":
        return _HISTORY
    if ask(repository, "config", "--get-regexp", r"^remote\..*\.promisor$", "true").status == 0:
        return _OBJECTS
    no_tags = ask(repository, "config", "--get-regexp", r"^remote\.origin\.tagopt$", "^--no-tags$").status == 0
    return _TAGS if no_tags else None


def require_whole(repository: Path) -> None:
    """Raises `SourceIncomplete` for a repository that lacks something of its remote's."""
    if (lacking := lacks(repository)) is not None:
        raise SourceIncomplete(str(repository), lacking, "it was cloned without")


def complete(bare: Path, source: Path, extra: Mapping[str, str]) -> None:
    """Fetches into our copy `bare` what `source` lacks, from where that was cloned. Raises `SourceIncomplete`."""
    lacking = lacks(source)
    if lacking is None:
        return
    if (remote := origin(source)) is None:
        raise SourceIncomplete(str(source), lacking, "it records no remote that has it")
    how = {_HISTORY: ("--unshallow",), _OBJECTS: ("--refetch",), _TAGS: ()}[lacking]
    fetch = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", *how, "--", remote, *_REFS)
    try:
        run_with(remote, *fetch, directory=bare, extra=extra)
    except (DiskFull, NotWritten):
        raise
    except LoadmasterError as error:
        raise SourceIncomplete(str(source), lacking, error.what) from error
    if lacks(bare) == _HISTORY or (lacking == _OBJECTS and _misses_objects(bare)):
        raise SourceIncomplete(str(source), lacking, f"`{remote}` does not have it either")


def _misses_objects(bare: Path) -> bool:
    listed = run(bare, "rev-list", "--objects", "--all", "--missing=print")
    return any(line.startswith(b"?") for line in listed.splitlines())
