"""The quick start, typed word for word in a clone of a small workspace. Its installation is tried by `test_installed.py`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from loadmaster.stack.stopping import down
from tests.kit.checkout import ROOT
from tests.kit.hangar import git, repository
from tests.kit.pages import typed
from tests.kit.waiting import PATIENCE, code_of, eventually, killed_at_last

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo, pytest.mark.timeout(1800)]

PAGE = ROOT / "docs" / "quick-start.md"
INSTALL, PROFILE, PLAN, REHEARSE, STOPS, RELEASE = (
    "1. Install it",
    "2. Write a profile",
    "3. Look at the plan",
    "4. Rehearse the release",
    "5. When it stops",
    "6. Release for real",
)
PORT = "8888"
ELSEWHERE = "Where to go from here"


class Reader:
    """Who follows the page: a shell in the clone, with `loadmaster` on the path, and a home of the reader's own."""

    def __init__(self, place: Path) -> None:
        self.clone, self.home = place / "hangar", place / "home"
        git(place, "clone", "--quiet", str(repository(place / "source")), str(self.clone))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        self.variables = dict(os.environ) | {
            "LOADMASTER_HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def types(self, line: str) -> str:
        """What the command prints, on both streams. It must end with 0."""
        shell = ("sh", "-euc", line.replace(PORT, self.port))
        done = subprocess.run(
            shell,
            cwd=self.clone,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=10 * PATIENCE,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    try:
        yield reader
    finally:
        down(reader.home, True, print)


@pytest.fixture(scope="module")
def page() -> Mapping[str, tuple[str, ...]]:
    return typed(PAGE)


def test_its_sections_are_those_that_are_tried(page: Mapping[str, tuple[str, ...]]) -> None:
    assert tuple(page) == (INSTALL, PROFILE, PLAN, REHEARSE, STOPS, RELEASE, ELSEWHERE)
    assert page[STOPS] == ("loadmaster runs", "loadmaster resume RUN")
    assert page[ELSEWHERE] == ()


def test_every_command_of_it_works_word_for_word(reader: Reader, page: Mapping[str, tuple[str, ...]]) -> None:
    (init,), (plan,), (rehearse,) = page[PROFILE], page[PLAN], page[REHEARSE]
    reader.types(init)
    with (reader.clone / "loadmaster.toml").open("a") as profile:
        profile.write("\n[rehearsal]\nupstream = false\n")  # a test asks no other registry

    assert "hangar 0.4.0 → 0.5.0" in reader.types(plan)
    assert "RELEASED" in reader.types(rehearse)
    reader.types(page[STOPS][0])

    world, *lines, end = page[RELEASE]
    serving = world.replace(PORT, reader.port).split()
    with killed_at_last(
        subprocess.Popen(serving, cwd=reader.clone, env=reader.variables, stdout=subprocess.DEVNULL)
    ) as process:
        token = reader.clone.parent / "world" / "registry.token"
        eventually(token.exists, "the world wrote its token", PATIENCE)
        script = "\n".join(lines)
        told = reader.types(script)
        assert "RELEASED" in told
        assert "tag: v0.5.0" in told
        (release,) = (line for line in lines if line.startswith("loadmaster release"))
        export = next(line for line in lines if line.startswith("export"))
        assert "nothing was left to do" in reader.types(f"{export}\n{release}")
        process.send_signal(signal.SIGTERM)
        assert code_of(process, "the world") == 0
    reader.types(end)


def test_planted_a_command_of_the_page_that_fails_is_told(reader: Reader) -> None:
    with pytest.raises(AssertionError, match="loadmaster explain nothing"):
        reader.types("loadmaster explain nothing")
