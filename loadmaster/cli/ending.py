"""How the program ends when something stopped it: in words, with an exit code, and never with a traceback on the screen."""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import typer
from typer._click.exceptions import ClickException

from loadmaster.cli.commands.terminal import warn
from loadmaster.cli.screen.volume import Volume, volume
from loadmaster.cli.usage import print_failure
from loadmaster.errors.base import LoadmasterError, at_terminal
from loadmaster.errors.files import FileUnreadable
from loadmaster.errors.run import CommandInterrupted, UnexpectedFailure
from loadmaster.shipped import checkout, shipped

_PIPE_CLOSED = 128 + signal.SIGPIPE
_OUTPUT_ALONE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)
"""What a write says that names no file: only our own output has none."""


@contextmanager
def ended_in_words() -> Iterator[None]:
    """Ends the program with `SystemExit` for whatever the block raises; errors of the catalogue have their own exit code."""
    try:
        yield
        _flush()
    except BrokenPipeError:  # whoever read it has had enough
        _leave_pipe()
        raise SystemExit(_PIPE_CLOSED) from None
    except (KeyboardInterrupt, typer.Abort):
        _tell(CommandInterrupted())
    except LoadmasterError as error:
        _tell(error)
    except (SystemExit, ClickException):
        raise
    except Exception as error:  # noqa: BLE001 - a bug is told in words, and kept in a file
        _tell(_of_system(error) or _of_bug(error))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def _tell(error: LoadmasterError) -> None:
    with suppress(OSError):  # where nobody listens, the exit code has to do
        print_failure(error)
        warn(f"loadmaster: {at_terminal(error)}")
        if "`docs/" in str(error) and checkout() is None:
            warn(f"  docs: {shipped('docs')}")
        _flush()
    _leave_pipe()
    raise SystemExit(error.exit_code) from None


def _leave_pipe() -> None:
    """Python flushes both streams at its end, and would complain once more of one that takes nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
            continue
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(nowhere, stream.fileno())


def _of_system(error: Exception) -> LoadmasterError | None:
    """What the file system refused, if that was it."""
    if not isinstance(error, OSError) or (error.filename is None and error.errno not in _OUTPUT_ALONE):
        return None
    if isinstance(error, PermissionError) and error.filename is not None:
        # Somebody else's store, profile or tree: whoever reads it need not know. Who writes, says so (`disk.writing`).
        return FileUnreadable(os.fsdecode(error.filename), error.strerror or str(error))
    from loadmaster.clients.disk import writing

    try:
        with writing(Path(os.fsdecode(error.filename) if error.filename else "standard output")):
            raise error
    except LoadmasterError as known:
        return known


def _of_bug(error: Exception) -> LoadmasterError:
    """The error, with its traceback in a file that can be sent; with `-v` it is shown, too."""
    text = "".join(traceback.format_exception(error))
    if volume() is Volume.VERBOSE:
        warn(text)
    return UnexpectedFailure(type(error).__name__, str(error), _written(text))


def _written(text: str) -> str | None:
    for place in _places():
        with suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            file = place / f"failure-{os.getpid()}.log"
            file.write_text(text, encoding="utf-8", errors="backslashreplace")
            return str(file)
    return None


def _places() -> Iterator[Path]:
    """Where a traceback may be kept, the best first."""
    from loadmaster.run.store import place_of_store

    with suppress(LoadmasterError):
        yield place_of_store().root
    yield Path(tempfile.gettempdir())
