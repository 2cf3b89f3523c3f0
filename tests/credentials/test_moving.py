"""A credential in the environment is moved, not copied: the program that goes on was started without it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from loadmaster.credentials.moving import is_left_behind, receive
from loadmaster.planning.profile.secret_variables import FILE_VARIABLES, GIVEN_VARIABLES, TOKEN_VARIABLE
from tests.kit.checkout import ROOT
from tests.kit.nobody import as_root, told_by_nobody
from tests.kit.waiting import PATIENCE, killed_at_last, line_of

CANARY = "canary-of-the-move"
PROGRAMS = {
    "the console script": (str(Path(sys.executable).with_name("loadmaster")),),
    "the module": (sys.executable, "-m", "loadmaster"),
}
REPEATS = """
import json, os
from loadmaster.credentials.moving import move, receive
move(os.environ)
print(json.dumps([receive(), receive(), sorted(os.environ), open("/proc/self/environ").read()]))
"""


@contextmanager
def world(program: tuple[str, ...], home: Path, **more: str) -> Iterator[psutil.Process]:
    """`loadmaster world`, which lives until it is told to end, once it is ready."""
    env = {**os.environ, "LOADMASTER_HOME": str(home), **more}
    command = (*program, "world", "--json")
    with killed_at_last(
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ) as process:
        assert line_of(process.stdout, "the world").startswith("{")
        yield psutil.Process(process.pid)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_neither_the_command_nor_its_children_were_started_with_it(program: tuple[str, ...], tmp_path: Path) -> None:
    secrets = dict.fromkeys((*GIVEN_VARIABLES, "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY"), CANARY)
    with world(program, tmp_path, **secrets, KEPT="yes") as command:
        for process in (command, *command.children(recursive=True)):
            assert CANARY not in environ_of(process.pid)
            assert CANARY not in " ".join(process.cmdline())
        assert "KEPT=yes" in environ_of(command.pid)
        open_files = [str(each.readlink()) for each in Path(f"/proc/{command.pid}/fd").iterdir()]
        assert not [each for each in open_files if CANARY in each or "memfd" in each]


@as_root
def test_its_own_user_cannot_look_into_the_process_that_has_it() -> None:
    """To root nothing is closed; so two processes of nobody's, with a credential and without."""
    assert told_by_nobody(shielded_and_open) == "closed open"


def shielded_and_open() -> str:
    doors = []
    for secrets in ({TOKEN_VARIABLE: CANARY}, {}):
        end, into = os.pipe()
        if (child := os.fork()) == 0:
            os.environ["LOADMASTER_SECRETS_PIPE"] = str(pipe_with(secrets))
            if secrets:
                assert receive() == secrets
            os.write(into, b".")
            os.read(os.pipe()[0], 1)
        os.read(end, 1)
        try:
            Path(f"/proc/{child}/mem").open("rb").close()
            doors.append("open")
        except PermissionError:
            doors.append("closed")
        os.kill(child, 9)
        os.waitpid(child, 0)
    return " ".join(doors)


def pipe_with(secrets: Mapping[str, str]) -> int:
    out, into = os.pipe()
    os.write(into, "\0".join(f"{name}={value}" for name, value in secrets.items()).encode())
    os.close(into)
    return out


def environ_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")


def test_the_values_come_through_once_whatever_is_in_them(tmp_path: Path) -> None:
    odd = "cio=a b\nc\udcff$"
    script = tmp_path / "repeats.py"
    script.write_text(REPEATS)
    env = {"PATH": os.environ["PATH"], TOKEN_VARIABLE: odd, "CARGO_REGISTRY_TOKEN": "", "GH_TOKEN": CANARY}
    done = subprocess.run(
        [sys.executable, str(script)],
        env={os.fsencode(name): os.fsencode(value) for name, value in env.items()},
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    received, again, names, started_with = eval(done.stdout)
    assert (received, again) == ({TOKEN_VARIABLE: odd}, {})
    assert TOKEN_VARIABLE not in names
    assert "LOADMASTER_SECRETS_PIPE" not in names
    assert "cio=a" not in started_with
    assert CANARY not in started_with


def test_what_no_pipe_holds_is_refused_in_words() -> None:
    command = PROGRAMS["the module"]
    env = {**os.environ, TOKEN_VARIABLE: "x" * 100_000}
    done = subprocess.run(
        (*command, "--version"), cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, "longer than a pipe holds" in done.stderr) == (1, True)


def test_a_command_without_credentials_is_not_started_anew() -> None:
    """A file's name is no secret, and Prefect's own settings are its own."""
    assert not any(is_left_behind(name) for name in (*FILE_VARIABLES, "PATH", "SSH_AUTH_SOCK", "PREFECT_API_URL"))


def test_nothing_slow_is_imported_before_the_move() -> None:
    told = "import sys, loadmaster.__main__; print({'pydantic', 'typer', 'httpx', 'prefect'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "set()\n"
