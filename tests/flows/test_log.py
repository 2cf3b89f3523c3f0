"""What the log of a run says if the release is refused."""

from __future__ import annotations

import logging

import pytest

from loadmaster.flows.rehearse import rehearse
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.run.store import Store

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]


def test_a_refusal_is_one_line_and_no_traceback(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    state = rehearse(RehearseRequest(project="demo", version="0.0.1"), return_state=True)
    assert state.is_failed()
    told = [each for each in caplog.records if each.levelno >= logging.WARNING or "Finished" in each.getMessage()]
    refusals = [each.getMessage() for each in told if "gates-closed" in each.getMessage()]
    assert len(refusals) == 1
    assert "version-greater" in refusals[0]
    assert "\n" not in refusals[0]
    assert not [each for each in told if each.exc_info or each.exc_text or "Traceback" in each.getMessage()]
    assert [each.getMessage() for each in told if each.name == "prefect.flow_runs"][-1] == "Finished in state Failed()"
