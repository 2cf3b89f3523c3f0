"""crates.io's rules for the tarball of a crate file. Pure over bytes.

It knows gzip and tar. It does not know what the manifest says; `manifest` reads it.
"""

from __future__ import annotations

import io
import tarfile
import zlib

from loadmaster.planning.crates_io.refusal import Refusal, bad_request
from loadmaster.planning.values.value import Value

_BLOCK = 512
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
    data = _decompress(tarball, limit)
    for entry in _entries(data):
        _check_size(entry, data)
        inside = _path_inside(entry, package)
        _check_type(entry)
        paths.append(inside)
        if inside.lower() == "cargo.toml":
            manifests[inside] = _text_of(entry, data)
    return Contents(manifest=_the_manifest(manifests), paths=tuple(paths))


def _decompress(tarball: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        data = stream.decompress(tarball, limit + 1)
    except zlib.error:
        raise bad_request(_MALFORMED) from None
    if len(data) > limit or not stream.eof:
        raise bad_request(_MALFORMED)
    return data


def _entries(data: bytes) -> list[tarfile.TarInfo]:
    if not data:
        return []
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            entries, end = archive.getmembers(), archive.offset
    except (tarfile.TarError, ValueError, EOFError):
        raise bad_request(_MALFORMED) from None
    # tarfile treats an unreadable header after the first as the end. The real end is a block of zeros, or nothing.
    if data[end : end + _BLOCK].strip(b"\0"):
        raise bad_request(_MALFORMED)
    return entries


def _check_size(entry: tarfile.TarInfo, data: bytes) -> None:
    """Refuses a pax size other than the header's: two readers could then see two different crates."""
    declared = entry.pax_headers.get("size")
    if declared is None:
        return
    header = data[entry.offset_data - _BLOCK : entry.offset_data]
    if not declared.isdecimal() or int(declared) != tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape").size:
        raise bad_request("uploaded tarball is malformed")


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


def _text_of(entry: tarfile.TarInfo, data: bytes) -> str:
    try:
        return data[entry.offset_data : entry.offset_data + entry.size].decode("utf-8")
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
