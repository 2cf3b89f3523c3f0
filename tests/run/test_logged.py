"""A run's log is a file in its directory: of all its attempts, and of no other run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.run.logged import ALL_OF_PREFECT, OF_FLOWS, keep_log, log_sent
from loadmaster.run.store import RunDirectory

TASK = logging.getLogger(f"{ALL_OF_PREFECT}.task_runs")


@pytest.fixture(autouse=True)
def handlers_put_back() -> Iterator[None]:
    logger = logging.getLogger(ALL_OF_PREFECT)
    before, level = list(logger.handlers), logger.level
    logger.setLevel(logging.INFO)
    yield
    logger.handlers[:] = before
    logger.setLevel(level)


def directory(place: Path) -> RunDirectory:
    place.mkdir()
    return RunDirectory(place)


def test_a_task_is_named_and_a_line_of_the_run_is_the_runs(tmp_path: Path) -> None:
    one = directory(tmp_path / "one")
    keep_log(one)
    TASK.info("Finished", extra={"task_run_name": "push commit"})
    logging.getLogger(f"{ALL_OF_PREFECT}.flow_runs").warning("the index lags behind")
    lines = one.prefect_log.read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        "INFO    push commit: Finished",
        "WARNING run: the index lags behind",
    ]


def test_another_attempt_adds_to_it_and_another_run_has_its_own(tmp_path: Path) -> None:
    one, other = directory(tmp_path / "one"), directory(tmp_path / "other")
    for run in (one, one, other):
        keep_log(run)
        TASK.info("begun")
    assert len(one.prefect_log.read_text().splitlines()) == 2
    assert len(other.prefect_log.read_text().splitlines()) == 1


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = directory(tmp_path / "one")
    one.prefect_log.symlink_to("/dev/full")
    keep_log(one)
    TASK.info("begun", extra={"task_run_name": "push commit"})  # other handlers of Prefect's loggers want a name
    assert "Logging error" not in capsys.readouterr().err


class Sending(logging.Handler):
    """As Prefect's: what it was given is on the server once it was flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[str] = []
        self.sent: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.waiting.append(record.getMessage())

    def flush(self) -> None:
        self.sent += self.waiting
        self.waiting = []


def test_what_was_logged_is_sent_before_the_end_after_a_failure_too() -> None:
    logger, sending = logging.getLogger(OF_FLOWS), Sending()
    logger.addHandler(sending)
    try:
        with pytest.raises(ValueError), log_sent():
            logger.warning("the index lags behind")
            raise ValueError
    finally:
        logger.removeHandler(sending)
    assert (sending.waiting, sending.sent) == ([], ["the index lags behind"])
