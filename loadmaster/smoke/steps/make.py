"""Makes a smoke test: chooses the backend, runs each kernel, and has every report judged.

A release is only tested if our own probe was seen to deny: what the worker cannot do is never the release's fault.
Refuses to know Prefect, and what a release concludes from a verdict.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from loadmaster.errors.request import WrongRequest
from loadmaster.errors.smoke import SmokeDeadlinePassed, SmokeKernelUnknown, SmokeMachineBroke, SmokeOutOfMemory
from loadmaster.planning.smoke.report import ErrorKind, Subject
from loadmaster.planning.smoke.result import SmokeOutcome, SmokeResult
from loadmaster.planning.smoke.style import Backend, Kernel
from loadmaster.planning.smoke.subject import ReleaseSubject
from loadmaster.planning.smoke.verdict import Judgement, Verdict, failed, judge
from loadmaster.planning.values.tell import Tell
from loadmaster.run.profiles import load_project
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import Engine, connect
from loadmaster.smoke.request import SmokeRequest
from loadmaster.smoke.running.container_run import Ran, RunSettings, run_probe, run_release
from loadmaster.smoke.running.kernels import SUITES
from loadmaster.smoke.steps.dispatch import Dispatched, smoke_by_workflow
from loadmaster.smoke.steps.subject import forge_client, release_subject

OBJECT_MISSING = "object missing: the profile does not say where the eBPF object of this release comes from"


class PayloadPlace(NamedTuple):
    """The backend and kernel that one payload runs on."""

    backend: Literal["native", "vm"]
    kernel: Kernel | None
    """The machine's kernel; None for the worker's own."""


NATIVE = PayloadPlace("native", None)


class SharedMeans(NamedTuple):
    """What all runs of one smoke test share."""

    request: SmokeRequest
    engine: Engine
    store: Store
    tell: Tell


def smoke(request: SmokeRequest, store: Store, tell: Tell) -> SmokeOutcome:
    """The outcome on every kernel. If the payload cannot run at all, raises the errors of `loadmaster.errors.smoke`,
    `.smoke_subject`, `.smoke_workflow`, and the forge's.
    """
    if request.backend is Backend.DISPATCH:
        return SmokeOutcome(results=tuple(_dispatch(request, tell)))
    for kernel in request.kernels:
        if kernel not in SUITES:
            raise SmokeKernelUnknown(kernel, SUITES)
    is_release = request.subject is Subject.RELEASE
    subject = release_subject(request) if is_release else None
    bench = SharedMeans(request, connect(), store, tell)
    if request.backend is not Backend.VM:
        native = _probe(bench, NATIVE)
        if request.backend is Backend.NATIVE or native.judgement.verdict is Verdict.ENFORCED:
            return SmokeOutcome(results=(_test_release(bench, NATIVE, native, subject) if is_release else native,))
        tell(f"native here is {native.judgement.text} ({native.why}): trying a virtual machine")
    machines = [PayloadPlace("vm", kernel) for kernel in request.kernels]
    probes = ((place, _probe(bench, place)) for place in machines)
    return SmokeOutcome(
        results=tuple(_test_release(bench, place, probe, subject) if is_release else probe for place, probe in probes)
    )


def _probe(bench: SharedMeans, place: PayloadPlace) -> SmokeResult:
    settings = _settings(bench, place)
    return _result(
        bench,
        place,
        settings,
        Subject.PROBE,
        lambda: run_probe(place.backend, settings, bench.engine, bench.store, bench.tell),
    )


def _settings(bench: SharedMeans, place: PayloadPlace) -> RunSettings:
    settings = RunSettings(nonce=secrets.token_hex(16), deadline=bench.request.deadline)
    return replace(settings, kernel=place.kernel) if place.kernel else settings


def _test_release(
    bench: SharedMeans, place: PayloadPlace, probe: SmokeResult, subject: ReleaseSubject | None
) -> SmokeResult:
    """The release's result with its probe's beside it. If the worker cannot deny at all, the probe's result stands for both."""
    if probe.judgement.verdict is not Verdict.ENFORCED:
        return probe.model_copy(update={"subject": Subject.RELEASE, "probe": probe.judgement})
    if subject is None:
        nothing = Judgement(verdict=Verdict.COULD_NOT_CHECK, why=OBJECT_MISSING)
        unchecked = {"subject": Subject.RELEASE, "judgement": nothing, "report": None, "probe": probe.judgement}
        return probe.model_copy(update=unchecked)
    settings = _settings(bench, place)
    result = _result(
        bench,
        place,
        settings,
        Subject.RELEASE,
        lambda: run_release(place.backend, subject, settings, bench.engine, bench.store, bench.tell),
    )
    return result.model_copy(update={"probe": probe.judgement, "seconds": round(result.seconds + probe.seconds, 3)})


def _result(
    bench: SharedMeans, place: PayloadPlace, settings: RunSettings, subject: Subject, run: Callable[[], Ran]
) -> SmokeResult:
    backend, wanted_kernel = Backend(place.backend), place.kernel or "the worker's own"
    begun = time.monotonic()
    try:
        ran = run()
    except (SmokeOutOfMemory, SmokeDeadlinePassed, SmokeMachineBroke) as error:
        judgement = failed(_KINDS[type(error)], error.what)
        seconds = round(time.monotonic() - begun, 3)
        return SmokeResult(judgement=judgement, backend=backend, subject=subject, kernel=wanted_kernel, seconds=seconds)
    judgement, report = judge(ran.log, nonce=settings.nonce, subject=subject, exit_code=ran.exit_code)
    return SmokeResult(
        judgement=judgement,
        backend=backend,
        subject=subject,
        kernel=report.kernel if report else wanted_kernel,
        kernel_package=ran.kernel_package,
        seconds=round(ran.seconds, 3),
        report=report,
    )


_KINDS = {
    SmokeOutOfMemory: ErrorKind.OOM,
    SmokeDeadlinePassed: ErrorKind.DEADLINE,
    SmokeMachineBroke: ErrorKind.NO_REPORT,
}


def _dispatch(request: SmokeRequest, tell: Tell) -> Iterator[SmokeResult]:
    """Raises `WrongRequest` if the profile names no workflow."""
    file = request.style.workflow
    if file is None:
        raise WrongRequest([f"`workflow`: `[smoke]` of `projects/{request.project}.toml` names none to dispatch"])
    with forge_client(request) as client:
        for kernel in request.kernels:
            ref = request.tag or load_project(str(request.project)).source.branch
            run = Dispatched(file, ref, request.subject, kernel, secrets.token_hex(16), float(request.deadline))
            yield smoke_by_workflow(client, run, tell)
