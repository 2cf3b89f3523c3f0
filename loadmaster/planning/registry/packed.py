"""What a packaged crate holds, beside the clone that it was made from: what a gate of the packaged bytes needs. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from loadmaster.planning.registry.crate_file import CrateFile, read_crate
from loadmaster.planning.values.value import Value

_POINTER = re.compile(
    rb"version https://(?:git-lfs\.github\.com/spec|hawser\.github\.com/spec)/v1\n(?:[a-z0-9.-]+ [^\n]*\n)*?"
    rb"oid sha256:(?P<oid>[0-9a-f]{64})\n(?:[a-z0-9.-]+ [^\n]*\n)*?size (?P<size>[0-9]+)\n"
)
_LARGEST_POINTER = 1024
"""In bytes, by the specification of Git LFS."""


class PackedSeen(Value):
    """A packaged crate of the release."""

    id: str
    """`NAME@VERSION`."""
    paths: tuple[str, ...]
    """Every file of it, below its one directory."""
    pointers: tuple[str, ...] = ()
    """The files that are a pointer of Git LFS, not what it stands for."""
    from_outside: Mapping[str, str] = {}
    """Where the contents of a file were read, if a link led out of the clone, by path."""
    filters: Mapping[str, str] = {}
    """The filter of git that makes a file's contents, if the clone has none of that name, by path."""


def is_pointer(content: bytes) -> bool:
    """Whether the contents are a pointer of Git LFS: its first line, an object and a size, and nothing else."""
    return len(content) < _LARGEST_POINTER and _POINTER.fullmatch(content) is not None


def contents_of(crate: bytes, name: str) -> tuple[CrateFile, tuple[str, ...]]:
    """The crate file, and the paths of the pointers in it. Raises `CrateFileBroken`."""
    files = read_crate(crate, name).files
    small = {path for path, file in files.items() if file.size < _LARGEST_POINTER}
    read = read_crate(crate, name, keep=small)
    return read, tuple(sorted(path for path, content in read.kept.items() if is_pointer(content)))
