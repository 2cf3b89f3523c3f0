"""Takes one program from a released archive, in memory: it never unpacks anything to a path that the archive names.

It reads gzip'ed, xz'ed and plain tars, and zips. It refuses the whole archive if it contains a link, a device, `..` or an
absolute path: a release's archive has none of them.
"""

from __future__ import annotations

import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from loadmaster.errors.smoke_subject import SmokeArchiveRefused, SmokeProgramMissing
from loadmaster.planning.values.tar_entry import BoundedEntry, require_size

UNPACKED_LIMIT = 1024 * 1024 * 1024
"""The largest size of all members together in bytes. A larger archive is a bomb, or not the archive of a program."""
PROGRAM_LIMIT = 128 * 1024 * 1024
"""The largest program in bytes: it is kept in memory, and goes into an image."""
MOST_MEMBERS = 50_000
_CHUNK = 1024 * 1024


_BROKEN = (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, OSError, EOFError)
_UNREADABLE = (ValueError, OverflowError, NotImplementedError, RuntimeError)
"""A number or a name that is none; a zip that is packed in an unusual way, or encrypted."""


class _Member(NamedTuple):
    path: str
    size: int
    is_plain: bool
    """A regular file or a directory."""
    is_file: bool


def take_program(archive: str, content: bytes, program: str, *, limit: int = UNPACKED_LIMIT) -> bytes:
    """The bytes of the one file with the name `program`; `content` itself if it is an ELF file, not an archive.

    Raises `SmokeArchiveRefused`, `SmokeProgramMissing`.
    """
    if content.startswith(b"\x7fELF"):
        return content
    try:
        if zipfile.is_zipfile(io.BytesIO(content)):
            return _take_from_zip(archive, content, program, limit)
        return _take_from_tar(archive, content, program, limit)
    except (*_BROKEN, *_UNREADABLE) as error:
        raise SmokeArchiveRefused(archive, f"it cannot be read ({error})") from error


def _take_from_tar(archive: str, content: bytes, program: str, limit: int) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:*", tarinfo=BoundedEntry) as tar:
        entries: dict[str, tarfile.TarInfo] = {}
        checked = _check(archive, _tar_members(tar, program, entries), limit)
        members = {member.path: member for member in checked}
        opened = tar.extractfile(entries[_find_program(archive, members, program)])
        return _program(archive, opened) if opened is not None else b""


def _tar_members(tar: tarfile.TarFile, program: str, entries: dict[str, tarfile.TarInfo]) -> Iterator[_Member]:
    """Puts the entries that may be the program into `entries`, by their paths."""
    for entry in tar:
        tar.members = []  # type: ignore[attr-defined]  # which tarfile would collect
        require_size(entry)
        if PurePosixPath(entry.name).name == program:
            entries[entry.name] = entry
        yield _Member(entry.name, entry.size, entry.isfile() or entry.isdir(), entry.isfile())


def _take_from_zip(archive: str, content: bytes, program: str, limit: int) -> bytes:
    if content.count(b"PK\x01\x02") > MOST_MEMBERS:  # each has such a header, and zipfile reads all of them at once
        raise SmokeArchiveRefused(archive, f"it has more than {MOST_MEMBERS} members")
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        members = {member.path: member for member in _check(archive, _zip_members(zipped), limit)}
        with zipped.open(_find_program(archive, members, program)) as opened:
            return _program(archive, opened)


def _program(archive: str, opened: IO[bytes]) -> bytes:
    content = io.BytesIO()
    while chunk := opened.read(_CHUNK):
        content.write(chunk)
        if content.tell() > PROGRAM_LIMIT:
            raise SmokeArchiveRefused(archive, f"its program has more than {PROGRAM_LIMIT} bytes")
    return content.getvalue()


def _zip_members(zipped: zipfile.ZipFile) -> Iterator[_Member]:
    for entry in zipped.infolist():
        kind = stat.S_IFMT(entry.external_attr >> 16)
        plain = kind in {0, stat.S_IFREG, stat.S_IFDIR}
        yield _Member(entry.filename, entry.file_size, plain, plain and not entry.is_dir())


def _check(archive: str, members: Iterator[_Member], limit: int) -> Iterator[_Member]:
    """The members, one by one. Raises `SmokeArchiveRefused` at the first that is not allowed."""
    unpacked, seen = 0, set()
    for number, member in enumerate(members, 1):
        if number > MOST_MEMBERS:
            raise SmokeArchiveRefused(archive, f"it has more than {MOST_MEMBERS} members")
        path = PurePosixPath(member.path)
        if path.is_absolute() or ".." in path.parts or "\\" in member.path:
            raise SmokeArchiveRefused(archive, f"its member `{member.path}` leads out of it")
        if not member.is_plain:
            raise SmokeArchiveRefused(archive, f"its member `{member.path}` is a link or a device")
        if member.is_file and path in seen:
            raise SmokeArchiveRefused(archive, f"its member `{member.path}` is in it twice")
        seen.add(path)
        unpacked += member.size
        if unpacked > limit:
            raise SmokeArchiveRefused(archive, f"it unpacks to more than {limit} bytes")
        yield member


def _find_program(archive: str, members: dict[str, _Member], program: str) -> str:
    """The program's path. Raises `SmokeProgramMissing`, and `SmokeArchiveRefused` if two directories have such a file."""
    files = [member.path for member in members.values() if member.is_file]
    fitting = [path for path in files if PurePosixPath(path).name == program]
    if len(fitting) > 1:
        raise SmokeArchiveRefused(archive, f"it has `{program}` in several places")
    if not fitting:
        raise SmokeProgramMissing(archive, program, files)
    return fitting[0]
