"""Files of a tree rewritten as one: all of them or none, also where the process is killed between two of them.

What the files said before is kept in the tree, in `KEPT`, until all are in place; who comes next takes back what a killed
process has left. That outlives a kill, not a power cut. Knows nothing of what the files say.
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

from loadmaster.errors.edits import FilesNotWritten, TreeMissing
from loadmaster.errors.files import BumpInterrupted, FileOfTwoNames, FileUnreadable, TreeBusy
from loadmaster.planning.values.value import Value

KEPT = ".loadmaster-bump"
"""The directory in the tree; there while files are written, and after a kill. It is none of the tree's files."""

_LIST = "list.json"
"""In `KEPT`, from when the first file may have been replaced until the last one is."""


class _Rewrite(Value):
    """One file, whose former and new bytes are kept as `NUMBER.old` and `NUMBER.new`."""

    path: str
    before: str
    after: str
    """SHA-256, as that of `before`."""


_REWRITES = TypeAdapter(tuple[_Rewrite, ...])


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """No other process holds this at the same time; the kernel lets go of it when this one dies.

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
    """Raises `BumpInterrupted` for a tree in which a killed process may have left some files old and some new.

    Raises `TreeBusy`, too, while another process is at it.
    """
    if os.path.isfile(directory / KEPT / _LIST):  # noqa: PTH113 - as in `alone_in`
        with alone_in(directory):
            raise BumpInterrupted(str(directory), KEPT)


def take_back(directory: Path) -> None:
    """Makes the files what they were before a write that was killed; nothing if there was none.

    Raises `BumpInterrupted`, changing nothing, if one of them is neither what it was nor what it was to be; and where one
    cannot be put back.
    """
    kept = directory / KEPT
    if (kept / _LIST).is_file():
        rewrites = _listed(directory)
        for each in rewrites:
            if _digest(directory / each.path) not in (each.before, each.after):
                raise BumpInterrupted(str(directory), KEPT, f"`{each.path}` was changed since")
        for number, each in enumerate(rewrites):
            if _digest(directory / each.path) != each.before:
                _put_back(kept / f"{number}.old", directory, each.path)
        (kept / _LIST).unlink()
    shutil.rmtree(kept, ignore_errors=True)


def _put_back(old: Path, directory: Path, path: str) -> None:
    try:
        old.replace((directory / path).resolve())
    except OSError as error:
        problem = f"`{path}` cannot be put back: {error.strerror}"
        raise BumpInterrupted(str(directory), KEPT, problem) from error


def write_files(directory: Path, texts: Mapping[str, str]) -> None:
    """Puts `texts` in place, by path. The files must be there; their permissions stay.

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
    shutil.rmtree(kept, ignore_errors=True)


def _places(directory: Path, texts: Mapping[str, str]) -> dict[str, Path]:
    """Where each file lies, symbolic links followed: one path of each file."""
    names: dict[Path, str] = {}
    for path, text in texts.items():
        place = (directory / path).resolve()
        other = names.setdefault(place, path)
        if texts[other] != text:
            raise FileOfTwoNames(path, other)
    return {path: place for place, path in names.items()}


def _keep(kept: Path, files: Mapping[str, tuple[Path, str]]) -> None:
    """Makes `kept`, with its list last. Raises `FilesNotWritten`."""
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


def _listed(directory: Path) -> tuple[_Rewrite, ...]:
    """Raises `BumpInterrupted` for a list that was not written here: none leads out of the tree."""
    try:
        found = _REWRITES.validate_json((directory / KEPT / _LIST).read_bytes())
    except ValidationError as error:
        raise BumpInterrupted(str(directory), KEPT, f"`{KEPT}/{_LIST}` was changed since") from error
    for each in found:
        if not (directory / each.path).resolve().is_relative_to(directory.resolve()):
            raise BumpInterrupted(str(directory), KEPT, f"`{each.path}` was changed since")
    return found


def _digest(file: Path) -> str | None:
    """None if there is no such file."""
    return _sha256(file.read_bytes()) if file.is_file() else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
