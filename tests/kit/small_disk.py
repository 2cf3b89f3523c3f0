"""A file system of a few kilobytes, so that a disk can be full for real."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A tmpfs of that size at `place`, such as `300k`. Skips the test where this user may not mount."""
    place.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if (tried := subprocess.run(command, capture_output=True, text=True, check=False)).returncode != 0:
        pytest.skip(f"mounting is not permitted: {tried.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, leave: int = 0) -> None:
    """Fills the disk up to `leave` bytes."""
    with (disk / "filling").open("wb", buffering=0) as filling:
        try:
            while True:
                filling.write(bytes(4096))
        except OSError:
            pass
    if leave:
        with (disk / "filling").open("r+b") as filling:
            filling.truncate(max(0, (disk / "filling").stat().st_size - leave))


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
