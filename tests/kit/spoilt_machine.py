"""A machine that something is wrong with, for real: a program is missing, a disk is full, a home is a file."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit.checkout import ROOT
from tests.kit.small_disk import fill, make_read_only, small_disk
from tests.kit.waiting import PATIENCE

UNFIT = "Traceback", "Loadmaster itself failed"
"""What no program may say, whatever is wrong."""


@dataclass
class SpoiltMachine:
    """Where a command is run: what the preparation of a case changes."""

    place: Path
    opened: ExitStack
    variables: dict[str, str] = field(default_factory=dict)
    directory: Path = ROOT

    @property
    def home(self) -> Path:
        return self.place / "home"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
        return {**inherited, "LOADMASTER_HOME": str(self.home), **self.variables}

    def path_without(self, *programs: str) -> None:
        """Gives it a PATH that has everything but these."""
        own = self.place / "bin"
        own.mkdir()
        for directory in reversed(os.environ["PATH"].split(os.pathsep)):
            for program in Path(directory).glob("*") if Path(directory).is_dir() else ():
                link = own / program.name
                link.unlink(missing_ok=True)
                if program.name not in programs:
                    link.symlink_to(program)
        self.variables["PATH"] = str(own)

    def run(self, *arguments: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (sys.executable, "-m", "loadmaster", *arguments),
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            user=user,
        )


def nothing(_machine: SpoiltMachine) -> None:
    """The machine is as it should be."""


def without_cargo(machine: SpoiltMachine) -> None:
    machine.path_without("cargo", "rustc", "rustup")
    machine.variables |= {"CARGO_HOME": str(machine.place / "none"), "CARGO": ""}


def without_git(machine: SpoiltMachine) -> None:
    machine.path_without("git")


def home_is_a_file(machine: SpoiltMachine) -> None:
    machine.home.write_text("")


def home_is_read_only(machine: SpoiltMachine) -> None:
    machine.opened.enter_context(small_disk(machine.home, "1m"))
    make_read_only(machine.home)


def disk_is_full(machine: SpoiltMachine) -> None:
    machine.opened.enter_context(small_disk(machine.home, "300k"))
    fill(machine.home)


def projects_is_a_file(machine: SpoiltMachine) -> None:
    (machine.place / "projects").write_text("")
    machine.variables["LOADMASTER_PROJECTS"] = str(machine.place / "projects")


def broken_profile(machine: SpoiltMachine) -> None:
    (machine.place / "projects").mkdir()
    (machine.place / "projects" / "mine.toml").write_text("forge = ")
    machine.variables["LOADMASTER_PROJECTS"] = str(machine.place / "projects")


def token_file_is_missing(machine: SpoiltMachine) -> None:
    machine.variables["LOADMASTER_REGISTRY_TOKEN_FILE"] = str(machine.place / "no-token")


def port_is_taken(machine: SpoiltMachine) -> None:
    taken = machine.opened.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    machine.variables["PORT"] = str(taken.getsockname()[1])


def in_an_empty_directory(machine: SpoiltMachine) -> None:
    machine.directory = machine.place / "empty"
    machine.directory.mkdir()


Preparation = Callable[[SpoiltMachine], None]
