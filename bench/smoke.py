"""The smoke test on this machine's Docker engine: the time to make its image from nothing, and until Debian's kernel denies."""

from __future__ import annotations

import statistics
import sys
import time

from bench.figures import Target
from loadmaster.errors.smoke import SmokeDeadlinePassed, SmokeMachineBroke
from loadmaster.planning.smoke.report import Subject
from loadmaster.planning.smoke.verdict import Verdict, judge
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import Engine, connect
from loadmaster.smoke.running.container_run import RunSettings, run_probe
from loadmaster.smoke.running.images import machine_image
from loadmaster.smoke.running.kernels import NEWEST_STABLE

NONCE = "bench"


def targets(store: Store, repeats: int) -> tuple[Target, ...]:
    """`store` is empty, so that compiling, downloads and loading all count. Raises `EngineAbsent` and the engine's other errors."""
    engine = connect()
    making = _making(engine, store)
    run_probe("vm", RunSettings(nonce=NONCE), engine, store)  # loads the image that is kept
    denied = [seconds for seconds in (_seconds_to_denial(engine, store) for _ in range(repeats)) if seconds is not None]
    print(f"smoke: {[round(seconds, 1) for seconds in sorted(denied)]} s", file=sys.stderr)
    enforced = f"smoke: of {repeats} runs on Debian's {NEWEST_STABLE}, enforced"
    measured = [
        Target(name="smoke: image from nothing", figure=making, unit="s", at_most=60.0),
        Target(name=enforced, figure=len(denied), unit="", at_least=repeats),
    ]
    if denied:
        median = statistics.median(denied)
        measured.append(Target(name="smoke: median with the image there", figure=median, unit="s", at_most=8.0))
    return tuple(measured)


def _making(engine: Engine, store: Store) -> float:
    """Seconds to make the image. It has a name of its own, so that an image that is kept for smoke tests is left alone."""
    start = time.monotonic()
    image = machine_image(engine, store, NEWEST_STABLE, {}, NONCE)
    seconds = time.monotonic() - start
    engine.remove_image(image.name)
    return seconds


def _seconds_to_denial(engine: Engine, store: Store) -> float | None:
    """Seconds of one run; None if it did not deny."""
    try:
        ran = run_probe("vm", RunSettings(nonce=NONCE), engine, store)
    except (SmokeDeadlinePassed, SmokeMachineBroke) as error:
        print(error, file=sys.stderr)
        return None
    judgement, _ = judge(ran.log, nonce=NONCE, subject=Subject.PROBE, exit_code=ran.exit_code)
    return ran.seconds if judgement.verdict is Verdict.ENFORCED else None
