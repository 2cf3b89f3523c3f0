"""An engine that stops answering in the middle of a run: stopped by a signal, or behind a line that goes dead.

Each time there is an error of its own, soon after the deadline, and what was left is swept once the engine can be asked again.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadmaster.errors.smoke import EngineGone, EngineHanging
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import ENDS, Engine, Sandbox, connect
from loadmaster.smoke.running.container_run import RunSettings, run_probe
from loadmaster.smoke.running.images import container_image, machine_image
from loadmaster.smoke.running.kernels import NEWEST_STABLE
from tests.kit.proxy import proxy
from tests.kit.real_engine import LATER, own_engine, pid_of, starts
from tests.kit.waiting import beside, result_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("engine")]
PATIENCE = 5
DEADLINE = 3
SLACK = 10
"""Seconds that a busy machine may take beyond what is promised."""
REQUESTS = {
    "the making of the container": b"/containers/create",
    "its start": b"/start",
    "the waiting for its end": b"/wait",
    "the question how it ended": b"/json HTTP",
    "its log": b"follow=0",
}


def left(engine: Engine) -> list[object]:
    return list(engine.client.containers.list(all=True, filters={"label": ENDS}))


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.skipif(os.geteuid() != 0, reason="an engine of its own takes root")
def test_an_engine_that_hangs_in_the_middle(tmp_path_factory: pytest.TempPathFactory, store: Store) -> None:
    place = tmp_path_factory.mktemp("e")
    with own_engine(place) as address:
        engine = connect(address)
        machine_image(engine, store, NEWEST_STABLE, {}, "")
        started = starts(engine)
        impatient = connect(address, patience=PATIENCE)
        settings = RunSettings(nonce="a1", deadline=DEADLINE)
        ran = beside(lambda: run_probe("vm", settings, impatient, store))
        started.next()
        begun = time.monotonic()
        with stopped(pid_of(place)):
            with pytest.raises(EngineHanging, match=f"in {PATIENCE} seconds"):
                result_of(ran, "the run noticed")
            assert time.monotonic() - begun < DEADLINE + 5 + PATIENCE + SLACK
        engine.sweep(time.time() + LATER)
        assert left(engine) == []


@pytest.mark.parametrize("trigger", REQUESTS.values(), ids=REQUESTS)
def test_a_line_that_goes_silent(trigger: bytes, engine: Engine, store: Store, tmp_path: Path) -> None:
    image = container_image(engine, store, {}, "").name
    with proxy(tmp_path, engine.address, trigger, "silent") as (stands, address):
        begun = time.monotonic()
        with pytest.raises(EngineHanging, match="in 2 seconds"):
            connect(address, patience=2).run(Sandbox(image=image, seconds=2, memory=64), print, allowance=1)
        assert time.monotonic() - begun < 2 + 1 + 2 + SLACK
        assert stands.met.is_set()
    engine.sweep(time.time() + LATER)
    assert left(engine) == []


@pytest.mark.parametrize("trigger", REQUESTS.values(), ids=REQUESTS)
def test_a_line_that_breaks_off(trigger: bytes, engine: Engine, store: Store, tmp_path: Path) -> None:
    image = container_image(engine, store, {}, "").name
    with proxy(tmp_path, engine.address, trigger, "broken") as (stands, address):
        with pytest.raises(EngineGone):
            connect(address).run(Sandbox(image=image, seconds=2, memory=64), print)
        assert stands.met.is_set()
    engine.sweep(time.time() + LATER)
    assert left(engine) == []


def test_an_engine_that_hangs_at_the_very_end_takes_no_result_away(
    engine: Engine, store: Store, tmp_path: Path
) -> None:
    image = container_image(engine, store, {}, "").name
    with proxy(tmp_path, engine.address, b"DELETE ", "silent") as (stands, address):
        ended = connect(address, patience=2).run(Sandbox(image=image, seconds=5, memory=64), print)
        assert stands.met.is_set()
    assert ended.code is not None
    assert len(left(engine)) == 1
    engine.sweep(time.time() + LATER)
    assert left(engine) == []
