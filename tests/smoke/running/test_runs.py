"""Payloads on a real engine: on this kernel in a container, on Debian's in a virtual machine."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from loadmaster.errors.smoke import (
    EngineCannotStart,
    EngineImageMissing,
    EngineLacksCapability,
    SmokeDeadlinePassed,
    SmokeMachineBroke,
    SmokeOutOfMemory,
)
from loadmaster.planning.smoke.report import Artefact, ErrorKind, Report, Subject
from loadmaster.planning.smoke.subject import ReleaseSubject
from loadmaster.planning.smoke.verdict import Judgement, Verdict, judge
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import ENDS, Engine, Sandbox
from loadmaster.smoke.running.container_run import (
    ANOTHER_USER,
    NOBODY,
    Ran,
    RunBackend,
    RunSettings,
    run_probe,
    run_release,
)
from loadmaster.smoke.running.images import machine_image
from loadmaster.smoke.running.kernels import NEWEST_STABLE, SUITES, fetch_kernel
from loadmaster.smoke.running.machine import qemu_layer
from tests.kit.real_engine import starts
from tests.kit.standin import subject
from tests.kit.waiting import beside, result_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("engine")]
REPEATS = 20
NONCE = "5f0c"


def judged(ran: Ran, kind: Subject = Subject.PROBE, nonce: str = NONCE) -> tuple[Judgement, Report]:
    judgement, report = judge(ran.log, nonce=nonce, subject=kind, exit_code=ran.exit_code)
    assert report is not None, ran.log
    return judgement, report


def release(backend: RunBackend, given: ReleaseSubject, engine: Engine, store: Store) -> tuple[Judgement, Report]:
    return judged(run_release(backend, given, RunSettings(nonce=NONCE), engine, store), Subject.RELEASE)


def artefact_of(report: Report) -> Artefact:
    assert report.artefact is not None
    return report.artefact


@pytest.fixture(autouse=True)
def nothing_is_left(engine: Engine) -> Iterator[None]:
    """Whatever a run ends with, its container is gone."""
    yield
    assert engine.client.containers.list(all=True, filters={"label": ENDS}) == []


def test_an_image_is_made_within_a_minute_of_what_is_downloaded(engine: Engine, store: Store) -> None:
    qemu_layer(store)
    fetch_kernel(NEWEST_STABLE, store)
    start = time.monotonic()
    image = machine_image(engine, store, NEWEST_STABLE, {}, "")
    assert time.monotonic() - start < 60
    assert image.kernel is not None
    assert len(image.kernel.sha256) == 64


def test_debians_kernel_denies_every_time(engine: Engine, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """How long it takes is told and not judged: a machine that does other things beside is no failure."""
    runs = [run_probe("vm", RunSettings(nonce=NONCE), engine, store) for _ in range(REPEATS)]
    assert [judged(each)[0].verdict for each in runs] == [Verdict.ENFORCED] * REPEATS
    with capsys.disabled():
        print(f" {REPEATS} runs, median {statistics.median(each.seconds for each in runs):.2f} s ", end="")


@pytest.mark.parametrize("kernel", sorted(SUITES.keys() - {NEWEST_STABLE}))
def test_each_of_debians_kernels_denies(kernel: str, engine: Engine, store: Store) -> None:
    ran = run_probe("vm", RunSettings(nonce=NONCE, kernel=kernel), engine, store)
    judgement, report = judged(ran)
    assert judgement.verdict is Verdict.ENFORCED
    assert report.kernel.startswith(f"{kernel}.")
    assert ran.kernel_package is not None
    assert report.kernel in ran.kernel_package


def test_a_kernel_whose_lsms_lack_bpf_is_unsupported(engine: Engine, store: Store) -> None:
    ran = run_probe("vm", RunSettings(nonce=NONCE, also="lsm=landlock,lockdown,yama"), engine, store)
    assert judged(ran)[0].verdict is Verdict.UNSUPPORTED


def test_a_program_that_attaches_where_bpf_is_no_lsm_denies_nothing(
    engine: Engine, store: Store, standin: bytes
) -> None:
    """Loading and attaching succeed there, and are no proof."""
    settings = RunSettings(nonce=NONCE, also="lsm=landlock,lockdown,yama")
    ran = run_release("vm", subject(standin, "enforces"), settings, engine, store)
    judgement, report = judged(ran, Subject.RELEASE)
    assert judgement.verdict is Verdict.UNSUPPORTED
    assert artefact_of(report).ready
    assert report.during is not None
    assert report.during.victim == 0


def test_the_log_is_heard_while_it_is_written(engine: Engine, store: Store, standin: bytes) -> None:
    heard: list[str] = []
    given = subject(standin, "never-ready", ready_within=1)
    ran = run_release("native", given, RunSettings(nonce=NONCE), engine, store, heard.append)
    assert heard == ran.log.splitlines()


def test_without_capabilities_there_is_no_privilege(engine: Engine, store: Store) -> None:
    judgement, report = judged(run_probe("native", RunSettings(nonce=NONCE, capabilities=()), engine, store))
    assert judgement.verdict is Verdict.NO_PRIVILEGE
    assert int(report.capabilities, 16) == 0


def test_this_kernel_says_the_same_as_its_own_report_and_never_something_better(engine: Engine, store: Store) -> None:
    """CI's kernel refuses, though everything that it says of itself is in favour; `NATIVE_VERDICT` holds it to that."""
    judgement, report = judged(run_probe("native", RunSettings(nonce=NONCE), engine, store))
    expected = {0: Verdict.ENFORCED, 3: Verdict.UNSUPPORTED, 5: Verdict.REFUSED}
    assert judgement.verdict is expected[report.exit]
    assert judgement.verdict == os.environ.get("NATIVE_VERDICT", judgement.verdict)
    assert (report.exit == 0) == (report.during is not None)


