"""crates.io's rules for the tarball of a crate file. Pure over bytes.

It knows gzip and tar. It does not know what the manifest says; `manifest` reads it.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from typing import Any

from loadmaster.planning.crates_io.refusal import Refusal, bad_request
from loadmaster.planning.values.tar_entry import BoundedEntry, require_size
from loadmaster.planning.values.value import Value

_BLOCK = 512
_CHUNK = 64 * 1024
_MOST_ENTRIES = 50_000
_LARGEST_MANIFEST = 16 * 1024 * 1024
"""Neither is a rule of crates.io's; both keep a bomb from filling the memory."""
_MALFORMED = "uploaded tarball is malformed or too large when decompressed"
_TYPE_NAMES = {
    tarfile.LNKTYPE: "Link",
    tarfile.SYMTYPE: "Symlink",
    tarfile.CHRTYPE: "Char",
    tarfile.BLKTYPE: "Block",
    tarfile.FIFOTYPE: "Fifo",
    tarfile.CONTTYPE: "Continuous",
    tarfile.GNUTYPE_SPARSE: "GNUSparse",
}
_PLAIN_TYPES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE)


class Contents(Value):
    manifest: str
    """The text of the one `Cargo.toml`."""
    paths: tuple[str, ...]
    """Every path of the tarball, below the package's directory."""


def unpack(tarball: bytes, package: str, limit: int) -> Contents:
    """Reads a crate file of at most `limit` unpacked bytes, whose entries are all in the directory `package` (`name-version`).

    Raises `Refusal`.
    """
    manifests: dict[str, str] = {}
    paths: list[str] = []
    unpacked = _Unpacked(tarball, limit)
    try:
        for archive, entry in _entries(unpacked):
            _check_size(entry, limit)
            inside = _path_inside(entry, package)
            _check_type(entry)
            paths.append(inside)
            if inside.lower() == "cargo.toml":
                manifests[inside] = _text_of(archive, entry)
        unpacked.require_end()
    except (tarfile.TarError, zlib.error, ValueError, OverflowError, EOFError):
        raise bad_request(_MALFORMED) from None
    return Contents(manifest=_the_manifest(manifests), paths=tuple(paths))


class _Unpacked:
    """The tar as a stream that counts, and remembers its last block."""

    def __init__(self, tarball: bytes, limit: int) -> None:
        self._zlib = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._packed, self._left = tarball, limit
        self.last = b""

    def read(self, size: int) -> bytes:
        self.last = b""
        while len(self.last) < size and not self._zlib.eof:
            piece = self._zlib.decompress(self._packed, size - len(self.last))
            self._packed = self._zlib.unconsumed_tail
            if not piece and not self._packed:
                break
            self.last += piece
        self._left -= len(self.last)
        if self._left < 0:
            raise tarfile.ReadError("too large when it is decompressed")
        return self.last

    def require_end(self) -> None:
        """Raises `ReadError` if tarfile stopped at an unreadable header, which it treats as the end, or the gzip is cut off.

        The real end is a block of zeros, or nothing.
        """
        if self.last.strip(b"\0"):
            raise tarfile.ReadError("a header is damaged")
        while self.read(_CHUNK):
            pass
        if not self._zlib.eof:
            raise tarfile.ReadError("it is cut off")


def _entries(unpacked: _Unpacked) -> Iterator[tuple[tarfile.TarFile, BoundedEntry]]:
    first = unpacked.read(_BLOCK)
    if not first:
        return
    stream: Any = _WithFirst(first, unpacked)
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK, tarinfo=BoundedEntry) as archive:
        for number, entry in enumerate(archive, 1):
            archive.members = []  # type: ignore[attr-defined]  # which tarfile would collect
            if number > _MOST_ENTRIES:
                raise tarfile.ReadError("it has too many entries")
            assert isinstance(entry, BoundedEntry)
            yield archive, entry


class _WithFirst:
    """The stream once more, after its first block was looked at."""

    def __init__(self, first: bytes, unpacked: _Unpacked) -> None:
        self._first, self._unpacked = first, unpacked

    def read(self, size: int) -> bytes:
        first, self._first = self._first, b""
        return first or self._unpacked.read(size)


def _check_size(entry: BoundedEntry, limit: int) -> None:
    """Refuses a pax size other than the header's: two readers could then see two different crates."""
    declared = entry.pax_headers.get("size")
    if declared is not None and (not declared.isdecimal() or int(declared) != entry.written_size):
        raise bad_request("uploaded tarball is malformed")
    require_size(entry, limit)


def _path_inside(entry: tarfile.TarInfo, package: str) -> str:
    parts = entry.name.split("/")
    inside = [part for part in parts[1:] if part not in ("", ".")]
    readable = entry.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if parts[0] != package or ".." in inside or readable != entry.name:
        raise bad_request(f"invalid path found: {readable}")
    return "/".join(inside)


def _check_type(entry: tarfile.TarInfo) -> None:
    if entry.type not in _PLAIN_TYPES:
        kind = _TYPE_NAMES.get(entry.type, f"Other({entry.type[0]})")
        raise bad_request(f"unexpected tar entry type {kind} found: {entry.name}")


def _text_of(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> str:
    if entry.size > _LARGEST_MANIFEST:
        raise tarfile.ReadError("its manifest is too large")
    opened = archive.extractfile(entry)
    try:
        return opened.read().decode("utf-8") if opened is not None else ""
    except UnicodeDecodeError:
        # crates.io decodes the file before it looks at it, and has no better answer either.
        raise Refusal(500, "Internal Server Error") from None


def _the_manifest(manifests: dict[str, str]) -> str:
    if len(manifests) > 1:
        names = "`, `".join(sorted(manifests))
        raise bad_request(f"uploaded tarball contains more than one `Cargo.toml` manifest file; found `{names}`")
    if not manifests:
        raise bad_request("uploaded tarball is missing a `Cargo.toml` manifest file")
    name, text = next(iter(manifests.items()))
    if name not in ("Cargo.toml", "cargo.toml"):
        raise bad_request(
            f"uploaded tarball is missing a `Cargo.toml` manifest file; `{name}` was found, "
            "but must be named `Cargo.toml` with that exact casing"
        )
    return text
