"""`loadmaster` alone, and its doctor, wherever a person may be: no traceback, and always what comes next."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kit.checkout import ROOT
from tests.kit.hangar import repository
from tests.kit.spoilt_machine import (
    UNFIT,
    Preparation,
    SpoiltMachine,
    broken_profile,
    disk_is_full,
    home_is_a_file,
    home_is_read_only,
    in_an_empty_directory,
    nothing,
    without_cargo,
    without_git,
)
from tests.kit.terminal import terminal
from tests.kit.waiting import PATIENCE

NOBODY = 65534
NO_CHECKOUT = """
import loadmaster.run.store
loadmaster.run.store.checkout = lambda: None
from loadmaster.cli.app import main
"""
"""As in an installation, whose store lies in the user's home."""
NO_NAME = """
import os, pwd
def unknown(number): raise KeyError(number)
os.environ.pop("HOME", None)
pwd.getpwuid = unknown
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[SpoiltMachine]:
    with ExitStack() as opened:
        yield SpoiltMachine(tmp_path, opened)


def in_a_workspace(machine: SpoiltMachine) -> None:
    machine.directory = repository(machine.place / "hangar")


def without_network(machine: SpoiltMachine) -> None:
    """Nothing of it asks anybody; a proxy that is not there would be noticed."""
    in_a_workspace(machine)
    machine.variables |= {"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}


def with_the_c_locale(machine: SpoiltMachine) -> None:
    in_a_workspace(machine)
    machine.variables |= {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def home_is_newer(machine: SpoiltMachine) -> None:
    machine.home.mkdir()
    (machine.home / "store.json").write_text('{"format": 99, "loadmaster": "9.9.0"}')


PLACES: dict[str, tuple[Preparation, int]] = {
    "a directory that is no workspace": (in_an_empty_directory, 0),
    "a workspace": (in_a_workspace, 0),
    "without cargo": (without_cargo, 0),
    "without git": (without_git, 0),
    "without network": (without_network, 0),
    "with a home that is a file": (home_is_a_file, 0),
    "with a read-only home": (home_is_read_only, 0),
    "with a full disk": (disk_is_full, 0),
    "with the locale C": (with_the_c_locale, 0),
    "with profiles that are none": (broken_profile, 0),
    "with a store of a newer version": (home_is_newer, 1),
}


@pytest.mark.parametrize(("prepare", "code"), PLACES.values(), ids=list(PLACES))
def test_loadmaster_alone_says_where_one_stands(prepare: Preparation, code: int, machine: SpoiltMachine) -> None:
    prepare(machine)
    done = machine.run()
    assert not any(word in done.stderr for word in UNFIT), done.stderr
    assert done.returncode == code, done.stderr
    assert "next: " in done.stdout + done.stderr or "`loadmaster init`" in done.stdout


@pytest.mark.parametrize("prepare", [prepare for prepare, _ in PLACES.values()], ids=list(PLACES))
def test_the_doctor_says_all_that_it_says_elsewhere(prepare: Preparation, machine: SpoiltMachine) -> None:
    prepare(machine)
    done = machine.run("doctor", "--offline")
    assert not any(word in done.stderr for word in UNFIT), done.stderr
    assert done.returncode in (0, 1)
    assert done.stdout.splitlines()[-1].startswith(("A release can be made here", "No release can be made here"))
    assert (done.returncode == 1) == ("\nFAIL " in f"\n{done.stdout}")


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_on_a_terminal_of_60_columns(locale: str, machine: SpoiltMachine) -> None:
    in_an_empty_directory(machine)
    machine.variables |= {"LANG": locale, "LC_ALL": "", "TERM": "xterm"}
    with terminal([sys.executable, "-m", "loadmaster"], machine.environment, machine.directory, columns=60) as shown:
        assert shown.end() == 0
    assert "`loadmaster init`" in shown.text
    assert shown.text.isascii() or locale != "C"


@pytest.mark.parametrize("user", [0, NOBODY], ids=["as root", "as nobody"])
def test_whoever_asks(user: int, machine: SpoiltMachine) -> None:
    if os.getuid() != 0:
        pytest.skip("only root may become another user")
    for place in (machine.place, *machine.place.parents[:2]):
        place.chmod(0o711)
    machine.home.mkdir(mode=0o700)
    python = Path(sys.executable).resolve()
    try:
        subprocess.run([python, "-c", ""], user=user, check=True, capture_output=True, timeout=PATIENCE)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip("another user may not run this Python")
    for arguments in ((), ("doctor", "--offline")):
        done = machine.run(*arguments, user=user)
        assert not any(word in done.stderr for word in UNFIT), done.stderr
        assert done.returncode in (0, 1)
        assert "next: " in done.stdout + done.stderr or "`loadmaster init`" in done.stdout


@pytest.mark.parametrize("arguments", [(), ("doctor",), ("runs",), ("plan", "-p", "demo")], ids=" ".join)
def test_a_user_whom_nobody_knows_is_told_what_is_missing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """As in a container that was started for a number. Planted, because this Python may lie in somebody's home."""
    (tmp_path / "sitecustomize.py").write_text(NO_NAME)
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("LOADMASTER_", "XDG_", "RUSTUP_"))
    }
    done = subprocess.run(
        [sys.executable, "-c", f"{NO_CHECKOUT}main({{}})", *arguments],
        cwd=ROOT,
        env={**inherited, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert not any(word in done.stderr for word in UNFIT), done.stderr
    assert done.returncode == 1
    assert "This user has no home directory." in done.stderr
    assert "next: " in done.stderr


def test_as_it_should_be_it_is_as_it_should_be(machine: SpoiltMachine) -> None:
    nothing(machine)
    assert machine.run("doctor", "--offline").stdout.count("\n") > 15
