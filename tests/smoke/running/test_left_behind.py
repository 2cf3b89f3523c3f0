"""What a run leaves when it is not allowed to clean up: the caller is killed, or the engine is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from loadmaster.errors.smoke import EngineGone
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import ENDS, LEFTOVER_AFTER, Engine, connect, ends_at
from loadmaster.smoke.running.container_run import RunSettings, run_probe
from loadmaster.smoke.running.images import container_image, machine_image
from loadmaster.smoke.running.kernels import NEWEST_STABLE
from tests.kit.checkout import ROOT
from tests.kit.real_engine import LATER, Heard, kill_engine, own_engine, starts
from tests.kit.waiting import beside, code_of, killed_at_last, result_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("engine")]
CALLER = """
import signal
import sys
from pathlib import Path
from loadmaster.smoke.clients import container
from loadmaster.smoke.running.container_run import RunSettings, run_probe
from loadmaster.run.store import Store
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as Prefect has it: raised wherever the program is
container.LEFTOVER_AFTER = int(sys.argv[4])
settings = RunSettings(nonce="a1", deadline=int(sys.argv[3]))
run_probe("vm", settings, container.connect(sys.argv[1]), Store(Path(sys.argv[2])))
"""


@contextmanager
def caller(
    engine: Engine, store: Store, deadline: int, leftover_after: int = LEFTOVER_AFTER
) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that runs a probe, for as long as the context; then it is killed."""
    argv = [sys.executable, "-c", CALLER, engine.address, str(store.root), str(deadline), str(leftover_after)]
    with killed_at_last(subprocess.Popen(argv, cwd=ROOT)) as process:
        yield process


def test_what_a_killed_run_leaves_is_swept(engine: Engine, store: Store) -> None:
    started = starts(engine)
    with caller(engine, store, 60):
        left = started.next()
    assert engine.sweep(time.time()) == []
    assert engine.client.containers.get(left).status == "running"
    assert len(engine.sweep(time.time() + LATER)) == 1
    assert engine.client.containers.list(all=True, filters={"label": ENDS}) == []


def test_what_a_killed_run_leaves_is_swept_by_the_next_one(engine: Engine, store: Store) -> None:
    """One that comes after its deadline, and makes its own test all the same."""
    started = starts(engine)
    with caller(engine, store, 2, leftover_after=0):
        left = started.next()
    assert engine.client.containers.get(left).wait(timeout=20)["StatusCode"] == 124
    ran = run_probe("native", RunSettings(nonce="a2"), engine, store)
    assert '"nonce":"a2"' in ran.log
    assert engine.client.containers.list(all=True, filters={"label": ENDS}) == []


def test_what_a_killed_run_leaves_ends_by_itself(engine: Engine, store: Store) -> None:
    started = starts(engine)
    with caller(engine, store, 2):
        left = started.next()
    assert engine.client.containers.get(left).wait(timeout=20)["StatusCode"] == 124
    engine.sweep(time.time() + LATER)


def test_a_sweep_is_not_disturbed_by_others_that_remove_theirs_meanwhile(engine: Engine, store: Store) -> None:
    """Docker lists containers and images, and then asks for each: one may be gone by then."""
    image = container_image(engine, store, {}, "").name

    def come_and_go() -> None:
        for number in range(20):
            engine.client.containers.create(image, labels={ENDS: ends_at(LATER)}).remove()
            engine.remove_image(container_image(engine, store, {"/subject/recipe": b"%d" % number}, "passing").name)

    with ThreadPoolExecutor() as pool:
        others = pool.submit(come_and_go)
        while not others.done():
            assert engine.sweep(time.time()) == []
        others.result()


@pytest.mark.parametrize("moment", ["create", "start"])
def test_a_run_that_is_asked_to_end_takes_its_container_along(moment: str, engine: Engine, store: Store) -> None:
    """At any moment: the engine may have made the container, and the caller not heard of it yet."""
    machine_image(engine, store, NEWEST_STABLE, {}, "")
    seen = Heard(engine, moment)
    with caller(engine, store, 60) as process:
        seen.next()
        process.terminate()
        code_of(process, "the caller")
    assert engine.client.containers.list(all=True, filters={"label": ENDS}) == []


def test_the_image_of_a_release_is_swept_only_once_it_is_over(engine: Engine, store: Store) -> None:
    image = machine_image(engine, store, NEWEST_STABLE, {"/subject/recipe": b""}, "left")
    assert engine.sweep(time.time()) == []
    assert engine.has_image(image.name)
    engine.sweep(time.time() + LATER)
    assert not engine.has_image(image.name)


@pytest.mark.skipif(os.geteuid() != 0, reason="an engine of its own takes root")
def test_an_engine_that_goes_away_in_the_middle(tmp_path_factory: pytest.TempPathFactory, store: Store) -> None:
    # A short name: sockets below it may have a hundred characters.
    place = tmp_path_factory.mktemp("e")
    with own_engine(place) as address:
        engine = connect(address)
        started = starts(engine)
        ran = beside(lambda: run_probe("vm", RunSettings(nonce="a1"), engine, store))
        started.next()
        kill_engine(place)
        with pytest.raises(EngineGone):
            result_of(ran, "the run noticed")
        with own_engine(place):
            engine.sweep(time.time() + LATER)
            assert engine.client.containers.list(all=True) == []
