"""Reads a `.crate` (a gzipped tar with one directory) from its bytes in one pass. Keeps only the contents that are wanted.

Knows the container, not the meaning of the files. It does not guess: a file that is cut short, altered, or made to hide
something from one of its readers is `CrateFileBroken`, never half a crate.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Container, Mapping
from typing import IO

from loadmaster.errors.cargo import CrateFileBroken
from loadmaster.planning.values.tar_entry import BoundedEntry, require_size
from loadmaster.planning.values.value import Value

UNPACKED_LIMIT = 512 * 1024 * 1024
"""The largest uncompressed tar in bytes; crates.io's own limit."""

MOST_ENTRIES = 50_000
"""A crate of 10 MiB could hold a million empty files, and each of them would take a kilobyte of memory."""
LARGEST_KEPT = 16 * 1024 * 1024
"""The largest file in bytes whose contents can be wanted: a manifest, a lockfile, a readme."""

_BLOCK = 512
_CHUNK = 64 * 1024


class PackedFile(Value):
    """One regular file of a `.crate`."""

    mode: int
    """Permission bits."""
    size: int
    sha256: str


class CrateFile(Value):
    root: str
    """The one directory that contains everything: `NAME-VERSION`."""
    tar_sha256: str
    """SHA-256 of the uncompressed tar. Two gzips of the same package have it in common."""
    files: Mapping[str, PackedFile]
    """The files by path below `root`."""
    kept: Mapping[str, bytes]
    """The wanted contents, by path below `root`."""


def read_crate(crate: bytes, name: str, *, keep: Container[str] = (), limit: int = UNPACKED_LIMIT) -> CrateFile:
    """The contents of a `.crate`. An error calls it `name`. `keep` are the paths whose contents are wanted.

    Memory does not grow with the unpacked size. Raises `CrateFileBroken`.
    """
    try:
        return _read_tar(_Unpacked(crate, limit), keep)
    except (OSError, EOFError, zlib.error) as error:
        raise CrateFileBroken(name, f"it is not a whole gzip file ({error})") from error
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise CrateFileBroken(name, f"it holds no sound tar archive ({error})") from error


class _Unpacked:
    """The uncompressed tar as a stream that counts, hashes, and remembers its last block."""

    def __init__(self, crate: bytes, limit: int) -> None:
        self._stream = gzip.GzipFile(fileobj=io.BytesIO(crate))
        self._left = limit
        self.limit = limit
        self.sha256 = hashlib.sha256()
        self.last = b""

    def read(self, size: int) -> bytes:
        self.last = self._stream.read(size)
        self._left -= len(self.last)
        if self._left < 0:
            raise tarfile.ReadError(f"unpacked it is larger than {self.limit} bytes")
        self.sha256.update(self.last)
        return self.last


def _read_tar(unpacked: _Unpacked, keep: Container[str]) -> CrateFile:
    roots: set[str] = set()
    files: dict[str, PackedFile] = {}
    kept: dict[str, bytes] = {}
    # tarfile reads block by block. When it stops, the bytes after the archive are still unread in `unpacked`.
    with tarfile.open(fileobj=unpacked, mode="r|", bufsize=_BLOCK, tarinfo=BoundedEntry) as tar:  # type: ignore[call-overload]  # only read()
        for number, entry in enumerate(tar, 1):
            tar.members = []  # which tarfile would collect
            _require_bounded(entry, number, unpacked.limit, keep)
            root, path = _split(entry)
            roots.add(root)
            if len(roots) > 1:
                raise tarfile.ReadError(f"its files are below more than one directory: {sorted(roots)}")
            if entry.isdir():
                continue
            content = tar.extractfile(entry) if entry.isfile() and entry.type != tarfile.GNUTYPE_SPARSE else None
            if content is None or not path:
                raise tarfile.ReadError(f"`{entry.name}` is neither a file nor a directory")
            if path in files:
                raise tarfile.ReadError(f"`{entry.name}` is in it twice")
            files[path], text = _digest(entry, content, keep=path in keep)
            if text is not None:
                kept[path] = text
    _refuse_anything_after(unpacked)
    if not roots:
        raise tarfile.ReadError("nothing is in it")
    return CrateFile(root=roots.pop(), tar_sha256=unpacked.sha256.hexdigest(), files=files, kept=kept)


def _require_bounded(entry: tarfile.TarInfo, number: int, limit: int, keep: Container[str]) -> None:
    require_size(entry, limit)
    if number > MOST_ENTRIES:
        raise tarfile.ReadError(f"it has more than {MOST_ENTRIES} entries")
    if entry.size > LARGEST_KEPT and entry.name.partition("/")[2] in keep:
        raise tarfile.ReadError(f"`{entry.name}` has more than {LARGEST_KEPT} bytes")


def _split(entry: tarfile.TarInfo) -> tuple[str, str]:
    """The directory at the top, and the path below it."""
    entry.name.encode()  # a name that is not UTF-8 has surrogates in it: UnicodeEncodeError, a ValueError
    root, *below = entry.name.split("/")
    if not root or any(part in ("", ".", "..") for part in (root, *below)):
        raise tarfile.ReadError(f"`{entry.name}` leads out of its directory")
    return root, "/".join(below)


def _digest(entry: tarfile.TarInfo, content: IO[bytes], *, keep: bool) -> tuple[PackedFile, bytes | None]:
    sha256 = hashlib.sha256()
    chunks: list[bytes] = []
    while chunk := content.read(_CHUNK):
        sha256.update(chunk)
        if keep:
            chunks.append(chunk)
    file = PackedFile(mode=entry.mode & 0o7777, size=entry.size, sha256=sha256.hexdigest())
    return file, b"".join(chunks) if keep else None


def _refuse_anything_after(unpacked: _Unpacked) -> None:
    """Raises `ReadError` if tarfile stopped at something other than the archive's end.

    tarfile silently treats a damaged header as the end. Other readers continue, and would see other files than we do.
    """
    stopped_at = unpacked.last
    while not stopped_at.strip(b"\0"):
        stopped_at = unpacked.read(_CHUNK)
        if not stopped_at:
            return
    raise tarfile.ReadError("something follows the end of the archive, or a header is damaged")
