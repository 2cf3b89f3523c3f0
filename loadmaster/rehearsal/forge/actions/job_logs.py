"""The logs of jobs: a file for each, a line for each line that was printed, with its instant as at GitHub."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path

from loadmaster.rehearsal.forge.memory.premises import Premises

_BYTE_ORDER_MARK = "\ufeff"


class JobLogs:
    def __init__(self, premises: Premises) -> None:
        self._premises, self._folder = premises, premises.directory / "logs"
        self._writing = threading.Lock()
        if premises.file.fact("log-key") is None:
            premises.file.note("log-key", secrets.token_hex(16))

    def place(self, job: int) -> Path:
        return self._folder / f"{job}.log"

    def tell(self, job: int, lines: Iterable[str]) -> None:
        """Adds lines that are printed now. A line with an end in its midst becomes several."""
        when = self._premises.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
        written = [f"{when} {part}\n" for line in lines for part in (line.splitlines() or [""])]
        with self._writing:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self.place(job).open("a", encoding="utf-8", errors="replace") as log:
                log.writelines(written)

    def begin(self, job: int) -> None:
        """Empties it: a world that was killed meanwhile lets the job begin again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.place(job).write_text("", encoding="utf-8")

    def read(self, job: int) -> str:
        file = self.place(job)
        return _BYTE_ORDER_MARK + (file.read_text(encoding="utf-8", errors="replace") if file.exists() else "")

    def drop(self, job: int) -> None:
        self.place(job).unlink(missing_ok=True)

    def signature(self, job: int) -> str:
        """What a storage address has in the place of a credential."""
        key = (self._premises.file.fact("log-key") or "").encode()
        return hmac.new(key, str(job).encode(), hashlib.sha256).hexdigest()
