"""A run that notes what it does is shown: each line once in a log, or in place on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.cli.screen.run_screen import run_screen
from loadmaster.cli.screen.volume import Volume, set_volume
from loadmaster.planning.progress.notes import Phase, RunNote
from loadmaster.run.store import RunDirectory
from tests.kit.checkout import ROOT
from tests.kit.noted import HEAD, TO_EXECUTE, begins, published, uploads
from tests.kit.receipts import receipt
from tests.kit.terminal import terminal

ENDED = receipt(started=HEAD.started, objects=())


@pytest.fixture(autouse=True)
def at_normal_volume() -> Iterator[None]:
    yield
    set_volume(Volume.NORMAL)


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path)


def note(directory: RunDirectory, *notes: RunNote) -> None:
    with directory.journal.open("a") as sink:
        sink.write("".join(f"{each.model_dump_json(exclude_none=True)}\n" for each in notes))


def test_in_a_log_each_phase_and_crate_is_told_once_as_it_ends(directory: RunDirectory) -> None:
    told: list[str] = []
    with run_screen(directory, told.append) as screen:
        screen.show(None)
        assert told == []
        note(directory, *TO_EXECUTE)
        screen.show(None)
        assert [line.split()[1] for line in told] == ["look", "decide", "check", "prepare"]
        note(directory, uploads("hull", 20), published("hull", 22))
        screen.show(None)
        screen.show(None)
        note(directory, begins(Phase.VERIFY, 30))
        directory.journal.unlink()  # as the run does when it has written its receipt
        screen.end(ENDED)
    assert [line.split()[1] for line in told[4:]] == ["hull@1.0.0", "execute", "verify"]


def test_with_v_the_log_of_the_run_is_shown_as_it_comes(directory: RunDirectory) -> None:
    set_volume(Volume.VERBOSE)
    directory.prefect_log.write_text("of an earlier attempt\n")
    told: list[str] = []
    with run_screen(directory, told.append) as screen, directory.prefect_log.open("a") as log:
        log.write("Created task run\n")
        log.flush()
        screen.show(None)
    assert told == ["Created task run"]


PROGRAM = """
import sys
from pathlib import Path
from loadmaster.cli.commands.terminal import tell, warn
from loadmaster.cli.screen.run_screen import run_screen
from loadmaster.cli.screen.streams import suit_the_locale
from loadmaster.run.store import RunDirectory
suit_the_locale()
with run_screen(RunDirectory(Path(sys.argv[1])), tell) as screen:
    screen.show(None)
    warn("the index lags behind")
    screen.show(None)
    input()
"""
SHOWN = {
    "colours": ({"TERM": "xterm", "LANG": "C.UTF-8"}, "\x1b[32m✔ look"),
    "no colours": ({"TERM": "xterm", "LANG": "C.UTF-8", "NO_COLOR": "1"}, "\n✔ look"),
    "no Unicode": ({"TERM": "xterm", "LANG": "C", "NO_COLOR": "1"}, "\n+ look"),
    "a dumb terminal": ({"TERM": "dumb", "LANG": "C.UTF-8"}, "✔ look"),
}


@pytest.mark.parametrize(("environment", "expected"), SHOWN.values(), ids=list(SHOWN))
def test_on_a_terminal_of_60_columns(environment: dict[str, str], expected: str, directory: RunDirectory) -> None:
    note(directory, *TO_EXECUTE, uploads("hull", 20))
    words = [sys.executable, "-c", PROGRAM, str(directory.path)]
    with terminal(words, {"PATH": os.environ["PATH"], **environment}, ROOT, columns=60) as shown:
        shown.read_until("execute" if environment["TERM"] == "xterm" else "lags behind")
        shown.type("\n")
        assert shown.end() == 0
    text = shown.shown.decode().replace("\r", "")
    assert expected in text
    assert "the index lags behind\n" in text
    assert "Traceback" not in text
    assert max(len(line) for line in shown.text.split("\n")) <= 60
    assert environment["TERM"] == "xterm" or "\x1b" not in text


def test_a_dumb_terminal_is_told_each_line_once(directory: RunDirectory) -> None:
    note(directory, *TO_EXECUTE)
    words = [sys.executable, "-c", PROGRAM, str(directory.path)]
    with terminal(words, {"PATH": os.environ["PATH"], "TERM": "dumb"}, ROOT) as shown:
        shown.read_until("lags behind")
        shown.type("\n")
        assert shown.end() == 0
    assert shown.text.count("look") == 1
