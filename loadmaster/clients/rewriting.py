"""Rewrites files of a tree together: all of them or none, even if the process is killed between two of them.

The former contents are kept in the tree, in `KEPT`, until all files are in place. The next process undoes what a killed one
has left. That outlives a kill, not a power cut. Knows nothing of the contents.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from loadmaster.clients.disk import remove_tree
from loadmaster.errors.edits import FilesNotWritten, TreeMissing
from loadmaster.errors.files import BumpInterrupted, FileOfTwoNames, FileUnreadable, TreeBusy
from loadmaster.planning.values.value import Value

KEPT = ".loadmaster-bump"
"""A directory in the tree that exists while files are written, and after a kill. It does not count as part of the tree."""

_LIST = "list.json"
"""In `KEPT`, from before the first file is replaced until after the last one is."""


class _Rewrite(Value):
    """One file, whose former and new bytes are kept as `NUMBER.old` and `NUMBER.new`."""

    path: str
    before: str
    after: str
    """SHA-256, as `before` is."""


_REWRITES = TypeAdapter(tuple[_Rewrite, ...])


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """Holds a lock, so that no other process is in here for the same directory. The kernel frees it when this process dies.

    Raises `TreeBusy`, `TreeMissing` and `FileUnreadable`.
    """
    if not os.path.isdir(directory):  # noqa: PTH112 - `Path.is_dir` raises for names that are too long
        raise TreeMissing(str(directory))
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise FileUnreadable(str(directory), error.strerror or "") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TreeBusy(str(directory)) from error
        yield
    finally:
        os.close(handle)


def require_whole(directory: Path) -> None:
    """Raises `BumpInterrupted` if a killed process may have left some files old and some new.

    Raises `TreeBusy` while another process is writing.
    """
    if os.path.isfile(directory / KEPT / _LIST):  # noqa: PTH113 - as in `alone_in`
        with alone_in(directory):
            raise BumpInterrupted(str(directory), KEPT)


def take_back(directory: Path) -> None:
    """Undoes a write that was killed, if there was one: the files get their former contents.

    Raises `BumpInterrupted`, changing nothing, if one of them has neither its former nor its new contents. Also raises it if
    one cannot be put back.
    """
    kept = directory / KEPT
    if (kept / _LIST).is_file():
        rewrites = _read_list(directory)
        for rewrite in rewrites:
            if _digest(directory / rewrite.path) not in (rewrite.before, rewrite.after):
                raise BumpInterrupted(str(directory), KEPT, f"`{rewrite.path}` was changed since")
        for number, rewrite in enumerate(rewrites):
            if _digest(directory / rewrite.path) != rewrite.before:
                _put_back(kept / f"{number}.old", directory, rewrite.path)
        (kept / _LIST).unlink()
    remove_tree(kept)


def _put_back(old: Path, directory: Path, path: str) -> None:
    try:
        old.replace((directory / path).resolve())
    except OSError as error:
        problem = f"`{path}` cannot be put back: {error.strerror}"
        raise BumpInterrupted(str(directory), KEPT, problem) from error


def write_files(directory: Path, texts: Mapping[str, str]) -> None:
    """Writes `texts` (by path). The files must exist; their permissions stay.

    Raises `FilesNotWritten` and `FileOfTwoNames`, and then nothing has changed.
    """
    places = _places(directory, texts)
    kept = directory / KEPT
    try:
        _keep(kept, {path: (place, texts[path]) for path, place in places.items()})
        for number, (path, place) in enumerate(places.items()):
            try:
                (kept / f"{number}.new").replace(place)
            except OSError as error:
                raise FilesNotWritten(path, error.strerror or "") from error
    except FilesNotWritten:
        take_back(directory)
        raise
    (kept / _LIST).unlink()
    remove_tree(kept)


def _places(directory: Path, texts: Mapping[str, str]) -> dict[str, Path]:
    """Each file's real place, by one path of it. Symbolic links are followed. Raises `FileOfTwoNames`."""
    names: dict[Path, str] = {}
    for path, text in texts.items():
        place = (directory / path).resolve()
        other = names.setdefault(place, path)
        if texts[other] != text:
            raise FileOfTwoNames(path, other)
    return {path: place for place, path in names.items()}


def _keep(kept: Path, files: Mapping[str, tuple[Path, str]]) -> None:
    """Fills `kept`, and writes its list last. Raises `FilesNotWritten`."""
    path = KEPT
    try:
        kept.mkdir()
        rewrites = []
        for number, (path, (place, text)) in enumerate(files.items()):
            shutil.copy(place, kept / f"{number}.old")
            shutil.copy(place, kept / f"{number}.new")
            (kept / f"{number}.new").write_bytes(text.encode())
            before = _sha256((kept / f"{number}.old").read_bytes())
            rewrites.append(_Rewrite(path=path, before=before, after=_sha256(text.encode())))
        (kept / f"{_LIST}.half").write_bytes(_REWRITES.dump_json(tuple(rewrites)))
        (kept / f"{_LIST}.half").replace(kept / _LIST)
    except OSError as error:
        raise FilesNotWritten(path, error.strerror or "") from error


def _read_list(directory: Path) -> tuple[_Rewrite, ...]:
    """Raises `BumpInterrupted` for a list that we cannot have written, such as one with a path out of the tree."""
    try:
        rewrites = _REWRITES.validate_json((directory / KEPT / _LIST).read_bytes())
    except ValidationError as error:
        raise BumpInterrupted(str(directory), KEPT, f"`{KEPT}/{_LIST}` was changed since") from error
    for rewrite in rewrites:
        if not (directory / rewrite.path).resolve().is_relative_to(directory.resolve()):
            raise BumpInterrupted(str(directory), KEPT, f"`{rewrite.path}` was changed since")
    return rewrites


def _digest(file: Path) -> str | None:
    """None if there is no such file."""
    return _sha256(file.read_bytes()) if file.is_file() else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
