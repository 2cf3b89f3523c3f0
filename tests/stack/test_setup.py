"""`scripts/setup` says in one line what a machine lacks, and does nothing when nothing is to do."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.checkout import ROOT

ORDINARY = (
    "sh",
    "dirname",
    "sed",
    "cat",
    "sha256sum",
    "mktemp",
    "rm",
    "id",
    "grep",
    "tail",
    "env",
    "git",
    "cc",
    "as",
    "ld",
)


class Machine:
    """A checkout, and a PATH that holds nothing but links to this machine's tools."""

    def __init__(self, directory: Path) -> None:
        self.checkout, self.bin = directory / "checkout", directory / "bin"
        (self.checkout / "scripts").mkdir(parents=True)
        self.bin.mkdir()
        for name in ("scripts/setup", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.checkout / name)
        for name in ORDINARY:
            (self.bin / name).symlink_to(shutil.which(name) or f"/nonexistent/{name}")
        self.program("python3", f'exec "{sys.executable}" "$@"')
        self.program("cargo", "exit 0")

    def program(self, name: str, script: str) -> None:
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def set_up(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.checkout / "scripts" / "setup"],
            env={"PATH": str(self.bin), "HOME": str(self.checkout)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_no_cargo_is_one_line_and_an_error(machine: Machine) -> None:
    (machine.bin / "cargo").unlink()

    done = machine.set_up()

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "setup: cargo is missing or has no toolchain; install Rust with rustup, then run this again\n"


def test_no_linker_and_no_way_to_install_one_is_one_line_and_an_error(machine: Machine) -> None:
    (machine.bin / "cc").unlink()
    machine.program("id", "echo 1000")
    machine.program("sudo", "exit 1")

    done = machine.set_up()

    assert done.returncode == 1
    assert done.stderr == ("setup: please install: gcc libc6-dev (for example: sudo apt-get install gcc libc6-dev)\n")


def test_a_missing_package_is_installed_where_that_is_allowed(machine: Machine) -> None:
    (machine.bin / "git").unlink()
    machine.program("id", "echo 0")
    machine.program("apt-get", f'echo "$@" >>"{machine.checkout}/apt"')
    machine.program("cargo", "exit 1")

    assert machine.set_up().stdout == "setup: installing git ca-certificates\n"

    assert (machine.checkout / "apt").read_text().splitlines() == [
        "update",
        "install --yes --no-install-recommends git ca-certificates",
    ]


def test_a_pretended_python_is_passed_over_and_an_unfinished_set_up_is_redone(machine: Machine) -> None:
    machine.program("python3", "echo 'pyenv: python3: command not found' >&2; exit 127")
    machine.program("python3.12", f'exec "{sys.executable}" "$@"')
    (machine.checkout / "constraints.txt").write_text("== is no requirement\n")

    for _ in range(2):
        done = machine.set_up()

        assert (done.returncode, done.stdout.count("creating .venv with Python 3")) == (1, 1)
        assert "Invalid requirement" in done.stderr


def test_what_was_set_up_is_not_set_up_again_until_something_changed(machine: Machine) -> None:
    venv = machine.checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "pyvenv.cfg").write_text("version = 3.11.2\n")
    made_from = [f"{machine.checkout}\n".encode()]
    made_from += [
        (machine.checkout / name).read_bytes() for name in ("pyproject.toml", "constraints.txt", ".venv/pyvenv.cfg")
    ]
    (venv / "ready").write_text(f"{hashlib.sha256(b''.join(made_from)).hexdigest()}  -\n")

    done = machine.set_up()

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    machine.program("cargo", "exit 1")
    (machine.checkout / "constraints.txt").write_text("changed\n")
    assert machine.set_up().returncode == 1
