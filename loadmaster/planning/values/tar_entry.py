"""A header of a foreign tar, for `tarfile.open(tarinfo=…)`: none of them makes tarfile read more into memory than it should.

tarfile reads names and attributes (GNU's long names, pax) as a whole, however long a header says they are, and makes a list of
a sparse file's pieces without an end. No archive that Loadmaster reads has sparse files, so none is read as one.
"""

from __future__ import annotations

import tarfile
from typing import Self

MOST_ATTRIBUTES = 1024 * 1024
"""Bytes of one entry's names and attributes."""
_ATTRIBUTES = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


class BoundedEntry(tarfile.TarInfo):
    """Raises `ReadError` while it is read. `size` may still be anything: see `require_size`."""

    written_size: int
    """The size in the header itself; pax attributes may name another."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        entry = super().frombuf(buf, encoding, errors)
        entry.written_size = entry.size
        if entry.type in _ATTRIBUTES and entry.size > MOST_ATTRIBUTES:
            raise tarfile.ReadError(f"the attributes of an entry have more than {MOST_ATTRIBUTES} bytes")
        require_size(entry)
        return entry

    # tarfile has no public place where one says that sparse files are not read.
    def _proc_sparse(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        return self._proc_builtin(archive)  # type: ignore[attr-defined, no-any-return]

    def _refuse(self, *_: object) -> None:
        raise tarfile.ReadError("an entry is a sparse file")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse


def require_size(entry: tarfile.TarInfo, most: int | None = None) -> None:
    """Raises `ReadError` for a size above `most`, before anything of it is unpacked, and for one below zero.

    At the latter tarfile would go back, and read the same entry for ever.
    """
    if most is not None and entry.size > most:
        raise tarfile.ReadError(f"unpacked it is larger than {most} bytes")
    if entry.size < 0:
        raise tarfile.ReadError(f"`{entry.name}` has a size below zero")
