"""What the file system says when something cannot be written: which error that is, where, and how much space is left.

Also walks and removes directories in which others may have written: however deep, without following a link.
Knows `errno`, and the words that git and cargo have for it. It refuses to know what is written, and what is released by then.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from loadmaster.errors.files import DiskFull, NotWritten

_FULL = (errno.ENOSPC, errno.EDQUOT)
_BLOCK = 512
"""Bytes in the unit of `st_blocks`."""
_PROBE = 4096

# lld maps its output into memory, and a full disk kills it with a bus error.
_NO_SPACE = re.compile(
    r"No space (?:is )?left|Disk quota exceeded|Out of diskspace|os error (?:28|122)\b"
    r"|terminated with signal 7 \[Bus error\]|SIGBUS"
)
_NO_RIGHT = re.compile(
    r"Read-only file system|os error 30\b|insufficient permission for adding an object"
    r"|(?:failed to|[Uu]nable to|could not|cannot) (?:create|write|mkdir|lock)\b[^\n]*(?:\n\s*)*(?:Caused by:\s*)?"
    r"Permission denied"
)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an `OSError` of the block, which writes `path`, into `DiskFull` or `NotWritten`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(str(path), "while it was written", space_left(path)) from error
        raise NotWritten(str(path), error.strerror or str(error), space_left(path)) from error


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory for the block alone. Raises `DiskFull`, `NotWritten`."""
    with writing(place_of_scratch()):
        place = Path(tempfile.mkdtemp(prefix="loadmaster-"))
    try:
        yield place
    finally:
        remove_tree(place)


def walk(directory: Path, *, without: str = "") -> Iterator[os.DirEntry[str]]:
    """Everything below, each directory before what is in it. No link is followed, and no depth is too deep.

    What cannot be listed is left out: removed meanwhile, closed to us, or at a path that is too long for anybody. So is what is
    called `without` directly in the directory.
    """
    waiting, left_out = [str(directory)], os.path.join(directory, without)  # noqa: PTH118 - compared with texts
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.path == left_out:
                    continue
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def measure(places: Iterable[Path]) -> tuple[int, datetime]:
    """The disk space of everything below, each file counted once, and when any of it was last written. Follows no links."""
    sizes: dict[tuple[int, int], int] = {}
    newest = 0.0
    for file in (path for place in places for path in (place, *(Path(entry.path) for entry in walk(place)))):
        try:
            status = file.lstat()
        except OSError:  # somebody builds there
            continue
        sizes[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK
        newest = max(newest, status.st_mtime)
    return sum(sizes.values()), datetime.fromtimestamp(newest, UTC)


def require_writable(path: Path) -> None:
    """Writes a few bytes to the directory that `path` is, or would be made in; nothing of them stays.

    Raises `DiskFull`, `NotWritten`.
    """
    there = next(place for place in (path.absolute(), *path.absolute().parents) if os.path.lexists(place))
    with writing(path), tempfile.TemporaryFile(dir=there) as probe:
        probe.write(bytes(_PROBE))
        probe.flush()


def remove_tree(path: Path) -> None:
    """Removes what is at `path`, as far as it can be removed. The caller looks, where it matters, whether it is gone.

    `rm` and not `shutil.rmtree`, which calls itself for each level: whoever may write there could make too many.
    """
    if path.is_symlink() or not os.path.lexists(path):
        path.unlink(missing_ok=True)
        return
    _run_quietly("rm", "-rf", "--", str(path))
    if os.path.lexists(path):  # directories without the right to write are not emptied
        _run_quietly("chmod", "-R", "u+rwX", "--", str(path))
        _run_quietly("rm", "-rf", "--", str(path))


def copy_tree(source: Path, place: Path, *, linked: str = "") -> None:
    """Makes `place` a copy of the directory `source`, with its links, times and modes.

    The directory `linked`, as `.git/objects`, shares its files with the source, as hard links. Raises `DiskFull`, `NotWritten`;
    also for a tree that is too deep to be copied to `place`.
    """
    # `cp` and not `shutil.copytree`, which calls itself for each level.
    above, _, name = linked.partition("/")
    with writing(place):
        place.mkdir(parents=True)
        _copy(source, place, [each for each in os.listdir(source) if each != above])  # noqa: PTH208 - names
    if name and (source / above).is_dir():
        copy_tree(source / above, place / above, linked=name)
    elif above and (source / above).exists():
        _copy(source, place, [above], "-l")


def _copy(source: Path, place: Path, names: Sequence[str], *options: str) -> None:
    if not names:
        return
    copied = _run_quietly("cp", "-a", *options, "--", *names, f"{place}/", directory=source)
    if copied.returncode != 0:
        told = copied.stderr.decode(errors="replace")
        reason = next(iter(told.splitlines()), "`cp` ended without a word")
        raise complaint_of(told, place, "while a tree was copied") or NotWritten(str(place), reason, space_left(place))


def _run_quietly(*argv: str, directory: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    env = {"PATH": os.defpath, "LC_ALL": "C"}  # the system's own, whatever the person's PATH leads to
    return subprocess.run(argv, cwd=directory, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def scratch_file(content: bytes) -> IO[bytes]:
    """An open file without a name, to be read from its start; it is gone when it is closed. Raises `DiskFull`, `NotWritten`."""
    with writing(place_of_scratch()):
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        file.write(content)
        file.seek(0)
    return file


def place_of_scratch() -> Path:
    """The directory for temporary files."""
    return Path(os.environ.get("TMPDIR") or "/tmp")


def complaint_of(words: str, path: Path, doing: str) -> DiskFull | NotWritten | None:
    """The error that a program's words tell of the disk where it worked at `path`; None if they tell of none."""
    if _NO_SPACE.search(words):
        return DiskFull(str(path), doing, space_left(path))
    if (found := _NO_RIGHT.search(words)) is not None:
        line = words[words.rfind("\n", 0, found.start()) + 1 :].splitlines()[0]
        return NotWritten(str(path), line.strip(), space_left(path))
    return None


def space_left(path: Path) -> int | None:
    """The bytes that are free where `path` is, or would be; None if that cannot be asked."""
    places = (path, *path.absolute().parents)
    there = next((place for place in places if os.path.exists(place)), None)  # noqa: PTH110 - `Path.exists` may raise
    try:
        usage = shutil.disk_usage(there or path)
    except OSError:
        return None
    return usage.free if usage.total else None  # such as `/proc`, which has no size


def fullest(*paths: Path) -> Path:
    """The path with the least space left: a program that writes to all of them does not always say to which it could not."""
    return min(paths, key=lambda path: left if (left := space_left(path)) is not None else float("inf"))
