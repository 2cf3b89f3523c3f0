"""Debian's kernels, one for each suite: extracted from their packages, never installed, and kept with the package's digest."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ValidationError

from loadmaster.clients.disk import scratch, walk
from loadmaster.errors.smoke import AptFailed, SmokeKernelUnknown
from loadmaster.planning.values.value import Value
from loadmaster.run.store import Store, write_atomically
from loadmaster.smoke.clients.apt import open_suite

SUITES = {"6.1": "bookworm", "6.12": "trixie", "7.2": "forky"}
"""Debian's suites, by the series of their kernel."""
NEWEST_STABLE = "6.12"
ENTRY = "linux-image-cloud-amd64"
NEXT_PACKAGE = re.compile(r"linux-(image|binary)-\d")
"""The dependencies that lead from `ENTRY` to the package with the kernel: newer suites split it off the image."""


class KernelPackage(Value):
    """The booted kernel, for the receipt."""

    series: str
    package: str
    version: str
    sha256: str
    """The digest of the .deb."""

    def __str__(self) -> str:
        return f"{self.package} {self.version} (sha256 {self.sha256})"


def fetch_kernel(series: str, store: Store) -> tuple[KernelPackage, bytes]:
    """The kernel's package and image, from the store or from Debian. Raises `SmokeKernelUnknown`, `AptMissing`, `AptFailed`."""
    if series not in SUITES:
        raise SmokeKernelUnknown(series, SUITES)
    place = store.part("smoke")
    description, image = place / f"kernel-{series}.json", place / f"vmlinuz-{series}"
    if (kept := _kept(description, image)) is not None:
        return kept
    package, content = _download(series)
    write_atomically(image, content)
    write_atomically(description, package.model_dump_json().encode())
    return package, content


def _kept(description: Path, image: Path) -> tuple[KernelPackage, bytes] | None:
    """The kernel as an earlier test kept it; None if it kept none, or nothing that this version can read."""
    try:
        return KernelPackage.model_validate_json(description.read_bytes()), image.read_bytes()
    except (FileNotFoundError, ValidationError):
        return None


def _download(series: str) -> tuple[KernelPackage, bytes]:
    with scratch() as place:
        suite = open_suite(SUITES[series], place)
        name = ENTRY
        while following := [package for package in suite.depends(name) if NEXT_PACKAGE.match(package)]:
            name = following[0]
        unpacked = place / "unpacked"
        suite.unpack([suite.download(name)], unpacked)
        images = [
            each for each in walk(unpacked) if each.name.startswith("vmlinuz") and each.is_file(follow_symlinks=False)
        ]
        if len(images) != 1:
            raise AptFailed(f"apt-get download {name}", suite.name, f"the package holds {len(images)} kernels")
        deb = suite.package(name)
        kernel = KernelPackage(series=series, package=name, version=deb.version, sha256=deb.sha256)
        return kernel, Path(images[0].path).read_bytes()
