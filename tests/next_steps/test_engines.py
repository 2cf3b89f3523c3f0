"""A container engine that is missing, hangs or refuses: what the message says to run brings one, or shows why."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.errors.smoke import EngineCannotStart, EngineHanging, EngineRefused
from loadmaster.errors.smoke_run import SmokeNotPassed
from loadmaster.planning.smoke.style import Backend
from loadmaster.planning.smoke.verdict import Mode
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import Sandbox, connect
from loadmaster.smoke.request import SmokeRequest
from loadmaster.smoke.running.images import container_image
from loadmaster.smoke.steps.make import smoke
from loadmaster.smoke.steps.of_release import require_passed
from tests.kit.checkout import ROOT
from tests.kit.engine import NOWHERE
from tests.kit.next_step import run_as_printed, start_as_printed
from tests.kit.real_engine import SCRIPT, may_start_one, own_engine, pid_of
from tests.kit.running import Ran, loadmaster
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("engine")]

takes_root = pytest.mark.skipif(not may_start_one(), reason="an engine of its own takes root and `dockerd`")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where an engine keeps everything."""
    place = tmp_path_factory.mktemp("e")
    with own_engine(place):
        yield place


def address_of(place: Path) -> str:
    return f"unix://{place}/docker.sock"


def examined(home: Path, address: str) -> Ran:
    return loadmaster(home, "smoke", "--doctor", DOCKER_HOST=address)


@takes_root
def test_an_engine_of_the_checkout_s_own_is_started(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("e")
    printed = examined(home, NOWHERE).out
    try:
        started = run_as_printed("EngineAbsent", "scripts/engine start DIRECTORY", printed, ROOT, DIRECTORY=place)
        assert examined(home, started.stdout.strip()).out.startswith("engine   Docker ")
    finally:
        subprocess.run([SCRIPT, "stop", str(place)], check=True, timeout=120)


@takes_root
def test_an_engine_that_hangs_hangs_for_docker_too_and_is_started_again(
    place: Path, home: Path, tmp_path: Path
) -> None:
    address, pid = address_of(place), pid_of(place)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(EngineHanging) as caught:
            connect(address, patience=1)
        hangs_too = start_as_printed(
            "EngineHanging", "docker info", str(caught.value), tmp_path, {"DOCKER_HOST": address}
        )
        with hangs_too as asking, pytest.raises(subprocess.TimeoutExpired):
            asking.wait(timeout=2)
    finally:
        os.kill(pid, signal.SIGCONT)
    for word in ("stop", "start"):
        subprocess.run([SCRIPT, word, str(place)], check=True, timeout=120, capture_output=True)
    shown = run_as_printed("EngineHanging", "docker info", str(caught.value), tmp_path, {"DOCKER_HOST": address})
    assert "Server Version" in shown.stdout
    assert connect(address, patience=60).facts().name == "Docker"


@takes_root
def test_what_an_engine_refuses_it_refuses_by_hand_and_the_doctor_shows_the_host(
    place: Path, home: Path, tmp_path: Path
) -> None:
    engine, here = connect(address_of(place)), {"DOCKER_HOST": address_of(place)}
    image = container_image(engine, Store(home), {}, "").name
    with pytest.raises(EngineRefused) as caught:
        engine.run(Sandbox(image=image, seconds=2, memory=1), print)

    again = run_as_printed(
        "EngineRefused",
        "docker run OPTIONS IMAGE",
        str(caught.value),
        tmp_path,
        here,
        succeeds=False,
        OPTIONS="--memory 1m",
        IMAGE=image,
    )
    assert str(caught.value.facts["told"]).strip(".") in again.stderr
    doctor = run_as_printed("EngineRefused", "loadmaster smoke --doctor", str(caught.value), tmp_path, here)
    assert doctor.stdout.startswith("engine   Docker ")

    assert engine.run(Sandbox(image=image, seconds=5, memory=64), print).code is not None


@takes_root
def test_where_a_host_does_not_deny_the_doctor_says_what_it_can_do(
    place: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address_of(place))
    outcome = smoke(SmokeRequest(backend=Backend.NATIVE), Store(home), print)
    try:
        require_passed(outcome, Mode.ENFORCE)
        pytest.skip("this host's own kernel denies, so that nothing is left to say")
    except SmokeNotPassed as error:
        printed = str(error)

    doctor = run_as_printed("SmokeNotPassed", "loadmaster smoke --doctor", printed, tmp_path)

    assert all(f"\n{backend}" in doctor.stdout for backend in ("native", "vm"))
    require_passed(outcome, Mode.BEST_EFFORT)


PODMAN = pytest.mark.skipif(
    shutil.which("podman") is None, reason="there is no podman here, so that nobody is told to run it"
)


@PODMAN
@pytest.mark.parametrize("of", ["the doctor", "an engine that cannot start a container"])
def test_podman_takes_the_place_of_an_engine(of: str, home: Path, tmp_path: Path) -> None:
    address, here = f"unix://{tmp_path}/podman.sock", {"PWD": str(tmp_path)}
    started = (
        start_as_printed(
            "host.BY_PODMAN",
            "podman system service --time=0 unix://$PWD/podman.sock",
            examined(home, NOWHERE).out,
            tmp_path,
            here,
        )
        if of == "the doctor"
        else start_as_printed(
            "EngineCannotStart",
            "podman --runtime runc system service --time=0 unix://$PWD/podman.sock",
            str(EngineCannotStart(address, "crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted")),
            tmp_path,
            here,
        )
    )
    with started:
        eventually((tmp_path / "podman.sock").exists, "podman offered an engine")
        assert examined(home, address).out.startswith("engine   Podman ")
