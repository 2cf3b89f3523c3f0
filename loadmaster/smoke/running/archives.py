"""Archives whose bytes depend on their content alone: tar layers, Docker images, initramfs.

They hold no clock time, no owner, and no order of a disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

Files = Mapping[str, bytes]
"""Content by absolute path. Every file is executable, and none is writable."""
MODE = 0o555


def tar_layer(files: Files, folders: Sequence[str] = ()) -> bytes:
    """A tar of the files with their directories, and of the `folders` that serve as mount points."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in _folders(files, folders):
            entry = tarfile.TarInfo(folder.lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), MODE
            tar.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def image_config(layers: Sequence[bytes], *, entry: Sequence[str], labels: Mapping[str, str]) -> bytes:
    """The configuration of an image, with its layers' digests. Equal arguments give equal bytes; their SHA-256 is its id."""
    return _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": {"Entrypoint": list(entry), "Labels": dict(labels)},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(layer)}" for layer in layers]},
        }
    )


def docker_image(name: str, layers: Sequence[bytes], config: bytes) -> bytes:
    """An image as `docker save` writes it. `config`: the configuration of these layers."""
    config_name = f"{_digest(config)}.json"
    parts = {f"{_digest(layer)}/layer.tar": layer for layer in layers}
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": list(parts)}]
    return tar_layer({config_name: config, "manifest.json": _json(manifest), **parts})


def initramfs(files: Files, folders: Sequence[str] = ()) -> bytes:
    """A cpio archive as the kernel unpacks it (`newc`), uncompressed."""
    raw = io.BytesIO()
    for number, folder in enumerate(_folders(files, folders), 1):
        _write_entry(raw, folder, 0o040755, number, b"")
    for number, (path, content) in enumerate(sorted(files.items()), 100_000):
        _write_entry(raw, path, 0o100000 | MODE, number, content)
    _write_entry(raw, "TRAILER!!!", 0, 0, b"")
    return raw.getvalue()


def _write_entry(raw: io.BytesIO, path: str, mode: int, number: int, content: bytes) -> None:
    name = path.lstrip("/").encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    for part in (b"070701" + b"".join(b"%08x" % value for value in fields) + name, content):
        raw.write(part)
        raw.write(b"\0" * (-raw.tell() % 4))


def _folders(files: Files, folders: Sequence[str]) -> list[str]:
    """Every directory that is needed, parents first."""
    within = [parent for path in (*files, *folders) for parent in PurePosixPath(path).parents]
    return sorted({*map(str, within), *folders} - {"/", "."})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
