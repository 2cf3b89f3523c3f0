"""Each fault of the registry over real sockets: what a client sees, and what came of the request."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadmaster.rehearsal.faults import Fault, FaultScript
from loadmaster.rehearsal.registry import Registry, Service
from tests.kit.packing import crate_file, upload
from tests.kit.registry_world import Served, detail, served
from tests.kit.waiting import beside, eventually, result_of

INDEX = "/index/ou/rs/ours"
FILE = "/crates/ours/ours-1.0.0.crate"
READ_ONLY = (
    "crates.io is currently in read-only mode. Please check https://status.crates.io/ for details and try again later."
)
LONG = os.urandom(200_000).hex()
"""More than a server reads ahead."""


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 7, 25, 12, 0, 0, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def script(*faults: Fault) -> FaultScript:
    return FaultScript(faults=faults)


def statuses(world: Served) -> list[int]:
    return [entry.status for entry in world.registry.uploads()]


def checksums(world: Served) -> list[str | None]:
    return [json.loads(line).get("cksum") for line in world.client.get(INDEX).text.splitlines()]


def test_a_fault_fires_as_often_as_it_says_also_across_restarts(tmp_path: Path) -> None:
    faults = script(Fault(on="publish", crate="ours", after=1, times=2, status=500, detail="planned"))
    with served(Registry(tmp_path, faults=faults)) as world:
        assert world.put(upload("other")).status_code == 200
        assert world.put(upload()).status_code == 200
        assert detail(world.put(upload(version="1.1.0"))) == (500, "planned")
    with served(Registry(tmp_path, faults=faults)) as world:
        assert world.put(upload(version="1.1.0")).status_code == 500
        assert world.put(upload(version="1.1.0")).status_code == 200
        assert statuses(world) == [200, 200, 500, 500, 200]


def test_a_changed_script_starts_counting_anew(tmp_path: Path) -> None:
    for status in (500, 503):
        with served(Registry(tmp_path, faults=script(Fault(on="publish", status=status)))) as world:
            assert world.put(upload()).status_code == status


def test_faults_in_a_row_take_their_turns(tmp_path: Path) -> None:
    with served(
        Registry(tmp_path, faults=script(Fault(on="index", status=503), Fault(on="index", status=500)))
    ) as world:
        answers = [world.client.get(INDEX).status_code for _ in range(3)]
    assert answers == [503, 500, 404]


@pytest.mark.parametrize(("crate", "fires"), [("ours", True), (None, True), ("other", False)])
def test_a_fault_may_be_for_one_crate_or_any(tmp_path: Path, crate: str | None, fires: bool) -> None:
    with served(Registry(tmp_path, faults=script(Fault(on="download", crate=crate, status=503)))) as world:
        world.put(upload())
        answer = world.client.get(FILE)
    assert answer.status_code == (503 if fires else 200)


@pytest.mark.parametrize(
    ("fault", "status", "answer", "logged"),
    [
        pytest.param({"status": 500, "detail": "no"}, 500, '{"errors":[{"detail":"no"}]}', 500, id="an error"),
        pytest.param({"status": 200, "detail": "no"}, 200, '{"errors":[{"detail":"no"}]}', 0, id="200 with errors"),
        pytest.param({"status": 502, "form": "empty"}, 502, "", 502, id="an error without a word"),
        pytest.param({"status": 200, "form": "empty"}, 200, "", 0, id="200 without a word"),
        pytest.param({"status": 504, "detail": "a<b", "form": "html"}, 504, "<h1>a&lt;b</h1>", 504, id="a page"),
        pytest.param({"status": 200, "form": "html"}, 200, "<!doctype html>", 0, id="200 with a page"),
        pytest.param({"read_only": True}, 503, json.dumps(READ_ONLY), 503, id="read-only mode"),
    ],
)
def test_an_upload_that_is_answered_for_has_no_effect(
    tmp_path: Path, fault: dict[str, Any], status: int, answer: str, logged: int
) -> None:
    with served(Registry(tmp_path, faults=script(Fault(on="publish", **fault)))) as world:
        told = world.put(upload())
        assert told.status_code == status
        assert answer in told.text
        assert world.client.get(INDEX).status_code == 404
        assert world.put(upload()).status_code == 200
        assert statuses(world) == [logged, 200]


@pytest.mark.parametrize(("form", "answer"), [("html", "<h1>It works!</h1>"), ("empty", "")])
def test_an_answer_may_be_unreadable_though_the_upload_took_effect(tmp_path: Path, form: Any, answer: str) -> None:
    with served(Registry(tmp_path, faults=script(Fault(on="publish", form=form)))) as world:
        told = world.put(upload())
        assert told.status_code == 200
        assert answer in told.text
        assert (world.client.get(INDEX).status_code, statuses(world)) == (200, [200])


@pytest.mark.parametrize(
    ("fault", "there", "logged"),
    [
        pytest.param(Fault(on="publish", reset="before-body"), False, 0, id="before the crate file was read"),
        pytest.param(Fault(on="publish", reset="before-commit"), False, 0, id="before it took effect"),
        pytest.param(Fault(on="publish", lose_answer=True), True, 200, id="after it took effect"),
    ],
)
def test_a_connection_is_cut(tmp_path: Path, fault: Fault, there: bool, logged: int) -> None:
    with served(Registry(tmp_path, faults=script(fault))) as world:
        with pytest.raises(httpx.TransportError):
            world.put(upload(rest=f"# {LONG}"))
        assert (world.client.get(INDEX).status_code == 200) is there
        assert statuses(world) == [logged]
        assert world.put(upload("another")).status_code == 200


def test_read_only_mode_ends_when_its_time_is_over(tmp_path: Path) -> None:
    clock = Clock()
    faults = script(Fault(on="publish", read_only=True, for_seconds=60))
    with served(Registry(tmp_path, faults=faults, clock=clock)) as world:
        clock.now += timedelta(hours=1)
        assert [world.put(upload()).status_code for _ in range(3)] == [503] * 3, "it begins with the first request"
    clock.now += timedelta(seconds=59)
    with served(Registry(tmp_path, faults=faults, clock=clock)) as world:
        assert world.put(upload()).status_code == 503
        clock.now += timedelta(seconds=1)
        assert world.put(upload()).status_code == 200


def test_a_fault_says_when_to_return(tmp_path: Path) -> None:
    faults = script(Fault(on="publish", status=429, detail="slow down", retry_after_seconds=90))
    with served(Registry(tmp_path, faults=faults, clock=Clock())) as world:
        answer = world.put(upload())
    assert answer.headers["Retry-After"] == "Sat, 25 Jul 2026 12:01:31 GMT"


def test_a_fault_that_only_delays_waits_by_the_world_s_clock_and_changes_nothing_else(tmp_path: Path) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    with served(Registry(tmp_path, faults=script(Fault(on="publish", delay_seconds=600)), sleep=sleep)) as world:
        assert world.put(upload()).status_code == 200
    assert 600 in waits


def test_a_request_that_is_held_has_a_file_and_goes_on_when_that_is_removed(tmp_path: Path) -> None:
    faults = script(Fault(on="publish", crate="ours", hold_seconds=600))
    held = tmp_path / "held" / "publish-ours"
    with served(Registry(tmp_path, faults=faults)) as world:
        answer = beside(lambda: world.put(upload()))
        eventually(held.exists, "the upload is held")
        assert world.put(upload("other")).status_code == 200
        assert not answer.done()
        assert statuses(world) == [200]
        held.unlink()
        assert result_of(answer, "the upload was answered").status_code == 200
        assert statuses(world) == [200, 200]


def test_a_request_that_nobody_lets_go_is_held_for_so_long_by_the_world_s_clock(tmp_path: Path) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    faults = script(Fault(on="publish", hold_seconds=600, status=500))
    with served(Registry(tmp_path, faults=faults, sleep=sleep)) as world:
        assert world.put(upload()).status_code == 500
    assert sum(waits) == pytest.approx(600, abs=1)
    assert not list((tmp_path / "held").iterdir())


def test_a_version_comes_late_into_the_index_and_only_there(tmp_path: Path) -> None:
    clock = Clock()
    faults = script(Fault(on="index", crate="ours", lag_seconds=60))
    with served(Registry(tmp_path, faults=faults, clock=clock)) as world:
        world.put(upload())
        world.put(upload("other"))
        assert [world.client.get(each).status_code for each in (INDEX, "/index/ot/he/other")] == [404, 200]
        assert world.client.get("/api/v1/crates/ours/1.0.0").status_code == 200
        assert world.client.get(FILE).status_code == 200
        clock.now += timedelta(seconds=59)
        world.put(upload(version="1.1.0"))
        assert world.client.get(INDEX).status_code == 404
    clock.now += timedelta(seconds=1)
    with served(Registry(tmp_path, faults=faults, clock=clock)) as world:
        assert len(world.client.get(INDEX).text.splitlines()) == 1
        clock.now += timedelta(seconds=59)
        assert len(world.client.get(INDEX).text.splitlines()) == 2


def test_a_slow_registry_is_late_for_every_crate_and_a_fault_can_say_otherwise(tmp_path: Path) -> None:
    clock = Clock()
    faults = script(Fault(on="index", crate="other", lag_seconds=9))
    with served(Registry(tmp_path, faults=faults, service=Service(visible=3), clock=clock)) as world:
        world.put(upload())
        world.put(upload("other"))
        clock.now += timedelta(seconds=3)
        assert [world.client.get(each).status_code for each in (INDEX, "/index/ot/he/other")] == [200, 404]


def test_every_other_read_of_a_stale_edge_is_older(tmp_path: Path) -> None:
    with served(Registry(tmp_path, faults=script(Fault(on="index", stale=True, times=2)))) as world:
        assert world.client.get(INDEX).status_code == 404
        world.put(upload())
        assert world.client.get(INDEX).status_code == 404, "looking before there is anything uses nothing up"
        world.put(upload(version="1.1.0"))
        answers = [world.client.get(INDEX) for _ in range(4)]
    assert [len(each.text.splitlines()) for each in answers] == [2, 1, 2, 2]
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]


@pytest.mark.parametrize("kind", ["wrong", "missing"])
def test_the_checksum_in_the_index_is_not_the_file_s(tmp_path: Path, kind: Any) -> None:
    right = hashlib.sha256(crate_file()).hexdigest()
    newest = hashlib.sha256(crate_file(version="1.1.0")).hexdigest()
    with served(Registry(tmp_path, faults=script(Fault(on="index", checksum=kind)))) as world:
        world.client.get(INDEX)
        world.put(upload())
        world.put(upload(version="1.1.0"))
        first, second = checksums(world)
        assert first == right
        assert second is None if kind == "missing" else second not in (None, newest)
        assert checksums(world) == [right, newest]


def test_a_file_that_was_tampered_with_has_another_checksum_and_the_same_length(tmp_path: Path) -> None:
    with served(Registry(tmp_path, faults=script(Fault(on="download", tampered=True)))) as world:
        world.put(upload())
        tampered, whole = world.client.get(FILE).content, world.client.get(FILE).content
    assert whole == crate_file()
    assert tampered != whole
    assert len(tampered) == len(whole)


@pytest.mark.parametrize(("on", "path"), [("index", INDEX), ("download", FILE), ("config", "/index/config.json")])
def test_one_loop_of_redirects_is_one_fault_however_long_it_is_followed(tmp_path: Path, on: Any, path: str) -> None:
    with served(Registry(tmp_path, faults=script(Fault(on=on, loop=True)))) as world:
        world.put(upload())
        with pytest.raises(httpx.TooManyRedirects):
            world.client.get(path, follow_redirects=True)
        assert world.client.get(path, follow_redirects=True).status_code == 200


@pytest.mark.parametrize(("on", "path"), [("index", INDEX), ("download", FILE), ("config", "/index/config.json")])
@pytest.mark.parametrize(
    ("fault", "status", "answer"),
    [
        ({"status": 502, "detail": "bad gateway"}, 502, "bad gateway"),
        ({"form": "html"}, 200, "<!doctype html>"),
        ({"form": "empty"}, 200, ""),
    ],
    ids=["an error", "a page", "nothing"],
)
def test_what_is_read_comes_in_another_form(
    tmp_path: Path, on: Any, path: str, fault: dict[str, Any], status: int, answer: str
) -> None:
    with served(Registry(tmp_path, faults=script(Fault(on=on, **fault)))) as world:
        world.put(upload())
        told = world.client.get(path)
        assert (told.status_code, answer in told.text) == (status, True)
        assert bool(told.content) is bool(answer)
        assert world.client.get(path).status_code == 200


def test_an_answer_to_a_read_is_lost(tmp_path: Path) -> None:
    with served(Registry(tmp_path, faults=script(Fault(on="index", lose_answer=True)))) as world:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            world.client.get(INDEX)
        assert world.client.get(INDEX).status_code == 404


def test_an_outage_of_the_whole_registry_answers_everything_until_it_is_over(tmp_path: Path) -> None:
    clock = Clock()
    away = Fault(on="registry", status=503, detail="busy", for_seconds=20)
    with served(Registry(tmp_path, faults=script(away), clock=clock)) as world:
        asked = [world.client.get(path) for path in ("/index/config.json", INDEX, FILE, "/api/v1/crates/ours")]
        assert [(each.status_code, "busy" in each.text) for each in asked] == [(503, True)] * 4
        assert detail(world.put(upload())) == (503, "busy")
        clock.now += timedelta(seconds=20)
        assert world.put(upload()).status_code == 200
        assert statuses(world) == [200]


def test_a_registry_that_hangs_up_answers_nothing_at_all(tmp_path: Path) -> None:
    with served(Registry(tmp_path, faults=script(Fault(on="registry", reset="before-body")))) as world:
        with pytest.raises(httpx.TransportError):
            world.put(upload())
        assert world.put(upload()).status_code == 200
