"""Whatever is wrong with a command, its machine or its terminal: no traceback, the way out in words, and the right exit code.

Each is really run, as a process.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
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
    port_is_taken,
    projects_is_a_file,
    token_file_is_missing,
    without_cargo,
    without_git,
)
from tests.kit.terminal import terminal
from tests.kit.waiting import code_of, killed_at_last

NOBODY = 65534


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[SpoiltMachine]:
    with ExitStack() as opened:
        yield SpoiltMachine(tmp_path, opened)


DEMO = ("-p", "demo", "-V", "minor")
WRONG: Mapping[str, tuple[Preparation, tuple[str, ...], int, str]] = {
    "an unknown command": (nothing, ("rehears",), 2, "Did you mean 'rehearse'"),
    "an unknown option": (nothing, ("plan", "--versio", "1.0.0"), 2, "--version"),
    "an unknown option before the command": (nothing, ("--fast", "plan"), 2, "No such option: --fast"),
    "a version with a v": (nothing, ("plan", "-p", "demo", "-V", "v1.4"), 2, "`v1.4` is not a version"),
    "an option without its value": (nothing, ("plan", "-p"), 2, "requires an argument"),
    "no version": (nothing, ("release", "-p", "demo"), 2, "--version"),
    "no project": (nothing, ("plan", "-V", "minor"), 2, "No project is named"),
    "a project that there is not": (
        nothing,
        ("rehearse", "-p", "dmeo", "-V", "minor"),
        2,
        "There is no project `dmeo`",
    ),
    "a group of commands without a command": (nothing, ("project",), 2, "Missing command"),
    "an unknown command of a group": (nothing, ("project", "ad"), 2, "Did you mean 'add'"),
    "a field that there is not": (nothing, ("profile", "explain", "tagg"), 2, "release.tag"),
    "a format that a command does not have": (nothing, ("projects", "--format", "sarif"), 2, "none of text, json"),
    "a shell that is not known": (nothing, ("completion", "tcsh"), 2, "'bash', 'zsh', 'fish'"),
    "a directory that is not there": (nothing, ("-C", "/nowhere", "projects"), 2, "'/nowhere' does not exist"),
    "a directory that is a file": (nothing, ("-C", str(ROOT / "README.md"), "projects"), 2, "is a file"),
    "a port that is none": (nothing, ("up", "--port", "http"), 2, "--port"),
    "a tree that is not there": (nothing, ("gates", "/nowhere"), 2, "/nowhere"),
    "a fault script that is not there": (nothing, ("rehearse", *DEMO, "--faults", "no.toml"), 2, "`no.toml`"),
    "a run that there is not": (nothing, ("follow", "12345678"), 2, "There is no run `12345678`"),
    "no run to resume": (nothing, ("resume",), 2, "There is no run"),
    "a command that needs a server": (nothing, ("cancel",), 1, "`loadmaster up`"),
    "a path that is no repository": (in_an_empty_directory, ("init", "."), 1, "is not a git repository"),
    "a repository that is none": (
        in_an_empty_directory,
        ("plan", *DEMO, "--repository", "."),
        1,
        "There is no repository at",
    ),
    "a remote that does not answer": (
        nothing,
        ("plan", *DEMO, "--repository", "http://127.0.0.1:1/nobody.git"),
        1,
        "127.0.0.1:1",
    ),
    "no cargo": (without_cargo, ("plan", *DEMO), 1, "cargo"),
    "no git": (without_git, ("plan", *DEMO), 1, "git"),
    "a home that is a file": (home_is_a_file, ("plan", *DEMO), 1, "cannot be written"),
    "a home that is a file, to start a server in": (home_is_a_file, ("up",), 1, "cannot be written"),
    "a home that is a file, to rehearse": (home_is_a_file, ("rehearse", *DEMO), 1, "cannot be written"),
    "a home that is read-only": (home_is_read_only, ("plan", *DEMO), 1, "Read-only file system"),
    "a home that is read-only, to rehearse": (home_is_read_only, ("rehearse", *DEMO), 1, "Read-only file system"),
    "a disk that is full": (disk_is_full, ("plan", *DEMO), 1, "No space is left"),
    "a disk that is full, to start a server on": (disk_is_full, ("up",), 1, "No space is left"),
    "profiles in a file": (projects_is_a_file, ("plan", "-p", "mine", "-V", "minor"), 2, "There is no project `mine`"),
    "new profiles into a file": (projects_is_a_file, ("init", "examples/hangar", "--into", "$PROJECTS"), 1, "projects"),
    "a profile that is no TOML": (
        broken_profile,
        ("plan", "-p", "mine", "-V", "minor"),
        2,
        "`mine.toml` cannot be used",
    ),
    "a token file that is not there": (token_file_is_missing, ("projects",), 2, "no-token"),
    "a port that is taken": (port_is_taken, ("world", "--port", "$PORT"), 1, "cannot be bound"),
}


@pytest.mark.parametrize(("prepare", "arguments", "code", "told"), WRONG.values(), ids=list(WRONG))
def test_it_is_told_with_the_way_out(
    prepare: Preparation, arguments: tuple[str, ...], code: int, told: str, machine: SpoiltMachine
) -> None:
    prepare(machine)
    variables = {"$PORT": machine.variables.get("PORT", ""), "$PROJECTS": str(machine.place / "projects")}
    done = machine.run(*(variables.get(each, each) for each in arguments))
    assert not any(word in done.stderr for word in UNFIT), done.stderr
    assert told in done.stderr
    assert "\n  next: " in done.stderr
    assert done.returncode == code


def test_there_are_thirty_of_them() -> None:
    assert len(WRONG) >= 30


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_hinders_nothing(streams: str, machine: SpoiltMachine) -> None:
    line = f"exec {sys.executable} -m loadmaster projects {streams}"
    done = subprocess.run(
        ["sh", "-c", line], cwd=ROOT, env=machine.environment, capture_output=True, text=True, check=False
    )
    assert not any(word in done.stderr for word in UNFIT), done.stderr
    assert done.returncode == 0 or "`standard output` cannot be written" in done.stderr
    assert ">&-" in streams.split() or "demo" in done.stdout


def test_a_pipe_that_is_closed_is_no_failure_to_talk_about(machine: SpoiltMachine) -> None:
    line = (
        f"{sys.executable} -m loadmaster prune --help | head -c 1; echo; {sys.executable} -m loadmaster projects | true"
    )
    done = subprocess.run(
        ["sh", "-c", line], cwd=ROOT, env=machine.environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_an_output_that_takes_nothing_is_told(machine: SpoiltMachine) -> None:
    line = f"{sys.executable} -m loadmaster projects > /dev/full"
    done = subprocess.run(
        ["sh", "-c", line], cwd=ROOT, env=machine.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "No space" in done.stderr
    assert "\n  next: " in done.stderr
    assert not any(word in done.stderr for word in UNFIT), done.stderr


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_on_a_terminal_of_60_columns_nothing_is_torn(locale: str, machine: SpoiltMachine) -> None:
    machine.variables |= {"LANG": locale, "LC_ALL": "", "TERM": "xterm"}
    with terminal([sys.executable, "-m", "loadmaster", "plan", "-h"], machine.environment, ROOT, columns=60) as shown:
        assert shown.end() == 0
    assert max(len(line) for line in shown.text.split("\n")) <= 60
    assert "--project" in shown.text
    assert shown.text.isascii() or locale != "C"


def test_another_user_is_told_whose_home_it_is(machine: SpoiltMachine) -> None:
    if os.getuid() != 0:
        pytest.skip("only root may become another user")
    machine.home.mkdir(mode=0o700)
    for place in (machine.place, *machine.place.parents[:2]):
        place.chmod(0o711)
    python = Path(sys.executable).resolve()
    try:
        subprocess.run([python, "-c", ""], user=NOBODY, check=True, capture_output=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip("another user may not run this Python")
    done = machine.run("plan", *DEMO, user=NOBODY)
    assert not any(word in done.stderr for word in UNFIT), done.stderr
    assert done.returncode == 1
    assert "\n  next: " in done.stderr


@pytest.mark.parametrize("seconds", [0.2, 0.5, 0.8, 1.2, 1.6, 2.4, 3.2])
def test_ctrl_c_ends_it_whenever_it_comes(seconds: float, machine: SpoiltMachine) -> None:
    """While Python reads the program, while it looks at the repository, and while cargo runs."""
    program = subprocess.Popen(
        [sys.executable, "-m", "loadmaster", "plan", *DEMO, "--repository", str(repository(machine.place / "hangar"))],
        cwd=ROOT,
        env=machine.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with killed_at_last(program):
        time.sleep(seconds)  # there is no event to wait for: any instant will do
        program.send_signal(signal.SIGINT)
        code = code_of(program, "the command that was interrupted")
        assert program.stderr is not None
        told = program.stderr.read()
    assert code in (130, -signal.SIGINT, 0, 1)
    if "init_import_site" not in told:  # Python itself, before any of our lines
        assert not any(word in told for word in UNFIT), told
        assert code != 1


def test_a_bug_is_told_in_words_and_its_traceback_is_kept(machine: SpoiltMachine) -> None:
    """Planted: a module that a command needs does not do what it should."""
    planted = machine.place / "planted"
    planted.mkdir()
    (planted / "sitecustomize.py").write_text(
        "def broken(store): raise ZeroDivisionError('planted')\n"
        "import loadmaster.cli.commands.projects.knowing as knowing\n"
        "knowing.list_projects = broken\n"
    )
    machine.variables["PYTHONPATH"] = str(planted)
    done = machine.run("projects")
    assert done.returncode == 1
    assert "Loadmaster itself failed: `ZeroDivisionError` with the text `planted`" in done.stderr
    assert "Traceback" not in done.stderr
    (kept,) = machine.home.glob("failure-*.log")
    assert str(kept) in done.stderr
    assert "Traceback" in kept.read_text()
    assert "Traceback" in machine.run("projects", "-v").stderr


def test_every_program_of_the_table_is_there() -> None:
    assert shutil.which("cargo")
    assert shutil.which("git")
