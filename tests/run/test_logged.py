"""A run's log is a file in its directory: of all its attempts, and of no other run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.run.logged import ALL_OF_PREFECT, keep_log
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
