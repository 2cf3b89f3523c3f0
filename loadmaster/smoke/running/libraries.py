"""The shared libraries that a program loads. The dynamic loader itself lists them, without running the program."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from loadmaster.errors.smoke import SmokeLibraryMissing

LOADER = "/lib64/ld-linux-x86-64.so.2"
PT_INTERP = 3


def libraries_of(program: Path, *, root: Path = Path("/"), search: Sequence[str] = ()) -> dict[str, bytes]:
    """Contents of the loader and the libraries, by their path below `root`; {} for a static program.

    `search`: directories below `root` to search, if `root` is not this machine's own. Raises `SmokeLibraryMissing`.
    """
    if not is_dynamic(program.read_bytes()):
        return {}
    loader = root / LOADER.lstrip("/")
    path = ["--library-path", ":".join(str(root / folder.lstrip("/")) for folder in search)] if search else []
    try:
        listing = subprocess.run(
            [str(loader), *path, "--list", str(program)], capture_output=True, text=True, timeout=60, check=False
        )
    except FileNotFoundError as error:
        raise SmokeLibraryMissing(program.name, f"there is no `{LOADER}`") from error
    missing = re.findall(r"(\S+) => not found", listing.stdout)
    if listing.returncode != 0 or missing:
        words = listing.stderr.replace(f"{program}: ", "").strip()
        raise SmokeLibraryMissing(program.name, ", ".join(missing) or words or "the loader gave up")
    libraries = [Path(path) for path in re.findall(r"=> (/\S+) \(0x", listing.stdout)]
    below = {f"/{library.relative_to(root)}": library.read_bytes() for library in libraries if library != loader}
    return {**below, LOADER: loader.read_bytes()}


def is_dynamic(content: bytes) -> bool:
    """Whether a 64-bit ELF program names an interpreter."""
    start = int.from_bytes(content[32:40], "little")
    size, count = (int.from_bytes(content[at : at + 2], "little") for at in (54, 56))
    kinds = (content[start + number * size :][:4] for number in range(count))
    return any(int.from_bytes(kind, "little") == PT_INTERP for kind in kinds)
