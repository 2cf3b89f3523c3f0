"""Which programs are here, in which versions, and whether they work."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from loadmaster import __version__
from loadmaster.clients.cargo import NEVER_INSTALL, OLDEST, installed_toolchains
from loadmaster.clients.process import environment
from loadmaster.clients.programs import version_of
from loadmaster.clients.sandbox import PROGRAM, bubblewrap
from loadmaster.planning.doctor.check import Check, not_asked
from loadmaster.planning.doctor.programs import (
    Installer,
    judge_cargo,
    judge_clippy,
    judge_engine,
    judge_git,
    judge_git_lfs,
    judge_packages,
    judge_python,
    judge_rustup,
    judge_sandbox,
)
from loadmaster.shipped import checkout
from loadmaster.shipped.versions import needed_python, untested_text
from loadmaster.smoke.running.doctor import host_facts

MANAGERS = ("apt-get", "dnf", "zypper", "pacman", "apk", "brew")


def installer() -> Installer:
    found = (manager for manager in MANAGERS if shutil.which(manager))
    return Installer(program=next(found, None), is_root=os.geteuid() == 0)


def look_at_python() -> Iterator[Check]:
    yield judge_python(platform.python_version(), needed_python())
    yield judge_packages(untested_text(), __version__, is_checkout=checkout() is not None)


def look_at_rust(home: Path) -> Iterator[Check]:
    """cargo as a release calls it: rustup installs nothing for it."""
    env = environment(home, extra=NEVER_INSTALL)
    cargo = version_of(["cargo", "--version"], env)
    yield judge_cargo(cargo, OLDEST)
    rustup = version_of(["rustup", "--version"], env)
    yield judge_rustup(rustup, installed_toolchains() if rustup.version else ())
    if cargo.version is None:
        yield not_asked("clippy", "there is no cargo to ask")
    else:
        yield judge_clippy(version_of(["cargo", "clippy", "--version"], env))


def look_at_git(home: Path) -> Iterator[Check]:
    env = environment(home)
    git = version_of(["git", "--version"], env)
    yield judge_git(git, installer())
    if git.version is None:
        yield not_asked("git-lfs", "there is no git to ask")
    else:
        yield judge_git_lfs(version_of(["git", "lfs", "version"], env), installer())


def look_at_sandbox() -> Iterator[Check]:
    yield judge_sandbox(shutil.which(PROGRAM) is not None, bubblewrap().trouble, installer())


def look_at_engine() -> Iterator[Check]:
    yield judge_engine(host_facts())
