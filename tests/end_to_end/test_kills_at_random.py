"""A release is killed at random instants, as often as somebody likes: it is finished, and nothing is uploaded twice.

`make chaos` kills fifty releases. The seed is printed with every case, and `CHAOS_SEED` repeats it.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from loadmaster.planning.values.receipt import ReceiptOutcome
from tests.kit.evidence import accepted, receipt_of, uploads
from tests.kit.killing import CRATES, FULL, ending, hashed_files, workspace
from tests.kit.service import Service

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]

SEED = int(os.environ.get("CHAOS_SEED", random.SystemRandom().randrange(2**32) if FULL else 4))
RELEASES = 50 if FULL else 2
KILLS = 3
"""The most for one release: an attempt after them is left alone."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def undisturbed_seconds(service: Service, repository: Path) -> float:
    """How long a release takes that nobody kills, with everything that can be cached in its place."""
    return [_seconds_of_a_release(service, repository) for _ in range(2)][-1]


def _seconds_of_a_release(service: Service, repository: Path) -> float:
    run = service.create_run({"project": "demo", "version": "minor", "repository": str(repository)})
    begun = time.monotonic()
    assert service.attempt(run).code() == 0
    return time.monotonic() - begun


@pytest.mark.parametrize(
    "number",
    [pytest.param(number, marks=pytest.mark.xdist_group(f"random {number % 2}")) for number in range(RELEASES)],
)
def test_a_release_that_is_killed_at_random_instants_is_finished_and_uploads_nothing_twice(
    number: int, service: Service, repository: Path, undisturbed_seconds: float
) -> None:
    print(f"CHAOS_SEED={SEED} (release {number})")
    chance = random.Random(f"{SEED}/{number}")
    run = service.create_run({"project": "demo", "version": "minor", "repository": str(repository)})
    for _ in range(chance.randint(1, KILLS)):
        attempt = service.attempt(run)
        time.sleep(chance.uniform(0, undisturbed_seconds))  # the instant is the case
        with contextlib.suppress(ProcessLookupError):  # it has ended
            attempt.kill()
        if attempt.code() != -signal.SIGKILL:
            break  # it was done before
        service.api.set_state(run, "CRASHED", "Crashed", "as the worker reports it")
        service.api.retry(run)
    else:
        last = service.attempt(run)
        assert last.code() == 0, last.log_end
    directory = service.store.run(run)
    assert receipt_of(directory).outcome is ReceiptOutcome.RELEASED
    assert accepted(directory) == Counter(CRATES)
    assert Counter(upload.crate for upload in uploads(directory)) == Counter(CRATES)
    end = ending(directory)
    assert hashed_files(directory) == set(end.crates.values())
