"""What tasks do while somebody is out of reach: on a clock on which ten minutes take less than a second."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from prefect import flow
from prefect.artifacts import Artifact

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.forge.answers import ForgeRateLimited
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.registry import RateLimited, RegistryUnreachable, UploadRefused
from loadmaster.planning.patience import LATEST
from loadmaster.planning.profile.project import Project, Source
from loadmaster.planning.schedule import Postponed
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.retry_after import FARTHEST
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job, Pinned
from loadmaster.run.store import Store
from loadmaster.run.world import World
from loadmaster.run.world_clock import WorldClock
from loadmaster.tasks.policy import asks_the_world, wait_out
from loadmaster.tasks.waiting import waits_of
from tests.kit.waiting import PATIENCE, beside, result_of

pytestmark = pytest.mark.xdist_group("flows")

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEN_MINUTES_IN_HALF_A_SECOND = 1200.0
AWAY = RegistryUnreachable("http://127.0.0.1/index/ha/ng/hangar", "503: busy")
FOUND = ObjectRecord(kind="tag", id="v1.0.0", state=ObjectState.SAME, attempts=1)


@pytest.fixture
def job(store: Store) -> Job:
    return job_of(store, TEN_MINUTES_IN_HALF_A_SECOND)


def job_of(store: Store, speed: float, patience: float = 600.0) -> Job:
    project = Project(name="demo", forge="a/b", source=Source(repository="demo"), patience=patience)
    pinned = Pinned(project="demo", asked="1.0.0", commit="c" * 40, on_branch=True, started=NOW, as_of=NOW)
    world = World(
        kind="rehearsal",
        index="sparse+http://127.0.0.1/",
        replaces_crates_io=True,
        forge=None,
        repository="a/b",
        remote="remote.git",
        directory=store.root,
    )
    clock = WorldClock(datetime.now(UTC), speed)
    return Job(project=project, pinned=pinned, world=world, directory=store.run("waiting"), store=store, clock=clock)


class Answers:
    """A step that raises what it is given, one after the other, and finds its object at last."""

    def __init__(self, *errors: LoadmasterError) -> None:
        self._left = list(errors)
        self.tries = 0

    def __call__(self, job: Job) -> ObjectRecord:
        self.tries += 1
        if self._left:
            raise self._left.pop(0)
        return FOUND


def away(job: Job) -> ObjectRecord:
    raise AWAY


def in_flow(body: Callable[[], Any]) -> Any:
    return flow(name="waiting")(body)()


def run(job: Job, step: Callable[[Job], ObjectRecord]) -> ObjectRecord:
    def body() -> ObjectRecord:
        return asks_the_world("step")(lambda job: step(job))(job)

    return ObjectRecord.model_validate(in_flow(body))


def lines(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= level and each.name.startswith("prefect.")]


def tracebacks(caplog: pytest.LogCaptureFixture) -> int:
    return sum(each.exc_info is not None for each in caplog.records)


def test_an_outage_is_waited_out_and_every_try_is_counted(job: Job, caplog: pytest.LogCaptureFixture) -> None:
    record = run(job, answers := Answers(AWAY, AWAY, AWAY))
    assert (answers.tries, record.attempts, record.state) == (4, 4, ObjectState.SAME)
    assert record.seconds > 0
    (line,) = lines(caplog)
    assert line.startswith(f"waiting: {AWAY.what} It is asked again until ")
    assert line.endswith(" UTC, with ever longer pauses.")
    assert tracebacks(caplog) == 0
    told = [each.getMessage() for each in caplog.records]
    assert any(each.startswith("no longer waiting: `registry-unreachable` is over, after") for each in told)


def test_the_wait_is_shown_where_waiting_uploads_are(job: Job) -> None:
    with pytest.raises(RegistryUnreachable):
        run(job, away)
    artifact = cast(Artifact | None, Artifact.get("demo-waiting"))
    assert artifact is not None
    assert AWAY.what in str(artifact.description)
    assert "again and again, until" in str(artifact.data)


def test_an_outage_that_outlasts_the_patience_is_its_own_error_without_a_retry(
    job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        run(job, away)
    error = caught.value
    assert error.what.startswith(f"{AWAY.what} It was tried {error.tries} times, and the outage has lasted 6")
    assert (error.code, error.fix) == (AWAY.code, AWAY.fix)
    assert error.tries > 5
    assert error.seconds > 0
    assert tracebacks(caplog) <= 1  # the flow's own
    assert not any("Retry" in each.getMessage() for each in caplog.records)


def test_many_that_wait_for_one_outage_are_one_line_and_wait_side_by_side(
    job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    together = threading.Barrier(12)

    def step(job: Job, seen: list[int]) -> ObjectRecord:
        seen.append(1)
        together.wait(PATIENCE)  # nobody goes on before all have met the outage
        if len(seen) == 1:
            raise AWAY
        return FOUND

    def body() -> list[int]:
        task = asks_the_world("upload")(step)
        return [future.result().attempts for future in [task.submit(job, []) for _ in range(12)]]

    assert in_flow(body) == [2] * 12
    assert len(lines(caplog)) == 1


def test_after_the_patience_has_ended_the_next_call_is_made_once(job: Job) -> None:
    answers = Answers(AWAY, AWAY)

    def body() -> None:
        task = asks_the_world("step")(lambda job: away(job))
        assert task(job, return_state=True).is_failed()
        with pytest.raises(RegistryUnreachable) as caught:
            asks_the_world("step")(lambda job: answers(job))(job)
        assert (answers.tries, caught.value.tries) == (1, 1)

    in_flow(body)


def test_a_refusal_is_not_waited_for_and_says_how_often_it_was_tried(job: Job) -> None:
    with pytest.raises(UploadRefused) as caught:
        run(job, answers := Answers(AWAY, UploadRefused("hangar@1.0.0", 403, "no", Reason.NOT_OWNER)))
    assert (answers.tries, caught.value.tries) == (2, 2)


def test_an_instant_that_the_forge_names_is_waited_for_beyond_the_patience(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    job = job_of(store, speed=36_000.0, patience=0.0)
    limit = ForgeRateLimited("http://127.0.0.1", FARTHEST, "slowly")
    before = job.clock.now()
    assert run(job, Answers(limit)).attempts == 2
    assert job.clock.now() - before >= LATEST
    (line,) = lines(caplog)
    assert "again from 9999-12-31" in line
    assert "is more than an hour away; it is asked again at" in line


def test_without_patience_nothing_is_waited_for(store: Store) -> None:
    with pytest.raises(RegistryUnreachable, match="It was tried once"):
        run(job_of(store, speed=1.0, patience=0.0), Answers(AWAY))


@pytest.mark.parametrize("named", [FARTHEST, NOW - timedelta(days=999)], ids=["the year 9999", "the past"])
def test_a_limit_of_uploads_is_no_failure_and_its_instant_is_bounded(job: Job, named: datetime) -> None:
    limit = RateLimited("hangar@1.0.0", named, "slowly")

    def body() -> Any:
        task = asks_the_world("publish")(lambda job: Answers(limit)(job))
        return task(job, return_state=True)

    state = in_flow(lambda: body().result())
    assert isinstance(state, Postponed)
    assert timedelta(0) < state.until - job.clock.now() + timedelta(minutes=59) <= LATEST + timedelta(minutes=59)
    assert "it is asked again at" in state.why


def test_a_run_that_ends_ends_its_waits(store: Store) -> None:
    slow = job_of(store, speed=1.0)
    begun = threading.Event()

    def step(job: Job) -> ObjectRecord:
        begun.set()
        raise AWAY

    def body() -> None:
        with waits_of(slow):
            asks_the_world("look")(step).submit(slow)
            assert begun.wait(PATIENCE)
            raise KeyError("something else stopped the run")

    with pytest.raises(KeyError):
        result_of(beside(lambda: in_flow(body)), "the run ended", seconds=60)
    assert not slow.outages.wait_until(datetime.now(UTC) + timedelta(hours=1))


def test_what_a_flow_opens_is_waited_for_too(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    left = [AWAY]

    def opened() -> str:
        if left:
            raise left.pop()
        return "open"

    assert in_flow(lambda: wait_out("demo", opened)) == "open"
    assert len(lines(caplog)) == 1
