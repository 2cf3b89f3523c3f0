"""Debian's kernels, one for each suite: taken out of their packages, never installed, and kept with their package's digest."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from loadmaster.errors.smoke import AptFailed, SmokeKernelUnknown
from loadmaster.planning.values.value import Value
from loadmaster.run.store import Store, write_atomically
from loadmaster.smoke.clients.apt import open_suite

SUITES = {"6.1": "bookworm", "6.12": "trixie", "7.2": "forky"}
"""Debian's suite by the kernel that it has."""
NEWEST_STABLE = "6.12"
ENTRY = "linux-image-cloud-amd64"
FOLLOWED = re.compile(r"linux-(image|binary)-\d")
"""From `ENTRY` to the package that holds the kernel: newer suites split it off the image."""


class KernelPackage(Value):
    """What a receipt says of the kernel that was booted."""

    series: str
    package: str
    version: str
    sha256: str
    """Of the .deb."""

    def __str__(self) -> str:
        return f"{self.package} {self.version} (sha256 {self.sha256})"


def fetch_kernel(series: str, store: Store) -> tuple[KernelPackage, bytes]:
    """The kernel's package and image, from the store or from Debian. Raises `SmokeKernelUnknown`, `AptMissing`, `AptFailed`."""
    if series not in SUITES:
        raise SmokeKernelUnknown(series, SUITES)
    place = store.part("smoke")
    told, image = place / f"kernel-{series}.json", place / f"vmlinuz-{series}"
    if not told.is_file() or not image.is_file():
        package, content = _download(series)
        write_atomically(image, content)
        write_atomically(told, package.model_dump_json().encode())
    return KernelPackage.model_validate_json(told.read_bytes()), image.read_bytes()


def _download(series: str) -> tuple[KernelPackage, bytes]:
    with tempfile.TemporaryDirectory(prefix="loadmaster-") as place:
        suite = open_suite(SUITES[series], Path(place))
        name = ENTRY
        while followed := [each for each in suite.depends(name) if FOLLOWED.match(each)]:
            name = followed[0]
        unpacked = Path(place, "unpacked")
        suite.unpack([suite.download(name)], unpacked)
        images = [each for each in unpacked.rglob("vmlinuz*") if each.is_file() and not each.is_symlink()]
        if len(images) != 1:
            raise AptFailed(f"apt-get download {name}", suite.name, f"the package holds {len(images)} kernels")
        package = suite.package(name)
        described = KernelPackage(series=series, package=name, version=package.version, sha256=package.sha256)
        return described, images[0].read_bytes()
