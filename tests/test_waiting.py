"""What never happens fails the test that waits for it, in time, and in words that say what it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import Queue

import psutil
import pytest

from tests.kit.waiting import beside, code_of, eventually, killed_at_last, line_of, next_of, result_of, told_to

SOON = 0.2
HANGS = [sys.executable, "-c", "import signal; print('half', end='', flush=True); signal.pause()"]


@pytest.fixture
def hanging() -> Iterator[subprocess.Popen[bytes]]:
    with killed_at_last(subprocess.Popen(HANGS, stdout=subprocess.PIPE)) as process:
        yield process


def nothing_comes() -> Iterator[int]:
    Queue[None]().get(timeout=60)
    yield 1


NEVER: dict[str, tuple[Callable[[subprocess.Popen[bytes]], object], str]] = {
    "an answer": (lambda _: eventually(lambda: False, "it rained", SOON), "it did not happen that it rained"),
    "a line": (lambda process: line_of(process.stdout, "the gauge", 2), "no line came of the gauge; so far: b'half'"),
    "an end": (lambda process: code_of(process, "the rain", SOON), "it did not happen that the rain ended"),
    "a word": (lambda _: told_to(Queue[str](), "the rain", SOON), "nothing was told of the rain"),
    "a result": (lambda _: result_of(Future[int](), "it rained", SOON), "it did not happen that it rained"),
    "an event": (lambda _: next_of(nothing_comes(), "it rained", SOON), "it did not happen that it rained"),
}


@pytest.mark.parametrize(("wait", "told"), NEVER.values(), ids=NEVER)
def test_what_never_comes_is_told(
    hanging: subprocess.Popen[bytes], wait: Callable[[subprocess.Popen[bytes]], object], told: str
) -> None:
    with pytest.raises(AssertionError, match=f"^in [0-9.]+ s {told}"):
        wait(hanging)


def test_a_line_is_read_and_what_follows_it_is_left() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", 0) as pipe, os.fdopen(writing, "wb", 0) as other:
        other.write(b"one\ntwo\n")
        assert [line_of(pipe, "the pipe") for _ in range(2)] == ["one\n", "two\n"]
        other.close()
        assert line_of(pipe, "the pipe") == ""


def test_an_error_of_the_work_beside_is_raised_where_its_result_is_wanted() -> None:
    def work() -> int:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        result_of(beside(work), "the work ended")


def test_a_failure_beside_a_program_that_hangs_ends_it() -> None:
    process = subprocess.Popen(HANGS, stdout=subprocess.PIPE)
    with pytest.raises(ValueError, match="first"), killed_at_last(process):
        raise ValueError("first")
    assert not psutil.pid_exists(process.pid)
