"""The tags that the forge knows of, so that one whose push was cut off after its effect is found, too: git then runs no hook."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from loadmaster.clients.git.command import text
from loadmaster.rehearsal.forge.git_data.looking import NOTHING
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate
from loadmaster.run.store import write_atomically

_GRACE = 0.5
"""Seconds that the hook of a push gets to tell of a tag."""


class TagsSeen:
    """Survives in `file`. A repository that is new to it has no tag that anybody pushed."""

    def __init__(self, file: Path, remote: Path, passing: Callable[[], float] = time.monotonic) -> None:
        self._file, self._remote, self._now = file, remote, passing
        self._since: dict[str, float] = {}
        self._signature: tuple[int, ...] = ()
        if file.exists():
            self._known = set(json.loads(file.read_text(encoding="utf-8")))
        else:
            self._known = set(self._there())
            self._keep()

    def note(self, updates: Iterable[RefUpdate]) -> None:
        """Somebody told of these."""
        told = {update.ref: update.deletes for update in updates if update.tag is not None}
        before = set(self._known)
        self._known |= {ref for ref, deletes in told.items() if not deletes}
        self._known -= {ref for ref, deletes in told.items() if deletes}
        if self._known != before:
            self._keep()

    def missed(self) -> tuple[RefUpdate, ...]:
        """New tags that nobody has told of. Looks at the repository only if something changed there."""
        signature = self._changes()
        if signature == self._signature and not self._since:
            return ()
        self._signature = signature
        there, now = self._there(), self._now()
        unknown = there.keys() - self._known
        self._since = {ref: self._since.get(ref, now) for ref in unknown}
        return tuple(
            RefUpdate(ref=ref, old=NOTHING, new=there[ref])
            for ref, since in sorted(self._since.items())
            if now - since >= _GRACE
        )

    def _there(self) -> dict[str, str]:
        if not self._remote.is_dir():
            return {}
        listed = text(self._remote, "for-each-ref", "--format=%(refname) %(objectname)", "refs/tags")
        return {ref: name for ref, _, name in (line.partition(" ") for line in listed.splitlines())}

    def _changes(self) -> tuple[int, ...]:
        folders = sorted(Path(folder) for folder, _, _ in os.walk(self._remote / "refs" / "tags"))
        return tuple(_changed(each) for each in (*folders, self._remote / "packed-refs"))

    def _keep(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._file, json.dumps(sorted(self._known)).encode())


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
