from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from loadmaster.rehearsal.faults import Fault, FaultScript
from loadmaster.rehearsal.registry import Registry
from tests.rehearsal.registry.packing import upload
from tests.rehearsal.registry.world import detail, served


def test_a_fault_fires_as_often_as_it_says_also_across_restarts(tmp_path: Path) -> None:
    script = FaultScript(faults=(Fault(on="publish", crate="ours", times=2, status=500, detail="planned"),))
    with served(Registry(tmp_path, faults=script)) as world:
        assert world.put(upload("other")).status_code == 200
        assert detail(world.put(upload())) == (500, "planned")
    with served(Registry(tmp_path, faults=script)) as world:
        assert world.put(upload()).status_code == 500
        assert world.put(upload()).status_code == 200
        assert [entry.status for entry in world.registry.uploads()] == [200, 500, 500, 200]


def test_a_changed_script_starts_counting_anew(tmp_path: Path) -> None:
    for status in (500, 503):
        script = FaultScript(faults=(Fault(on="publish", status=status),))
        with served(Registry(tmp_path, faults=script)) as world:
            assert world.put(upload()).status_code == status


def test_faults_in_a_row_take_their_turns(tmp_path: Path) -> None:
    script = FaultScript(faults=(Fault(on="index", status=503), Fault(on="index", status=500)))
    with served(Registry(tmp_path, faults=script)) as world:
        answers = [world.client.get("/index/ou/rs/ours").status_code for _ in range(3)]
    assert answers == [503, 500, 404]


@pytest.mark.parametrize(("crate", "fires"), [("ours", True), (None, True), ("other", False)])
def test_a_fault_may_be_for_one_crate_or_any(tmp_path: Path, crate: str | None, fires: bool) -> None:
    script = FaultScript(faults=(Fault(on="download", crate=crate, status=503, detail="no way"),))
    with served(Registry(tmp_path, faults=script)) as world:
        world.put(upload())
        answer = world.client.get("/crates/ours/ours-1.0.0.crate")
    assert answer.status_code == (503 if fires else 200)


def test_a_fault_says_when_to_return(tmp_path: Path) -> None:
    script = FaultScript(faults=(Fault(on="publish", status=429, detail="slow down", retry_after_seconds=90),))
    noon = datetime(2026, 7, 25, 12, 0, 0, 1, tzinfo=UTC)
    with served(Registry(tmp_path, faults=script, clock=lambda: noon)) as world:
        answer = world.put(upload())
    assert answer.headers["Retry-After"] == "Sat, 25 Jul 2026 12:01:31 GMT"


def test_an_answer_that_is_lost_was_an_upload_that_took_effect(tmp_path: Path) -> None:
    script = FaultScript(faults=(Fault(on="publish", lose_answer=True),))
    with served(Registry(tmp_path, faults=script)) as world:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            world.put(upload())
        assert world.client.get("/index/ou/rs/ours").status_code == 200
        assert [entry.status for entry in world.registry.uploads()] == [200]


def test_a_fault_that_only_delays_changes_nothing_else(tmp_path: Path) -> None:
    script = FaultScript(faults=(Fault(on="publish", delay_seconds=0.01),))
    with served(Registry(tmp_path, faults=script)) as world:
        assert world.put(upload()).status_code == 200
