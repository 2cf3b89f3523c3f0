"""Runs other programs, with an argument list, an explicit environment, a deadline, and the whole output in a file.

Knows nothing of cargo or git. The environment is built from an allow-list, never inherited, so that no credential of
the caller reaches a child by accident.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadmaster.clients.disk import writing
from loadmaster.errors.files import HomeUnknown

TAIL_LINES = 40
_TAIL_BYTES = 64 * 1024

ALLOWED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "RUSTUP_HOME",
    "RUSTUP_DIST_SERVER",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""The variables of our environment that a child sees. `HOME` and `CARGO_HOME` are always the run's own."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A program that has ended. `tail` is the end of its standard error, where programs give the reason."""

    code: int
    out: str
    tail: str


def home_of_user() -> Path:
    """Raises `HomeUnknown`."""
    try:
        return Path.home()
    except RuntimeError as error:
        raise HomeUnknown() from error


def environment(home: Path, also: Iterable[str] = (), extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The allowed part of our environment with `HOME` at `home`, then `extra`.

    rustup looks for its toolchains below `HOME`, so `RUSTUP_HOME` names those below the real one. Raises `HomeUnknown`.
    """
    allowed = {name: os.environ[name] for name in (*ALLOWED, *also) if name in os.environ}
    if "RUSTUP_HOME" not in allowed:
        allowed["RUSTUP_HOME"] = str(home_of_user() / ".rustup")
    return {**allowed, "HOME": str(home), **(extra or {})}


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    deadline: float | None = None,
    logs_all: bool = False,
) -> Finished:
    """Runs `argv` to its end. Appends its standard error to `log`, and returns the last lines of it.

    With `logs_all` its standard output goes there, too, and is not returned. After `deadline` seconds, the program and its
    children are killed. Raises FileNotFoundError, subprocess.TimeoutExpired, and `DiskFull` or `NotWritten` for the log.
    """
    with writing(log):
        sink = log.open("ab")
    with sink:
        start = sink.tell()
        out_to = sink if logs_all else subprocess.PIPE
        # The child leads a process group of its own, so that its children die with it.
        child = subprocess.Popen(
            argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out_to, stderr=sink, process_group=0
        )
        try:
            out, _ = child.communicate(timeout=deadline)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
    return Finished(code=child.returncode, out=(out or b"").decode(errors="replace"), tail=last_lines(log, start))


def last_lines(log: Path, start: int = 0) -> str:
    """The end of what was written to the log from the byte `start` on, however much that is."""
    with log.open("rb") as source:
        end = source.seek(0, os.SEEK_END)
        source.seek(max(start, end - _TAIL_BYTES))
        return "\n".join(source.read().decode(errors="replace").splitlines()[-TAIL_LINES:])