def test_a_report_that_is_another_run_s_or_broken_off_or_not_there_is_an_error(engine: Engine, store: Store) -> None:
    ran = run_probe("native", RunSettings(nonce=NONCE), engine, store)
    told = {"": ErrorKind.NO_REPORT, ran.log[: len(ran.log) // 2]: ErrorKind.GARBAGE}
    for log, kind in told.items():
        assert judge(log, nonce=NONCE, subject=Subject.PROBE, exit_code=ran.exit_code)[0].error is kind
    assert judge(ran.log, nonce="aa", subject=Subject.PROBE, exit_code=ran.exit_code)[0].error is ErrorKind.WRONG_NONCE


@pytest.mark.parametrize("backend", ["native", "vm"])
def test_a_container_is_shut_in(backend: RunBackend, engine: Engine, store: Store, standin: bytes) -> None:
    started = starts(engine)
    given = subject(standin, "never-ready", ready_within=3)
    running = beside(lambda: run_release(backend, given, RunSettings(nonce=NONCE), engine, store))
    container = engine.client.containers.get(started.next())
    result_of(running, "the run ended")
    host, config = container.attrs["HostConfig"], container.attrs["Config"]
    assert SHUT_IN.items() <= host.items()
    assert set(host["Tmpfs"]) == {"/run", "/tmp"}
    assert container.attrs["Mounts"] == []
    assert 0 < host["Memory"] == host["MemorySwap"]
    assert set(host["CapAdd"] or ()) <= (
        {"BPF", "PERFMON", "SYS_ADMIN", *ANOTHER_USER} if backend == "native" else set()
    )
    assert config["User"] == ("" if backend == "native" else NOBODY)


SHUT_IN = {
    "Privileged": False,
    "ReadonlyRootfs": True,
    "NetworkMode": "none",
    "CapDrop": ["ALL"],
    "SecurityOpt": ["no-new-privileges"],
    "Binds": None,
    "PidMode": "",
    "PidsLimit": 256,
}


def test_a_capability_that_no_engine_knows(engine: Engine, store: Store) -> None:
    with pytest.raises(EngineLacksCapability, match="NOSUCH"):
        run_probe("native", RunSettings(nonce=NONCE, capabilities=("NOSUCH",)), engine, store)


def test_the_deadline_ends_it(engine: Engine, store: Store) -> None:
    with pytest.raises(SmokeDeadlinePassed, match="in 2 seconds"):
        run_probe("vm", RunSettings(nonce=NONCE, deadline=2), engine, store)


def test_too_little_memory_is_told_as_such(engine: Engine, store: Store) -> None:
    with pytest.raises(SmokeOutOfMemory, match="100 MiB"):
        run_probe("vm", RunSettings(nonce=NONCE, memory=100), engine, store)


def test_a_kernel_that_panics_is_booted_once_more_and_then_an_error(engine: Engine, store: Store) -> None:
    heard: list[str] = []
    with pytest.raises(SmokeMachineBroke, match="without a result"):
        run_probe("vm", RunSettings(nonce=NONCE, also="rdinit=/nothing"), engine, store, heard.append)
    assert len([line for line in heard if "Kernel panic" in line and "end" not in line]) == 2


def test_an_image_that_is_not_there_is_not_pulled(engine: Engine) -> None:
    with pytest.raises(EngineImageMissing, match="loadmaster-smoke-none:x"):
        engine.run(Sandbox(image="loadmaster-smoke-none:x", seconds=5, memory=16), print)


def test_a_container_that_cannot_start_is_an_error_of_its_own_and_is_removed(engine: Engine, store: Store) -> None:
    image = machine_image(engine, store, NEWEST_STABLE, {}, "").name
    with pytest.raises(EngineCannotStart, match="/nothing"):
        engine.run(Sandbox(image=image, command=("/nothing",), seconds=5, memory=64), print)


def test_two_at_once_do_not_disturb_each_other(engine: Engine, store: Store, standin: bytes) -> None:
    """Two releases, each with its image, its container and a sweep before it."""
    conducts = {"aa": "enforces", "bb": "attaches-elsewhere"}

    def one(nonce: str) -> Verdict:
        ran = run_release("vm", subject(standin, conducts[nonce]), RunSettings(nonce=nonce), engine, store)
        return judged(ran, Subject.RELEASE, nonce)[0].verdict

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(one, conducts)) == [Verdict.ENFORCED, Verdict.NOT_ENFORCED]


def test_a_release_that_enforces_is_enforced(engine: Engine, store: Store, standin: bytes) -> None:
    judgement, report = release("vm", subject(standin, "enforces"), engine, store)
    assert judgement.verdict is Verdict.ENFORCED
    assert artefact_of(report).health == '{"enforcement": "active"}\n'
    assert artefact_of(report).killed is False


def test_every_marker_without_a_denial_is_not_enforced(engine: Engine, store: Store, standin: bytes) -> None:
    judgement, report = release("vm", subject(standin, "attaches-elsewhere"), engine, store)
    assert judgement.verdict is Verdict.NOT_ENFORCED
    assert artefact_of(report).ready
    assert "active" in (artefact_of(report).health or "")


def test_a_release_that_denies_more_than_it_should_is_an_error(engine: Engine, store: Store, standin: bytes) -> None:
    judgement, _ = release("vm", subject(standin, "denies-control-too"), engine, store)
    assert judgement.error is ErrorKind.SIDE_EFFECT


@pytest.mark.parametrize(
    ("conduct", "kind"),
    [
        ("never-ready", ErrorKind.NEVER_READY),
        ("crashes", ErrorKind.CRASHED),
        ("ignores-signals", ErrorKind.NOT_STOPPED),
    ],
)
def test_a_release_that_misbehaves_is_an_error(
    conduct: str, kind: ErrorKind, engine: Engine, store: Store, standin: bytes
) -> None:
    judgement, report = release("native", subject(standin, conduct, ready_within=1), engine, store)
    assert judgement.error is kind
    assert artefact_of(report).signal == {"crashes": 6}.get(conduct, 9)


def test_a_release_is_stopped_by_the_machine_s_deadline_with_a_report(
    engine: Engine, store: Store, standin: bytes
) -> None:
    settings = RunSettings(nonce=NONCE, deadline=2)
    ran = run_release("native", subject(standin, "never-ready", ready_within=60), settings, engine, store)
    assert judged(ran, Subject.RELEASE)[0].error is ErrorKind.DEADLINE
