"""What a program loads: its shared libraries, found by the dynamic loader itself, which lists them without running the program."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from loadmaster.errors.smoke import SmokeLibraryMissing

LOADER = "/lib64/ld-linux-x86-64.so.2"
PT_INTERP = 3


def libraries_of(program: Path, *, root: Path = Path("/"), search: Sequence[str] = ()) -> dict[str, bytes]:
    """Content of the loader and the libraries, by the path that each has below `root`; nothing for a static program.

    `search`: directories below `root` to look in, where `root` is not this machine's own. Raises `SmokeLibraryMissing`.
    """
    if not is_dynamic(program.read_bytes()):
        return {}
    loader = root / LOADER.lstrip("/")
    path = ["--library-path", ":".join(str(root / each.lstrip("/")) for each in search)] if search else []
    try:
        told = subprocess.run(
            [str(loader), *path, "--list", str(program)], capture_output=True, text=True, timeout=60, check=False
        )
    except FileNotFoundError as error:
        raise SmokeLibraryMissing(program.name, f"there is no `{LOADER}`") from error
    missing = re.findall(r"(\S+) => not found", told.stdout)
    if told.returncode != 0 or missing:
        said = told.stderr.replace(f"{program}: ", "").strip()
        raise SmokeLibraryMissing(program.name, ", ".join(missing) or said or "the loader gave up")
    found = [Path(each) for each in re.findall(r"=> (/\S+) \(0x", told.stdout)]
    below = {f"/{each.relative_to(root)}": each.read_bytes() for each in found if each != loader}
    return {**below, LOADER: loader.read_bytes()}


def is_dynamic(content: bytes) -> bool:
    """Whether an ELF program of 64 bits names an interpreter."""
    start = int.from_bytes(content[32:40], "little")
    size, count = (int.from_bytes(content[at : at + 2], "little") for at in (54, 56))
    kinds = (content[start + number * size :][:4] for number in range(count))
    return any(int.from_bytes(kind, "little") == PT_INTERP for kind in kinds)
