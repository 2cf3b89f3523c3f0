"""A program in a terminal: what it writes there, in how many columns, and what is typed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.kit.waiting import PATIENCE, code_of, killed_at_last

_CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)")


class Terminal:
    """The side of a person: reads what is shown, and types."""

    def __init__(self, side: int, process: subprocess.Popen[bytes]) -> None:
        self._side, self.process, self.shown = side, process, b""

    @property
    def text(self) -> str:
        """What was shown, without the codes that move the cursor and colour. A line that is written over begins a new one."""
        text = self.shown.decode(errors="replace").replace("\x1b[2K", "\n").replace("\r", "")
        return _CONTROL.sub("", text)

    def type(self, keys: str) -> None:
        os.write(self._side, keys.encode())

    def read_until(self, words: str, seconds: float = PATIENCE) -> str:
        deadline = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < deadline, f"in {seconds:g} s `{words}` was not shown; only: {self.text!r}"
            assert self._read(0.2), f"the program ended before it showed `{words}`; it showed: {self.text!r}"
        return self.text

    def end(self) -> int:
        """Reads to the end, and gives the exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._read(0.2):
            assert time.monotonic() < deadline, f"the program did not end; it showed: {self.text!r}"
        return code_of(self.process, "the program in the terminal")

    def _read(self, seconds: float) -> bool:
        """Whether there may be more."""
        if select.select([self._side], [], [], seconds)[0]:
            with suppress(OSError):  # Linux says so when the other side is closed
                if piece := os.read(self._side, 65536):
                    self.shown += piece
                    return True
            return False
        return self.process.poll() is None


@contextmanager
def terminal(
    words: Sequence[str], environment: Mapping[str, str], directory: Path, columns: int = 80, lines: int = 24
) -> Iterator[Terminal]:
    """The program, with all of its streams at a terminal of that size; it has ended afterwards.

    Readline writes a size into the environment of a process that loads it, as pytest's own does: that is no terminal's.
    """
    own = {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    process = subprocess.Popen(
        words, cwd=directory, env=own, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        with killed_at_last(process):
            yield Terminal(ours, process)
    finally:
        os.close(ours)
