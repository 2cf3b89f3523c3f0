"""Archives as they are released, and smallest files that say of themselves what they are."""

from __future__ import annotations

import io
import tarfile
import zipfile

PROGRAM = b"\x7fELF\x02\x01" + bytes(10) + b"\x03\x00" + b"\x3e\x00" + b"hangar"
OBJECT = b"\x7fELF\x02\x01" + bytes(10) + b"\x01\x00" + b"\xf7\x00"


def tar(*members: tarfile.TarInfo | tuple[str, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for each in members:
            if isinstance(each, tarfile.TarInfo):
                archive.addfile(each)
                continue
            entry = tarfile.TarInfo(each[0])
            entry.size = len(each[1])
            archive.addfile(entry, io.BytesIO(each[1]))
    return packed.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def zipped(*members: tuple[str, bytes], link: str | None = None) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
        if link is not None:
            entry = zipfile.ZipInfo(link)
            entry.external_attr = 0o120777 << 16
            archive.writestr(entry, "/etc/passwd")
    return packed.getvalue()


GOOD = ("hangar-1.0.0/README.md", b"read me"), ("hangar-1.0.0/hangar", PROGRAM)
