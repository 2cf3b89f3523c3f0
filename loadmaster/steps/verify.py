"""Verifies as a user would: installs the binary from the registry and asks it for its version."""

from __future__ import annotations

import shutil

from loadmaster.clients import cargo
from loadmaster.errors.cargo import InstalledVersionWrong
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.project import Install
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job


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
