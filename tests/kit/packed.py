"""A `.crate` built in memory, in the shape that cargo packages."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping

ROOT = "hangar-0.4.0"
MANIFEST = b'[package]\nname = "hangar"\nversion = "0.4.0"\nreadme = false\n'


def packed(
    files: Mapping[str, bytes],
    *,
    root: str = ROOT,
    level: int = 9,
    mtime: int = 1,
    modes: Mapping[str, int] | None = None,
) -> bytes:
    entries = [entry(f"{root}/{path}", mtime=mtime, mode=(modes or {}).get(path, 0o644)) for path in sorted(files)]
    return gzip.compress(tarred(*zip(entries, (files[path] for path in sorted(files)), strict=True)), level, mtime=0)


def entry(name: str, *, kind: bytes = tarfile.REGTYPE, mtime: int = 1, mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mtime, info.mode = kind, mtime, mode
    return info


def tarred(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for info, content in entries:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return tar.getvalue()
