"""Files of packages on npm, in exact versions: brought by npm's own client, checked, and kept for the next test run."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.kit.checkers import BRINGS, KEPT, keep, require_program


class NpmPackage(NamedTuple):
    name: str
    """With its version, as npm takes it: `@octokit/fixtures@23.1.2`."""
    sha256: str
    """Of the tarball."""


def npm_file(package: NpmPackage, member: str) -> Path:
    """One file of the package. `member` is its path in the tarball, below `package/`.

    Skips the test without npm; with `LOADMASTER_CHECKERS=required`, as in CI, the test fails.
    """
    place = KEPT / package.sha256 / member
    if not place.exists():
        require_program("npm")
        with tempfile.TemporaryDirectory() as fresh:
            subprocess.run(["npm", "pack", "--silent", package.name], cwd=fresh, check=True, timeout=BRINGS)
            (archive,) = Path(fresh).glob("*.tgz")
            assert hashlib.sha256(archive.read_bytes()).hexdigest() == package.sha256
            (Path(fresh) / "file").write_bytes(_read_member(archive, f"package/{member}"))
            keep(Path(fresh) / "file", place)
    return place


def _read_member(archive: Path, name: str) -> bytes:
    """Reads as far as the member: a package may be hundreds of megabytes."""
    with tarfile.open(archive, "r|gz") as packed:
        for entry in packed:
            content = packed.extractfile(entry) if entry.name == name else None
            if content is not None:
                return content.read()
    raise AssertionError(f"{archive.name} has no {name}")
