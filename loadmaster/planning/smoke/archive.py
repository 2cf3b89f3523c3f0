"""Takes one program out of a released archive, in memory: nothing is ever unpacked to a path that the archive names.

It reads gzip'ed, xz'ed and plain tars, and zips. An archive that has a link, a device, `..` or an absolute path anywhere in
it is refused whole, whatever is asked of it: a release's has none.
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
from typing import NamedTuple

from loadmaster.errors.smoke_subject import SmokeArchiveRefused, SmokeProgramMissing

UNPACKED_LIMIT = 1024 * 1024 * 1024
"""Bytes of all members together; a bigger one is a bomb or no archive of a program."""


class _Member(NamedTuple):
    path: str
    size: int
    is_plain: bool
    """A regular file or a directory."""
    is_file: bool


def take_program(archive: str, content: bytes, program: str, *, limit: int = UNPACKED_LIMIT) -> bytes:
    """The bytes of the one file of that name; `content` itself if it is no archive but an ELF file.

    Raises `SmokeArchiveRefused`, `SmokeProgramMissing`.
    """
    if content.startswith(b"\x7fELF"):
        return content
    try:
        if zipfile.is_zipfile(io.BytesIO(content)):
            return _of_zip(archive, content, program, limit)
        return _of_tar(archive, content, program, limit)
    except (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, OSError, EOFError) as error:
        raise SmokeArchiveRefused(archive, f"it cannot be read ({error})") from error


def _of_tar(archive: str, content: bytes, program: str, limit: int) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as tar:
        members = {}
        for member in _judged(archive, _tar_members(tar), limit):
            members[member.path] = member
        opened = tar.extractfile(_wanted(archive, members, program))
        return opened.read() if opened is not None else b""


def _tar_members(tar: tarfile.TarFile) -> Iterator[_Member]:
    for each in tar:
        yield _Member(each.name, each.size, each.isfile() or each.isdir(), each.isfile())


def _of_zip(archive: str, content: bytes, program: str, limit: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        members = {member.path: member for member in _judged(archive, _zip_members(zipped), limit)}
        with zipped.open(_wanted(archive, members, program)) as opened:
            return opened.read(limit)


def _zip_members(zipped: zipfile.ZipFile) -> Iterator[_Member]:
    for each in zipped.infolist():
        kind = stat.S_IFMT(each.external_attr >> 16)
        plain = kind in {0, stat.S_IFREG, stat.S_IFDIR}
        yield _Member(each.filename, each.file_size, plain, plain and not each.is_dir())


def _judged(archive: str, members: Iterator[_Member], limit: int) -> Iterator[_Member]:
    """The members, one by one, as long as nothing is wrong. Raises `SmokeArchiveRefused`."""
    unpacked, seen = 0, set()
    for each in members:
        path = PurePosixPath(each.path)
        if path.is_absolute() or ".." in path.parts or "\\" in each.path:
            raise SmokeArchiveRefused(archive, f"its member `{each.path}` leads out of it")
        if not each.is_plain:
            raise SmokeArchiveRefused(archive, f"its member `{each.path}` is a link or a device")
        if each.is_file and path in seen:
            raise SmokeArchiveRefused(archive, f"its member `{each.path}` is in it twice")
        seen.add(path)
        unpacked += each.size
        if unpacked > limit:
            raise SmokeArchiveRefused(archive, f"it unpacks to more than {limit} bytes")
        yield each


def _wanted(archive: str, members: dict[str, _Member], program: str) -> str:
    """Raises `SmokeProgramMissing`, and `SmokeArchiveRefused` where two directories have a file of the name."""
    files = [member.path for member in members.values() if member.is_file]
    found = [path for path in files if PurePosixPath(path).name == program]
    if len(found) > 1:
        raise SmokeArchiveRefused(archive, f"it has `{program}` in several places")
    if not found:
        raise SmokeProgramMissing(archive, program, files)
    return found[0]
