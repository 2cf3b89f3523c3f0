"""Debian's packages, fetched by this machine's own apt. Installs nothing: lists, cache and status have a directory of their own.

apt's own configuration names the mirror; the archive's signature is checked with this machine's keys. Knows nothing of the
purpose of the packages.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loadmaster.clients import process
from loadmaster.clients.disk import complaint_of, writing
from loadmaster.errors.smoke import AptFailed, AptMissing

MIRROR = "LOADMASTER_DEBIAN_MIRROR"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
PATIENCE = 300.0


@dataclass(frozen=True)
class DebianPackage:
    name: str
    version: str
    sha256: str
    """The digest of the .deb, from the signed list of the suite."""


@dataclass(frozen=True)
class Suite:
    """One of Debian's suites, its lists fetched into `place`."""

    name: str
    place: Path

    def package(self, name: str) -> DebianPackage:
        fields = dict(
            line.split(": ", 1)
            for line in self._ask("apt-cache", "show", "--no-all-versions", name).splitlines()
            if ": " in line and not line.startswith(" ")
        )
        return DebianPackage(name, fields["Version"], fields["SHA256"])

    def depends(self, name: str) -> list[str]:
        output = self._ask("apt-cache", "depends", "--important", name)
        return [line.split(": ", 1)[1] for line in output.splitlines() if line.strip().startswith("Depends: ")]

    def download(self, name: str) -> Path:
        """The .deb of one package."""
        target = self.place / "debs" / name
        with writing(target):
            target.mkdir(parents=True, exist_ok=True)
        self._ask("apt-get", "download", name, cwd=target)
        return next(target.glob("*.deb"))

    def download_with_all_it_needs(self, names: Sequence[str]) -> list[Path]:
        """The .debs of the packages and of all their dependencies, as for an empty machine."""
        self._ask("apt-get", "install", "--download-only", "--yes", "--no-install-recommends", *names)
        return sorted((self.place / "cache" / "archives").glob("*.deb"))

    def unpack(self, debs: Sequence[Path], root: Path) -> None:
        """Puts the packages' files below `root`; none of their scripts is run."""
        for deb in debs:
            self._run(["dpkg-deb", "--extract", str(deb), str(root)])

    def update(self) -> None:
        self._ask("apt-get", "update", "--error-on=any")

    def _ask(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        return self._run([program, *self._options(), *arguments], cwd=cwd)

    def _run(self, argv: Sequence[str], cwd: Path | None = None) -> str:
        command = f"{argv[0]} {argv[-1]}"
        env = {**process.environment(self.place), "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
        log = self.place / "apt.log"
        try:
            finished = process.run(argv, cwd=cwd or self.place, env=env, log=log, deadline=PATIENCE)
        except FileNotFoundError as error:
            raise AptMissing(f"there is no `{argv[0]}`") from error
        except subprocess.TimeoutExpired as error:
            raise AptFailed(command, self.name, f"it did not end in {PATIENCE:g} seconds") from error
        if finished.code != 0:
            if (trouble := complaint_of(finished.tail, self.place, f"while `{command}` wrote there")) is not None:
                raise trouble
            raise AptFailed(command, self.name, finished.tail or finished.out[-1000:])
        return finished.out

    def _options(self) -> list[str]:
        settings = {
            "Dir::Etc::SourceList": self.place / "sources.list",
            "Dir::Etc::SourceParts": "-",
            "Dir::State": self.place,
            "Dir::State::Lists": self.place / "lists",
            "Dir::State::status": self.place / "status",
            "Dir::Cache": self.place / "cache",
            "APT::Architecture": "amd64",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
            # The Release file of an unfinished suite may be past its date for a while; it is still signed.
            "Acquire::Check-Valid-Until": "false",
            "Debug::NoLocking": "true",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def open_suite(name: str, place: Path) -> Suite:
    """Fetches the suite's lists into the empty directory `place`. Raises `AptMissing`, `AptFailed`."""
    mirror = find_mirror()
    signed = f"[signed-by={KEYS}] " if Path(KEYS).is_file() else ""
    with writing(place):
        for folder in ("lists/partial", "cache/archives/partial"):
            (place / folder).mkdir(parents=True, exist_ok=True)
        (place / "status").touch()
        (place / "sources.list").write_text(f"deb {signed}{mirror} {name} main\n", encoding="utf-8")
    suite = Suite(name, place)
    suite.update()
    return suite


def find_mirror() -> str:
    """The mirror of Debian's archive that this machine is set up for. Raises `AptMissing`."""
    if mirror := os.environ.get(MIRROR):
        return mirror
    argv = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    try:
        finished = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError as error:
        raise AptMissing("there is no `apt-get`") from error
    for address in finished.stdout.split():
        if address.rstrip("/").endswith("/debian"):
            return address
    raise AptMissing("no source in `/etc/apt` is Debian's archive")
