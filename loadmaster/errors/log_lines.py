"""Log lines for errors of the catalogue: one line with the text of each, and no traceback, because such a stop is expected.

Prefect logs one error up to three times with its traceback: for the task, for the flow, for the engine. Any other error is a
defect, and keeps its traceback. Knows the names of Prefect's loggers, and imports nothing of it.
"""

from __future__ import annotations

import logging
import threading

from loadmaster.errors.base import LoadmasterError, clause, in_one_line

_TASKS = "prefect.task_runs"
_AROUND = ("prefect.flow_runs", "prefect.engine")
"""What reports an error after its task did."""
_FINISHED = "Finished in state "


class _OneLine(logging.Filter):
    """Remembers what was told, because the same error passes through a task, the flow and the engine."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str) and record.msg.startswith(_FINISHED):
            return self._shorten(record)
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, LoadmasterError):
            return True
        with self._lock:
            told_before = str(error) in self._told
            self._told.add(str(error))
        record.msg, record.args = line_of(error), None
        record.exc_info = record.exc_text = None
        return not (told_before and record.name in _AROUND)

    def _shorten(self, record: logging.LogRecord) -> bool:
        """The end of a run, without the text of an error that has a line of its own. Prefect quotes it, with `\\n` in it."""
        with self._lock:
            firsts = {told.splitlines()[0] for told in self._told}
        if any(first in record.msg or repr(first)[1:-1] in record.msg for first in firsts):
            record.msg = f"{record.msg.partition('(')[0]}()"
        return True


def line_of(error: LoadmasterError) -> str:
    """The error in one line: its code, what happened, and what to do next."""
    return f"{error.code}: {clause(in_one_line(error.what))}. Next: {in_one_line(error.fix)}"


def log_expected_errors_in_one_line() -> None:
    """From now on, in this process. Calling it again changes nothing."""
    for name in (_TASKS, *_AROUND):
        logger = logging.getLogger(name)
        if not any(isinstance(each, _OneLine) for each in logger.filters):
            logger.addFilter(_ONE_LINE)


_ONE_LINE = _OneLine()
