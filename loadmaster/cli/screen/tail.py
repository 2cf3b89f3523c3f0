"""The new lines of a file that grows, is written anew, and goes away: a run's journal, and its log."""

from __future__ import annotations

import os
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Self


class Tail:
    """Reads on where the last look ended. What was written before a file was removed is still read."""

    def __init__(self, path: Path, *, from_now: bool = False) -> None:
        """`from_now`: what is there already is left out."""
        self._path = path
        self._file: BufferedReader | None = None
        self._rest = b""
        if from_now:
            self.lines()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def lines(self) -> list[bytes]:
        """The whole lines that were written since the last look."""
        lines = self._read_on()
        if self._is_another():
            self._open()
            lines += self._read_on()
        return lines

    def _read_on(self) -> list[bytes]:
        if self._file is None:
            return []
        if os.fstat(self._file.fileno()).st_size < self._file.tell():  # begun anew, in place
            self._file.seek(0)
            self._rest = b""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        return lines

    def _is_another(self) -> bool:
        with suppress(OSError):
            return self._file is None or not os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        return False

    def _open(self) -> None:
        with suppress(OSError):
            opened = self._path.open("rb")
            if self._file is not None:
                self._file.close()
            self._file, self._rest = opened, b""
