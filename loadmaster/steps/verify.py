"""Verifies as a user would: reads every crate back from the index, installs the binary and asks it for its version."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable

from loadmaster.clients import cargo, registry
from loadmaster.errors import ChecksumMismatch, InstalledVersionWrong, NotVisible
from loadmaster.job import Job
from loadmaster.planning.plan import Crate, ReleasePlan
from loadmaster.planning.project import Install
from loadmaster.planning.receipt import ObjectRecord
from loadmaster.planning.state import ObjectState
from loadmaster.planning.version import same_version

PATIENCE = 120.0
"""Seconds that the index may lag behind the uploads."""

Sleep = Callable[[float], None]


def read_back(job: Job, crates: Iterable[Crate], checksums: dict[str, str], sleep: Sleep = time.sleep) -> int:
    """Waits until the index shows every crate with its checksum (SHA-256 by `name@version`); how many reads it took.

    Raises `ChecksumMismatch`, `NotVisible`.
    """
    waiting = list(crates)
    pause, waited, reads = 0.5, 0.0, 0
    while waiting:
        waiting = [each for each in waiting if not _is_visible(job, each, checksums[each.id])]
        reads += 1
        if waiting and waited >= PATIENCE:
            raise NotVisible([each.id for each in waiting], waited)
        if waiting:
            sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 10.0)
    return reads


def _is_visible(job: Job, crate: Crate, checksum: str) -> bool:
    out = registry.versions(job.world.index, crate.name, registry.http_client())
    there = next((each for each in out if same_version(each.version, crate.version)), None)
    if there is not None and there.checksum != checksum:
        raise ChecksumMismatch(crate.id, checksum, there.checksum)
    return there is not None


def install(job: Job, plan: ReleasePlan, check: Install) -> ObjectRecord:
    """`cargo install --locked` from the registry with a `CARGO_HOME` of its own, then `--version`.

    Raises `CargoFailed`, `InstalledVersionWrong`.
    """
    home = job.directory.path / "install"
    shutil.rmtree(home, ignore_errors=True)
    called = cargo.cargo_in(
        home,
        job.directory.cargo_log,
        index=job.world.index if job.world.replaces_crates_io else None,
        toolchain=job.project.cargo.toolchain,
        allow=job.project.cargo.environment,
    )
    version = plan.crate(check.package).version
    binaries = cargo.install(called, home, check.package, version, debug=check.debug)
    told = cargo.reported_version(called, binaries / check.binary)
    if version not in told.split():
        raise InstalledVersionWrong(check.package, version, told)
    return ObjectRecord(kind="install", id=f"{check.package}@{version}", state=ObjectState.SAME, attempts=1, why=told)
