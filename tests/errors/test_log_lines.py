"""What the log of a run says of an error: one line for one of the catalogue, everything for any other."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

from loadmaster.errors.log_lines import line_of, log_expected_errors_in_one_line
from loadmaster.errors.request import GatesClosed, UnknownProject

REFUSED = GatesClosed(["tree-clean: `a.rs` differs (next: commit it.)", "msrv: no"])


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    log_expected_errors_in_one_line()
    handler, parent = Lines(), logging.getLogger("prefect")
    parent.addHandler(handler)
    level, parent.level = parent.level, logging.INFO
    with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False}):
        yield handler.lines
    parent.removeHandler(handler)
    parent.level = level


def told(logger: str, error: Exception, said: str = "Encountered exception during execution: %r") -> None:
    try:
        raise error
    except type(error):
        logging.getLogger(logger).exception(said, error)


def test_an_error_of_the_catalogue_is_one_line_for_the_task_the_flow_and_the_engine(lines: list[str]) -> None:
    error = UnknownProject("wing", ["tail"])
    for logger in ("prefect.task_runs", "prefect.flow_runs", "prefect.engine"):
        told(logger, error)
    for quoted in (f"'UnknownProject: {error}'", repr(f"UnknownProject: {error}")):
        logging.getLogger("prefect.flow_runs").info(f"Finished in state Failed({quoted})")
    assert lines == [line_of(error), *["Finished in state Failed()"] * 2]


def test_the_end_of_another_run_stays_as_it_is(lines: list[str]) -> None:
    told("prefect.task_runs", UnknownProject("wing", ["rudder"]))
    logging.getLogger("prefect.flow_runs").info("Finished in state Failed('ZeroDivisionError: planted')")
    assert lines[1:] == ["Finished in state Failed('ZeroDivisionError: planted')"]


def test_the_line_says_what_happened_and_what_to_do() -> None:
    assert line_of(REFUSED).startswith(
        "gates-closed: 2 problems found before anything was changed: - tree-clean: `a.rs`"
    )
    assert line_of(REFUSED).endswith("Next: do what each line says after `next:`, then start again.")
    assert "\n" not in line_of(REFUSED)


def test_any_other_error_keeps_its_traceback(lines: list[str]) -> None:
    told("prefect.flow_runs", ZeroDivisionError("planted"))
    assert len(lines) == 1
    assert lines[0].startswith("Encountered exception during execution: ZeroDivisionError('planted')\nTraceback")


def test_each_attempt_of_a_task_has_its_line(lines: list[str]) -> None:
    error = UnknownProject("wing", ["keel"])
    for _ in range(2):
        told("prefect.task_runs", error)
    assert lines == [line_of(error)] * 2
