"""The log of a run: what Prefect and the steps say, which no terminal has to show. It is a file in the run's directory, and Prefect
sends it to its server.

Knows the name of Prefect's logger, and imports nothing of it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from loadmaster.run.store import RunDirectory

ALL_OF_PREFECT = "prefect"
"""The logger above those of its flows, its tasks and its engine."""
OF_FLOWS = "prefect.flow_runs"
"""The logger whose handler sends records of flows and of tasks alike, every two seconds."""


class _RunLog(logging.FileHandler):
    """A log that cannot be written stops nothing: a full disk is told where it matters."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


def keep_log(directory: RunDirectory) -> None:
    """From now on, in this process, appends every record to the run's file; an earlier call's file gets no more."""
    logger = logging.getLogger(ALL_OF_PREFECT)
    for earlier in [each for each in logger.handlers if isinstance(each, _RunLog)]:
        logger.removeHandler(earlier)
        earlier.close()
    handler = _RunLog(directory.prefect_log, encoding="utf-8", delay=True)
    lines = logging.Formatter(
        "%(asctime)s %(levelname)-7s %(task_run_name)s: %(message)s",
        "%Y-%m-%dT%H:%M:%SZ",
        defaults={"task_run_name": "run"},  # Prefect names the task in its own records
    )
    lines.converter = time.gmtime
    handler.setFormatter(lines)
    logger.addHandler(handler)


@contextmanager
def log_sent() -> Iterator[None]:
    """Afterwards all that was logged within is on the server. So whoever sees the run's end there sees its warnings, too."""
    try:
        yield
    finally:
        for handler in logging.getLogger(OF_FLOWS).handlers:
            handler.flush()
