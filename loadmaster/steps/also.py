"""What CI releases beside crates and assets: looked for on its index, and installed as a user would."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from loadmaster.clients import python_index
from loadmaster.clients.disk import remove_tree
from loadmaster.clients.process import Finished, environment, run
from loadmaster.clients.sandbox import PROXIES, Access, Purpose
from loadmaster.errors.also import PackageCheckFailed
from loadmaster.planning.also.pypi import python_version
from loadmaster.planning.profile.also_released import AlsoReleased
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.things.also import PackageObservation, PublishedPackage
from loadmaster.things.thing import record_of, require_ours

_SAYS = """
import importlib, importlib.metadata, sys
importlib.import_module(sys.argv[1])
print(importlib.metadata.version(sys.argv[2]))
"""


def package_of(job: Job, promised: AlsoReleased, version: str) -> PublishedPackage | None:
    """The package of a release's version; None if Python cannot write that version, so that nothing can be published.

    Raises `PackageIndexUnknown`.
    """
    written = python_version(version)
    if written is None:
        return None
    index = _index(job, promised)
    ask = partial(python_index.project, index, promised.name)
    return PublishedPackage(promised=promised, version=written, index=index, ask=ask)


def _index(job: Job, promised: AlsoReleased) -> str:
    if job.world.python_index is not None:
        return f"{job.world.python_index}/simple"
    return promised.index or python_index.default_index(promised.name)


def look(job: Job, promised: AlsoReleased, version: str) -> tuple[ObjectRecord, PackageObservation] | None:
    """The package as the index shows it; None as of `package_of`. Raises `PackageWithdrawn`, `PackageIndexUnreachable`."""
    package = package_of(job, promised, version)
    if package is None:
        return None
    seen = package.observe()
    if seen.state is not ObjectState.ABSENT:
        require_ours(package, seen)
    return record_of(package, seen), seen


def install(job: Job, promised: AlsoReleased, version: str) -> ObjectRecord | None:
    """Installs the package into an empty environment, imports its module, and asks for its version; None if it names no module.

    Only wheels are taken, so that installing runs no code of theirs; importing does, without the network. Raises
    `PackageCheckFailed`.
    """
    package = package_of(job, promised, version)
    if package is None or promised.imports is None:
        return None
    place = job.directory.path / "python" / promised.name
    remove_tree(place)
    place.mkdir(parents=True)
    made = _run(job, place, [sys.executable, "-m", "venv", str(place / "venv")], Purpose.READ)
    _require(made, package.id)
    python = str(place / "venv" / "bin" / "python")
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--only-binary", ":all:", "--no-cache-dir"]
    argv = [python, "-m", "pip", "install", *options, "--index-url", package.index, package.id]
    _require(_run(job, place, argv, Purpose.FETCH), package.id)
    said = _run(job, place, [python, "-c", _SAYS, promised.imports, promised.name], Purpose.BUILD)
    _require(said, package.id)
    if (answer := said.out.strip()) != package.version:
        raise PackageCheckFailed(package.id, f"it says that it is {answer}")
    why = f"`import {promised.imports}` works, and it says {answer}"
    return ObjectRecord(
        kind="install", id=package.id, state=ObjectState.SAME, code="says-its-version", facts={"said": answer}, why=why
    )


def _run(job: Job, place: Path, argv: list[str], purpose: Purpose) -> Finished:
    env = environment(place, also=tuple(PROXIES) if purpose is Purpose.FETCH else ())
    log = job.directory.path / "python.log"
    if job.sandbox is not None:
        access = Access(purpose=purpose, reads=(Path(sys.base_prefix), Path(sys.prefix)), writes=(place,))
        argv = job.sandbox.command(argv, place, access)
    return run(argv, cwd=place, env=env, log=log, deadline=600)


def _require(finished: Finished, package: str) -> None:
    if finished.code != 0:
        lines = finished.tail.strip().splitlines() or [f"it ended with {finished.code}"]
        raise PackageCheckFailed(package, lines[-1])
