"""Verifies as a user would: installs the binary from the registry and asks it for its version."""

from __future__ import annotations

from loadmaster.clients.disk import remove_tree
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.project import Install
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.run.job import Job
from loadmaster.things.install import InstalledProgram
from loadmaster.things.thing import converge


def install(job: Job, plan: ReleasePlan, check: Install) -> ObjectRecord:
    """Installs the program anew: the installation of an earlier attempt proves nothing.

    Raises `CargoFailed`, `DiskFull`, `InstalledVersionWrong`.
    """
    home = job.directory.path / "install"
    remove_tree(home)
    program = InstalledProgram(
        cargo=job.cargo(home=home),
        home=home,
        package=check.package,
        version=plan.crate(check.package).version,
        binary=check.binary,
    )
    return converge(program, lambda: program.install(debug=check.debug)).record
