"""Waiting for the index of a served registry; the waits are the test's own and take no time."""

from __future__ import annotations

import pytest

from loadmaster.errors import ChecksumMismatch, NotPublished, NotVisible, RegistryUnreachable
from loadmaster.job import Job
from loadmaster.rehearsal.faults import Fault
from loadmaster.steps import publish
from loadmaster.steps.visibility import FIRST_PAUSE, GROWTH, await_visible
from tests.rehearsal.registry.packing import crate_file
from tests.steps.world import Opening, Prepared, put

pytestmark = pytest.mark.cargo


def never(seconds: float) -> None:
    raise AssertionError(seconds)


def publish_all(job: Job, prepared: Prepared) -> dict[str, str]:
    """SHA-256 by `name@version`."""
    for crate in prepared.plan.crates:
        publish.publish_crate(job, crate, prepared.digests[crate.name])
    return ours(prepared)


def ours(prepared: Prepared) -> dict[str, str]:
    return {each.id: prepared.digests[each.name] for each in prepared.plan.crates}


def test_what_is_visible_at_once_is_read_twice(job: Job, prepared: Prepared) -> None:
    slept: list[float] = []
    assert await_visible(job, prepared.plan.crates, publish_all(job, prepared), slept.append) == 2
    assert slept == [FIRST_PAUSE]


def test_an_index_that_lags_is_waited_for_with_ever_longer_pauses_and_confirmed_soon(
    opening: Opening, prepared: Prepared
) -> None:
    with opening() as job:
        checksums = publish_all(job, prepared)
    slept: list[float] = []
    with opening(Fault(on="index", crate="hangar-cli", status=404, times=3)) as job:
        assert await_visible(job, prepared.plan.crates, checksums, slept.append) == 5
    assert slept == pytest.approx([0.1, 0.1 * GROWTH, 0.1 * GROWTH**2, 0.1])


def test_one_read_of_a_cache_that_is_ahead_of_another_is_not_believed(opening: Opening, prepared: Prepared) -> None:
    with opening() as job:
        checksums = publish_all(job, prepared)
    # Every other read shows the file as it was before: shown, gone, shown, gone, shown, shown.
    with opening(Fault(on="index", crate="hangar-cli", stale=True, after=1, times=2)) as job:
        assert await_visible(job, prepared.plan.crates, checksums, lambda _seconds: None) == 6


def test_published_but_not_yet_visible_is_told_apart(opening: Opening, prepared: Prepared) -> None:
    with opening() as job:
        checksums = publish_all(job, prepared)
    slept: list[float] = []
    with opening(Fault(on="index", crate="hangar-cli", status=404, times=10_000)) as job:
        with pytest.raises(NotVisible) as caught:
            await_visible(job, prepared.plan.crates, checksums, slept.append)
        assert "`hangar-cli@0.5.0`" in caught.value.what
        assert "hangar-units" not in caught.value.what
        patience = job.project.registry.visible_within
        assert patience <= sum(slept) < patience + 11


def test_a_crate_that_the_registry_does_not_know_at_all_is_told_as_that(job: Job, prepared: Prepared) -> None:
    units = prepared.plan.crate("hangar-units")
    publish.publish_crate(job, units, prepared.digests["hangar-units"])
    with pytest.raises(NotPublished, match="hangar-cli"):
        await_visible(job, prepared.plan.crates, ours(prepared), lambda _seconds: None)


def test_an_index_that_cannot_be_asked_is_not_taken_for_one_that_lags(opening: Opening, prepared: Prepared) -> None:
    with opening(Fault(on="index", status=403)) as job, pytest.raises(RegistryUnreachable):
        await_visible(job, prepared.plan.crates, ours(prepared), never)


def test_another_checksum_than_ours_is_told_with_both(job: Job, prepared: Prepared) -> None:
    units = prepared.plan.crate("hangar-units")
    put(job, units, crate_file(units.name, units.version))
    with pytest.raises(ChecksumMismatch, match=prepared.digests["hangar-units"]):
        await_visible(job, [units], {units.id: prepared.digests["hangar-units"]}, never)
