"""Waiting for the index of a served registry; the waits are the test's own and take no time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from threading import Event
from typing import Any

import pytest

from loadmaster.errors.registry import ChecksumMismatch, IndexDisagrees, NotPublished, NotVisible, RegistryUnreachable
from loadmaster.planning.profile.registry_style import ReadBack
from loadmaster.planning.values.receipt import CrateReadBack
from loadmaster.rehearsal.faults import Fault
from loadmaster.run.job import Job
from loadmaster.steps import publish
from loadmaster.steps.visibility import (
    AGREEING_READS,
    EXPECTED,
    FIRST_PAUSE,
    GROWTH,
    READERS,
    Time,
    Watch,
    await_visible,
    reading_back,
)
from tests.kit.packing import crate_file
from tests.kit.step_world import Opening, Prepared, put
from tests.kit.waiting import beside, eventually, result_of

pytestmark = pytest.mark.cargo


class Passing:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.time = Time(now=lambda: sum(self.slept), sleep=self.slept.append)


def publish_all(job: Job, prepared: Prepared) -> dict[str, str]:
    """SHA-256 by `name@version`."""
    for crate in prepared.plan.crates:
        publish.publish_crate(job, crate, prepared.digests[crate.name])
    return ours(prepared)


def ours(prepared: Prepared) -> dict[str, str]:
    return {each.id: prepared.digests[each.name] for each in prepared.plan.crates}


def test_what_is_visible_at_once_is_read_twice(job: Job, prepared: Prepared) -> None:
    passing = Passing()
    await_visible(job, prepared.plan.crates, publish_all(job, prepared), passing.time)
    assert passing.slept == [FIRST_PAUSE]


def test_an_index_that_lags_is_waited_for_with_ever_longer_pauses_and_confirmed_soon(
    opening: Opening, prepared: Prepared
) -> None:
    with opening() as job:
        checksums = publish_all(job, prepared)
    late, passing = prepared.plan.crate("hangar-cli"), Passing()
    with opening(Fault(on="index", crate=late.name, status=404, times=3)) as job:
        await_visible(job, [late], checksums, passing.time)
    assert passing.slept == pytest.approx([0.1, 0.1 * GROWTH, 0.1 * GROWTH**2, 0.1])


def test_one_read_of_a_cache_that_is_ahead_of_another_is_not_believed(opening: Opening, prepared: Prepared) -> None:
    with opening() as job:
        checksums = publish_all(job, prepared)
    ahead, passing = prepared.plan.crate("hangar-cli"), Passing()
    # Every other read shows the file as it was before: shown, gone, shown, gone, shown, shown.
    with opening(Fault(on="index", crate=ahead.name, stale=True, after=1, times=2)) as job:
        await_visible(job, [ahead], checksums, passing.time)
    assert len(passing.slept) == 5


def test_published_but_not_yet_visible_is_told_apart(opening: Opening, prepared: Prepared) -> None:
    with opening() as job:
        checksums = publish_all(job, prepared)
    passing = Passing()
    with opening(Fault(on="index", crate="hangar-cli", status=404, times=10_000)) as job:
        with pytest.raises(NotVisible) as caught:
            await_visible(job, prepared.plan.crates, checksums, passing.time)
        assert "`hangar-cli@0.5.0`" in caught.value.what
        assert "hangar-units" not in caught.value.what
        patience = job.project.registry.visible_within
        assert patience <= sum(passing.slept) < patience + 11


def test_a_crate_that_the_registry_does_not_know_at_all_is_told_as_that(job: Job, prepared: Prepared) -> None:
    units = prepared.plan.crate("hangar-units")
    publish.publish_crate(job, units, prepared.digests["hangar-units"])
    with pytest.raises(NotPublished, match="hangar-cli"):
        await_visible(job, prepared.plan.crates, ours(prepared), Passing().time)


def test_an_index_that_cannot_be_asked_is_not_taken_for_one_that_lags(opening: Opening, prepared: Prepared) -> None:
    passing = Passing()
    with opening(Fault(on="index", status=403)) as job, pytest.raises(RegistryUnreachable):
        await_visible(job, prepared.plan.crates, ours(prepared), passing.time)
    assert passing.slept == []


def test_another_checksum_than_ours_is_told_with_both(job: Job, prepared: Prepared) -> None:
    units = prepared.plan.crate("hangar-units")
    put(job, units, crate_file(units.name, units.version))
    with pytest.raises(ChecksumMismatch, match=prepared.digests["hangar-units"]):
        await_visible(job, [units], {units.id: prepared.digests["hangar-units"]}, Passing().time)


def test_a_wrong_checksum_is_waited_for_until_time_has_run_out(opening: Opening, prepared: Prepared) -> None:
    units, passing = prepared.plan.crate("hangar-units"), Passing()
    with opening(Fault(on="index", crate="hangar-units", checksum="wrong", times=10_000)) as job:
        publish.publish_crate(job, units, prepared.digests["hangar-units"])
        with pytest.raises(ChecksumMismatch) as caught:
            await_visible(job, [units], ours(prepared), passing.time)
        assert sum(passing.slept) >= job.project.registry.visible_within
    assert caught.value.facts["ours"] == prepared.digests["hangar-units"]


def test_a_wrong_checksum_that_is_gone_by_the_end_is_remembered(opening: Opening, prepared: Prepared) -> None:
    units, passing, lines = prepared.plan.crate("hangar-units"), Passing(), list[str]()
    fault = Fault(on="index", crate="hangar-units", checksum="wrong", times=3)
    with opening(fault) as job, ThreadPoolExecutor(READERS) as pool:
        publish.publish_crate(job, units, prepared.digests["hangar-units"])
        watch = Watch(job, pool, passing.time, lines.append)
        watch.expect(units, prepared.digests["hangar-units"])
        (seen,) = watch.wait_for_the_rest()
    assert seen.id == units.id
    assert seen.disagreed not in (None, prepared.digests["hangar-units"])
    assert len(lines) == 3
    assert all(str(seen.disagreed) in line for line in lines)


class TestFiles:
    """With `read_back = "files"`."""

    def _reading_files(self, job: Job) -> Job:
        registry = job.project.registry.model_copy(update={"read_back": ReadBack.FILES})
        return replace(job, project=job.project.model_copy(update={"registry": registry}))

    def _read_back(self, job: Job, prepared: Prepared, passing: Passing) -> tuple[CrateReadBack, ...]:
        with ThreadPoolExecutor(READERS) as pool:
            watch = Watch(self._reading_files(job), pool, passing.time)
            for crate in prepared.plan.crates:
                watch.expect(crate, prepared.digests[crate.name])
            return watch.wait_for_the_rest()

    def test_every_file_is_downloaded_and_hashed(self, job: Job, prepared: Prepared) -> None:
        publish_all(job, prepared)
        seen = self._read_back(job, prepared, Passing())
        assert {each.id: (each.file, each.disagreed) for each in seen} == {
            crate.id: (True, None) for crate in prepared.plan.crates
        }

    def test_a_file_that_is_another_one_is_found(self, opening: Opening, prepared: Prepared) -> None:
        passing = Passing()
        with opening(Fault(on="download", crate="hangar-cli", tampered=True, times=10_000)) as job:
            publish_all(job, prepared)
            with pytest.raises(IndexDisagrees, match="hangar-cli"):
                self._read_back(job, prepared, passing)
            assert sum(passing.slept) >= job.project.registry.visible_within

    def test_a_file_that_a_cache_had_wrong_for_a_moment_is_remembered(
        self, opening: Opening, prepared: Prepared
    ) -> None:
        with opening(Fault(on="download", crate="hangar-cli", tampered=True, times=2)) as job:
            publish_all(job, prepared)
            seen = {each.id: each for each in self._read_back(job, prepared, Passing())}
        assert seen["hangar-cli@0.5.0"].disagreed is not None
        assert seen["hangar-units@0.5.0"].disagreed is None


def never(seconds: float) -> None:
    raise AssertionError(seconds)


class Counting(ThreadPoolExecutor):
    """Tells when so many reads were begun."""

    def __init__(self, reads: int) -> None:
        super().__init__(READERS)
        self.left, self.enough = reads, Event()

    def submit(self, *call: Any, **named: Any) -> Future[Any]:
        self.left -= 1
        if self.left == 0:
            self.enough.set()
        return super().submit(*call, **named)


class Listing(Counting):
    """Also notes whose reads they were, in order."""

    def __init__(self, reads: int) -> None:
        super().__init__(reads)
        self.read: list[str] = []

    def submit(self, *call: Any, **named: Any) -> Future[Any]:
        self.read.append(call[0].__self__.crate.name)
        return super().submit(*call, **named)


class TestWatch:
    @pytest.fixture
    def pool(self) -> Iterator[ThreadPoolExecutor]:
        with ThreadPoolExecutor(READERS) as pool:
            yield pool

    def test_each_crate_is_waited_for_since_its_own_acceptance(
        self, opening: Opening, prepared: Prepared, pool: ThreadPoolExecutor
    ) -> None:
        units, passing = prepared.plan.crate("hangar-units"), Passing()
        with opening(Fault(on="index", crate=units.name, status=404, times=10_000)) as job:
            publish.publish_crate(job, units, prepared.digests[units.name])
            watch = Watch(job, pool, passing.time)
            passing.time.sleep(1000.0)
            watch.expect(units, prepared.digests[units.name])
            with pytest.raises(NotVisible):
                watch.wait_for_the_rest()
            assert sum(passing.slept) >= 1000.0 + job.project.registry.visible_within

    def test_what_another_crate_had_to_wait_is_not_asked_before(
        self, opening: Opening, prepared: Prepared, pool: ThreadPoolExecutor
    ) -> None:
        with opening() as job:
            checksums = publish_all(job, prepared)
        first, second, passing = prepared.plan.crate("hangar-units"), prepared.plan.crate("hangar-cli"), Passing()
        with opening(Fault(on="index", crate=first.name, status=404, times=5)) as job:
            watch = Watch(job, pool, passing.time)
            watch.expect(first, checksums[first.id])
            watch.wait_for_the_rest()
            lag = sum(passing.slept) - FIRST_PAUSE
            passing.slept[:] = []
            watch.expect(second, checksums[second.id])
            watch.wait_for_the_rest()
        assert passing.slept == pytest.approx([EXPECTED * lag, FIRST_PAUSE])

    def test_a_look_that_failed_is_made_again(
        self, opening: Opening, prepared: Prepared, pool: ThreadPoolExecutor
    ) -> None:
        with opening() as job:
            checksums = publish_all(job, prepared)
        units, passing = prepared.plan.crate("hangar-units"), Passing()
        with opening(Fault(on="index", crate=units.name, status=503, times=1)) as job:
            watch = Watch(job, pool, passing.time)
            watch.expect(units, checksums[units.id])
            with pytest.raises(RegistryUnreachable):
                watch.wait_for_the_rest()
            watch.wait_for_the_rest()
        assert passing.slept == [FIRST_PAUSE, FIRST_PAUSE]

    def test_the_time_for_which_the_registry_was_out_of_reach_is_no_lag_of_the_index(
        self, opening: Opening, prepared: Prepared, pool: ThreadPoolExecutor
    ) -> None:
        with opening() as job:
            checksums = publish_all(job, prepared)
        units, passing = prepared.plan.crate("hangar-units"), Passing()
        away, lagging = Fault(on="index", crate=units.name, status=503), Fault(on="index", crate=units.name, status=404)
        with opening(away, lagging) as job:
            watch = Watch(job, pool, passing.time)
            watch.expect(units, checksums[units.id])
            with pytest.raises(RegistryUnreachable):
                watch.wait_for_the_rest()
            passing.time.sleep(job.project.registry.visible_within)
            (seen,) = watch.wait_for_the_rest()
        assert seen.id == units.id

    def test_what_was_seen_ahead_is_not_waited_for(self, job: Job, prepared: Prepared) -> None:
        checksums = publish_all(job, prepared)
        with Counting(reads=AGREEING_READS * len(checksums)) as pool:
            watch = Watch(job, pool, Time(sleep=never))
            for crate in prepared.plan.crates:
                watch.expect(crate, checksums[crate.id])
            ahead = beside(watch.look_ahead)
            eventually(pool.enough.is_set, "the index was read as often as wanted")
            watch.wait_for_the_rest()
            result_of(ahead, "looking ahead ended")

    def test_until_the_lag_is_known_the_first_crate_alone_is_asked_for_ahead(
        self, opening: Opening, prepared: Prepared
    ) -> None:
        with opening() as job:
            checksums = publish_all(job, prepared)
        first, second, lagging = "hangar-units", "hangar-cli", 4
        seconds = count()  # every look at the clock finds it a second later, so that each crate is always due
        fault = Fault(on="index", crate=first, status=404, times=lagging)
        with opening(fault) as job, Listing(reads=lagging + 2 * AGREEING_READS) as pool:
            watch = Watch(job, pool, Time(now=lambda: float(next(seconds)), sleep=never))
            for name in (first, second):
                crate = prepared.plan.crate(name)
                watch.expect(crate, checksums[crate.id])
            ahead = beside(watch.look_ahead)
            eventually(pool.enough.is_set, "the index was read as often as wanted")
            watch.wait_for_the_rest()
            result_of(ahead, "looking ahead ended")
        assert pool.read[: lagging + 1] == [first] * (lagging + 1)
        assert sorted(pool.read[lagging + 1 :]) == [second, second, first]

    def test_a_release_that_fails_does_not_wait(self, job: Job, prepared: Prepared) -> None:
        with pytest.raises(ZeroDivisionError), reading_back(job) as watch:
            watch.expect(prepared.plan.crates[0], "0" * 64)
            raise ZeroDivisionError
