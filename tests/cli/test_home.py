"""A store that this user may not write, or not read, is told in a message that names it: no command ends in a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.checkout import ROOT
from tests.kit.installation import PLAIN
from tests.kit.waiting import PATIENCE

ASKED = ("--project", "demo", "--version", "minor")
WRITES = [
    ("up",),
    ("ui", "--print"),
    ("plan", *ASKED),
    ("rehearse", *ASKED),
    ("preflight", *ASKED),
    ("status", "--project", "demo", "--version", "0.4.0"),
    ("audit", "--project", "demo", "--version", "0.4.0"),
    ("next", "demo"),
    ("world",),
]
READS = [("runs",), ("prune",), ("down",), ("follow",), ("resume",), ("cancel",), ("worker",)]


def in_the_way(place: Path) -> Path:
    """A file where a directory should be."""
    (place / "file").write_text("")
    return place / "file" / "home"


def read_only(place: Path) -> Path:
    (place / "home" / "runs").mkdir(parents=True)
    for path in (place / "home" / "runs", place / "home"):
        path.chmod(0o555)
    return place / "home"


def closed(place: Path) -> Path:
    (place / "home").mkdir(mode=0o000)
    return place / "home"


def ran(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOADMASTER_")}
    done = subprocess.run(
        (*PLAIN, sys.executable, "-m", "loadmaster", *arguments),
        cwd=ROOT,
        env={**inherited, "LOADMASTER_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


HOMES = {"a file in the way": in_the_way, "read-only": read_only, "closed": closed}
CASES = [("read-only", command) for command in WRITES] + [(home, WRITES[0]) for home in HOMES if home != "read-only"]


@pytest.mark.parametrize(("home", "command"), CASES, ids=[f"{home}, {' '.join(command)}" for home, command in CASES])
def test_a_command_that_writes_there_names_the_place_and_ends(
    tmp_path: Path, home: str, command: tuple[str, ...]
) -> None:
    place = HOMES[home](tmp_path)
    done = ran(place, *command)
    assert done.returncode == 1
    assert f"`{place}" in done.stderr
    assert "cannot be written" in done.stderr or "cannot be read" in done.stderr


@pytest.mark.parametrize("command", READS, ids=" ".join)
def test_a_store_that_may_not_be_read_is_not_taken_for_an_empty_one(tmp_path: Path, command: tuple[str, ...]) -> None:
    place = closed(tmp_path)
    done = ran(place, *command)
    assert done.returncode == 1, done.stdout
    assert f"`{place}" in done.stderr
    assert "cannot be read" in done.stderr or "cannot be written" in done.stderr


@pytest.mark.parametrize("command", READS, ids=" ".join)
def test_a_command_that_looks_where_no_store_can_be_finds_none(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert ran(in_the_way(tmp_path), *command).returncode in (0, 1, 2)
